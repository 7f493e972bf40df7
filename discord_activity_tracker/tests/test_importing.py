"""Importing DiscordChatExporter's files, beside and without what the API has said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from core.errors import InvalidInput
from core.models import ArchiveVersion, Checkpoint, QuarantinedItem
from core.tests.damaging import damage_one_of_each_kind
from core.tests.odd_json import ODD_VALUES, PLACE, with_odd_value
from core.twins import World
from discord_activity_tracker.collectors import DiscordBackfillCollector
from discord_activity_tracker.models import Attachment, Channel, Message, Reaction, Server, User
from discord_activity_tracker.parsing.fields import time_of
from discord_activity_tracker.sync.options import BackfillOptions
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)


def fill_in(*paths: Path, **options: Any) -> DiscordBackfillCollector:
    collector = DiscordBackfillCollector(BackfillOptions(paths=tuple(map(str, paths)), **options))
    collector.run()
    return collector


def messages_of(folder: Path) -> dict[int, dict[str, Any]]:
    return {
        int(message["id"]): message | {"channel": int(file["channel"]["id"])}
        for path in folder.glob("*.json")
        for file in [json.loads(path.read_text())]
        for message in file["messages"]
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export of a small server."""
    DiscordTwin(World(), size=60).export_json(tmp_path / "export")
    return tmp_path / "export"


def test_a_folder_is_imported_without_loss(folder: Path) -> None:
    collector = fill_in(folder)
    assert collector.outcome.failures == []
    expected = messages_of(folder)
    stored = {row.pk: row for row in Message.objects.all()}
    assert stored.keys() == expected.keys()
    for pk, message in expected.items():
        row = stored[pk]
        assert row.origin == "export"
        assert row.channel_id == message["channel"]
        assert (row.edited_at is None) == (message["timestampEdited"] is None)
        assert row.is_pinned == message["isPinned"]
        assert str(row.author_id) == message["author"]["id"]
        if message["type"] in {"Default", "Reply", "20", "23"}:
            assert row.content == message["content"]
        assert row.mentioned_user_ids == sorted({int(each["id"]) for each in message["mentions"]})
        if reference := message.get("reference"):
            assert str(row.reference_message_id or "") == (reference["messageId"] or "")
            assert row.reference_type == int(reference["type"] == "Forward")
        for forwarded in [message["forwardedMessage"]] if "forwardedMessage" in message else []:
            assert forwarded["content"] in [each["content"] for each in row.snapshots]
            assert row.plain_text.startswith("Forwarded")
        for embed in message["embeds"]:
            assert embed["title"] in row.plain_text
    assert {(row.message_id, row.filename, row.size) for row in Attachment.objects.all()} == {  # type: ignore[attr-defined] - Django adds it
        (pk, each["fileName"], each["fileSizeBytes"])
        for pk, message in expected.items()
        for each in message["attachments"]
    }
    assert {(row.message_id, row.name, row.count) for row in Reaction.objects.all()} == {  # type: ignore[attr-defined] - Django adds it
        (pk, each["emoji"]["name"], each["count"])
        for pk, message in expected.items()
        for each in message["reactions"]
    }


def test_the_files_are_kept_and_a_second_import_writes_nothing(folder: Path) -> None:
    fill_in(folder)
    kept = ArchiveVersion.objects.filter(kind="exported file")
    assert kept.count() == len(list(folder.glob("*.json")))
    before = written()
    again = fill_in(folder)
    assert again.outcome.counts == {"files_unchanged": kept.count()}
    again = fill_in(folder, full=True)
    assert again.outcome.failures == []
    assert written() == before


def written() -> list[Any]:
    tables = [model._meta.db_table for model in (Message, Reaction, Attachment, User, Channel, Server)]
    with connection.cursor() as cursor:
        found: list[Any] = []
        for table in (*tables, "core_archiveversion"):
            cursor.execute(f'SELECT ctid::text, xmin::text FROM "{table}" ORDER BY ctid')  # noqa: S608 - a table of ours
            found += cursor.fetchall()
    return found


def test_it_fills_an_empty_database_again_from_the_archive(folder: Path) -> None:
    fill_in(folder)
    before = list(Message.objects.order_by("pk").values_list("pk", "content", "plain_text", "embeds"))
    for model in (Message, Reaction, Attachment, Channel, Server, User):
        model.objects.all().delete()
    collector = DiscordBackfillCollector(BackfillOptions(from_archive=True))
    collector.run()
    assert collector.outcome.failures == []
    assert list(Message.objects.order_by("pk").values_list("pk", "content", "plain_text", "embeds")) == before


def test_what_discord_itself_has_said_stays(twin: DiscordTwin, collect: Collect, tmp_path: Path) -> None:
    twin.export_json(tmp_path)
    collect()
    before = list(Message.objects.order_by("pk").values())
    for path in tmp_path.glob("*.json"):
        file = json.loads(path.read_text())
        for message in file["messages"]:
            message["content"] = "something else"
        path.write_text(json.dumps(file))
    assert fill_in(tmp_path).outcome.failures == []
    assert list(Message.objects.order_by("pk").values()) == before


