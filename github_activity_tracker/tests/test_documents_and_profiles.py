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
from core.registry import Document, GoneDocument, Profile
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
METADATA = {
    "doc_id",
    "url",
    "source_ids",
    "type",
    "number",
    "title",
    "author",
    "state",
    "state_reason",
    "created_at",
    "updated_at",
    "closed_at",
    "repo_name",
}
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
    found = list(AccountProfiles().profiles(**options))
    by_key = {(profile.source, profile.external_id): profile for profile in found}
    assert len(by_key) == len(found)
    return by_key


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
    assert document.metadata == {
        "doc_id": document.doc_id,
        "url": f"{URL}/issues/7",
        "source_ids": ["boostorg/asio:issue:7"],
        "type": "issue",
        "number": 7,
        "title": "Crash",
        "author": "ann",
        "state": "closed",
        "state_reason": "",
        "created_at": SECONDS,
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
    assert found["release"].metadata["created_at"] == SECONDS + 60
    assert found["release"].metadata["author"] == "ann"


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
    entry = {"canonical_email": "ann@new.b", "canonical_name": "Ann N."}
    save(MailmapEntry(repository_id=1, email="old@a.b", name="A. Nother", **entry))
    save(
        issue(1, ann),
        commit("ann@a.b", "Ann", at(5)),
        commit("ann@a.b", "Ann", dt.datetime(2100, 1, 1, tzinfo=dt.UTC)),
    )

    profile = profiles()["github", str(ann.pk)]

    assert profile.names == ("Ann", "A. Nother", "GitHub", "Ann N.", "ann", "annie")
    assert profile.emails == ("ann@a.b", "old@a.b", "ann@new.b")
    assert profile.last_seen_at == at(5)


def test_authors_without_an_account_are_told_apart_by_address_and_name(ann: Account) -> None:
    save(identity("svn@host", "Bob"), identity("svn@host", "Eve"), identity("ann@a.b", "Ann", account=ann))
    save(commit("svn@host", "Bob", at(1)), commit("svn@host", "Eve", at(2)))

    found = profiles()

    assert {key for key in found if key[0] == "git"} == {("git", "Bob <svn@host>"), ("git", "Eve <svn@host>")}
    assert found["git", "Eve <svn@host>"] == Profile("git", "Eve <svn@host>", ("Eve",), ("svn@host",), at(2))


def test_bots_organisations_and_ghosts_are_nobody(ann: Account) -> None:
    save(*(account(kind, kind=kind) for kind in ("bot", "organization", "ghost")))
    assert set(profiles()) == {("github", str(ann.pk))}


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
        assert [each.metadata["title"] for each in told] == ["early"]
        assert profiles(since=since) == {}
    assert "late" in [each.metadata["title"] for each in documents(since=after)]
    assert "late" in profiles(since=after)["github", str(ann.pk)].names


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
