"""Exports with something wrong in them: that alone is left out, and it is said."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from core.models import QuarantinedItem
from core.tests.damaging import damage_one_of_each_kind
from core.tests.odd_json import ODD_VALUES, PLACE, with_odd_value
from core.twins import World
from cppa_slack_tracker.models import Channel, File, Message, User, Workspace
from cppa_slack_tracker.tests.collecting import Settings, errors, run, served
from cppa_slack_tracker.twin import SlackTeamsTwin, SlackTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]

Change = Callable[[str, bytes], tuple[str, bytes]]


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(), size=60)


@pytest.fixture
def export(twin: SlackTwin, tmp_path: Path) -> Path:
    path = tmp_path / "export.zip"
    twin.export_zip(path)
    return path


def changed(export: Path, change: Change, **more: bytes) -> Path:
    path = export.with_name("changed.zip")
    with zipfile.ZipFile(export) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(*change(name, old.read(name)))
        for name, body in more.items():
            new.writestr(name.replace("__in__", "/"), body)
    return path


def in_list(changed_name: str, change: Callable[[list[Any]], None]) -> Change:
    def of_file(name: str, body: bytes) -> tuple[str, bytes]:
        if name != changed_name:
            return name, body
        entries = json.loads(body)
        change(entries)
        return name, json.dumps(entries).encode()

    return of_file


def test_a_broken_file_stops_only_itself(twin: SlackTwin, export: Path, settings_from: Settings) -> None:
    with zipfile.ZipFile(export) as packed:
        first = min(name for name in packed.namelist() if name.startswith("boost/"))
        lost = len(json.loads(packed.read(first)))
    with served(twin, settings_from):
        assert run("--export-zip", str(export)) == 0
        whole = Message.objects.count()
        Workspace.objects.all().delete()

        def broken(name: str, body: bytes) -> tuple[str, bytes]:
            return name, body[:20] if name in {first, "integration_logs.json"} else b"\xef\xbb\xbf" + body

        path = changed(export, broken, __MACOSX__in___users=b"junk")
        assert run("--export-zip", str(path)) == 64
    assert Path(first).name in errors()
    assert "integration_logs.json" in errors()
    assert "MACOSX" not in errors()
    assert whole - lost <= Message.objects.count() < whole
    assert not list((Path(django_settings.WORKSPACE_DIR) / "imports").rglob("*.json"))


def test_a_bad_entry_stops_only_itself(twin: SlackTwin, export: Path, settings_from: Settings) -> None:
    def spoil(users: list[Any]) -> None:
        del users[3]["id"]
        users[4]["profile"] = "x"

    with served(twin, settings_from):
        path = changed(export, in_list("users.json", spoil))
        assert run("--export-zip", str(path)) == 65
        assert User.objects.count() == len(twin.space.listed_users) - 2
        assert Message.objects.exists()

        def spoil_channel(channels: list[Any]) -> None:
            channels[-1]["created"] = "x"

        Workspace.objects.all().delete()
        path = changed(export, in_list("channels.json", spoil_channel))
        run("--export-zip", str(path))
    kinds = QuarantinedItem.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["exported channel", "exported user"]  # the other has its id again
    assert "is of no conversation" in errors()
    assert Channel.objects.exists()
    assert Message.objects.exists()


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_a_message_with_a_value_that_nothing_can_hold_is_set_aside_alone(
    twin: SlackTwin, export: Path, settings_from: Settings, value: bytes
) -> None:
    channel = twin.space.channel("boost").id
    with zipfile.ZipFile(export) as packed:
        day = max((n for n in packed.namelist() if n.startswith("boost/")), key=lambda n: len(packed.read(n)))
        messages = json.loads(packed.read(day))
    messages[0] |= {"edited": {"user": "U1", "ts": PLACE}, "odd": PLACE}
    path = export.with_name("messages.json")
    path.write_bytes(with_odd_value(json.dumps(messages).encode(), value))
    with served(twin, settings_from):
        assert run("--export-zip", str(export)) == 0
        listed = Message.objects.filter(ts__in=[message["ts"] for message in messages])
        expected = set(listed.filter(channel__channel_id=channel).values_list("ts", flat=True))
        Message.objects.all().delete()
        assert run("--messages-json", str(path), "--channel-id", channel, "--team-id", twin.space.id) == 65
    assert QuarantinedItem.objects.get().external_id == messages[0]["ts"]
    assert set(Message.objects.values_list("ts", flat=True)) == expected - {messages[0]["ts"]}


def test_one_bad_item_of_each_kind_in_the_archive_of_an_export_stops_only_itself(
    twin: SlackTwin, export: Path, settings_from: Settings
) -> None:
    with served(twin, settings_from):
        assert run("--export-zip", str(export)) == 0
        messages, channels = Message.objects.count(), Channel.objects.count()
        kinds = ["exported message", "exported user", "exported channel", "workspace", "file"]
        damaged = damage_one_of_each_kind("cppa_slack", kinds)
        Workspace.objects.all().delete()
        assert run("--from-archive") == 65
    assert set(QuarantinedItem.objects.values_list("scope", "kind", "external_id")) == damaged
    assert (Message.objects.count(), Channel.objects.count()) == (messages - 1, channels)
    assert User.objects.count() == len(twin.space.listed_users) - 1


def test_a_folder_is_named_as_people_write(twin: SlackTwin, export: Path, settings_from: Settings) -> None:
    written = "b\u00f6st-\u65e5\u672c\u200fx"

    def rename(name: str, body: bytes) -> tuple[str, bytes]:
        if name == "channels.json":
            body = body.replace(b'"boost"', json.dumps(written).encode())
        return name.replace("boost/", f"{written}/"), body

    with served(twin, settings_from):
        assert run("--export-zip", str(changed(export, rename))) == 0
    assert Message.objects.filter(channel__name=written).exists()


def test_an_export_of_another_workspace_is_refused(settings_from: Settings, tmp_path: Path) -> None:
    twin = SlackTeamsTwin(World(), size=30)
    path = tmp_path / "export.zip"
    twin.export_zip(path, team=1)
    ours, other = (space.id for space in twin.spaces)
    with served(twin, settings_from):
        assert run("--export-zip", str(path), "--team-id", ours) == 64
        assert f"is of workspace {other}" in errors()
        assert not Workspace.objects.exists()
        assert run("--export-zip", str(path), "--team-id", other) == 0


def test_what_a_killed_run_unpacked_goes(twin: SlackTwin, export: Path, settings_from: Settings) -> None:
    with served(twin, settings_from):
        left = Path(django_settings.WORKSPACE_DIR) / "imports" / f"{twin.space.id}.unpacked" / "general"
        left.mkdir(parents=True)
        kept = left.parents[1] / twin.space.id / "export of the user's.zip"
        kept.parent.mkdir()
        kept.write_bytes(b"PK")
        (left / "2020-01-01.json").write_text('[{"ts": "1577836800.000100", "text": "of another export"}]')
        assert run("--export-zip", str(export)) == 0
        assert not left.exists()
        assert kept.read_bytes() == b"PK"
        assert not Message.objects.filter(text="of another export").exists()


@pytest.mark.parametrize("also_by_api", [False, True])
def test_an_export_before_the_api_is_built_again_from_the_archive(
    twin: SlackTwin, export: Path, settings_from: Settings, *, also_by_api: bool
) -> None:
    def stored() -> list[list[tuple[Any, ...]]]:
        files = File.objects.values_list("file_id", "mode", "name", "url_private", "removed_at")
        messages = Message.objects.values_list("ts", "permalink", "text", "source", "removed_at")
        spaces = Workspace.objects.values_list("team_id", "name", "url")
        return [sorted((*row[:-1], row[-1] is None) for row in rows) for rows in (spaces, messages, files)]

    with served(twin, settings_from, SLACK_SWEEP_DAYS="0"):
        assert run("--export-zip", str(export)) == 0
        if also_by_api:
            twin.mutate()
            assert run() == 0
            assert not Message.objects.filter(permalink__contains="app.slack.com").exists()
        wanted = stored()
        Workspace.objects.all().delete()
        assert run("--from-archive") == 0
    assert stored() == wanted
