"""HyperKitty's public addresses: the REST API and the mbox export, in the shapes of 1.3.12.

Documented at https://docs.mailman3.org/projects/hyperkitty/en/latest/api.html; where that is silent, as
https://lists.boost.org/archives/api/ answers.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

from boost_mailing_list_tracker.twin import export
from boost_mailing_list_tracker.twin.contents import Attachment
from boost_mailing_list_tracker.twin.mails import Mail
from boost_mailing_list_tracker.twin.shelf import Shelf
from core.twins import Arguments, Refusal, Routes, TwinRequest, TwinResponse, as_json, as_text, whole

if TYPE_CHECKING:
    from boost_mailing_list_tracker.twin import HyperKittyTwin

ROOT = "/archives"
_API, _WEB = f"{ROOT}/api/list/{{fqdn}}", f"{ROOT}/list/{{fqdn}}"
_HTML = "text/html; charset=utf-8"
_HEADERS = {"Vary": "Accept, Cookie", "Allow": "GET, HEAD, OPTIONS"}
T = TypeVar("T")


def as_html(status: int, text: str) -> TwinResponse:
    page = f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n"
    return as_text(page, status, _HTML)


def not_found(what: str) -> TwinResponse:
    return as_json({"detail": f"No {what} matches the given query."}, 404, _HEADERS)


def iso(moment: datetime) -> str:
    """Write a time as HyperKitty does, with microseconds only when there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Api:
    """Answers for all lists of a twin."""

    def __init__(self, twin: "HyperKittyTwin") -> None:
        self.twin = twin
        self._routes = Routes[Callable[..., TwinResponse]]([
            ("GET", f"{ROOT}/api/lists/", self._lists),
            ("GET", f"{_API}/", self._mailing_list),
            ("GET", f"{_API}/emails/", self._emails),
            ("GET", f"{_API}/email/{{digest}}/", self._email),
            ("GET", f"{_API}/thread/{{digest}}/emails/", self._thread),
            ("GET", f"{_API}/{{rest:path}}", self._other),
            ("GET", f"{_WEB}/export/{{name}}.mbox.gz", self._export),
            ("GET", f"{_WEB}/message/{{digest}}/attachment/{{counter:int}}/{{name:path}}", self._attachment),
        ])  # fmt: skip

    def respond(self, request: TwinRequest) -> TwinResponse:
        if request.method not in {"GET", "HEAD"}:
            return as_json({"detail": f'Method "{request.method}" not allowed.'}, 405, _HEADERS)
        path = request.path
        if path.startswith(f"{ROOT}/api/list/"):
            path = path.rstrip("/") + "/"
        found = self._routes.find(request.method, path)
        if found is None:
            return as_html(404, "Page not found")
        handler, parts = found
        try:
            return handler(request, **parts)
        except Refusal as refusal:
            return refusal.response

    def _archive(self, request: TwinRequest, fqdn: str, missing: TwinResponse | None = None) -> "Archive":
        """Find the archive of a list. Raises Refusal, by `missing` when there is no such list."""
        if fqdn in self.twin.private:
            raise Refusal(as_html(403, "403 Forbidden"))
        if fqdn not in self.twin.shelves:
            raise Refusal(missing if missing and "@" in fqdn else as_html(404, "Page not found"))
        return Archive(self.twin.shelves[fqdn], self.twin.links or request.origin)

    def _lists(self, request: TwinRequest) -> TwinResponse:
        public = [fqdn for fqdn in self.twin.shelves if fqdn not in self.twin.private]
        rows = [self._archive(request, fqdn).mailing_list() for fqdn in public]
        return self._paged(request, len(rows), _slices(rows))

    def _mailing_list(self, request: TwinRequest, fqdn: str) -> TwinResponse:
        return as_json(
            self._archive(request, fqdn, not_found("MailingList")).mailing_list(), headers=_HEADERS
        )

    def _emails(self, request: TwinRequest, fqdn: str) -> TwinResponse:
        """List all mails. Seen on the real one: those of an unknown list are a crash, not a 404."""
        archive = self._archive(request, fqdn, as_html(500, "Server Error (500)"))
        return self._mails(request, archive, len(archive.shelf), archive.shelf.newest)

    def _thread(self, request: TwinRequest, fqdn: str, digest: str) -> TwinResponse:
        archive = self._archive(request, fqdn, as_html(500, "Server Error (500)"))
        thread = archive.shelf.thread(digest)
        return self._mails(request, archive, len(thread), _slices(thread))

    def _email(self, request: TwinRequest, fqdn: str, digest: str) -> TwinResponse:
        archive = self._archive(request, fqdn, not_found("Email"))
        mail = archive.shelf.find(digest)
        return as_json(archive.detail(mail), headers=_HEADERS) if mail else not_found("Email")

    def _other(self, request: TwinRequest, fqdn: str, rest: str) -> TwinResponse:
        del rest
        self._archive(request, fqdn, not_found("MailingList"))
        return as_html(404, "Page not found")

    def _export(self, request: TwinRequest, fqdn: str, name: str) -> TwinResponse:
        """Download the mails of a window of days, of a thread, or one."""
        shelf = self._archive(request, fqdn).shelf
        if not self.twin.export:
            return as_text("Archive download disabled.", 400, _HTML)
        query = Arguments(request.query, lambda _: Refusal(as_text("Invalid dates", 400, _HTML)))
        start, end = query.read("start", _day, None), query.read("end", _day, None)
        if "message" in query:
            found = shelf.find(query["message"])
            mails: Iterable[Mail] = [found] if found else []
        elif "thread" in query:
            mails = sorted(shelf.thread(query["thread"]), key=lambda mail: (mail.archived, mail.index))
        else:
            mails = shelf.around(start, end)
        inside = [
            mail for mail in mails if (not start or mail.date >= start) and (not end or mail.date < end)
        ]
        headers = {
            "Content-Type": "application/gzip",
            "Content-Disposition": f'attachment; filename="{name}.mbox.gz"',
        }
        return TwinResponse(200, export.gzipped(shelf.mailbox, inside), headers)

    def _attachment(
        self, request: TwinRequest, fqdn: str, digest: str, counter: int, name: str
    ) -> TwinResponse:
        shelf = self._archive(request, fqdn).shelf
        mail = shelf.find(digest)
        for attachment in shelf.mailbox.attachments(mail) if mail else []:
            if (attachment.counter, attachment.name) == (counter, name):
                return TwinResponse(200, attachment.content, {"Content-Type": attachment.content_type})
        return as_html(404, "Page not found")

    def _mails(
        self,
        request: TwinRequest,
        archive: "Archive",
        count: int,
        mails: Callable[[int, int | None], Iterable[Mail]],
    ) -> TwinResponse:
        return self._paged(request, count, lambda offset, limit: map(archive.short, mails(offset, limit)))

    def _paged(
        self, request: TwinRequest, count: int, rows: Callable[[int, int | None], Iterable[Any]]
    ) -> TwinResponse:
        """Cut a page; without a usable `limit` all come in a bare array, whatever `offset` says."""
        query = Arguments(request.query)
        limit, offset = (query.read(name, whole(), 0) for name in ("limit", "offset"))
        if not limit:
            return as_json(list(rows(0, None)), headers=_HEADERS)
        origin, after = self.twin.links or request.origin, offset + limit
        page = {
            "count": count,
            "next": _link(origin, request.target, limit, after) if after < count else None,
            "previous": _link(origin, request.target, limit, max(offset - limit, 0)) if offset else None,
            "results": list(rows(offset, limit)),
        }
        return as_json(page, headers=_HEADERS)


class Archive:
    """One list's archive in HyperKitty's shapes. origin: what its links begin with, `http://host`."""

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


def _slices(items: Sequence[T]) -> Callable[[int, int | None], Sequence[T]]:
    """Pages of what is at hand anyway."""
    return lambda offset, limit: items[offset : None if limit is None else offset + limit]


def _link(origin: str, target: str, limit: int, offset: int) -> str:
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True) | {"limit": [str(limit)], "offset": [str(offset)]}
    if not offset:
        del query["offset"]
    ordered = urlencode(sorted(query.items()), doseq=True)
    return origin + urlunsplit(("", "", parts.path, ordered, ""))


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
