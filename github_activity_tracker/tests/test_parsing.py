"""Payloads with everything odd that GitHub answers become the records that they should."""

import json
from typing import Any

import pytest

from core.errors import InvalidInput
from github_activity_tracker.parsing.leaves import leaves_of
from github_activity_tracker.parsing.repositories import newest_of
from github_activity_tracker.protocol_impl.records import GHOST_ID, GHOST_LOGIN, AccountRecord
from github_activity_tracker.sync.kinds import ISSUE, REPOSITORY, REVIEW_COMMENT
from github_activity_tracker.tests.leaves import EXAMPLES, example, leaves, records


def test_a_pull_request_of_a_deleted_account_from_a_deleted_fork() -> None:
    found = records("odd_pull_request")["PR_1"]

    assert (found.author_id, found.merged_by_id, found.head_repository) == (GHOST_ID, 49699333, None)
    assert (found.title, found.body) == ("Fix  it", "body with a NUL  and a lone surrogate \\ud800")
    assert (found.kind, found.state, found.github_id) == ("pull_request", "merged", 2**63 - 1)
    assert (found.is_locked, found.lock_reason, found.milestone) == (True, "TOO_HEATED", "1.86")
    assert (found.labels, found.assignees) == (("bug", "ci"), (11,))
    assert found.requested_reviewers == ("maintainers", "ann", "old-user")
    assert found.reactions == {"HEART": 2, "EYES": 1}


def test_comments_that_are_hidden_or_of_deleted_and_enterprise_accounts() -> None:
    found = records("odd_pull_request")

    assert (found["IC_1"].author_id, found["IC_1"].minimized_reason) == (GHOST_ID, "off-topic")
    assert (found["IC_1"].github_id, found["IC_1"].subject_id) == (2**31, "PR_1")
    assert (found["IC_2"].author_id, found["IC_2"].reactions, found["IC_2"].body) == (11, {}, "")
    assert (found["IC_2"].upvotes, found["IC_2"].reply_to_id) == (None, None)


def test_a_pending_review_has_no_date() -> None:
    found = records("odd_pull_request")

    assert (found["PRR_1"].state, found["PRR_1"].submitted_at) == ("PENDING", None)
    assert (found["PRR_2"].author_id, found["PRR_2"].commit_sha) == (77, "e" * 40)


def test_an_outdated_thread_and_its_replies() -> None:
    found = records("odd_pull_request")
    thread, first, reply = found["PRRT_1"], found["PRRC_1"], found["PRRC_2"]

    assert (thread.line, thread.original_line, thread.side, thread.start_side) == (None, 12, "RIGHT", "")
    assert (thread.is_resolved, thread.resolved_by_id) == (True, None)
    assert (first.thread_id, first.review_id, first.reply_to_id) == ("PRRT_1", "PRR_2", None)
    assert (reply.reply_to_id, reply.author_id, reply.commit_sha) == ("PRRC_1", GHOST_ID, None)
    assert reply.original_commit_sha == "c" * 40


def test_what_events_tell_needs_no_knowledge_of_graphql() -> None:
    found = records("odd_pull_request") | records("odd_issue")

    assert found["LE_1"].actor_id is None
    assert {name: record.details for name, record in found.items() if hasattr(record, "details")} == {
        "RRE_1": {"requested_reviewer": "maintainers"},
        "LE_1": {"label": "bug"},
        "HRFPE_1": {"after_commit": "d" * 40, "ref": "fix/ü"},
        "CRE_1": {"is_cross_repository": True, "will_close_target": False, "source": "boostorg/beast#9"},
        "CE_1": {"closer": "a" * 40},
        "RTE_1": {"previous_title": "Fix", "current_title": "Fix it"},
        "AE_1": {"assignee": "old-user"},
        "MADE_1": {"canonical": "boostorg/asio#1", "is_cross_repository": False},
        "TE_1": {},
    }


def test_an_issue_without_texts_and_labels() -> None:
    found = records("odd_issue")["I_1"]

    assert (found.title, found.body, found.labels, found.author_id) == ("", "", (), GHOST_ID)
    assert (found.state, found.state_reason, found.is_draft) == ("closed", "DUPLICATE", None)


def test_a_discussion_with_its_answer_and_replies() -> None:
    found = records("odd_discussion")

    assert (found["D_1"].answer_id, found["D_1"].category, found["D_1"].upvotes) == ("DC_1", "Q&A", 3)
    assert (found["DC_1"].is_answer, found["DC_1"].reply_to_id, found["DC_1"].upvotes) == (True, None, 1)
    assert (found["DC_2"].is_answer, found["DC_2"].reply_to_id) == (False, "DC_1")


