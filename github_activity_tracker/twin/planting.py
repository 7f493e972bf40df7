"""The world's repositories as they are in the beginning: all follows from the seed and what was asked."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from github_activity_tracker.twin import deeds, ids, oddities
from github_activity_tracker.twin.git import TwinRepository
from github_activity_tracker.twin.hub import Hub, Repo, RepositorySpec, iso
from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.writing import Pen

BEGINNING = datetime(2019, 3, 1, tzinfo=UTC)
CALM = timedelta(days=2)
"""Nothing happens in the last days of the world's past, so that what comes next is new."""
LABELS = ("bug", "enhancement", "good first issue", "naïve approach", "C++20", "wontfix")
LANGUAGES = {"C++": "#f34b7d", "CMake": "#DA3434", "Python": "#3572A5", "Shell": "#89e051"}
CATEGORIES = (("Q&A", True), ("Ideas", False))
_CONTENTS = ("THUMBS_UP", "THUMBS_DOWN", "LAUGH", "HOORAY", "CONFUSED", "HEART", "ROCKET", "EYES")


def plant(hub: Hub, spec: RepositorySpec, git: TwinRepository | None = None) -> Repo:
    """A repository with its issues, pull requests, discussions and releases; its commits are in `git`."""
    rng = hub.world.rng("github repository", spec.owner, spec.name)
    repo = _repository(hub, spec, rng, git)
    _furnish(hub, repo)
    kinds = [
        *["Issue"] * spec.issues,
        *["PullRequest"] * spec.pull_requests,
        *["Discussion"] * spec.discussions,
    ]
    kinds += ["Release"] * spec.releases
    rng.shuffle(kinds)
    end = hub.world.until - CALM
    starts = sorted(BEGINNING + (end - BEGINNING) * rng.random() for _ in kinds)
    for nth, (kind, start) in enumerate(zip(kinds, starts, strict=True)):
        _PLANTED[kind](Pen(hub, repo, rng, start=start, limit=end), spec, nth)
    if spec.odd:
        oddities.plant(hub, repo, end)
    return repo


def _repository(hub: Hub, spec: RepositorySpec, rng: Random, git: TwinRepository | None) -> Repo:
    owner = hub.accounts.owner(spec.owner)
    hub.register(owner)
    number = hub.numbers.next("Repository")
    created = BEGINNING - timedelta(days=rng.randint(30, 3000))
    languages = {name: rng.randint(1_000, 900_000) for name in rng.sample(list(LANGUAGES), 3)}
    node: Node = {
        "__typename": "Repository",
        "id": ids.node_id("Repository", number),
        "_legacy": ids.legacy_id("Repository", number),
        "_number": number,
        "databaseId": number,
        "name": spec.name,
        "description": rng.choice([None, hub.world.talk.sentence(rng)]),
        "homepageUrl": rng.choice([None, "", f"https://www.boost.org/libs/{spec.name}"]),
        "_topics": rng.sample(["cpp", "boost", "header-only", "networking", "cpp17"], rng.randint(0, 3)),
        "_languages": {} if spec.is_empty else languages,
        "_license": rng.choice([None, "BSL-1.0"]),
        "stargazerCount": rng.randint(0, 6_000),
        "forkCount": rng.randint(0, 900),
        "_watchers": rng.randint(1, 300),
        "isArchived": False,
        "isDisabled": False,
        "isFork": False,
        "isPrivate": spec.private,
        "visibility": "PRIVATE" if spec.private else "PUBLIC",
        "isEmpty": spec.is_empty,
        "parent": None,
        "_default_branch": git.default_branch if git and not spec.is_empty else "",
        "hasDiscussionsEnabled": bool(spec.discussions),
        "createdAt": iso(created),
        "updatedAt": iso(hub.world.until - CALM),
        "pushedAt": iso(git.pushed_at if git and not spec.is_empty else created),
    }
    repo = Repo(node, owner, is_private=spec.private, is_blocked=spec.blocked, git=git)
    node |= {"_repo": repo, "owner": owner}
    hub.add(repo)
    return repo


def _furnish(hub: Hub, repo: Repo) -> None:
    """Labels, milestones and categories."""
    at = repo.node["createdAt"]
    times: dict[str, Any] = {"createdAt": at, "updatedAt": at}
    for name in LABELS:
        color = f"{sum(name.encode()) * 4_099 % 2**24:06x}"
        repo.labels.append(
            hub.make("Label", repo, name=name, color=color, description="", isDefault=name == "bug", **times)
        )
    for number, title in enumerate(("Boost 1.90", "Boost 1.91"), 1):
        repo.milestones.append(
            hub.make(
                "Milestone", repo, number=number, title=title, description=None, state="OPEN", closed=False,
                closedAt=None, dueOn=None, creator=hub.accounts.maintainers[0], **times,
            )
        )  # fmt: skip
    for name, answerable in CATEGORIES:
        slug = name.lower().replace("&", "-")
        repo.categories.append(
            hub.make(
                "DiscussionCategory", repo, name=name, slug=slug, emoji=":bulb:", isAnswerable=answerable,
                description=None, **times,
            )
        )  # fmt: skip


