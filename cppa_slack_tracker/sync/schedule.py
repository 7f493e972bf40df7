"""How often what is old is looked at again; `core.visits.is_its_turn` says on which days."""

from cppa_slack_tracker.conf import SlackTrackerSettings

WEEK = 7


def days_between_visits(age: int, settings: SlackTrackerSettings) -> int:
    """Every day while it is recent, every week for a while, then once in a sweep. `age` is in days."""
    sweep = max(1, settings.slack_sweep_days)
    if not settings.slack_sweep_days or age <= settings.slack_recent_days:
        return 1
    return min(WEEK, sweep) if age <= sweep else sweep