def test_a_draft_release_and_an_empty_repository() -> None:
    release, repository = records("odd_release")["RE_1"], records("odd_repository")["R_1"]

    assert (release.name, release.author_id, release.published_at) == ("", None, None)
    assert release.reactions == {"ROCKET": 4}
    assert (repository.full_name, repository.topics, repository.languages) == (
        "boostorg/asio",
        ("cpp",),
        {"C++": 123},
    )
    assert (repository.default_branch, repository.pushed_at, repository.fork_of) == ("", None, "")


def test_a_probe_tells_what_is_newest_and_is_not_archived() -> None:
    node = example("odd_repository")

    newest = newest_of(node)
    assert (newest["issues"].total, newest["issues"].node_id) == (1, "I_1")
    assert (newest["discussions"].total, newest["discussions"].node_id) == (0, None)
    archived = json.loads(REPOSITORY.body_of(node))
    assert not {"issues", "pullRequests", "discussions", "releases"} & archived.keys()


def test_each_account_is_a_leaf_of_its_own_and_its_name_stands_nowhere_else() -> None:
    found = leaves(example("odd_pull_request"))

    accounts = [kind.parse(payload) for kind, payload in found if kind.name == "account"]
    assert accounts == [
        AccountRecord(11, "user", "ann", "Ann Ångström"),
        AccountRecord(77, "mannequin", "old-user", ""),
        AccountRecord(GHOST_ID, "ghost", GHOST_LOGIN, ""),
        AccountRecord(49699333, "bot", "dependabot", ""),
    ]
    others = [kind.body_of(payload).decode() for kind, payload in found if kind.name != "account"]
    assert "Ångström" not in "".join(others)


def test_a_release_without_an_author_is_a_bots_and_not_the_ghosts() -> None:
    assert leaves_of(example("odd_release"))["account"] == []


def test_what_is_archived_has_no_cursors_and_no_reactions_of_nobody() -> None:
    for name in ("odd_pull_request", "odd_discussion", "odd_repository"):
        archived = "".join(kind.body_of(payload).decode() for kind, payload in leaves(example(name)))
        assert "pageInfo" not in archived
        assert "THUMBS_UP" not in archived


@pytest.mark.parametrize("name", [path.stem for path in sorted(EXAMPLES.glob("*.json"))])
def test_a_leaf_from_the_archive_parses_as_it_did(name: str) -> None:
    for kind, payload in leaves(example(name)):
        body = kind.body_of(payload)
        assert kind.reread(kind.name_of(payload), body) == kind.parse(payload)
        assert kind.body_of(kind.read(body)) == body


def test_what_is_archived_is_the_same_whether_its_item_came_in_a_list_or_by_id() -> None:
    listed = example("odd_issue")
    by_id = listed | {"repository": {"databaseId": 100}}

    bodies = [[kind.body_of(payload) for kind, payload in leaves(node)] for node in (by_id, listed)]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("createdAt", "yesterday", "createdAt: not an ISO 8601 time but 'yesterday'"),
        ("createdAt", "2024-05-01T10:00:00", "createdAt: not a time with its UTC offset"),
        ("createdAt", 0, "createdAt: not a text but 0"),
        ("createdAt", "0001-01-01T00:00:00+23:00", "createdAt: not an ISO 8601 time"),
        ("fullDatabaseId", "12a", "fullDatabaseId: not a number"),
        ("fullDatabaseId", str(2**63), "fullDatabaseId: not a number"),
        ("fullDatabaseId", True, "fullDatabaseId: not a number"),
        ("number", -1, "number: not a number from 1"),
        ("state", "HIDDEN", "state: not CLOSED or OPEN but 'HIDDEN'"),
        ("author", "ann", "author: not an object but 'ann'"),
        (
            "author",
            {"__typename": "User", "login": "ann", "databaseId": None},
            "author.databaseId: not a number",
        ),
        ("labels", {"nodes": [{"name": None}]}, r"labels.nodes\[0\].name: not a text but None"),
    ],
)
def test_a_wrong_field_is_named_with_its_item(field: str, value: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        ISSUE.parse(example("odd_issue") | {field: value})

    assert "issues/3" in str(caught.value.item)


def test_a_missing_field_is_named() -> None:
    payload: dict[str, Any] = example("odd_issue")
    del payload["title"]

    with pytest.raises(InvalidInput, match="title: missing"):
        ISSUE.parse(payload)


def test_a_child_without_an_id_is_named_by_what_it_is_and_knows_its_thread() -> None:
    node = example("odd_pull_request")
    del node["reviewThreads"]["nodes"][1]["comments"]["nodes"][1]["id"]

    (payload,) = [each for each in leaves_of(node)["review_comment"] if "id" not in each]

    assert REVIEW_COMMENT.name_of(payload) == REVIEW_COMMENT.name_of(dict(payload))
    assert json.loads(REVIEW_COMMENT.evidence(payload))["_subject"] == "PR_1"
    with pytest.raises(InvalidInput, match="id: missing"):
        REVIEW_COMMENT.parse(payload)
