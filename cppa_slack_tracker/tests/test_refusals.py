"""Channels that cannot be read, tokens that lack scopes, several workspaces: what is said, what goes on."""

import pytest

from core import archive
from core.models import ArchiveVersion, QuarantinedItem, Run
from core.twins import TwinRequest, TwinResponse, World
from cppa_slack_tracker.models import Channel, ChannelMember, File, MembershipEvent, Message, User, Workspace
from cppa_slack_tracker.tests.collecting import (
    Settings,
    differences,
    differences_in,
    errors,
    last_run,
    only,
    run,
    served,
)
from cppa_slack_tracker.twin import SlackTeamsTwin, SlackTwin, files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(), size=60)


def test_a_channel_that_was_never_open_is_counted_and_fails_no_run(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run() == 0
        closed = Channel.objects.get(access="not_in_channel")
        assert not closed.is_member
        assert ChannelMember.objects.filter(channel=closed).exists()  # who is in it, Slack tells
        assert not Message.objects.filter(channel=closed).exists()
        assert last_run().counts["channels_not_covered"] == 1


def test_a_channel_that_the_bot_is_put_out_of_fails_once_and_is_then_known(
    twin: SlackTwin, settings_from: Settings
) -> None:
    boost = only(twin, "boost")
    with served(twin, settings_from):
        assert run(*boost) == 0
        channel = twin.space.channel("boost")
        twin.space.put_out(channel)
        assert run(*boost) == 77
        assert "#boost: the bot is no longer in it" in errors()
        assert Channel.objects.get(channel_id=channel.id).access == "not_in_channel"
        assert run(*boost) == 0
        assert Message.objects.filter(channel__channel_id=channel.id, removed_at=None).exists()
        channel.is_member = True
        assert run(*boost) == 0
        assert Channel.objects.get(channel_id=channel.id).access == ""


def test_the_bot_joins_what_the_settings_let_it_and_reads_it(
    twin: SlackTwin, settings_from: Settings
) -> None:
    closed = only(twin, "not-joined")
    with served(twin, settings_from, SLACK_JOIN_ALLOW="no-such-*"):
        assert run("--join", *closed) == 0
        channel = Channel.objects.get(access="not_in_channel")
    with served(twin, settings_from, SLACK_JOIN_ALLOW="*", SLACK_JOIN_BLOCK=channel.channel_id):
        assert run("--join", *closed) == 0
        channel.refresh_from_db()
        assert not channel.is_member
    with served(twin, settings_from, SLACK_JOIN_ALLOW=channel.name, SLACK_JOIN_BLOCK=""):
        assert run("--join", *closed) == 0
        channel.refresh_from_db()
        assert (channel.is_member, channel.access) == (True, "")
        assert Message.objects.filter(channel=channel).exists()
        assert last_run().counts["channels_joined"] == 1


def test_a_missing_scope_is_named_once_and_the_rest_is_collected(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        twin.space.scopes -= {"groups:history", "team:read", "pins:read"}
        assert run() == 77
        said = [error["message"] for error in last_run().errors]
        assert sum("groups:history" in each for each in said) == 1
        assert sum("team:read" in each for each in said) == 1
        assert any("lacks the scope pins:read" in each for each in said)
        public = Channel.objects.filter(kind="public", is_member=True)
        assert all(Message.objects.filter(channel=channel).exists() for channel in public)
        assert User.objects.exists()
        assert Workspace.objects.get().domain == twin.space.domain


def test_without_the_scope_for_addresses_people_have_none(twin: SlackTwin, settings_from: Settings) -> None:
    with served(twin, settings_from):
        twin.space.scopes.discard("users:read.email")
        assert run("--sync-users") == 0
        assert User.objects.exists()
        assert not User.objects.filter(email__isnull=False).exists()


def test_a_deactivated_token_ends_the_workspace_after_one_call(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        twin.space.refusal = "account_inactive"
        assert run() == 77
        assert last_run().requests == 1
        assert "account_inactive" in errors()
        assert not Channel.objects.exists()


def test_a_token_that_is_revoked_meanwhile_ends_the_workspace(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        twin.fail("conversations.history", "token_revoked")
        assert run("--sync-messages") == 77
        assert errors().count("token_revoked") == 1


def test_one_channel_that_fails_does_not_stop_the_others(twin: SlackTwin, settings_from: Settings) -> None:
    with served(twin, settings_from):
        bad = twin.space.channel("boost").id
        twin.fail("conversations.history", "invalid_arguments", channel=bad)
        assert run("--sync-messages") == 64
        assert last_run().status == "partial"
        assert [error["item"] for error in last_run().errors] == [f"{twin.space.id}/{bad}"]
        assert Message.objects.exclude(channel__channel_id=bad).exists()
        twin.fail("conversations.history", None, channel=bad)
        assert run("--sync-messages") == 0
        assert differences_in(twin, "boost") == []


def test_an_unknown_channel_is_an_error_and_never_all_of_them(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run("--channel-id", "C0NOTTHERE") == 64
        assert "C0NOTTHERE" in errors()
        assert not Message.objects.exists()
        wanted = twin.space.channel("boost").id
        assert run("--channel-id", wanted, "--sync-messages") == 0
        assert set(Message.objects.values_list("channel__channel_id", flat=True)) == {wanted}


def test_an_unknown_workspace_is_an_error(twin: SlackTwin, settings_from: Settings) -> None:
    with served(twin, settings_from) as urls:
        assert run("--team-id", "T0OTHER") == 64
        assert sum(urls.requests.values()) == 0


def test_each_workspace_has_a_token_of_its_own_and_one_that_fails_stops_only_itself(
    settings_from: Settings,
) -> None:
    twin = SlackTeamsTwin(World(), size=80)
    with served(twin, settings_from):
        assert run() == 0
        assert differences(twin) == []
        twin.spaces[0].refusal = "token_revoked"
        twin.mutate()
        assert run() == 77
        assert Run.objects.latest("pk").status == "partial"
        stored = Message.objects.filter(channel__workspace__team_id=twin.spaces[1].id, removed_at=None)
        expected = [
            row
            for row in twin.truth()["cppa_slack_tracker.Message"]
            if row["channel__workspace__team_id"] == twin.spaces[1].id and not row["removed"]
        ]
        assert stored.count() == len(expected)


def test_each_part_can_be_collected_alone(twin: SlackTwin, settings_from: Settings) -> None:
    with served(twin, settings_from):
        assert run("--sync-users") == 0
        assert User.objects.exists()
        assert not Channel.objects.exists()
        assert run("--sync-channels") == 0
        assert Channel.objects.exists()
        assert not Message.objects.exists()
        assert run("--sync-channel-users") == 0
        assert not Message.objects.exists()
        assert run("--sync-messages") == 0
        assert Message.objects.exists()
        assert run() == 0
        assert differences(twin) == []


def test_the_token_is_in_no_table(twin: SlackTwin, settings_from: Settings) -> None:
    with served(twin, settings_from, SLACK_FILE_CONTENT="true"):
        assert run("--sync-messages") == 0
        secret = twin.space.token.rpartition("-")[2]
        for row in Run.objects.all():
            assert secret not in str(row.options) + str(row.errors)
        versions = ArchiveVersion.objects.filter(body__isnull=False)
        assert versions.exists()
        for kind, scope in versions.values_list("kind", "scope").distinct():
            for item in archive.replay("cppa_slack", scope, kind, limit=10_000):
                assert secret.encode() not in item.body


def test_content_is_fetched_from_slacks_host_and_a_page_to_log_in_is_no_file(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from, SLACK_FILE_CONTENT="true") as urls:
        assert run("--sync-messages") == 0
        fetched = File.objects.filter(content_sha256__isnull=False)
        assert fetched.exists()
        assert not fetched.filter(is_external=True).exists()
        assert last_run().requests == sum(urls.requests.values())
        assert run("--sync-messages") == 0
        assert "file_contents_updated" not in last_run().counts


def test_without_the_scope_no_content_is_asked_for_and_with_it_all_of_it(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from, SLACK_FILE_CONTENT="true"):
        twin.space.scopes.discard("files:read")
        assert run("--sync-messages") == 77  # says so once
        assert run("--sync-messages") == 0
        assert not File.objects.filter(content_sha256__isnull=False).exists()
        assert "files_without_content" not in last_run().counts
        twin.space.scopes.add("files:read")
        assert run("--sync-messages") == 0
        wanted = File.objects.filter(is_external=False, url_private__isnull=False, removed_at=None)
        assert wanted.exists()
        assert not wanted.filter(content_sha256=None, content_problem="").exists()


def test_a_page_to_log_in_is_no_file_and_noted_with_it(settings_from: Settings) -> None:
    class Shut(SlackTwin):
        shut = True

        def answer(self, request: TwinRequest) -> TwinResponse:
            if self.shut and request.path.startswith(f"{files.ROOT}/"):
                return TwinResponse(200, b"<!DOCTYPE html>", {"Content-Type": "text/html; charset=utf-8"})
            return super().answer(request)

    twin = Shut(World(), size=60)
    with served(twin, settings_from, SLACK_FILE_CONTENT="true"):
        assert run("--sync-messages") == 0
        noted = File.objects.filter(content_problem__contains="web page in place of the file")
        assert noted.exists()
        assert not File.objects.filter(content_sha256__isnull=False).exists()
        twin.shut = False
        assert run("--sync-messages", "--full") == 0
        assert not noted.exists()
        assert File.objects.filter(content_sha256__isnull=False).exists()


def test_a_file_that_is_too_big_or_on_another_host_is_not_fetched(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run("--sync-messages") == 0
    chosen = File.objects.filter(url_private__isnull=False, is_external=False).order_by("file_id")
    big, other = chosen[0], chosen[1]
    File.objects.filter(pk=big.pk).update(size=10**12)
    File.objects.filter(pk=other.pk).update(url_private="https://files.slack.com.evil.example/x")
    with served(twin, settings_from, SLACK_FILE_CONTENT="true", SLACK_RECENT_DAYS="0", SLACK_SWEEP_DAYS="30"):
        assert run("--sync-messages") == 0
    problems = dict(File.objects.values_list("file_id", "content_problem"))
    assert problems[big.file_id] == "bigger than 20 MiB"
    assert "is not on a host of Slack's" in problems[other.file_id]


def test_people_who_come_and_go_without_a_word_are_in_the_log(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run("--sync-channel-users", "--channel-id", twin.space.channel("boost").id) == 0
        channel = twin.space.channel("boost")
        user = channel.members[0]
        channel.leave(user)
        assert run("--sync-channel-users", "--channel-id", twin.space.channel("boost").id) == 0
        channel.members.append(user)
        assert run("--sync-channel-users", "--channel-id", twin.space.channel("boost").id) == 0
        events = MembershipEvent.objects.filter(channel__channel_id=channel.id, user_id=user)
        told = events.filter(ts__startswith="list-").order_by("ts")
        assert list(told.values_list("ts", "kind")) == [("list-1", "left"), ("list-2", "joined")]


def test_a_reply_that_cannot_be_parsed_leaves_its_thread_to_be_read_again(settings_from: Settings) -> None:
    class Spoiling(SlackTwin):
        spoiling = True

        def answer(self, request: TwinRequest) -> TwinResponse:
            response = super().answer(request)
            if self.spoiling and request.path.endswith("conversations.replies"):
                assert isinstance(response.body, bytes)
                head, mark, tail = response.body.rpartition(b'"ts":"')
                response.body = head + mark + b"x" + tail
            return response

    twin = Spoiling(World(), size=60)
    boost = only(twin, "boost")
    with served(twin, settings_from):
        assert run(*boost) == 65
        assert QuarantinedItem.objects.filter(kind="message").exists()
        twin.spoiling = False
        assert run(*boost, "--retry-quarantined") == 0
        assert differences_in(twin, "boost") == []
        assert not QuarantinedItem.objects.exists()
