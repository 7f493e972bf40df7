"""Saving who is in a channel, and the differences that no message tells of."""

from collections.abc import Collection, Iterable, Sequence

from django.db.models import Count, QuerySet
from django.utils import timezone

from core.changes import Change
from core.store import upsert
from cppa_slack_tracker.models import Channel, ChannelMember, MembershipEvent
from cppa_slack_tracker.protocol_impl import MembershipRecord
from cppa_slack_tracker.services.messages import save_events

LISTED = "list-"


def differences(channel: Channel, listed: Collection[str]) -> tuple[list[str], list[str]]:
    """Users that the list has and the rows have not, and the other way round."""
    stored = set(live_members(channel).values_list("user_id", flat=True))
    return sorted(set(listed) - stored), sorted(stored - set(listed))


def live_members(channel: Channel) -> "QuerySet[ChannelMember]":
    return ChannelMember.objects.filter(channel=channel, removed_at__isnull=True)


def save_members(channel: Channel, user_ids: Iterable[str]) -> None:
    rows = [ChannelMember(channel=channel, user_id=user_id) for user_id in user_ids]
    upsert(ChannelMember, rows, key=("channel", "user_id"), update=("removed_at",))


def remove_members(channel: Channel, user_ids: Iterable[str]) -> int:
    now = timezone.now()
    live = live_members(channel).filter(user_id__in=list(user_ids))
    return live.update(removed_at=now, changed_in=Change())


def log_differences(channel: Channel, joined: Sequence[str], left: Sequence[str]) -> list[MembershipRecord]:
    """A row of the log for each, unless a message told of that very change; returns those.

    To be called before the members are saved: what was told before they last changed tells of another change.
    """
    users = [*joined, *left]
    events = MembershipEvent.objects.filter(channel=channel, user_id__in=users)
    rows = events.filter(ts__startswith=LISTED).values_list("user_id").annotate(Count("pk")).order_by()
    numbers = dict(rows)
    told = _last_told(channel, users)
    changes = [
        *((user, MembershipEvent.Kind.JOINED) for user in joined),
        *((user, MembershipEvent.Kind.LEFT) for user in left),
    ]
    records = [
        MembershipRecord(user_id=user, ts=f"{LISTED}{numbers.get(user, 0) + 1}", kind=kind)
        for user, kind in changes
        if told.get(user) != kind
    ]
    save_events(channel, records)
    return records


def _last_told(channel: Channel, users: Sequence[str]) -> dict[str, str]:
    """What messages last told of each user, where that came after the user's row changed."""
    members = ChannelMember.objects.filter(channel=channel, user_id__in=users)
    changed = dict(members.values_list("user_id", "changed_in"))
    events = MembershipEvent.objects.filter(channel=channel, user_id__in=users, happened_at__isnull=False)
    last = {
        user: (kind, told_in)
        for user, kind, told_in in events.order_by("ts").values_list("user_id", "kind", "changed_in")
    }
    return {
        user: kind for user, (kind, told_in) in last.items() if user not in changed or told_in > changed[user]
    }
