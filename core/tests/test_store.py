"""upsert: counts, idempotence, bad rows, and a model to compare it with."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Start
from core.changes import Change
from core.models import Checkpoint
from core.store import Upserted, upsert

NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)


class Author(models.Model):  # noqa: DJ008 - nobody prints one
    name = models.TextField(unique=True)

    class Meta:
        app_label = "core_tests"


class Paper(models.Model):  # noqa: DJ008 - as above
    """A field of each kind, and everything that a database can have against a row."""

    series = models.TextField()
    number = models.IntegerField()
    title = models.CharField(max_length=20)
    abstract = models.TextField(null=True)
    facts = models.JSONField(null=True)
    tags = ArrayField(models.TextField(null=True), null=True)
    score = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    read = models.BooleanField(null=True)
    digest = models.BinaryField(null=True)
    token = models.UUIDField(null=True, unique=True)
    published_at = models.DateTimeField(null=True)
    author = models.ForeignKey(Author, null=True, on_delete=models.CASCADE)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        app_label = "core_tests"
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="paper_of_series"),
            models.CheckConstraint(condition=~models.Q(title="forbidden"), name="paper_title"),
        ]


KEY = ("series", "number")


@pytest.fixture
def tables(db: None) -> None:  # noqa: ARG001 - they live in the test's transaction
    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Paper)


def paper(number: int, title: str = "t", **fields: Any) -> Paper:
    return Paper(series="P", number=number, title=title, **fields)


def save(*papers: Paper) -> Upserted:
    return upsert(Paper, papers, key=KEY)


def counts(outcome: Upserted) -> tuple[int, int, int, int]:
    return outcome.created, outcome.updated, outcome.unchanged, len(outcome.rejected)


def physical(table: str) -> list[Any]:
    """Return where each row lies and who wrote it: anything written, even the same again, shows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, ctid::text, xmin::text, xmax::text FROM {table} ORDER BY id")  # noqa: S608 - a test's own table
        return cursor.fetchall()


@pytest.mark.usefixtures("tables")
def test_it_counts_what_became_of_each_key() -> None:
    assert counts(save(paper(1), paper(2))) == (2, 0, 0, 0)
    assert counts(save(paper(1), paper(2, "other"), paper(3))) == (1, 1, 1, 0)
    assert counts(save()) == (0, 0, 0, 0)
    assert list(Paper.objects.order_by("number").values_list("title", flat=True)) == ["t", "other", "t"]


@pytest.mark.usefixtures("tables")
def test_every_kind_of_field_comes_back_and_is_not_written_again() -> None:
    author = Author.objects.create(name="a")

    def full() -> Paper:
        return paper(
            1,
            abstract="back\\slash\ttab\nline \\N",
            facts={"deep": [{"a": None}, 1.5, "ü"]},
            tags=["x,y", '"', None, "", "{}"],
            score="12.50",
            read=False,
            digest=bytes(range(256)),
            token=uuid.UUID(int=7),
            published_at=NOON.astimezone(dt.timezone(dt.timedelta(hours=2))),
            author=author,
        )

    assert counts(save(full())) == (1, 0, 0, 0)
    stored = Paper.objects.get()
    assert (stored.abstract, stored.facts, stored.tags) == (full().abstract, full().facts, full().tags)
    assert (str(stored.score), stored.read, bytes(stored.digest or b"")) == ("12.50", False, full().digest)
    assert (stored.token, stored.published_at, stored.author) == (uuid.UUID(int=7), NOON, author)
    before = physical("core_tests_paper")
    assert counts(save(full())) == (0, 0, 1, 0)
    assert physical("core_tests_paper") == before


@pytest.mark.usefixtures("tables")
def test_unchanged_rows_burn_no_sequence_value_and_only_changed_ones_are_numbered() -> None:
    save(*(paper(n) for n in range(50)))
    Paper.objects.update(changed_in=1, stored_at=NOON)
    save(*(paper(n, "new" if n == 7 else "t") for n in range(50)))
    assert list(Paper.objects.exclude(changed_in=1).values_list("number", flat=True)) == [7]
    assert not Paper.objects.exclude(stored_at=NOON).exists()
    highest = max(Paper.objects.values_list("pk", flat=True))
    save(*(paper(n, "new" if n == 7 else "t") for n in range(50)), paper(99))
    assert Paper.objects.get(number=99).pk <= highest + 2  # the one that was updated took one, too


