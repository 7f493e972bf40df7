"""One channel after another: whether it can be read, and then all of it."""

import logging
from collections import Counter
from dataclasses import dataclass, field

from core import sweeps
from core.collectors import retry
from core.operations.slack_ops import SlackDenied, SlackUnknown
from cppa_slack_tracker.models import Channel, Message
from cppa_slack_tracker.parsing.fields import moment
from cppa_slack_tracker.services.directory import set_access
from cppa_slack_tracker.sync.headers import (
    is_visited_today,
    join,
    may_join,
    sync_members,
    sync_pins_and_bookmarks,
)
from cppa_slack_tracker.sync.history import Covered
from cppa_slack_tracker.sync.kinds import EXPORTED, MEMBERSHIP
from cppa_slack_tracker.sync.messages import collect_messages
from cppa_slack_tracker.sync.scopes import MISSING, scope_of_kind
from cppa_slack_tracker.sync.session import ChannelSession, TeamSession, ts_of

logger = logging.getLogger("cppa_slack_tracker")

NOT_IN = "not_in_channel"
# Refusals that are a fact about the channel, not about the token.
OF_CHANNEL = frozenset({NOT_IN, "channel_not_found", "method_not_supported_for_channel_type"})


@dataclass(slots=True)
class Channels:
    """The channels of a workspace in one run."""

    team: TeamSession
    # Slack's word -> channels that cannot be read for it.
    unreadable: Counter[str] = field(default_factory=Counter[str])

    def collect(self, channel: Channel) -> None:
        """Read a channel. That it cannot be read is a fact about it; that it no longer can fails once."""
        session = ChannelSession(self.team, channel)
        retry(session.scope, channel, (EXPORTED, MEMBERSHIP))
        try:
            self._read(session)
        except (SlackDenied, SlackUnknown) as error:
            if error.code not in OF_CHANNEL:
                raise
            read = Message.objects.filter(channel=channel, source=Message.Source.API)
            was_open = not channel.access and read.exists()
            self._note_closed(session, error.code)
            if was_open:
                raise

    def tell(self) -> None:
        """Say once a run which channels are not covered."""
        for code, number in sorted(self.unreadable.items()):
            logger.info("%s: %d channels cannot be read: %s", self.team.scope, number, code)

    def _read(self, session: ChannelSession) -> None:
        options, lacks = self.team.options, self.team.lacks
        if not _is_open(session.row) and may_join(session) and "channels:join" not in lacks:
            join(session)
        if not _is_open(session.row):
            # Who is in a public channel, Slack tells everybody; once a week will do.
            if options.members and is_visited_today(session):
                sync_members(session)
            raise SlackDenied(
                f"{session.scope}: the bot is no longer in it",
                code=NOT_IN,
                remedy="invite the bot, or run with --join",
            )
        if options.messages and scope_of_kind(session.row.kind, "history") in lacks:
            self._note_closed(session, MISSING)
        elif options.messages:
            collect_messages(session)
            _report_hidden(session)
        if options.members:
            sync_members(session)
        if options.headers and lacks.isdisjoint({"pins:read", "bookmarks:read"}):
            sync_pins_and_bookmarks(session)

    def _note_closed(self, session: ChannelSession, code: str) -> None:
        self.unreadable[code] += 1
        with session.scope.page() as page:
            set_access(session.row, code)
            page.count("channels_not_covered", 1)


def _is_open(channel: Channel) -> bool:
    """Tell whether it is worth asking: Slack lists a bot as no member of any archived channel."""
    return channel.is_member or channel.is_archived or channel.kind != Channel.Kind.PUBLIC


def _report_hidden(session: ChannelSession) -> None:
    """Note that a channel can be read, and a gap where the workspace's plan hides older messages of it.

    Slack shows none of those; some may be stored from before.
    """
    hidden_before = Covered(session).hidden_before
    gaps: dict[str, tuple[int, int]] = {}
    if hidden_before:
        edge = ts_of(hidden_before)
        kept = Message.objects.live().filter(channel=session.row, ts__lt=edge).count()
        gaps[f"hidden by the plan before {moment(edge):%Y-%m-%d}"] = (0, kept)
    with session.scope.page():
        sweeps.report_gaps(session.scope.collector.name, session.scope.name, gaps)
        set_access(session.row, "")
