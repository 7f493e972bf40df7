"""Loose messages as conversations, against a grouping that reads everything."""

import datetime as dt
import uuid
from collections.abc import Iterator
from random import Random

import pytest

from core.conversations import BATCH, PAUSE, Former, LooseMessages
from core.models import Run

pytestmark = pytest.mark.django_db

BEGINNING = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def say(minute: int) -> None:
    """A row with an id in order of time, and a time, is as good as a message."""
    time = BEGINNING + minute * MINUTE
    Run.objects.create(id=minute, token=uuid.uuid4(), collector="chat", started_at=time, pid=0)


def take_back(minute: int) -> None:
    Run.objects.filter(pk=minute).delete()


def messages() -> LooseMessages[Run]:
    return LooseMessages(Run.objects.filter(collector="chat"), key="id", time="started_at")


def all_of() -> list[list[int]]:
    return [[message.pk for message in each] for each in messages().conversations()]


def changed(*minutes: int) -> tuple[list[list[int]], set[int]]:
    found = list(messages().changed(sorted(minutes)))
    conversations = [[message.pk for message in each] for each in found if not isinstance(each, Former)]
    return conversations, {each.key for each in found if isinstance(each, Former)}


def test_an_hour_without_a_word_ends_a_conversation() -> None:
    for minute in (0, 60, 121, 122, 300):
        say(minute)
    assert all_of() == [[0, 60], [121, 122], [300]]
    assert next(messages().conversations())[1].started_at - BEGINNING == PAUSE


def test_a_channel_without_messages_has_no_conversations() -> None:
    assert all_of() == []
    assert changed(5) == ([], {5})


def test_what_is_said_between_two_conversations_joins_them() -> None:
    for minute in (0, 100, 500):
        say(minute)
    say(50)
    assert changed(50) == ([[0, 50, 100]], {50, 100})


def test_what_is_taken_back_parts_a_conversation() -> None:
    for minute in (0, 50, 100, 500):
        say(minute)
    take_back(50)
    assert changed(50) == ([[0], [100]], {50})


def test_a_conversation_that_loses_its_first_message_is_another_one() -> None:
    for minute in (0, 50, 100):
        say(minute)
    take_back(0)
    assert changed(0) == ([[50, 100]], {0})


def test_a_changed_message_brings_its_conversation_alone() -> None:
    for minute in (0, 100, 110, 200, 300):
        say(minute)
    assert changed(110) == ([[100, 110]], {110})


def test_a_conversation_may_be_longer_than_what_a_statement_reads() -> None:
    for minute in range(3 * BATCH):
        say(minute)
    say(10_000)
    assert changed(BATCH * 2, BATCH * 2 + 1)[0] == [list(range(3 * BATCH))]


@pytest.mark.parametrize("seed", range(8))
def test_whoever_follows_the_changes_has_what_reading_everything_gives(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - reproducible
    said: set[int] = set()
    known: dict[int, list[int]] = {}
    for _ in range(12):
        news = {rng.randrange(1500) for _ in range(rng.randint(1, 12))}
        for minute in news:
            (take_back if minute in said else say)(minute)
        said ^= news
        conversations, formers = changed(*news)
        for former in formers:
            known.pop(former, None)
        known |= {each[0]: each for each in conversations}
        assert sorted(known.values()) == all_of() == list(grouped(sorted(said)))


def grouped(minutes: list[int]) -> Iterator[list[int]]:
    begin = 0
    for place in range(1, len(minutes) + 1):
        if place == len(minutes) or minutes[place] - minutes[place - 1] > PAUSE // MINUTE:
            yield minutes[begin:place]
            begin = place
