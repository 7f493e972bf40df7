"""Who was there: accounts with their names and addresses, and authors whom only commits name.

An account is `github` and its numeric id; an author of commits without an account is `git` and
`name <address>`, never the name alone. What a repository's .mailmap and trailers of commits say of who is the
same person is told as that, and not mixed into the profiles. Anybody can write any address into a commit, so
all addresses are only seen.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Count, Exists, F, Max, Min, Model, OuterRef, Q, QuerySet

from core.registry import Profile, SamePerson
from github_activity_tracker.models import (
    Account,
    AccountLogin,
    Comment,
    Commit,
    CommitIdentity,
    Discussion,
    Issue,
    MailmapEntry,
    Review,
    ReviewComment,
)

ACCOUNTS, COMMITS = "github", "git"
# Organisations and the ghost are nobody.
SOMEBODY = (Account.Kind.USER, Account.Kind.MANNEQUIN, Account.Kind.BOT)
# Commits made in the browser are committed by it, and GitHub's account for that is no person.
NOBODY = frozenset({"noreply@github.com"})
WRITTEN: Mapping[str, type[Model]] = {
    "comments": Comment,
    "reviews": Review,
    "review_comments": ReviewComment,
    "discussions": Discussion,
}
ISSUES = {Issue.Kind.ISSUE: "issues", Issue.Kind.PULL_REQUEST: "pull_requests"}
SITE = "https://github.com"
CO_AUTHOR = "co-authored-by"
BATCH = 500

Identity = tuple[str, str]  # address, name
Key = tuple[str, str]  # source and external id of a profile
M = TypeVar("M", bound=Model)


@dataclass(slots=True)
class _Seen:
    """Activities of somebody by kind, and the times of the first and the last."""

    times: list[dt.datetime] = field(default_factory=list[dt.datetime])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, what: str, first: dt.datetime | None, last: dt.datetime | None, number: int) -> None:
        self.times += filter(None, (first, last))
        if number:
            self.counts[what] = self.counts.get(what, 0) + number


class AccountProfiles:
    """One profile per account, and one per author of commits that GitHub knows no account of."""

    def profiles(self, *, since: int | None = None) -> Iterator[Profile | SamePerson]:
        """Those whose names or addresses changed since that mark, or all; not those only seen again."""
        for accounts in _batches(_accounts(since)):
            yield from _of_accounts(accounts)
        for identities in _batches(_identities(since)):
            yield from _of_identities(identities)
        for entries in _batches(_mailmap(since)):
            yield from _of_mailmap(entries)
        for identities in _batches(_changed(CommitIdentity.objects.filter(account__isnull=False), since)):
            yield from _of_co_authors(identities)


def _changed(rows: "QuerySet[M]", since: int | None) -> "QuerySet[M]":
    return rows.order_by("pk") if since is None else rows.filter(changed_in__gte=since).order_by("pk")


def _accounts(since: int | None) -> "QuerySet[Account]":
    accounts = Account.objects.filter(kind__in=SOMEBODY)
    if since is not None:
        logins = AccountLogin.objects.filter(account=OuterRef("pk"), changed_in__gte=since)
        identities = CommitIdentity.objects.filter(account=OuterRef("pk"), changed_in__gte=since)
        accounts = accounts.filter(Q(changed_in__gte=since) | Exists(logins) | Exists(identities))
    return accounts.order_by("pk")


def _identities(since: int | None) -> "QuerySet[CommitIdentity]":
    return _changed(CommitIdentity.objects.filter(account__isnull=True).exclude(email__in=NOBODY), since)


def _mailmap(since: int | None) -> "QuerySet[MailmapEntry]":
    """Those of which an identity has another profile now, too."""
    entries = MailmapEntry.objects.exclude(email__in=NOBODY).select_related("repository").order_by("pk")
    if since is None:
        return entries
    changed = CommitIdentity.objects.filter(changed_in__gte=since)
    own = changed.filter(email=OuterRef("email"), name=OuterRef("name"))
    canonical = changed.filter(email=OuterRef("canonical_email"), name=OuterRef("canonical_name"))
    return entries.filter(Q(changed_in__gte=since) | Exists(own) | Exists(canonical))


def _of_accounts(accounts: Sequence[Account]) -> Iterator[Profile]:
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
    seen = _written(ids)
    committed = _committed([each for own in identities.values() for each in own])
    for account in accounts:
        own = identities[account.pk]
        for each in own:
            seen[account.pk].add("commits", *committed.get(each, (None, None, 0)))
        yield Profile(
            source=ACCOUNTS,
            external_id=str(account.pk),
            names=_once([account.name or "", *(name for _, name in own)]),
            logins=_once([account.login, *logins[account.pk]]),
            seen_emails=_addresses(own),
            is_bot=account.kind == Account.Kind.BOT,
            first_seen_at=min(seen[account.pk].times, default=None),
            last_seen_at=max(seen[account.pk].times, default=None),
            counts=seen[account.pk].counts,
        )


def _of_identities(rows: Sequence[CommitIdentity]) -> Iterator[Profile]:
    committed = _committed([(row.email, row.name) for row in rows])
    for row in rows:
        first, last, number = committed.get((row.email, row.name), (None, None, 0))
        yield Profile(
            source=COMMITS,
            external_id=str(row),
            names=_once([row.name]),
            seen_emails=_addresses([(row.email, row.name)]),
            first_seen_at=first,
            last_seen_at=last,
            counts={"commits": number} if number else {},
        )


def _of_mailmap(entries: Sequence[MailmapEntry]) -> Iterator[SamePerson]:
    pairs = [
        ((each.email, each.name), (each.canonical_email, each.canonical_name), each.repository.full_name)
        for each in entries
    ]
    keys = _keys({identity for own, canonical, _ in pairs for identity in (own, canonical)})
    for own, canonical, repository in pairs:
        if keys[own] != keys[canonical]:
            yield SamePerson(keys[own], keys[canonical], "mailmap", f"{SITE}/{repository}/blob/HEAD/.mailmap")


def _of_co_authors(identities: Sequence[CommitIdentity]) -> Iterator[SamePerson]:
    """GitHub shows an account for who is named in a commit's trailer."""
    commits = Commit.objects.filter(
        repository__in={each.repository_id for each in identities},  # type: ignore[attr-defined] - Django adds it
        sha__in={each.sha for each in identities},
    ).values_list("repository_id", "sha", "trailers", "repository__owner", "repository__name")
    trailers = {
        (repository, sha): (f"{owner}/{name}", said) for repository, sha, said, owner, name in commits
    }
    for each in identities:
        full_name, said = trailers.get((each.repository_id, each.sha), ("", []))  # type: ignore[attr-defined] - as above
        if any(key.lower() == CO_AUTHOR and value.strip() == str(each) for key, value in said):
            account = (ACCOUNTS, str(each.account_id))  # type: ignore[attr-defined] - as above
            yield SamePerson(
                (COMMITS, str(each)), account, "co-author", f"{SITE}/{full_name}/commit/{each.sha}"
            )


