"""Completeness: gaps, late replies, edits and deletions, with the settings that people use."""

import datetime as dt
from typing import Any

import pytest

from core.models import Checkpoint, CoverageGap
from core.twins import World
from cppa_slack_tracker.collectors import CppaSlackTrackerCollector, SlackOptions
from cppa_slack_tracker.models import Channel, Message
from cppa_slack_tracker.tests.collecting import (
    Settings,
    differences,
    differences_in,
    last_run,
    only,
    physical,
    run,
    served,
)
from cppa_slack_tracker.twin import SlackTwin
from cppa_slack_tracker.twin.ids import ts_text
from cppa_slack_tracker.twin.paging import RefusedError

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]

USUAL = {"SLACK_SWEEP_DAYS": "30"}


class Breaking(SlackTwin):
    """Answers calls of a method that have a cursor with an error, once some of them went well."""

    well = 10**9
    method = "conversations.history"

    def check(self, method: str, args: dict[str, str]) -> None:
        if method == self.method and args.get("cursor"):
            self.well -= 1
            if self.well < 0:
                raise RefusedError("invalid_arguments")
        super().check(method, args)


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(World(), size=60)


def covered(channel: Channel) -> list[list[int]]:
    """The intervals of a channel that were read."""
    row = Checkpoint.objects.get(scope__endswith=f"/{channel.channel_id}", stream="history")
    return row.extras["covered"]


def test_a_run_without_news_costs_a_call_of_history_for_each_channel_and_writes_nothing(
    twin: SlackTwin, settings_from: Settings
) -> None:
    with served(twin, settings_from, **USUAL) as urls:
        assert run() == 0
        assert differences(twin) == []
        before, asked = physical(), sum(urls.requests.values())
        assert run() == 0
        assert physical() == before
        readable = Channel.objects.filter(is_member=True).count()
        # auth.test, team.info, users.list, conversations.list; then history and members of each.
        assert sum(urls.requests.values()) - asked <= 4 + 2 * readable + 3


def test_a_page_that_fails_leaves_a_gap_that_the_next_run_closes(settings_from: Settings) -> None:
    twin = Breaking(World(), size=60)
    boost = only(twin, "boost")
    with served(twin, settings_from, SLACK_PAGE_SIZE="5", **USUAL):
        twin.well = 3
        assert run(*boost) == 64
        assert last_run().status == "partial"
        assert differences_in(twin, "boost")
        twin.well = 10**9
        assert run(*boost) == 0
        assert differences_in(twin, "boost") == []
        assert len(covered(Channel.objects.get(name="boost"))) == 1


def test_a_gap_in_the_middle_is_closed_as_well(settings_from: Settings) -> None:
    twin = Breaking(World(), size=60)
    boost = only(twin, "boost")
    with served(twin, settings_from, SLACK_PAGE_SIZE="2", SLACK_RECENT_DAYS="0", **USUAL):
        assert run(*boost) == 0
        for _ in range(3):
            twin.mutate()
        twin.well = 1
        assert run(*boost) == 64
        channel = Channel.objects.get(name="boost")
        assert len(covered(channel)) == 2
        twin.well = 10**9
        assert run(*boost) == 0
        assert len(covered(channel)) == 1
        shown = {ts_text(ts) for ts in twin.space.channel("boost").timeline}
        assert shown <= set(Message.objects.filter(channel=channel).values_list("ts", flat=True))


def test_a_slow_clock_of_ours_takes_nothing_for_deleted(twin: SlackTwin, settings_from: Settings) -> None:
    with served(twin, settings_from):
        assert run("--sync-messages") == 0
        collector = CppaSlackTrackerCollector(
            SlackOptions(sync_messages=True), clock=lambda: World().until.timestamp() - 90 * 86_400
        )
        assert collector.run().success
        assert not Message.objects.filter(removed_at__isnull=False).exclude(subtype="tombstone").exists()


def test_late_replies_edits_and_deletions_of_old_messages_are_found_within_the_days_of_a_sweep(
    settings_from: Settings,
) -> None:
    twin = SlackTwin(World(), size=60)
    now = dt.datetime.now(dt.UTC).timestamp()
    options = SlackOptions(sync_messages=True, channels=(twin.space.channel("boost").id,))

    def run_on(day: int) -> None:
        assert CppaSlackTrackerCollector(options, clock=lambda: now + day * 86_400).run().success

    with served(twin, settings_from, SLACK_PAGE_SIZE="10", SLACK_RECENT_DAYS="1", SLACK_SWEEP_DAYS="3"):
        run_on(0)
        twin.mutate()
        run_on(0)
        assert differences_in(twin, "boost")  # what is old is not looked at every day
        for day in range(1, 5):
            run_on(day)
        assert differences_in(twin, "boost") == []
        before = physical()
        run_on(4)
        assert physical() == before