def test_discord_s_word_replaces_that_of_a_file(twin: DiscordTwin, collect: Collect, tmp_path: Path) -> None:
    paths = twin.export_json(tmp_path)
    file = json.loads(next(path for path in paths if json.loads(path.read_text())["messages"]).read_text())
    channel_id = int(file["channel"]["id"])
    gone = file["messages"][0] | {"id": str(int(file["messages"][0]["id"]) - 1)}
    file["messages"].append(gone)
    (tmp_path / "with another message.json").write_text(json.dumps(file))
    fill_in(tmp_path)
    assert Message.objects.get(pk=gone["id"]).origin == "export"
    collect()
    in_channel = Message.objects.filter(channel=channel_id)
    assert not in_channel.filter(origin="export", removed_at__isnull=True).exists()
    assert in_channel.get(pk=gone["id"]).removed_at is not None


def test_a_message_that_discord_no_longer_had_is_gone_whenever_its_file_comes(
    twin: DiscordTwin, collect: Collect, tmp_path: Path
) -> None:
    paths = twin.export_json(tmp_path)
    path = next(path for path in paths if len(json.loads(path.read_text())["messages"]) > 3)
    file = json.loads(path.read_text())
    told = [int(message["id"]) for message in file["messages"]]
    gone, aside, newer = told[1] - 1, told[2] - 1, told[-1] + 1
    file["messages"] = [file["messages"][0] | {"id": str(each)} for each in (gone, aside, newer)]
    path.write_text(json.dumps(file))
    collect()
    scope = f"{file['guild']['id']}/{file['channel']['id']}"
    # One that Discord has told of, and that could not be read.
    QuarantinedItem.objects.create(
        collector="discord_activity", scope=scope, kind="message", external_id=str(aside)
    )
    assert fill_in(path).outcome.counts["messages_removed"] == 1

    def tombstones() -> dict[int, bool]:
        rows = Message.objects.filter(origin="export").values_list("pk", "removed_at")
        return {pk: removed_at is not None for pk, removed_at in rows}

    assert tombstones() == {gone: True, aside: False, newer: False}
    assert not {"messages_removed", "messages_updated"} & fill_in(path, full=True).outcome.counts.keys()
    Message.objects.all().delete()
    Checkpoint.objects.all().delete()
    collect(from_archive=True)
    DiscordBackfillCollector(BackfillOptions(from_archive=True)).run()
    assert tombstones() == {gone: True, aside: False, newer: False}


def test_a_later_export_is_not_undone_by_an_earlier_one(folder: Path, tmp_path: Path) -> None:
    path = next(each for each in sorted(folder.glob("*.json")) if json.loads(each.read_text())["messages"])
    file = json.loads(path.read_text())
    file["messages"][0] |= {"content": "edited", "timestampEdited": "2025-12-30T10:00:00.5+00:00"}
    file["exportedAt"] = "2025-12-31T10:00:00+00:00"
    later = tmp_path / "a later one.json"
    later.write_text(json.dumps(file))
    fill_in(later)
    fill_in(path)
    assert Message.objects.get(pk=file["messages"][0]["id"]).content == "edited"


def test_a_message_that_cannot_be_used_is_set_aside_and_the_rest_is_imported(folder: Path) -> None:
    path = next(
        each for each in sorted(folder.glob("*.json")) if len(json.loads(each.read_text())["messages"]) > 1
    )
    file = json.loads(path.read_text())
    file["messages"][0]["type"] = "Telepathy"
    path.write_text(json.dumps(file))
    collector = fill_in(path)
    assert [failure.category for failure in collector.outcome.failures] == ["partial"]
    assert QuarantinedItem.objects.get().external_id == file["messages"][0]["id"]
    assert Message.objects.count() == len(file["messages"]) - 1


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_a_message_with_a_value_that_nothing_can_hold_is_set_aside_alone(folder: Path, value: bytes) -> None:
    path = max(folder.glob("*.json"), key=lambda each: each.stat().st_size)
    file = json.loads(path.read_text())
    file["messages"][1]["odd"] = PLACE
    path.write_bytes(with_odd_value(json.dumps(file).encode(), value))
    collector = fill_in(path)
    assert [failure.category for failure in collector.outcome.failures] == ["partial"]
    assert QuarantinedItem.objects.get().external_id == file["messages"][1]["id"]
    assert Message.objects.count() == len(file["messages"]) - 1


