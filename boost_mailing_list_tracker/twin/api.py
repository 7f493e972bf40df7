"""HyperKitty's public addresses: the REST API and the mbox export, in the shapes of 1.3.12.

Documented at https://docs.mailman3.org/projects/hyperkitty/en/latest/api.html; where that is silent, as
https://lists.boost.org/archives/api/ answers.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

from boost_mailing_list_tracker.twin import export
from boost_mailing_list_tracker.twin.contents import Attachment
from boost_mailing_list_tracker.twin.mails import Mail
from boost_mailing_list_tracker.twin.shelf import Shelf
from core.twins import TwinRequest, TwinResponse

ROOT = "/archives"


def as_json(data: object, status: int = 200) -> TwinResponse:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    headers = {"Content-Type": "application/json", "Vary": "Accept, Cookie", "Allow": "GET, HEAD, OPTIONS"}
    return TwinResponse(status, text.encode(), headers)


def as_html(status: int, text: str) -> TwinResponse:
    page = f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n"
    return TwinResponse(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def not_found(what: str) -> TwinResponse:
    return as_json({"detail": f"No {what} matches the given query."}, 404)


def iso(moment: datetime) -> str:
    """Microseconds only when there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Pages:
    """The answers about one list's archive. origin: what its links begin with, `http://host`."""

    def __init__(self, shelf: Shelf, origin: str) -> None:
        self.shelf = shelf
        self.fqdn = shelf.mailbox.fqdn
        self.origin = origin
        self.base = f"{origin}{ROOT}/api/list/{quote(self.fqdn, safe='@')}/"

    def mailing_list(self) -> dict[str, Any]:
        return {
            "url": self.base,
            "name": self.fqdn,
            "display_name": self.fqdn.partition("@")[0].capitalize(),
            "description": f"The {self.fqdn} list",
            "subject_prefix": f"[{self.fqdn.partition('@')[0]}] ",
            "archive_policy": "public",
            "created_at": iso(self.shelf.mailbox.archived(0)),
            "threads": self.base + "threads/",
            "emails": self.base + "emails/",
        }

    def short(self, mail: Mail) -> dict[str, Any]:
        parent = self.shelf.parent(mail)
        return {
            "url": self._email(mail),
            "mailinglist": self.base,
            "message_id": mail.message_id,
            "message_id_hash": mail.message_id_hash,
            "thread": f"{self.base}thread/{self.shelf.thread_id(mail)}/",
            "sender": {"address": mail.address.replace("@", " (a) "), "mailman_id": None, "emails": None},
            "sender_name": mail.name,
            "subject": mail.subject,
            "date": iso(mail.date),
            "parent": self._email(parent) if parent else None,
            "children": [self._email(child) for child in self.shelf.children(mail)],
        }

    def detail(self, mail: Mail) -> dict[str, Any]:
        mailbox = self.shelf.mailbox
        return self.short(mail) | {
            "votes": {"likes": 0, "dislikes": 0, "status": "neutral"},
            "content": mailbox.content(mail),
            "attachments": [self._attachment(mail, each) for each in mailbox.attachments(mail)],
        }

    def _email(self, mail: Mail) -> str:
        return f"{self.base}email/{mail.message_id_hash}/"

    def _attachment(self, mail: Mail, attachment: Attachment) -> dict[str, Any]:
        message = f"{self.origin}{ROOT}/list/{self.fqdn}/message/{mail.message_id_hash}"
        return {
            "email": self._email(mail),
            "counter": attachment.counter,
            "name": attachment.name,
            "content_type": attachment.content_type,
            "encoding": attachment.encoding,
            "size": len(attachment.content),
            "download": f"{message}/attachment/{attachment.counter}/{quote(attachment.name)}",
        }


def paged(
    request: TwinRequest, origin: str, count: int, rows: Callable[[int, int | None], Iterable[Any]]
) -> TwinResponse:
    """One page; the bare array of everything when there is no usable `limit`, whatever `offset` says."""
    limit = _positive(request.query.get("limit"))
    if not limit:
        return as_json(list(rows(0, None)))
    offset = _positive(request.query.get("offset"))
    before, after = max(offset - limit, 0), offset + limit
    return as_json(
        {
            "count": count,
            "next": _link(origin, request.target, limit, after) if after < count else None,
            "previous": _link(origin, request.target, limit, before) if offset else None,
            "results": list(rows(offset, limit)),
        }
    )


def _positive(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else 0


def _link(origin: str, target: str, limit: int, offset: int) -> str:
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True) | {"limit": [str(limit)], "offset": [str(offset)]}
    if not offset:
        del query["offset"]
    ordered = urlencode(sorted(query.items()), doseq=True)
    return origin + urlunsplit(("", "", parts.path, ordered, ""))


def download(request: TwinRequest, shelf: Shelf, name: str, *, enabled: bool) -> TwinResponse:
    """The mbox export of a window of days, a thread or a message."""
    if not enabled:
        return _refused(b"Archive download disabled.")
    query = request.query
    try:
        start, end = (_day(query.get(bound)) for bound in ("start", "end"))
    except ValueError:
        return _refused(b"Invalid dates")
    if "message" in query:
        found = shelf.find(query["message"])
        mails = [found] if found else []
    elif "thread" in query:
        mails = sorted(shelf.thread(query["thread"]), key=lambda mail: (mail.archived, mail.index))
    else:
        mails = shelf.around(start, end)
    inside = [mail for mail in mails if (not start or mail.date >= start) and (not end or mail.date < end)]
    headers = {
        "Content-Type": "application/gzip",
        "Content-Disposition": f'attachment; filename="{name}.mbox.gz"',
    }
    return TwinResponse(200, export.gzipped(shelf.mailbox, inside), headers)


def _refused(why: bytes) -> TwinResponse:
    return TwinResponse(400, why, {"Content-Type": "text/html; charset=utf-8"})


def _day(text: str | None) -> datetime | None:
    return None if text is None else datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
