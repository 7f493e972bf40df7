"""Nothing is missed and nothing is made up: gaps, edits, deletions, schedules, refusals."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command

from core.models import ArchiveVersion, Checkpoint, QuarantinedItem, Run
from core.twins import Fault, Faults, Served, TwinClock, TwinRequest, TwinResponse, World
from core.twins.snapshot import differences_from_truth
from discord_activity_tracker.collectors import DiscordActivityCollector
from discord_activity_tracker.models import Channel, Member, Membership, Message, Reaction
from discord_activity_tracker.parsing.fields import time_of
from discord_activity_tracker.sync.options import DiscordOptions
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)
WORLD_ENDS = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
SCHEDULED = {"DISCORD_REREAD_DAYS": "3", "DISCORD_SWEEP_DAYS": "30", "DISCORD_MEMBER_DAYS": "1"}


def assert_equals_truth(twin: DiscordTwin) -> None:
    assert [str(each) for each in differences_from_truth(twin.truth())] == []


def on(day: dt.datetime, **options: Any) -> DiscordActivityCollector:
    """A run on a day of the world's time."""
    asked = DiscordOptions(skip_markdown_export=True, **options)
    collector = DiscordActivityCollector(asked, now=lambda: day)
    collector.run()
    return collector


@contextmanager
def asked_of(twin: DiscordTwin) -> Iterator[Counter[str]]:
    """Counts requests by the last part of their path."""
    counted: Counter[str] = Counter()
    answer = twin.answer

    def counting(request: TwinRequest) -> TwinResponse:
        counted[request.path.rpartition("/")[2]] += 1
        return answer(request)

    twin.answer = counting
    yield counted
    twin.answer = answer


@pytest.fixture
def scheduled(serve_twin: Callable[..., Served], transactional_db: None) -> DiscordTwin:  # noqa: ARG001 - the database
    """A small server, read as one in production is: a recent window, and a sweep now and then."""
    twin = DiscordTwin(World(), size=80)
    serve_twin(twin, **SCHEDULED)
    return twin


def test_a_quiet_day_asks_for_lists_and_the_recent_window_only(scheduled: DiscordTwin) -> None:
    on(WORLD_ENDS)
    assert_equals_truth(scheduled)
    with asked_of(scheduled) as counted:
        collector = on(WORLD_ENDS + dt.timedelta(hours=1))
    assert collector.outcome.failures == []
    # The channels with a message of the last three days, and the one that may not be read.
    start = WORLD_ENDS + dt.timedelta(hours=1) - dt.timedelta(days=3)
    recent = Message.objects.filter(sent_at__gte=start).values("channel").distinct().count()
    assert counted["messages"] <= recent + 1 + Channel.objects.filter(unreadable__gt="").count()
    assert counted["members"] == 0
    threaded = Channel.objects.filter(kind__in=("text", "announcement", "forum", "media")).count()
    assert counted["public"] == threaded
    assert sum(counted.values()) <= counted["messages"] + 2 * threaded + 6


def test_what_changes_in_the_recent_window_is_found_the_next_day_the_rest_by_the_sweep(
    scheduled: DiscordTwin,
) -> None:
    on(WORLD_ENDS)
    scheduled.mutate()
    on(WORLD_ENDS + dt.timedelta(hours=12))
    missed = [each for each in differences_from_truth(scheduled.truth()) if "Message" in each.table]
    window = WORLD_ENDS + dt.timedelta(hours=12) - dt.timedelta(days=3)
    assert missed, "the twin changes old messages, too"
    assert all(time_of(each.key[0]) < window for each in missed)
    on(WORLD_ENDS + dt.timedelta(days=31))
    assert_equals_truth(scheduled)


