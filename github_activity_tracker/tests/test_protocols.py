"""The app's result, state and activity records are what the core asks for."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.protocols import require_activity_record, require_incremental_state
from github_activity_tracker.parsing import leaves_of, parse
from github_activity_tracker.protocol_impl import (
    CommentActivity,
    CommitActivity,
    GithubState,
    IssueActivity,
    PullRequestActivity,
    ReleaseActivity,
    ReviewActivity,
)

EXAMPLES = Path(__file__).parent / "examples"
MOMENT = datetime(2024, 5, 1, 10, tzinfo=UTC)


def record(example: str, name: str) -> Any:
    node = json.loads((EXAMPLES / f"{example}.json").read_text())
    (leaf,) = [leaf for leaf in leaves_of(node, 100) if leaf.external_id == name]
    return parse(leaf.kind, leaf.payload)


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (
            CommitActivity("boostorg/asio", "a" * 40, MOMENT, "Fix it\n\nBecause.", "https://x", 11),
            ("commit", f"boostorg/asio@{'a' * 40}", "11", "Fix it"),
        ),
        (CommitActivity("b/a", "b", MOMENT, "", ""), ("commit", "b/a@b", None, "")),
        (IssueActivity(record("odd_issue", "I_1")), ("issue", "I_1", "10137", "#3 ")),
        (
            PullRequestActivity(record("odd_pull_request", "PR_1")),
            ("pull_request", "PR_1", "10137", "#7 Fix  it"),
        ),
        (CommentActivity(record("odd_pull_request", "IC_1")), ("comment", "IC_1", "10137", "spam")),
        (CommentActivity(record("odd_pull_request", "PRRC_1")), ("comment", "PRRC_1", "11", "why?")),
        (ReviewActivity(record("odd_pull_request", "PRR_1")), ("review", "PRR_1", "11", "PENDING")),
        (
            ReviewActivity(record("odd_pull_request", "PRR_2")),
            ("review", "PRR_2", "77", "CHANGES_REQUESTED: no"),
        ),
        (ReleaseActivity(record("odd_release", "RE_1")), ("release", "RE_1", None, "boost-1.86.0")),
    ],
)
def test_what_people_did_is_an_activity_record(activity: Any, expected: tuple[Any, ...]) -> None:
    told = require_activity_record(activity)

    assert (told.activity_type, told.external_id, told.actor_external_id, told.summary) == expected
    assert told.source_system == "github"


def test_a_review_counts_from_when_it_was_submitted_and_a_pending_one_from_when_it_was_begun() -> None:
    assert ReviewActivity(record("odd_pull_request", "PRR_2")).occurred_at.hour == 12
    assert ReviewActivity(record("odd_pull_request", "PRR_1")).occurred_at == MOMENT


def test_a_state_says_in_words_how_far_it_leads() -> None:
    state = require_incremental_state(
        GithubState.up_to(MOMENT, "boostorg/asio: issues", cursor="Y3Vyc29y", newest=None)
    )
    assert state.checkpoint_token == MOMENT.isoformat()
    assert state.extras == {"cursor": "Y3Vyc29y"}
    assert "boostorg/asio: issues updated until" in (state.human_readable_marker or "")
    assert GithubState().checkpoint_token is None
