"""What the services write, when, and in how many statements."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.models import QuarantinedItem
from core.operations.github_ops.git import FileChange, GitCommit
from core.pages import page
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
from github_activity_tracker.parsing import leaves as leaves_module
from github_activity_tracker.parsing.repositories import parse_repository
from github_activity_tracker.protocol_impl.records import GHOST_ID, AccountRecord, RepositoryRecord
from github_activity_tracker.services.accounts import save_accounts
from github_activity_tracker.services.commits import save_commits
from github_activity_tracker.services.repositories import Sighting, save_repositories, save_unavailable
from github_activity_tracker.sync.kinds import DISCUSSION, PULL_REQUEST, RELEASE
from github_activity_tracker.sync.saving import bury, take_nodes
from github_activity_tracker.tests.leaves import KINDS, Node, example
from github_activity_tracker.tests.reading import Counts, a_run, reading
from github_activity_tracker.twin import GithubTwin, RepositorySpec

pytestmark = pytest.mark.django_db(transaction=True)

ASIO = 100
DAY = dt.date(2026, 1, 1)
COPY = 1  # the statement of an upsert that Django does not see


def take(*nodes: Node, is_whole: bool = True) -> Counts:
    """As a page does; what it has counted, without the archive. `is_whole`: all below the nodes was read."""
    with page(a_run(), str(ASIO)) as opened:
        for node in nodes:
            kind = KINDS[leaves_module.KINDS[node["__typename"]]]
            take_nodes(opened, kind, ASIO, [node], complete={node["id"]} if is_whole else ())
    return Counter({what: number for what, number in opened.counts.items() if what != "archived"})


def without(value: Any, *ids: str) -> Any:
    """A payload without the members that have these ids."""
    if isinstance(value, list):
        return [
            without(each, *ids) for each in value if not (isinstance(each, dict) and each.get("id") in ids)
        ]
    if isinstance(value, dict):
        return {name: without(each, *ids) for name, each in value.items()}
    return value


def edited(value: Any, of: str, **fields: Any) -> Any:
    """A payload in which the object of an id has other values."""
    if isinstance(value, list):
        return [edited(each, of, **fields) for each in value]
    if isinstance(value, dict):
        changed = {name: edited(each, of, **fields) for name, each in value.items()}
        return changed | fields if value.get("id") == of else changed
    return value


def thread_changed(node_id: str) -> int:
    return Issue.objects.get(pk=node_id).thread_changed_in


@pytest.mark.parametrize("size", [5, 100])
def test_a_page_costs_the_same_statements_however_much_is_on_it(
    size: int, settings_from: Callable[[dict[str, str]], None]
) -> None:
    spec = RepositorySpec("boostorg", "asio", pull_requests=size, comments=3, inline_comments=4, commits=5)
    with reading(GithubTwin.of(World(), repositories=[spec]), settings_from, page_size=100) as read:
        read.collect("boostorg", "asio")

    # Eight tables of 5 (savepoint, table, COPY, insert, release), five of 1, the threads, the run, archives.
    # Two pages where the machine was too busy for one.
    assert {each + 8 * COPY for each in read.statements if each > 20} == {55}
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
    take(example("odd_pull_request"))

    assert Issue.objects.get(pk="PR_1").author.login == "ghost"
    assert Account.objects.get(pk=GHOST_ID).kind == Account.Kind.GHOST


def repository(**changes: Any) -> RepositoryRecord:
    found = parse_repository(example("odd_repository"))
    return replace(found, **changes)


def test_a_repository_keeps_its_row_through_renames_and_transfers() -> None:
    save_repositories(Sighting(DAY, {}), [repository()])
    Repository.objects.update(mailmap_blob="abc")
    save_repositories(Sighting(DAY, {}), [repository(name="asio2", stars=6)])
    save_repositories(Sighting(DAY + dt.timedelta(days=1), {}), [repository(owner="cppalliance", stars=7)])

    row = Repository.objects.get()
    assert (row.full_name, row.mailmap_blob) == ("cppalliance/asio", "abc")
    assert set(RepositoryName.objects.values_list("full_name", flat=True)) == {
        "boostorg/asio", "boostorg/asio2", "cppalliance/asio",
    }  # fmt: skip
    assert list(RepositoryDay.objects.order_by("day").values_list("stars", flat=True)) == [6, 7]


def test_what_is_in_a_repository_that_becomes_private_or_public_has_changed() -> None:
    save_repositories(Sighting(DAY, {}), [repository()])
    take(example("odd_pull_request"))
    Issue.objects.update(repository_id=repository().github_id)
    before = thread_changed("PR_1")
    save_repositories(Sighting(DAY, {}), [repository(stars=9)])
    assert thread_changed("PR_1") == before
    for is_private in (True, False):
        save_repositories(Sighting(DAY, {}), [repository(is_private=is_private)])
        assert thread_changed("PR_1") > before
        before = thread_changed("PR_1")


def test_a_repository_that_is_not_to_be_had_says_why_until_it_is() -> None:
    save_repositories(Sighting(DAY, {}), [repository()])

    assert save_unavailable("BoostOrg", "asio", "blocked: DMCA") == 1
    assert save_unavailable("boostorg", "asio", "blocked: DMCA") == 0
    assert Repository.objects.get().unavailable == "blocked: DMCA"
    save_repositories(Sighting(DAY, {}), [repository()])
    assert Repository.objects.get().unavailable == ""


def test_a_comment_that_is_no_longer_there_gets_a_tombstone_and_loses_it_when_it_is_back() -> None:
    whole = example("odd_pull_request")
    take(whole)
    before = thread_changed("PR_1")

    less = without(whole, "IC_1", "PRRC_2", "LE_1")
    assert take(less) == {"comments_removed": 1, "review_comments_removed": 1, "events_removed": 1}
    assert Comment.objects.removed().get().pk == "IC_1"
    assert thread_changed("PR_1") > before

    assert take(less) == {}
    assert take(whole) == {"comments_updated": 1, "review_comments_updated": 1, "events_updated": 1}
    assert not Comment.objects.removed().exists()


def test_what_was_not_read_to_its_end_loses_nothing() -> None:
    whole = example("odd_pull_request")
    take(whole)

    assert take(without(whole, "IC_1"), is_whole=False) == {}


def test_what_is_there_but_could_not_be_parsed_is_not_gone_and_loses_nothing() -> None:
    whole = example("odd_pull_request")
    take(whole)

    assert take(edited(whole, "IC_1", createdAt="yesterday")) == {"quarantined": 1}
    assert Comment.objects.live().filter(pk="IC_1").exists()
    assert QuarantinedItem.objects.get().external_id == "IC_1"
    assert take(whole) == {}
    assert not QuarantinedItem.objects.exists()


def test_only_the_thread_that_changed_is_touched() -> None:
    request, issue, discussion = map(example, ("odd_pull_request", "odd_issue", "odd_discussion"))
    take(request, issue, discussion)
    before = {name: thread_changed(name) for name in ("PR_1", "I_1")}
    discussed = Discussion.objects.get().thread_changed_in

    assert take(edited(request, "PRRC_1", body="edited"), issue, discussion) == {"review_comments_updated": 1}
    assert thread_changed("PR_1") > before["PR_1"]
    assert thread_changed("I_1") == before["I_1"]
    assert Discussion.objects.get().thread_changed_in == discussed
    assert take(edited(discussion, "DC_2", upvoteCount=9)) == {"comments_updated": 1}
    assert Discussion.objects.get().thread_changed_in > discussed


def test_the_same_page_again_writes_nothing() -> None:
    nodes = [example(name) for name in ("odd_pull_request", "odd_issue", "odd_discussion", "odd_release")]
    take(*nodes)
    before = thread_changed("PR_1")

    assert take(*nodes) == {}
    assert thread_changed("PR_1") == before


def test_an_item_that_is_gone_takes_what_is_below_it_along() -> None:
    nodes = [example(name) for name in ("odd_pull_request", "odd_issue", "odd_discussion", "odd_release")]
    take(*nodes)
    gone = ((PULL_REQUEST, "PR_1"), (RELEASE, "RE_1"), (DISCUSSION, "D_1"))

    def all_gone() -> Counts:
        with page(a_run(), str(ASIO)) as opened:
            for kind, name in gone:
                bury(opened, kind, ASIO, [name])
        return opened.counts

    assert all_gone() == {
        "pull_requests_removed": 1, "discussions_removed": 1, "releases_removed": 1, "comments_removed": 5,
        "events_removed": 7, "reviews_removed": 2, "review_threads_removed": 1, "review_comments_removed": 2,
        "archived": 3,
    }  # fmt: skip
    assert all_gone() == {}
    assert Issue.objects.live().get().pk == "I_1"
    for model in (Release, Discussion, Review, ReviewThread, ReviewComment):
        assert not model.objects.live().exists()
    take(*nodes)
    assert not TimelineEvent.objects.removed().exists()


def test_a_number_that_comes_back_with_another_id_is_another_issue() -> None:
    issue = example("odd_issue")
    take(issue)
    take(issue | {"id": "I_9", "fullDatabaseId": "99", "title": "another"}, is_whole=False)

    assert set(Issue.objects.filter(number=3).values_list("pk", "title")) == {("I_1", ""), ("I_9", "another")}


def test_a_row_that_the_database_refuses_is_named_and_the_others_are_saved() -> None:
    assert take(edited(example("odd_pull_request"), "LE_1", label={"name": float("nan")}))["quarantined"] == 1

    item = QuarantinedItem.objects.get()
    assert (item.kind, item.external_id) == ("event", "LE_1")
    assert TimelineEvent.objects.count() == 6


def test_a_commit_says_how_many_of_its_files_have_no_row() -> None:
    whole = GitCommit(
        "a" * 40, (), "ann", "a@x.org", None, "ann", "a@x.org", None, "m", (), (file_change("a"),), None
    )
    save_commits(1, [whole, whole._replace(sha="b" * 40, files_left_out=7)])
    assert list(Commit.objects.order_by("sha").values_list("files_left_out", flat=True)) == [None, 7]
    assert CommitFile.objects.count() == 2


def file_change(path: str) -> FileChange:
    return FileChange("A", path, None, None, None, 0, 0o100644, 1, 0, is_binary=False)
