"""What linking people gets to know from Slack."""

import datetime as dt
from typing import Any

import pytest

from cppa_slack_tracker.models import Channel, Message, User, Workspace
from cppa_slack_tracker.profiles import SlackProfiles

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2025, 6, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def workspace() -> Workspace:
    return Workspace.objects.create(team_id="T0A", name="Cpp", domain="cpp", url="https://cpp.slack.com/")


def user(workspace: Workspace, user_id: str, **fields: Any) -> User:
    texts = {
        "home_team_id": "T0A",
        "name": "",
        "real_name": "",
        "display_name": "",
        "title": "",
        "time_zone": "",
    }
    flags = dict.fromkeys(("is_bot", "is_deactivated", "is_guest", "is_stranger"), False)
    return User.objects.create(
        workspace=workspace, user_id=user_id, **texts | flags | {"changed_in": 1} | fields
    )


def said(workspace: Workspace, user_id: str, *hours: int) -> None:
    channel, _ = Channel.objects.get_or_create(
        workspace=workspace, channel_id=f"C{workspace.team_id}", name="talk", kind="public",
        is_archived=False, is_member=True, is_general=False, is_shared=False, topic="", purpose="",
    )  # fmt: skip
    for hour in hours:
        sent_at = NOON + hour * HOUR
        Message.objects.create(
            channel=channel, ts=f"{int(sent_at.timestamp())}.{user_id[-1]:0>6}", sent_at=sent_at,
            user_id=user_id, text="", plain_text="", permalink="",
        )  # fmt: skip


def test_a_profile_has_all_names_addresses_links_and_the_time_zone(workspace: Workspace) -> None:
    user(
        workspace, "U01", name="ada", real_name="Ada Lovelace", display_name="ada", email="ada@example.org",
        links=["https://github.com/ada", "https://ada.example.org/"], time_zone="Europe/London",
    )  # fmt: skip
    said(workspace, "U01", 1, 3, 2)

    (profile,) = SlackProfiles().profiles()

    assert (profile.source, profile.external_id) == ("slack", "T0A:U01")
    assert profile.names == ("Ada Lovelace", "ada")
    assert profile.logins == ("ada",)
    assert (profile.declared_emails, profile.verified_emails) == (("ada@example.org",), ())
    assert profile.links == ("https://github.com/ada", "https://ada.example.org/")
    assert profile.time_zone == "Europe/London"
    assert (profile.first_seen_at, profile.last_seen_at) == (NOON + HOUR, NOON + 3 * HOUR)
    assert profile.counts == {"messages": 3}


def test_an_address_that_slack_has_confirmed_is_verified(workspace: Workspace) -> None:
    user(workspace, "U01", email="ada@example.org", is_email_confirmed=True)
    (profile,) = SlackProfiles().profiles()
    assert (profile.declared_emails, profile.verified_emails) == ((), ("ada@example.org",))


def test_bots_are_told_apart_and_somebody_without_a_profile_is_an_id(workspace: Workspace) -> None:
    user(workspace, "U01", is_bot=True, name="ci")
    user(workspace, "USLACKBOT", name="slackbot")
    user(workspace, "U02")

    profile, *bots = sorted(SlackProfiles().profiles(), key=lambda each: each.is_bot)

    assert [each.logins for each in bots] == [("ci",), ("slackbot",)]
    assert profile.external_id == "T0A:U02"
    assert (profile.names, profile.logins, profile.links, profile.counts) == ((), (), (), {})
    assert (profile.time_zone, profile.last_seen_at) == ("", None)


def test_people_of_two_workspaces_are_told_apart(workspace: Workspace) -> None:
    other = Workspace.objects.create(team_id="T0B", name="Boost", domain="boost", url="")
    user(workspace, "U01", name="here")
    user(other, "U01", name="there")
    said(other, "U01", 5)

    profiles = {profile.external_id: profile for profile in SlackProfiles().profiles()}

    assert {key: profile.logins for key, profile in profiles.items()} == {
        "T0A:U01": ("here",),
        "T0B:U01": ("there",),
    }
    assert profiles["T0A:U01"].last_seen_at is None
    assert profiles["T0B:U01"].last_seen_at == NOON + 5 * HOUR


def test_only_changed_profiles_are_given_again(workspace: Workspace) -> None:
    user(workspace, "U01", name="old")
    user(workspace, "U02", name="new", changed_in=2)
    found = SlackProfiles().profiles(since=2)
    assert [profile.external_id for profile in found] == ["T0A:U02"]
