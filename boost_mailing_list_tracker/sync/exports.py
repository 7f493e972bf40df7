"""What the mbox export holds: mails in batches, and which listed message each of them is."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.parsing import export_message_id
from boost_mailing_list_tracker.protocol_impl import MailMessage, RawMail
from core.errors import CollectorError, InvalidInput

PAGE_MESSAGES = 200  # per transaction,
PAGE_BYTES = 8 * 1024 * 1024  # or as many as this


@dataclass(frozen=True, slots=True)
class Exported:
    """A mail of an export, as it came and as it was understood."""

    raw: RawMail
    mail: MailMessage


def dated(rows: "QuerySet[Message]", start: dt.date, end: dt.date) -> "QuerySet[Message]":
    return rows.filter(date__gte=_midnight(start), date__lt=_midnight(end))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


def join_keys(rows: "QuerySet[Message]") -> dict[str, tuple[str, dt.datetime]]:
    """What the export calls a message -> its hash and date; two of one name have no hash: `_fetch_one`."""
    found: dict[str, tuple[str, dt.datetime]] = {}
    for message_id, item_hash, date in rows.values_list("message_id", "message_id_hash", "date").iterator():
        key = export_message_id(message_id)
        found[key] = ("" if key in found else item_hash, date)
    return found


def is_dated(mail: MailMessage, date: dt.datetime | None) -> bool:
    """Whether it is the listed mail and not one of the same name in the export that the listing did not show.

    HyperKitty's own clock, for mails without a date, has fractions of a second.
    """
    return mail.sent_at is None or date is None or bool(date.microsecond) or mail.sent_at == date


def batches(mails: Iterable[RawMail]) -> Iterator[list[RawMail]]:
    """Pages of mails; what came whole before the stream broke is still yielded."""
    batch: list[RawMail] = []
    size = 0
    try:
        for mail in mails:
            batch.append(mail)
            size += len(mail.raw)
            if len(batch) >= PAGE_MESSAGES or size >= PAGE_BYTES:
                yield batch
                batch, size = [], 0
    except CollectorError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def too_big(raw: RawMail) -> InvalidInput:
    return InvalidInput(
        f"the mail has {raw.size} bytes, more than MAILING_LIST_MAX_MESSAGE_MB allows",
        remedy="raise that setting and run with --retry-quarantined",
    )
