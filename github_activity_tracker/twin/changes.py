"""Changes between two runs, from the seed: many announced by `updatedAt`, some not; and arrivals.

Arrivals come while a client is paging: items that are written beforehand and shown one by one.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from random import Random

from github_activity_tracker.twin import deeds, planting
from github_activity_tracker.twin.hub import Hub, Repo, RepositorySpec, iso
from github_activity_tracker.twin.people import Node
from github_activity_tracker.twin.writing import Pen

ROUND = timedelta(hours=2)
"""From one change of the world to the next, in the world's own time."""
BUSY = 4
"""In how many repositories something happens."""
NEIGHBOURHOOD = 40
"""Unannounced changes touch the oldest items, this many of each kind."""
ARRIVALS, GETTING = 2, 3
"""How many items arrive in a round, sooner or later, in each of the first repositories."""
_SPEC = RepositorySpec("", "", comments=2, inline_comments=3)


class Change:
    """One round. `number` counts from 1; `start` is when it begins.

    seen: what was created before this time has been there for a run to see. Only that is touched: what
    comes and goes unseen would leave a truth that nobody can know.
    """

    def __init__(self, hub: Hub, number: int, start: datetime, seen: datetime) -> None:
        self.hub = hub
        self.number = number
        self.start = start
        self.repos = _alive(hub)[:BUSY]
        self._old = {
            repo.id: (_before(repo.issues, seen), _before(repo.pull_requests, seen)) for repo in self.repos
        }
        self._free = [
            number
            for repo in self.repos[:1]
            for number, node in repo.numbers.items()
            if "_gone" in node and number not in repo.moved
        ]

    def happen(self) -> None:
        neighbours = cycle(self.repos)
        next(neighbours, None)
        for repo in self.repos:
            rng = self.hub.world.rng("github change", repo.id, self.number)
            pen = Pen(self.hub, repo, rng, start=self.start, limit=self.start + ROUND / 2)
            self._touch(pen, next(neighbours))
            self._write(pen)  # after it: what is new refers to what is there
            self._converse(pen)
            self._push(repo, rng)
            repo.node["stargazerCount"] += rng.randint(1, 9)
            repo.node["forkCount"] += 1
            repo.node["updatedAt"] = pen.tick()
        if self.repos and self.number == 1:
            self._change_login()

    def _change_login(self) -> None:
        """Somebody takes another login, and is seen with it. Not one whose forks would move unseen."""
        pulls = [pull for repo in self.hub.repos for pull in repo.pull_requests]
        busy = {pull["author"]["id"] for pull in pulls if pull["author"]}
        idle = [each for each in self.hub.accounts.users[2:] if each["id"] not in busy]
        if idle:
            account, repo = idle[0], self.repos[0]
            self.hub.accounts.change_login(account, f"{account['login']}-cpp")
            start = self.start + ROUND / 2
            rng = self.hub.world.rng("github login", account["login"])
            Pen(self.hub, repo, rng, start=start, limit=start + ROUND / 8).issue(author=account)

    def _write(self, pen: Pen) -> None:
        """New items, one of them with a number that was there before."""
        planting.issue(pen, _SPEC, self.number)
        planting.pull_request(pen, _SPEC, self.number)
        if self._free and pen.repo is self.repos[0]:
            pen.comment(pen.issue(number=self._free[0]))

    def _touch(self, pen: Pen, neighbour: Repo) -> None:
        """Old items, each by at most one change."""
        rng, repo = pen.rng, pen.repo
        issues, pulls = (_shuffled(rng, items) for items in self._old[repo.id])
        for change in (_edit_comment, _edit, _unlabel, _react, _reopen_or_close, _delete_comment):
            if issues:
                change(pen, issues.pop())
        if movable := [each for each in issues if not each.get("_is_source")]:
            transfer(pen, movable[0], neighbour)
        if len(movable) > 1:
            delete(pen.hub, movable[1])
        for change in (_merge_late, _resolve, _review_late, _edit, _dismiss):
            if pulls:
                change(pen, pulls.pop())

    def _converse(self, pen: Pen) -> None:
        open_ones = [each for each in pen.repo.discussions if each["answer"] is None]
        for each in open_ones[:1]:
            deeds.answer(pen, each, pen.comment(each))
        if pen.repo.discussions:
            planting.discussion(pen, _SPEC, self.number)

    def _push(self, repo: Repo, rng: Random) -> None:
        """Commits, a force push, a branch that goes, a tag, a release."""
        if repo.git is None or repo.node["isEmpty"]:
            return
        at = self.start + timedelta(minutes=rng.randint(1, 50))
        repo.git.push(rng.randint(1, 3), at=at)
        if self.number % 2:
            repo.git.push(1, branch=f"topic/{self.number}", at=at)
            repo.git.force_push(at=at + timedelta(minutes=1))
        else:
            repo.git.delete_branch(f"topic/{self.number - 1}")
        repo.git.tag(f"change-{self.number}", annotated=bool(self.number % 2), at=at + timedelta(minutes=2))
        repo.node["pushedAt"] = iso(repo.git.pushed_at)
        if repo.releases:
            Pen(self.hub, repo, rng, start=at, limit=at + ROUND / 4).release(f"change-{self.number}")


