"""The list of conversations, of all kinds in one call, or of each kind where a scope is missing for some."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from core.operations.slack_ops import SlackClient, SlackDenied, SlackPage
from cppa_slack_tracker.sync.scopes import MISSING_SCOPE


@dataclass(slots=True)
class ChannelListing:
    """`listed` are the kinds of which all pages were there, `refusals` says why others were not."""

    client: SlackClient
    types: Sequence[str]
    listed: set[str] = field(default_factory=set[str])
    refusals: list[SlackDenied] = field(default_factory=list[SlackDenied])

    def pages(self) -> Iterator[SlackPage]:
        refusal = yield from self._of(self.types)
        if refusal is None:
            return
        if len(self.types) == 1:
            self.refusals.append(refusal)
            return
        for each in self.types:
            refusal = yield from self._of([each])
            if refusal is not None:
                self.refusals.append(refusal)

    def _of(self, types: Sequence[str]) -> Generator[SlackPage, None, SlackDenied | None]:
        """Pages of these kinds; returns that a scope is missing."""
        try:
            yield from self.client.channels(types)
        except SlackDenied as error:
            if error.code != MISSING_SCOPE:
                raise
            return _with_remedy(error)
        self.listed.update(types)
        return None


def _with_remedy(error: SlackDenied) -> SlackDenied:
    remedy = "add it to the app's bot token scopes, or leave the kind out of SLACK_CHANNEL_TYPES"
    return SlackDenied(error.message, code=error.code, remedy=remedy)


def kinds_of(types: Iterable[str]) -> set[str]:
    """Slack's words for kinds of conversations in ours."""
    return {kind.removesuffix("_channel") for kind in types}
