"""Names of repositories that a mirror gives and GitHub does not know: told once, asked for again weekly."""

import datetime as dt
from collections.abc import Collection, Sequence

from core import checkpoints
from core.pages import Page
from core.protocols import State
from core.visits import is_due

FullName = tuple[str, str]
SCOPE = "repositories"
ASKED_AGAIN = 7  # days
_STREAM = "unknown "


def names_due(states: dict[tuple[str, str], State], names: Sequence[FullName]) -> list[FullName]:
    """Those of the names that GitHub has not said within a week not to know."""
    now = dt.datetime.now(dt.UTC)
    asked = {name: states.get((SCOPE, _stream("/".join(name))), State()).checkpoint_token for name in names}
    return [name for name in names if is_due(asked[name], days=ASKED_AGAIN, now=now)]


def note_unknown(page: Page, full_name: str, why: str) -> bool:
    """Note that GitHub was asked today for a name that it does not know; whether that is new."""
    stream = _stream(full_name)
    before = checkpoints.load(page.collector, SCOPE, stream).checkpoint_token
    page.checkpoint(stream, State(dt.datetime.now(dt.UTC).date().isoformat(), full_name, {"why": why}))
    return before is None


def noted_names(collector: str) -> dict[str, str]:
    """Full name -> why it cannot be had, of what is noted."""
    return {
        state.human_readable_marker or stream.removeprefix(_STREAM): state.extras.get("why", "")
        for (scope, stream), state in checkpoints.load_all(collector).items()
        if scope == SCOPE and stream.startswith(_STREAM) and state.checkpoint_token is not None
    }


def forget_names(page: Page, names: Collection[str]) -> None:
    """Of these nothing is noted any more: GitHub knows them now, or no mirror names them."""
    for name in names:
        page.checkpoint(_stream(name), State())


def _stream(full_name: str) -> str:
    return f"{_STREAM}{full_name.casefold()}"
