"""Vendors as apps declare them, and the private parts of their libraries that we rely on."""

import inspect

import github
import pytest
from github.Requester import Requester
from slack_sdk import WebClient
from slack_sdk.http_retry import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    RetryHandler,
    RetryState,
)
from slack_sdk.http_retry.builtin_handlers import ServerErrorRetryHandler

from core import vendors
from core.conf import AppSettings
from core.errors import ErrorTable


def parameters(method: object) -> list[str]:
    assert callable(method)
    return list(inspect.signature(method).parameters)


@pytest.mark.parametrize("vendor", vendors.vendors(), ids=lambda vendor: vendor.name)
def test_what_a_vendor_declares_is_there(vendor: vendors.Vendor) -> None:
    if vendor.errors:
        table = vendors.load(vendor.errors)
        assert isinstance(table, ErrorTable)
        named = {*table.decisive, *table.otherwise, *table.judges}
        assert {name.partition(".")[0] for name in named} <= set(vendor.packages)
    if vendor.settings:
        assert issubclass(vendors.load(vendor.settings), AppSettings)
    if vendor.client:
        assert {"read_timeout", "attempts", "sleep"} <= set(parameters(vendors.load(vendor.client)))


def test_slack_sdk_has_the_private_parts_that_our_client_replaces() -> None:
    """`SlackSdk` makes each request itself; the retry handlers decide by `_can_retry`."""
    request = vars(WebClient.__mro__[1])["_perform_urllib_http_request_internal"]
    assert parameters(request) == ["self", "url", "req"]
    handlers = (
        RetryHandler,
        RateLimitErrorRetryHandler,
        ServerErrorRetryHandler,
        ConnectionErrorRetryHandler,
    )
    for handler in handlers:
        assert parameters(vars(handler)["_can_retry"]) == ["self", "state", "request", "response", "error"]
    state = RetryState()
    assert (state.current_attempt, state.next_attempt_requested) == (0, False)  # it counts from 0


def test_pygithub_has_the_private_parts_that_our_client_replaces() -> None:
    """`pygithub` puts a requester of its own in, with connections and exceptions of ours."""
    assert isinstance(vars(github.Github())["_Github__requester"], Requester)
    assert parameters(Requester.createException) == ["status", "headers", "output"]
    assert len(parameters(Requester.injectConnectionClasses)) == len(("http", "https"))
