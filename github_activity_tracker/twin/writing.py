"""How things come to be on GitHub: opening, commenting, reviewing, releasing, and what that bumps."""

import hashlib
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core.twins import World
from github_activity_tracker.twin.hub import Hub, Repo, iso
from github_activity_tracker.twin.people import Node

PAUSE = timedelta(days=3)
"""The longest time between two things that happen to an item."""


class Pen:
    """Writes into one repository; every stroke takes a moment of the world's time and none passes `limit`."""

    def __init__(self, hub: Hub, repo: Repo, rng: Random, *, start: datetime, limit: datetime) -> None:
        self.hub = hub
        self.repo = repo
        self.rng = rng
        self.now = start.replace(microsecond=0)
        self.limit = limit

    @property
    def world(self) -> World:
        return self.hub.world

    def tick(self) -> str:
        """The next moment."""
        most = min(PAUSE, (self.limit - self.now) / 8)
        self.now += timedelta(seconds=int(self.rng.random() * most.total_seconds()) + 1)
        return iso(self.now)

    def text(self) -> str:
        """A few paragraphs in lines of any length, some of them code in a fence."""
        talk, rng = self.world.talk, self.rng
        paragraphs = [
            " ".join(talk.sentence(rng) for _ in range(rng.randint(1, 3)))
            for _ in range(rng.choice([1, 1, 2]))
        ]
        if rng.random() < 0.2:  # noqa: PLR2004 - a share
            paragraphs.append(f"```cpp\n{talk.code(rng)}\n```")
        return "\n\n".join(paragraphs)

    def author(self) -> Node:
        return self.hub.accounts.author(self.rng)

    def maintainer(self) -> Node:
        return self.rng.choice(self.hub.accounts.maintainers)

    def sha(self, *what: object) -> str:
        """The hash of a commit that is not in the repository: of a fork, or squashed away."""
        return hashlib.sha1(repr((self.repo.id, *what)).encode(), usedforsecurity=False).hexdigest()

    def written(self, typename: str, author: Node | None, at: str, **fields: Any) -> Node:
        """A new object with the fields that issues, comments and reviews have in common."""
        return self.hub.make(
            typename,
            self.repo,
            author=author,
            authorAssociation=self.hub.accounts.association(author),
            createdAt=at,
            updatedAt=at,
            publishedAt=at,
            lastEditedAt=None,
            editor=None,
            _reactions={},
            _reacted_at=at,
            **fields,
        )

    def item(
        self, typename: str, author: Node | None, at: str, *, number: int | None = None, **fields: Any
    ) -> Node:
        """An issue, pull request or discussion, in its repository."""
        node = self.written(
            typename,
            author,
            at,
            number=number or self.repo.take_number(),
            title=self.world.talk.subject(self.rng),
            body=self.text(),
            closed=False,
            closedAt=None,
            locked=False,
            activeLockReason=None,
            _labels=[],
            _comments=[],
            **fields,
        )
        self.repo.list_of(typename).append(node)
        self.repo.numbers[node["number"]] = node
        return node

    def issue(self, *, author: Node | None = None, number: int | None = None) -> Node:
        at = self.tick()
        return self.item(
            "Issue", author or self.author(), at, number=number,
            state="OPEN", stateReason=None, isPinned=False, milestone=None, _assignees=[], _events=[],
        )  # fmt: skip

    def pull_request(self, *, author: Node | None = None) -> Node:
        at, author = self.tick(), author or self.author()
        number = self.repo.take_number()
        rng = self.rng
        return self.item(
            "PullRequest", author, at, number=number,
            state="OPEN", milestone=None, _assignees=[], _events=[], _reviews=[], _threads=[], _requests=[],
            isDraft=rng.random() < 0.2, merged=False, mergedAt=None, mergedBy=None, mergeCommit=None,  # noqa: PLR2004 - a share
            baseRefName=self.repo.node["_default_branch"] or "develop", baseRefOid=self.sha("base", number),
            headRefName=f"fix/{rng.choice(self.world.libraries)}-{number}",
            headRefOid=self.sha("head", number, 0),
            _head_repository=f"{author['login']}/{self.repo.name}", _pushes=0, maintainerCanModify=True,
            additions=rng.randint(1, 400), deletions=rng.randint(0, 90), changedFiles=rng.randint(1, 9),
        )  # fmt: skip

    def discussion(self) -> Node:
        at = self.tick()
        return self.item(
            "Discussion", self.author(), at, category=self.rng.choice(self.repo.categories), stateReason=None,
            answer=None, answerChosenAt=None, answerChosenBy=None, upvoteCount=self.rng.randint(0, 9),
        )  # fmt: skip

    def comment(self, subject: Node, *, author: Node | None = None, reply_to: Node | None = None) -> Node:
        """A comment on an issue, pull request or discussion, or a reply below one of a discussion."""
        at = self.tick()
        shared = {"body": self.text(), "isMinimized": False, "minimizedReason": None, "_subject": subject}
        if subject["__typename"] == "Discussion":
            kind = "DiscussionComment"
            shared |= {
                "upvoteCount": self.rng.randint(0, 5),
                "replyTo": reply_to,
                "_replies": [],
            }
        else:
            kind = "IssueComment"
        node = self.written(kind, author or self.author(), at, **shared)
        (reply_to["_replies"] if reply_to else subject["_comments"]).append(node)
        return self.bumped(subject, at, node)

    def review(
        self, pull_request: Node, state: str, *, author: Node | None = None, body: str | None = None
    ) -> Node:
        """A review; PENDING ones have no date and are seen by their authors only."""
        at = self.tick()
        pending = state == "PENDING"
        node = self.written(
            "PullRequestReview", author or self.maintainer(), at,
            body=self.text() if body is None else body, state=state, submittedAt=None if pending else at,
            isMinimized=False, minimizedReason=None, commit=self.commit(pull_request["headRefOid"]),
            _subject=pull_request, _comments=[],
        )  # fmt: skip
        pull_request["_reviews"].append(node)
        return node if pending else self.bumped(pull_request, at, node)

    def thread(self, pull_request: Node, *, is_file: bool = False) -> Node:
        """An empty review thread; its first comment makes it one that GitHub would show."""
        rng = self.rng
        line = None if is_file else rng.randint(3, 200)
        start = None if line is None or rng.random() < 0.7 else line - 2  # noqa: PLR2004 - a share
        outdated = rng.random() < 0.3  # noqa: PLR2004 - a share
        side = rng.choice(["RIGHT", "RIGHT", "LEFT"])
        node = self.hub.make(
            "PullRequestReviewThread", self.repo, _subject=pull_request, _comments=[],
            path=f"include/boost/{rng.choice(self.world.libraries)}.hpp", diffSide=side,
            startDiffSide=side if start else None, line=None if outdated else line, originalLine=line,
            startLine=None if outdated else start, originalStartLine=start,
            subjectType="FILE" if is_file else "LINE",
            isResolved=False, isOutdated=outdated, resolvedBy=None,
        )  # fmt: skip
        pull_request["_threads"].append(node)
        return node

    def review_comment(self, thread: Node, review: Node, *, author: Node | None = None) -> Node:
        """The next comment of a thread, as part of a review."""
        at = self.tick()
        pull_request, line = thread["_subject"], thread["originalLine"] or 1
        first = thread["_comments"][0] if thread["_comments"] else None
        node = self.written(
            "PullRequestReviewComment", author or review["author"], at,
            body=self.text(), isMinimized=False, minimizedReason=None, state="SUBMITTED",
            path=thread["path"], line=thread["line"], startLine=thread["startLine"],
            originalLine=thread["originalLine"], originalStartLine=thread["originalStartLine"],
            position=None if thread["isOutdated"] else 4, originalPosition=4, outdated=thread["isOutdated"],
            subjectType=thread["subjectType"], replyTo=first, pullRequestReview=review,
            diffHunk=f"@@ -{line},4 +{line},6 @@ namespace boost {{\n context\n-  old();\n+  new();\n+```",
            commit=self.commit(pull_request["headRefOid"]),
            originalCommit=self.commit(pull_request["headRefOid"]),
            _subject=pull_request, _thread=thread,
        )  # fmt: skip
        thread["_comments"].append(node)
        review["_comments"].append(node)
        return self.bumped(pull_request, at, node)

    def event(self, typename: str, subject: Node, /, *, actor: Node | None = None, **fields: Any) -> Node:
        """Something in the timeline of an issue or pull request."""
        at = self.tick()
        node = self.hub.make(
            typename, self.repo, actor=actor or self.maintainer(), createdAt=at, _subject=subject, **fields
        )
        subject["_events"].append(node)
        return self.bumped(subject, at, node)

    def release(self, tag: str, *, draft: bool = False, author: Node | None = None) -> Node:
        at = self.tick()
        node = self.hub.make(
            "Release", self.repo, tagName=tag, name=f"Release {tag}", description=self.text(),
            author=author or self.maintainer(), isDraft=draft, isPrerelease="rc" in tag, createdAt=at,
            publishedAt=None if draft else at, updatedAt=at, _reactions={}, _reacted_at=at,
        )  # fmt: skip
        self.repo.releases.append(node)
        return node

    def edit(self, node: Node, **fields: Any) -> None:
        """Its author changes a body or title."""
        at = self.tick()
        node |= {"lastEditedAt": at, "editor": node["author"], **fields}
        node["updatedAt"] = at
        self.bumped(node.get("_subject"), at, node)

    def react(self, node: Node, content: str) -> None:
        """A reaction bumps nothing."""
        node["_reactions"][content] = node["_reactions"].get(content, 0) + 1

    def bumped(self, subject: Node | None, at: str, made: Node) -> Node:
        """Set the update of the item that something was made in; return what was made."""
        if subject is not None:
            subject["updatedAt"] = at
        return made

    def commit(self, sha: str) -> Node:
        """A commit that is mentioned; of those in the repository git knows more."""
        return {"__typename": "Commit", "oid": sha, "_repo": self.repo}
