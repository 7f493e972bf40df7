"""Loading without the network: the archive again, and mbox files of original mails."""

import hashlib
from pathlib import Path

from boost_mailing_list_tracker.parsing.identity import message_id_hash
from boost_mailing_list_tracker.parsing.mbox import gunzip, iter_mbox
from boost_mailing_list_tracker.parsing.messages import parse_message
from boost_mailing_list_tracker.protocol_impl import MailMessage, RawMail
from boost_mailing_list_tracker.services import link_threads
from boost_mailing_list_tracker.sync.exports import batches, too_big
from boost_mailing_list_tracker.sync.kinds import BODY, FoundMail
from boost_mailing_list_tracker.sync.session import ListSession
from core.archive import ArchivedItem
from core.collectors import replay
from core.errors import InvalidInput
from core.items import understood

CHUNK = 256 * 1024  # bytes
PAGE_ITEMS = 200
MBOX_EXPECTED = "give an mbox file: each mail begins with a `From ` line"


def replay_archive(session: ListSession) -> None:
    """Load the archive of a list again, poorest bodies first, so that the richest of each message stays.

    Where the entry of the listing cannot be used, the mail itself makes the message's row, as that of a mail
    that no listing speaks of, until the next run with the network.
    """
    removed: set[str] = set()

    def gone(item: ArchivedItem) -> bool:
        if item.absent:
            removed.add(item.external_id)
        return item.absent

    kinds = session.kinds
    # Entries first: whether a message was removed is said of its entry.
    order = (kinds.listing, kinds.detail, kinds.export, kinds.original)
    replay(session, session.row, order, gone=gone, page_items=PAGE_ITEMS)
    if session.row.pk:
        with session.page() as page:
            # Also those whose row only the mail has made.
            page.count("messages_removed", kinds.listing.mark_removed(session.row, sorted(removed)))
            page.count("messages_linked", link_threads(session.row))


class MboxImport:
    """An import of original mails into one list, file by file.

    As in HyperKitty the first mail of a Message-ID counts; another one that says something else is set aside.
    """

    def __init__(self, session: ListSession) -> None:
        self.session = session
        # Message-ID hash -> digest of what the first mail of it said.
        self._said: dict[str, bytes] = {}

    def read(self, path: Path) -> None:
        """Import a file, plain or gz. Raises InvalidInput when it is not readable as an mbox."""
        session = self.session
        limit = session.settings.mailing_list_max_message_mb * 1024 * 1024
        done = 0
        if path.exists() and not path.is_file():
            raise InvalidInput(f"{path} is not a file", remedy=MBOX_EXPECTED)
        try:
            with path.open("rb") as file:
                chunks = iter(lambda: file.read(CHUNK), b"")
                for batch in batches(iter_mbox(gunzip(chunks), max_message_bytes=limit)):
                    if not done and not _is_mail(batch[0]):
                        break
                    self._save(batch)
                    done += len(batch)
                    session.collector.progress.update(path.name, done)
        except OSError as error:
            raise InvalidInput(
                f"cannot read {path}: {error.strerror}", remedy="check the path given to --mbox"
            ) from error
        if not done:
            raise InvalidInput(f"{path} holds no mail", remedy=MBOX_EXPECTED)
        with session.page() as page:
            page.count("messages_linked", link_threads(session.row))

    def _save(self, batch: list[RawMail]) -> None:
        kind = self.session.kinds.original
        firsts: list[FoundMail] = []
        bad: list[tuple[str, str, RawMail, InvalidInput]] = []
        for raw in batch:
            content_hash = hashlib.sha256(raw.raw).hexdigest()
            try:
                mail = understood(_parse, raw)
            except InvalidInput as error:
                bad.append((kind.name, content_hash, raw, error))
                continue
            item_hash = message_id_hash(mail.message_id)
            if raw.oversized:
                bad.append((BODY, item_hash, raw, too_big(raw)))
                continue
            told = repr((mail.author_address, mail.subject, mail.sent_at, mail.body))
            said = hashlib.sha256(told.encode("utf-8", "backslashreplace")).digest()
            if item_hash not in self._said:
                self._said[item_hash] = said
                firsts.append(FoundMail(item_hash, raw, mail))
            elif self._said[item_hash] != said:
                name = f"{item_hash} {content_hash[:16]}"
                bad.append((kind.name, name, raw, _second_of(mail.message_id)))
        with self.session.page() as page:
            self.session.take_bodies(page, kind, firsts)
            for kind_name, external_id, raw, error in bad:
                page.quarantine(kind_name, external_id, raw.raw, error)


def _is_mail(first: RawMail) -> bool:
    """Tell whether a file holds mails: a single one needs no `From ` line, but then a From field."""
    return bool(first.unixfrom or understood(_parse, first).author_address)


def _parse(raw: RawMail) -> MailMessage:
    return parse_message(raw, origin="mbox")


def _second_of(message_id: str) -> InvalidInput:
    return InvalidInput(
        f"another mail of this import has the Message-ID {message_id[:100]}, too, and says something else",
        remedy="the first one counts, as in HyperKitty; import a file that holds the right one alone",
    )
