"""`manage.py migrate` while others use the tables."""

import pytest
from django.core.management import call_command
from django.db import connection

from core.errors import AlreadyRunning
from core.management.commands import migrate
from core.models import DoubtedAbsence
from core.postgres import direct_connection


@pytest.mark.django_db(transaction=True)
def test_a_table_that_somebody_reads_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "PATIENCE_SECONDS", 0.1)
    with direct_connection() as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM core_doubtedabsence")
        with pytest.raises(AlreadyRunning, match="held a table"):
            call_command("migrate", "core", "0003", verbosity=0)
    assert not DoubtedAbsence.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
