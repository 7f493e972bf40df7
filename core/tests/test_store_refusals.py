"""Refusals of the database for another reason than a row, and what an error shows of a row."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import Error, connection, transaction

from core.collectors import CollectorOptions
from core.errors import AllRefused, SchemaDiffers, classify_failure
from core.models import Checkpoint, QuarantinedItem, Run, SweptItem
from core.store import Upserted, upsert
from core.tests.loopback import Source
from core.tests.papers import PaperCollector, published

SECRET = "born on 1 April, lives in Bonn"


def altered(what: str, table: str = "core_checkpoint") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} {what}")


def save(*scopes: str, **fields: Any) -> Upserted:
    rows = [Checkpoint(**{"collector": "c", "scope": scope, "stream": "s"} | fields) for scope in scopes]
    return upsert(Checkpoint, rows, key=("collector", "scope", "stream"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "what",
    [
        "ADD COLUMN colour text NOT NULL",
        "ADD CONSTRAINT short CHECK (length(scope) < 3)",
        "DROP COLUMN marker",
        "RENAME TO core_progress",
    ],
)
def test_what_only_the_database_knows_is_no_rows_fault_not_even_of_a_single_one(what: str) -> None:
    altered(what)
    for scopes in (["long"], ["long", "longer"]):
        with pytest.raises(SchemaDiffers, match=r"core_checkpoint is not as the program knows it.*migrate"):
            save(*scopes)


@pytest.mark.django_db
def test_a_new_column_that_may_be_empty_or_has_a_default_disturbs_nobody() -> None:
    altered("ADD COLUMN colour text, ADD COLUMN size integer NOT NULL DEFAULT 1")
    assert save("a", "b").created == 2


@pytest.mark.django_db
def test_several_rows_that_are_refused_for_one_rule_are_not_to_blame_and_a_single_one_is() -> None:
    assert len(save("a", stream=None).rejected) == 1
    with pytest.raises(AllRefused, match="all 2 rows of core_checkpoint were refused: null value in column"):
        save("a", "b", stream=None)


@pytest.mark.django_db
def test_a_few_bad_values_are_the_rows_fault_and_many_alike_are_not() -> None:
    scopes = [str(number) for number in range(10)]
    assert len(save(*scopes[1:], extras=float("nan")).rejected) == 9
    with pytest.raises(AllRefused, match="all 10 rows"):
        save(*scopes, extras=float("nan"))
    rows = [Checkpoint(collector="c", scope=scope, stream="s", extras=float("nan")) for scope in scopes]
    rows.append(Checkpoint(collector="c", scope="good", stream="s"))
    saved = upsert(Checkpoint, rows, key=("collector", "scope", "stream"))
    assert (saved.created, len(saved.rejected)) == (1, 10)


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """Two years of two papers each."""
    answers: dict[str, Any] = {"/years": ["2023", "2024"]}
    for year in answers["/years"]:
        found = [{"number": f"P{year}-{number}", "title": SECRET} for number in range(2)]
        answers[f"/{year}/0"] = {"papers": found, "more": False}
    with published(answers) as source:
        monkeypatch.setenv("PAPERS_URL", source.url)
        yield source


@pytest.fixture
def undo(transactional_db: None) -> Iterator[Callable[[str], None]]:  # noqa: ARG001 - what is undone was committed
    """Notes how the table of papers becomes what it was, at the latest when the test ends."""
    with ExitStack() as undone:
        yield lambda what: undone.callback(altered, what, "core_sweptitem") and None


def test_a_run_stops_at_a_migration_that_comes_meanwhile_and_nothing_is_lost(
    papers: Source, undo: Callable[[str], None]
) -> None:
    undo("DROP COLUMN colour")
    altered("ADD COLUMN colour text NOT NULL", "core_sweptitem")
    with pytest.raises(SchemaDiffers) as raised:
        PaperCollector().run()
    assert str(classify_failure(raised.value)) == "configuration"
    assert papers.paths == ["/years", "/2023/0"]
    assert not QuarantinedItem.objects.exists()
    assert not Checkpoint.objects.exists()
    altered("ALTER colour DROP NOT NULL", "core_sweptitem")
    assert PaperCollector().run().counts == {"papers_created": 4}


@pytest.mark.usefixtures("papers")
def test_a_batch_that_is_refused_as_a_whole_stops_its_scope_and_leaves_its_checkpoint(
    undo: Callable[[str], None],
) -> None:
    undo("DROP CONSTRAINT IF EXISTS there")
    altered("ADD CONSTRAINT there FOREIGN KEY (part) REFERENCES core_http_validator (key)", "core_sweptitem")
    assert not PaperCollector().run().success
    run = Run.objects.get()
    assert [(each["item"], each["category"]) for each in run.errors] == [
        ("2023", "database"),
        ("2024", "database"),
    ]
    assert SECRET not in str(run.errors)
    assert not QuarantinedItem.objects.exists()
    assert not Checkpoint.objects.exists()
    altered("DROP CONSTRAINT there", "core_sweptitem")
    assert PaperCollector().run().counts == {"papers_created": 4}


def create(**fields: Any) -> None:
    Checkpoint.objects.create(**{"collector": "c", "scope": "1", "stream": "s"} | fields)
    connection.check_constraints()


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a row without what it must have": ("ALTER extras SET NOT NULL", {"stream": None}),
    "a value that there is already": ("ADD CONSTRAINT one UNIQUE (token)", {}),
    "a value that is too long": ("ALTER token TYPE varchar(5)", {}),
    "a value that is no number": ("ALTER token TYPE integer USING NULL", {}),
    "a value that is no time": ("ALTER token TYPE timestamptz USING NULL", {}),
    "what is no JSON": ("ALTER token SET DEFAULT NULL", {"extras": {SECRET: float("nan")}}),
    "a reference to nothing": (
        "ADD CONSTRAINT there FOREIGN KEY (token) REFERENCES core_http_validator (key) NOT VALID",
        {},
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("what", "fields"), REFUSED.values(), ids=REFUSED.keys())
def test_an_error_does_not_show_what_is_in_the_row(what: str, fields: dict[str, Any]) -> None:
    stored = Checkpoint.objects.create(collector="c", scope="0", stream="s")
    if "UNIQUE" in what:
        Checkpoint.objects.filter(pk=stored.pk).update(token=SECRET)
    altered(what)
    (rejected,) = save("1", **{"token": SECRET, "marker": SECRET} | fields).rejected
    with pytest.raises(Error) as direct, transaction.atomic():
        create(**{"token": SECRET, "marker": SECRET} | fields)
    for error in (rejected.error, direct.value):
        # With what it was made from, as a log shows it.
        shown = "".join(traceback.format_exception(error))
        assert SECRET not in shown
        assert shown.count(str(error)) >= 2
        assert len(str(error).splitlines()) == 1


@pytest.mark.usefixtures("papers")
def test_a_reason_in_the_quarantine_and_a_runs_error_do_not_show_what_is_in_the_row(
    undo: Callable[[str], None],
) -> None:
    SweptItem.objects.create(collector="papers", scope="2023", external_id="P", part=SECRET)
    undo("DROP CONSTRAINT one")
    altered("ADD CONSTRAINT one UNIQUE (part)", "core_sweptitem")
    PaperCollector(CollectorOptions()).run()
    assert not SweptItem.objects.exclude(external_id="P").exists()
    assert "duplicate key value" in str(Run.objects.get().errors)
    for told in (Run.objects.get().errors, list(QuarantinedItem.objects.values_list("reason", flat=True))):
        assert told
        assert SECRET not in str(told)
