"""Entries as search documents, one for each."""

from collections.abc import Iterator

from core.registry import Document, GoneDocument
from core.tests.feed_tracker.models import Entry


class EntryDocuments:
    def documents(self, *, since: int | None = None) -> Iterator[Document | GoneDocument]:
        for entry in Entry.objects.filter(changed_in__gte=since or 0).order_by("pk"):
            doc_id = f"feed:{entry.feed}:{entry.entry_id}"
            about = {"title": entry.title, "author": entry.author, "url": entry.url}
            said = f"{entry.title}\n\n{entry.text}"
            document = Document(doc_id, said, visibility="public", happened_at=entry.published_at, **about)
            yield GoneDocument(doc_id) if entry.removed_at else document
