"""The messages of all channels and threads of a server, many channels at a time."""

import logging
from dataclasses import dataclass

from core.errors import AuthError, RateLimited, SourceError, StopRequested, TryAgainLater
from discord_activity_tracker.client import Allowance, Gone, Read, RouteLimited, Unreadable
from discord_activity_tracker.models import Channel
from discord_activity_tracker.sync.files import Files
from discord_activity_tracker.sync.kinds import CHANNEL
from discord_activity_tracker.sync.session import ServerSession
from discord_activity_tracker.sync.trouble import note_unreadable, remove_channel
from discord_activity_tracker.sync.walk import STREAM, Walk

logger = logging.getLogger(__name__)
Kind = Channel.Kind
WITH_MESSAGES = (Kind.TEXT, Kind.VOICE, Kind.ANNOUNCEMENT, Kind.STAGE, *Channel.THREADS)
# So many channels in a row that cannot be reached: it is Discord that cannot be reached.
TROUBLES = 10


@dataclass(slots=True)
class Messages:
    """A run's reading of a server's messages."""

    session: ServerSession
    allowance: Allowance
    # What fetches the contents of attachments; None: nothing does.
    files: Files | None = None
    _troubles: int = 0
    _overdue: int = 0

    def run(self) -> None:
        """Read what is new or due. A channel that fails ends alone.

        Raises what stops them all: a limit that lasts, a credential that is refused, a source out of reach.
        """
        session, done = self.session, 0
        walks = {reading: walk for walk in self._walks() if (reading := walk.reading()) is not None}
        for read in session.client.messages(walks) if walks else ():
            self._take(walks[read.reading], read)
            if read.batch is None:
                done += 1
                session.collector.progress.update(session.scope.name, done, len(walks))
        if self._overdue:
            session.collector.outcome.counts["sweeps_overdue"] += self._overdue
            logger.warning(
                "server %s: the sweep of %d channels is long overdue: raise DISCORD_SWEEP_REQUESTS",
                session.server_id,
                self._overdue,
            )

    def _walks(self) -> list[Walk]:
        """Return one of each channel that may have messages; threads, which are short, come last.

        Who was swept longest ago comes first, so that a sweep's calls go round.
        """
        session = self.session
        channels = CHANNEL.live(session.server_id).filter(kind__in=WITH_MESSAGES).order_by("pk")
        wanted = [each for each in channels if session.choice.includes(each.pk, each.parent_id)]
        wanted.sort(key=lambda channel: (channel.is_thread, -(channel.message_count or 0), channel.pk))
        walks = [Walk(session, channel, self.allowance) for channel in wanted]
        walks.sort(key=lambda walk: walk.sweep.last)
        return walks

    def _take(self, walk: Walk, read: Read) -> None:
        """Save what was read, in its channel's scope. A channel that fails is read no further."""
        if read.reading.abandoned:
            return
        if read.error is not None:
            self._require_bearable(read.error)
        if not self.session.collector.attempt(walk.scope.name, self._save, walk, read):
            read.reading.abandoned = True

    def _require_bearable(self, error: Exception) -> None:
        """Raise what ends the run as a whole, rather than one channel."""
        is_general = isinstance(error, RateLimited) and not isinstance(error, RouteLimited)
        if is_general or isinstance(error, StopRequested | AuthError):
            raise error
        self._troubles += isinstance(error, TryAgainLater)
        if self._troubles >= TROUBLES:
            raise error

    def _save(self, walk: Walk, read: Read) -> None:
        """Save a batch, or the end of the channel.

        That it is gone or hidden is no failure, but for the first run that cannot read it any more.
        """
        try:
            if read.error is not None:
                raise read.error
            self._troubles = 0
            if read.batch is None:
                self._overdue += walk.is_overdue and self.session.settings.discord_sweep_requests > 0
            else:
                walk.take(read.batch)
                if self.files is not None:
                    self.files.fetch(walk.scope, read.batch)
        except Gone:
            read.reading.abandoned = True
            self._remove(walk.channel)
        except Unreadable as error:
            read.reading.abandoned = True
            if note_unreadable(self.session, walk.channel, str(error), STREAM):
                raise

    def _remove(self, channel: Channel) -> None:
        """Ask once more whether a channel is gone: a list has just shown it."""
        try:
            self.session.client.channel(channel.pk)
        except Gone:
            remove_channel(self.session, channel.pk)
        else:
            raise SourceError(
                f"Discord has {channel}, but says of its messages that there is no such channel",
                remedy="run it again",
            )
