"""The Markdown export follows the rows: whatever changed, was lost or was killed."""

from pathlib import Path
from typing import Any

import pytest

from core import checkpoints
from core.changes import Change
from core.exports import SCOPE, STREAM, Exported
from core.pages import Page
from core.tests.marks import committed_late
from discord_activity_tracker.models import Channel, MarkdownExport, Message
from discord_activity_tracker.sync import exporting
from discord_activity_tracker.tests.exporter import Exporter, export, files, folder
from discord_activity_tracker.tests.talking import START, change, change_number, channel, remove, say

pytestmark = pytest.mark.django_db(transaction=True)

DAY = 24 * 60
FIRST, SECOND = "2025/2025-03/2025-03-01", "2025/2025-03/2025-03-02"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, settings: Any) -> None:
    settings.WORKSPACE_DIR = tmp_path


def test_every_day_of_every_public_channel_has_its_file_and_a_second_export_touches_nothing() -> None:
    general = channel()
    say(general, 0, "first day")
    say(general, 14 * 60 + 59, "one minute before midnight")
    say(general, 15 * 60, "midnight")
    say(channel(11, "general"), 0, "the other general")
    say(channel(12, "general", kind=Channel.Kind.PUBLIC_THREAD, parent_id=10), 0, "a thread of this name")
    say(channel(13, "staff", is_public=False), 0, "secret")
    remove(say(general, 3 * DAY, "gone"))

    assert export() == Exported(rendered=4)

    found = files()
    assert list(found) == [
        f"{FIRST}/general-11.md",
        f"{FIRST}/general-12.md",
        f"{FIRST}/general.md",
        f"{SECOND}/general.md",
    ]
    assert "one minute before midnight" in found[f"{FIRST}/general.md"]
    assert "midnight" in found[f"{SECOND}/general.md"]
    assert not any("secret" in text for text in found.values())

    before = {path: path.stat().st_mtime_ns for path in folder().rglob("*")}
    rows = list(MarkdownExport.objects.order_by("pk").values())
    assert export() == Exported()
    assert {path: path.stat().st_mtime_ns for path in folder().rglob("*")} == before
    assert list(MarkdownExport.objects.order_by("pk").values()) == rows


def test_only_days_that_changed_are_rendered() -> None:
    general = channel()
    edited, gone, last = say(general, 0, "before"), say(general, 1, "gone"), say(general, DAY, "next day")
    say(general, 5 * DAY)
    export()
    change(edited, plain_text="after")
    remove(gone)
    assert export() == Exported(rendered=1)
    text = files()[f"{FIRST}/general.md"]
    assert "after" in text
    assert "gone" not in text
    assert "message_count: 1" in text
    remove(last)
    assert export() == Exported(removed=1)
    assert f"{SECOND}/general.md" not in files()
    assert not (folder() / SECOND).exists()
    change(last, removed_at=None)
    assert export() == Exported(rendered=1)
    assert f"{SECOND}/general.md" in files()


def test_a_day_with_a_message_that_is_committed_late_is_rendered_again() -> None:
    general = channel()
    one, two = say(general, 0), say(general, 1)
    export()

    def write(message: Message, text: str) -> None:
        Message.objects.filter(pk=message.pk).update(plain_text=text, changed_in=Change())

    with committed_late(lambda: write(one, "late")):
        write(two, "early")
        assert export() == Exported(rendered=1)
        assert "late" not in files()[f"{FIRST}/general.md"]
    assert export() == Exported(rendered=1)
    assert "late" in files()[f"{FIRST}/general.md"]
    assert export() == Exported()


def test_a_channel_with_another_name_moves_its_files_and_those_of_its_namesake() -> None:
    older, younger = channel(10, "general"), channel(11, "general")
    say(older, 0, "older")
    say(younger, 0, "younger")
    export()
    Channel.objects.filter(pk=older.pk).update(name="chat", changed_in=change_number())
    assert export() == Exported(rendered=2, removed=2)
    found = files()
    assert list(found) == [f"{FIRST}/chat.md", f"{FIRST}/general.md"]
    assert "older" in found[f"{FIRST}/chat.md"]
    assert "younger" in found[f"{FIRST}/general.md"]
    assert export() == Exported()


def test_a_channel_that_is_not_public_any_more_or_deleted_leaves_no_file() -> None:
    for number, name in ((10, "one"), (11, "two"), (12, "three")):
        say(channel(number, name), 0)
    export()
    Channel.objects.filter(pk=10).update(is_public=False)
    Channel.objects.filter(pk=11).update(removed_at=START)
    Message.objects.filter(channel=11).update(removed_at=START, changed_in=change_number())
    assert export() == Exported(removed=2)
    assert list(files()) == [f"{FIRST}/three.md"]
    assert [each.path for each in MarkdownExport.objects.all()] == [f"{FIRST}/three.md"]


def test_lost_files_are_made_again_and_strange_ones_removed() -> None:
    say(channel(), 0)
    export()
    before = files()
    (folder() / FIRST / "general.md").unlink()
    (folder() / FIRST / "strange.md").write_text("?")
    (folder() / "2019").mkdir()
    (folder() / "2019/old.md").write_text("?")
    assert export() == Exported(rendered=1, removed=2)
    assert files() == before


def test_an_export_that_was_killed_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10, 13):
        say(channel(number, f"channel {number}"), 0)
    committed = Page.count_saved

    def killed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Page, "count_saved", killed)
    with pytest.raises(KeyboardInterrupt):
        export()
    monkeypatch.setattr(Page, "count_saved", committed)
    assert checkpoints.load(Exporter.name, SCOPE, STREAM).checkpoint_token == "rendering"
    assert not MarkdownExport.objects.exists()
    assert export().rendered == 3
    assert len(files()) == 3
    assert checkpoints.load(Exporter.name, SCOPE, STREAM).checkpoint_token == "complete"


def test_everything_is_rendered_again_when_asked_for() -> None:
    general = channel()
    for day in range(3):
        say(general, day * DAY)
    assert export() == Exported(rendered=3)
    assert export(full=True) == Exported(rendered=3)


@pytest.mark.parametrize("together", [1, 7, 3000])
def test_many_days_of_many_channels_are_rendered_in_batches(
    together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MESSAGES_TOGETHER", together)
    for number in range(10, 13):
        where = channel(number, f"c{number}")
        for day in range(40):
            say(where, day * DAY, f"day {day} of {number}")
    assert export() == Exported(rendered=120)
    found = files()
    for number in range(10, 13):
        texts = [text for path, text in found.items() if path.endswith(f"/c{number}.md")]
        assert len(texts) == 40
        assert all(f"day {day} of {number}\n" in text for day, text in enumerate(texts))
