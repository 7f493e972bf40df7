"""One channel after another: whether it can be read, and then all of it."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.errors import CollectorError
from core.operations.slack_ops import SlackDenied, SlackUnknown
from cppa_slack_tracker.models import Channel, Message
from cppa_slack_tracker.services import set_access
from cppa_slack_tracker.sync.coverage import report_hidden
from cppa_slack_tracker.sync.headers import (
    PINS_AND_BOOKMARKS,
    is_visited_today,
    join,
    may_join,
    of_kind,
    sync_members,
    sync_pins_and_bookmarks,
)
from cppa_slack_tracker.sync.messages import collect_messages
from cppa_slack_tracker.sync.scopes import MISSING_SCOPE
from cppa_slack_tracker.sync.session import ChannelSession, TeamSession, release, scope_of

logger = logging.getLogger("cppa_slack_tracker")

MESSAGES = "messages"
NOT_IN = "not_in_channel"
# Parts whose missing scope is told once, and not in every run.
OPTIONAL = frozenset({PINS_AND_BOOKMARKS})
# Refusals that are a fact about the channel, not about the token.
OF_CHANNEL = frozenset({NOT_IN, "channel_not_found", "method_not_supported_for_channel_type"})


@dataclass(slots=True)
class Channels:
    """The channels of a workspace in one run."""

    team: TeamSession
    # Slack's word -> channels that cannot be read for it.
    unreadable: Counter[str] = field(default_factory=Counter[str])
    # Parts and kinds of channels that the token lacks a scope for.
    _unscoped: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def collect(self, channel: Channel) -> None:
        release(self.team.collector, scope_of(self.team.row, channel))
        session = self.team.of(channel)
        if not _is_open(channel) and may_join(session):
            self._join(session)
        if not _is_open(channel):
            self._look_from_outside(session)
            self._closed(session, None)
            return
        try:
            refusal = self._read(session)
        except (SlackDenied, SlackUnknown) as error:
            if error.code not in OF_CHANNEL:
                raise
            self._closed(session, error)
        else:
            if refusal is not None:
                raise refusal

    def _join(self, session: ChannelSession) -> None:
        """Without the scope for it, that is said once, and channels stay closed."""
        lacking = ("join", session.row.kind)
        if lacking in self._unscoped:
            return
        try:
            join(session)
        except SlackDenied as error:
            if error.code == MISSING_SCOPE:
                self._unscoped.add(lacking)
            raise

    def _look_from_outside(self, session: ChannelSession) -> None:
        """Who is in a public channel, Slack tells everybody; once a week will do."""
        if not self.team.options.members or not is_visited_today(session):
            return
        try:
            sync_members(session)
        except (SlackDenied, SlackUnknown) as error:
            if error.code not in OF_CHANNEL:
                raise

    def tell(self) -> None:
        """Say once a run which channels are not covered."""
        for code, number in sorted(self.unreadable.items()):
            logger.info("%s: %d channels cannot be read: %s", self.team.scope, number, code)

    def _read(self, session: ChannelSession) -> SlackDenied | None:
        """Each part for itself. Returns that scopes are missing, once for each kind of channels."""
        refusals: list[SlackDenied] = []
        for part, work in self._parts().items():
            lacking = (part, session.row.kind)
            try:
                if lacking not in self._unscoped:
                    work(session)
            except SlackDenied as error:
                if error.code != MISSING_SCOPE:
                    raise
                self._unscoped.add(lacking)
                if part not in OPTIONAL or self.team.lacking.is_news(of_kind(*lacking)):
                    refusals.append(error)
        if (MESSAGES, session.row.kind) in self._unscoped:
            self._skip(session, MISSING_SCOPE)
        elif self.team.options.messages:
            self._opened(session)
        return _together(refusals)

    def _parts(self) -> Mapping[str, Callable[[ChannelSession], None]]:
        options = self.team.options
        parts: dict[str, Callable[[ChannelSession], None]] = {}
        if options.messages:
            parts[MESSAGES] = _messages
        if options.members:
            parts["members"] = sync_members
        if options.headers:
            parts[PINS_AND_BOOKMARKS] = sync_pins_and_bookmarks
        return parts

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


def _together(refusals: list[SlackDenied]) -> SlackDenied | None:
    if len(refusals) < 2:  # noqa: PLR2004 - one needs no joining
        return refusals[0] if refusals else None
    message = "; ".join(refusal.message for refusal in refusals)
    return SlackDenied(message, code=MISSING_SCOPE, remedy="add them to the app's bot token scopes")


def _messages(session: ChannelSession) -> None:
    collect_messages(session)
    report_hidden(session)


def _is_open(channel: Channel) -> bool:
    """Whether it is worth asking: Slack lists a bot as no member of any archived channel."""
    return channel.is_member or channel.is_archived or channel.kind != Channel.Kind.PUBLIC


def _left(session: ChannelSession) -> CollectorError:
    return SlackDenied(
        f"{session.label}: the bot is no longer in it",
        code=NOT_IN,
        remedy="invite the bot, or run with --join",
    )