def test_one_bad_item_of_each_kind_in_the_archive_of_files_stops_only_itself(folder: Path) -> None:
    fill_in(folder)
    expected = set(Message.objects.values_list("pk", flat=True))
    damaged = damage_one_of_each_kind("discord_backfill", ["exported message", "exported channel"])
    for model in (Server, Channel, Message, User, Reaction, Attachment):
        model.objects.all().delete()
    collector = DiscordBackfillCollector(BackfillOptions(from_archive=True))
    assert not collector.run().success
    assert set(QuarantinedItem.objects.values_list("scope", "kind", "external_id")) == damaged
    (lost,) = (int(name) for _, kind, name in damaged if kind == "exported message")
    assert set(Message.objects.values_list("pk", flat=True)) == expected - {lost}
    scopes = {scope for scope, _, _ in damaged}
    assert Channel.objects.filter(pk__in=[scope.partition("/")[2] for scope in scopes]).count() == len(scopes)


NO_EXPORTS = {
    b"": "in place of",
    b"{}": "no messages",
    b'{"guild": {"id": "1", "name": "x"}, "messages": []}': "channel",
    b'{"guild": {"id": "0", "name": "x"}, "channel": {"id": "2"}, "messages": []}': "direct",
    b"\xff": "can't decode",
}


def test_what_is_no_export_is_refused_and_the_other_files_are_imported(folder: Path) -> None:
    expected = len(messages_of(folder))
    for number, content in enumerate(NO_EXPORTS):
        (folder / f"{number}.json").write_bytes(content)
    collector = fill_in(folder)
    complaints = [failure.message for failure in collector.outcome.failures]
    assert len(complaints) == len(NO_EXPORTS)
    for complaint, expected_word in zip(complaints, NO_EXPORTS.values(), strict=True):
        assert expected_word in complaint
    assert Message.objects.count() == expected


def test_a_file_that_is_cut_short_keeps_what_it_has_and_says_so(folder: Path) -> None:
    path = max(folder.glob("*.json"), key=lambda each: each.stat().st_size)
    whole = len(json.loads(path.read_text())["messages"])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    collector = fill_in(path)
    assert collector.outcome.failures
    assert Message.objects.count() <= whole
    assert not ArchiveVersion.objects.filter(kind="exported file").exists()


def test_attachments_that_were_saved_with_an_export_are_no_exports(folder: Path) -> None:
    expected = len(messages_of(folder))
    attachments = folder / "a.json_Files" / "deeper"
    attachments.mkdir(parents=True)
    (attachments / "package.json").write_text("{}")
    assert fill_in(folder).outcome.failures == []
    assert Message.objects.count() == expected


def test_a_file_that_calls_a_channel_another_server_s_is_refused(folder: Path, tmp_path: Path) -> None:
    fill_in(folder)
    before = set(Message.objects.values_list("pk", "channel"))
    file = json.loads(next(folder.glob("*.json")).read_text())
    file["guild"]["id"] = str(int(file["guild"]["id"]) + 1)
    path = tmp_path / "of another server.json"
    path.write_text(json.dumps(file | {"exportedAt": "2025-12-31T10:00:00+00:00"}))
    collector = fill_in(path)
    assert ["belongs to server" in failure.message for failure in collector.outcome.failures] == [True]
    assert set(Message.objects.values_list("pk", "channel")) == before
    assert Server.objects.count() == 1


def test_files_of_a_server_that_the_settings_do_not_name_are_counted(
    folder: Path, settings_from: Callable[[dict[str, str]], None]
) -> None:
    settings_from({"DISCORD_SERVER_ID": "5"})
    path = next(folder.glob("*.json"))
    assert fill_in(path).outcome.counts["files_of_other_servers"] == 1


@pytest.mark.parametrize(
    "options",
    [
        {"paths": ("/",), "limit": 3},
        {"from_archive": True, "limit": 3},
        {"from_archive": True, "paths": ("/",)},
    ],
)
def test_what_would_do_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"takes no --(limit|paths)"):
        DiscordBackfillCollector(BackfillOptions(**options)).validate_config()


def test_the_command_needs_something_to_do() -> None:
    with pytest.raises(InvalidInput, match="nothing to fill in"):
        DiscordBackfillCollector(BackfillOptions()).validate_config()
    with pytest.raises(SystemExit) as stopped:
        call_command("backfill_discord_activity_tracker", "--path", "/nowhere/at/all.json")
    assert stopped.value.code == 64
    for pointless in (("--path", "/", "--channels", "1"), ("--path", "/", "--api")):
        with pytest.raises(SystemExit) as stopped:
            call_command("backfill_discord_activity_tracker", *pointless)
        assert stopped.value.code == 64


def test_the_api_fills_in_what_is_older_than_all_that_is_stored(twin: DiscordTwin, collect: Collect) -> None:
    middle = twin.truth()["discord_activity_tracker.Message"]
    sent = sorted(row["id"] for row in middle)
    collect(since=time_of(sent[len(sent) // 2]))
    before = Message.objects.count()
    assert 0 < before < len(sent)
    call_command("backfill_discord_activity_tracker", "--api")
    live = Message.objects.filter(removed_at__isnull=True)
    assert live.count() == len([row for row in middle if not row.get("removed")])
