"""Questions that `doctor` asks Slack."""

from core.errors import ConfigurationError, PermissionDenied
from core.metering import Meter
from core.operations.slack_ops import SlackClient, SlackSettings
from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.sync.scopes import USEFUL_SCOPES, identified, lacking, needed_scopes, require_known


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
        identity = identified(client, team_id)
    finally:
        client.close()
    needed = needed_scopes(SlackTrackerSettings.current().channel_types)
    if missing := lacking(identity, needed):
        raise PermissionDenied(
            f"the token of {team_id} lacks the scopes {', '.join(sorted(missing))}",
            remedy="add them to the app's bot token scopes and install it again; "
            "SLACK_CHANNEL_TYPES says which kinds of conversations need some",
        )
    useful = sorted(lacking(identity, USEFUL_SCOPES))
    return f"{identity.url} ({team_id})" + (f", without {', '.join(useful)}" if useful else "")
