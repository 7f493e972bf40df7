"""The HyperKitty twin: three mailing lists of the seeded world, as HyperKitty 1.3.12 shows them."""

from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar, Unpack

from boost_mailing_list_tracker.twin import api
from boost_mailing_list_tracker.twin.mails import Mailbox
from boost_mailing_list_tracker.twin.shelf import Shelf
from core.twins import Twin, TwinOptions, TwinRequest, TwinResponse, World, half

LISTS = {"boost@lists.boost.org": 6, "boost-users@lists.boost.org": 3, "boost-announce@lists.boost.org": 1}
"""The lists and how the mails are shared between them."""
DRIFT = 4
"""How many mails drift brings to each list, sooner or later."""
NEIGHBOURHOOD = 200
"""How far apart the mails are that one mutation touches."""


class HyperKittyTwin(Twin):
    """size: mails in all lists together.

    private: lists that the web server in front refuses. export: whether the mbox download is enabled.
    links: what the links in answers begin with when the proxy in front does not pass on the host it was
    asked for, such as `http://lists.example.org`; None: the host of the request.
    """

    name: ClassVar[str] = "hyperkitty"
    nonsense = ({"date": "yesterday"}, {"message_id_hash": None}, {"sender": "nobody"})

    def __init__(
        self,
        world: World,
        *,
        private: frozenset[str] = frozenset(),
        export: bool = True,
        links: str | None = None,
        **options: Unpack[TwinOptions],
    ) -> None:
        super().__init__(world, **options)
        self.private = private
        self.export = export
        self.links = links
        self.shelves: dict[str, Shelf] = {}
        origin = None
        for fqdn, share in LISTS.items():
            mails = max(1, self.size * share // sum(LISTS.values()))
            busiest = max(1, self.size * max(LISTS.values()) // sum(LISTS.values()))
            mailbox = Mailbox(world, fqdn, size=mails, busiest=busiest, origin=origin)
            origin = origin or mailbox
            self.shelves[fqdn] = Shelf(mailbox)
        self._api = api.Api(self)
        self._drifted = dict.fromkeys(self.shelves, 0)
        self._seen: dict[str, int] = {}

    def environment(self, base_url: str) -> dict[str, str]:
        return {
            "MAILING_LIST_BASE_URL": f"{base_url}{api.ROOT}/api",
            "MAILING_LISTS": ",".join(self.shelves),
        }

    def answer(self, request: TwinRequest) -> TwinResponse:
        return self._api.respond(request)

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
        with self.lock:
            # A mail that only drift would bring was never there for anyone to know that it went.
            self._seen = {fqdn: shelf.count for fqdn, shelf in self.shelves.items()}
            super().mutate()

    def change(self) -> None:
        """Mails arrive, some with an old date of archiving; a starter and a reply go; a thread is moved."""
        for fqdn, shelf in self.shelves.items():
            self._change(shelf, self._seen[fqdn], self.world.rng("mutate", fqdn, self.rounds))

    def _change(self, shelf: Shelf, count: int, rng: Random) -> None:
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
        """Spoil an item of a listing, or end an export in the middle without a word."""
        if isinstance(response.body, bytes):
            return super().spoil(request, response, rng)
        response.body = iter([half(response.body)])
        return response

    def spoilable(self, request: TwinRequest, data: Any) -> list[dict[str, Any]]:
        if not request.path.endswith("/emails/"):
            return []
        return data["results"] if isinstance(data, dict) else data
