"""What the services write, when, and in how many statements."""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from core.operations.github_ops.git import FileChange, GitCommit
from core.twins import World
from github_activity_tracker.models import (
    Account,
    AccountLogin,
    Comment,
    Commit,
    CommitFile,
    Discussion,
    Issue,
    Release,
    Repository,
    RepositoryDay,
    RepositoryName,
    Review,
    ReviewComment,
    ReviewThread,
    TimelineEvent,
)
from github_activity_tracker.parsing import leaves_of, parse, parse_repository
from github_activity_tracker.protocol_impl import GHOST_ID, AccountRecord, Record, RepositoryRecord
from github_activity_tracker.services import (
    Saved,
    save_accounts,
    save_commits,
    save_items,
    save_repositories,
    save_unavailable,
    tombstone_items,
    touch,
)
from github_activity_tracker.tests.reading import reading
from github_activity_tracker.twin import GithubTwin, RepositorySpec

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = Path(__file__).parent / "examples"
ASIO = 100
DAY = dt.date(2026, 1, 1)
COPY = 1  # the statement of an upsert that Django does not see


def records(*names: str) -> dict[str, Any]:
    """Id -> record, of all leaves of some examples."""
    nodes = [json.loads((EXAMPLES / f"{name}.json").read_text()) for name in names]
    leaves = [leaf for node in nodes for leaf in leaves_of(node, ASIO)]
    return {leaf.external_id: parse(leaf.kind, leaf.payload) for leaf in leaves}


def save(found: Iterable[Record], complete: Iterable[str] = (), **options: Any) -> Saved:
    """As a page does."""
    with transaction.atomic():
        return save_items(ASIO, found, set(complete), **options)


def thread_changed(node_id: str) -> int:
    return Issue.objects.get(pk=node_id).thread_changed_in


def counts(saved: Saved) -> dict[str, tuple[int, int]]:
    """Kind -> rows created and updated, where there are any."""
    written = {each.kind: (each.upserted.created, each.upserted.updated) for each in saved.outcomes}
    return {kind: numbers for kind, numbers in written.items() if numbers != (0, 0)}


@pytest.mark.parametrize("size", [5, 100])
def test_a_page_costs_the_same_statements_however_much_is_on_it(
    size: int, settings_from: Callable[[dict[str, str]], None]
) -> None:
    spec = RepositorySpec("boostorg", "asio", pull_requests=size, comments=3, inline_comments=4, commits=5)
    with reading(GithubTwin.of(World(), repositories=[spec]), settings_from, page_size=100) as read:
        read.collect("boostorg", "asio")

    # Eight tables of 5 (savepoint, table, COPY, insert, release), five of 1, the threads, begin and commit.
    # Two pages where the machine was too busy for one.
    assert {each + 8 * COPY for each in read.statements if each > 2} == {48}
    assert ReviewComment.objects.count() == 4 * size


def test_an_account_keeps_its_name_where_none_is_told() -> None:
    save_accounts([AccountRecord(1, "user", "ann", "Ann"), AccountRecord(2, "user", "bob", "")])
    save_accounts(
        [
            AccountRecord(1, "user", "ann2"),
            AccountRecord(2, "user", "bob", "Bob"),
            AccountRecord(3, "bot", "b"),
        ]
    )

    assert set(Account.objects.values_list("github_id", "login", "name")) == {
        (1, "ann2", "Ann"),
        (2, "bob", "Bob"),
        (3, "b", None),
    }
    assert set(AccountLogin.objects.values_list("account_id", "login")) == {
        (1, "ann"), (1, "ann2"), (2, "bob"), (3, "b"),
    }  # fmt: skip


def test_of_an_account_that_is_shown_twice_the_name_counts() -> None:
    save_accounts([AccountRecord(1, "user", "ann", "Ann"), AccountRecord(1, "user", "ann")])

    assert Account.objects.get().name == "Ann"


