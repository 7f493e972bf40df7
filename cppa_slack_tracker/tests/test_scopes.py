"""What a token may see, and what the settings want of it: the rest goes on, and is told of once."""

import pytest

from core.errors import PermissionDenied
from core.twins import World
from cppa_slack_tracker.models import Channel, Message, User
from cppa_slack_tracker.sync.checks import check_source
from cppa_slack_tracker.tests.collecting import Settings, differences_in, errors, last_run, run, served
from cppa_slack_tracker.twin import SlackTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(), size=60)


def test_without_the_scope_for_private_channels_the_public_ones_are_collected(
    twin: SlackTwin, settings_from: Settings
) -> None:
    twin.space.scopes -= {"groups:read", "groups:history"}
    with served(twin, settings_from):
        assert run() == 77
        assert [error["message"] for error in last_run().errors if "groups:read" in error["message"]]
        assert differences_in(twin, "boost") == []
        with pytest.raises(PermissionDenied, match="groups:history, groups:read"):
            check_source()
    with served(twin, settings_from, SLACK_CHANNEL_TYPES="public_channel"):
        assert twin.space.url in check_source()
        assert run("--sync-channels") == 0


def test_a_scope_that_only_a_part_needs_is_told_of_once(twin: SlackTwin, settings_from: Settings) -> None:
    twin.space.scopes -= {"pins:read", "team:read"}
    arguments = ("--sync-channels",)
    with served(twin, settings_from):
        assert run(*arguments) == 77
        assert "pins:read" in errors()
        assert run(*arguments) == 0
        assert last_run().counts["parts_without_scope"] > 1
        twin.space.scopes |= {"pins:read", "team:read"}
        assert run(*arguments) == 0
        assert "parts_without_scope" not in last_run().counts
        twin.space.scopes.discard("pins:read")
        assert run(*arguments) == 77  # it is news again
        assert "team.info" not in errors()


def test_kinds_that_the_settings_no_longer_name_are_not_read_any_more(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run("--sync-messages") == 0
        live = Message.objects.filter(channel__kind="private", removed_at=None).count()
        assert live
    with served(twin, settings_from, SLACK_CHANNEL_TYPES="public_channel"):
        private = Channel.objects.get(kind="private").channel_id
        twin.fail("conversations.history", "invalid_arguments", channel=private)
        assert run("--sync-messages") == 0
        assert Message.objects.filter(channel__kind="private", removed_at=None).count() == live


@pytest.mark.parametrize("kinds", ["public", "", "public_channel,private"])
def test_a_kind_that_slack_has_not_is_refused_before_anything_is_asked(
    kinds: str, twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from, SLACK_CHANNEL_TYPES=kinds) as urls:
        assert run() == 78
        assert sum(urls.requests.values()) == 0


def test_a_channel_that_is_named_is_checked_also_when_nothing_is_read_of_it(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run("--sync-users", "--channel-id", twin.space.channel("boost").id) == 0
        assert User.objects.exists()
        assert not Channel.objects.exists()
        assert run("--sync-users", "--channel-id", "CNOPE") == 64
        assert "CNOPE" in errors()
        assert run("--dry-run", "--channel-id", "CNOPE") == 64
