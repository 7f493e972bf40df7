"""Collect mailing lists from a HyperKitty archive, or import mbox files."""

from typing import Any

from django.core.management.base import CommandParser

from boost_mailing_list_tracker.collectors import BoostMailingListTrackerCollector, MailingListOptions
from core.collectors import BaseCollectorCommand


class Command(BaseCollectorCommand):
    help = __doc__ or ""

    def add_source_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--list", dest="lists", action="append", metavar="NAME@HOST", help="only this list (repeatable)"
        )
        self.add_time_aliases(parser, ("--start-date",), ("--end-date",))
        parser.add_argument(
            "--mbox",
            nargs="+",
            metavar="PATH",
            help="import original mails from these files into --list, offline",
        )

    def get_collector(self, **options: Any) -> BoostMailingListTrackerCollector:
        return BoostMailingListTrackerCollector(
            MailingListOptions(
                **self.common_options(options),
                lists=tuple(options.get("lists") or ()),
                mbox=tuple(options.get("mbox") or ()),
            )
        )
