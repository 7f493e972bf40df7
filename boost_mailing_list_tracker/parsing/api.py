"""HyperKitty's REST API: one listing entry, one mail. Every field is checked; errors name it.

The shapes are those of HyperKitty 1.3.12's serializers, https://gitlab.com/mailman/hyperkitty.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from boost_mailing_list_tracker.parsing.bodies import unmangle
from boost_mailing_list_tracker.parsing.charsets import clean
from boost_mailing_list_tracker.parsing.segments import split_segments
from boost_mailing_list_tracker.parsing.subjects import library_tags, normalize_subject
from boost_mailing_list_tracker.protocol_impl import Attachment, ListingItem, MailMessage
from core.errors import InvalidInput

T = TypeVar("T")
# Base32 of SHA-1. Thread ids are the hash of the mail that began the thread.
_HASH = re.compile(r"[A-Z2-7]{32}")
_OBFUSCATED_AT = " (a) "
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Payload = Mapping[str, Any]


def parse_listing_item(payload: Payload, list_name: str) -> ListingItem:
    """Read one entry of `/list/<fqdn>/emails/`. Raises `InvalidInput` naming the field."""
    subject = _text(payload, "subject", empty=True)
    name, address = _sender(payload)
    return ListingItem(
        message_id_hash=_hash(payload, "message_id_hash"),
        message_id=_text(payload, "message_id"),
        thread_id=_hash_of_link(payload, "thread"),
        parent_hash=_hash_of_link(payload, "parent") if payload.get("parent") is not None else None,
        sender_name=name,
        sender_address=address,
        subject=subject,
        subject_normalized=normalize_subject(subject, list_name),
        library_tags=library_tags(subject, list_name),
        date=_moment(payload, "date"),
    )


def entry_of_mail(mail: MailMessage, list_name: str, item_hash: str) -> ListingItem:
    """Return what a listing would say of a mail: a thread of its own until others are known."""
    return ListingItem(
        message_id_hash=item_hash,
        message_id=mail.message_id,
        thread_id=item_hash,
        parent_hash=None,
        sender_name=mail.author_name,
        sender_address=mail.author_address,
        subject=mail.subject,
        subject_normalized=normalize_subject(mail.subject, list_name),
        library_tags=library_tags(mail.subject, list_name),
        date=mail.sent_at or mail.archived_at or EPOCH,
    )


def parse_email_detail(payload: Payload) -> MailMessage:
    """Read `/email/<hash>/` as a mail. Raises `InvalidInput` naming the field.

    Of what the API does not say (headers, time of archiving, contents of attachments) it has None or nothing.
    """
    _hash(payload, "message_id_hash")
    date = _moment(payload, "date")
    name, address = _sender(payload)
    # The list server stores mails of mangled archives as they came, and so does its export.
    body = unmangle(_text(payload, "content", empty=True)).rstrip("\n")
    entries = cast("list[Payload]", _value(payload, "attachments", list))
    return MailMessage(
        message_id=_text(payload, "message_id"),
        subject=_text(payload, "subject", empty=True),
        author_name=name,
        author_address=address,
        sent_at=None if date.microsecond else date,
        archived_at=None,
        in_reply_to=None,
        references=(),
        body=body,
        segments=split_segments(body),
        attachments=tuple(
            Attachment(
                position=position,
                name=_text(entry, "name", empty=True),
                content_type=_text(entry, "content_type"),
                size=_number(entry, "size") if entry.get("size") is not None else 0,
                sha256=None,
                content=None,
            )
            for position, entry in enumerate(sorted(entries, key=_counter))
        ),
        defects=(),
    )


def _value(payload: Payload, name: str, expected: type[T]) -> T:
    # Data from outside: the annotation is a hope.
    if not isinstance(cast("object", payload), Mapping):
        raise InvalidInput(f"{name}: not in an object but in {ascii(payload)[:80]}")
    if name not in payload:
        raise InvalidInput(f"{name}: missing")
    value = payload[name]
    if not isinstance(value, expected) or isinstance(value, bool):
        raise _wrong(name, f"a {expected.__name__}", value)
    return value


def _wrong(name: str, expected: str, value: object) -> InvalidInput:
    return InvalidInput(f"{name}: not {expected} but {ascii(value)[:80]}")


def _text(payload: Payload, name: str, *, empty: bool = False) -> str:
    value = _value(payload, name, str)
    if not (empty or value.strip()):
        raise _wrong(name, "a text", value)
    return clean(value)


def _number(payload: Payload, name: str) -> int:
    if (value := _value(payload, name, int)) < 0:
        raise _wrong(name, "a number from 0", value)
    return value


def _counter(attachment: Payload) -> int:
    return _number(attachment, "counter")


def _hash(payload: Payload, name: str) -> str:
    value = _text(payload, name)
    if not _HASH.fullmatch(value):
        raise _wrong(name, "a Message-ID hash (32 characters of base32)", value)
    return value


def _hash_of_link(payload: Payload, name: str) -> str:
    """Return the hash at the end of a URL, whose scheme and host are the server's guess."""
    value = _text(payload, name)
    segment = value.rstrip("/").rpartition("/")[2]
    if not _HASH.fullmatch(segment):
        raise _wrong(name, "a URL that ends in a Message-ID hash", value)
    return segment


def _moment(payload: Payload, name: str) -> datetime:
    value = _text(payload, name)
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _wrong(name, "an ISO 8601 time with its UTC offset", value)


def _sender(payload: Payload) -> tuple[str, str]:
    """Return name and address; HyperKitty hides the "@" and leaves the name empty where there is none."""
    sender = cast("Payload", _value(payload, "sender", Mapping))
    address = _text(sender, "address", empty=True).replace(_OBFUSCATED_AT, "@")
    name = _text(payload, "sender_name", empty=True) if payload.get("sender_name", "") is not None else ""
    return name or address, address
