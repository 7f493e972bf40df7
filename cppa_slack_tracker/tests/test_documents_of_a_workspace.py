"""What search and people linking get from a whole workspace, and after things have changed in it."""

import re

import pytest

from core.changes import mark
from core.registry import Document
from core.twins import World
from cppa_slack_tracker.models import Message
from cppa_slack_tracker.profiles import SlackProfiles
from cppa_slack_tracker.protocol_impl import SILENT
from cppa_slack_tracker.tests.collecting import Settings, run, served
from cppa_slack_tracker.tests.indexing import all_of, follow
from cppa_slack_tracker.twin import SlackTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]


def indexed(documents: dict[str, Document]) -> dict[str, list[str]]:
    """Document -> the messages in it. Names in texts are those of when it was made."""
    return {key: list(document.metadata["source_ids"]) for key, document in documents.items()}  # type: ignore[arg-type] - a list of ids


def test_an_index_is_in_step_with_a_workspace_that_changes(settings_from: Settings) -> None:
    twin = SlackTwin(World(), size=1)
    with served(twin, settings_from):
        assert run() == 0
        index = all_of()
        assert_every_message_is_in(index)
        for _ in range(2):
            since = mark()
            twin.mutate()
            assert run() == 0
            gone = follow(index, since)
            assert gone
            assert indexed(index) == indexed(all_of())
            assert_every_message_is_in(index)


def assert_every_message_is_in(index: dict[str, Document]) -> None:
    """Each once, with its text, author and permalink; nothing of direct messages, nothing that is gone."""
    said = Message.objects.filter(
        channel__kind__in=("public", "private"), channel__removed_at=None, removed_at=None
    )
    said = said.exclude(subtype__in=SILENT).exclude(plain_text="")
    expected = {
        (message.channel.channel_id, message.ts): message for message in said.select_related("channel")
    }
    found = [
        (str(document.metadata["channel_id"]), ts)
        for document in index.values()
        for ts in document.metadata["source_ids"]  # type: ignore[union-attr] - a list of ids
    ]
    assert len(found) == len(set(found))
    assert {document.visibility for document in index.values()} == {"public", "private"}
    assert set(found) == set(expected)
    texts = "\n\n".join(document.text for document in index.values())
    for message in expected.values():
        assert message.permalink in texts
        assert all(part in texts for part in re.split(r"<[@#]\w+>", message.plain_text))


def test_people_are_told_with_what_they_wrote_of_themselves(settings_from: Settings) -> None:
    twin = SlackTwin(World(), size=1)
    with served(twin, settings_from):
        assert run() == 0
    profiles = {profile.external_id: profile for profile in SlackProfiles().profiles()}

    people = [*twin.space.people, twin.space.stranger]
    assert {key for key, profile in profiles.items() if not profile.is_bot} == {
        f"{twin.space.id}:{user['id']}" for user in people
    }
    present = [person for person in twin.world.people if "slack" in person.handles]
    for person, user in zip(present, twin.space.people, strict=False):
        profile = profiles[f"{twin.space.id}:{user['id']}"]
        assert profile.logins == (user["name"],)
        assert person.handles["slack"] in {*profile.names, *profile.logins}
        if "profile" not in user:
            continue
        assert person.name in profile.names
        assert profile.verified_emails == person.addresses[:1]
        if "github" in person.handles:
            assert f"https://github.com/{person.handles['github']}" in profile.links
        assert profile.time_zone == user.get("tz", "")
    assert any(profile.counts for profile in profiles.values())
    assert any(profile.is_bot for profile in profiles.values())