def test_who_was_deleted_is_the_ghost() -> None:
    save(records("odd_pull_request").values())

    assert Issue.objects.get(pk="PR_1").author.login == "ghost"
    assert Account.objects.get(pk=GHOST_ID).kind == Account.Kind.GHOST


def repository(**changes: Any) -> RepositoryRecord:
    found = parse_repository(json.loads((EXAMPLES / "odd_repository.json").read_text()))
    return replace(found, **changes)


def test_a_repository_keeps_its_row_through_renames_and_transfers() -> None:
    save_repositories([repository()], {}, DAY)
    Repository.objects.update(mailmap_blob="abc")
    save_repositories([repository(name="asio2", stars=6)], {}, DAY)
    save_repositories([repository(owner="cppalliance", stars=7)], {}, DAY + dt.timedelta(days=1))

    row = Repository.objects.get()
    assert (row.full_name, row.mailmap_blob) == ("cppalliance/asio", "abc")
    assert set(RepositoryName.objects.values_list("full_name", flat=True)) == {
        "boostorg/asio", "boostorg/asio2", "cppalliance/asio",
    }  # fmt: skip
    assert list(RepositoryDay.objects.order_by("day").values_list("stars", flat=True)) == [6, 7]


def test_what_is_in_a_repository_that_becomes_private_or_public_has_changed() -> None:
    save_repositories([repository()], {}, DAY)
    save(records("odd_pull_request").values())
    Issue.objects.update(repository_id=repository().github_id)
    before = thread_changed("PR_1")
    save_repositories([repository(stars=9)], {}, DAY)
    assert thread_changed("PR_1") == before
    for is_private in (True, False):
        save_repositories([repository(is_private=is_private)], {}, DAY)
        assert thread_changed("PR_1") > before
        before = thread_changed("PR_1")


def test_a_repository_that_is_not_to_be_had_says_why_until_it_is() -> None:
    save_repositories([repository()], {}, DAY)

    assert save_unavailable("BoostOrg", "asio", "blocked: DMCA") == 1
    assert save_unavailable("boostorg", "asio", "blocked: DMCA") == 0
    assert Repository.objects.get().unavailable == "blocked: DMCA"
    save_repositories([repository()], {}, DAY)
    assert Repository.objects.get().unavailable == ""


def test_a_comment_that_is_no_longer_there_gets_a_tombstone_and_loses_it_when_it_is_back() -> None:
    found = records("odd_pull_request")
    save(found.values(), ["PR_1"])
    before = thread_changed("PR_1")

    without = [record for name, record in found.items() if name not in ("IC_1", "PRRC_2", "LE_1")]
    saved = save(without, ["PR_1"])
    assert saved.removed == {"comments": ["IC_1"], "review_comments": ["PRRC_2"], "events": ["LE_1"]}
    assert (saved.touched, Comment.objects.filter(removed_at__isnull=False).get().pk) == (1, "IC_1")
    assert thread_changed("PR_1") > before

    assert save(without, ["PR_1"]).removed == {}
    back = save(found.values(), ["PR_1"])
    assert (counts(back), back.touched) == (
        {"comment": (0, 1), "review_comment": (0, 1), "event": (0, 1)},
        1,
    )
    assert not Comment.objects.filter(removed_at__isnull=False).exists()


def test_what_was_not_read_to_its_end_loses_nothing() -> None:
    found = records("odd_pull_request")
    save(found.values(), ["PR_1"])

    assert save([found["PR_1"]]).removed == {}


def test_what_is_there_but_could_not_be_parsed_is_not_gone() -> None:
    found = records("odd_pull_request")
    save(found.values(), ["PR_1"])

    others = [record for name, record in found.items() if name != "IC_1"]
    assert save(others, ["PR_1"], unparsed={"IC_1"}).removed == {}


