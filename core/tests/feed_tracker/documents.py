"""Entries as search documents: one for each entry."""

from collections.abc import Iterator

from core.registry import Document, GoneDocument
from core.tests.feed_tracker.models import Entry


class EntryDocuments:
    version = "1"

    def documents(self, *, since: int | None = None) -> Iterator[Document | GoneDocument]:
        for one in Entry.objects.filter(changed_in__gte=since or 0).order_by("pk"):
            key = f"feed:{one.feed}:{one.entry_id}"
            text = f"{one.title}\n\n{one.text}"
            told = Document(key, text, title=one.title, visibility="public", author=one.author, url=one.url)
            yield GoneDocument(key) if one.removed_at else told
