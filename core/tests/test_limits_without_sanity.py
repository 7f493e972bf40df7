"""Sources that say nonsense about their limits: nothing breaks, and nobody is held back for long."""

import math
import time
from collections.abc import Mapping
from itertools import product

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from core.budget import Budget
from core.budget.holds import holds, lift_holds
from core.errors import RateLimited
from core.http import Credential
from core.http.credentials import ANONYMOUS
from core.http.limits import LONGEST_HOLD, announced, asked_wait, retry_after, sane_seconds
from core.models import CallBudget
from core.operations.slack_ops.retries import retry_after as slack_retry_after
from core.tests.loopback import Request, Time, client, serving
from core.tests.test_slack_ops import client as slack_client

DEEP = b'{"a":' * 100_000
TOKEN = Credential.from_token("token-of-limits")
FAR = "Fri, 31 Dec 9999 23:59:59 GMT"
NONSENSE = [
    "999999999999999",
    "9" * 400,
    "9" * 5000,
    "1e400",
    "NaN",
    "inf",
    "-1",
    "31536000",
    FAR,
    "Mon, 01 Jan 0001 00:00:00 GMT",
    "\xb2",
    "\u0663",
]
NAMES = [
    "Retry-After",
    "X-RateLimit-Remaining",
    "X-RateLimit-Limit",
    "X-RateLimit-Reset",
    "X-RateLimit-Reset-After",
    "RateLimit",
    "RateLimit-Reset",
    "Date",
]


def spent(name: str, value: str) -> dict[str, str]:
    return {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "60", "X-RateLimit-Reset": "30", name: value}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", NONSENSE)
def test_no_header_makes_a_wait_that_is_longer_than_an_hour(name: str, value: str) -> None:
    headers = CaseInsensitiveDict(spent(name, f"r=0;t={value}" if name == "RateLimit" else value))
    wait = asked_wait(429, headers, b"", time.time())
    assert wait is None or 0 <= wait <= LONGEST_HOLD
    said = announced(headers, time.time())
    assert said is None or 0 <= (said.reset_after or 0) <= LONGEST_HOLD


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.none(), st.lists(st.integers())))
def test_seconds_are_sane_whatever_they_were(value: object) -> None:
    seconds = sane_seconds(value)
    assert seconds is None or (0 <= seconds <= LONGEST_HOLD and math.isfinite(seconds))


def test_a_number_beyond_all_numbers_is_the_longest_hold() -> None:
    assert sane_seconds(10**400) == sane_seconds("9" * 400) == LONGEST_HOLD
    assert retry_after({"Retry-After": FAR}, time.time()) == LONGEST_HOLD


@pytest.mark.django_db(transaction=True)
def test_the_shared_budget_takes_every_header() -> None:
    for number, (name, value) in enumerate(product(NAMES, NONSENSE)):
        budget = Budget(f"bucket {number}", announces=True)
        assert budget.acquire().wait == 0
        budget.observe(ANONYMOUS, CaseInsensitiveDict(spent(name, value)))
        assert budget.acquire().wait <= LONGEST_HOLD, (name, value)
        budget.close()


@pytest.mark.django_db(transaction=True)
def test_the_shared_budget_holds_nobody_back_for_more_than_an_hour() -> None:
    for wait in (1e15, math.inf, math.nan, -1.0, 31536000.0):
        budget = Budget(f"held for {wait}", announces=True)
        budget.refused(ANONYMOUS, RateLimited("no"), wait)
        assert budget.acquire().wait <= LONGEST_HOLD
        budget.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "headers", [{"Retry-After": "31536000"}, spent("X-RateLimit-Reset", "99999999999"), {}], ids=str
)
def test_a_limit_that_asks_for_a_year_is_a_limit_of_an_hour(headers: Mapping[str, str]) -> None:
    meanwhile = Time()
    budget = Budget("core", [TOKEN], announces=True)
    with (
        serving(lambda request: request.reply(429, DEEP, headers=headers)) as source,
        pytest.raises(RateLimited) as raised,
    ):
        client(source.url, limiter=budget, time=meanwhile, attempts=2, max_wait=30).get("/page")

    assert raised.value.retry_after is None or raised.value.retry_after <= LONGEST_HOLD
    assert meanwhile.slept <= 30
    budget.close()


@pytest.mark.parametrize("value", NONSENSE)
def test_slack_takes_every_retry_after(value: str) -> None:
    wait = slack_retry_after({"Retry-After": [value]})
    assert wait is None or 0 <= wait <= LONGEST_HOLD


@pytest.mark.django_db(transaction=True)
def test_slack_takes_every_refusal_of_a_limit() -> None:
    def limited(request: Request) -> None:
        request.reply(429, DEEP, headers={"Retry-After": "9" * 400})

    with serving(limited) as source, pytest.raises(RateLimited) as raised:
        list(slack_client(source.url, attempts=2).history("C1"))

    assert 0 < (raised.value.retry_after or 0) <= LONGEST_HOLD


@pytest.mark.django_db(transaction=True)
def test_holds_are_listed_and_lifted() -> None:
    asked, empty = Budget("asked", [TOKEN], announces=True), Budget("empty", [TOKEN], announces=True)
    asked.acquire()
    empty.acquire()
    empty.observe(TOKEN.id, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800"})
    assert empty.acquire().wait > 0
    asked.refused(TOKEN.id, RateLimited("no"), 31536000.0)
    # What an earlier version believed.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_call_budget SET held_until = now() + interval '1 year' WHERE bucket = 'asked'"
        )

    found = {(hold.bucket, hold.why) for hold in holds()}
    assert found >= {("asked", "the source asked to wait"), ("empty", "no calls are left")}

    assert lift_holds() == 3  # a credential is held in all its buckets
    assert holds() == []
    assert asked.acquire().wait == empty.acquire().wait == 0
    assert not CallBudget.objects.filter(held_until__isnull=False).exists()
