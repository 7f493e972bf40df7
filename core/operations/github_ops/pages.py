"""Pages of GitHub's lists: whether there is another one, and sizes that GitHub can answer in time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from core.errors import SourceError

_SUCCESSES_BEFORE_GROWTH = 3


def page_info(listed: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Tell whether a GraphQL list goes on, and the cursor of where it was left.

    SourceError when it does not say so: that is not the list's end.
    https://docs.github.com/en/graphql/reference/objects#pageinfo
    """
    info: Any = listed.get("pageInfo")
    fields = cast("dict[str, Any]", info if isinstance(info, dict) else {})
    more, end = fields.get("hasNextPage"), fields.get("endCursor")
    if not isinstance(more, bool) or not (isinstance(end, str) or (end is None and not more)):
        raise SourceError("GitHub's list does not say whether it goes on, or where")
    return more, end


@dataclass
class AdaptivePage:
    """A page size that is halved when GitHub takes too long, and doubled after three answers in a row.

    `name` is what is paged ("boostorg/asio pull requests"), for the error about an item that is too much
    on its own.
    """

    name: str
    maximum: int = 100
    size: int = 0
    _successes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.size = self.size or self.maximum

    def halve(self) -> bool:
        """Ask for half from now on. False when one item is asked for already."""
        self._successes = 0
        if self.size == 1:
            return False
        self.size = max(1, self.size // 2)
        return True

    def succeeded(self) -> None:
        """Count an answer that came in time."""
        self._successes += 1
        if self._successes >= _SUCCESSES_BEFORE_GROWTH and self.size < self.maximum:
            self.size = min(self.maximum, self.size * 2)
            self._successes = 0