def test_full_reads_everything_again_and_finds_what_is_gone(twin: SlackTwin, settings_from: Settings) -> None:
    boost = only(twin, "boost")
    with served(twin, settings_from, SLACK_RECENT_DAYS="0", **USUAL):
        assert run(*boost) == 0
        twin.mutate()
        assert run(*boost, "--full") == 0
        assert differences_in(twin, "boost") == []


def test_since_and_until_bring_their_interval_and_cover_no_more(
    twin: SlackTwin, settings_from: Settings
) -> None:
    boost = only(twin, "boost")
    with served(twin, settings_from, **USUAL):
        rows = [row for row in _truth(twin) if row["channel__channel_id"] == boost[-1]]
        times = sorted(row["sent_at"] for row in rows if row["thread_ts"] is None)
        since, until = times[len(times) // 3], times[2 * len(times) // 3]
        assert run(*boost, "--since", since.isoformat(), "--until", until.isoformat()) == 0
        loose = Message.objects.filter(thread_ts__isnull=True)
        assert {row.sent_at for row in loose} == {time for time in times if since <= time < until}
        assert run(*boost) == 0
        assert differences_in(twin, "boost") == []


def test_an_until_in_the_future_does_not_cover_what_is_not_written_yet(
    twin: SlackTwin, settings_from: Settings
) -> None:
    boost = only(twin, "boost")
    with served(twin, settings_from, **USUAL):
        assert run(*boost, "--end-date", "2999-01-01") == 0
        twin.mutate()
        assert run(*boost) == 0
        newest = ts_text(twin.space.channel("boost").timeline[-1])
        assert Message.objects.filter(ts=newest).exists()


def test_a_limit_ends_a_channel_early_and_the_next_run_goes_on(
    twin: SlackTwin, settings_from: Settings
) -> None:
    boost = only(twin, "boost")
    with served(twin, settings_from, SLACK_PAGE_SIZE="8", **USUAL):
        assert run(*boost, "--limit", "8") == 0
        assert differences_in(twin, "boost")
        assert run(*boost) == 0
        assert differences_in(twin, "boost") == []


def test_a_dry_run_plans_and_stores_nothing(
    twin: SlackTwin, settings_from: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(twin, settings_from) as urls:
        assert run("--dry-run") == 0
        assert not Channel.objects.exists()
        assert sum(urls.requests.values()) == 1
        assert "channels" in capsys.readouterr().out


def test_what_a_free_plan_hides_is_a_gap_and_not_deleted(settings_from: Settings) -> None:
    twin = SlackTwin(World(), size=80)
    with served(twin, settings_from):
        assert run() == 0
        live = Message.objects.filter(removed_at__isnull=True).count()
        times = sorted(Message.objects.values_list("sent_at", flat=True))
        twin.hidden_before = int(times[len(times) // 2].timestamp() * 1_000_000)
        assert run() == 0
        assert Message.objects.filter(removed_at__isnull=True).count() == live
        assert CoverageGap.objects.filter(part__startswith="hidden by the plan").exists()
        twin.hidden_before = 0
        assert run() == 0
        assert not CoverageGap.objects.exists()
        assert differences(twin) == []


def test_a_workspace_on_a_free_plan_brings_what_it_shows(settings_from: Settings) -> None:
    until = World().until
    twin = SlackTwin(World(), size=80, hidden_before=until - dt.timedelta(days=200))
    with served(twin, settings_from, **USUAL):
        assert run() == 0
        assert differences(twin) == []
        before = physical()
        assert run() == 0
        assert physical() == before


def test_an_app_with_fifteen_messages_and_one_call_a_minute_reads_everything_at_that_pace(
    settings_from: Settings,
) -> None:
    twin = SlackTwin(World(), size=40, restricted=True)
    few = {"SLACK_PAGE_SIZE": "15", "SLACK_HISTORY_CALLS_PER_MINUTE": "1"}
    with served(twin, settings_from, **few):
        assert run(*only(twin, "boost")) == 0
        assert differences_in(twin, "boost") == []
        # The twin refuses the second call of a minute; a busy machine can bring two closer together.
        assert twin.limits.refused <= 2


def _truth(twin: SlackTwin) -> list[dict[str, Any]]:
    return twin.truth()["cppa_slack_tracker.Message"]
