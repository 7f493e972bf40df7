"""The HyperKitty twin: three mailing lists of the seeded world, as HyperKitty 1.3.12 shows them."""

import json
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from random import Random
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote

from boost_mailing_list_tracker.twin import api
from boost_mailing_list_tracker.twin.mails import Mailbox
from boost_mailing_list_tracker.twin.shelf import Shelf
from core.twins import Faults, Twin, TwinClock, TwinRequest, TwinResponse, World, half

LISTS = {"boost@lists.boost.org": 6, "boost-users@lists.boost.org": 3, "boost-announce@lists.boost.org": 1}
"""The lists and how the mails are shared between them."""
DRIFT = 4
"""How many mails drift brings to each list, sooner or later."""
NEIGHBOURHOOD = 200
"""How far apart the mails are that one mutation touches."""

T = TypeVar("T")
_API_LIST = re.compile(rf"{api.ROOT}/api/list/(?P<fqdn>[^/@]+@[^/@]+)/(?P<rest>.*)")
_EXPORT = re.compile(rf"{api.ROOT}/list/(?P<fqdn>[^/@]+@[^/@]+)/export/(?P<name>[^/]+)\.mbox\.gz")
_ATTACHMENT = re.compile(
    rf"{api.ROOT}/list/(?P<fqdn>[^/@]+@[^/@]+)/message/(?P<hash>\w+)/attachment/(?P<counter>\d+)/(?P<name>.+)"
)


def _slices(items: list[T]) -> Callable[[int, int | None], list[T]]:
    """Pages of what is at hand anyway."""
    return lambda offset, limit: items[offset : None if limit is None else offset + limit]


