"""A row that the database refuses stays in quarantine, and its attempts are counted, until it is taken."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from core.models import QuarantinedItem
from core.quarantine import View
from core.refusals import FEW_VALUES
from core.twins import TwinRequest, TwinResponse, World
from github_activity_tracker.models import Comment
from github_activity_tracker.tests.stage import BOOST, BOOSTORG, Stage, last_run
from github_activity_tracker.tests.test_runs import wrong
from github_activity_tracker.twin import BoostorgTwin, GithubTwin, RepositorySpec

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]
QUICK = ("--skip-markdown-export", "--repo", "asio")
TABLE = "github_activity_tracker_comment"


@contextmanager
def refusing(*node_ids: str) -> Iterator[None]:
    """The database refuses the comments of these ids."""
    listed = ", ".join(f"'{node_id}'" for node_id in node_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.node_id IN ({listed}) THEN RAISE EXCEPTION USING ERRCODE = '22023'; END IF;"
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
        View(item.collector).release(item.scope)
        assert stage.run(*QUICK) == 0
        item.refresh_from_db()
        assert item.attempts == 2
        assert "quarantined" not in last_run().counts
    View(item.collector).release(item.scope)
    assert stage.run(*QUICK) == 0
    assert not QuarantinedItem.objects.exists()
    assert Comment.objects.filter(pk=node_id).exists()
    assert [each for each in wrong(stage.twin) if "asio" in each] == []


def test_many_that_the_database_refuses_are_tried_again_one_by_one(
    stage_of: Callable[..., Stage],
    tmp_path: Path,  # noqa: ARG001 - where its workspace is
) -> None:
    """Of a page whose rows are all refused nothing is saved, not even that they were tried."""
    spec = RepositorySpec("boostorg", "asio", 26, 0, comments=1, commits=4)
    stage = stage_of(BoostorgTwin.of(World(), repositories=[BOOSTORG[0], spec]), BOOST)
    assert stage.run(*QUICK) == 0
    found = Comment.objects.order_by("subject_id", "pk").distinct("subject_id").values_list("pk", flat=True)
    refused = list(found)[: FEW_VALUES + 2]
    rest = Comment.objects.exclude(pk__in=refused).count()
    assert (len(refused), rest > 0) == (FEW_VALUES + 2, True)
    Comment.objects.filter(pk__in=refused).delete()
    with refusing(*refused):
        assert stage.run("--full", *QUICK) == 65
        items = QuarantinedItem.objects.filter(external_id__in=refused)
        assert items.count() == len(refused)
        View("boost_github_activity").release(items[0].scope)
        assert stage.run(*QUICK) == 0
        assert set(items.values_list("attempts", flat=True)) == {2}
    View("boost_github_activity").release(items[0].scope)
    assert stage.run(*QUICK) == 0
    assert not QuarantinedItem.objects.exists()
    assert set(Comment.objects.filter(pk__in=refused).values_list("pk", flat=True)) == set(refused)


def test_a_thread_without_a_type_is_read_again_and_leaves_quarantine(
    stage_of: Callable[..., Stage],
    tmp_path: Path,  # noqa: ARG001 - where its workspace is
) -> None:
    stage = stage_of(BoostorgTwin.of(World(), repositories=BOOSTORG), BOOST)
    issue = stage.repo("asio").issues[0]
    end = without_type(stage.twin, issue["id"])
    assert stage.run(*QUICK) == 65
    item = QuarantinedItem.objects.get()
    assert (item.kind, item.external_id) == ("issue", issue["id"])
    end()
    View(item.collector).release(item.scope)
    assert stage.run(*QUICK) == 0
    assert not QuarantinedItem.objects.exists()
    assert [each for each in wrong(stage.twin) if "asio" in each] == []


def without_type(twin: GithubTwin, node_id: str) -> Callable[[], None]:
    """Lists show an issue without its type; call the result to end it."""
    answer = twin.answer

    def altered(request: TwinRequest) -> TwinResponse:
        response = answer(request)
        if request.path.endswith("/graphql") and isinstance(response.body, bytes):
            told = json.loads(response.body)
            listed = ((told.get("data") or {}).get("repository") or {}).get("issues") or {"nodes": []}
            for node in listed["nodes"]:
                if node["id"] == node_id:
                    node["__typename"] = 7
            response.body = json.dumps(told).encode()
        return response

    def end() -> None:
        twin.answer = answer

    twin.answer = altered
    return end
