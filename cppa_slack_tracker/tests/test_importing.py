"""Slack's export and messages as JSON: all of it is stored, without the network and without its tokens."""

import json
from pathlib import Path

import pytest

from core.models import ArchiveVersion, QuarantinedItem
from core.twins import World
from cppa_slack_tracker.models import Channel, File, Message, Reaction, User
from cppa_slack_tracker.tests.collecting import (
    Settings,
    differences,
    errors,
    last_run,
    physical,
    run,
    served,
)
from cppa_slack_tracker.twin import SlackTwin
from cppa_slack_tracker.twin.channels import Channel as TwinChannel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(), size=60)


@pytest.fixture
def export(twin: SlackTwin, tmp_path: Path) -> Path:
    path = tmp_path / "export.zip"
    twin.export_zip(path)
    return path


def test_an_export_is_imported_without_loss_and_without_the_network(
    twin: SlackTwin, export: Path, settings_from: Settings
) -> None:
    with served(twin, settings_from) as urls:
        assert run("--export-zip", str(export)) == 0
        assert sum(urls.requests.values()) == 0
        before = physical()
        assert run("--export-zip", str(export)) == 0
        assert physical() == before
    posts = [post for channel in _exported(twin) for post in channel]
    live = Message.objects.exclude(subtype="tombstone")
    assert live.count() == len([post for post in posts if post.kind.value != "tombstone"])
    assert set(live.values_list("source", flat=True)) == {"export"}
    rows = live.values_list("channel__channel_id", "ts", "text")
    texts = {(channel, ts): text for channel, ts, text in rows}
    told = {
        (row["channel__channel_id"], row["ts"]): row["text"]
        for row in twin.truth()["cppa_slack_tracker.Message"]
    }
    both = told.keys() & texts.keys()
    assert {key: texts[key] for key in both} == {key: told[key] for key in both}
    assert len(told.keys() - texts.keys()) <= 1  # the tombstone
    assert User.objects.count() == len(twin.space.listed_users)
    assert {channel.id for channel in _exported(twin)} == set(
        Channel.objects.values_list("channel_id", flat=True)
    )
    assert Reaction.objects.exists()
    assert ArchiveVersion.objects.filter(external_id="integration_logs.json").exists()
    assert not File.objects.filter(url_private__contains="xoxe").exists()
    assert not Message.objects.filter(text__contains="xoxe").exists()


def test_what_the_api_says_then_is_the_truth_and_the_export_adds_to_it(
    twin: SlackTwin, export: Path, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run("--export-zip", str(export)) == 0
        exported = Message.objects.count()
        assert run() == 0
        shown = {row["ts"] for row in twin.truth()["cppa_slack_tracker.Message"]}
        stored = Message.objects.filter(source="api")
        assert shown <= set(stored.values_list("ts", flat=True))
        assert Message.objects.count() >= exported
        left = [each for each in differences(twin) if "is not expected" not in each]
        assert left == []


def test_an_export_that_comes_later_changes_nothing_that_the_api_has_shown(
    twin: SlackTwin, export: Path, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run() == 0
        twin.mutate()
        assert run() == 0
        before = dict(Message.objects.filter(source="api").values_list("ts", "changed_in"))
        assert run("--export-zip", str(export)) == 0
        after = dict(Message.objects.filter(source="api").values_list("ts", "changed_in"))
        assert after == before


def test_imports_are_built_again_from_the_archive(
    twin: SlackTwin, export: Path, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run() == 0
        assert run("--export-zip", str(export)) == 0
        wanted = sorted(Message.objects.values_list("ts", "text", "source", "reply_count", "thread_ts"))
        for model in (Message, Channel, User, File):
            model.objects.all().delete()
        assert run("--from-archive") == 0
        assert last_run().requests == 0
    found = sorted(Message.objects.values_list("ts", "text", "source", "reply_count", "thread_ts"))
    assert found == wanted


def test_messages_of_one_channel_come_from_json_and_a_bad_one_is_set_aside(
    twin: SlackTwin, settings_from: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "messages.json"
    path.write_text(
        json.dumps(
            [
                {"ts": "1500000000.000001", "user": "U1", "text": "from a file"},
                {"ts": "nonsense", "text": "bad"},
                {"ts": "1500000001.000001", "user": "U1", "text": None},
            ]
        )
    )
    with served(twin, settings_from):
        assert run("--sync-channels") == 0
        channel = twin.space.channel("boost").id
        assert run("--messages-json", str(path), "--channel-id", channel) == 65
        stored = Message.objects.filter(source="export").order_by("ts")
        assert list(stored.values_list("text", flat=True)) == ["from a file", ""]
        assert QuarantinedItem.objects.get().kind == "exported message"
        assert last_run().counts["messages_without_text"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--messages-json", "x.json"], "needs to know the channel"),
        (["--messages-json", "missing.json", "--channel-id", "C0NOTTHERE"], "no such channel"),
        (["--export-zip", "missing.zip"], "cannot read missing.zip"),
        (["--export-zip", "a.zip", "--from-archive"], "exclude each other"),
        (["--export-zip", "a.zip", "--full"], "takes no --full"),
    ],
)
def test_what_cannot_be_imported_is_said(
    twin: SlackTwin,
    settings_from: Settings,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    with served(twin, settings_from):
        assert run("--sync-channels") == 0
        assert run(*arguments) == 64
        assert said in capsys.readouterr().err


def test_a_zip_that_is_no_export_is_refused(twin: SlackTwin, settings_from: Settings, tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    with served(twin, settings_from):
        assert run("--export-zip", str(path)) == 64
        assert "channels.json" in errors()


def _exported(twin: SlackTwin) -> list[TwinChannel]:
    return [channel for channel in twin.space.channels.values() if not channel.is_closed]
