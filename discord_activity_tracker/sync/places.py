"""What a message is called in quarantine, so that it can be asked for again."""

import re
from dataclasses import dataclass

from discord_activity_tracker.client import MessagePage

BEYOND = 2**63 - 1  # any id
_BETWEEN = re.compile(r"between (-?\d+) and (\d*)")


@dataclass(frozen=True, slots=True)
class Place:
    """The ids among which a message in quarantine is, from `start` to before `end` (None: to the newest)."""

    start: int
    end: int | None

    def to_read(self, newest: int) -> tuple[int, int]:
        """What to read again, which is never nothing: whoever was there may be gone by now."""
        end = newest + 1 if self.end is None else self.end
        return self.start, max(end, self.start + 1)

    def is_within(self, start: int, end: int) -> bool:
        """Whether ids from `start` to before `end`, all that there are, tell of it."""
        return start <= self.start and (end if self.end is None else self.end) <= end


def place_of(name: str) -> Place | None:
    """None for a name that is none of ours: it stays in quarantine, and stops nothing."""
    if match := _BETWEEN.fullmatch(name):
        return Place(max(int(match[1]) + 1, 0), int(match[2]) if match[2] else None)
    if not (name.isascii() and name.isdecimal()) or int(name) >= BEYOND:
        return None
    return Place(int(name), int(name) + 1)


def name_in_quarantine(found: MessagePage, place: int) -> str:
    """A message's id; where that cannot be read, the ids around it, between which it is asked for again."""
    own = found.ids[place]
    if own is not None:
        return str(own)
    before = [known for known in found.ids[:place] if known is not None]
    after = [known for known in found.ids[place + 1 :] if known is not None]
    first = before[-1] if before else max(found.start - 1, 0)
    return f"between {first} and {after[0] if after else found.end or ''}"
