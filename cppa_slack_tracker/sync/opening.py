"""Opening a workspace: whose token it is, what it may do, and what the workspace is called."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from core import checkpoints
from core.collectors import retry
from core.operations.slack_ops import Identity, SlackDenied
from cppa_slack_tracker.models import Workspace
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services.directory import save_workspaces
from cppa_slack_tracker.sync.kinds import EXPORTED_CHANNEL, EXPORTED_USER, FILE, WORKSPACE
from cppa_slack_tracker.sync.scopes import (
    MISSING,
    TOLD_ONCE,
    USEFUL_SCOPES,
    identified,
    kind_of,
    lacking,
    needed_scopes,
    scope_of_kind,
)
from cppa_slack_tracker.sync.session import TeamSession

STREAM = "scopes"

Raw = Mapping[str, Any]


def open_team(session: TeamSession) -> None:
    """Ask whose token it is and what it may do, and save the workspace.

    For one that cannot be parsed stands what is stored, or what every token is told.
    """
    identity = identified(session.client, session.team_id)
    wanted = needed_scopes(session.settings.channel_types) | USEFUL_SCOPES | {"channels:join"}
    session.lacks = lacking(identity, wanted)
    payload = told_by(identity) if "team:read" in session.lacks else session.client.team()
    stored = Workspace.objects.filter(team_id=session.team_id)
    with session.scope.page() as page:
        taken = page.take(WORKSPACE, None, [{"url": identity.url, **payload}])
        if taken.refused and not stored.exists():
            save_workspaces(None, [WORKSPACE.parse(told_by(identity))])
    session.row = stored.get()
    _tell_missing_scopes(session)
    retry(session.scope, session.row, (EXPORTED_USER, EXPORTED_CHANNEL, FILE))


def _tell_missing_scopes(session: TeamSession) -> None:
    """Fail for each scope that the run needs, and once for each that it can do without."""
    scope = session.scope
    useful = session.lacks & TOLD_ONCE
    # Also with --full: what was told was told.
    told = set(checkpoints.load(scope.collector.name, scope.name, STREAM).extras.get("lacking", []))
    for each in sorted(session.lacks & _needed(session) | useful - told):
        error = SlackDenied(
            f"the token lacks the scope {each}",
            code=MISSING,
            remedy="add it to the app's bot token scopes and install it again;"
            " SLACK_CHANNEL_TYPES says which kinds of conversations need some",
        )
        session.collector.fail(f"{session.team_id} scopes", error)
    if useful or told:
        marker = f"without {', '.join(sorted(useful))}" if useful else "no scope is missing"
        with scope.page() as page:
            page.count("parts_without_scope", len(useful))
            page.checkpoint(STREAM, ChannelState(str(len(useful)), marker, {"lacking": sorted(useful)}))


def _needed(session: TeamSession) -> set[str]:
    """Name the scopes that this run cannot do without; Slack itself asks for those of other methods."""
    options = session.options
    kinds = map(kind_of, session.settings.channel_types if options.of_channels or options.channels else ())
    what = ("read", "history") if options.messages else ("read",)
    needed = {scope_of_kind(kind, each) for kind in kinds for each in what}
    return needed | {"channels:join"} if options.join else needed


def told_by(identity: Identity) -> Raw:
    """Give a workspace as every token is told of it."""
    try:
        domain = urlsplit(identity.url).hostname or ""
    except ValueError:
        domain = ""
    return {
        "id": identity.team_id,
        "name": identity.team,
        "domain": domain.partition(".")[0],
        "url": identity.url,
    }


def named_by_id(team_id: str) -> Raw:
    """Give a workspace of which nothing is known but its id."""
    return {"id": team_id, "name": team_id, "url": f"https://app.slack.com/{team_id}/"}
