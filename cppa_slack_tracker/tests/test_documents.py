"""What the search index gets: threads, conversations, and word of what is gone."""

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from core.changes import Change, mark
from core.registry import Document
from core.tests.marks import committed_late, quiet_mark
from cppa_slack_tracker.documents import SlackDocuments
from cppa_slack_tracker.models import Channel, Message, User, Workspace
from cppa_slack_tracker.profiles import SlackProfiles
from cppa_slack_tracker.tests.indexing import all_of, follow

pytestmark = pytest.mark.django_db

START = dt.datetime(2025, 6, 2, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
METADATA = {"type", "channel_id", "is_grouped", "thread_ts", "group_size", "team_id", "source_ids"}
CODE = "```auto t = std::chrono::steady_clock::now();\nstd::map<K, V&&> m; // a < b && c > d```"


class Room:
    """A channel to write into. Its changes are numbered from 1; minutes are those of what is said."""

    def __init__(self, kind: str = "public", channel_id: str = "C0A") -> None:
        self.workspace, _ = Workspace.objects.get_or_create(
            team_id="T0A", name="Cpp", domain="cpp", url="https://cpp.slack.com/"
        )
        self.channel = Channel.objects.create(
            workspace=self.workspace,
            channel_id=channel_id,
            name=f"{kind}-talk",
            kind=kind,
            is_archived=False,
            is_member=True,
            is_general=False,
            is_shared=False,
            topic="",
            purpose="",
            changed_in=0,
        )
        self.changes = 0

    def change_number(self) -> int:
        self.changes += 1
        return self.changes

    def mark(self) -> int:
        """Below which all changes are that were made."""
        return self.changes + 1

    def say(self, minute: int, text: str = "", *, thread: int | None = None, **fields: Any) -> Message:
        values: dict[str, Any] = {"user_id": "U0A", "text": text, "plain_text": text or f"said at {minute}"}
        return Message.objects.create(
            channel=self.channel,
            ts=ts(minute),
            sent_at=START + minute * MINUTE,
            thread_ts=None if thread is None else ts(thread),
            permalink=link(minute, self.channel.channel_id),
            changed_in=self.change_number(),
            **values | fields,
        )

    def change(self, minute: int, **fields: Any) -> None:
        Message.objects.filter(channel=self.channel, ts=ts(minute)).update(
            changed_in=self.change_number(), **fields
        )

    def remove(self, minute: int) -> None:
        self.change(minute, removed_at=START)

    def user(self, user_id: str, **names: str) -> None:
        fields = {"home_team_id": "T0A", "name": "", "real_name": "", "display_name": "", "title": ""}
        flags = dict.fromkeys(("is_bot", "is_deactivated", "is_guest", "is_stranger"), False)
        User.objects.create(
            workspace=self.workspace, user_id=user_id, time_zone="", **fields | names, **flags
        )


def ts(minute: int) -> str:
    return f"{int((START + minute * MINUTE).timestamp())}.000100"


def link(minute: int, channel_id: str = "C0A") -> str:
    return f"https://cpp.slack.com/archives/{channel_id}/p{ts(minute).replace('.', '')}"


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_thread_is_a_document_and_loose_messages_are_one_until_an_hour_passes(room: Room) -> None:
    room.say(0, "What is a<b>?", thread=0, reply_count=2)
    room.say(1)
    room.say(5, "A template.", thread=0)
    room.say(50)
    room.say(700, "Late, but thanks.", thread=0)
    room.say(111)

    documents = all_of()

    sizes = {key: document.metadata["source_ids"] for key, document in documents.items()}
    assert sizes == {
        f"slack:T0A:C0A:{ts(0)}": [ts(0), ts(5), ts(700)],
        f"slack:T0A:C0A:{ts(1)}": [ts(1), ts(50)],
        f"slack:T0A:C0A:{ts(111)}": [ts(111)],
    }
    thread, group, alone = (document.metadata for document in documents.values())
    assert all(set(metadata) == METADATA for metadata in (thread, group, alone))
    first = documents[f"slack:T0A:C0A:{ts(0)}"]
    assert (first.title, first.author, first.url) == ("#public-talk", "U0A", link(0))
    assert first.happened_at == START
    assert (thread["thread_ts"], thread["is_grouped"], thread["group_size"]) == (ts(0), True, 3)
    assert (group["thread_ts"], group["is_grouped"], group["group_size"]) == ("", True, 2)
    assert (alone["is_grouped"], alone["group_size"]) == (False, 1)


def test_a_text_has_authors_times_and_permalinks_and_cpp_as_it_was_written(room: Room) -> None:
    room.user("U0A", display_name="Ada", real_name="Ada Lovelace", name="ada")
    room.user("U0B", real_name="Bjarne", name="bs")
    room.say(0, CODE)
    room.say(3, "Ask <@U0B> or <@U0C> in <#C0A>; std::vector<int> v; x <@ y", user_id="U0B")
    room.say(4, "Build failed", user_id=None, bot_id="B0A", author_name="CI")

    (document,) = all_of().values()

    assert document.text == (
        f"Ada, 2025-06-02 09:00 UTC, {link(0)}\n{CODE}\n\n"
        f"Bjarne, 2025-06-02 09:03 UTC, {link(3)}\n"
        "Ask @Bjarne or @U0C in #public-talk; std::vector<int> v; x <@ y\n\n"
        f"CI, 2025-06-02 09:04 UTC, {link(4)}\nBuild failed"
    )
    assert document.author == "Ada"


def test_who_came_and_went_and_what_says_nothing_is_no_search_text(room: Room) -> None:
    room.say(0, "<@U0A> has joined the channel", subtype="channel_join", thread=0, reply_count=1)
    room.say(1, "set the topic", subtype="channel_topic")
    room.say(2, plain_text="")
    room.say(3, "Welcome!", thread=0)
    room.say(4, "a subtype that nobody has heard of", subtype="of_tomorrow")

    documents = all_of()

    assert {document.text.partition("\n")[2] for document in documents.values()} == {
        "Welcome!",
        "a subtype that nobody has heard of",
    }
    assert f"slack:T0A:C0A:{ts(0)}" in documents


def test_a_late_reply_replaces_the_thread_and_takes_the_parent_out_of_its_conversation(room: Room) -> None:
    for minute in (0, 10, 20):
        room.say(minute)
    index = all_of()
    since = room.mark()
    room.change(0, thread_ts=ts(0), reply_count=1)
    room.say(500, "late", thread=0)

    gone = follow(index, since)

    assert index == all_of()
    assert set(index) == {f"slack:T0A:C0A:{ts(0)}", f"slack:T0A:C0A:{ts(10)}"}
    assert "late" in index[f"slack:T0A:C0A:{ts(0)}"].text
    assert f"slack:T0A:C0A:{ts(0)}" not in gone


def test_a_deletion_shrinks_a_document_and_the_last_one_removes_it(room: Room) -> None:
    room.say(0, thread=0, reply_count=1)
    room.say(1, thread=0)
    room.say(200)
    index = all_of()

    since = room.mark()
    room.remove(0)
    room.remove(200)
    gone = follow(index, since)
    assert gone == {f"slack:T0A:C0A:{ts(200)}"}
    assert index[f"slack:T0A:C0A:{ts(0)}"].metadata["source_ids"] == [ts(1)]

    since = room.mark()
    room.remove(1)
    assert f"slack:T0A:C0A:{ts(0)}" in follow(index, since)
    assert index == {} == all_of()


def test_nothing_is_given_when_nothing_changed(room: Room) -> None:
    for minute in range(5):
        room.say(minute)
    assert list(SlackDocuments().documents(since=room.mark())) == []


@pytest.mark.parametrize("seed", range(3))
def test_an_index_that_follows_the_changes_is_the_one_made_anew(room: Room, seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - reproducible, not secret
    index: dict[str, Document] = {}
    since = 0
    said: dict[int, Message] = {}
    for _ in range(12):
        for _ in range(rng.randint(1, 6)):
            free = [minute for minute in range(0, 900, 25) if minute not in said]
            parents = [minute for minute, message in said.items() if message.thread_ts in {None, message.ts}]
            match rng.choice(["say", "say", "reply", "remove", "edit", "return"]):
                case "say" if free:
                    minute = rng.choice(free)
                    said[minute] = room.say(minute)
                case "reply" if free and parents:
                    parent = rng.choice(parents)
                    later = [minute for minute in free if minute > parent]
                    if later:
                        room.change(parent, thread_ts=ts(parent))
                        said[parent].thread_ts = ts(parent)
                        said[later[0]] = room.say(later[0], thread=parent)
                case "remove" if said:
                    room.remove(rng.choice(list(said)))
                case "edit" if said:
                    room.change(rng.choice(list(said)), plain_text=f"edited {rng.random()}")
                case "return" if said:
                    room.change(rng.choice(list(said)), removed_at=None)
        follow(index, since)
        since = room.mark()
        assert index == all_of()


def visibilities(documents: dict[str, Document]) -> dict[str, str]:
    """Channel -> visibility of its documents."""
    return {str(each.metadata["channel_id"]): each.visibility for each in documents.values()}


def test_documents_are_as_public_as_their_channel_and_direct_messages_have_none() -> None:
    for kind, channel_id in (("public", "C0A"), ("private", "G0A"), ("im", "D0A"), ("mpim", "C0M")):
        Room(kind, channel_id).say(0)
    assert visibilities(all_of()) == {"C0A": "public", "G0A": "private"}


def test_channels_that_the_settings_leave_out_have_no_documents_whatever_they_are(
    settings_from: Callable[[dict[str, str]], None],
) -> None:
    before = SlackDocuments().version
    settings_from({"SLACK_INDEXED_CHANNELS": "C0B, C0C, D0A"})
    for kind, channel_id in (("public", "C0A"), ("public", "C0B"), ("private", "C0C"), ("im", "D0A")):
        Room(kind, channel_id).say(0)
    assert visibilities(all_of()) == {"C0B": "public", "C0C": "private"}
    assert SlackDocuments().version != before  # so whoever follows reads all again


def test_a_channel_that_becomes_private_or_public_has_the_same_documents_with_another_visibility(
    room: Room,
) -> None:
    room.say(0, thread=0)
    room.say(5, thread=0)
    room.say(10)
    room.say(300)
    index = all_of()
    for kind, gone_minute in (("private", 300), ("public", 10)):
        since = room.mark()
        room.remove(gone_minute)
        Channel.objects.update(changed_in=room.change_number(), kind=kind)
        assert follow(index, since) == {f"slack:T0A:C0A:{ts(gone_minute)}"}
        assert index == all_of()
        assert visibilities(index) == {"C0A": kind}
    assert set(index) == {f"slack:T0A:C0A:{ts(0)}"}


def test_a_public_document_does_not_tell_what_a_private_channel_is_called(room: Room) -> None:
    Room("private", "G0A")
    room.say(0, "as in <#G0A> and <#C0A>")
    (document,) = all_of().values()
    assert "as in #G0A and #public-talk" in document.text


def test_a_channel_that_is_gone_takes_its_documents_along(room: Room) -> None:
    room.say(0, thread=0)
    room.say(5, thread=0)
    room.say(10)
    index = all_of()
    since = room.mark()
    Channel.objects.update(changed_in=room.change_number(), removed_at=START)

    follow(index, since)

    assert index == {} == all_of()


def test_a_long_conversation_keeps_as_many_ids_as_an_index_takes(room: Room) -> None:
    for minute in range(510):
        room.say(minute)
    (document,) = all_of().values()
    assert document.metadata["group_size"] == 510
    assert document.metadata["source_ids"] == [ts(minute) for minute in range(500)]


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_told_to_those_who_followed_meanwhile(room: Room) -> None:
    room.user("U0A", name="ada")
    room.say(0, thread=0)
    room.say(300)

    def write(minute: int, text: str) -> None:
        Message.objects.filter(ts=ts(minute)).update(plain_text=text, changed_in=Change())

    def late() -> None:
        write(0, "late")
        User.objects.update(title="late", changed_in=Change())

    since, index = quiet_mark(), all_of()
    with committed_late(late):
        write(300, "early")
        after = mark()
        follow(index, since)
        assert index == all_of()
        assert list(SlackProfiles().profiles(since=since)) == []
    assert index != all_of()
    follow(index, after)
    assert index == all_of()
    assert [each.external_id for each in SlackProfiles().profiles(since=after)] == ["T0A:U0A"]
