"""What search, people linking and the operator's status get from GitHub."""

import datetime as dt
from hashlib import sha1
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from core import registry
from core.changes import Change, mark
from core.registry import Document, GoneDocument, Profile, SamePerson
from core.tests.marks import committed_late, quiet_mark
from github_activity_tracker.documents import GithubDocuments
from github_activity_tracker.models import (
    Account,
    AccountLogin,
    Commit,
    CommitIdentity,
    Discussion,
    Issue,
    MailmapEntry,
    Release,
    Repository,
)
from github_activity_tracker.profiles import AccountProfiles
from github_activity_tracker.sync.coverage import RepositoryCoverage
from github_activity_tracker.tests.rows import (
    T0,
    URL,
    account,
    at,
    comment,
    discussion,
    event,
    issue,
    pull_request,
    release,
    remark,
    repository,
    review,
    save,
    talk,
)

pytestmark = pytest.mark.django_db(transaction=True)
METADATA = {"source_ids", "type", "number", "state", "state_reason", "updated_at", "closed_at", "repo_name"}
SECONDS = int(T0.timestamp())


@pytest.fixture
def ann() -> Account:
    ann = account("ann")
    save(ann, repository(github_id=1))
    return ann


def documents(**options: Any) -> list[Document]:
    return [each for each in GithubDocuments().documents(**options) if isinstance(each, Document)]


def gone(**options: Any) -> set[str]:
    return {each.doc_id for each in GithubDocuments().documents(**options) if isinstance(each, GoneDocument)}


def profiles(**options: Any) -> dict[tuple[str, str], Profile]:
    found = [each for each in AccountProfiles().profiles(**options) if isinstance(each, Profile)]
    by_key = {(profile.source, profile.external_id): profile for profile in found}
    assert len(by_key) == len(found)
    return by_key


def same_people(**options: Any) -> list[SamePerson]:
    return [each for each in AccountProfiles().profiles(**options) if isinstance(each, SamePerson)]


def identity(email: str, name: str, **given: Any) -> CommitIdentity:
    return CommitIdentity(**{"repository_id": 1, "sha": "a"} | given, email=email, name=name)


def commit(email: str, name: str, authored_at: dt.datetime) -> Commit:
    author = {"author_email": email, "author_name": name, "authored_at": authored_at}
    sha = sha1(repr(author).encode(), usedforsecurity=False).hexdigest()
    return Commit(**author, repository_id=1, sha=sha, parents=[], is_merge=False, committed_at=T0)


def test_what_is_declared_can_be_loaded() -> None:
    tracker = next(each for each in registry.trackers() if each.app == "github_activity_tracker")
    assert isinstance(registry.load(tracker.documents or ""), GithubDocuments)
    assert isinstance(registry.load(tracker.profiles or ""), AccountProfiles)


def test_an_issue_is_a_document_of_all_that_was_said(ann: Account) -> None:
    subject = issue(
        7,
        ann,
        title="Crash",
        body="<!-- How to report -->\r\nIt --> crashes.",
        state="closed",
        closed_at=at(1),
    )
    save(subject, comment(subject, ann, "Later", created_at=at(60 * 24)))
    save(comment(subject, account("gone", github_id=5), "First", created_at=at(1)))
    save(
        comment(subject, ann, "Deleted", removed_at=at(1)),
        comment(subject, ann, "Buy", minimized_reason="spam"),
    )

    (document,) = documents()

    assert document.text == (
        "boostorg/asio #7: Crash\n\n"
        "ann, 2024-01-02:\nIt --> crashes.\n\n"
        "account 5, 2024-01-02:\nFirst\n\n"
        "ann, 2024-01-03:\nLater"
    )
    assert document.doc_id == f"github:{subject.pk}"
    assert (document.title, document.author, document.url) == ("Crash", "ann", f"{URL}/issues/7")
    assert (document.happened_at, document.visibility) == (at(0), "public")
    assert document.metadata == {
        "source_ids": ["boostorg/asio:issue:7"],
        "type": "issue",
        "number": 7,
        "state": "closed",
        "state_reason": "",
        "updated_at": SECONDS,
        "closed_at": SECONDS + 60,
        "repo_name": "boostorg/asio",
    }


