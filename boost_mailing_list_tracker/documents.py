"""Threads as search documents: who said what, in order, without quotes and signatures."""

from collections.abc import Iterator
from typing import cast

from django.db.models import Max, QuerySet

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.protocol_impl import Segment, SegmentKind, text_of
from core.registry import Document, GoneDocument

SOURCE = "mailing_list"
# Pinecone takes at most 40 KB of metadata a document; a thread's ids are the only part that grows.
SOURCE_IDS_KEPT = 500


class ThreadDocuments:
    """One document per thread of a list."""

    version = "1"

    def documents(self, *, since: int | None = None) -> Iterator[Document | GoneDocument]:
        """Threads with a message changed since that mark, or all; an emptied thread has no document."""
        threads = Message.objects.values("mailing_list__name", "thread_id")
        threads = threads.annotate(changed=Max("changed_in"))
        if since is not None:
            threads = threads.filter(changed__gte=since)
        for thread in threads.order_by("mailing_list__name", "thread_id").iterator():
            list_name, thread_id = thread["mailing_list__name"], thread["thread_id"]
            document = document_for_thread(list_name, thread_id)
            if document is not None:
                yield document
            elif since is not None:
                yield GoneDocument(_id(list_name, thread_id))


def document_for_thread(list_name: str, thread_id: str) -> Document | None:
    """The document of a thread; None when no message of it has a body (yet, or any more)."""
    messages = list(_messages(list_name, thread_id))
    if not messages:
        return None
    first = next((message for message in messages if message.message_id_hash == thread_id), messages[0])
    return Document(
        doc_id=_id(list_name, thread_id),
        text="\n\n".join([first.subject_normalized, *map(_said, messages)]),
        title=first.subject_normalized,
        visibility="public",
        author=first.author_name,
        url=first.permalink,
        happened_at=first.date,
        libraries=tuple(sorted({tag for message in messages for tag in message.library_tags})),
        metadata={
            "type": SOURCE,
            "thread_id": thread_id,
            "parent_id": first.parent_hash or "",
            "source_ids": [message.message_id_hash for message in messages][:SOURCE_IDS_KEPT],
            "list_name": list_name,
        },
    )


def _id(list_name: str, thread_id: str) -> str:
    return f"{SOURCE}:{list_name}:{thread_id}"


def _messages(list_name: str, thread_id: str) -> QuerySet[Message]:
    return Message.objects.filter(
        mailing_list__name=list_name, thread_id=thread_id, removed_at__isnull=True, body__isnull=False
    ).order_by("date", "message_id_hash")


def _said(message: Message) -> str:
    segments = [Segment(cast("SegmentKind", kind), start, end) for kind, start, end in message.segments or []]
    return f"{message.author_name}, {message.date:%Y-%m-%d}:\n{text_of(message.body or '', segments).strip()}"