def test_a_sweep_spends_only_so_many_calls_a_run_and_goes_on_in_the_next(
    serve_twin: Callable[..., Served],
    transactional_db: None,  # noqa: ARG001 - the database
) -> None:
    twin = DiscordTwin(World(), size=80)
    serve_twin(twin, **SCHEDULED, DISCORD_SWEEP_REQUESTS="15", DISCORD_PAGE_SIZE="20")
    on(WORLD_ENDS)
    twin.mutate()
    later = WORLD_ENDS + dt.timedelta(days=60)
    with asked_of(twin) as counted:
        on(later)
    new = Message.objects.filter(sent_at__gte=WORLD_ENDS)
    assert counted["messages"] <= 15 + 1 + Channel.objects.count() + new.count()
    for day in range(1, 40):
        on(later + dt.timedelta(hours=day))
        if not list(differences_from_truth(twin.truth())):
            break
    assert_equals_truth(twin)
    tokens = set(Checkpoint.objects.filter(stream="sweep").values_list("token", flat=True))
    assert later.date().isoformat() in tokens


def test_edits_leave_their_history_and_deletions_a_tombstone(twin: DiscordTwin, collect: Collect) -> None:
    collect()
    before = dict(Message.objects.values_list("pk", "content"))
    twin.mutate()
    collector = collect()
    assert_equals_truth(twin)
    edited = Message.objects.filter(edited_at__gt=twin.world.until, pk__in=before, removed_at__isnull=True)
    assert edited.exists()
    for message in edited:
        versions = ArchiveVersion.objects.filter(kind="message", external_id=str(message.pk))
        assert versions.count() >= 2
    removed = Message.objects.filter(removed_at__isnull=False)
    assert removed.count() == collector.outcome.counts["messages_removed"] > 0
    assert all(message.content == before[message.pk] for message in removed)