class HyperKittyTwin(Twin):
    """size: mails in all lists together.

    private: lists that the web server in front refuses. export: whether the mbox download is enabled.
    links: what the links in answers begin with when the proxy in front does not pass on the host it was
    asked for, such as `http://lists.example.org`; None: the host of the request.
    """

    name: ClassVar[str] = "hyperkitty"

    def __init__(
        self,
        world: World,
        *,
        faults: Faults | None = None,
        clock: TwinClock | None = None,
        size: int = 300,
        private: frozenset[str] = frozenset(),
        export: bool = True,
        links: str | None = None,
    ) -> None:
        super().__init__(world, faults=faults, clock=clock, size=size)
        self.private = private
        self.export = export
        self.links = links
        self._runs = 0
        self.shelves: dict[str, Shelf] = {}
        origin = None
        for fqdn, share in LISTS.items():
            mails = max(1, size * share // sum(LISTS.values()))
            busiest = max(1, size * max(LISTS.values()) // sum(LISTS.values()))
            mailbox = Mailbox(world, fqdn, size=mails, busiest=busiest, origin=origin)
            origin = origin or mailbox
            self.shelves[fqdn] = Shelf(mailbox)
        self._drifted = dict.fromkeys(self.shelves, 0)

    def environment(self, base_url: str) -> dict[str, str]:
        return {
            "MAILING_LIST_BASE_URL": f"{base_url}{api.ROOT}/api",
            "MAILING_LISTS": ",".join(self.shelves),
        }

    def answer(self, request: TwinRequest) -> TwinResponse:
        path = unquote(request.path)
        if request.method not in {"GET", "HEAD"}:
            return api.as_json({"detail": f'Method "{request.method}" not allowed.'}, 405)
        if path == f"{api.ROOT}/api/lists/":
            return self._lists(request)
        for pattern, handler in (
            (_API_LIST, self._list),
            (_EXPORT, self._export),
            (_ATTACHMENT, self._attachment),
        ):
            if match := pattern.fullmatch(path):
                if match["fqdn"] in self.private:
                    return api.as_html(403, "403 Forbidden")
                return handler(request, self.shelves.get(match["fqdn"]), match)
        return api.as_html(404, "Page not found")

    def _lists(self, request: TwinRequest) -> TwinResponse:
        origin = self.links or request.origin
        public = [shelf for fqdn, shelf in self.shelves.items() if fqdn not in self.private]
        rows = _slices([api.Pages(shelf, origin).mailing_list() for shelf in public])
        return api.paged(request, origin, len(public), rows)

    def _list(self, request: TwinRequest, shelf: Shelf | None, match: re.Match[str]) -> TwinResponse:
        what = match["rest"].strip("/").split("/")
        if shelf is None:
            return self._of_unknown_list(what)
        origin = self.links or request.origin
        pages = api.Pages(shelf, origin)
        match what:
            case [""]:
                return api.as_json(pages.mailing_list())
            case ["emails"]:
                mails, count = shelf.newest, len(shelf)
            case ["email", digest]:
                mail = shelf.find(digest)
                return api.as_json(pages.detail(mail)) if mail else api.not_found("Email")
            case ["thread", thread_id, "emails"]:
                thread = shelf.thread(thread_id)
                mails, count = _slices(thread), len(thread)
            case _:
                return api.as_html(404, "Page not found")
        return api.paged(request, origin, count, lambda offset, limit: map(pages.short, mails(offset, limit)))

    def _of_unknown_list(self, what: list[str]) -> TwinResponse:
        """Seen on the real one: the messages of an unknown list are a crash, not a 404."""
        if what[-1] == "emails":
            return api.as_html(500, "Server Error (500)")
        return api.not_found("Email" if what[0] == "email" else "MailingList")

    def _export(self, request: TwinRequest, shelf: Shelf | None, match: re.Match[str]) -> TwinResponse:
        if shelf is None:
            return api.as_html(404, "Page not found")
        return api.download(request, shelf, match["name"], enabled=self.export)

    def _attachment(self, _: TwinRequest, shelf: Shelf | None, match: re.Match[str]) -> TwinResponse:
        mail = shelf.find(match["hash"]) if shelf else None
        for attachment in shelf.mailbox.attachments(mail) if shelf and mail else []:
            if (str(attachment.counter), attachment.name) == (match["counter"], match["name"]):
                return TwinResponse(200, attachment.content, {"Content-Type": attachment.content_type})
        return api.as_html(404, "Page not found")

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of `Message`: mails that are there, and those that were there and got removed."""
        return {
            "boost_mailing_list_tracker.Message": [
                row for shelf in self.shelves.values() for row in self._rows(shelf)
            ]
        }

    def _rows(self, shelf: Shelf) -> Iterator[dict[str, Any]]:
        for index in range(shelf.count):
            if index not in shelf and index not in shelf.removed:
                continue
            mail = shelf.mailbox[index]
            parent = shelf.parent(mail)
            yield {
                "mailing_list__name": shelf.mailbox.fqdn,
                "message_id_hash": mail.message_id_hash,
                "message_id": mail.message_id,
                "thread_id": shelf.thread_id(mail),
                "parent_hash": shelf.removed.get(index, parent.message_id_hash if parent else None),
                "subject": mail.subject,
                "author_name": mail.name,
                "author_address": mail.address,
                "in_reply_to": mail.in_reply_to if self.export else None,
                "body_source": "export" if self.export else "api",
                "removed": index in shelf.removed,
            }

    def mutate(self) -> None:
        """Mails arrive, some with an old date of archiving; a starter and a reply go; a thread is moved."""
        with self.lock:
            # A mail that only drift would bring was never there for anyone to know that it went.
            counts = {fqdn: shelf.count for fqdn, shelf in self.shelves.items()}
            self.settle()
            self._runs += 1
            for fqdn, shelf in self.shelves.items():
                self._mutate(shelf, counts[fqdn], self.world.rng("mutate", fqdn, self._runs))

    def _mutate(self, shelf: Shelf, count: int, rng: Random) -> None:
        first = rng.randrange(max(1, count - NEIGHBOURHOOD))
        near = range(first, min(first + NEIGHBOURHOOD, count))
        present = [shelf.mailbox[index] for index in near if index in shelf]
        starters = [mail for mail in present if not shelf.parent(mail) and shelf.children(mail)]
        last_words = [mail for mail in present if shelf.parent(mail) and not shelf.children(mail)]
        if last_words:
            shelf.remove(rng.choice(last_words).index)
        rng.shuffle(starters)
        match starters:
            case [gone, moved, target, *_]:
                shelf.remove(gone.index)
                shelf.reattach(moved.index, target.index)
        shelf.arrive(rng.randint(1, 5))
        shelf.bring_backdated()

    def drift(self, rng: Random) -> None:
        """A mail arrives, or one goes and comes back; mails of the same second swap places."""
        fqdn, shelf = rng.choice(list(self.shelves.items()))
        shelf.ties_flipped = not shelf.ties_flipped
        if shelf.hidden:
            shelf.show_hidden()
        elif self._drifted[fqdn] < DRIFT and rng.choice([True, False]):
            self._drifted[fqdn] += 1
            shelf.arrive()
        else:
            shelf.hide(rng)

    def settle(self) -> None:
        with self.lock:
            for fqdn, shelf in self.shelves.items():
                shelf.show_hidden()
                shelf.arrive(DRIFT - self._drifted[fqdn])
                self._drifted[fqdn] = DRIFT

    def spoil(self, request: TwinRequest, response: TwinResponse, rng: Random) -> TwinResponse:
        """A listing with an item that makes no sense, or an export that ends in the middle without a word."""
        if not isinstance(response.body, bytes):
            response.body = iter([half(response.body)])
        elif response.status == HTTPStatus.OK and request.path.endswith("/emails/"):
            data = json.loads(response.body)
            if items := data["results"] if isinstance(data, dict) else data:
                nonsense = rng.choice(
                    [{"date": "yesterday"}, {"message_id_hash": None}, {"sender": "nobody"}]
                )
                rng.choice(items).update(nonsense)
                response.body = api.as_json(data).body
        return response
