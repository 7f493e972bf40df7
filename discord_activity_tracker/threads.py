"""Messages as they hang together: what hangs on each of them, threads, and chains of replies.

A reply answers one message, so the replies that hang together are a tree, and its root names it. A message
that was removed still holds together those that answered it; it is not said any more.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TypeVar

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from discord_activity_tracker.conf import DiscordSettings
from discord_activity_tracker.models import Attachment, Channel, Member, Message, Reaction, User

SITE = "https://discord.com/channels"
EPOCH, SHIFT = dt.datetime(2015, 1, 1, tzinfo=dt.UTC), 22
REPLY, THREAD_STARTER = 19, 21
BATCH = 200  # chains or threads that a statement reads
T = TypeVar("T")


@dataclass(slots=True)
class Said:
    """A message with what hangs on it. answered: what it replies to, gone or not."""

    message: Message
    author: str
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    reactions: list[Reaction] = field(default_factory=list[Reaction])
    answered: "Said | None" = None


def public_channels() -> "QuerySet[Channel]":
    """Channels and threads whose Markdown is published and whose documents are public, the gone ones too."""
    chosen = DiscordSettings.current().public_channel_ids
    if not chosen:
        return Channel.objects.filter(is_public=True)
    below = Q(parent_id__in=chosen, kind__in=Channel.THREADS) & ~Q(kind=Channel.Kind.PRIVATE_THREAD)
    return Channel.objects.filter(Q(id__in=chosen) | below)


def messages_in(channel: Channel) -> "QuerySet[Message]":
    """All of them, those that are gone too."""
    return Message.objects.filter(channel=channel)


def permalink(server_id: int, channel_id: int, message_id: int | None = None) -> str:
    """Where a channel, or a message in it, is in Discord's client."""
    return f"{SITE}/{server_id}/{channel_id}" + (f"/{message_id}" if message_id else "")


def sent_at(message_id: int) -> dt.datetime:
    """https://docs.discord.com/developers/reference#snowflakes"""
    return EPOCH + dt.timedelta(milliseconds=message_id >> SHIFT)


def first_id(day: dt.date) -> int:
    """The lowest id that a message of this day (UTC) can have."""
    began = dt.datetime.combine(day, dt.time(), dt.UTC)
    return (began - EPOCH) // dt.timedelta(milliseconds=1) << SHIFT


def said(messages: Sequence[Message], server_id: int) -> list[Said]:
    """Return messages with all that hangs on them; five statements, however many they are."""
    wanted = {m.reference_message_id for m in messages if m.type in {REPLY, THREAD_STARTER}}
    answered = list(Message.objects.filter(pk__in=wanted - {None}))
    names = Names([*messages, *answered], server_id)
    parents = {message.pk: Said(message, names(message)) for message in answered}
    told = [
        Said(message, names(message), answered=parents.get(message.reference_message_id or 0))
        for message in messages
    ]
    by_id = {each.message.pk: each for each in told}
    for attachment in Attachment.objects.filter(message__in=by_id).order_by("message_id", "position"):
        by_id[_message_id(attachment)].attachments.append(attachment)
    for reaction in Reaction.objects.filter(message__in=by_id).order_by("message_id", "-count", "emoji"):
        by_id[_message_id(reaction)].reactions.append(reaction)
    return told


def _message_id(row: Attachment | Reaction) -> int:
    return row.message_id  # type: ignore[attr-defined,no-any-return] - Django adds it


class Names:
    """Return the names of messages' authors on their server: nickname, name, user name."""

    def __init__(self, messages: Iterable[Message], server_id: int) -> None:
        authors = {message.author_id for message in messages if not message.is_webhook}
        users = User.objects.filter(pk__in=authors)
        self._names = {user.pk: user.display_name for user in users}
        nicknames = Member.objects.filter(server=server_id, user__in=authors).exclude(nickname="")
        self._names |= dict(nicknames.values_list("user_id", "nickname"))

    def __call__(self, message: Message) -> str:
        return message.author_name or self._names.get(message.author_id) or "somebody"


def written() -> "QuerySet[Message]":
    """Select what somebody wrote and is still there: not what Discord itself says, or in its name."""
    discord = User.objects.filter(is_system=True)
    there = Message.objects.live().filter(is_system=False)
    return there.exclude(author_id__in=discord.values("pk"))


def thread_messages(thread: Channel) -> list[Message]:
    """Select the messages of a thread, and the one that it was started from, which has its id."""
    return list(written().filter(Q(channel=thread) | Q(pk=thread.pk)).order_by("pk"))


def roots(channel: Channel) -> "QuerySet[Message]":
    """The messages that chains of a channel begin with, gone or not."""
    return messages_in(channel).filter(Exists(_replies())).exclude(_answers())


def loose(channel: Channel) -> "QuerySet[Message]":
    """Select the messages that neither answer nor were answered."""
    return written().filter(~Exists(_replies()), channel=channel).exclude(_answers())


def _replies() -> "QuerySet[Message]":
    return Message.objects.filter(
        reference_message_id=OuterRef("pk"), channel=OuterRef("channel"), type=REPLY, pk__gt=OuterRef("pk")
    )


def _answers() -> Q:
    """Whether a message answers one that is stored."""
    parents = Message.objects.filter(
        pk=OuterRef("reference_message_id"), channel=OuterRef("channel"), pk__lt=OuterRef("pk")
    )
    return Q(Exists(parents), type=REPLY)


def roots_of(message_ids: Sequence[int]) -> dict[int, int]:
    """The root of the chain that each message is in; itself for one that answers nothing that is stored."""
    with connection.cursor() as cursor:
        cursor.execute(_UP, {"ids": list(message_ids), "reply": REPLY})
        return dict(cursor.fetchall())


def chains(root_ids: Sequence[int]) -> Iterator[tuple[int, int, list[Message]]]:
    """Each root with the length of its chain, and what was written in it and is still there, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_DOWN, {"ids": list(root_ids), "reply": REPLY})
        members: list[tuple[int, int]] = cursor.fetchall()
    rows = {message.pk: message for message in written().filter(pk__in=[number for _, number in members])}
    for root, group in groupby(members, key=lambda member: member[0]):
        chain = [number for _, number in group]
        yield root, len(chain), [rows[number] for number in chain if number in rows]


def batches(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Lists of at most so many."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


# A reply is younger than what it answers, so no chain is a ring.
_UP = """
    WITH RECURSIVE up (start, id, channel_id, parent) AS (
        SELECT id, id, channel_id, CASE WHEN type = %(reply)s THEN reference_message_id END
        FROM discord_activity_tracker_message WHERE id = ANY(%(ids)s)
      UNION ALL
        SELECT up.start, m.id, m.channel_id, CASE WHEN m.type = %(reply)s THEN m.reference_message_id END
        FROM up JOIN discord_activity_tracker_message m
          ON m.id = up.parent AND m.channel_id = up.channel_id AND m.id < up.id
    )
    SELECT start, min(id) FROM up GROUP BY start
"""
_DOWN = """
    WITH RECURSIVE down (root, id, channel_id) AS (
        SELECT id, id, channel_id FROM discord_activity_tracker_message WHERE id = ANY(%(ids)s)
      UNION ALL
        SELECT down.root, m.id, m.channel_id
        FROM down JOIN discord_activity_tracker_message m
          ON m.reference_message_id = down.id AND m.channel_id = down.channel_id
         AND m.type = %(reply)s AND m.id > down.id
    )
    SELECT root, id FROM down ORDER BY root, id
"""