def test_only_the_thread_that_changed_is_touched() -> None:
    found = records("odd_pull_request", "odd_issue", "odd_discussion")
    save(found.values())
    before = {name: thread_changed(name) for name in ("PR_1", "I_1")}
    discussion = Discussion.objects.get().thread_changed_in

    edited = [
        replace(record, body="edited") if name == "PRRC_1" else record for name, record in found.items()
    ]
    saved = save(edited)

    assert (counts(saved), saved.touched) == ({"review_comment": (0, 1)}, 1)
    assert thread_changed("PR_1") > before["PR_1"]
    assert thread_changed("I_1") == before["I_1"]
    assert Discussion.objects.get().thread_changed_in == discussion
    assert save([replace(found["DC_2"], upvotes=9)]).touched == 1
    assert Discussion.objects.get().thread_changed_in > discussion


def test_a_new_item_is_not_touched_again() -> None:
    assert save(records("odd_pull_request").values(), ["PR_1"]).touched == 0


def test_the_same_page_again_writes_nothing() -> None:
    found = records("odd_pull_request", "odd_issue", "odd_discussion", "odd_release")
    complete = ["PR_1", "I_1", "D_1"]
    save(found.values(), complete)

    again = save(found.values(), complete)
    assert (counts(again), again.removed, again.touched) == ({}, {}, 0)


def test_an_item_that_is_gone_takes_what_is_below_it_along() -> None:
    found = records("odd_pull_request", "odd_issue", "odd_discussion", "odd_release")
    save(found.values())

    assert tombstone_items(["PR_1", "RE_1", "D_1"]) == {
        "issues": 1, "discussions": 1, "releases": 1, "comments": 5,
        "events": 7, "reviews": 2, "review_threads": 1, "review_comments": 2,
    }  # fmt: skip
    assert tombstone_items(["PR_1", "RE_1", "D_1"]) == {}
    assert Issue.objects.get(removed_at__isnull=True).pk == "I_1"
    for model in (Release, Discussion, Review, ReviewThread, ReviewComment):
        assert not model.objects.filter(removed_at__isnull=True).exists()
    save(found.values())
    assert not TimelineEvent.objects.filter(removed_at__isnull=False).exists()


def test_a_number_that_comes_back_with_another_id_is_another_issue() -> None:
    found = records("odd_issue")["I_1"]
    save([found])
    save([replace(found, node_id="I_9", github_id=99, title="another")])

    assert set(Issue.objects.filter(number=3).values_list("pk", "title")) == {("I_1", ""), ("I_9", "another")}


def test_a_row_that_the_database_refuses_is_named_and_the_others_are_saved() -> None:
    found = records("odd_pull_request")
    found["LE_1"] = replace(found["LE_1"], details={"label": float("nan")})

    saved = save(found.values(), ["PR_1"])

    refused = [(each.kind, row.row.pk) for each in saved.outcomes for row in each.upserted.rejected]
    assert refused == [("event", "LE_1")]
    assert TimelineEvent.objects.count() == 6


def test_touching_makes_threads_due() -> None:
    save(records("odd_issue", "odd_discussion").values())
    before = thread_changed("I_1")

    assert touch(["I_1", "D_1", "I_2"]) == 2
    assert thread_changed("I_1") > before


def test_children_from_the_archive_are_saved_without_their_items() -> None:
    found = records("odd_pull_request")
    saved = save([found["IC_1"], found["IC_2"]])

    assert counts(saved) == {"account": (1, 0), "comment": (2, 0)}
    assert set(Comment.objects.values_list("subject_id", flat=True)) == {"PR_1"}


def test_a_commit_says_how_many_of_its_files_have_no_row() -> None:
    whole = GitCommit(
        "a" * 40, (), "ann", "a@x.org", None, "ann", "a@x.org", None, "m", (), (file_change("a"),), None
    )
    save_commits(1, [whole, whole._replace(sha="b" * 40, files_left_out=7)])
    assert list(Commit.objects.order_by("sha").values_list("files_left_out", flat=True)) == [None, 7]
    assert CommitFile.objects.count() == 2


def file_change(path: str) -> FileChange:
    return FileChange("A", path, None, None, None, 0, 0o100644, 1, 0, is_binary=False)
