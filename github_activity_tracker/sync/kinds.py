"""The kinds of items, each with its parser and its table. They are archived under a repository's id.

What belongs to no repository has a scope of its own: accounts are the same whichever repository shows them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from core.kinds import Kind
from core.removable import Removable
from github_activity_tracker.models import (
    Comment,
    Discussion,
    Issue,
    Release,
    Review,
    ReviewComment,
    ReviewThread,
    TimelineEvent,
)
from github_activity_tracker.parsing.accounts import parse_account, parse_address
from github_activity_tracker.parsing.events import parse_event
from github_activity_tracker.parsing.items import (
    parse_discussion,
    parse_issue,
    parse_pull_request,
    parse_release,
)
from github_activity_tracker.parsing.leaves import Payload, kept, kept_of_repository
from github_activity_tracker.parsing.repositories import parse_repository
from github_activity_tracker.parsing.written import (
    parse_comment,
    parse_review,
    parse_review_comment,
    parse_review_thread,
)
from github_activity_tracker.protocol_impl.records import AccountRecord, RepositoryRecord
from github_activity_tracker.services.accounts import save_accounts
from github_activity_tracker.services.commits import link_identities
from github_activity_tracker.services.items import save_items
from github_activity_tracker.services.repositories import Sighting, save_repositories

ACCOUNTS = "accounts"  # the scope of accounts
REPOSITORIES = "repositories"  # the scope of repositories

# What belongs to a repository, whose id is the owner.
ItemKind = Kind[int, Any]


def _kind(name: str, model: type[Removable], parse: Callable[[Payload], Any], **which: str) -> ItemKind:
    return Kind(
        name=name,
        noun=f"{name}s",
        key="node_id",
        parse=parse,
        save=partial(save_items, model),
        rows=lambda repository_id: model.objects.filter(repository=repository_id, **which),
        leaf=kept,
    )


RELEASE = _kind("release", Release, parse_release)
ISSUE = _kind("issue", Issue, parse_issue, kind=Issue.Kind.ISSUE)
PULL_REQUEST = _kind("pull_request", Issue, parse_pull_request, kind=Issue.Kind.PULL_REQUEST)
DISCUSSION = _kind("discussion", Discussion, parse_discussion)
COMMENT = _kind("comment", Comment, parse_comment)
REVIEW = _kind("review", Review, parse_review)
REVIEW_THREAD = _kind("review_thread", ReviewThread, parse_review_thread)
REVIEW_COMMENT = _kind("review_comment", ReviewComment, parse_review_comment)
EVENT = _kind("event", TimelineEvent, parse_event)

THREADS = (ISSUE, PULL_REQUEST, DISCUSSION)
# What a repository lists.
LISTED = (*THREADS, RELEASE)
CHILDREN = (COMMENT, REVIEW, REVIEW_THREAD, REVIEW_COMMENT, EVENT)
# What can be below an item of a kind.
BELOW: Mapping[str, tuple[ItemKind, ...]] = {
    "issue": (COMMENT, EVENT),
    "pull_request": CHILDREN,
    "discussion": (COMMENT,),
    "release": (),
}


# An e-mail address in commits, and the id of its account, which is kept; null where GitHub knows none.
ADDRESS: Kind[int, tuple[str, int | None]] = Kind(
    name="address",
    noun="addresses",
    key="email",
    parse=parse_address,
    save=lambda _, found: link_identities(dict(found)),
    leaf=lambda payload: payload["account"],
    identify=lambda payload: payload["email"],
    named=lambda email, account: {"email": email, "account": account},
)
ACCOUNT: Kind[None, AccountRecord] = Kind(
    name="account",
    noun="accounts",
    key="github_id",
    parse=parse_account,
    save=lambda _, records: save_accounts(records),
    identify=lambda payload: payload["databaseId"],
)
REPOSITORY: Kind[Sighting | None, RepositoryRecord] = Kind(
    name="repository",
    noun="repositories",
    key="node_id",
    parse=parse_repository,
    save=save_repositories,
    leaf=kept_of_repository,
)