def test_a_gap_is_closed_by_the_next_run_wherever_it_is(twin: DiscordTwin, collect: Collect) -> None:
    sent = sorted(row["id"] for row in twin.truth()["discord_activity_tracker.Message"])
    third, two_thirds = (time_of(sent[len(sent) * part // 3]) for part in (1, 2))
    collect(until=third)
    collect(since=two_thirds)
    assert Message.objects.count() < len(sent)
    collect()
    assert_equals_truth(twin)


def test_a_limit_ends_each_channel_early_and_the_next_run_reads_on(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect(limit=3)
    counts = Counter(Message.objects.values_list("channel", flat=True))
    assert counts
    assert max(counts.values()) <= 3
    collect()
    assert_equals_truth(twin)


def test_reading_everything_again_writes_no_message(twin: DiscordTwin, collect: Collect) -> None:
    collect()
    before = dict(Message.objects.values_list("pk", "changed_in"))
    counts = collect(full=True).outcome.counts
    assert dict(Message.objects.values_list("pk", "changed_in")) == before
    assert not {name for name in counts if name.endswith(("created", "updated", "removed"))}
    assert_equals_truth(twin)


def test_the_archive_gives_back_every_column(twin: DiscordTwin, collect: Collect) -> None:
    collect()
    for _ in range(2):
        twin.mutate()
    collect()
    ours = {"stored_at", "changed_in", "removed_at", "last_message_id", "message_count", "unreadable"}

    def rows(model: type[Any]) -> list[dict[str, Any]]:
        named = [f.attname for f in model._meta.concrete_fields if f.name not in ours | {"id"}]
        named += ["pk"] if model in {Message, Channel} else []
        return sorted(model.objects.values(*named), key=str)

    before = {model: rows(model) for model in (Message, Channel, Reaction)}
    removed = set(Message.objects.filter(removed_at__isnull=False).values_list("pk", flat=True))
    for model in before:
        model.objects.all().delete()
    collect(from_archive=True)
    assert {model: rows(model) for model in before} == before
    assert set(Message.objects.filter(removed_at__isnull=False).values_list("pk", flat=True)) == removed


def test_who_leaves_and_comes_back_has_two_stays(twin: DiscordTwin, collect: Collect) -> None:
    collect()
    twin.mutate()
    collect()
    gone = Member.objects.filter(left_at__isnull=False)
    assert gone.exists()
    for member in gone:
        stay = Membership.objects.get(user=member.user, left_at__isnull=False)
        assert stay.joined_at == member.joined_at


def test_a_bot_without_the_message_content_intent_is_told_and_stores_nothing(
    serve_twin: Callable[..., Served], collect: Collect
) -> None:
    serve_twin(DiscordTwin(World(), size=60, message_content=False))
    collector = collect()
    assert [failure.category for failure in collector.outcome.failures] == ["permission"]
    assert "message-content intent" in collector.outcome.failures[0].message
    assert Channel.objects.exists()
    assert not Message.objects.exists()


def test_contents_that_vanish_are_noticed_and_what_is_stored_stays(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect()
    before = dict(Message.objects.values_list("pk", "content"))
    answer = twin.answer

    def emptied(request: TwinRequest) -> TwinResponse:
        """As Discord answers when the intent is taken away, but the flags still say that it is there."""
        response = answer(request)
        if request.path.endswith("/messages") and isinstance(response.body, bytes) and response.status == 200:
            nothing = {"content": "", "embeds": [], "attachments": [], "components": [], "poll": None}
            response.body = json.dumps([each | nothing for each in json.loads(response.body)]).encode()
        return response

    twin.answer = emptied
    collector = collect()
    assert {str(failure.category) for failure in collector.outcome.failures} == {"permission"}
    assert dict(Message.objects.values_list("pk", "content")) == before


def test_a_channel_whose_history_is_hidden_loses_nothing(twin: DiscordTwin, collect: Collect) -> None:
    """Discord lists no message to who may not read the history, rather than to refuse."""
    collect()
    live = Message.objects.filter(removed_at__isnull=True)
    channel = Channel.objects.get(pk=live.filter(channel__kind="text").values("channel")[:1])
    before = live.filter(channel=channel).count()
    answer = twin.answer

    def hidden(request: TwinRequest) -> TwinResponse:
        if f"/channels/{channel.pk}/messages" not in request.path:
            return answer(request)
        if request.path.endswith("/messages"):
            return TwinResponse(200, b"[]", {"Content-Type": "application/json"})
        body = json.dumps({"message": "Missing Access", "code": 50001}).encode()
        return TwinResponse(403, body, {"Content-Type": "application/json"})

    twin.answer = hidden
    collector = collect()
    assert [str(failure.category) for failure in collector.outcome.failures] == ["permission"]
    assert collector.outcome.counts["channels_unreadable"] >= 1
    assert collect().outcome.failures == []
    assert live.filter(channel=channel).count() == before
    channel.refresh_from_db()
    assert "50001" in channel.unreadable
    twin.answer = answer
    collect()
    channel.refresh_from_db()
    assert channel.unreadable == ""


def test_private_threads_that_the_bot_may_no_longer_list_are_asked_for_before_they_are_called_gone(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect()
    private = Channel.objects.filter(kind="private_thread")
    assert private.exists()
    answer = twin.answer

    def hidden(request: TwinRequest) -> TwinResponse:
        if request.path.endswith("/threads/archived/private") and "/@me/" not in request.path:
            body = json.dumps({"message": "Missing Permissions", "code": 50013}).encode()
            return TwinResponse(403, body, {"Content-Type": "application/json"})
        return answer(request)

    twin.answer = hidden
    assert collect().outcome.failures == []
    assert not private.filter(removed_at__isnull=False).exists()
    assert_equals_truth(twin)


def test_a_channel_that_is_hidden_is_said_once(
    twin: DiscordTwin, collect: Collect, caplog: pytest.LogCaptureFixture
) -> None:
    collect()
    assert sum("cannot be read" in record.message for record in caplog.records) == 1
    caplog.clear()
    collect()
    assert not any("cannot be read" in record.message for record in caplog.records)
    assert_equals_truth(twin)


def test_a_server_without_the_list_of_members_is_collected_all_the_same(
    serve_twin: Callable[..., Served], collect: Collect
) -> None:
    twin = DiscordTwin(World(), size=60, members=False)
    serve_twin(twin)
    collector = collect()
    assert collector.outcome.failures == []
    assert collector.outcome.counts["servers_without_member_list"] == 1
    assert not Member.objects.exists()
    assert_equals_truth(twin)


def test_only_the_channels_that_are_asked_for_are_read(twin: DiscordTwin, collect: Collect) -> None:
    rooms = [row for row in twin.truth()["discord_activity_tracker.Channel"] if row["kind"] == "text"]
    general = next(row for row in rooms if row["name"] == "general")
    collect(channels=(str(general["id"]),))
    read = set(Message.objects.values_list("channel__pk", "channel__parent_id"))
    assert read
    assert all(general["id"] in pair for pair in read)


def test_an_unknown_channel_is_an_error_and_never_means_all(twin: DiscordTwin, collect: Collect) -> None:  # noqa: ARG001 - it is served
    with pytest.raises(Exception, match="no channel no-such-thing"):
        collect(channels=("no-such-thing",))
    assert not Message.objects.exists()


def test_whatever_goes_wrong_in_between_the_last_run_brings_the_truth(
    serve_twin: Callable[..., Served], collect: Collect
) -> None:
    faults = Faults.all(7, without=[Fault.SECONDARY_LIMIT], rate=0.15)
    twin = DiscordTwin(World(), size=60, faults=faults, clock=TwinClock(multiple=2000))
    served = serve_twin(twin)
    for _ in range(2):
        collect(retry_quarantined=True)
        twin.mutate()
    assert len(served.faults) >= 5
    twin.settle()
    twin.faults = Faults.none()
    assert collect(retry_quarantined=True).outcome.failures == []
    assert_equals_truth(twin)
    assert not QuarantinedItem.objects.exists()


@pytest.mark.parametrize("broken", [{"id": "nonsense"}, {"timestamp": "yesterday"}], ids=str)
def test_a_broken_message_is_asked_for_again_whatever_has_become_of_it(
    broken: dict[str, Any], twin: DiscordTwin, collect: Collect
) -> None:
    answer = twin.answer

    def spoiled(request: TwinRequest) -> TwinResponse:
        """The newest message of each page, and the oldest, are broken."""
        response = answer(request)
        if request.path.endswith("/messages") and isinstance(response.body, bytes) and response.status == 200:
            messages = json.loads(response.body)
            for place in {0, len(messages) - 1} if messages else set():
                messages[place].update(broken)
            response.body = json.dumps(messages).encode()
        return response

    twin.answer = spoiled
    assert {failure.category for failure in collect().outcome.failures} == {"partial"}
    assert QuarantinedItem.objects.count() > 10
    QuarantinedItem.objects.create(
        collector="discord_activity", scope=f"{twin.server.id}/{twin.server.general.id}", kind="message",
        external_id="nonsense", payload=b"", reason="", category="", next_attempt_at=WORLD_ENDS,
    )  # fmt: skip
    twin.answer = answer
    for _ in range(2):
        twin.mutate()  # in the second round, channels go
    assert collect(retry_quarantined=True).outcome.failures == []
    # What was deleted while it was broken, nobody could know of.
    truth = twin.truth()
    messages = truth.pop("discord_activity_tracker.Message")
    assert {row["id"] for row in messages if not row["removed"]} == set(
        Message.objects.filter(removed_at__isnull=True).values_list("pk", flat=True)
    )
    assert list(QuarantinedItem.objects.values_list("external_id", flat=True)) == ["nonsense"]


def test_a_plan_reads_and_stores_nothing(
    twin: DiscordTwin, collect: Collect, capsys: pytest.CaptureFixture[str]
) -> None:
    with asked_of(twin) as counted:
        call_command("run_discord_activity_tracker", "--dry-run")
    assert sum(counted.values()) == 4
    assert "with news" in capsys.readouterr().out
    assert not Channel.objects.exists()
    assert Run.objects.get().status == "ok"
    collect()
    assert_equals_truth(twin)
