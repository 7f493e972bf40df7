"""When what is old is looked at again: a schedule that needs no memory of each item.

An item is due on the days whose number, shifted by a number of its own, its interval divides. So each is
seen once in every interval, about as many each day, and a run that comes late makes up for the days missed.
"""

from zlib import crc32

from cppa_slack_tracker.conf import SlackTrackerSettings

WEEK = 7


def days_between_visits(age: int, settings: SlackTrackerSettings) -> int:
    """Every day while it is recent, every week for a while, then once in a sweep. `age` is in days."""
    sweep = max(1, settings.slack_sweep_days)
    if not settings.slack_sweep_days or age <= settings.slack_recent_days:
        return 1
    return min(WEEK, sweep) if age <= sweep else sweep


def is_due(item: str, *, since: int, today: int, interval: int) -> bool:
    """Whether one of an item's days is after `since` and not after `today`; always in daily intervals."""
    if interval <= 1 or today - since >= interval:
        return True
    return (today + crc32(item.encode())) % interval < today - since
