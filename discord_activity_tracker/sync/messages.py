"""The messages of all channels and threads of a server, many channels at a time."""

import logging
from dataclasses import dataclass, field

from django.db.models import Min
from django.utils import timezone

from core.errors import AuthError, RateLimited, SourceError, StopRequested, TryAgainLater
from core.models import QuarantinedItem
from discord_activity_tracker.client import Allowance, Gone, Read, Reading, RouteLimited, Unreadable
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.sync.files import Files
from discord_activity_tracker.sync.places import BEYOND
from discord_activity_tracker.sync.session import ATTACHMENT, MESSAGE, ServerSession
from discord_activity_tracker.sync.structure import note_unreadable, remove_channel
from discord_activity_tracker.sync.walk import STREAM, Walk

logger = logging.getLogger(__name__)
Kind = Channel.Kind
WITH_MESSAGES = (Kind.TEXT, Kind.VOICE, Kind.ANNOUNCEMENT, Kind.STAGE, *Channel.THREADS)
# So many channels in a row that cannot be reached: it is Discord that cannot be reached.
TROUBLES = 10


@dataclass(slots=True)
class Messages:
    """One run's reading of a server's messages."""

    session: ServerSession
    allowance: Allowance
    # Whether only what is older than all that is stored is read.
    backfill: bool = False
    # What fetches the contents of attachments; None: nothing does.
    files: Files | None = None
    _walks: dict[int, Walk] = field(default_factory=dict[int, Walk])
    _troubles: int = 0
    _overdue: int = 0

    def run(self) -> None:
        """Read what is new or due. A channel that fails ends alone.

        Raises what stops them all: a limit that lasts, a credential that is refused, a source out of reach.
        """
        readings: list[Reading] = []
        for walk in self._all():
            if (reading := walk.reading()) is not None:
                self._walks[reading.channel_id] = walk
                readings.append(reading)
        if readings:
            self._read(readings)
        if self._overdue:
            self.session.collector.outcome.counts["sweeps_overdue"] += self._overdue
            logger.warning(
                "server %s: the sweep of %d channels is long overdue: raise DISCORD_SWEEP_REQUESTS",
                self.session.server_id,
                self._overdue,
            )

    def _read(self, readings: list[Reading]) -> None:
        done = 0
        for read in self.session.client.messages(readings):
            walk = self._walks[read.reading.channel_id]
            if not self._take(walk, read):
                read.reading.abandoned = True
            if read.page is None:
                done += 1
                self.session.collector.progress.update(self.session.scope, done, len(readings))

    def _all(self) -> list[Walk]:
        """Of each channel that may have messages; threads, which are short, come last.

        Who was swept longest ago comes first, so that a sweep's calls go round.
        """
        session = self.session
        channels = Channel.objects.filter(
            server=session.server_id, kind__in=WITH_MESSAGES, removed_at__isnull=True
        )
        wanted = [channel for channel in channels.order_by("pk") if session.is_wanted(channel)]
        wanted.sort(key=lambda channel: (channel.is_thread, -(channel.message_count or 0), channel.pk))
        quarantined, due = self._quarantined()
        oldest = self._oldest() if self.backfill else {}
        walks = [
            Walk(
                session,
                channel,
                self.allowance,
                quarantined.get(session.scope_of(channel.pk), set()),
                due.get(session.scope_of(channel.pk), set()),
                before=oldest.get(channel.pk, BEYOND) if self.backfill else None,
            )
            for channel in wanted
        ]
        walks.sort(key=lambda walk: walk.sweep.last)
        return walks

    def _oldest(self) -> dict[int, int]:
        """Channel -> the oldest message that Discord itself has told of."""
        rows = Message.objects.filter(
            channel__server=self.session.server_id, origin=Message.Origin.API
        ).order_by()
        return dict(rows.values("channel").annotate(oldest=Min("pk")).values_list("channel", "oldest"))

    def _quarantined(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Scope -> messages that are set aside, and those of them, or of whose files, that are due."""
        rows = QuarantinedItem.objects.filter(collector=self.session.collector.name)
        all_of_them: dict[str, set[str]] = {}
        due: dict[str, set[str]] = {}
        now = timezone.now()
        for scope, kind, name, at in rows.values_list("scope", "kind", "external_id", "next_attempt_at"):
            if kind == MESSAGE:
                all_of_them.setdefault(scope, set()).add(name)
            if kind in {MESSAGE, ATTACHMENT} and at is not None and at <= now:
                due.setdefault(scope, set()).add(name.partition("/")[0])
        return all_of_them, due

    def _take(self, walk: Walk, read: Read) -> bool:
        """Save what was read, in its channel's scope; whether the channel goes on."""
        if read.reading.abandoned:
            return True
        if read.error is not None:
            self._require_bearable(read.error)
        saved: list[bool] = []
        self.session.collector.scope(walk.scope, lambda _: saved.append(self._save(walk, read)))
        return any(saved)

    def _require_bearable(self, error: Exception) -> None:
        """Raise what ends the run as a whole, rather than one channel."""
        is_general = isinstance(error, RateLimited) and not isinstance(error, RouteLimited)
        if is_general or isinstance(error, StopRequested | AuthError):
            raise error
        self._troubles += isinstance(error, TryAgainLater)
        if self._troubles >= TROUBLES:
            raise error

    def _save(self, walk: Walk, read: Read) -> bool:
        """Whether the channel goes on. That it is gone or hidden is no failure, but for the first run that
        cannot read it any more.
        """
        try:
            if read.error is not None:
                raise read.error
            self._troubles = 0
            if read.page is None:
                walk.finish()
                self._overdue += walk.is_overdue and self.session.settings.discord_sweep_requests > 0
            else:
                walk.take(read.page)
                if self.files is not None:
                    self.files.fetch(walk.scope, read.page)
        except Gone:
            if not self.backfill:  # tombstones are in the archive of the other collector
                self._remove(walk.channel)
            return False
        except Unreadable as error:
            if note_unreadable(self.session, walk.channel, str(error), STREAM):
                raise
            return False
        return True

    def _remove(self, channel: Channel) -> None:
        """A list has just shown the channel, so whether it is gone is asked once more."""
        try:
            self.session.client.channel(channel.pk)
        except Gone:
            remove_channel(self.session, channel.pk)
        else:
            raise SourceError(
                f"Discord has {channel}, but says of its messages that there is no such channel",
                remedy="run it again",
            )
