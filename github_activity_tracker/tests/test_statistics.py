"""The view that statistics are made from."""

import datetime as dt

import pytest
from django.db import connection

from github_activity_tracker.models import Commit, CommitFile, CommitIdentity, MailmapEntry, Repository

pytestmark = pytest.mark.django_db

APRIL = dt.datetime(2024, 4, 30, 23, tzinfo=dt.UTC)


def commit(sha: str, **fields: object) -> Commit:
    defaults: dict[str, object] = {
        "parents": [],
        "is_merge": False,
        "author_name": "ann",
        "author_email": "ann@example.org",
        "committed_at": APRIL,
        "message": "m",
    }
    row = Commit.objects.create(repository_id=7, sha=sha * 40, **{**defaults, **fields})
    for position, lines in enumerate((3, None)):
        CommitFile.objects.create(
            commit=row, position=position, status="M", path=f"{position}", old_mode=1, new_mode=1,
            additions=lines, deletions=lines,
        )  # fmt: skip
    return row


def statistics() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM github_commit_statistics ORDER BY author_name, month")
        return cursor.fetchall()


@pytest.fixture(autouse=True)
def repository() -> None:
    Repository.objects.create(github_id=7, owner="boostorg", name="asio", created_at=APRIL, updated_at=APRIL)


def test_merges_and_commits_left_behind_do_not_count() -> None:
    commit("a")
    commit("b", is_merge=True)
    commit("c", is_reachable=False)
    row = ("boostorg/asio", dt.date(2024, 4, 1), "ann", "ann@example.org", None, 1, 2, 3, 3)
    assert statistics() == [row]


def test_files_that_have_no_row_count_and_what_is_below_a_repository_that_has_gone_does_not() -> None:
    commit("a", files_left_out=1_000_000)
    ((*_, files, _added, _removed),) = statistics()
    assert files == 1_000_002
    Repository.objects.update(removed_at=APRIL)
    assert statistics() == []


def test_people_are_who_the_mailmap_and_github_say_they_are() -> None:
    commit("a", author_name="annie", author_email="old@example.org")
    commit("b")
    MailmapEntry.objects.create(
        repository_id=7, name="annie", email="old@example.org",
        canonical_name="ann", canonical_email="ann@example.org",
    )  # fmt: skip
    for name, email in (("annie", "old@example.org"), ("ann", "ann@example.org")):
        CommitIdentity.objects.create(
            name=name, email=email, account_id=42, looked_up=True, repository_id=7, sha="a"
        )
    ((*_, account, commits, files, added, removed),) = statistics()
    assert (account, commits, files, added, removed) == (42, 2, 4, 6, 6)
