"""Questions that `doctor` asks Slack."""

from core.errors import ConfigurationError, PermissionDenied
from core.metering import Meter
from core.operations.slack_ops import SlackClient, SlackSettings
from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.sync.scopes import USEFUL_SCOPES, needed_scopes, require_known


def check_source() -> str:
    """For `doctor`: asks each workspace who we are, and what the token may do."""
    chosen = SlackSettings.current()
    if not chosen.team_ids:
        raise ConfigurationError(
            "SLACK_TEAM_IDS and SLACK_TEAM_ID name no workspace", remedy="set one, with its bot token"
        )
    require_known(SlackTrackerSettings.current().channel_types)
    return "; ".join(_checked(chosen, team_id) for team_id in chosen.team_ids)


def _checked(chosen: SlackSettings, team_id: str) -> str:
    client = SlackClient.of_team(chosen, team_id, meter=Meter(), attempts=2)
    try:
        identity = client.identity()
    finally:
        client.close()
    if identity.team_id != team_id:
        raise ConfigurationError(f"the token of {team_id} is one of workspace {identity.team_id}")
    missing = (
        sorted(needed_scopes(SlackTrackerSettings.current().channel_types) - identity.scopes)
        if identity.scopes
        else []
    )
    if missing:
        raise PermissionDenied(
            f"the token of {team_id} lacks the scopes {', '.join(missing)}",
            remedy="add them to the app's bot token scopes and install it again; "
            "SLACK_CHANNEL_TYPES says which kinds of conversations need some",
        )
    useful = sorted(USEFUL_SCOPES - identity.scopes) if identity.scopes else []
    return f"{identity.url} ({team_id})" + (f", without {', '.join(useful)}" if useful else "")
