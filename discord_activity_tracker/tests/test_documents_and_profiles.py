from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from django.test.utils import CaptureQueriesContext

from core.changes import Change, mark
from core.registry import Document, GoneDocument
from core.tests.marks import committed_late, quiet_mark
from discord_activity_tracker.documents import DiscordDocuments
from discord_activity_tracker.models import Channel, Member, Message, User
from discord_activity_tracker.profiles import DiscordProfiles
from discord_activity_tracker.tests.talking import (
    MINUTE,
    START,
    attach,
    change,
    change_number,
    channel,
    id_at,
    remove,
    say,
    server,
)

pytestmark = pytest.mark.django_db


def documents() -> dict[str, Document]:
    """All, by id; none is told twice."""
    found = list(DiscordDocuments().documents())
    assert all(isinstance(each, Document) for each in found)
    by_id = {each.doc_id: each for each in found if isinstance(each, Document)}
    assert len(by_id) == len(found)
    return by_id


def news(since: int) -> tuple[dict[str, Document], set[str]]:
    """What is new, and what is gone."""
    found = list(DiscordDocuments().documents(since=since))
    there = {each.doc_id: each for each in found if isinstance(each, Document)}
    gone = {each.doc_id for each in found if isinstance(each, GoneDocument)}
    assert not there.keys() & gone
    return there, gone


def doc_id(minute: float, where: int = 10) -> str:
    return f"discord:7:{where}:{id_at(minute, where)}"


def minutes_of(document: Document) -> list[float]:
    """When its messages were sent."""
    ids = document.metadata["source_ids"]
    assert isinstance(ids, list)
    sent = Message.objects.filter(pk__in=map(int, ids)).order_by("pk").values_list("sent_at", flat=True)
    return [(each - START) / MINUTE for each in sent]


def test_loose_messages_are_one_document_until_somebody_pauses_for_an_hour() -> None:
    general = channel()
    say(general, 0, "Does `std::chrono::steady_clock::now()` block?")
    say(general, 30, "No.", author_id=2)
    say(general, 120, "Next question")
    found = documents()
    assert {key: minutes_of(each) for key, each in found.items()} == {doc_id(0): [0, 30], doc_id(120): [120]}
    first = found[doc_id(0)]
    assert first.text == (
        f"C++ & Boost #general\n\nAda Müller, 2025-03-01 09:00, https://discord.com/channels/7/10/{id_at(0)}:\n"
        "Does `std::chrono::steady_clock::now()` block?\n\n"
        f"Bjarne [he], 2025-03-01 09:30, https://discord.com/channels/7/10/{id_at(30)}:\nNo."
    )
    assert (first.title, first.author, first.visibility) == ("#general", "Ada Müller", "public")
    assert first.happened_at == START
    assert first.url == f"https://discord.com/channels/7/10/{id_at(0)}"
    assert first.metadata == {
        "type": "discord",
        "channel_id": "10",
        "channel_name": "general",
        "server_id": "7",
        "server_name": "C++ & Boost",
        "is_reply_chain": False,
        "source_ids": [str(id_at(0)), str(id_at(30))],
    }


def test_a_chain_of_replies_is_one_document_however_long_it_takes() -> None:
    general = channel()
    say(general, 0, "a question")
    say(general, 5, "something else")
    say(general, 10, "an answer", to=0)
    say(general, 5000, "another one", to=10)
    say(general, 9000, "and one to the question", to=0)
    found = documents()
    assert {key: minutes_of(each) for key, each in found.items()} == {
        doc_id(0): [0, 10, 5000, 9000],
        doc_id(5): [5],
    }
    assert [each.metadata["is_reply_chain"] for each in found.values()] == [True, False]


def test_code_comes_through_as_it_was_written() -> None:
    code = "```cpp\ntemplate <class T>\nauto f(std::vector<T>&& v) -> T*; // a<b && c>d\n\treturn *p;\n```"
    general = channel()
    message = say(general, 0, code)
    attach(message, "main.cpp")
    text = documents()[doc_id(0)].text
    assert code in text
    assert text.endswith("[main.cpp]")