def _keys(identities: Iterable[Identity]) -> dict[Identity, Key]:
    """The profiles that identities are told in; of one that no commit carries, the one it would have."""
    keys = {(email, name): (COMMITS, f"{name} <{email}>") for email, name in identities}
    rows = CommitIdentity.objects.filter(email__in={email for email, _ in keys}, account__isnull=False)
    for email, name, account_id in rows.values_list("email", "name", "account"):
        if (email, name) in keys:
            keys[email, name] = (ACCOUNTS, str(account_id))
    return keys


def _written(account_ids: Sequence[int]) -> dict[int, _Seen]:
    """Return the activities of accounts. Removed things tell when, but do not count."""
    found: dict[int, _Seen] = defaultdict(_Seen)
    for what, model in WRITTEN.items():
        rows = model._default_manager.filter(author__in=account_ids).order_by().values_list("author")  # noqa: SLF001 - Django documents it
        for author, *numbers in rows.annotate(**_NUMBERS):
            found[author].add(what, *numbers)
    issues = Issue.objects.filter(author__in=account_ids).order_by().values_list("author", "kind")
    for author, kind, *numbers in issues.annotate(**_NUMBERS):
        found[author].add(ISSUES[Issue.Kind(kind)], *numbers)
    return found


_NUMBERS = {
    "first": Min("created_at"),
    "last": Max("created_at"),
    "number": Count("pk", filter=Q(removed_at__isnull=True)),
}


def _committed(identities: Sequence[Identity]) -> Mapping[Identity, tuple[Any, Any, int]]:
    """When each was first and last the author of a commit, and of how many; in the future was none."""
    rows = Commit.objects.filter(author_email__in={email for email, _ in identities})
    rows = rows.filter(authored_at__lte=F("stored_at")).order_by().values_list("author_email", "author_name")
    told = rows.annotate(
        first=Min("authored_at"), last=Max("authored_at"), number=Count("sha", distinct=True)
    )
    return {(email, name): (first, last, number) for email, name, first, last, number in told}


def _addresses(identities: Iterable[Identity]) -> tuple[str, ...]:
    """Old imports from Subversion have names of machines or nothing in the place of an address."""
    return _once(email for email, _ in identities if "@" in email and email not in NOBODY)


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _batches(rows: "QuerySet[M]") -> Iterator[list[M]]:
    iterator = rows.iterator(BATCH)
    while batch := list(islice(iterator, BATCH)):
        yield batch
