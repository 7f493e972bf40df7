"""Numbers of changes: nothing that is committed late is below a mark that was taken before."""

import pytest
from django.db import connection, transaction

from core.changes import follow_server, mark
from core.tests.marks import committed_late, quiet_mark

MANY = 1 << 40  # more transactions than a server makes


def asked(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        ((answer,),) = cursor.fetchall()
    return answer


@pytest.mark.django_db(transaction=True)
def test_a_transaction_makes_one_change_and_a_later_one_has_a_higher_number() -> None:
    with transaction.atomic():
        first = quiet_mark()
        with transaction.atomic():
            assert quiet_mark() == first
    assert quiet_mark() > first


@pytest.mark.django_db(transaction=True)
def test_a_mark_is_not_above_the_change_of_a_transaction_that_has_yet_to_commit() -> None:
    late: list[int] = []
    with committed_late(lambda: late.append(quiet_mark())):
        assert quiet_mark() > late[0]
        assert mark() <= late[0]


@pytest.mark.django_db(transaction=True)
def test_taking_a_mark_makes_no_change() -> None:
    with transaction.atomic():
        assert mark() > 0
        assert asked("SELECT pg_current_xact_id_if_assigned()::text") is None


@pytest.mark.django_db
def test_numbers_go_on_above_all_earlier_ones_once_when_the_database_came_from_another_server() -> None:
    before = max(quiet_mark(), mark())
    follow_server()
    assert quiet_mark() - before < MANY
    asked("UPDATE core_change_origin SET system_identifier = 1 RETURNING 1")
    follow_server()
    moved = quiet_mark()
    assert min(moved, mark()) - before > MANY
    follow_server()
    assert quiet_mark() == moved
