"""Saving who is in a channel, and the differences that no message tells of."""

from collections.abc import Iterable, Sequence

from django.db.models import Count

from core.store import Upserted, upsert
from cppa_slack_tracker.models import Channel, ChannelMember, MembershipEvent
from cppa_slack_tracker.protocol_impl import MembershipRecord
from cppa_slack_tracker.services.rows import values_of

LISTED = "list-"


def save_members(channel: Channel, user_ids: Iterable[str]) -> Upserted:
    rows = [ChannelMember(channel=channel, user_id=user_id) for user_id in user_ids]
    return upsert(ChannelMember, rows, key=("channel", "user_id"))


def save_events(channel: Channel, records: Iterable[MembershipRecord]) -> Upserted:
    """Add rows to the log; one that is there stays as it is."""
    rows = [MembershipEvent(channel=channel, **values_of(record)) for record in records]
    return upsert(MembershipEvent, rows, key=("channel", "user_id", "ts"), update=())


def are_known(channel: Channel) -> bool:
    """Tell whether anybody was ever seen in a channel."""
    return ChannelMember.objects.filter(channel=channel).exists()


def untold_changes(channel: Channel, joined: Sequence[str], left: Sequence[str]) -> list[dict[str, str]]:
    """Give what the log should say of these users, unless a message told of that very change.

    Call it before the members are saved: what was told before they last changed tells of another change.
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
    return [
        {"user": user, "ts": f"{LISTED}{numbers.get(user, 0) + 1}", "kind": kind.value}
        for user, kind in changes
        if told.get(user) != kind
    ]


def _last_told(channel: Channel, users: Sequence[str]) -> dict[str, str]:
    """Give what messages last told of each user, where that came after the user's row changed."""
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
