"""Documents and Markdown over the collector: whoever follows its changes has what reading everything gives.

What people are called is left out: a new name reaches a document or a file when a message of it changes.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from core.exports import export_folder
from core.registry import Document, GoneDocument
from discord_activity_tracker.collectors import DiscordActivityCollector
from discord_activity_tracker.documents import DiscordDocuments
from discord_activity_tracker.models import MarkdownExport
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.tests.exporter import Exporter, export
from discord_activity_tracker.twin import DiscordTwin

SPEAKER = re.compile(r"^.*(?=, \d{4}-\d\d-\d\d \d\d:\d\d, https://\S+:$)", re.MULTILINE)
HEADING = re.compile(
    r"(?<=\) ).*$|(?<=^\*In reply to \[).*?(?=, \d{4})|(?<=^\*Started from \[).*?(?=, \d{4})", re.MULTILINE
)


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, settings: Any) -> None:
    settings.WORKSPACE_DIR = tmp_path


def _told(document: Document) -> tuple[str, dict[str, Any]]:
    return SPEAKER.sub("", document.text), {**document.metadata, "author": ""}


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): HEADING.sub("", path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.md"))
    }


def test_documents_that_follow_the_changes_of_runs_are_those_of_all_rows(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect()
    known = {
        each.doc_id: _told(each) for each in DiscordDocuments().documents() if isinstance(each, Document)
    }
    assert any(metadata["is_reply_chain"] for _, metadata in known.values())
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            ((since,),) = cursor.fetchall()
        twin.mutate()
        collect()
        before = known.copy()
        for each in DiscordDocuments().documents(changed_after=since):
            if isinstance(each, GoneDocument):
                known.pop(each.doc_id, None)
            else:
                known[each.doc_id] = _told(each)
        everything = {
            each.doc_id: _told(each) for each in DiscordDocuments().documents() if isinstance(each, Document)
        }
        assert known == everything
        assert known.keys() - before.keys()
        assert known != before
    public = {str(room.id) for room in twin.server.rooms if room.public and not room.is_gone}
    assert {metadata["channel_id"] for _, metadata in known.values()} <= public


def test_markdown_that_follows_the_changes_of_runs_is_that_of_all_rows(
    twin: DiscordTwin, collect: Collect
) -> None:
    followed: dict[str, str] = {}
    for number in range(3):
        if number:
            twin.mutate()
        collect(skip_markdown_export=False)
        followed = _files(export_folder(DiscordActivityCollector()))
        shutil.rmtree(export_folder(Exporter()), ignore_errors=True)
        rows = list(MarkdownExport.objects.order_by("channel_id", "day"))
        MarkdownExport.objects.all().delete()
        export()
        assert followed == _files(export_folder(Exporter()))
        MarkdownExport.objects.all().delete()
        MarkdownExport.objects.bulk_create(rows)
    assert any("In reply to" in text for text in followed.values())
    assert not any(
        f"{room.id}" in text for room in (twin.server.team, twin.server.hidden) for text in followed.values()
    )


def test_a_second_run_renders_no_file(twin: DiscordTwin, collect: Collect) -> None:
    assert collect(skip_markdown_export=False).outcome.counts["exports_created"] > 0
    folder = export_folder(DiscordActivityCollector())
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert len(before) > len(twin.server.rooms)
    assert not any(name.startswith("exports") for name in collect(skip_markdown_export=False).outcome.counts)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
