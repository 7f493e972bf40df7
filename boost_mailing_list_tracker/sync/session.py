"""One list in one run: what the steps of its synchronisation share."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from boost_mailing_list_tracker.client import HyperKittyClient
from boost_mailing_list_tracker.conf import MailingListSettings
from boost_mailing_list_tracker.models import MailingList, Message
from boost_mailing_list_tracker.protocol_impl import Body, ListingItem
from boost_mailing_list_tracker.sync.kinds import BODY, Kinds
from core.collectors import Scope
from core.kinds import Kind
from core.pages import Page

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSession(Scope):
    """A list as the scope of a run. Its row is not saved before the first page of the list."""

    client: HyperKittyClient
    settings: MailingListSettings
    row: MailingList
    kinds: Kinds

    @contextmanager
    def page(self) -> Generator[Page]:
        """Open a page of the list; the first one there ever is makes its row."""
        with self.collector.page(self.name) as page:
            if self.row.pk is None:
                self.row.save()
            yield page

    @property
    def bounded(self) -> bool:
        """Tell whether the run is over a part of the list: it moves no checkpoint, as it proves nothing."""
        options = self.collector.options
        return options.since is not None or options.until is not None

    def within_bounds(self, rows: "QuerySet[Message]") -> "QuerySet[Message]":
        """Return those of `rows` that --since and --until ask for."""
        options = self.collector.options
        rows = rows.filter(date__gte=options.since) if options.since else rows
        return rows.filter(date__lt=options.until) if options.until else rows

    def messages(self) -> "QuerySet[Message]":
        """Return the stored messages that are not removed."""
        return Message.objects.live().filter(mailing_list=self.row)

    def in_listing(self) -> "QuerySet[Message]":
        """Return those of them that the archive lists, and so counts."""
        return self.messages().filter(listed=True)

    def to_fetch(self, source: str | None = None) -> "QuerySet[Message]":
        """Return messages to fetch a body for: those that have none, and what is due to be tried again.

        With a source: those whose body is from there. What waits in quarantine is left out, and what --since
        and --until leave out.
        """
        names = self._body_names()
        due, waiting = (set[str]().union(*map(ask, names)) for ask in (self.due, self.waiting))
        lacking = Q(body_source__isnull=True) | Q(message_id_hash__in=due)
        rows = self.messages().filter(Q(body_source=source) if source else lacking)
        return self.within_bounds(rows.exclude(message_id_hash__in=waiting))

    def take_bodies(self, page: Page, kind: Kind[MailingList, Body], payloads: Iterable[Any]) -> None:
        """Save bodies; what was set aside of an earlier attempt at one of them has settled itself."""
        taken = page.take(kind, self.row, payloads)
        for name in self._body_names():
            page.resolve(name, taken.records)

    def _body_names(self) -> tuple[str, ...]:
        """Return the names in quarantine of bodies that the archive can be asked for again."""
        return BODY, self.kinds.detail.name, self.kinds.export.name

    def fetch_entry(self, item_hash: str) -> ListingItem | None:
        """Ask for an entry by its hash and save it; one that cannot be used is set aside (None).

        Raises NotFound when the archive does not have it.
        """
        payload = self.client.detail(self.name, item_hash)
        # Whatever else the answer says: it is about this message.
        kind = replace(self.kinds.listing, identify=partial(_answer_about, item_hash))
        with self.page() as page:
            return page.take(kind, self.row, [payload]).records.get(item_hash)


def _answer_about(item_hash: str, _payload: object) -> str:
    return item_hash
