"""Records of feeds."""

import datetime as dt
from dataclasses import dataclass

from core.protocols import Result


class FeedResult(Result):
    """The result of a run over feeds."""


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry. `published_at` is None where the feed does not say."""

    entry_id: str
    url: str
    title: str
    text: str
    author: str
    published_at: dt.datetime | None
