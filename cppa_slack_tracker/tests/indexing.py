"""A search index as a dict, made anew or kept in step."""

from core.registry import Document, GoneDocument
from cppa_slack_tracker.documents import SlackDocuments


def all_of() -> dict[str, Document]:
    """The index made anew."""
    found = list(SlackDocuments().documents())
    documents = {each.doc_id: each for each in found if isinstance(each, Document)}
    assert len(documents) == len(found)
    return documents


def follow(index: dict[str, Document], since: int) -> set[str]:
    """Keeps an index in step; returns the ids that were told to be gone."""
    gone: set[str] = set()
    written: set[str] = set()
    for each in SlackDocuments().documents(since=since):
        if isinstance(each, GoneDocument):
            gone.add(each.doc_id)
            index.pop(each.doc_id, None)
        else:
            assert each.doc_id not in written
            written.add(each.doc_id)
            index[each.doc_id] = each
    assert not gone & written  # whatever order a sink likes
    return gone