@pytest.mark.usefixtures("tables")
def test_the_last_of_several_rows_with_one_key_counts_also_when_only_a_nul_tells_the_keys_apart() -> None:
    assert counts(save(paper(1, "a"), paper(1, "b"))) == (1, 0, 0, 0)
    assert Paper.objects.get().title == "b"
    twice = [Paper(series=series, number=1, title=series) for series in ("P", "P\x00")]
    assert counts(save(*twice)) == (0, 1, 0, 0)
    assert Paper.objects.get().title == "P"


@pytest.mark.usefixtures("tables")
def test_nuls_are_stripped_wherever_text_can_hide_them() -> None:
    row = paper(1, "a\0b", abstract="\0", facts={"k\0": ["\0v", {"d\0": "\0"}]}, tags=["\0x", None])
    assert counts(save(row)) == (1, 0, 0, 0)
    stored = Paper.objects.get()
    assert (stored.title, stored.abstract, stored.facts, stored.tags) == (
        "ab",
        "",
        {"k": ["v", {"d": ""}]},
        ["x", None],
    )
    assert counts(save(row)) == (0, 0, 1, 0)


@pytest.mark.usefixtures("tables")
def test_lone_surrogates_become_their_escape_wherever_text_can_hide_them() -> None:
    row = Paper(series="\udce9", number=1, title="a\ud800b", facts={"k": ["\udfff"]}, tags=["\ud800"])
    assert counts(save(row)) == (1, 0, 0, 0)
    stored = Paper.objects.get()
    assert (stored.series, stored.title) == ("\\udce9", "a\\ud800b")
    assert (stored.facts, stored.tags) == ({"k": ["\\udfff"]}, ["\\ud800"])
    assert counts(save(row)) == (0, 0, 1, 0)


BAD: dict[str, dict[str, Any]] = {
    "a number that JSON has not": {"facts": float("nan")},
    "a NULL where none may be": {"title": None},
    "too long a text": {"title": "x" * 21},
    "what a constraint forbids": {"title": "forbidden"},
    "a reference to nothing": {"author_id": 404},
    "too large a number": {"score": "1e9"},
    "what is no number": {"score": "many"},
    "what is no date": {"published_at": "some day"},
    "what is no text": {"abstract": 5},
    "what no column can hold": {"abstract": {"a": 1}},
    "a value that another row has": {"token": uuid.UUID(int=1)},
}


@pytest.mark.parametrize("fields", BAD.values(), ids=BAD.keys())
@pytest.mark.usefixtures("tables")
def test_a_bad_row_is_told_and_only_it_is_left_out(fields: dict[str, Any]) -> None:
    save(paper(0, token=uuid.UUID(int=1)))
    bad = paper(3, **({"title": "t"} | fields))
    with transaction.atomic():
        outcome = save(paper(1), paper(2), bad, paper(4))
    assert counts(outcome) == (3, 0, 0, 1)
    assert outcome.rejected[0].row is bad
    assert str(outcome.rejected[0].error)
    assert sorted(Paper.objects.values_list("number", flat=True)) == [0, 1, 2, 4]


@pytest.mark.usefixtures("tables")
def test_numbers_out_of_range_and_keys_too_long_for_an_index_are_bad_rows_too() -> None:
    endless = Paper(series="".join(str(uuid.UUID(int=n * 7919**9)) for n in range(2000)), number=1, title="t")
    huge = paper(2**40)
    outcome = save(paper(1), huge, endless)
    assert counts(outcome) == (1, 0, 0, 2)
    assert {id(rejected.row) for rejected in outcome.rejected} == {id(huge), id(endless)}


@pytest.mark.usefixtures("tables")
def test_three_bad_rows_among_a_thousand_cost_a_few_statements_each() -> None:
    rows = [paper(n, "forbidden" if n in {0, 500, 999} else "t") for n in range(1000)]
    with CaptureQueriesContext(connection) as queries:
        outcome = save(*rows)
    assert counts(outcome) == (997, 0, 0, 3)
    # Each bad row spoils one batch of each size, of which there are eleven, and leaves a good one beside it.
    batches = 3 * 11 * 2
    assert len(queries) < batches * 8