def test_a_thread_is_one_document_with_the_message_that_it_was_started_from() -> None:
    general = channel()
    started = say(general, 0, "a question for a thread")
    thread = channel(started.pk, "the thread", kind=Channel.Kind.PUBLIC_THREAD, parent_id=10)
    say(thread, 1, type=21, is_system=True, reference_message_id=started.pk, reference_channel_id=10)
    say(thread, 9000, "a late answer", to=1)
    thread_document = documents()[f"discord:7:{thread.pk}"]
    assert minutes_of(thread_document) == [0, 9000]
    link = f"https://discord.com/channels/7/10/{started.pk}"
    first = f"Ada Müller, 2025-03-01 09:00, {link}:\na question for a thread"
    assert thread_document.text.startswith(f"C++ & Boost #the thread\n\n{first}")
    assert thread_document.url == f"https://discord.com/channels/7/{thread.pk}"
    since = change_number()
    change(started, plain_text="a better question")
    there, gone = news(since)
    better = sorted(key for key, each in there.items() if "a better question" in each.text)
    assert better == sorted([doc_id(0), f"discord:7:{thread.pk}"])
    assert gone == set()


def test_what_discord_itself_says_is_in_no_document() -> None:
    general = channel()
    User.objects.create(pk=643945264868098049, username="Community Updates", is_system=True)
    say(general, 0, "joined the server", type=7, is_system=True)
    say(general, 1, "This server can now be discovered.", author_id=643945264868098049)
    assert documents() == {}
    say(general, 2, "Welcome!", to=0)
    found = documents()
    assert {key: minutes_of(each) for key, each in found.items()} == {doc_id(0): [2]}
    assert "joined" not in found[doc_id(0)].text


def test_documents_are_as_public_as_their_channel_is_by_the_settings_too(
    settings_from: Callable[[dict[str, str]], None],
) -> None:
    def public() -> set[str]:
        return {key for key, each in documents().items() if each.visibility == "public"}

    say(channel(10), 0)
    say(channel(11, "staff", is_public=False), 1)
    say(channel(12, "hush", kind=Channel.Kind.PRIVATE_THREAD, is_public=False, parent_id=11), 2)
    say(channel(13, "open", kind=Channel.Kind.PUBLIC_THREAD, is_public=False, parent_id=11), 3)
    assert public() == {doc_id(0)}
    everything, before = set(documents()), DiscordDocuments().version
    assert everything == {doc_id(0), doc_id(1, 11), "discord:7:12", "discord:7:13"}
    settings_from({"DISCORD_PUBLIC_CHANNELS": "11"})
    assert public() == {doc_id(1, 11), "discord:7:13"}
    assert set(documents()) == everything
    assert DiscordDocuments().version != before  # so whoever follows reads all again


def test_a_channel_that_is_not_public_any_more_has_the_same_documents_which_are_private() -> None:
    general = channel()
    say(general, 0)
    say(general, 3, to=0)
    thread = channel(12, "thread", kind=Channel.Kind.PUBLIC_THREAD, parent_id=10)
    say(thread, 5)
    known = documents()
    assert {each.visibility for each in known.values()} == {"public"}
    since = change_number()
    Channel.objects.update(is_public=False, changed_in=change_number())
    there, gone = news(since)
    assert there == {key: replace(each, visibility="private") for key, each in known.items()}
    assert gone == set()


def test_a_channel_with_another_name_has_it_in_all_its_documents() -> None:
    general = channel()
    say(general, 0)
    say(general, 500, to=0)
    say(general, 1000)
    since = change_number()
    Channel.objects.update(name="chat", changed_in=change_number())
    there, gone = news(since)
    assert all(each.metadata["channel_name"] == "chat" for each in there.values())
    assert there == documents()
    assert gone == set()


def test_an_edit_replaces_a_document_and_a_removal_shrinks_or_removes_it() -> None:
    general = channel()
    first, second = say(general, 0), say(general, 1)
    answer = say(general, 2, to=1)
    since = change_number()
    change(second, plain_text="edited")
    there, gone = news(since)
    assert "edited" in there[doc_id(1)].text
    since = change_number()
    remove(second)
    there, gone = news(since)
    assert minutes_of(there[doc_id(1)]) == [2]
    since = change_number()
    remove(answer)
    there, gone = news(since)
    assert doc_id(1) in gone
    assert set(documents()) == {doc_id(0)}
    since = change_number()
    remove(first)
    assert news(since) == ({}, {doc_id(0)})


def test_a_late_reply_moves_a_message_out_of_its_conversation() -> None:
    general = channel()
    say(general, 0)
    say(general, 1)
    say(general, 2)
    since = change_number()
    say(general, 900, to=0)
    there, gone = news(since)
    assert {key: minutes_of(each) for key, each in there.items()} == {doc_id(0): [0, 900], doc_id(1): [1, 2]}
    assert doc_id(0) not in gone


def test_a_channel_that_is_deleted_takes_its_documents_along() -> None:
    general = channel()
    thread = channel(12, "thread", kind=Channel.Kind.PUBLIC_THREAD, parent_id=10)
    for message in (say(general, 0), say(general, 200), say(general, 300, to=200), say(thread, 1)):
        change(message, removed_at=None)
    known = set(documents())
    since = change_number()
    Channel.objects.update(removed_at=START, changed_in=change_number())
    Message.objects.update(removed_at=START, changed_in=change_number())
    there, gone = news(since)
    assert there == {}
    assert gone >= known
    assert documents() == {}


