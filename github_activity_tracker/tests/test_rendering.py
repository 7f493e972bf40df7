"""How issues and pull requests look as Markdown: to a reader, and to a parser."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from markdown_it import MarkdownIt

from github_activity_tracker.export import path_of, render_issue
from github_activity_tracker.models import Issue
from github_activity_tracker.tests.rows import (
    account,
    at,
    comment,
    event,
    issue,
    pull_request,
    remark,
    repository,
    review,
    talk,
)
from github_activity_tracker.threads import Talk, Thread

ANN, BOB = account("ann"), account("bob")
GHOST = account("ghost", github_id=10137, kind="ghost")
BOT = account("dependabot", kind="bot")
ASIO = repository()


def thread(subject: Issue, **below: Any) -> Thread[Issue]:
    subject.repository = ASIO
    empty = {"comments": [], "reviews": [], "talks": [], "events": []}
    people = {each.pk: each for each in (ANN, BOB, GHOST, BOT)}
    return Thread(subject=subject, people=people, **empty | below)


def outline(markdown: str) -> list[str]:
    """The headings of a document, as a parser sees them."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [
        f"{opened.tag} {text.content}"
        for opened, text in pairwise(tokens)
        if opened.type == "heading_open" and not opened.level
    ]


def test_an_issue_is_told_from_its_state_to_its_last_word() -> None:
    subject = issue(
        7,
        ANN,
        title="Crash in vector<T>",
        body="It crashes.",
        author_association="MEMBER",
        state="closed",
        state_reason="NOT_PLANNED",
        labels=["bug", "help wanted"],
        assignees=[BOB.pk],
        milestone="1.90",
        reactions={"THUMBS_UP": 2, "HEART": 0},
        is_locked=True,
        lock_reason="TOO_HEATED",
        closed_at=at(60),
        updated_at=at(61),
    )
    later = comment(subject, GHOST, "So be it.", created_at=at(30), last_edited_at=at(31))
    first = comment(subject, BOB, "Does it?", created_at=at(10), url="https://github.com/x#1")
    closed = event(subject, "ClosedEvent", BOB, created_at=at(60), details={"state_reason": "NOT_PLANNED"})

    assert render_issue(thread(subject, comments=[later, first], events=[closed])) == (
        """\
# #7 - Crash in vector\\<T>

- **State:** Closed (not planned)
- **Repository:** boostorg/asio
- **Author:** ann (member)
- **Created:** 2024-01-02 03:04:05 UTC
- **Updated:** 2024-01-02 04:05:05 UTC
- **Closed:** 2024-01-02 04:04:05 UTC
- **Labels:** `bug`, `help wanted`
- **Milestone:** 1.90
- **Assignees:** bob
- **Locked:** yes (too heated)
- **Reactions:** 👍 2
- **Link:** <https://github.com/boostorg/asio/issues/7>

## Description

It crashes.

## Conversation

### bob commented on [2024-01-02 03:14:05 UTC](https://github.com/x#1)

Does it?

### ghost commented on 2024-01-02 03:34:05 UTC (edited)

So be it.

## History

- 2024-01-02 04:04:05 UTC: bob closed this as not planned
"""
    )