def arrivals(hub: Hub, number: int, start: datetime) -> Iterator[Callable[[], None]]:
    """Write the issues and pull requests that arrive in a round; each is there when its call is made."""
    for nth in range(ARRIVALS):
        for repo in _alive(hub)[:GETTING]:
            moment = start + timedelta(minutes=10 * nth)
            rng = hub.world.rng("github drift", repo.id, f"{number}:{nth}")
            known = set(hub.nodes)
            node = _arrival(Pen(hub, repo, rng, start=moment, limit=moment + timedelta(minutes=9)))
            new = [hub.nodes[node_id] for node_id in hub.nodes.keys() - known]
            repo.list_of(node["__typename"]).remove(node)
            for each in new:
                each["_coming"] = True
            yield partial(_arrive, node, new)


def _arrival(pen: Pen) -> Node:
    is_pull_request = pen.rng.choice([False, True])
    node = pen.pull_request() if is_pull_request else pen.issue()
    pen.comment(node)
    if is_pull_request:
        pen.review_comment(pen.thread(node), pen.review(node, "COMMENTED"))
    return node


def _arrive(node: Node, new: list[Node]) -> None:
    node["_repo"].list_of(node["__typename"]).append(node)
    for each in new:
        del each["_coming"]


def _alive(hub: Hub) -> list[Repo]:
    return [repo for repo in hub.repos if repo.issues and not (repo.is_target or repo.is_private)]


def transfer(pen: Pen, issue: Node, target: Repo) -> Node | None:
    """An issue goes to another repository, where it gets another id and number; what is below it, too.

    With no repository but its own it goes where nobody can see it.
    """
    delete(pen.hub, issue)
    if target is pen.repo:
        return None
    there = Pen(pen.hub, target, pen.rng, start=pen.now, limit=pen.limit)
    moved = there.issue(author=issue["author"])
    kept = (
        "title",
        "body",
        "state",
        "stateReason",
        "closed",
        "closedAt",
        "locked",
        "activeLockReason",
        "createdAt",
    )
    moved |= {name: issue[name] for name in kept}
    for comment in issue["_comments"]:
        again = there.comment(moved, author=comment["author"])
        again |= {"body": comment["body"], "createdAt": comment["createdAt"]}
    there.event("TransferredEvent", moved, fromRepository=pen.repo.node, issue=moved)
    pen.repo.moved[issue["number"]] = moved
    return moved


def delete(hub: Hub, item: Node) -> None:
    """An issue goes with all below it, and leaves nothing but its number."""
    hub.remove(item)
    item["_repo"].list_of(item["__typename"]).remove(item)


def _before(items: list[Node], moment: datetime) -> list[Node]:
    return [item for item in items if item["createdAt"] < iso(moment)][:NEIGHBOURHOOD]


def _shuffled(rng: Random, items: list[Node]) -> list[Node]:
    return rng.sample(items, len(items))


def _edit(pen: Pen, item: Node) -> None:
    pen.edit(item, body=f"{item['body']}\n\nEdit: see below.")


def _edit_comment(pen: Pen, item: Node) -> None:
    for comment in item["_comments"][:1]:
        pen.edit(comment, body=f"{comment['body']}\n\nEdit: never mind.")


def _unlabel(pen: Pen, item: Node) -> None:
    if item["_labels"]:
        deeds.unlabel(pen, item)
    else:
        deeds.label(pen, item, pen.rng.choice(planting.LABELS))


def _react(pen: Pen, item: Node) -> None:
    """Announced by nothing."""
    for node in (item, *item["_comments"][-1:]):
        pen.react(node, "HEART")


def _reopen_or_close(pen: Pen, item: Node) -> None:
    if item["closed"]:
        deeds.reopen(pen, item)
    else:
        deeds.close(pen, item, "NOT_PLANNED")


def _delete_comment(pen: Pen, item: Node) -> None:
    """Announced by an event, which bumps nothing either."""
    for comment in item["_comments"][-1:]:
        before = item["updatedAt"]
        pen.hub.remove(comment)
        item["_comments"].remove(comment)
        pen.event("CommentDeletedEvent", item, deletedCommentAuthor=comment["author"])
        item["updatedAt"] = before


def _merge_late(pen: Pen, item: Node) -> None:
    if not item["closed"]:
        deeds.merge(pen, item)
    else:
        pen.comment(item)


def _resolve(pen: Pen, item: Node) -> None:
    """Announced by nothing."""
    for thread in [each for each in item["_threads"] if not each["isResolved"]][:1]:
        deeds.resolve(pen, thread)


def _review_late(pen: Pen, item: Node) -> None:
    review = pen.review(item, "APPROVED")
    pen.review_comment((item["_threads"] or [pen.thread(item)])[0], review)


def _dismiss(pen: Pen, item: Node) -> None:
    given = [each for each in item["_reviews"] if each["state"] in {"APPROVED", "CHANGES_REQUESTED"}]
    for review in given[:1]:
        deeds.dismiss(pen, review, "The branch has moved on.")
