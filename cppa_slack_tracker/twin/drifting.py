"""What arrives while a client is paging: always the same messages, sooner or later."""

from datetime import timedelta

from cppa_slack_tracker.twin.changes import DRIFTED, ROUND
from cppa_slack_tracker.twin.ids import SECOND
from cppa_slack_tracker.twin.planting import EVERYBODYS, ODD
from cppa_slack_tracker.twin.posts import Kind, Post
from cppa_slack_tracker.twin.workspaces import Workspace

ARRIVALS = 4
"""Of each round."""
LATE = timedelta(hours=8)
"""Behind the beginning of its round, and behind all that the round's changes brought."""


class Drift:
    """The arrivals of one round."""

    def __init__(self, space: Workspace, number: int) -> None:
        self.space = space
        self.number = number
        self.came = 0

    def come(self) -> None:
        """One more message; the last one is a thread that is whole."""
        if self.came == ARRIVALS:
            return
        self.came += 1
        channel = self.space.channel((EVERYBODYS, ODD)[self.came % 2])
        start = self.space.until + (ROUND * self.number + LATE) // timedelta(microseconds=1)
        ts = start + self.came * 60 * SECOND + self.came
        number = DRIFTED * (self.number + 1) + self.came
        author = number % len(self.space.people)
        parent = self.space.post(channel, Post(ts, number, author, Kind.CODE))
        if self.came == ARRIVALS:
            for later in (1, 2):
                reply = Post(ts + later * SECOND, number + later, author, Kind.TEXT, parent.ts)
                self.space.post(channel, reply)

    def settle(self) -> None:
        while self.came < ARRIVALS:
            self.come()