@pytest.mark.usefixtures("tables")
def test_a_good_call_costs_the_same_few_statements_whatever_the_number_of_rows() -> None:
    with CaptureQueriesContext(connection) as few:
        save(*(paper(n) for n in range(3)))
    with CaptureQueriesContext(connection) as many:
        save(*(paper(n) for n in range(3000)))
    assert len(few) == len(many) <= 7


@pytest.mark.usefixtures("tables")
def test_only_the_named_fields_of_a_stored_row_change_and_none_when_none_is_named() -> None:
    save(paper(1, abstract="old"))
    changed = paper(1, "new", abstract="new")
    assert counts(upsert(Paper, [changed], key=KEY, update=())) == (0, 0, 1, 0)
    assert counts(upsert(Paper, [changed], key=KEY, update=("title",))) == (0, 1, 0, 0)
    assert Paper.objects.values_list("title", "abstract").get() == ("new", "old")
    assert counts(upsert(Author, [Author(name="a"), Author(name="a")], key=("name",))) == (1, 0, 0, 0)
    assert counts(upsert(Author, [Author(name="a")], key=("name",))) == (0, 0, 1, 0)


@pytest.mark.usefixtures("tables")
def test_what_an_outer_transaction_rolls_back_was_never_saved() -> None:
    save(paper(1, "before"))
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012 - what rolls back is the point
        save(paper(1, "after"), paper(2), paper(3, "forbidden"))
        raise RuntimeError
    assert Paper.objects.values_list("number", "title").get() == (1, "before")


@pytest.mark.usefixtures("tables")
def test_an_error_that_is_no_rows_fault_is_raised() -> None:
    with pytest.raises(Exception, match="there is no unique or exclusion constraint"):
        upsert(Paper, [paper(1)], key=("title",))


@pytest.mark.django_db(transaction=True)
def test_a_row_that_another_process_inserts_meanwhile_is_updated_or_left_alone(start: Start) -> None:
    """Two processes save overlapping rows in opposite orders, again and again: no deadlock, nothing lost."""
    script = """
import django; django.setup()
import sys
from core.changes import Change
from core.models import Checkpoint
from core.store import upsert
step = int(sys.argv[1])
print("ready", flush=True); sys.stdin.readline()
for round in range(30):
    rows = [Checkpoint(collector="c", scope=str(n), stream="s", token=f"{round}") for n in range(200)][::step]
    outcome = upsert(Checkpoint, rows, key=("collector", "scope", "stream"))
    assert not outcome.rejected
    assert outcome.created + outcome.updated + outcome.unchanged == 200
"""
    processes = [start("-c", script, step) for step in ("1", "-1")]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert set(Checkpoint.objects.values_list("token", flat=True)) == {"29"}
    assert Checkpoint.objects.count() == 200


def as_stored(text: str) -> str:
    return text.replace("\0", "").replace("\ud800", "\\ud800")


texts = st.text(st.sampled_from("ab\0\ud800é"), max_size=3)
rows = st.lists(st.tuples(st.integers(0, 4), texts, st.none() | st.lists(texts, max_size=2)), max_size=8)


@pytest.mark.usefixtures("tables")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(st.lists(rows, min_size=1, max_size=3))
def test_it_agrees_with_a_dictionary(batches: list[list[tuple[int, str, list[str] | None]]]) -> None:
    Paper.objects.all().delete()
    stored: dict[int, tuple[str, list[str] | None]] = {}
    for batch in batches:
        outcome = save(*(paper(number, title, tags=tags) for number, title, tags in batch))
        expected = [0, 0, 0, 0]
        for number, title, tags in {row[0]: row for row in batch}.values():
            clean_tags = None if tags is None else [as_stored(tag) for tag in tags]
            clean = as_stored(title), clean_tags
            expected[0 if number not in stored else 1 if stored[number] != clean else 2] += 1
            stored[number] = clean
        assert counts(outcome) == tuple(expected)
        found = {row.number: (row.title, row.tags) for row in Paper.objects.all()}
        assert found == stored
