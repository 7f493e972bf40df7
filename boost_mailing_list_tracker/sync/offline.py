"""Loading without the network: the archive again, and mbox files of original mails."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.parsing import (
    canonical_export_bytes,
    entry_of_original,
    gunzip,
    iter_mbox,
    message_id_hash,
    parse_email_detail,
    parse_listing_item,
    parse_message,
)
from boost_mailing_list_tracker.protocol_impl import ListingItem, MailMessage, Origin, RawMail
from boost_mailing_list_tracker.services import (
    link_threads,
    save_bodies,
    save_listing,
    save_originals,
    save_unlisted,
    tombstone,
)
from boost_mailing_list_tracker.sync.exports import batches, too_big
from boost_mailing_list_tracker.sync.session import BODY, DETAIL, EXPORT, LISTING, ORIGINAL, ListSession
from core import archive
from core.archive import ArchivedItem
from core.errors import InvalidInput
from core.items import understood
from core.json_text import parse_json
from core.pages import Page

CHUNK = 256 * 1024  # bytes
PAGE_ITEMS = 200
MBOX_EXPECTED = "give an mbox file: each mail begins with a `From ` line"


def replay_archive(session: ListSession) -> None:
    """Load the archive of a list again, poorest bodies first, so that the richest of each message stays.

    An item that cannot be parsed goes to quarantine alone. Where the entry of the listing is such an item,
    the mail itself makes the message's row, as that of a mail that no listing speaks of, until the next run
    with the network.
    """
    removed: set[str] = set()
    _replay(session, LISTING, partial(_load_listing, removed))
    _replay(session, DETAIL, _body_loader(DETAIL, Message.BodySource.API, _parse_detail))
    _replay(session, EXPORT, _body_loader(EXPORT, Message.BodySource.EXPORT, _parse_exported))
    _replay(session, ORIGINAL, _load_originals)
    if session.row.pk:
        with session.page() as page:
            page.count("messages_removed", tombstone(session.row, removed))
        _link_threads(session)


def import_mbox(session: ListSession, path: Path, seen: set[str]) -> None:
    """Import original mails from a file, plain or gz. Raises InvalidInput when it is not readable as one.

    `seen` are the Message-ID hashes that the import has met so far. As in HyperKitty the first mail of a
    Message-ID counts; another one that says something else is set aside.
    """
    limit = session.settings.mailing_list_max_message_mb * 1024 * 1024
    done = 0
    if path.exists() and not path.is_file():
        raise InvalidInput(f"{path} is not a file", remedy=MBOX_EXPECTED)
    try:
        with path.open("rb") as file:
            chunks = iter(lambda: file.read(CHUNK), b"")
            for batch in batches(iter_mbox(gunzip(chunks), max_message_bytes=limit)):
                _require_mail(batch[0], path)
                _save_originals(session, batch, seen)
                done += len(batch)
                session.collector.progress.update(path.name, done)
    except OSError as error:
        raise InvalidInput(
            f"cannot read {path}: {error.strerror}", remedy="check the path given to --mbox"
        ) from error
    _link_threads(session)
    if not done:
        raise InvalidInput(f"{path} holds no mail", remedy=MBOX_EXPECTED)


def _require_mail(first: RawMail, path: Path) -> None:
    """A file may also be a single mail without a `From ` line; anything else without one is no mail."""
    if not first.unixfrom and not understood(_parse_original, first).author_address:
        raise InvalidInput(f"{path} holds no mail", remedy=MBOX_EXPECTED)


def _save_originals(session: ListSession, batch: list[RawMail], seen: set[str]) -> None:
    firsts: dict[str, tuple[RawMail, MailMessage]] = {}
    bad: list[tuple[str, str, RawMail, Exception]] = []
    for raw in batch:
        content_hash = hashlib.sha256(raw.raw).hexdigest()
        try:
            mail = understood(_parse_original, raw)
        except InvalidInput as error:
            bad.append((ORIGINAL, content_hash, raw, error))
            continue
        item_hash = message_id_hash(mail.message_id)
        if raw.oversized:
            bad.append((BODY, item_hash, raw, too_big(raw)))
        elif item_hash not in seen:
            seen.add(item_hash)
            firsts[item_hash] = (raw, mail)
        elif not _say_the_same(
            mail, firsts[item_hash][1] if item_hash in firsts else _kept(session, item_hash)
        ):
            bad.append((ORIGINAL, f"{item_hash} {content_hash[:16]}", raw, _second_of(mail.message_id)))
    with session.page() as page:
        if session.row.pk is None:
            session.row.save()
        page.archive(
            ORIGINAL, {item_hash: canonical_export_bytes(raw) for item_hash, (raw, _) in firsts.items()}
        )
        entries = _with_entries(session, [mail for _, mail in firsts.values()])
        saved = save_originals(session.row, entries, session.client.base_url)
        page.saved("messages", BODY, saved, key="message_id_hash")
        page.resolve(BODY, firsts)
        for kind, external_id, raw, error in bad:
            page.quarantine(kind, external_id, raw.raw, error)


def _kept(session: ListSession, item_hash: str) -> MailMessage | None:
    """The original that an earlier page of the import has archived."""
    versions = list(archive.versions(session.collector.name, session.name, ORIGINAL, [item_hash]))
    return _parse_mbox(versions[-1].body, "mbox") if versions else None


def _say_the_same(mail: MailMessage, other: MailMessage | None) -> bool:
    """Whether two mails of one Message-ID are one mail, which came here on two ways."""
    return other is not None and (mail.author_address, mail.subject, mail.sent_at, mail.body) == (
        other.author_address,
        other.subject,
        other.sent_at,
        other.body,
    )


def _second_of(message_id: str) -> InvalidInput:
    return InvalidInput(
        f"another mail of this import has the Message-ID {message_id[:100]}, too, and says something else",
        remedy="the first one counts, as in HyperKitty; import a file that holds the right one alone",
    )


def _with_entries(session: ListSession, mails: list[MailMessage]) -> list[tuple[ListingItem, MailMessage]]:
    return [(entry_of_original(mail, session.name), mail) for mail in mails]


def _link_threads(session: ListSession) -> None:
    with session.page() as page:
        page.count("messages_linked", link_threads(session.row))


def _replay(
    session: ListSession, kind: str, load: Callable[[ListSession, Page, list[ArchivedItem]], None]
) -> None:
    after = ""
    while items := archive.replay(session.collector.name, session.name, kind, after=after, limit=PAGE_ITEMS):
        with session.page() as page:
            if session.row.pk is None:
                session.row.save()
            load(session, page, items)
        after = items[-1].external_id


def _load_listing(removed: set[str], session: ListSession, page: Page, items: list[ArchivedItem]) -> None:
    """Load entries; what is absent is added to `removed`."""
    absent = {item.external_id for item in items if item.absent}
    stored = Message.objects.filter(mailing_list=session.row, message_id_hash__in=absent)
    kept = set(stored.values_list("message_id_hash", flat=True))
    wanted = [item for item in items if item.external_id not in kept]
    entries = page.parsed(
        LISTING, wanted, lambda item: parse_listing_item(parse_json(item.body), session.name)
    )
    saved = save_listing(session.row, entries, session.client.base_url)
    page.saved("messages", LISTING, saved, key="message_id_hash")
    page.count("messages_removed", tombstone(session.row, absent))
    removed |= absent


def _body_loader(
    kind: str, source: str, parse: Callable[[bytes], MailMessage]
) -> Callable[[ListSession, Page, list[ArchivedItem]], None]:
    def load(session: ListSession, page: Page, items: list[ArchivedItem]) -> None:
        mails = dict(page.parsed(kind, items, lambda item: (item.external_id, parse(item.body))))
        _add_unlisted(session, page, mails)
        saved = save_bodies(session.row, mails, source)
        page.saved("bodies", BODY, saved, key="message_id_hash")

    return load


def _add_unlisted(session: ListSession, page: Page, mails: dict[str, MailMessage]) -> None:
    """Make rows for mails whose entry of the listing could not be loaded."""
    stored = Message.objects.filter(mailing_list=session.row, message_id_hash__in=list(mails))
    unknown = mails.keys() - set(stored.values_list("message_id_hash", flat=True))
    entries = [
        replace(entry_of_original(mails[each], session.name), message_id_hash=each, thread_id=each)
        for each in sorted(unknown)
    ]
    saved = save_unlisted(session.row, entries, session.client.base_url)
    page.saved("messages", LISTING, saved, key="message_id_hash")


def _load_originals(session: ListSession, page: Page, items: list[ArchivedItem]) -> None:
    mails = page.parsed(ORIGINAL, items, lambda item: _parse_mbox(item.body, "mbox"))
    saved = save_originals(session.row, _with_entries(session, mails), session.client.base_url)
    page.saved("messages", BODY, saved, key="message_id_hash")


def _parse_original(raw: RawMail) -> MailMessage:
    return parse_message(raw, origin="mbox")


def _parse_detail(body: bytes) -> MailMessage:
    return parse_email_detail(parse_json(body))


def _parse_exported(body: bytes) -> MailMessage:
    return _parse_mbox(body, "export")


def _parse_mbox(body: bytes, origin: Origin) -> MailMessage:
    """An archived mail, which is an mbox of one message."""
    (mail,) = iter_mbox([body], max_message_bytes=len(body))
    return parse_message(mail, origin=origin)