def test_a_pull_request_has_its_reviews_but_not_those_that_are_still_drafts(ann: Account) -> None:
    subject = pull_request(8, ann)
    draft = review(subject, ann, "PENDING", "Psst", submitted_at=None)
    where = talk(subject, path="a.hpp")
    save(subject, where, draft, review(subject, ann, "APPROVED", "Good"), review(subject, ann, "APPROVED"))
    save(remark(subject, where, ann, "Why?"), remark(subject, where, ann, "Because.", created_at=at(1)))
    save(remark(subject, where, ann, "Secret", review_id=draft.pk))
    save(event(subject, "ClosedEvent", ann))

    (document,) = documents()

    assert document.metadata["source_ids"] == ["boostorg/asio:pr:8"]
    assert document.metadata["type"] == "pr"
    assert set(document.metadata) == METADATA
    assert document.text.count("ann, 2024-01-02:\nGood") == 1
    assert "About a.hpp:\n\nann, 2024-01-02:\nWhy?\n\nann, 2024-01-02:\nBecause." in document.text
    assert "Psst" not in document.text
    assert "Secret" not in document.text
    assert document.text.count("ann, 2024-01-02:") == 4


def test_discussions_and_published_release_notes_are_documents(ann: Account) -> None:
    talked = discussion(3, ann)
    save(talked, comment(talked, ann, "Answer", is_answer=True))
    save(release("v1.0", ann, name="One", published_at=at(1)), release("v2.0", None, is_draft=True))

    found = {str(document.metadata["type"]): document for document in documents()}

    assert set(found) == {"discussion", "release"}
    assert found["discussion"].text.endswith("ann, 2024-01-02:\nBody 3\n\nann, 2024-01-02:\nAnswer")
    assert found["discussion"].metadata["source_ids"] == ["boostorg/asio:discussion:3"]
    assert set(found["discussion"].metadata) == METADATA | {"category"}
    assert found["release"].text == "boostorg/asio One\n\nNotes"
    assert found["release"].happened_at == at(1)
    assert (found["release"].title, found["release"].author) == ("One", "ann")


def test_only_what_changed_is_given_again_and_what_is_gone_is_told(ann: Account) -> None:
    save(issue(1, ann), issue(2, ann, removed_at=T0), discussion(3, ann), release("v1", ann))
    since = quiet_mark()
    assert len(documents()) == 3
    assert documents(since=since) == []
    Issue.objects.update(thread_changed_in=Change())
    Discussion.objects.update(thread_changed_in=Change())
    Release.objects.update(changed_in=Change())
    assert len(documents(since=since)) == 3
    assert gone() == gone(since=since) == set()
    given = {each.doc_id for each in documents()}
    for model in (Issue, Discussion, Release):
        model.objects.filter(removed_at__isnull=True).update(removed_at=Now(), changed_in=Change())
    assert documents(since=since) == []
    assert gone(since=since) == given


def test_the_number_of_statements_does_not_grow_with_the_documents(ann: Account) -> None:
    def statements(number: int) -> int:
        for n in range(number):
            subject = issue(100 * number + n, ann)
            save(subject, comment(subject, ann, "x"))
        with CaptureQueriesContext(connection) as captured:
            documents()
            profiles()
        return len(captured)

    assert statements(2) == statements(30)


