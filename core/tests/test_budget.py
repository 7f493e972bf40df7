import multiprocessing
import time
from threading import Lock

import pytest
from django.db import connection

from core.budget import Budget, Rate
from core.http import ONE_CALL, Cost, Credential, HttpClient
from core.metering import Meter
from core.tests.loopback import Request, Time, client, serving

pytestmark = pytest.mark.django_db(transaction=True)

ONE = Credential.from_token("token-one")
TWO = Credential.from_token("token-two")


def told(remaining: int, reset_after: float = 60.0, limit: int = 100) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset-After": str(reset_after),
    }


def learn(credential: Credential, remaining: int, reset_after: float = 60.0, bucket: str = "core") -> None:
    """Do what a process does that made one call and ended."""
    budget = Budget(bucket, [credential])
    assert budget.acquire().wait == 0
    budget.observe(credential.id, told(remaining, reset_after))
    budget.close()


def granted(budget: Budget, cost: Cost = ONE_CALL, at_most: int = 1_000) -> int:
    """Return how many calls are granted at once."""
    return next(calls for calls in range(at_most + 1) if calls == at_most or budget.acquire(cost).wait > 0)


def test_what_one_process_learns_holds_for_the_others() -> None:
    learn(ONE, remaining=7)
    budget = Budget("core", [ONE])

    assert granted(budget) == 7
    assert 0 < budget.acquire().wait <= 60.0
    assert granted(Budget("search", [ONE]), at_most=20) == 20  # another bucket, of which nothing is known


def test_calls_that_another_process_has_leased_are_not_granted_twice() -> None:
    learn(ONE, remaining=20)
    first, second = Budget("core", [ONE]), Budget("core", [ONE])
    assert first.acquire().wait == 0  # leases 5

    assert granted(second) == 15
    first.close()
    assert granted(second) == 4  # one of the five was made, its answer not seen


def test_the_lease_of_a_dead_run_lapses() -> None:
    learn(ONE, remaining=20)
    dead = Budget("core", [ONE], lease_seconds=0.3)
    assert dead.acquire().wait == 0
    budget = Budget("core", [ONE])
    assert granted(budget) == 15

    time.sleep(budget.acquire().wait)

    assert granted(budget) == 5


def test_a_lease_that_lapsed_is_not_used_any_more() -> None:
    learn(ONE, remaining=20)
    now = Time()
    slow = Budget("core", [ONE], lease_seconds=100, clock=now.clock)
    assert slow.acquire().wait == 0
    slow.observe(ONE.id, told(19))
    Budget("core", [ONE]).acquire()
    learn(ONE, remaining=0)

    now.sleep(51)

    assert slow.acquire().wait > 0


def test_the_richest_credential_is_picked() -> None:
    learn(ONE, remaining=3)
    learn(TWO, remaining=50)

    assert Budget("core", [ONE, TWO]).acquire().credential == TWO


def test_a_window_that_is_over_gives_its_calls_back() -> None:
    learn(ONE, remaining=0, reset_after=0.2)
    budget = Budget("core", [ONE])
    wait = budget.acquire().wait
    assert 0 < wait <= 0.2

    time.sleep(wait)

    assert granted(budget) == 100


def test_calls_that_get_no_answer_do_not_drain_a_budget_for_ever() -> None:
    learn(ONE, remaining=3, reset_after=0.2)
    budget = Budget("core", [ONE])
    assert granted(budget) == 3

    time.sleep(0.2)

    assert granted(budget) == 100
    assert 0 < budget.acquire().wait <= 60


def test_retry_after_holds_back_all_processes() -> None:
    for bucket, rate in (("core", None), ("messages", Rate(100, 60))):
        budget = Budget(bucket, [ONE], rate=rate)
        budget.acquire()
        budget.observe(ONE.id, {"Retry-After": "30"})

        assert 28 < Budget(bucket, [ONE], rate=rate).acquire().wait <= 30


