"""The Markdown export follows the rows: whatever changed, was lost or was killed."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import checkpoints
from core.changes import Change
from core.exports import SCOPE, STREAM, Exported
from core.pages import Page
from core.tests.marks import committed_late
from github_activity_tracker.models import Account, Issue, MarkdownExport, Repository
from github_activity_tracker.tests.exporter import PREFIXES, Exporter, export, files, folder
from github_activity_tracker.tests.rows import account, at, comment, issue, pull_request, repository, save

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, settings: Any) -> None:
    settings.WORKSPACE_DIR = tmp_path


@pytest.fixture
def ann() -> Account:
    ann = account("ann")
    save(ann, repository(github_id=1), repository(github_id=2, name="boost"))
    return ann


def touch(subject: Issue, **values: Any) -> None:
    """What saving a change does."""
    changed_in = subject.thread_changed_in + 1
    Issue.objects.filter(pk=subject.pk).update(thread_changed_in=changed_in, **values)
    subject.refresh_from_db()


def state() -> str | None:
    return checkpoints.load(Exporter.name, SCOPE, STREAM).checkpoint_token


def test_every_issue_and_pull_request_has_its_file(ann: Account) -> None:
    one, two = issue(1, ann), pull_request(2, ann, repository_id=2)
    save(one, two, comment(one, ann, "Hello"), comment(one, ann, "Deleted", removed_at=at(1)))

    assert export() == Exported(rendered=2)

    assert list(files()) == [
        "boost/pull_requests/2024/2024-01/#2 - Title 2.md",
        "boost.asio/issues/2024/2024-01/#1 - Title 1.md",
    ]
    _, first = files().values()
    assert b"Hello" in first
    assert b"Deleted" not in first
    assert state() == "complete"


def test_a_second_export_touches_nothing(ann: Account) -> None:
    save(issue(1, ann))
    export()
    before = {path: path.stat().st_mtime_ns for path in folder().rglob("*")}
    with CaptureQueriesContext(connection) as statements:
        assert export() == Exported()
    assert {path: path.stat().st_mtime_ns for path in folder().rglob("*")} == before
    assert [
        each
        for each in statements.captured_queries
        if "markdownexport" in each["sql"] and "SELECT" not in each["sql"]
    ] == []


def test_what_changed_is_rendered_and_nothing_else(ann: Account) -> None:
    one, two = issue(1, ann), issue(2, ann)
    save(one, two)
    export()
    save(comment(one, ann, "News"))
    touch(one)

    assert export() == Exported(rendered=1)

    assert b"News" in files()["boost.asio/issues/2024/2024-01/#1 - Title 1.md"]


def test_what_is_committed_late_is_rendered_by_the_next_export(ann: Account) -> None:
    one, two = issue(1, ann), issue(2, ann)
    save(one, two)
    export()

    def write(subject: Issue, body: str) -> None:
        Issue.objects.filter(pk=subject.pk).update(body=body, thread_changed_in=Change())

    with committed_late(lambda: write(one, "late")):
        write(two, "early")
        assert export() == Exported(rendered=1)
    assert export() == Exported(rendered=1)
    assert sum(b"late" in text or b"early" in text for text in files().values()) == 2
    assert export() == Exported()


def test_a_new_title_moves_the_file(ann: Account) -> None:
    one = issue(1, ann)
    save(one)
    export()
    touch(one, title="Another")

    assert export() == Exported(rendered=1, removed=1)

    assert list(files()) == ["boost.asio/issues/2024/2024-01/#1 - Another.md"]


def test_what_github_no_longer_has_loses_its_file_and_gets_it_again_when_it_is_back(ann: Account) -> None:
    one = issue(1, ann, created_at=at(-60 * 24 * 365))
    save(one, issue(2, ann))
    export()
    before = files()
    touch(one, removed_at=at(1))

    assert export() == Exported(removed=1)
    assert list(files()) == ["boost.asio/issues/2024/2024-01/#2 - Title 2.md"]
    assert not (folder() / "boost.asio/issues/2023").exists()

    touch(one, removed_at=None)
    assert export() == Exported(rendered=1)
    assert files() == before


def test_a_repository_under_another_name_takes_its_files_along(ann: Account) -> None:
    save(issue(1, ann), issue(2, ann, repository_id=2))
    export()
    (untouched,) = [path for path in files() if path.startswith("boost/")]
    Repository.objects.filter(pk=1).update(name="net")

    assert export({1: "boost.net", 2: "boost"}) == Exported(rendered=1, removed=1)

    assert list(files()) == [untouched, "boost.net/issues/2024/2024-01/#1 - Title 1.md"]
    # So that publishing knows that what was in it is gone.
    assert (folder() / "boost.asio").is_dir()


def test_a_number_that_comes_back_with_another_id_has_one_file_in_the_end(ann: Account) -> None:
    one = issue(1, ann, body="The old one")
    save(one)
    export()
    save(issue(1, ann, title=one.title, body="The new one"))
    export()
    touch(one, removed_at=at(1))

    export()

    (text,) = files().values()
    assert b"The new one" in text
    assert MarkdownExport.objects.get().issue.body == "The new one"


def test_lost_files_are_made_again_and_foreign_ones_removed(ann: Account) -> None:
    save(issue(1, ann), issue(2, ann), issue(3, ann, repository_id=2))
    export()
    before = files()
    _, first, second = before
    (folder() / first).unlink()
    (folder() / second).with_name(".half.tmp").write_text("killed")
    (folder() / "boost/issues/2019/2019-01").mkdir(parents=True)
    (folder() / "boost/issues/2019/2019-01/#9 - Never.md").write_text("?")
    (folder() / "README.md").write_text("mine")

    assert export() == Exported(rendered=1, removed=2)

    assert files() == before | {"README.md": b"mine"}


def test_another_machine_makes_all_files_again(ann: Account, tmp_path: Path, settings: Any) -> None:
    save(*(issue(number, ann) for number in range(1, 6)))
    export()
    before = files()
    settings.WORKSPACE_DIR = tmp_path / "elsewhere"

    assert export() == Exported(rendered=5)

    assert files() == before


def test_with_full_everything_is_rendered(ann: Account) -> None:
    save(issue(1, ann), issue(2, ann))
    export()
    assert export(full=True) == Exported(rendered=2)


class Killed(Exception):  # noqa: N818 - what happens to it
    """Stands for SIGKILL: nothing after it is done."""


class Dying(Exporter):
    """Is killed before or after a page: with files written and not recorded, or with old ones not removed."""

    moments = 0  # until then: one before and one after each page

    @contextmanager
    def page(self, scope: str) -> Generator[Page]:
        self._live_on()
        with super().page(scope) as page:
            yield page
        self._live_on()

    def _live_on(self) -> None:
        if self.moments == 0:
            raise Killed
        self.moments -= 1


@pytest.mark.parametrize("moments", range(8))
def test_killed_anywhere_and_run_again_the_folder_is_the_same(ann: Account, moments: int) -> None:
    rows = [issue(number, ann) for number in range(1, 5)]
    save(*rows)
    export()
    touch(rows[0], title="Moved")
    touch(rows[1], removed_at=at(1))
    touch(rows[2], body="Edited")
    (folder() / "boost.asio/issues/2024/2024-01/#4 - Title 4.md").unlink()
    dying = Dying(PREFIXES)
    dying.moments = moments
    with pytest.raises(Killed):
        dying.run()
    assert state() == ("rendering" if 0 < moments < 7 else "complete")
    touch(rows[0], title="Moved again")

    export()

    assert [name.rpartition("/")[2] for name in files()] == [
        "#1 - Moved again.md",
        "#3 - Title 3.md",
        "#4 - Title 4.md",
    ]
    assert b"Edited" in files()["boost.asio/issues/2024/2024-01/#3 - Title 3.md"]
    assert state() == "complete"


def test_the_number_of_statements_does_not_grow_with_the_issues(ann: Account) -> None:
    def statements(number: int) -> int:
        rows = [issue(1000 * number + n, ann) for n in range(number)]
        save(*rows, *(comment(row, ann, "x") for row in rows for _ in range(2)))
        with CaptureQueriesContext(connection) as captured:
            assert export().rendered == number
        return len(captured)

    statements(1)
    assert statements(40) == statements(2) <= 45
