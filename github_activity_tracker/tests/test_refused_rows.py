"""A row that the database refuses stays in quarantine, and its attempts are counted, until it is taken."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from core import quarantine
from core.models import QuarantinedItem
from core.twins import World
from github_activity_tracker.models import Comment
from github_activity_tracker.tests.stage import BOOST, BOOSTORG, Stage, last_run
from github_activity_tracker.tests.test_runs import wrong
from github_activity_tracker.twin import BoostorgTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]
QUICK = ("--skip-markdown-export", "--repo", "asio")
TABLE = "github_activity_tracker_comment"


@contextmanager
def refusing(node_id: str) -> Iterator[None]:
    """The database refuses the comment of this id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.node_id = '{node_id}' THEN RAISE EXCEPTION USING ERRCODE = '22023'; END IF;"
            " RETURN NEW; END $$;"
            f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refuse ON {TABLE}; DROP FUNCTION refuse()")


def test_what_the_database_refuses_waits_in_quarantine_and_comes_back_when_it_can(
    stage_of: Callable[..., Stage],
    tmp_path: Path,  # noqa: ARG001 - where its workspace is
) -> None:
    stage = stage_of(BoostorgTwin.of(World(), repositories=BOOSTORG), BOOST)
    assert stage.run(*QUICK) == 0
    node_id = str(Comment.objects.order_by("pk").values_list("pk", flat=True)[0])
    Comment.objects.filter(pk=node_id).delete()
    with refusing(node_id):
        assert stage.run("--full", *QUICK) == 65
        item = QuarantinedItem.objects.get()
        assert item.external_id == node_id
        quarantine.release(item.collector, item.scope)
        assert stage.run(*QUICK) == 0
        item.refresh_from_db()
        assert item.attempts == 2
        assert "quarantined" not in last_run().counts
    quarantine.release(item.collector, item.scope)
    assert stage.run(*QUICK) == 0
    assert not QuarantinedItem.objects.exists()
    assert Comment.objects.filter(pk=node_id).exists()
    assert [each for each in wrong(stage.twin) if "asio" in each] == []
