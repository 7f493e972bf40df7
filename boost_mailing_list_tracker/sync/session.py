"""What the steps of a list's synchronisation share."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boost_mailing_list_tracker.client import HyperKittyClient
from boost_mailing_list_tracker.conf import MailingListSettings
from boost_mailing_list_tracker.models import MailingList, Message
from core.collectors import AbstractCollector, CollectorOptions
from core.pages import Page

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Kinds in the archive and in quarantine.
LISTING = "listing"  # an entry of the listing, as JSON
EXPORT = "export"  # a mail as the mbox export rebuilds it
DETAIL = "detail"  # a mail as the API gives it, as JSON
ORIGINAL = "mbox"  # an original mail, from --mbox
BODY = "body"  # quarantine only: a listed message whose body cannot be had
HASH = re.compile("[A-Z2-7]{32}")  # of a Message-ID


@dataclass(frozen=True, slots=True)
class ListSession:
    """One list in one run."""

    collector: AbstractCollector
    client: HyperKittyClient
    settings: MailingListSettings
    row: MailingList

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def options(self) -> CollectorOptions:
        return self.collector.options

    @property
    def bounded(self) -> bool:
        """A run over a part of the list proves nothing about the whole, so it moves no checkpoint."""
        return self.options.since is not None or self.options.until is not None

    @contextmanager
    def page(self) -> Generator[Page]:
        with self.collector.page(self.name) as page:
            yield page

    def within_bounds(self, rows: "QuerySet[Message]") -> "QuerySet[Message]":
        """Those of `rows` that --since and --until ask for."""
        if self.options.since:
            rows = rows.filter(date__gte=self.options.since)
        return rows.filter(date__lt=self.options.until) if self.options.until else rows

    def stored(self) -> int:
        """Messages that the archive lists and that we have."""
        return Message.objects.filter(mailing_list=self.row, listed=True, removed_at__isnull=True).count()