def test_a_short_hold_does_not_last_until_the_window_ends() -> None:
    learn(ONE, remaining=50, reset_after=3600)
    budget = Budget("core", [ONE])
    budget.acquire()
    budget.observe(ONE.id, {"Retry-After": "0.2"})
    wait = budget.acquire().wait
    assert 0 < wait <= 0.2

    time.sleep(wait)

    assert budget.acquire().wait == 0


def test_a_client_waits_as_its_budget_says_and_sends_the_credential_that_it_picked() -> None:
    learn(TWO, remaining=5, reset_after=2)

    def answer(request: Request) -> None:
        request.reply(headers=told(remaining=0 if request.number == 1 else 90, reset_after=0.2))

    with serving(answer) as source:
        meter = Meter()
        http = HttpClient(source.url, meter=meter, limiter=Budget("core", [TWO]))
        http.get("/a")
        http.get("/b")

    assert [headers["Authorization"] for _, headers in source.asked] == ["Bearer token-two"] * 2
    assert 0 < meter.snapshot().seconds_waited <= 0.3


def test_the_budget_is_asked_for_every_attempt() -> None:
    class Counting:
        calls = 0

        def acquire(self, *_: object) -> object:
            self.calls += 1
            return Budget("core").acquire()

        def observe(self, *_: object) -> None:
            """Do nothing: there is nothing to learn."""

        def refused(self, *_: object) -> bool:
            return False

    counting = Counting()
    with serving(lambda request: request.reply(503 if request.number < 3 else 200)) as source:
        client(source.url, limiter=counting).get("/page")

    assert counting.calls == len(source.asked) == 3


class LimitedSource:
    """A source with a limit per fixed window, which it announces and enforces."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self.lock = Lock()
        self.made: dict[int, int] = {}
        self.refused = 0

    def __call__(self, request: Request) -> None:
        with self.lock:
            now = time.time()
            window = int(now // self.seconds)
            self.made[window] = self.made.get(window, 0) + 1
            excess = self.made[window] > self.limit
            self.refused += excess
            remaining = max(0, self.limit - self.made[window])
            reset_after = (window + 1) * self.seconds - now
        request.reply(429 if excess else 200, headers=told(remaining, reset_after, self.limit))


def hammer(database: str, url: str, seconds: float, rate: Rate | None) -> None:
    """A process of its own that asks as often as its budget lets it."""
    import django  # noqa: PLC0415 - a spawned process starts without Django

    django.setup()
    connection.settings_dict["NAME"] = database
    budget = Budget("core", [ONE], rate=rate)
    http = HttpClient(url, meter=Meter(), limiter=budget)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        http.get("/page")
    budget.close()


def in_processes(count: int, url: str, seconds: float, rate: Rate | None = None) -> None:
    spawn = multiprocessing.get_context("spawn")
    name = str(connection.settings_dict["NAME"])
    processes = [spawn.Process(target=hammer, args=(name, url, seconds, rate)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * count


def test_processes_together_never_exceed_an_announced_limit_and_use_it_up() -> None:
    source = LimitedSource(limit=20, seconds=0.8)
    with serving(source) as server:
        in_processes(4, server.url, seconds=3)

    assert source.refused == 0
    assert max(source.made.values()) == source.limit


def test_processes_together_never_exceed_a_published_rate_in_any_window() -> None:
    arrivals: list[float] = []

    def answer(request: Request) -> None:
        arrivals.append(time.monotonic())
        request.reply()

    with serving(answer) as server:
        in_processes(4, server.url, seconds=4.5, rate=Rate(calls=20, seconds=2.0))

    assert 10 <= most_in_a_window(arrivals, 2.0) <= 20


def most_in_a_window(moments: list[float], seconds: float) -> int:
    return max(sum(start <= moment < start + seconds for moment in moments) for start in moments)


def test_a_lost_connection_is_made_again_and_grants_no_call_twice() -> None:
    learn(ONE, remaining=20)
    budget = Budget("core", [ONE])
    assert budget.acquire().wait == 0  # leases 5
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
            " WHERE application_name = 'boost-trackers budget' AND datname = current_database()"
        )
        assert cursor.rowcount
    assert granted(budget) == 19
    budget.close()
