import datetime as dt
import re

import pytest

from conftest import Start
from core.errors import AlreadyRunning, Superseded, classify_failure, exit_code
from core.locks import DATABASE_IN_USE, Locks
from core.postgres import direct_connection

HOLDER = """
import django; django.setup()
import sys
from core.locks import Locks
locks = Locks("the holder pid 7 on a host with a very, very, very, very, very long name")
locks.acquire("a list")
print("held", flush=True)
sys.stdin.readline()
locks.release("a list")
print("released", flush=True)
sys.stdin.readline()
"""


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_is_refused_and_told_who_is_at_it_and_since_when(start: Start) -> None:
    holder = start("-c", HOLDER)
    assert holder.stdin
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with Locks("me") as locks:
        with pytest.raises(AlreadyRunning, match="a list is being collected by the holder pid 7") as refused:
            locks.acquire("a list")
        assert exit_code(classify_failure(refused.value)) == 75
        since = re.search(r"since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", str(refused.value))
        assert since
        age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(f"{since[1]}+00:00")
        assert dt.timedelta(seconds=-1) <= age < dt.timedelta(minutes=1)
        locks.acquire("another list")

        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "released\n"
        locks.acquire("a list")
    with Locks("the next") as locks:
        locks.acquire("a list")


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_holds_nothing(start: Start) -> None:
    holder = start("-c", HOLDER)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait()
    with Locks("me") as locks:
        locks.acquire("a list")


def end_connection(of: str) -> None:
    """End it as an administrator, a restarted server or a dead router does; on return it is gone."""
    with direct_connection() as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = %s", [of]
        ).fetchall()
    assert ended == [(True,)]


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_made_again_with_all_its_locks() -> None:
    with Locks("the unlucky") as locks, Locks("another") as other:
        locks.acquire("a list")
        locks.acquire("a list")  # twice is two locks
        locks.acquire(DATABASE_IN_USE, shared=True)
        locks.acquire("given back")
        locks.release("given back")
        end_connection("the unlucky")
        locks.keep()
        assert other.try_acquire("given back")
        assert other.try_acquire(DATABASE_IN_USE, shared=True)
        assert not Locks("a third").try_acquire(DATABASE_IN_USE)
        locks.release("a list")
        assert not other.try_acquire("a list")
        locks.release("a list")
        assert other.try_acquire("a list")


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_somebody_took_meanwhile_is_theirs() -> None:
    with Locks("the unlucky") as locks, Locks("the lucky") as other:
        locks.acquire("a list")
        end_connection("the unlucky")
        other.acquire("a list")
        with pytest.raises(Superseded, match="a list was taken by the lucky since"):
            locks.keep()
        assert not locks.try_acquire("a list")


@pytest.mark.django_db(transaction=True)
def test_no_setting_of_the_server_ends_the_connection_that_holds_the_locks() -> None:
    with direct_connection() as connection:
        connection.execute("ALTER ROLE CURRENT_USER SET idle_session_timeout = '1h'")
        try:
            with direct_connection() as patient:
                assert patient.execute("SHOW idle_session_timeout").fetchone() == ("0",)
        finally:
            connection.execute("ALTER ROLE CURRENT_USER RESET idle_session_timeout")


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_a_lock_gets_it_when_it_is_free_and_else_is_told_who_has_it(start: Start) -> None:
    holder = start("-c", HOLDER)
    assert holder.stdin
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with Locks("me") as locks:
        with pytest.raises(AlreadyRunning, match="a list is being made by the holder pid 7"):
            locks.wait("a list", seconds=0.01, held="is being made by")
        holder.stdin.write("\n")
        holder.stdin.flush()
        locks.wait("a list", seconds=600, held="is being made by")
        with Locks("somebody") as other:
            assert not other.try_acquire("a list")
