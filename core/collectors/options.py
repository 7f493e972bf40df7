"""The options that every collector takes, where its source allows."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InvalidInput

MOST_MINUTES = 100_000  # more than two months


@dataclass(frozen=True, slots=True)
class CollectorOptions:
    """The options of a run. Times are aware and in UTC; `until` is exclusive."""

    dry_run: bool = False
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    full: bool = False
    from_archive: bool = False
    limit: int | None = None
    minutes: float | None = None
    retry_quarantined: bool = False
    skip_pinecone: bool = False

    def __post_init__(self) -> None:
        if self.since and self.until and self.since >= self.until:
            raise InvalidInput(
                f"--since {self.since:%Y-%m-%d %H:%M} is not before --until {self.until:%Y-%m-%d %H:%M}",
                remedy="swap the two",
            )
        if self.limit is not None and self.limit < 1:
            raise InvalidInput(f"--limit {self.limit} is not a positive number", remedy="leave it out")
        if self.minutes is not None and not 0 < self.minutes <= MOST_MINUTES:
            raise InvalidInput(
                f"--minutes {self.minutes:g} is not between 0 and {MOST_MINUTES:,}", remedy="leave it out"
            )

    def refuse(self, option: str, *useless: str) -> None:
        """Raise InvalidInput when a field of `useless` was given, which does nothing beside `option`."""
        for name in useless:
            if getattr(self, name):
                raise InvalidInput(f"{option} takes no --{name.replace('_', '-')}", remedy="leave it out")

    def refuse_offline(self, option: str, *more: str) -> None:
        """Raise InvalidInput for what narrows or plans requests beside `option`, which makes none.

        `more` are fields of the source's own that do so.
        """
        self.refuse(option, "dry_run", "since", "until", "limit", "full", *more)

    def for_ledger(self) -> dict[str, Any]:
        """Return the options that differ from the defaults, as JSON; no collector option is a secret."""
        return {
            name: value.isoformat() if isinstance(value, dt.datetime) else value
            for name, value in asdict(self).items()
            if value not in (None, False, (), [])
        }


def parse_time(text: str) -> dt.datetime:
    """Parse a date (`2024-05-01`) or a time (`2024-05-01T12:00`, `...+02:00`), UTC unless it says otherwise.

    Raises ValueError, which argparse turns into a usage error.
    """
    value = dt.datetime.fromisoformat(text)
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
