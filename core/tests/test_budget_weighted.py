"""Budgets of a source whose calls differ in cost, and that both announces and publishes limits."""

from dataclasses import replace

import pytest
from django.db import connection

from core.budget import Budget, Rate
from core.errors import AuthError, RateLimited
from core.http import Cost
from core.tests.test_budget import ONE, TWO, granted, learn, told

pytestmark = pytest.mark.django_db(transaction=True)


def test_costly_calls_take_their_points_from_what_is_announced() -> None:
    learn(ONE, remaining=25)
    budget = Budget("core", [ONE])

    assert granted(budget, Cost(points=10)) == 2
    assert budget.acquire(Cost(points=6)).wait > 0
    assert granted(budget, Cost(points=5)) == 1


def test_a_costly_call_that_was_answered_counts_as_what_the_answer_says() -> None:
    learn(ONE, remaining=100)
    budget = Budget("core", [ONE])
    budget.acquire(Cost(points=40))
    budget.observe(ONE.id, told(98), Cost(points=40))  # it was cheaper than expected
    budget.close()

    assert granted(Budget("core", [ONE])) == 98


def test_a_rate_paces_calls_by_weight_although_points_are_left() -> None:
    learn(ONE, remaining=5_000)
    rate = Rate(900, 60)
    budget = Budget("core", [ONE], rate=rate, announces=True)

    written = granted(budget, Cost(weight=5))

    assert 15 <= written <= 18  # a tenth of the rate at once
    assert 0 < budget.acquire(Cost(weight=5)).wait < 1


def test_what_a_lease_paid_for_and_did_not_use_is_paid_back() -> None:
    rate = Rate(900, 60)  # 90 at once, of which a lease takes 10
    for _ in range(20):
        budget = Budget("core", [ONE], rate=rate)
        assert budget.acquire().wait == 0
        budget.close()

    assert granted(Budget("core", [ONE], rate=rate)) >= 70


def test_leases_together_stay_a_small_part_of_a_rate() -> None:
    rate = Rate(100, 60)  # 4 calls in leases
    budgets = [Budget("core", [ONE], rate=rate) for _ in range(8)]

    assert sum(granted(budget, at_most=100) for budget in budgets) == 10  # the tenth that may come at once


def test_credentials_of_one_account_share_what_is_left() -> None:
    learn(replace(ONE, account="user 7"), remaining=5)
    budget = Budget("core", [replace(TWO, account="user 7")])

    assert granted(budget) == 5
    assert granted(Budget("core", [TWO]), at_most=7) == 7  # as another account it is not known yet


def test_no_more_holders_call_at_once_than_the_source_allows() -> None:
    learn(ONE, remaining=5_000)
    first, second, third = (Budget("core", [ONE], holders=2) for _ in range(3))
    assert first.acquire().wait == second.acquire().wait == 0

    assert 0 < third.acquire().wait <= 1
    first.close()
    assert third.acquire().wait == 0


def kill_connections(application: str) -> None:
    """End them on the server, as it does itself when a client's process is gone."""
    ended = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = %s AND datname = current_database()"
    )
    with connection.cursor() as cursor:
        cursor.execute(ended, [application])


def test_what_a_killed_process_held_is_free_at_once() -> None:
    learn(ONE, remaining=20)
    dead = Budget("core", [ONE], holders=1)
    assert dead.acquire().wait == 0
    assert Budget("core", [ONE], holders=1).acquire().wait > 0

    kill_connections("boost-trackers budget")

    assert granted(Budget("core", [ONE], holders=1)) == 20


def test_a_refusal_holds_a_credential_in_all_its_buckets() -> None:
    for bucket in ("core", "graphql"):
        learn(ONE, remaining=50, bucket=bucket)
    budget = Budget("graphql", [ONE])
    budget.acquire()

    assert budget.refused(ONE.id, RateLimited("secondary rate limit"), 30)

    assert 29 < budget.acquire().wait <= 30
    assert 29 < Budget("core", [ONE]).acquire().wait <= 30


def test_a_refusal_leaves_the_other_credentials_free() -> None:
    learn(ONE, remaining=50)
    learn(TWO, remaining=40)
    budget = Budget("core", [ONE, TWO])
    assert budget.acquire().credential == ONE
    budget.refused(ONE.id, RateLimited("secondary rate limit"), 30)

    assert budget.acquire().credential == TWO


def test_a_refusal_that_names_no_wait_or_is_about_who_asks_is_not_for_the_budget() -> None:
    budget = Budget("core", [ONE])
    budget.acquire()

    assert not budget.refused(ONE.id, RateLimited("too many"), None)
    assert not budget.refused(ONE.id, AuthError("bad credentials"), 10)
    assert budget.acquire().wait == 0


def test_a_credential_that_is_not_used_any_more_gives_its_lease_back() -> None:
    learn(ONE, remaining=50)
    learn(TWO, remaining=40)
    budget = Budget("core", [ONE, TWO])
    assert budget.acquire().credential == ONE

    budget.use([TWO])

    assert budget.acquire().credential == TWO
    assert granted(Budget("core", [ONE])) == 49
