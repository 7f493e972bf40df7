"""Rows as GitHub would have filled them, unsaved; what a test is about is given by keyword."""

import datetime as dt
from itertools import count
from typing import Any

from github_activity_tracker.models import (
    Account,
    Comment,
    Discussion,
    Issue,
    Release,
    Repository,
    Review,
    ReviewComment,
    ReviewThread,
    TimelineEvent,
)

T0 = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
URL = "https://github.com/boostorg/asio"
_numbers = count(1)


def at(minutes: float) -> dt.datetime:
    return T0 + dt.timedelta(minutes=minutes)


def ids(kind: str) -> dict[str, Any]:
    number = next(_numbers)
    return {"node_id": f"{kind}_{number:06}", "github_id": number}


def account(login: str, **given: Any) -> Account:
    values = {"github_id": next(_numbers), "login": login, "kind": "user", "name": login.title()}
    return Account(**values | given)


def repository(**given: Any) -> Repository:
    values = ids("R") | {"owner": "boostorg", "name": "asio", "created_at": T0, "updated_at": T0}
    return Repository(**values | given)


def issue(number: int, author: Account, **given: Any) -> Issue:
    values = ids("I") | {
        "repository_id": 1,
        "kind": "issue",
        "number": number,
        "title": f"Title {number}",
        "body": f"Body {number}",
        "author_id": author.pk,
        "author_association": "NONE",
        "state": "open",
        "is_locked": False,
        "url": f"{URL}/issues/{number}",
        "created_at": T0,
        "updated_at": T0,
        "thread_changed_in": 1,
    }
    return Issue(**values | given)


def pull_request(number: int, author: Account, **given: Any) -> Issue:
    values = {"kind": "pull_request", "is_draft": False, "base_ref": "develop", "head_ref": "fix"}
    return issue(number, author, **values | {"url": f"{URL}/pull/{number}"} | given)


def _written(
    kind: str, subject: Issue | Discussion, author: Account, given: dict[str, Any]
) -> dict[str, Any]:
    values = ids(kind) | {
        "repository_id": subject.repository_id,  # pyright: ignore[reportAttributeAccessIssue] - of the foreign key
        "subject_id": subject.pk,
        "author_id": author.pk,
        "author_association": "NONE",
        "url": "",
        "created_at": T0,
        "updated_at": T0,
    }
    return values | given


def comment(subject: Issue | Discussion, author: Account, body: str, **given: Any) -> Comment:
    return Comment(**_written("IC", subject, author, given), body=body)


def review(subject: Issue, author: Account, state: str, body: str = "", **given: Any) -> Review:
    return Review(**{"submitted_at": T0} | _written("PRR", subject, author, given), state=state, body=body)


def talk(subject: Issue, **given: Any) -> ReviewThread:
    values = {
        "node_id": ids("PRRT")["node_id"],
        "repository_id": subject.repository_id,  # pyright: ignore[reportAttributeAccessIssue] - of the foreign key
        "subject_id": subject.pk,
        "path": "include/asio.hpp",
        "side": "RIGHT",
        "subject_type": "LINE",
        "is_resolved": False,
        "is_outdated": False,
    }
    return ReviewThread(**values | given)


def remark(subject: Issue, thread: ReviewThread, author: Account, body: str, **given: Any) -> ReviewComment:
    values = {"thread_id": thread.pk, "path": thread.path, "diff_hunk": ""}
    return ReviewComment(**values | _written("PRRC", subject, author, given), body=body)


def event(subject: Issue, kind: str, actor: Account | None, **given: Any) -> TimelineEvent:
    values = {
        "node_id": ids("EV")["node_id"],
        "repository_id": subject.repository_id,  # pyright: ignore[reportAttributeAccessIssue] - of the foreign key
        "subject_id": subject.pk,
        "actor_id": actor and actor.pk,
        "created_at": T0,
    }
    return TimelineEvent(**values | given, kind=kind)


def discussion(number: int, author: Account, **given: Any) -> Discussion:
    values = ids("D") | {
        "repository_id": 1,
        "number": number,
        "title": f"Discussion {number}",
        "body": f"Body {number}",
        "category": "Q&A",
        "author_id": author.pk,
        "author_association": "NONE",
        "is_closed": False,
        "is_locked": False,
        "url": f"{URL}/discussions/{number}",
        "created_at": T0,
        "updated_at": T0,
        "thread_changed_in": 1,
    }
    return Discussion(**values | given)


def release(tag: str, author: Account | None, **given: Any) -> Release:
    values = ids("RE") | {
        "repository_id": 1,
        "tag_name": tag,
        "name": "",
        "description": "Notes",
        "author_id": author and author.pk,
        "is_draft": False,
        "is_prerelease": False,
        "url": f"{URL}/releases/{tag}",
        "created_at": T0,
        "updated_at": T0,
    }
    return Release(**values | given)


def save(*rows: Any) -> None:
    for row in rows:
        row.save(force_insert=True)