def test_a_pull_request_shows_reviews_and_what_was_said_about_which_lines() -> None:
    subject = pull_request(
        8,
        BOT,
        state="merged",
        merged_at=at(90),
        merged_by_id=ANN.pk,
        merge_commit="a" * 40,
        head_repository="bob/asio",
        additions=3,
        deletions=1,
        changed_files=1,
        requested_reviewers=["ann", "core-team"],
    )
    first = review(subject, ANN, "CHANGES_REQUESTED", "Nearly.", created_at=at(1), submitted_at=at(9))
    alone = review(subject, BOB, "COMMENTED", created_at=at(20), submitted_at=at(20))
    approval = review(subject, ANN, "APPROVED", created_at=at(30), submitted_at=at(30))
    lines = talk(subject, start_line=3, line=7, is_resolved=True, resolved_by_id=BOB.pk)
    said = [
        remark(
            subject,
            lines,
            ANN,
            "Rather:\n\n```suggestion\nint j;\n```",
            created_at=at(2),
            review_id=first.pk,
            diff_hunk="@@ -1 +1 @@\n-int i;\n+// ```\n",
        ),
        remark(subject, lines, BOB, "Done.", created_at=at(20), review_id=alone.pk),
    ]

    text = render_issue(thread(subject, reviews=[first, alone, approval], talks=[Talk(lines, said)]))

    _, _, shown = text.partition("## Description\n\nBody 8\n\n")
    assert shown == (
        """\
## Conversation

### ann requested changes on 2024-01-02 03:13:05 UTC

Nearly.

### Thread on `include/asio.hpp`, lines 3-7 (resolved by bob)

````diff
@@ -1 +1 @@
-int i;
+// ```
````

#### ann on 2024-01-02 03:06:05 UTC

Rather:

```suggestion
int j;
```

#### bob on 2024-01-02 03:24:05 UTC

Done.

### ann approved these changes on 2024-01-02 03:34:05 UTC
"""
    )
    assert "- **State:** Merged\n" in text
    assert "- **Author:** dependabot (bot)\n" in text
    assert f"- **Merged:** 2024-01-02 04:34:05 UTC by ann as `{'a' * 40}`\n" in text
    assert "- **Branches:** bob/asio `fix` → `develop`\n" in text
    assert "- **Changes:** 1 file, +3 -1\n" in text
    assert "- **Requested reviewers:** ann, core-team\n" in text


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"state": "open", "is_draft": True}, "Draft"),
        ({"state": "open", "is_draft": False}, "Open"),
        ({"state": "closed", "is_draft": True}, "Closed"),
        ({"state": "merged", "is_draft": False}, "Merged"),
    ],
)
def test_a_draft_is_one_while_it_is_open(given: dict[str, Any], state: str) -> None:
    assert f"- **State:** {state}\n" in render_issue(thread(pull_request(1, ANN, **given)))


def test_what_people_write_does_not_take_the_document_apart() -> None:
    subject = issue(1, ANN, title="`x` #", body="# Mine\n```\n# code", state="open")
    rude = comment(subject, BOB, "<details>\n\nUnder\n=====\n<!-- unclosed", created_at=at(1))
    last = comment(subject, BOB, "last", created_at=at(2))
    renamed = event(
        subject, "RenamedTitleEvent", None, details={"previous_title": "*a*\n# b", "current_title": "c"}
    )

    text = render_issue(thread(subject, comments=[rude, last], events=[renamed]))

    assert outline(text) == [
        "h1 #1 - `x` \\#",
        "h2 Description",
        "h3 Mine",
        "h2 Conversation",
        "h3 bob commented on 2024-01-02 03:05:05 UTC",
        "h4 Under",
        "h3 bob commented on 2024-01-02 03:06:05 UTC",
        "h2 History",
    ]
    assert "\n\\<details>\n" in text
    assert text.endswith("UTC: somebody changed the title from “\\*a\\* # b” to “c”\n")


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"line": 5}, "`a.hpp`, line 5"),
        ({"line": 5, "start_line": 5}, "`a.hpp`, line 5"),
        ({"line": 5, "start_line": 2, "side": "LEFT"}, "`a.hpp`, lines 2-5 before the change"),
        (
            {"original_line": 9, "original_start_line": 8, "is_outdated": True},
            "`a.hpp`, lines 8-9 (outdated)",
        ),
        ({"subject_type": "FILE"}, "`a.hpp` (the whole file)"),
        ({"is_resolved": True}, "`a.hpp` (resolved)"),
        ({"line": 1, "path": "a`b\n.hpp"}, "``a`b .hpp``, line 1"),
    ],
)
def test_a_review_thread_says_where_it_is(given: dict[str, Any], place: str) -> None:
    subject = pull_request(1, ANN)
    where = talk(subject, **{"path": "a.hpp"} | given)
    said = [remark(subject, where, ANN, "x", original_line=3)]
    assert f"### Thread on {place}\n" in render_issue(thread(subject, talks=[Talk(where, said)]))


def test_a_comment_on_a_diff_whose_thread_is_unknown_stands_where_it_says_itself() -> None:
    subject = pull_request(1, ANN)
    said = [remark(subject, talk(subject, path="a.hpp"), ANN, "x", original_line=3)]
    assert "### Thread on `a.hpp`, line 3\n" in render_issue(thread(subject, talks=[Talk(None, said)]))


def test_of_a_long_hunk_the_end_is_shown() -> None:
    subject = pull_request(1, ANN)
    where = talk(subject)
    hunk = "\n".join(["@@ -0,0 +1,100 @@", *(f"+line {n}" for n in range(1, 101))])
    text = render_issue(
        thread(subject, talks=[Talk(where, [remark(subject, where, ANN, "x", diff_hunk=hunk)])])
    )
    assert "```diff\n@@ -0,0 +1,100 @@\n... 60 lines ...\n+line 61\n" in text
    assert "+line 100\n```" in text


