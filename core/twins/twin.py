"""What every twin is: answers requests as its source would, and knows the truth about its world."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from threading import RLock
from typing import Any, ClassVar

from core.twins.clock import TwinClock
from core.twins.faults import Fault, Faults
from core.twins.world import World


@dataclass(frozen=True, slots=True)
class TwinRequest:
    """One request as it came in. `query` holds the last value of each name; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    target: str
    """Path and query, as sent."""

    @property
    def origin(self) -> str:
        """Where the client thinks it is talking to, `http://host:port`."""
        return f"http://{self.headers.get('host', 'localhost')}"


@dataclass(slots=True)
class TwinResponse:
    """One answer. A body that is an iterator is sent chunked, as it is made."""

    status: int = 200
    body: bytes | Iterator[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


def half(body: bytes | Iterator[bytes]) -> bytes:
    """The first half of a body, or of the beginning of a long stream."""
    beginning = body if isinstance(body, bytes) else b"".join(itertools.islice(body, 500))
    return beginning[: len(beginning) // 2]


class Twin(ABC):
    """A local stand-in of one source.

    size: roughly how many items the source holds; what the unit is, the twin says.
    """

    name: ClassVar[str]
    fault_kinds: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.SECONDARY_LIMIT}

    def __init__(
        self,
        world: World,
        *,
        faults: Faults | None = None,
        clock: TwinClock | None = None,
        size: int = 300,
    ) -> None:
        self.world = world
        self.faults = faults or Faults.none()
        self.clock = clock or TwinClock(start=world.until)
        self.size = size
        self.lock = RLock()
        """Held while a request is answered; take it to change the world while the twin is served."""

    @abstractmethod
    def answer(self, request: TwinRequest) -> TwinResponse:
        """What the source would answer, faults aside."""

    @abstractmethod
    def environment(self, base_url: str) -> dict[str, str]:
        """The settings that point its tracker at this twin."""

    @abstractmethod
    def truth(self) -> dict[str, list[dict[str, Any]]]:
        """Model label -> the rows a complete collection has, as `Model.objects.values(...)` gives them."""

    @abstractmethod
    def mutate(self) -> None:
        """What happens between two runs: new, changed, renamed and deleted items, from the seed."""

    def operation(self, request: TwinRequest) -> tuple[str, int]:
        """What a client tries again when this request fails, and how many requests that takes at most."""
        return f"{request.method} {request.target}", 1

    def limited(self, kind: Fault, retry_after: int | None) -> TwinResponse:
        """How the source says "too many requests". `retry_after`: real seconds, None to leave it out."""
        status = 403 if kind is Fault.SECONDARY_LIMIT else 429
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return TwinResponse(status, b"Too many requests\n", {"Content-Type": "text/plain", **headers})

    def spoil(self, request: TwinRequest, response: TwinResponse, rng: Random) -> TwinResponse:  # noqa: ARG002
        """The same answer with one item malformed; unchanged where there is no item to spoil."""
        return response

    def drift(self, rng: Random) -> None:  # noqa: B027 - a source that never drifts is fine
        """An item comes or goes while a client is paging. What goes comes back by `settle`."""

    def settle(self) -> None:  # noqa: B027 - as drift
        """End of all drift: every item that drift would bring is there, whatever was asked before."""
