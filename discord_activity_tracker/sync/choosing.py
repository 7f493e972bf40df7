"""The channels to which a run is limited, by id or name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.errors import InvalidInput

# id, the id of the channel or category that it is in, name, whether it is a thread
Listed = tuple[int, int | None, str, bool]


@dataclass(frozen=True, slots=True)
class Choice:
    """The channels that were asked for; `unknown` are those that are none. Without `asked` it is all."""

    asked: Sequence[str] = ()
    ids: frozenset[int] = frozenset()
    unknown: set[str] = field(default_factory=set[str])

    def includes(self, channel_id: int, parent_id: int | None) -> bool:
        """Tell whether a channel, its category, or its thread's channel was asked for."""
        return not self.asked or not self.ids.isdisjoint({channel_id, parent_id})


def choose(asked: Sequence[str], listed: Iterable[Listed]) -> Choice:
    """Find the channels that are asked for by id, or by name, which threads have not of their own."""
    listed = list(listed)
    found = {
        each: [
            number
            for number, _, name, is_thread in listed
            if each.lstrip("#") == str(number) or (each.lstrip("#") == name and not is_thread)
        ]
        for each in asked
    }
    named = {number for numbers in found.values() for number in numbers}
    # So that threads in the channels of a category are wanted, too.
    below = {number for number, parent, _, is_thread in listed if parent in named and not is_thread}
    return Choice(asked, frozenset(named | below), {each for each, numbers in found.items() if not numbers})


def require_known(unknown: Iterable[str]) -> None:
    """Raise InvalidInput for channels that were asked for and that no server has."""
    if names := ", ".join(sorted(unknown)):
        raise InvalidInput(f"there is no channel {names}", remedy="give ids or names of channels")
