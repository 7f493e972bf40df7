"""Whatever a server says through git, ten times as much of it takes about ten times as long to understand."""

import pytest

from core.errors.git import classify_git_stderr
from core.operations.github_ops.git.failures import transfer_failure
from core.tests.growth import assert_linear


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "remote: ",
        "remote: a\n",
        "a a",
        "Permission to ",
        "repository '",
        "Repository ",
        "Remote branch ",
        "unable to access ",
        "requested URL returned error: ",
        "\n",
        "aa: 1",
    ],
)
def test_what_git_prints_is_understood_in_a_time_that_grows_with_it(unit: str) -> None:
    assert_linear(classify_git_stderr, unit)
    assert_linear(lambda text: transfer_failure(text, "asio"), unit)
