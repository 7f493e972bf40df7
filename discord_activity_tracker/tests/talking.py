"""Rows of a server in which somebody talks, with the numbers of changes under control."""

import datetime as dt
import itertools
from typing import Any

from discord_activity_tracker.models import Attachment, Channel, Member, Message, Reaction, Server, User

SERVER = 7
START = dt.datetime(2025, 3, 1, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
EPOCH = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)
_changes = itertools.count(1)


def change_number() -> int:
    """Of a change, or the mark of this moment: more with every call."""
    return next(_changes)


def id_at(minute: float, where: int = 10) -> int:
    """The id of a message that is sent in a channel so many minutes after the start."""
    milliseconds = (START + minute * MINUTE - EPOCH) // dt.timedelta(milliseconds=1)
    return (milliseconds << 22) + (where - 10) % 1000


def server() -> Server:
    """With two people and a bot."""
    fields = {"name": "C++ & Boost", "owner_id": 1, "changed_in": change_number()}
    found, is_new = Server.objects.get_or_create(pk=SERVER, defaults=fields)
    if is_new:
        User.objects.create(pk=1, username="ada", global_name="Ada Müller", changed_in=change_number())
        User.objects.create(pk=2, username="bjarne_b", changed_in=change_number())
        User.objects.create(pk=3, username="eval-bot", is_bot=True, changed_in=change_number())
        Member.objects.create(server=found, user_id=2, nickname="Bjarne [he]", changed_in=change_number())
    return found


def channel(number: int = 10, name: str = "general", **fields: Any) -> Channel:
    """A public text channel unless said otherwise."""
    told = {"kind": Channel.Kind.TEXT, "is_public": True, "created_at": START, "changed_in": change_number()}
    return Channel.objects.create(pk=number, server=server(), name=name, **told | fields)


def say(where: Channel, minute: float, text: str = "", *, to: int | None = None, **fields: Any) -> Message:
    """A message. to: the minute of the one that it answers."""
    number = id_at(minute, where.pk)
    told: dict[str, Any] = {
        "type": 0,
        "author_id": 1,
        "sent_at": START + minute * MINUTE,
        "content": text,
        "plain_text": text or f"what was said in minute {minute}",
        "changed_in": change_number(),
    }
    if to is not None:
        told |= {
            "type": 19,
            "reference_type": 0,
            "reference_message_id": id_at(to, where.pk),
            "reference_channel_id": where.pk,
        }
    return Message.objects.create(pk=number, channel=where, **told | fields)


def change(message: Message, **fields: Any) -> None:
    """The message, later."""
    Message.objects.filter(pk=message.pk).update(changed_in=change_number(), **fields)


def remove(message: Message) -> None:
    change(message, removed_at=START)


def attach(message: Message, name: str = "crash.log", **fields: Any) -> Attachment:
    """A file."""
    url = f"https://cdn.discordapp.com/attachments/10/5/{name}"
    told = {"attachment_id": 5, "position": 0, "size": 2048, "url": url} | fields
    return Attachment.objects.create(message=message, filename=name, **told)


def react(message: Message, emoji: str, count: int) -> Reaction:
    return Reaction.objects.create(message=message, emoji=emoji, name=emoji, count=count)