def issue(pen: Pen, spec: RepositorySpec, nth: int) -> None:  # noqa: ARG001 - as its siblings
    rng, node = pen.rng, pen.issue()
    for name in rng.sample(LABELS, rng.choice([0, 1, 1, 2])):
        deeds.label(pen, node, name)
    _converse(pen, node, spec)
    if rng.random() < 0.3:  # noqa: PLR2004 - a share, as below
        deeds.assign(pen, node)
    if rng.random() < 0.2:  # noqa: PLR2004
        deeds.milestone(pen, node)
    if rng.random() < 0.15:  # noqa: PLR2004
        deeds.retitle(pen, node, pen.world.talk.subject(rng))
    if rng.random() < 0.7:  # noqa: PLR2004
        deeds.close(pen, node, rng.choice(["COMPLETED", "COMPLETED", "NOT_PLANNED", "DUPLICATE"]))
        if rng.random() < 0.1:  # noqa: PLR2004
            deeds.reopen(pen, node)
    _react(pen, node)


def pull_request(pen: Pen, spec: RepositorySpec, nth: int) -> None:
    rng, node = pen.rng, pen.pull_request()
    if rng.random() < 0.4:  # noqa: PLR2004 - a share, as below
        deeds.request_review(pen, node, pen.maintainer())
    _converse(pen, node, spec)
    inline = rng.choice([0, 0, 1, 3, 4]) if spec.inline_comments is None else spec.inline_comments
    if inline or rng.random() < 0.5:  # noqa: PLR2004
        _review(pen, node, inline)
    if rng.random() < 0.2:  # noqa: PLR2004
        deeds.force_push(pen, node)
    if rng.random() < 0.3:  # noqa: PLR2004
        deeds.label(pen, node, rng.choice(LABELS))
    if pen.repo.issues and rng.random() < 0.3:  # noqa: PLR2004
        deeds.refer(pen, node, pen.repo.issues[nth % len(pen.repo.issues)])
    _finish(pen, node)
    _react(pen, node)


def _converse(pen: Pen, subject: Node, spec: RepositorySpec) -> None:
    count = pen.rng.choice([0, 1, 2, 2, 3, 5]) if spec.comments is None else spec.comments
    for _ in range(count):
        comment = pen.comment(subject)
        if pen.rng.random() < 0.1:  # noqa: PLR2004 - a share, as below
            pen.edit(comment, body=comment["body"] + "\n\nEdit: solved.")
        if pen.rng.random() < 0.2:  # noqa: PLR2004
            pen.react(comment, pen.rng.choice(_CONTENTS))


def _review(pen: Pen, node: Node, inline: int) -> None:
    """One review, in threads of up to two comments, some settled."""
    review = pen.review(node, pen.rng.choice(["COMMENTED", "APPROVED", "CHANGES_REQUESTED"]))
    for start in range(0, inline, 2):
        thread = pen.thread(node, is_file=pen.rng.random() < 0.1)  # noqa: PLR2004 - a share
        pen.review_comment(thread, review)
        if start + 1 < inline:
            reply = pen.review(node, "COMMENTED", author=node["author"], body="")
            pen.review_comment(thread, reply)
        if pen.rng.choice([True, False]):
            deeds.resolve(pen, thread)


def _finish(pen: Pen, node: Node) -> None:
    if node["isDraft"] and pen.rng.random() < 0.5:  # noqa: PLR2004 - a share, as below
        deeds.set_draft(pen, node, draft=False)
    fate = pen.rng.random()
    if fate < 0.6:  # noqa: PLR2004
        deeds.merge(pen, node)
    elif fate < 0.75:  # noqa: PLR2004
        deeds.close(pen, node)


def discussion(pen: Pen, spec: RepositorySpec, nth: int) -> None:  # noqa: ARG001 - as its siblings
    node = pen.discussion()
    comments = [pen.comment(node) for _ in range(pen.rng.randint(0, 3))]
    for comment in comments[:1]:
        pen.comment(node, reply_to=comment)
    if comments and node["category"]["isAnswerable"]:
        deeds.answer(pen, node, comments[-1])


def release(pen: Pen, spec: RepositorySpec, nth: int) -> None:  # noqa: ARG001 - as its siblings
    pen.release(f"v1.{len(pen.repo.releases)}.0{pen.rng.choice(['', '', '-rc1'])}")


def _react(pen: Pen, node: Node) -> None:
    for content in pen.rng.sample(_CONTENTS, pen.rng.choice([0, 0, 0, 1, 2])):
        pen.react(node, content)


_PLANTED = {"Issue": issue, "PullRequest": pull_request, "Discussion": discussion, "Release": release}
