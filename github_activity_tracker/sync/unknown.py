"""Names of repositories that a mirror gives and GitHub does not know: told once, asked for again weekly."""

import datetime as dt
from collections.abc import Collection, Sequence

from core import checkpoints
from core.pages import Page
from core.protocols import State
from core.visits import is_due
from github_activity_tracker.sync.kinds import REPOSITORIES

FullName = tuple[str, str]

ASKED_AGAIN = 7  # days
_STREAM = "unknown "


def names_due(states: dict[tuple[str, str], State], names: Sequence[FullName]) -> list[FullName]:
    """Return those of the names that GitHub has not said within a week not to know."""
    now = dt.datetime.now(dt.UTC)
    streams = {name: (REPOSITORIES, _stream("/".join(name))) for name in names}
    asked = {name: states.get(stream, State()).checkpoint_token for name, stream in streams.items()}
    return [name for name in names if is_due(asked[name], days=ASKED_AGAIN, now=now)]


def note_unknown(page: Page, full_name: str, why: str) -> bool:
    """Note that GitHub was asked today for a name that it does not know; return whether that is new."""
    stream = _stream(full_name)
    before = checkpoints.load(page.collector, REPOSITORIES, stream).checkpoint_token
    page.checkpoint(stream, State(dt.datetime.now(dt.UTC).date().isoformat(), full_name, {"why": why}))
    return before is None


def noted_names(collector: str) -> dict[str, str]:
    """Return why it cannot be had for each full name that is noted."""
    return {
        state.human_readable_marker or stream.removeprefix(_STREAM): state.extras.get("why", "")
        for (scope, stream), state in checkpoints.load_all(collector).items()
        if scope == REPOSITORIES and stream.startswith(_STREAM) and state.checkpoint_token is not None
    }


def forget_names(page: Page, names: Collection[str]) -> None:
    """Forget what is noted of these: GitHub knows them now, or no mirror names them."""
    for name in names:
        page.checkpoint(_stream(name), State())


def _stream(full_name: str) -> str:
    return f"{_STREAM}{full_name.casefold()}"
