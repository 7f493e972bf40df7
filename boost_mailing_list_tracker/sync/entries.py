"""Entries of the listing: saved, asked for one by one, and found gone."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from boost_mailing_list_tracker.parsing import parse_email_detail, parse_listing_item
from boost_mailing_list_tracker.protocol_impl import ListingItem, MailMessage
from boost_mailing_list_tracker.services import save_listing, tombstone
from boost_mailing_list_tracker.sync.session import BODY, LISTING, ListSession
from core.errors import InvalidInput, SourceError
from core.items import understood
from core.json_text import canonical_json, json_bytes
from core.pages import Page

Raw = Mapping[str, Any]


def save_entries(session: ListSession, page: Page, entries: Sequence[tuple[ListingItem, Raw]]) -> None:
    """Archive and save entries, and take them out of quarantine."""
    page.archive(LISTING, {item.message_id_hash: understood(listing_payload, raw) for item, raw in entries})
    saved = save_listing(session.row, [item for item, _ in entries], session.client.base_url)
    page.saved("messages", LISTING, saved, key="message_id_hash")
    page.resolve(LISTING, [item.message_id_hash for item, _ in entries])


def parse_entry(session: ListSession, raw: Raw) -> ListingItem:
    """An entry of the listing, which can also be archived. Raises InvalidInput for any other."""

    def parse(payload: Raw) -> ListingItem:
        item = parse_listing_item(payload, session.name)
        listing_payload(payload)
        return item

    return understood(parse, raw)


def fetch_entry(session: ListSession, item_hash: str) -> ListingItem | None:
    """Ask for one entry by its hash and save it; one that cannot be parsed or saved is quarantined (None).

    Raises NotFound when the archive does not have it.
    """
    raw = session.client.detail(session.name, item_hash)
    with session.page() as page:
        try:
            item = parse_entry(session, raw)
        except InvalidInput as error:
            page.quarantine(LISTING, item_hash, json_bytes(raw), error)
            return None
        save_entries(session, page, [(item, raw)])
        refused = page.has_set_aside(LISTING, item.message_id_hash)
    return None if refused else item


def fetch_detail(session: ListSession, item_hash: str) -> tuple[bytes, MailMessage]:
    """One message as the API gives it: for the archive, and parsed.

    Raises NotFound when it is gone, SourceError for another message.
    """
    payload = session.client.detail(session.name, item_hash)
    body, mail = understood(lambda raw: (_leaf(raw, VOLATILE), parse_email_detail(raw)), payload)
    if payload["message_id_hash"] != item_hash:
        raise SourceError(f"the archive was asked for {item_hash} and gave another message")
    return body, mail


def mark_removed(session: ListSession, item_hash: str) -> None:
    """The archive no longer has a message: its content stays, with the time when that was found."""
    with session.page() as page:
        page.archive(LISTING, {item_hash: None})
        page.count("messages_removed", tombstone(session.row, [item_hash]))
        for kind in (LISTING, BODY):
            page.resolve(kind, [item_hash])


def listing_payload(item: Raw) -> bytes:
    """A listing entry for the archive; the same when it came with the whole message."""
    return _leaf(item, VOLATILE | DETAIL_ONLY)


def _leaf(item: Raw, without: frozenset[str]) -> bytes:
    leaf = {key: _without_host(value) for key, value in item.items() if key not in without}
    return canonical_json(leaf)


def _without_host(value: Any) -> Any:
    """A link as a path: which host and scheme it names depends on the proxy that was asked."""
    try:
        return urlsplit(value).path if isinstance(value, str) and LINK.match(value) else value
    except ValueError:
        return value  # no link after all


LINK = re.compile("https?://[^/]+/.*/api/")
VOLATILE = frozenset({"children", "votes"})  # change with what others do
DETAIL_ONLY = frozenset({"content", "attachments"})
