"""Whatever somebody writes, ten times as much of it takes about ten times as long to read."""

import pytest

from core.tests.growth import assert_linear
from core.tests.thorough import cases
from cppa_slack_tracker.parsing.leaves import without_secrets
from cppa_slack_tracker.parsing.markup import plain


@pytest.mark.parametrize(
    "unit",
    cases(
        ["<", "<a", "<@", "<!", "<http://", "<http://a|", "<mailto:", "&", "&lt;", "|", "<@U1>", "<a.", ">"]
    ),
)
def test_marks_are_read_in_a_time_that_grows_with_the_text(unit: str) -> None:
    assert_linear(plain, unit)
    assert_linear(plain, unit, before="<")


@pytest.mark.parametrize("unit", cases(["?t=xoxe-", "&token=xoxb-a", "pub_secret=", "&", "?", "a"]))
def test_secrets_are_cut_in_a_time_that_grows_with_the_address(unit: str) -> None:
    assert_linear(lambda text: without_secrets({"url_private": f"https://a/{text}"}), unit)
