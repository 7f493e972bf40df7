"""Who was there: accounts with their names and addresses, and authors whom only commits name.

An account is `github` and its numeric id; an author of commits without an account is `git` and
`name <address>`, never the name alone. A repository's .mailmap says what else they are called.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Exists, F, Max, Model, OuterRef, Q, QuerySet

from core.registry import Profile
from github_activity_tracker.models import (
    Account,
    AccountLogin,
    Comment,
    Commit,
    CommitIdentity,
    Issue,
    MailmapEntry,
    Review,
    ReviewComment,
)

ACCOUNTS, COMMITS = "github", "git"
# Bots, organisations and the ghost are nobody.
PEOPLE = (Account.Kind.USER, Account.Kind.MANNEQUIN)
# Commits made in the browser are committed by it, and GitHub's account for that is no person.
NOBODY = frozenset({"noreply@github.com"})
BATCH = 500

Identity = tuple[str, str]  # address, name
Mailmap = Mapping[Identity, Sequence[Identity]]
Seen = Mapping[Any, dt.datetime]
M = TypeVar("M", bound=Model)


class AccountProfiles:
    """One profile per account, and one per author of commits that GitHub knows no account of."""

    def profiles(self, *, since: int | None = None) -> Iterator[Profile]:
        """Those whose names or addresses changed since that mark, or all; not those only seen again."""
        mailmap = _mailmap()
        for accounts in _batches(_accounts(since)):
            yield from _of_accounts(accounts, mailmap)
        for identities in _batches(_identities(since)):
            yield from _of_identities(identities, mailmap)


def _accounts(since: int | None) -> "QuerySet[Account]":
    accounts = Account.objects.filter(kind__in=PEOPLE)
    if since is not None:
        logins = AccountLogin.objects.filter(account=OuterRef("pk"), changed_in__gte=since)
        identities = CommitIdentity.objects.filter(account=OuterRef("pk"), changed_in__gte=since)
        accounts = accounts.filter(Q(changed_in__gte=since) | Exists(logins) | Exists(identities))
    return accounts.order_by("pk")


def _identities(since: int | None) -> "QuerySet[CommitIdentity]":
    identities = CommitIdentity.objects.filter(account__isnull=True).exclude(email__in=NOBODY)
    if since is not None:
        identities = identities.filter(changed_in__gte=since)
    return identities.order_by("pk")


def _of_accounts(accounts: Sequence[Account], mailmap: Mailmap) -> Iterator[Profile]:
    ids = [account.pk for account in accounts]
    identities: dict[int, list[Identity]] = defaultdict(list)
    rows = CommitIdentity.objects.filter(account__in=ids).order_by("pk")
    for account_id, email, name in rows.values_list("account", "email", "name"):
        identities[account_id].append((email, name))
    logins: dict[int, list[str]] = defaultdict(list)
    for account_id, login in (
        AccountLogin.objects.filter(account__in=ids).order_by("pk").values_list("account", "login")
    ):
        logins[account_id].append(login)
    wrote = [_last_written(model, ids) for model in (Issue, Comment, Review, ReviewComment)]
    committed = _last_committed([each for own in identities.values() for each in own])
    for account in accounts:
        own = identities[account.pk]
        seen = [last.get(account.pk) for last in wrote] + [committed.get(each) for each in own]
        known = [*own, *(other for each in own for other in mailmap.get(each, ()))]
        yield Profile(
            source=ACCOUNTS,
            external_id=str(account.pk),
            names=_once(
                [account.name or "", *(name for _, name in known), account.login, *logins[account.pk]]
            ),
            emails=_addresses(known),
            last_seen_at=max(filter(None, seen), default=None),
        )


def _of_identities(rows: Sequence[CommitIdentity], mailmap: Mailmap) -> Iterator[Profile]:
    committed = _last_committed([(row.email, row.name) for row in rows])
    for row in rows:
        own = (row.email, row.name)
        known = [own, *mailmap.get(own, ())]
        yield Profile(
            source=COMMITS,
            external_id=str(row),
            names=_once(name for _, name in known),
            emails=_addresses(known),
            last_seen_at=committed.get(own),
        )


def _mailmap() -> Mailmap:
    """What repositories make of the identities in their commits; as many rows as people who changed."""
    found: dict[Identity, list[Identity]] = defaultdict(list)
    fields = ("email", "name", "canonical_email", "canonical_name")
    for email, name, canonical_email, canonical_name in MailmapEntry.objects.order_by("pk").values_list(
        *fields
    ):
        found[email, name].append((canonical_email, canonical_name))
    return dict(found)


def _last_written(model: type[Model], account_ids: Sequence[int]) -> Seen:
    rows = model.objects.filter(author__in=account_ids).order_by().values_list("author")
    return dict(rows.annotate(last=Max("created_at")))


def _last_committed(identities: Sequence[Identity]) -> Seen:
    """When each was last the author of a commit; a commit from the future tells nothing."""
    rows = Commit.objects.filter(author_email__in={email for email, _ in identities})
    rows = rows.filter(authored_at__lte=F("stored_at")).order_by().values_list("author_email", "author_name")
    return {(email, name): last for email, name, last in rows.annotate(last=Max("authored_at"))}


def _addresses(identities: Iterable[Identity]) -> tuple[str, ...]:
    """Old imports from Subversion have names of machines or nothing in the place of an address."""
    return _once(email for email, _ in identities if "@" in email and email not in NOBODY)


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _batches(rows: "QuerySet[M]") -> Iterator[list[M]]:
    iterator = rows.iterator(BATCH)
    while batch := list(islice(iterator, BATCH)):
        yield batch
