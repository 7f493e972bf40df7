"""Servers, roles, users and members."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields

from django.db.models import Q
from django.db.models.functions import Now

from core.changes import Change
from core.store import Upserted, upsert
from discord_activity_tracker.models import Member, Membership, Role, Server, User
from discord_activity_tracker.protocol_impl import MemberRecord, RoleRecord, ServerRecord, UserRecord

SERVER_FIELDS = tuple(field.name for field in fields(ServerRecord) if field.name != "id")
MEMBER_FIELDS = ("nickname", "role_ids", "joined_at", "boosting_since", "left_at")


def save_server(record: ServerRecord, member_count: int | None = None) -> Upserted:
    """Without a count, the stored one stays: the archive has none. Another one is no change of the server."""
    saved = upsert(Server, [Server(**asdict(record))], key=("id",), update=SERVER_FIELDS)
    if member_count is not None:
        uncounted = Server.objects.filter(pk=record.id).exclude(member_count=member_count)
        uncounted.update(member_count=member_count)
    return saved


def save_roles(server_id: int, records: Iterable[RoleRecord]) -> Upserted:
    """A role that was gone and is there again is no longer gone."""
    return upsert(Role, [Role(**asdict(record), server_id=server_id) for record in records], key=("id",))


def live_roles(server_id: int) -> set[int]:
    """Roles that are stored as there."""
    return set(Role.objects.filter(server=server_id, removed_at__isnull=True).values_list("pk", flat=True))


def tombstone_roles(ids: Iterable[int]) -> int:
    """Mark roles that are no more; how many were not marked before."""
    gone = Role.objects.filter(pk__in=list(ids), removed_at__isnull=True)
    return gone.update(removed_at=Now(), changed_in=Change())


def save_users(records: Iterable[UserRecord], *, overwrite: bool = True) -> Upserted:
    """Accounts as Discord shows them now; without `overwrite` only those that nothing is stored of."""
    rows = [User(**asdict(record)) for record in records]
    return upsert(User, rows, key=("id",), update=None if overwrite else ())


def save_members(server_id: int, records: Sequence[MemberRecord]) -> Upserted:
    """Save members, whose users are saved; and their stays, one that was replaced by a later one ended."""
    rows = [
        Member(
            server_id=server_id,
            user_id=record.user.id,
            nickname=record.nickname,
            role_ids=list(record.role_ids),
            joined_at=record.joined_at,
            boosting_since=record.boosting_since,
        )
        for record in records
    ]
    saved = upsert(Member, rows, key=("server", "user"), update=MEMBER_FIELDS)
    stays = [
        Membership(server_id=server_id, user_id=record.user.id, joined_at=record.joined_at)
        for record in records
        if record.joined_at is not None
    ]
    upsert(Membership, stays, key=("server", "user", "joined_at"), update=("left_at",))
    _end_earlier_stays(server_id, stays)
    return saved


def _end_earlier_stays(server_id: int, stays: Sequence[Membership]) -> None:
    """Who left and came back between two runs was never seen to be away."""
    begun: set[tuple[int, dt.datetime]] = {(stay.user_id, stay.joined_at) for stay in stays}  # type: ignore[attr-defined] - Django adds it
    users = [user_id for user_id, _ in begun]
    unended = Membership.objects.filter(server=server_id, user__in=users, left_at__isnull=True)
    earlier = [
        pk
        for pk, user_id, at in unended.values_list("pk", "user_id", "joined_at")
        if (user_id, at) not in begun
    ]
    if earlier:
        Membership.objects.filter(pk__in=earlier).update(left_at=Now(), changed_in=Change())


def count_members(server_id: int) -> int:
    return Member.objects.filter(server=server_id, left_at__isnull=True).count()


def absent_members(server_id: int, after: int, upto: int | None, present: Iterable[int]) -> list[int]:
    """Users behind `after`, up to `upto` (None: all), who are stored as members and not among these."""
    stored = Member.objects.filter(server=server_id, left_at__isnull=True, user__gt=after)
    if upto is not None:
        stored = stored.filter(user__lte=upto)
    return sorted(stored.exclude(user__in=list(present)).values_list("user_id", flat=True))


def mark_left(server_id: int, users: Sequence[int]) -> None:
    of_users = Q(server=server_id, user__in=users, left_at__isnull=True)
    Member.objects.filter(of_users).update(left_at=Now(), changed_in=Change())
    Membership.objects.filter(of_users).update(left_at=Now(), changed_in=Change())
