"""One call, as the client keeps it between attempts."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from core.http.protocols import ONE_CALL, Cost

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from core.errors import CollectorError
    from core.http.answers import Answer
    from core.http.calltime import CallTime
    from core.http.failures import Failure
    from core.http.protocols import ConditionalHeaders

# A client that follows these repeats the call as it was; the others turn it into a GET.
_KEEPS_THE_METHOD = {HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT}


@dataclass(frozen=True, slots=True)
class Call:
    """A request and its time limit. `repeatable`: asking twice does no more than asking once.

    `check` reads a whole answer that says in its body what others say in their status; `final` names
    errors that the caller deals with, although they may pass.
    """

    url: str
    accept: Collection[int]
    max_bytes: int | None
    time: CallTime
    validators: ConditionalHeaders | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    method: str = "GET"
    body: bytes | None = None
    cost: Cost = ONE_CALL
    repeatable: bool = True
    final: Callable[[CollectorError], bool] | None = None
    check: Callable[[Answer], Failure | None] | None = None

    def follows(self, status: int) -> bool:
        """Tell whether a redirect with this status may be followed."""
        return self.method in ("GET", "HEAD") or status in _KEEPS_THE_METHOD

    def tries(self, failure: Failure) -> int:
        """Return how often it may be tried, the first time included."""
        if self.final is not None and self.final(failure.error):
            return 1
        return failure.tries if self.repeatable or failure.undone else 1
