"""One channel after another: whether it can be read, and then all of it."""

import logging
from collections import Counter
from dataclasses import dataclass, field

from core.errors import CollectorError
from core.operations.slack_ops import SlackDenied, SlackUnknown
from cppa_slack_tracker.models import Channel, Message
from cppa_slack_tracker.services import set_access
from cppa_slack_tracker.sync.coverage import report_hidden
from cppa_slack_tracker.sync.headers import join, may_join, sync_members, sync_pins_and_bookmarks
from cppa_slack_tracker.sync.messages import collect_messages
from cppa_slack_tracker.sync.session import ChannelSession, TeamSession, release, scope_of

logger = logging.getLogger("cppa_slack_tracker")

NOT_IN, MISSING_SCOPE = "not_in_channel", "missing_scope"
# Refusals that are a fact about the channel, not about the token.
OF_CHANNEL = frozenset({NOT_IN, "channel_not_found", "method_not_supported_for_channel_type"})


@dataclass(slots=True)
class Channels:
    """The channels of a workspace in one run."""

    team: TeamSession
    # Slack's word -> channels that cannot be read for it.
    unreadable: Counter[str] = field(default_factory=Counter[str])
    # Kinds of channels that the token lacks a scope for.
    _unscoped: set[str] = field(default_factory=set[str])

    def collect(self, channel: Channel) -> None:
        release(self.team.collector, scope_of(self.team.row, channel))
        session = self.team.of(channel)
        if not _is_open(channel) and may_join(session):
            join(session)
        if not _is_open(channel):
            # Who is in a public channel, Slack tells everybody.
            if self.team.options.members:
                sync_members(session)
            self._closed(session, None)
            return
        try:
            self._read(session)
        except (SlackDenied, SlackUnknown) as error:
            if error.code in OF_CHANNEL:
                self._closed(session, error)
            elif error.code == MISSING_SCOPE and channel.kind in self._unscoped:
                # Said already, of the first channel of the kind.
                self._skip(session, error.code)
            else:
                self._unscoped.add(channel.kind)
                raise
        else:
            self._opened(session)

    def tell(self) -> None:
        """Say once a run which channels are not covered."""
        for code, number in sorted(self.unreadable.items()):
            logger.info("%s: %d channels cannot be read: %s", self.team.scope, number, code)

    def _read(self, session: ChannelSession) -> None:
        options = self.team.options
        if options.messages:
            collect_messages(session)
            report_hidden(session)
        if options.members:
            sync_members(session)
        if options.headers:
            sync_pins_and_bookmarks(session)

    def _closed(self, session: ChannelSession, error: SlackDenied | SlackUnknown | None) -> None:
        """A channel that cannot be read is a fact about it. That it no longer can is news: it fails once."""
        code = error.code if error else NOT_IN
        read = Message.objects.filter(channel=session.row, source=Message.Source.API)
        was_open = not session.row.access and read.exists()
        self._skip(session, code)
        if was_open:
            raise error or _left(session)

    def _skip(self, session: ChannelSession, code: str) -> None:
        self.unreadable[code] += 1
        with session.page() as page:
            set_access(session.row, code)
            page.count("channels_not_covered", 1)

    def _opened(self, session: ChannelSession) -> None:
        if session.row.access:
            with session.page():
                set_access(session.row, "")


def _is_open(channel: Channel) -> bool:
    """Whether it is worth asking: Slack lists a bot as no member of any archived channel."""
    return channel.is_member or channel.is_archived or channel.kind != Channel.Kind.PUBLIC


def _left(session: ChannelSession) -> CollectorError:
    return SlackDenied(
        f"{session.label}: the bot is no longer in it",
        code=NOT_IN,
        remedy="invite the bot, or run with --join",
    )
