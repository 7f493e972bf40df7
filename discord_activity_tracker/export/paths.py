"""Paths of the Markdown export: a file for each day of a channel."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping

from core.operations.file_ops import safe_name

# Bytes of a name that a path keeps: it stays below what Windows manages, in a folder not too deep.
NAME_BYTES = 100
_LIKE_AN_ID = re.compile(r"-\d{15,20}$")


def path_of(stem: str, day: dt.date) -> str:
    """`YYYY/YYYY-MM/YYYY-MM-DD/<channel>.md`."""
    return f"{day:%Y}/{day:%Y-%m}/{day:%Y-%m-%d}/{stem}.md"


def stems(channels: Iterable[tuple[int, bool, str]]) -> Mapping[int, str]:
    """Return the names of files by channel id; each channel is its id, whether it is a thread, and its name.

    Names can repeat, and differ in case alone: the oldest channel has the plain name, before any thread,
    and the others have their ids behind it.
    """
    taken: set[str] = set()
    found: dict[int, str] = {}
    for number, _, name in sorted(channels, key=lambda channel: (channel[1], channel[0])):
        stem = safe_name(name, max_bytes=NAME_BYTES)
        if stem.casefold() in taken or _LIKE_AN_ID.search(stem):
            stem = f"{stem}-{number}"
        taken.add(stem.casefold())
        found[number] = stem
    return found
