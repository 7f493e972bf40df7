"""Servers, roles, users and members."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields

from django.db.models.functions import Now

from core.changes import Change
from core.store import Upserted, upsert
from discord_activity_tracker.models import Member, Membership, Role, Server, User
from discord_activity_tracker.protocol_impl import MemberRecord, RoleRecord, ServerRecord, UserRecord

SERVER_FIELDS = [field.name for field in fields(ServerRecord) if field.name not in {"id", "member_count"}]
MEMBER_FIELDS = ("nickname", "role_ids", "joined_at", "boosting_since", "left_at")


def save_servers(records: Iterable[ServerRecord]) -> Upserted:
    """Save servers. Another number of members is no change of a server: what follows it is not told."""
    records = list(records)
    saved = upsert(Server, [Server(**asdict(each)) for each in records], key=("id",), update=SERVER_FIELDS)
    for each in records:
        if each.member_count is not None:  # the archive has none: the stored one stays
            others = Server.objects.filter(pk=each.id).exclude(member_count=each.member_count)
            others.update(member_count=each.member_count)
    return saved


def save_roles(server_id: int, records: Iterable[RoleRecord]) -> Upserted:
    """Save a server's roles; one that was gone and is there again is no longer gone."""
    return upsert(Role, [Role(**asdict(record), server_id=server_id) for record in records], key=("id",))


def save_users(records: Iterable[UserRecord], *, overwrite: bool = True) -> Upserted:
    """Save accounts as Discord shows them now; without `overwrite` only those that are not stored."""
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
    begun = {
        record.user.id: record.joined_at
        for record in records
        if record.joined_at is not None  # Discord does not tell it of guests
    }
    stays = [Membership(server_id=server_id, user_id=user, joined_at=at) for user, at in begun.items()]
    upsert(Membership, stays, key=("server", "user", "joined_at"), update=("left_at",))
    _end_earlier_stays(server_id, begun)
    return saved


def _end_earlier_stays(server_id: int, begun: dict[int, dt.datetime]) -> None:
    """End the stays of who left and came back between two runs, and was never seen to be away."""
    unended = Membership.objects.filter(server=server_id, user__in=list(begun)).live()
    stays = unended.values_list("pk", "user_id", "joined_at")
    if earlier := [pk for pk, user_id, at in stays if begun[user_id] != at]:
        Membership.objects.filter(pk__in=earlier).update(left_at=Now(), changed_in=Change())


def mark_left(server_id: int, users: Sequence[str]) -> int:
    """Note that users have left a server; return how many were on it until now."""
    Membership.objects.filter(server=server_id, user__in=users).bury()
    return Member.objects.filter(server=server_id, user__in=users).bury()