def test_an_account_has_all_its_names_and_addresses(ann: Account) -> None:
    save(AccountLogin(account=ann, login="ann"), AccountLogin(account=ann, login="annie"))
    save(identity("ann@a.b", "Ann", account=ann), identity("old@a.b", "A. Nother", account=ann))
    save(identity("noreply@github.com", "GitHub", account=ann), identity("nowhere", "Ann", account=ann))
    told = issue(1, ann)
    save(
        told,
        pull_request(2, ann),
        comment(told, ann, "Hello", created_at=at(3)),
        comment(told, ann, "Taken back", created_at=at(-3), removed_at=at(4)),
        commit("ann@a.b", "Ann", at(5)),
        commit("ann@a.b", "Ann", dt.datetime(2100, 1, 1, tzinfo=dt.UTC)),
    )

    profile = profiles()["github", str(ann.pk)]

    assert profile.names == ("Ann", "A. Nother", "GitHub")
    assert profile.logins == ("ann", "annie")
    assert profile.seen_emails == ("ann@a.b", "old@a.b")
    assert profile.declared_emails == profile.verified_emails == ()
    assert (profile.first_seen_at, profile.last_seen_at) == (at(-3), at(5))
    assert profile.counts == {"issues": 1, "pull_requests": 1, "comments": 1, "commits": 1}


def test_authors_without_an_account_are_told_apart_by_address_and_name(ann: Account) -> None:
    save(identity("svn@host", "Bob"), identity("svn@host", "Eve"), identity("ann@a.b", "Ann", account=ann))
    save(commit("svn@host", "Bob", at(1)), commit("svn@host", "Eve", at(2)))

    found = profiles()

    assert {key for key in found if key[0] == "git"} == {("git", "Bob <svn@host>"), ("git", "Eve <svn@host>")}
    assert found["git", "Eve <svn@host>"] == Profile(
        "git",
        "Eve <svn@host>",
        names=("Eve",),
        seen_emails=("svn@host",),
        first_seen_at=at(2),
        last_seen_at=at(2),
        counts={"commits": 1},
    )


def test_organisations_and_ghosts_are_nobody_and_a_bot_is_one(ann: Account) -> None:
    bot = account("ci", kind="bot")
    save(bot, *(account(kind, kind=kind) for kind in ("organization", "ghost")))
    found = profiles()
    assert {key: profile.is_bot for key, profile in found.items()} == {
        ("github", str(ann.pk)): False,
        ("github", str(bot.pk)): True,
    }


def test_a_mailmap_says_who_is_the_same_person(ann: Account) -> None:
    evidence = "https://github.com/boostorg/asio/blob/HEAD/.mailmap"
    save(identity("ann@a.b", "Ann", account=ann), identity("old@a.b", "A. Nother"))
    save(identity("also@a.b", "Ann", account=ann))

    def entry(email: str, name: str, to_email: str, to_name: str) -> MailmapEntry:
        canonical = {"canonical_email": to_email, "canonical_name": to_name}
        return MailmapEntry(repository_id=1, email=email, name=name, **canonical)

    save(
        entry("old@a.b", "A. Nother", "ann@a.b", "Ann"),
        entry("also@a.b", "Ann", "ann@a.b", "Ann"),  # GitHub knows that already
        entry("eve@old.b", "Eve", "eve@new.b", "Eve N."),
        entry("noreply@github.com", "GitHub", "ann@a.b", "Ann"),
    )

    assert same_people() == [
        SamePerson(("git", "A. Nother <old@a.b>"), ("github", str(ann.pk)), "mailmap", evidence),
        SamePerson(("git", "Eve <eve@old.b>"), ("git", "Eve N. <eve@new.b>"), "mailmap", evidence),
    ]
    since = quiet_mark()
    assert same_people(since=since) == []
    eve = account("eve")
    save(eve, identity("eve@new.b", "Eve N.", account=eve))
    assert same_people(since=since) == [
        SamePerson(("git", "Eve <eve@old.b>"), ("github", str(eve.pk)), "mailmap", evidence)
    ]
    since = quiet_mark()
    save(entry("x@y.z", "X", "ann@a.b", "Ann"))
    assert [each.a for each in same_people(since=since)] == [("git", "X <x@y.z>")]


