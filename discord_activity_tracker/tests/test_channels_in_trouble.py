"""One channel's trouble is its own, is told, and is over when it is over."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from core.models import QuarantinedItem
from core.twins import TwinRequest, TwinResponse
from discord_activity_tracker.client.bodies import MOST
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.tests.test_collecting import assert_equals_truth
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)
Answer = Callable[[TwinRequest], TwinResponse | None]


def instead(twin: DiscordTwin, other: Answer) -> Callable[[], None]:
    """The twin answers something else where `other` has something; call the result to end that."""
    answer = twin.answer
    twin.answer = lambda request: other(request) or answer(request)

    def end() -> None:
        twin.answer = answer

    return end


def refused(status: int, code: int, message: str, **headers: str) -> TwinResponse:
    body = json.dumps({"message": message, "code": code, "retry_after": 600.0, "global": False}).encode()
    return TwinResponse(status, body, {"Content-Type": "application/json", **headers})


def busiest() -> Channel:
    text = Channel.objects.filter(kind=Channel.Kind.TEXT, unreadable="")
    return max(text, key=lambda channel: Message.objects.filter(channel=channel).count())


def live(channel: Channel) -> set[int]:
    rows = Message.objects.filter(channel=channel, removed_at__isnull=True)
    return set(rows.values_list("pk", flat=True))


def test_a_channel_that_was_gone_and_is_back_is_read_again(twin: DiscordTwin, collect: Collect) -> None:
    collect()
    channel = busiest()
    before = live(channel)
    room = twin.server.room(channel.pk)
    assert room is not None
    room.deleted = True
    collect()
    assert not live(channel)
    room.deleted = False
    deleted = min(before)
    room.removed.add(deleted)
    collect()
    assert live(channel) == before - {deleted}
    assert_equals_truth(twin)
    Message.objects.all().delete()
    Channel.objects.all().delete()
    collect(from_archive=True)
    assert live(channel) == before - {deleted}


def test_a_limit_of_one_channel_stops_no_other_and_says_which_it_is(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect(limit=1)
    channel = busiest()

    def limited(request: TwinRequest) -> TwinResponse | None:
        if not request.path.endswith(f"/channels/{channel.pk}/messages"):
            return None
        return refused(429, 0, "Slow.", **{"Retry-After": "600", "X-RateLimit-Scope": "shared", "Via": "1.1"})

    end = instead(twin, limited)
    collector = collect()
    assert [str(each.category) for each in collector.outcome.failures] == ["rate_limit"]
    assert str(channel.pk) in collector.outcome.failures[0].message
    assert len(live(channel)) == 1
    assert Message.objects.exclude(channel=channel).count() > Channel.objects.count()
    end()
    collect()
    assert_equals_truth(twin)


def test_an_error_says_which_channel_it_is_about(twin: DiscordTwin, collect: Collect) -> None:
    collect(limit=1)
    channel = busiest()
    end = instead(
        twin,
        lambda request: (
            refused(418, 0, "I'm a teapot") if f"/channels/{channel.pk}/messages" in request.path else None
        ),
    )
    (failure,) = collect().outcome.failures
    assert f"GET /channels/{channel.pk}/messages 418" in failure.message
    end()


@pytest.mark.parametrize(
    "content", ['"half a pair: \\ud800"', '"", "embeds": [{"fields": [], "color": 1' + "0" * 400 + "}]"]
)
def test_a_message_that_discord_py_cannot_parse_does_not_stop_its_channel(
    content: str, twin: DiscordTwin, collect: Collect
) -> None:
    collect()
    channel = busiest()
    before = live(channel)
    odd = max(before)
    answer = twin.answer

    def spoiled(request: TwinRequest) -> TwinResponse:
        response = answer(request)
        if request.path.endswith(f"/channels/{channel.pk}/messages") and isinstance(response.body, bytes):
            messages: list[dict[str, Any]] = json.loads(response.body)
            for each in messages:
                if each["id"] == str(odd):
                    each["content"] = "ODD"
            response.body = json.dumps(messages).replace('"ODD"', content).encode()
        return response

    twin.answer = spoiled
    first = min(before)
    Message.objects.filter(pk=first).delete()
    failures = collect().outcome.failures
    assert {str(each.category) for each in failures} <= {"partial"}
    assert live(channel) == before
    assert bool(failures) == QuarantinedItem.objects.exists()


def test_an_answer_without_end_is_given_up_before_it_fills_the_memory(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect(limit=1)
    channel = busiest()
    packer = zlib.compressobj(wbits=31)
    block = b" " * (1024 * 1024)
    bomb = b"".join(packer.compress(block) for _ in range(MOST // len(block) + 8)) + packer.flush()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    instead(
        twin,
        lambda request: (
            TwinResponse(200, bomb, headers) if f"/channels/{channel.pk}/messages" in request.path else None
        ),
    )
    (failure,) = collect().outcome.failures
    assert str(channel.pk) in failure.message
    assert "more than" in failure.message


def test_a_forum_that_may_not_be_read_is_told_once(
    twin: DiscordTwin, collect: Collect, caplog: pytest.LogCaptureFixture
) -> None:
    collect()
    forum = Channel.objects.filter(kind=Channel.Kind.FORUM).earliest("pk")
    caplog.clear()
    end = instead(
        twin,
        lambda request: (
            refused(403, 50001, "Missing Access") if f"/channels/{forum.pk}/" in request.path else None
        ),
    )
    assert collect().outcome.counts["channels_unreadable"] == 1
    assert "channels_unreadable" not in collect().outcome.counts
    assert sum("cannot be read" in record.message for record in caplog.records) == 1
    forum.refresh_from_db()
    assert "50001" in forum.unreadable
    end()
    collect()
    forum.refresh_from_db()
    assert forum.unreadable == ""


def test_a_list_of_threads_that_goes_on_with_nothing_is_no_whole_list(
    twin: DiscordTwin, collect: Collect
) -> None:
    collect()
    threads = Channel.objects.filter(kind__in=Channel.THREADS, removed_at__isnull=True).count()
    body = json.dumps({"threads": [], "members": [], "has_more": True}).encode()
    nothing = TwinResponse(200, body, {"Content-Type": "application/json"})
    instead(twin, lambda request: nothing if request.path.endswith("/threads/archived/public") else None)
    failures = collect().outcome.failures
    assert {str(each.category) for each in failures} == {"source"}
    assert Channel.objects.filter(kind__in=Channel.THREADS, removed_at__isnull=True).count() == threads
