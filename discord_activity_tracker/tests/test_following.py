"""Documents and Markdown over the collector: whoever follows its changes has what reading everything gives.

What people are called is left out: a new name reaches a document or a file when a message of it changes.
"""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.changes import mark
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


Documents = dict[str, Document]  # by id


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, settings: Any) -> None:
    settings.WORKSPACE_DIR = tmp_path


def _told(document: Document) -> Document:
    return replace(document, text=SPEAKER.sub("", document.text), author="")


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): HEADING.sub("", path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.md"))
    }


def _documents(since: int | None, known: Documents) -> Documents:
    """What somebody has who knows these and is told of the changes since."""
    known = {} if since is None else known.copy()
    for each in DiscordDocuments().documents(since=since):
        if isinstance(each, GoneDocument):
            known.pop(each.doc_id, None)
        else:
            known[each.doc_id] = _told(each)
    return known


def _exported_afresh() -> dict[str, str]:
    """What an export of all rows gives that knows of no file."""
    rows = list(MarkdownExport.objects.order_by("channel_id", "day"))
    MarkdownExport.objects.all().delete()
    shutil.rmtree(export_folder(Exporter()), ignore_errors=True)
    export()
    MarkdownExport.objects.all().delete()
    MarkdownExport.objects.bulk_create(rows)
    return _files(export_folder(Exporter()))


def test_documents_and_markdown_that_follow_the_changes_of_runs_are_those_of_all_rows(
    twin: DiscordTwin, collect: Collect
) -> None:
    known: Documents = {}
    since = None
    folder = export_folder(DiscordActivityCollector())
    for _ in range(2):
        collect(skip_markdown_export=False)
        before, known = known, _documents(since, known)
        assert known == _documents(None, {})
        assert known.keys() - before.keys()
        assert _files(folder) == _exported_afresh()
        since = mark()
        twin.mutate()
    assert any(each.metadata["is_reply_chain"] for each in known.values())
    assert any("In reply to" in text for text in _files(folder).values())
    hidden = {str(room.id) for room in twin.server.rooms if not room.public}
    private = {str(each.metadata["channel_id"]) for each in known.values() if each.visibility == "private"}
    assert private
    assert private <= hidden
    assert not {str(each.metadata["channel_id"]) for each in known.values()} - private & hidden
    assert not any(number in text for number in hidden for text in _files(folder).values())


def test_a_second_run_renders_no_file(twin: DiscordTwin, collect: Collect) -> None:
    assert collect(skip_markdown_export=False).outcome.counts["exports_created"] > 0
    folder = export_folder(DiscordActivityCollector())
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert len(before) > len(twin.server.rooms)
    again = collect(skip_markdown_export=False, skip_discord_sync=True)
    assert not any(name.startswith("exports") for name in again.outcome.counts)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