def test_a_hidden_comment_says_why_it_is() -> None:
    subject = issue(1, ANN)
    hidden = comment(subject, BOB, "x", minimized_reason="off-topic")
    assert "UTC (hidden as off-topic)\n\nx\n" in render_issue(thread(subject, comments=[hidden]))


@pytest.mark.parametrize(
    ("kind", "details", "told"),
    [
        ("ClosedEvent", {"closer": "0123456789abcdef"}, "closed this by `0123456789`"),
        ("ClosedEvent", {"closer": "boostorg/asio#9"}, "closed this by boostorg/asio#9"),
        ("CrossReferencedEvent", {"source": "boostorg/mp11#3"}, "mentioned this in boostorg/mp11#3"),
        (
            "CrossReferencedEvent",
            {"source": "a/b#3", "will_close_target": True},
            "mentioned this in a/b#3, which closes it",
        ),
        ("CrossReferencedEvent", {}, "mentioned this in something private"),
        (
            "HeadRefForcePushedEvent",
            {"before_commit": "a" * 40, "ref": "fix"},
            "force-pushed `fix` from `aaaaaaaaaa` to a commit that is gone",
        ),
        ("TransferredEvent", {"from_repository": "a/b"}, "moved this here from a/b"),
        (
            "MergedEvent",
            {"commit": "b" * 40, "merge_ref_name": "develop"},
            "merged this as `bbbbbbbbbb` into `develop`",
        ),
        ("ReadyForReviewEvent", {}, "marked this as ready for review"),
        ("ReopenedEvent", {"state_reason": "REOPENED"}, "reopened this"),
        ("LockedEvent", {"lock_reason": "SPAM"}, "locked the conversation as spam"),
        ("MarkedAsDuplicateEvent", {"canonical": "a/b#1"}, "marked this as a duplicate of a/b#1"),
        (
            "BaseRefChangedEvent",
            {"previous_ref_name": "a", "current_ref_name": "b"},
            "changed the base from `a` to `b`",
        ),
        ("ReviewDismissedEvent", {"dismissal_message": "old\n# x"}, "dismissed a review: old # x"),
    ],
)
def test_history_is_told_in_words(kind: str, details: dict[str, Any], told: str) -> None:
    subject = pull_request(1, ANN)
    text = render_issue(thread(subject, events=[event(subject, kind, ANN, details=details)]))
    assert text.endswith(f"## History\n\n- 2024-01-02 03:04:05 UTC: ann {told}\n")


def test_what_the_header_shows_is_not_told_again() -> None:
    subject = issue(1, ANN)
    labelled = event(subject, "LabeledEvent", ANN, details={"label": "bug"})
    assert "## History" not in render_issue(thread(subject, events=[labelled]))


def test_the_same_rows_give_the_same_bytes_in_whatever_order_they_come() -> None:
    subject = pull_request(1, ANN, reactions={"HEART": 1, "EYES": 2})
    comments = [comment(subject, BOB, f"{n}") for n in range(5)]
    one = render_issue(thread(subject, comments=comments))
    subject.reactions = {"EYES": 2, "HEART": 1}
    assert render_issue(thread(subject, comments=comments[::-1])) == one


def test_an_account_that_is_not_stored_is_called_by_its_id() -> None:
    assert "- **Author:** account 999999999\n" in render_issue(
        thread(issue(1, account("nobody", github_id=999999999)))
    )


NIGHT = dt.datetime(2024, 1, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))


@pytest.mark.parametrize(
    ("subject", "prefix", "path"),
    [
        (issue(7, ANN, title="A title"), "boost.asio", "boost.asio/issues/2024/2024-01/#7 - A title.md"),
        (pull_request(7, ANN, title="A"), "", "pull_requests/2024/2024-01/#7 - A.md"),
        (issue(7, ANN, title="a/../b: <c>"), "boost", "boost/issues/2024/2024-01/#7 - a_.._b_ _c_.md"),
        (issue(7, ANN, title="..."), "", "issues/2024/2024-01/#7.md"),
        (issue(7, ANN, title="x", created_at=NIGHT), "", "issues/2023/2023-12/#7 - x.md"),
    ],
)
def test_a_file_is_where_its_number_date_and_title_say(subject: Issue, prefix: str, path: str) -> None:
    assert path_of(subject, prefix) == path


def test_the_longest_title_still_makes_a_name() -> None:
    name = path_of(issue(123456, ANN, title="é" * 256), "").rpartition("/")[2]
    assert len(name.encode()) < 200
    assert name.endswith("é.md")


def test_a_prefix_stays_inside_the_folder() -> None:
    assert path_of(issue(1, ANN), "../x").startswith("_x-")
