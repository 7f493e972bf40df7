"""Whatever somebody writes, ten times as much of it takes about ten times as long to read."""

import pytest

from core.tests.growth import assert_linear
from core.tests.thorough import cases
from discord_activity_tracker.parsing.leaves import unsigned
from discord_activity_tracker.parsing.text import resolved
from discord_activity_tracker.protocol_impl import Names

NAMES = Names(users={}, roles={}, channels={})
UNITS = ["`", "``", "```", "` ", "```a", "<", "<@1", "<a:b", "<:", "<t:", "</a", "</a:", "<@&", "<#1>", "\n"]


@pytest.mark.parametrize("unit", cases(UNITS))
def test_mentions_are_resolved_in_a_time_that_grows_with_the_text(unit: str) -> None:
    assert_linear(lambda text: resolved(text, NAMES), unit)


@pytest.mark.parametrize(
    "unit", cases(["a", "/", "attachments", "attachments/", "?ex=", "&hm=a", "https://a/"])
)
def test_signatures_are_cut_in_a_time_that_grows_with_the_address(unit: str) -> None:
    assert_linear(lambda text: unsigned(f"https://cdn.discordapp.com/attachments/{text}"), unit)
