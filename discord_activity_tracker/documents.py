"""Search documents of what people wrote: threads and posts, chains of replies, and conversations.

A thread is one document, with the message that it was started from; so is a chain of replies in a channel.
What is left over in a channel is grouped by pauses of an hour. Those of channels that are not public are
private. Metadata: `type`, `channel_id`, `channel_name`, `server_id`, `server_name`, `is_reply_chain`,
`source_ids` (of messages).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.conversations import Former, LooseMessages
from core.registry import Document, GoneDocument
from discord_activity_tracker.conf import DiscordSettings
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.threads import (
    Said,
    batches,
    chains,
    loose,
    messages_in,
    permalink,
    public_channels,
    roots,
    roots_of,
    said,
    thread_messages,
)

SOURCE = "discord"
# Pinecone takes at most 40 KB of metadata a document; a conversation's ids are the only part that grows.
SOURCE_IDS_KEPT = 500
TOGETHER = 50  # documents that are read together
Found = Iterator[Document | GoneDocument]


@dataclass(frozen=True, slots=True)
class _Group:
    """The messages of a document. key: the one that names it; None for a thread, which has its own name."""

    messages: list[Message]
    key: int | None = None
    is_reply_chain: bool = False


class DiscordDocuments:
    """One document per thread, chain of replies and conversation."""

    @property
    def version(self) -> str:
        return f"1 {','.join(map(str, sorted(DiscordSettings.current().public_channel_ids)))}"

    def documents(self, *, since: int | None = None) -> Found:
        """Those with a message changed since that mark, and those that went; without one, all.

        What a person is called reaches a document when a message in it changes.
        """
        if since is None:
            for channel in _ordered(Channel.objects.live()):
                yield from _all_of(channel)
            return
        for channel in _ordered(Channel.objects.filter(_has_news(since))):
            news = _changed(channel, since)
            named_in = max(channel.changed_in, channel.server.changed_in)
            if named_in >= since and channel.removed_at is None:
                # Another name, its own or the server's, or another visibility is in all of its documents.
                yield from _all_of(channel)
                news = (each for each in news if isinstance(each, GoneDocument))
            yield from news


def _ordered(channels: "QuerySet[Channel]") -> Iterator[Channel]:
    is_shown = Exists(public_channels().filter(pk=OuterRef("pk")))
    told = channels.annotate(is_shown=is_shown).select_related("server")
    return told.order_by("server_id", "pk").iterator()


def _has_news(since: int) -> Q:
    messages = Message.objects.filter(channel=OuterRef("pk"), changed_in__gte=since)
    # A thread shows the message that it was started from.
    starters = Message.objects.filter(pk=OuterRef("pk"), changed_in__gte=since)
    named = Q(changed_in__gte=since) | Q(server__changed_in__gte=since)
    return Q(Exists(messages)) | Q(Exists(starters)) | named


def _all_of(channel: Channel) -> Iterator[Document]:
    if channel.is_thread:
        yield from _thread(channel)
        return
    for batch in batches(roots(channel).order_by("pk").values_list("pk", flat=True).iterator()):
        yield from (each for each in _chains(channel, batch) if isinstance(each, Document))
    conversations = LooseMessages(loose(channel), key="id").conversations()
    yield from _documents(channel, (_Group(each, each[0].pk) for each in conversations))


def _changed(channel: Channel, since: int) -> Found:
    if channel.is_thread:
        yield from _thread(channel) or [GoneDocument(_doc_id(channel))]
        return
    changed = messages_in(channel).filter(changed_in__gte=since).order_by("pk")
    rooted: set[int] = set()
    for batch in batches(changed.values_list("pk", flat=True).iterator()):
        yield from _of_chains(channel, batch, rooted)
    keys = _neighbours(channel, Q(changed_in__gte=since))
    for batch in batches(LooseMessages(loose(channel), key="id").changed(keys), TOGETHER):
        conversations = [_Group(each, each[0].pk) for each in batch if not isinstance(each, Former)]
        yield from _documents(channel, conversations)
        former = {each.key for each in batch if isinstance(each, Former)}
        former -= set(roots(channel).filter(pk__in=former).values_list("pk", flat=True))
        yield from (GoneDocument(_doc_id(channel, number)) for number in sorted(former))


def _of_chains(channel: Channel, changed: Sequence[int], told: set[int]) -> Found:
    """The chains that these messages are in. told: roots of chains that were yielded, kept up."""
    roots_now = roots_of(list(_neighbours(channel, Q(pk__in=changed))))
    named = sorted(set(roots_now.values()) - told)
    told.update(named)
    yield from _chains(channel, named)
    # What a message that came late joined to another chain does not begin one any more.
    for number in sorted(roots_now):
        if roots_now[number] != number:
            yield GoneDocument(_doc_id(channel, number))


def _neighbours(channel: Channel, which: Q) -> Iterator[int]:
    """Ids of messages, of what they answer, and of what answers them: what may have changed its chain."""
    there = messages_in(channel).filter(which)
    answered = messages_in(channel).filter(pk__in=there.values("reference_message_id"))
    answers = messages_in(channel).filter(reference_message_id__in=there.values("pk"))
    # A union of three looks up what it needs; one condition with OR would read the whole channel.
    ids = [each.values_list("id", flat=True) for each in (there, answered, answers)]
    return ids[0].union(*ids[1:]).order_by("id").iterator()


def _thread(channel: Channel) -> list[Document]:
    """Its document, unless nothing is left of it."""
    messages = [] if channel.removed_at else thread_messages(channel)
    return list(_documents(channel, [_Group(messages)])) if messages else []


def _chains(channel: Channel, root_ids: Sequence[int]) -> Found:
    """A chain of one message is none: whoever answers nothing and is not answered is loose."""
    groups: list[_Group] = []
    for root, length, there in chains(root_ids):
        if length > 1 and there:
            groups.append(_Group(there, root, is_reply_chain=True))
        elif length > 1:
            yield GoneDocument(_doc_id(channel, root))
    yield from _documents(channel, groups)


def _documents(channel: Channel, groups: Iterable[_Group]) -> Iterator[Document]:
    for batch in batches(groups, TOGETHER):
        together = [message for group in batch for message in group.messages]
        told = iter(said(together, channel.server.pk))
        for group in batch:
            yield _document(channel, group, list(islice(told, len(group.messages))))


def _document(channel: Channel, group: _Group, told: Sequence[Said]) -> Document:
    server = channel.server
    first = told[0]
    return Document(
        doc_id=_doc_id(channel, group.key),
        text="\n\n".join([f"{server.name} #{channel.name}", *(_line(each, channel) for each in told)]),
        title=f"#{channel.name}",
        visibility="public" if getattr(channel, "is_shown", False) else "private",
        author=first.author,
        url=permalink(server.pk, channel.pk, None if channel.is_thread else first.message.pk),
        happened_at=first.message.sent_at,
        metadata={
            "type": SOURCE,
            "channel_id": str(channel.pk),
            "channel_name": channel.name,
            "server_id": str(server.pk),
            "server_name": server.name,
            "is_reply_chain": group.is_reply_chain,
            "source_ids": [str(each.message.pk) for each in told][:SOURCE_IDS_KEPT],
        },
    )


def _doc_id(channel: Channel, message_id: int | None = None) -> str:
    parts = [SOURCE, channel.server.pk, channel.pk, *([] if message_id is None else [message_id])]
    return ":".join(map(str, parts))


def _line(each: Said, channel: Channel) -> str:
    """Who, when, where, what; files by their names."""
    message = each.message
    # The message that a thread was started from stands in another channel.
    link = permalink(channel.server.pk, message.channel_id, message.pk)  # type: ignore[attr-defined] - Django adds it
    files = [f"[{file.filename}]" for file in each.attachments]
    text = "\n".join(filter(None, [message.plain_text, *files]))
    return f"{each.author}, {message.sent_at.astimezone(dt.UTC):%Y-%m-%d %H:%M}, {link}:\n{text}"
