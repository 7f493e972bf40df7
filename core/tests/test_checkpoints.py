import pytest
from django.db import DataError, connection

from core import checkpoints
from core.models import Checkpoint
from core.protocols import State

pytestmark = pytest.mark.django_db

STATE = State("token", "half of it", {"covered": [[0, 10]], "deep": {"a": None}})


def test_what_is_saved_is_loaded_and_each_stream_has_its_own() -> None:
    assert checkpoints.load("c", "s", "issues") == State()
    checkpoints.save("c", "s", "issues", STATE)
    checkpoints.save("c", "s", "pulls", State(None, None, {}))
    assert checkpoints.load("c", "s", "issues") == STATE
    assert checkpoints.load("c", "s", "pulls") == checkpoints.load("c", "t", "issues") == State()


def test_the_same_state_is_not_written_again() -> None:
    def physical() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ctid::text, xmin::text FROM core_checkpoint")
            return cursor.fetchall()

    checkpoints.save("c", "s", "issues", STATE)
    before = physical()
    assert checkpoints.save("c", "s", "issues", STATE).unchanged == 1
    assert physical() == before
    assert checkpoints.save("c", "s", "issues", State("next", None, {})).updated == 1
    assert physical() != before


def test_a_state_that_cannot_be_saved_is_an_error_and_the_last_one_stays() -> None:
    checkpoints.save("c", "s", "issues", STATE)
    with pytest.raises(DataError):
        checkpoints.save("c", "s", "issues", State("next", None, {"number": float("nan")}))
    assert checkpoints.load("c", "s", "issues") == STATE
    assert Checkpoint.objects.count() == 1


def test_scopes_that_are_gone_are_forgotten_with_all_their_streams() -> None:
    for scope in ("s", "t"):
        for stream in ("issues", "pulls"):
            checkpoints.save("c", scope, stream, STATE)
    checkpoints.forget("c", ["s"])
    assert checkpoints.load_all("c").keys() == {("t", "issues"), ("t", "pulls")}
