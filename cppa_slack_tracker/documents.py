"""Threads and loose conversations as search documents: who said what, when, and where to read it.

Those of private channels are private; direct messages have none. SLACK_INDEXED_CHANNELS can name the channels
that have documents. People are called as they were when the document was made: a new name alone makes no new
one.
"""

import re
from collections.abc import Iterator, Sequence

from django.db.models import F, Q, QuerySet

from core.conversations import Former, LooseMessages
from core.registry import Document, GoneDocument
from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.models import Channel, Message, User
from cppa_slack_tracker.protocol_impl import SILENT

SOURCE = "slack"
# Pinecone takes at most 40 KB of metadata a document; a conversation's ids are the only part that grows.
SOURCE_IDS_KEPT = 500
_MARK = re.compile(r"<([@#])([A-Z0-9]+)>")


class SlackDocuments:
    """One document per thread, and one per conversation outside threads: an hour without a word ends it."""

    @property
    def version(self) -> str:
        return f"1 {','.join(sorted(SlackTrackerSettings.current().indexed_channels))}"

    def documents(self, *, since: int | None = None) -> Iterator[Document | GoneDocument]:
        """Those with a message changed since that mark, and the ids of those that are no more; or all."""
        names: dict[int, dict[str, str]] = {}
        for channel in Channel.objects.select_related("workspace").order_by("pk"):
            of_channel = ChannelDocuments(channel, names.setdefault(channel.workspace.pk, {}))
            if since is None:
                yield from of_channel.all() if is_indexed(channel) else ()
            elif channel.changed_in >= since:
                # It may have got another name or visibility, or be gone.
                yield from of_channel.all() if is_indexed(channel) else of_channel.gone()
                yield from of_channel.ended(since)
            elif is_indexed(channel):
                yield from of_channel.changed(since)


def is_indexed(channel: Channel) -> bool:
    """Whether a channel has documents. One that nobody sees any more has none."""
    if channel.removed_at is not None or channel.kind in (Channel.Kind.DIRECT, Channel.Kind.GROUP_DIRECT):
        return False
    named = SlackTrackerSettings.current().indexed_channels
    return not named or channel.channel_id in named


class ChannelDocuments:
    """The documents of one channel. names: of people and channels of its workspace, as far as known."""

    def __init__(self, channel: Channel, names: dict[str, str]) -> None:
        self.channel = channel
        self.names = names
        self.prefix = f"{SOURCE}:{channel.workspace.team_id}:{channel.channel_id}"
        self.messages = Message.objects.filter(channel=channel).defer("blocks", "attachments", "text")
        self.talk = self.messages.live().exclude(subtype__in=SILENT).exclude(plain_text="")
        self.loose = LooseMessages(self.talk.filter(thread_ts__isnull=True), key="ts")

    def all(self) -> Iterator[Document]:
        for thread_ts in self._threads(self.talk):
            yield self._document(thread_ts, list(self._thread(thread_ts)), is_thread=True)
        for conversation in self.loose.conversations():
            yield self._document(conversation[0].ts, conversation, is_thread=False)

    def gone(self) -> Iterator[GoneDocument]:
        """Every document that the channel would have."""
        for ts in self._threads(self.talk):
            yield GoneDocument(f"{self.prefix}:{ts}")
        for conversation in self.loose.conversations():
            yield GoneDocument(f"{self.prefix}:{conversation[0].ts}")

    def ended(self, since: int) -> Iterator[GoneDocument]:
        """Those that are no more, whether the channel has documents or not."""
        for each in self.changed(since):
            if isinstance(each, GoneDocument):
                yield each

    def changed(self, since: int) -> Iterator[Document | GoneDocument]:
        changed = self.messages.filter(changed_in__gte=since)
        for thread_ts in self._threads(changed):
            said = list(self._thread(thread_ts))
            if said:
                yield self._document(thread_ts, said, is_thread=True)
            elif not self.talk.filter(ts=thread_ts).exists():  # else it is told with the loose ones
                yield GoneDocument(f"{self.prefix}:{thread_ts}")
        # A parent was loose until somebody answered it.
        loose = changed.filter(Q(thread_ts__isnull=True) | Q(thread_ts=F("ts"))).exclude(subtype__in=SILENT)
        for each in self.loose.changed(loose.order_by("ts").values_list("ts", flat=True).iterator()):
            if not isinstance(each, Former):
                yield self._document(each[0].ts, each, is_thread=False)
            elif not self._thread(each.key).exists():
                yield GoneDocument(f"{self.prefix}:{each.key}")

    def _threads(self, messages: QuerySet[Message]) -> Iterator[str]:
        """The threads that these belong to, by the ts of their parents."""
        threads = messages.filter(thread_ts__isnull=False).order_by("thread_ts").distinct("thread_ts")
        yield from threads.values_list("thread_ts", flat=True).iterator()

    def _thread(self, thread_ts: str) -> QuerySet[Message]:
        return self.talk.filter(thread_ts=thread_ts).order_by("ts")

    def _document(self, ts: str, messages: Sequence[Message], *, is_thread: bool) -> Document:
        """`ts` is of the thread's parent, which may be gone, or of the first message."""
        first = messages[0]
        self._learn_names(messages)
        return Document(
            doc_id=f"{self.prefix}:{ts}",
            text="\n\n".join(_said(message, self.names) for message in messages),
            title=f"#{self.channel.name}",
            visibility="public" if self.channel.kind == Channel.Kind.PUBLIC else "private",
            author=author_of(first, self.names),
            url=first.permalink,
            happened_at=first.sent_at,
            metadata={
                "type": SOURCE,
                "channel_id": self.channel.channel_id,
                "is_grouped": len(messages) > 1,
                "thread_ts": ts if is_thread else "",
                "group_size": len(messages),
                "team_id": self.channel.workspace.team_id,
                "source_ids": [message.ts for message in messages][:SOURCE_IDS_KEPT],
            },
        )

    def _learn_names(self, messages: Sequence[Message]) -> None:
        """Of those who wrote the messages or are named in them; "" for somebody that nobody knows."""
        meant = {found[2] for message in messages for found in _MARK.finditer(message.plain_text)}
        meant |= {message.user_id for message in messages if message.user_id}
        unknown = dict.fromkeys(meant - self.names.keys(), "")
        if not unknown:
            return
        workspace = self.channel.workspace
        for user in User.objects.filter(workspace=workspace, user_id__in=list(unknown)):
            unknown[user.user_id] = user.display_name or user.real_name or user.name
        # A public document does not tell what a private channel is called.
        named = Channel.objects.filter(workspace=workspace, channel_id__in=list(unknown))
        for channel in named.filter(kind=Channel.Kind.PUBLIC):
            unknown[channel.channel_id] = channel.name
        self.names.update(unknown)


def author_of(message: Message, names: dict[str, str]) -> str:
    """The name that an app gave itself, or the person's; an id where nobody knows a name."""
    return message.author_name or names.get(message.user_id or "") or message.user_id or message.bot_id or ""


def _said(message: Message, names: dict[str, str]) -> str:
    def called(mark: re.Match[str]) -> str:
        return f"{mark[1]}{names.get(mark[2]) or mark[2]}"

    text = _MARK.sub(called, message.plain_text)
    return f"{author_of(message, names)}, {message.sent_at:%Y-%m-%d %H:%M} UTC, {message.permalink}\n{text}"
