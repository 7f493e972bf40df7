"""What operators look at: coverage, the doctor's check, admin pages; and the app's protocols."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from core.errors import AuthError, ConfigurationError, PermissionDenied
from core.protocols import require_activity_record, require_incremental_state
from core.twins import World
from cppa_slack_tracker.coverage import SlackCoverage
from cppa_slack_tracker.models import Channel, Message
from cppa_slack_tracker.parsing.messages import parse_message
from cppa_slack_tracker.protocol_impl import (
    ChannelState,
    MembershipRecord,
    activities_of,
    membership_activity,
)
from cppa_slack_tracker.sync.checks import check_source
from cppa_slack_tracker.tests.collecting import Settings, run, served
from cppa_slack_tracker.twin import SlackTeamsTwin, SlackTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]

APP = apps.get_app_config("cppa_slack_tracker")
MODELS = [model for model in APP.get_models() if admin.site.is_registered(model)]


def test_coverage_tells_what_each_channel_holds_and_how_to_repair_it(settings_from: Settings) -> None:
    twin = SlackTwin(World(), size=40)
    with served(twin, settings_from):
        assert run("--sync-messages") == 0
    scopes = {scope.scope: scope for scope in SlackCoverage().scopes()}
    boost = Channel.objects.get(name="boost")
    found = scopes[f"{twin.space.id}/{boost.channel_id}"]
    live = Message.objects.filter(channel=boost, removed_at__isnull=True)
    assert found.stored == live.count() > 0
    assert found.newest == live.latest("sent_at").sent_at
    assert f"--channel-id {boost.channel_id}" in SlackCoverage().repair_command(found.scope)


def test_every_admin_page_can_be_looked_at_and_changes_nothing(
    settings_from: Settings, admin_client: Client
) -> None:
    with served(SlackTwin(World(), size=40), settings_from):
        assert run() == 0
    assert len(MODELS) >= 9
    for model in MODELS:
        name = f"admin:cppa_slack_tracker_{model._meta.model_name}"
        row: Any = model._default_manager.first()
        listing = admin_client.get(reverse(f"{name}_changelist"), {"q": "a"})
        page = admin_client.get(reverse(f"{name}_change", args=[row.pk]))
        assert (listing.status_code, page.status_code) == (200, 200), model
        assert b'name="_save"' not in page.content
        assert admin_client.get(reverse(f"{name}_add")).status_code == 403


def test_the_doctor_names_the_workspaces_and_the_scopes_that_are_missing(settings_from: Settings) -> None:
    twin = SlackTeamsTwin(World(), size=40)
    with served(twin, settings_from):
        assert all(space.url in check_source() for space in twin.spaces)
        twin.space.scopes.discard("pins:read")
        assert "without pins:read" in check_source()
        twin.space.scopes.discard("groups:history")
        with pytest.raises(PermissionDenied, match="lacks the scopes groups:history"):
            check_source()
        twin.space.refusal = "invalid_auth"
        with pytest.raises(AuthError, match="invalid_auth"):
            check_source()


def test_a_token_of_another_workspace_is_told(settings_from: Settings) -> None:
    twin = SlackTeamsTwin(World(), size=40)
    other = twin.spaces[1].token
    with served(twin, settings_from, SLACK_BOT_TOKEN=other):
        with pytest.raises(ConfigurationError, match="is one of workspace"):
            check_source()
        assert run("--team-id", twin.space.id) == 78


def test_results_states_and_activities_fit_the_protocols() -> None:
    payload = {
        "ts": "1700000009.000000",
        "thread_ts": "1700000000.000000",
        "user": "U1",
        "text": "so it is\nindeed",
        "reactions": [{"name": "+1", "count": 1, "users": ["U2"]}],
        "files": [{"id": "F1", "mode": "hosted", "title": "plot"}],
    }
    found = activities_of(parse_message(payload), team_id="T1", channel_id="C1", permalink="https://x")
    for each in found:
        require_activity_record(each)
    assert [(each.activity_type, each.summary) for each in found] == [
        ("reply", "so it is"),
        ("reaction", ":+1:"),
        ("file", "plot"),
    ]
    record = parse_message(payload)
    joined = MembershipRecord("U1", "list-1", "joined")
    require_activity_record(
        membership_activity(joined, team_id="T1", channel_id="C1", noticed_at=record.sent_at)
    )
    require_incremental_state(ChannelState("1", "until 1", {"covered": [[0, 1]]}))
