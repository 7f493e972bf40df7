"""The kinds of items that are kept of a list: entries of the listing, and mails in three forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from boost_mailing_list_tracker.models import MailingList, Message
from boost_mailing_list_tracker.parsing.api import entry_of_mail, parse_email_detail, parse_listing_item
from boost_mailing_list_tracker.parsing.identity import canonical_export_bytes, message_id_hash
from boost_mailing_list_tracker.parsing.mbox import iter_mbox
from boost_mailing_list_tracker.parsing.messages import parse_message
from boost_mailing_list_tracker.protocol_impl import Body, ListingItem, MailMessage, Origin, RawMail
from boost_mailing_list_tracker.services import save_bodies, save_listing
from core.kinds import Kind

# In quarantine only: a listed message whose body could not be had. There is nothing to keep of it.
BODY = "body"
HASH = re.compile("[A-Z2-7]{32}")  # of a Message-ID
_LINK = re.compile("https?://[^/]+/.*/api/")
_VOLATILE = frozenset({"children", "votes"})  # change with what others do
_DETAIL_ONLY = frozenset({"content", "attachments"})


@dataclass(frozen=True, slots=True)
class FoundMail:
    """A mail of an mbox as it came and as it was understood, and the hash that it is filed under."""

    message_id_hash: str
    raw: RawMail
    mail: MailMessage


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of one list. Payloads of `listing` and `detail` are JSON, those of the others FoundMails."""

    listing: Kind[MailingList, ListingItem]
    detail: Kind[MailingList, Body]
    export: Kind[MailingList, Body]
    original: Kind[MailingList, Body]


def kinds_of(list_name: str) -> Kinds:
    """Declare the kinds of a list, whose name tells which tags of a subject are its own."""

    def of_mbox(name: str, noun: str, origin: Origin) -> Kind[MailingList, Body]:
        return Kind(
            name,
            noun,
            "message_id_hash",
            parse=lambda found: Body(entry_of_mail(found.mail, list_name, found.message_id_hash), found.mail),
            save=partial(save_bodies, origin),
            leaf=lambda found: canonical_export_bytes(found.raw),
            identify=lambda found: found.message_id_hash,
            read=_only_mail,
            named=lambda item_hash, raw: FoundMail(item_hash, raw, parse_message(raw, origin=origin)),
        )

    def parse_detail(payload: Mapping[str, Any]) -> Body:
        mail = parse_email_detail(payload)
        return Body(entry_of_mail(mail, list_name, payload["message_id_hash"]), mail)

    return Kinds(
        listing=Kind(
            "listing",
            "messages",
            "message_id_hash",
            parse=partial(parse_listing_item, list_name=list_name),
            save=save_listing,
            rows=lambda row: Message.objects.filter(mailing_list=row),
            # The same when the entry came with the whole message.
            leaf=partial(_leaf, without=_VOLATILE | _DETAIL_ONLY),
            identify=_hash_told,
        ),
        detail=Kind(
            "detail",
            "bodies",
            "message_id_hash",
            parse=parse_detail,
            save=partial(save_bodies, Message.BodySource.API),
            leaf=partial(_leaf, without=_VOLATILE),
            identify=_hash_told,
        ),
        export=of_mbox("export", "bodies", "export"),
        original=of_mbox("mbox", "messages", "mbox"),
    )


def _only_mail(body: bytes) -> RawMail:
    (mail,) = iter_mbox([body], max_message_bytes=len(body))
    return mail


def _leaf(payload: Mapping[str, Any], without: frozenset[str]) -> dict[str, Any]:
    return {key: _without_host(value) for key, value in payload.items() if key not in without}


def _without_host(value: Any) -> Any:
    """Return a link as a path: which host and scheme it names depends on the proxy that was asked."""
    try:
        return urlsplit(value).path if isinstance(value, str) and _LINK.match(value) else value
    except ValueError:
        return value  # no link after all


def _hash_told(payload: Mapping[str, Any]) -> str | None:
    """Return a message's hash from whatever still tells it, so that a bad entry can be asked for again."""
    told = [payload.get("message_id_hash"), str(payload.get("url")).rstrip("/").rpartition("/")[2]]
    if isinstance(payload.get("message_id"), str):
        told.append(message_id_hash(payload["message_id"]))
    return next((text for text in told if isinstance(text, str) and HASH.fullmatch(text)), None)
