"""A raw mail to a `MailMessage`. No input makes it raise: what is wrong with a mail is in its defects."""

import re
from datetime import UTC, datetime

from boost_mailing_list_tracker.parsing.bodies import read_content
from boost_mailing_list_tracker.parsing.charsets import clean
from boost_mailing_list_tracker.parsing.headers import (
    Headers,
    decode_header,
    parse_address,
    parse_date,
    parse_ids,
)
from boost_mailing_list_tracker.parsing.identity import (
    MAX_ID,
    export_message_id,
    imported_message_id,
    synthetic_message_id,
)
from boost_mailing_list_tracker.parsing.mime import read_mail
from boost_mailing_list_tracker.parsing.segments import split_segments
from boost_mailing_list_tracker.protocol_impl import MailMessage, Origin, RawMail

_UNIXFROM_DATE = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*", re.DOTALL)


def parse_message(mail: RawMail, *, origin: Origin) -> MailMessage:
    """Decode a mail.

    "export" is HyperKitty's mbox export: rebuilt headers, scrubbed text, a Message-ID that only joins
    with the listing's (`export_message_id`). "mbox" is an original mail: its Message-ID is the one
    HyperKitty's importer would store; a mail without one gets an id made of its content, so that it
    is the same row when imported again.
    """
    defects: list[str] = []
    part = read_mail(mail.raw, defects)
    headers = part.headers
    if mail.oversized:
        defects.append(f"the message has {mail.size} bytes, above the limit: body not read")
        part.start = part.end
    content = read_content(part, defects)
    name, address = parse_address(headers.get("from") or b"", "From", defects)
    date_header = headers.text("Date", defects)
    references = parse_ids(headers.text("References", defects) or "")
    return MailMessage(
        message_id=_message_id(mail, headers, origin, defects),
        subject=headers.text("Subject", defects) or "",
        author_name=name,
        author_address=address,
        sent_at=parse_date(date_header, defects) if date_header else None,
        archived_at=_archived_at(mail.unixfrom),
        in_reply_to=_in_reply_to(headers, references, defects),
        references=references,
        body=content.text,
        segments=split_segments(content.text),
        attachments=tuple(content.attachments),
        defects=tuple(dict.fromkeys(defects)),
    )


def _message_id(mail: RawMail, headers: Headers, origin: Origin, defects: list[str]) -> str:
    value = headers.get("message-id") or b""
    # The export folds a long id into encoded words; one inside an id is part of it.
    if value.startswith(b"=?"):
        header = decode_header(value, "Message-ID", defects)
    else:
        header = clean(value.decode("utf-8", "replace"))
    if message_id := export_message_id(header) if origin == "export" else imported_message_id(header):
        return message_id
    defects.append("no Message-ID, one made of the content")
    return synthetic_message_id(mail.raw)


def _in_reply_to(headers: Headers, references: tuple[str, ...], defects: list[str]) -> str | None:
    """Return the parent as HyperKitty takes it: the first id of In-Reply-To, else the last of References."""
    ids = parse_ids(headers.text("In-Reply-To", defects) or "")
    parent = ids[0] if ids else references[-1] if references else None
    return parent[:MAX_ID] if parent else None


def _archived_at(unixfrom: str) -> datetime | None:
    """Return the time on the "From " line, which mbox writers give in UTC."""
    found = _UNIXFROM_DATE.search(unixfrom)
    moment = parse_date(found[0], []) if found else None
    return moment.astimezone(UTC) if moment else None
