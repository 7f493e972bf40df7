"""HyperKitty's REST API: one listing entry, one mail. Every field is checked; errors name it and the item.

The shapes are those of HyperKitty 1.3.12's serializers, https://gitlab.com/mailman/hyperkitty.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit

from boost_mailing_list_tracker.parsing.bodies import unmangle
from boost_mailing_list_tracker.parsing.charsets import clean
from boost_mailing_list_tracker.parsing.identity import message_id_hash
from boost_mailing_list_tracker.parsing.segments import split_segments
from boost_mailing_list_tracker.parsing.subjects import library_tags, normalize_subject
from boost_mailing_list_tracker.protocol_impl import Attachment, ListingItem, MailMessage
from core.errors import InvalidInput

# Base32 of SHA-1. Thread ids are the hash of the mail that began the thread.
_HASH = re.compile(r"[A-Z2-7]{32}")
_OBFUSCATED_AT = " (a) "


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_listing_item(payload: Mapping[str, Any], list_name: str) -> ListingItem:
    """One entry of `/list/<fqdn>/emails/`. Raises `InvalidInput` naming the field and the mail."""
    fields = _Fields(payload)
    subject = fields.text("subject", empty=True)
    date = fields.moment("date")
    address, name = fields.sender()
    return ListingItem(
        message_id_hash=fields.hash("message_id_hash"),
        message_id=fields.text("message_id"),
        thread_id=fields.last_segment("thread"),
        parent_hash=fields.last_segment("parent") if payload.get("parent") is not None else None,
        sender_name=name,
        sender_address=address,
        subject=subject,
        subject_normalized=normalize_subject(subject, list_name),
        library_tags=library_tags(subject, list_name),
        date=date,
        # A header has whole seconds, the server's clock has not.
        date_is_guessed=date.microsecond != 0,
    )


def entry_of_original(mail: MailMessage, list_name: str) -> ListingItem:
    """What a listing would say of a mail that is in none: a thread of its own until others are known."""
    item_hash = message_id_hash(mail.message_id)
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
        date_is_guessed=mail.sent_at is None,
    )


def parse_email_detail(payload: Mapping[str, Any]) -> MailMessage:
    """`/email/<hash>/` as a mail. What the API does not say is None or empty: headers, time of archiving,
    contents of attachments. Raises `InvalidInput` naming the field and the mail.
    """
    fields = _Fields(payload)
    fields.hash("message_id_hash")
    date = fields.moment("date")
    address, name = fields.sender()
    # The list server stores mails of mangled archives as they came, and so does its export.
    body = unmangle(fields.text("content", empty=True)).rstrip("\n")
    return MailMessage(
        message_id=fields.text("message_id"),
        subject=fields.text("subject", empty=True),
        author_name=name,
        author_address=address,
        sent_at=None if date.microsecond else date,
        date_header=None,
        archived_at=None,
        in_reply_to=None,
        references=(),
        body=body,
        segments=split_segments(body),
        attachments=fields.attachments(),
        defects=(),
    )


class _Fields:
    """Typed access to a payload; every complaint names the field and the mail."""

    def __init__(self, payload: Mapping[str, Any], path: str = "", item: str | None = None) -> None:
        # Data from outside: the annotation is a hope.
        if not isinstance(cast("object", payload), Mapping):
            raise InvalidInput(f"{path or 'the answer'}: not an object but {_shown(payload)}", item=item)
        self._payload = payload
        self._path = f"{path}." if path else ""
        known = payload.get("message_id_hash") or payload.get("message_id") or payload.get("url")
        self._item = item or (str(known)[:100] if known else "a mail without message_id_hash")

    def value(self, name: str) -> object:
        if name not in self._payload:
            raise InvalidInput(f"{self._path}{name}: missing", item=self._item)
        return self._payload[name]

    def text(self, name: str, *, empty: bool = False) -> str:
        value = self.value(name)
        if not isinstance(value, str) or not (empty or value.strip()):
            raise self._wrong(name, "a text", value)
        return clean(value)

    def number(self, name: str) -> int:
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(name, "a number from 0", value)
        return value

    def hash(self, name: str) -> str:
        value = self.text(name)
        if not _HASH.fullmatch(value):
            raise self._wrong(name, "a Message-ID hash (32 characters of base32)", value)
        return value

    def last_segment(self, name: str) -> str:
        """The hash at the end of a URL, whose scheme and host are the server's guess."""
        value = self.text(name)
        try:
            segment = urlsplit(value).path.rstrip("/").rpartition("/")[2]
        except ValueError:
            segment = ""
        if not _HASH.fullmatch(segment):
            raise self._wrong(name, "a URL that ends in a Message-ID hash", value)
        return segment

    def moment(self, name: str) -> datetime:
        value = self.text(name)
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise self._wrong(name, "a time with its UTC offset", value)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._wrong(name, "an ISO 8601 time", value) from error

    def sender(self) -> tuple[str, str]:
        """(address, name); HyperKitty hides the "@" and leaves the name empty where there is none."""
        sender = cast("Mapping[str, Any]", self.value("sender"))
        inner = _Fields(sender, f"{self._path}sender", self._item)
        address = inner.text("address", empty=True).replace(_OBFUSCATED_AT, "@")
        name = self.text("sender_name", empty=True) if self.value("sender_name") is not None else ""
        return address, name or address

    def attachments(self) -> tuple[Attachment, ...]:
        values = self.value("attachments")
        if not isinstance(values, list):
            raise self._wrong("attachments", "a list", values)
        entries = [
            _Fields(value, f"attachments[{number}]", self._item)
            for number, value in enumerate(cast("list[Mapping[str, Any]]", values))
        ]
        entries.sort(key=lambda entry: entry.number("counter"))
        return tuple(
            Attachment(
                position=position,
                name=entry.text("name", empty=True),
                content_type=entry.text("content_type"),
                size=entry.number("size") if entry.value("size") is not None else 0,
                sha256=None,
                content=None,
            )
            for position, entry in enumerate(entries)
        )

    def _wrong(self, name: str, expected: str, value: object) -> InvalidInput:
        return InvalidInput(f"{self._path}{name}: not {expected} but {_shown(value)}", item=self._item)


def _shown(value: object) -> str:
    return ascii(value)[:80]
