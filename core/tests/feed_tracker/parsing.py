"""JSON Feed 1.1 as records; pure functions. https://www.jsonfeed.org/version/1.1/"""

from collections.abc import Mapping
from typing import Any

from core.payloads import PayloadFields
from core.tests.feed_tracker.protocol_impl import EntryRecord


def parse_entry(payload: Mapping[str, Any]) -> EntryRecord:
    """Return an item's record. Raises InvalidInput for one without an id or with a field of another type."""
    fields = PayloadFields(payload)
    if "id" not in payload:
        raise fields.missing("id")
    names = ("url", "title", "content_text", "content_html")
    text = {name: fields.as_text(name, payload.get(name) or "") for name in names}
    authors = fields.as_list("authors", payload.get("authors") or [])
    published = payload.get("date_published")
    return EntryRecord(
        # A number is to be read as the text that it is.
        entry_id=str(payload["id"]),
        url=text["url"],
        title=text["title"],
        text=text["content_text"] or text["content_html"],
        author=", ".join(str(fields.below("authors", each).payload.get("name") or "") for each in authors),
        published_at=fields.as_moment("date_published", published) if published else None,
    )
