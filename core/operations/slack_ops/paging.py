"""The replies of a listing: what each one shows, where the next one is, and whether that leads anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

# One after another with nothing new on them; a large workspace has some, where it filters after paging.
MOST_BARREN_PAGES = 50


@dataclass(frozen=True, slots=True)
class SlackPage:
    """Objects of a listing, in Slack's order. `is_limited`: the plan hides what is older."""

    items: list[Mapping[str, Any]]
    more: bool
    is_limited: bool = False


class CursorPaging:
    """The way through one listing, by Slack's cursors."""

    def __init__(self, method: str) -> None:
        self.cursor: str | None = None
        self._method = method
        self._cursors: set[str] = set()
        self._before: list[Mapping[str, Any]] = []
        self._barren = 0

    def page(self, said: Mapping[str, Any], items: list[Mapping[str, Any]]) -> SlackPage:
        """Return the next reply; `cursor` then leads to the one after it. SourceError if it leads nowhere."""
        self.cursor = self._next_cursor(said)
        has_more = said.get("has_more", False)
        if not isinstance(has_more, bool):
            raise SourceError(f"{self._method} does not say whether there is more")
        if self.cursor is None:
            if has_more:
                raise SourceError(f"{self._method} says that there is more, but not where")
        else:
            self._barren = self._barren + 1 if not items or items == self._before else 0
            if self.cursor in self._cursors or self._barren > MOST_BARREN_PAGES:
                raise SourceError(f"{self._method} goes round in circles: it gives the same again and again")
            self._cursors.add(self.cursor)
            self._before = items
        return SlackPage(items, more=self.cursor is not None, is_limited=said.get("is_limited") is True)

    def _next_cursor(self, said: Mapping[str, Any]) -> str | None:
        """None at the end: "an empty, null, or non-existent next_cursor" says so, and nothing else does.

        https://docs.slack.dev/apis/web-api/pagination
        """
        metadata: Any = said.get("response_metadata")
        if metadata is None:
            return None
        cursor: Any = (
            cast("dict[str, Any]", metadata).get("next_cursor") if isinstance(metadata, dict) else ()
        )
        if cursor is not None and not isinstance(cursor, str):
            raise SourceError(f"{self._method} gave a cursor that is none")
        return cursor or None


def objects_of(said: Mapping[str, Any], name: str, method: str) -> list[Mapping[str, Any]]:
    found: Any = said.get(name)
    if not isinstance(found, list):
        raise SourceError(f"{method} gave no list of {name}")
    # What is no object is kept as one, so that who parses it can say so.
    return [
        cast("Mapping[str, Any]", item) if isinstance(item, dict) else {"id": item}
        for item in cast("list[Any]", found)
    ]