def test_a_trailer_says_whose_account_a_co_author_has(ann: Account) -> None:
    there = commit("eve@a.b", "Eve", at(1))
    there.trailers = [("Signed-off-by", "Eve <eve@a.b>"), ("Co-Authored-By", "Ann <ann@a.b>")]
    eve = account("eve")
    save(eve, there, identity("ann@a.b", "Ann", account=ann, sha=there.sha))
    save(identity("eve@a.b", "Eve", account=eve, sha=there.sha), identity("x@y.z", "X", sha=there.sha))

    assert same_people() == [
        SamePerson(
            ("git", "Ann <ann@a.b>"),
            ("github", str(ann.pk)),
            "co-author",
            f"https://github.com/boostorg/asio/commit/{there.sha}",
        )
    ]
    assert same_people(since=quiet_mark()) == []


def test_profiles_take_as_many_statements_however_many_people_there_are(ann: Account) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            list(AccountProfiles().profiles())
        return len(asked)

    save(identity("ann@a.b", "Ann", account=ann), identity("x@y.z", "X"))
    few = statements()
    for number in range(20):
        somebody = account(f"user{number}")
        save(somebody, identity(f"{number}@a.b", "User", account=somebody))
        save(identity(f"{number}@y.z", "X"), issue(100 + number, somebody))
    assert statements() == few


def test_only_profiles_with_new_evidence_are_given_again(ann: Account) -> None:
    bob, eve = account("bob"), account("eve")
    save(bob, eve, identity("x@y.z", "X"))
    since = quiet_mark()
    assert profiles(since=since) == {}
    save(AccountLogin(account=bob, login="bobby"), identity("eve@y.z", "Eve", account=eve))
    assert set(profiles(since=since)) == {("github", str(bob.pk)), ("github", str(eve.pk))}
    Account.objects.filter(pk=ann.pk).update(changed_in=Change())
    CommitIdentity.objects.filter(name="X").update(changed_in=Change())
    assert {("github", str(ann.pk)), ("git", "X <x@y.z>")} < set(profiles(since=since))


def test_what_is_committed_late_is_told_to_those_who_followed_meanwhile(ann: Account) -> None:
    one, two = issue(1, ann), issue(2, ann)
    save(one, two)

    def write() -> None:
        Issue.objects.filter(pk=one.pk).update(title="late", thread_changed_in=Change())
        save(AccountLogin(account=ann, login="late"))

    since = quiet_mark()
    with committed_late(write):
        Issue.objects.filter(pk=two.pk).update(title="early", thread_changed_in=Change())
        after, told = mark(), documents(since=since)
        assert [each.title for each in told] == ["early"]
        assert profiles(since=since) == {}
    assert "late" in [each.title for each in documents(since=after)]
    assert "late" in profiles(since=after)["github", str(ann.pk)].logins


class Coverage(RepositoryCoverage):
    command = "run_boost_github_activity_tracker"
    collector = "run"

    def repositories(self) -> Any:
        return Repository.objects.filter(owner="boostorg")


def test_coverage_is_what_is_stored_beside_what_github_counts(ann: Account) -> None:
    counts = {"issues": 2, "pull_requests": 1, "releases": 0, "discussions": 1}
    Repository.objects.update(source_counts=counts)
    save(repository(github_id=2, name="Assert"), repository(github_id=3, owner="llvm"))
    save(
        issue(1, ann),
        pull_request(2, ann, updated_at=at(9)),
        discussion(3, ann),
        issue(4, ann, removed_at=T0),
    )

    asserted, asio = Coverage().scopes()

    assert (asio.scope, asio.stored, asio.at_source, asio.newest) == ("boostorg/asio", 3, 4, at(9))
    assert (asserted.scope, asserted.stored, asserted.at_source, asserted.newest) == (
        "boostorg/Assert",
        0,
        None,
        None,
    )
    assert (
        Coverage().repair_command(asio.scope).startswith("manage.py run_boost_github_activity_tracker --repo")
    )
