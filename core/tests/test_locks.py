import datetime as dt
import re

import pytest

from conftest import Start
from core.errors import AlreadyRunning, classify_failure, exit_code
from core.locks import Locks

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
