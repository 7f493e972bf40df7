"""Entries as search documents."""

from collections.abc import Iterator

from core.registry import Document, GoneDocument
from core.tests.feed_tracker.models import Entry


class EntryDocuments:
    """One document for each entry."""

    def documents(self, *, since: int | None = None) -> Iterator[Document | GoneDocument]:
        entries = Entry.objects.order_by("pk")
        for entry in entries if since is None else entries.filter(changed_in__gte=since):
            doc_id = f"feed:{entry.feed}:{entry.entry_id}"
            about = {"url": entry.url, "title": entry.title, "author": entry.author}
            text = f"{entry.title}\n\n{entry.text}"
            yield GoneDocument(doc_id) if entry.removed_at else Document(doc_id, text, about)
