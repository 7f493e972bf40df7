"""The mailing list collector: listing, bodies, some bodies again, completeness, list by list."""

from dataclasses import dataclass
from pathlib import Path

from boost_mailing_list_tracker.client import HyperKittyClient
from boost_mailing_list_tracker.conf import MailingListSettings
from boost_mailing_list_tracker.protocol_impl import MailingListResult
from boost_mailing_list_tracker.services import mailing_list
from boost_mailing_list_tracker.sync.bodies import Bodies
from boost_mailing_list_tracker.sync.completeness import Completeness
from boost_mailing_list_tracker.sync.exports import Exports
from boost_mailing_list_tracker.sync.listing import STREAM, StoredMessages, Walk
from boost_mailing_list_tracker.sync.offline import import_mbox, replay_archive
from boost_mailing_list_tracker.sync.planning import plan_list
from boost_mailing_list_tracker.sync.rereading import Rereading
from boost_mailing_list_tracker.sync.session import ListSession
from core import quarantine
from core.collectors import AbstractCollector, CollectorOptions, PlannedRequests
from core.errors import ConfigurationError, InvalidInput
from core.http import HttpClient
from core.protocols import Result


@dataclass(frozen=True, slots=True)
class MailingListOptions(CollectorOptions):
    """`lists` empty: those of the settings. `mbox`: files to import instead of asking the archive."""

    lists: tuple[str, ...] = ()
    mbox: tuple[str, ...] = ()


class BoostMailingListTrackerCollector(AbstractCollector):
    """Mailing lists of a HyperKitty archive."""

    name = "boost_mailing_lists"
    result_class = MailingListResult

    def __init__(self, options: MailingListOptions | None = None) -> None:
        super().__init__(options)
        self.source = options or MailingListOptions()
        self.settings = MailingListSettings.current()
        self.client = HyperKittyClient(
            self.settings.mailing_list_base_url,
            HttpClient(
                self.settings.mailing_list_base_url,
                meter=self.meter,
                stop=self.stop_requested,
                deadline=self.deadline,
            ),
        )

    @property
    def lists(self) -> list[str]:
        """Their addresses as HyperKitty writes them."""
        named = self.source.lists or self.settings.lists
        return list(dict.fromkeys(name.lower().rstrip(".") for name in named))

    def validate_config(self) -> None:
        if not self.lists:
            raise ConfigurationError(
                "MAILING_LISTS names no list", remedy="set it to name@host, comma separated"
            )
        for name in self.lists:
            local, at, host = name.partition("@")
            if not (local and at and host) or set(name) & set("/?# ") or not name.isprintable():
                raise InvalidInput(f"{name!r} is not the address of a list", remedy="write name@host")
        offline = "--mbox" if self.source.mbox else "--from-archive" if self.options.from_archive else ""
        if offline:
            self.options.refuse_offline(offline)
        if self.source.mbox and self.options.from_archive:
            raise InvalidInput(
                "--mbox and --from-archive exclude each other", remedy="run one after the other"
            )
        if self.source.mbox and len(self.source.lists) != 1:
            raise InvalidInput("--mbox needs to know the list", remedy="name exactly one with --list")

    def collect(self) -> Result:
        for name in self.lists:
            self.scope(name, self._collect_list)
        return self.result()

    def plan(self) -> list[PlannedRequests]:
        return [
            line
            for name in self.lists
            for line in plan_list(ListSession(self, self.client, self.settings, mailing_list(name)))
        ]

    def _collect_list(self, name: str) -> None:
        session = ListSession(self, self.client, self.settings, mailing_list(name))
        if self.options.retry_quarantined:
            quarantine.release(self.name, session.name)
        if self.source.mbox:
            self._import(session)
        elif self.options.from_archive:
            replay_archive(session)
        else:
            self._synchronise(session)

    def _import(self, session: ListSession) -> None:
        """Each file for itself: one that cannot be read does not stop the next."""
        refused: list[str] = []
        seen: set[str] = set()
        for path in self.source.mbox:
            try:
                import_mbox(session, Path(path), seen)
            except InvalidInput as error:
                refused.append(str(error))
        if refused:
            raise InvalidInput("; ".join(refused))

    def _synchronise(self, session: ListSession) -> None:
        walk = Walk(session, STREAM, StoredMessages(session))
        walk.run()
        whole = walk.finished and not session.bounded and self.options.limit is None
        exports = Exports(session)
        Bodies(session, exports, listing_complete=whole).run()
        Rereading(session, exports).run()
        if whole:
            try:
                Completeness(session, walk.count).run()
            finally:
                # Of what completeness has found, also when it could not find all.
                Bodies(session, exports, listing_complete=False).run()
        exports.require_no_loss()
