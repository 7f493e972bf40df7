"""What others see of a run: activities, state, result, admin pages, coverage, the check for doctor."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User as Operator
from django.test import Client

from core.errors import ConfigurationError, NotFound
from core.intervals import Intervals
from core.protocols import require_activity_record, require_incremental_state, require_tracker_result
from core.twins import Served, World
from discord_activity_tracker.client import check_source
from discord_activity_tracker.collectors import DiscordActivityCollector
from discord_activity_tracker.coverage import ChannelCoverage
from discord_activity_tracker.management.commands.run_discord_activity_tracker import Command
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.parsing.leaves import message_leaf
from discord_activity_tracker.parsing.messages import parse_message
from discord_activity_tracker.protocol_impl import (
    ChannelState,
    DiscordActivity,
    DiscordResult,
)
from discord_activity_tracker.sync.options import DiscordOptions, Task
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.tests.test_parsing import message
from discord_activity_tracker.twin import DiscordTwin

NOON = dt.datetime(2025, 1, 1, 12, tzinfo=dt.UTC)


def test_what_people_do_is_an_activity() -> None:
    emoji = {"count": 3, "emoji": {"id": None, "name": "👍"}}
    reply = message(type=19, message_reference={"message_id": "5", "channel_id": "6", "guild_id": "7"})
    records = [parse_message(message_leaf(each)) for each in (message(reactions=[emoji]), reply)]
    activities = [
        *(DiscordActivity.of_message(7, 6, each) for each in records),
        *DiscordActivity.of_reactions(7, 6, records[0]),
        DiscordActivity.of_thread(7, 8, "A thread\nof two lines", 1, NOON),
        DiscordActivity.of_membership(7, 1, "joined", NOON),
    ]
    for activity in activities:
        require_activity_record(activity)
    assert [each.activity_type for each in activities] == [
        "message",
        "reply",
        "reaction",
        "thread",
        "membership",
    ]
    assert len({each.external_id for each in activities}) == len(activities) - 1  # the same message twice
    assert activities[0].source_url == f"https://discord.com/channels/7/6/{records[0].id}"
    assert [each.summary for each in activities] == ["hello", "hello", "👍 x 3", "A thread", "joined"]


def test_how_far_a_channel_is_is_a_state() -> None:
    state = ChannelState(Intervals([(0, 100), (200, 300)]))
    require_incremental_state(state)
    require_incremental_state(ChannelState())
    assert state.checkpoint_token == "300"
    assert state.human_readable_marker == "read to id 299, 1 gaps"


@pytest.mark.django_db(transaction=True)
def test_a_run_answers_with_its_servers(twin: DiscordTwin) -> None:
    result = DiscordActivityCollector(DiscordOptions(skip_markdown_export=True)).run()
    require_tracker_result(result)
    assert isinstance(result, DiscordResult)
    assert result.servers == (twin.server.id,)
    assert result.counts["messages_created"] == Message.objects.count()


@pytest.mark.django_db(transaction=True)
def test_coverage_and_admin_pages_show_what_is_stored(twin: DiscordTwin, collect: Collect) -> None:  # noqa: ARG001 - it is served
    collect()
    scopes = ChannelCoverage().scopes()
    assert sum(scope.stored for scope in scopes) == Message.objects.filter(removed_at__isnull=True).count()
    channel = Channel.objects.get(name="moderators")
    scope = next(scope for scope in scopes if str(channel.pk) in scope.scope)
    assert scope.filed_under == f"{channel.server.pk}/{channel.pk}"
    assert f"--channels {channel.pk} --full" in ChannelCoverage().repair_command(scope.scope)

    browser = Client()
    browser.force_login(Operator.objects.create_superuser("operator", "", ""))
    for name in (
        "server",
        "role",
        "user",
        "member",
        "membership",
        "channel",
        "message",
        "reaction",
        "attachment",
    ):
        page = browser.get(f"/admin/discord_activity_tracker/{name}/")
        assert page.status_code == 200
        assert "Add" not in page.content.decode().partition("<h1>")[2].partition("<table")[0]


@pytest.mark.django_db(transaction=True)
def test_doctor_says_who_the_bot_is_and_which_intents_it_lacks(serve_twin: Callable[..., Served]) -> None:
    twin = DiscordTwin(World(), size=50, message_content=False, members=False)
    serve_twin(twin)
    said = check_source()
    assert twin.server.name in said
    assert "without the privileged intents message content and server members" in said
    serve_twin(DiscordTwin(World(), size=50))
    assert "without" not in check_source()
    serve_twin(DiscordTwin(World(), size=50), DISCORD_SERVER_ID="5")
    with pytest.raises(NotFound, match="on that server"):
        check_source()


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"DISCORD_TOKEN": ""}, "DISCORD_TOKEN"),
        ({"DISCORD_TOKEN": "x" * 50, "DISCORD_SERVER_ID": ""}, "DISCORD_SERVER_ID"),
        ({"DISCORD_TOKEN": "x" * 50, "DISCORD_SERVER_ID": "boost"}, "DISCORD_SERVER_ID"),
        (
            {"DISCORD_TOKEN": "x" * 50, "DISCORD_SERVER_ID": "5", "DISCORD_CHANNEL_IDS": "a"},
            "DISCORD_CHANNEL_IDS",
        ),
    ],
)
def test_what_is_missing_is_named(
    environment: dict[str, str], named: str, settings_from: Callable[[dict[str, str]], None]
) -> None:
    settings_from(environment)
    with pytest.raises(ConfigurationError, match=named):
        check_source()


def test_the_command_s_options_reach_the_collector() -> None:
    command = Command()
    parser = command.create_parser("manage.py", "run_discord_activity_tracker")
    given = ["--from-date", "2025-01-01", "--end-time", "2025-02-01T12:00", "--channels", "general", "5"]
    asked = command.get_collector(**vars(parser.parse_args([*given, "--task", "sync"]))).asked
    assert (asked.since, asked.until) == (
        dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
        dt.datetime(2025, 2, 1, 12, tzinfo=dt.UTC),
    )
    assert asked.channels == ("general", "5")
    assert (asked.syncs, asked.exports) == (True, False)
    only = command.get_collector(**vars(parser.parse_args(["--task", "export"]))).asked
    assert (only.syncs, only.exports) == (False, True)
    rendered = vars(parser.parse_args(["--skip-discord-sync", "--skip-markdown-export"]))
    assert not command.get_collector(**rendered).asked.exports


@pytest.mark.django_db(transaction=True)
def test_an_export_alone_needs_no_token(settings_from: Callable[[dict[str, str]], None]) -> None:
    settings_from({"DISCORD_TOKEN": "", "DISCORD_SERVER_ID": ""})
    assert DiscordActivityCollector(DiscordOptions(task=Task.EXPORT)).run().success


def test_publishing_needs_a_token_of_github_s(settings_from: Callable[[dict[str, str]], None]) -> None:
    settings_from(
        {
            "DISCORD_CONTEXT_REPO_OWNER": "cppalliance",
            "DISCORD_CONTEXT_REPO_NAME": "x",
            "GITHUB_TOKEN_WRITE": "",
        }
    )
    with pytest.raises(ConfigurationError, match="GITHUB_TOKEN_WRITE"):
        DiscordActivityCollector(DiscordOptions(task=Task.EXPORT)).validate_config()
