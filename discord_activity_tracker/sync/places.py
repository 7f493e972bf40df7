"""What a message is called in quarantine, so that it can be asked for again."""

import re

from discord_activity_tracker.client import MessagePage

_BETWEEN = re.compile(r"between (\d+) and (\d*)")


def place_of(name: str) -> tuple[int, int | None]:
    """The ids among which a quarantined message is."""
    if match := _BETWEEN.fullmatch(name):
        return int(match[1]) + 1, int(match[2]) if match[2] else None
    return int(name), int(name) + 1


def name_in_quarantine(found: MessagePage, place: int) -> str:
    """A message's id; where that cannot be read, the ids around it, between which it is asked for again."""
    own = found.ids[place]
    if own is not None:
        return str(own)
    before = [known for known in found.ids[:place] if known is not None]
    after = [known for known in found.ids[place + 1 :] if known is not None]
    first = before[-1] if before else max(found.start - 1, 0)
    return f"between {first} and {after[0] if after else found.end or ''}"