@pytest.mark.parametrize("seed", range(4))
def test_whoever_follows_the_changes_has_what_reading_everything_gives(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - reproducible
    general = channel()
    thread = channel(12, "thread", kind=Channel.Kind.PUBLIC_THREAD, parent_id=10)
    known: dict[str, Document] = {}
    said: dict[int, Message] = {}
    for _ in range(8):
        since = change_number()
        for _ in range(rng.randint(1, 6)):
            minute = rng.randrange(2000)
            earlier = [each for each in said if each < minute]
            dice = rng.random()
            if minute in said:
                change(said[minute], removed_at=START if dice < 0.5 else None)
            elif dice < 0.15:
                say(thread, minute)
            else:
                # What is answered may come later than its answer, or never.
                answered = rng.choice([*earlier, minute // 2]) if dice < 0.5 else None
                said[minute] = say(general, minute, to=answered if minute else None)
        there, gone = news(since)
        known = {key: each for key, each in known.items() if key not in gone} | there
        assert known == documents()


def test_what_is_asked_for_each_document_does_not_grow_with_the_channel(
    django_assert_max_num_queries: Callable[..., CaptureQueriesContext],
) -> None:
    general = channel()
    for minute in range(0, 6000, 100):
        say(general, minute)
        say(general, minute + 1)
        say(general, minute + 2, to=minute + 1)
    since = change_number()
    change(Message.objects.get(pk=id_at(5000)), plain_text="edited")
    with django_assert_max_num_queries(20):
        there, _ = news(since)
    assert set(there) == {doc_id(5000)}
    with django_assert_max_num_queries(90):  # five statements for 50 documents, and one for each conversation
        assert len(documents()) == 120


def test_an_account_is_a_profile_with_all_it_is_called() -> None:
    general = channel()
    say(general, 0)
    say(general, 5)
    say(general, 6, author_id=2)
    say(general, 9, author_id=1, is_webhook=True, author_name="a webhook with the id of a user")
    profiles = [each for each in DiscordProfiles().profiles() if not each.is_bot]
    assert [(each.source, each.external_id, each.names, each.logins) for each in profiles] == [
        ("discord", "1", ("Ada Müller",), ("ada",)),
        ("discord", "2", ("Bjarne [he]",), ("bjarne_b",)),
    ]
    assert [each.last_seen_at for each in profiles] == [START + 5 * MINUTE, START + 6 * MINUTE]
    assert all(each.counts["messages"] > 0 for each in profiles)
    assert all(each.first_seen_at and each.first_seen_at <= START + 6 * MINUTE for each in profiles)


def test_a_bot_is_one_and_discord_itself_and_deleted_accounts_are_nobody() -> None:
    server()
    User.objects.create(pk=643945264868098049, username="Community Updates", is_system=True)
    User.objects.create(pk=456226577798135808, username="Deleted User")
    found = {each.external_id: each.is_bot for each in DiscordProfiles().profiles()}
    assert found == {"1": False, "2": False, "3": True}


def test_a_profile_is_new_when_a_name_is() -> None:
    server()
    since = change_number()
    assert list(DiscordProfiles().profiles(since=since)) == []
    Member.objects.filter(user=2).update(nickname="BB", changed_in=change_number())
    assert [each.names for each in DiscordProfiles().profiles(since=since)] == [("BB",)]
    User.objects.filter(pk=1).update(global_name="Ada M.", changed_in=change_number())
    changed = {each.external_id: each.names for each in DiscordProfiles().profiles(since=since)}
    assert changed == {"1": ("Ada M.",), "2": ("BB",)}


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_told_to_those_who_followed_meanwhile() -> None:
    general = channel()
    one, two = say(general, 0), say(general, 500)

    def write() -> None:
        Message.objects.filter(pk=one.pk).update(plain_text="late", changed_in=Change())
        User.objects.filter(pk=1).update(global_name="late", changed_in=Change())

    since = quiet_mark()
    with committed_late(write):
        Message.objects.filter(pk=two.pk).update(plain_text="early", changed_in=Change())
        after, (told, _) = mark(), news(since)
        assert set(told) == {doc_id(500)}
        assert list(DiscordProfiles().profiles(since=since)) == []
    assert "late" in news(after)[0][doc_id(0)].text
    assert "late" in [name for each in DiscordProfiles().profiles(since=after) for name in each.names]
