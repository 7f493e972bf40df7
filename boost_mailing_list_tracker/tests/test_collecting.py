"""The collector against the twin: everything is stored, nothing twice, late changes included."""

import datetime as dt
from collections.abc import Callable

import pytest

from boost_mailing_list_tracker.models import MailingList, Message
from boost_mailing_list_tracker.tests.conftest import (
    BOOST,
    USERS,
    Collect,
    assert_contents_equal,
    assert_equals_truth,
    everything_stored,
    row_versions,
    rows,
)
from boost_mailing_list_tracker.twin import HyperKittyTwin
from core.errors import ConfigurationError, InvalidInput
from core.models import ArchiveVersion, Checkpoint, CoverageGap, QuarantinedItem, Run, SweptItem
from core.twins import Fault, Faults, Served, TwinClock, TwinResponse, World

Serve = Callable[[HyperKittyTwin], Served]


def test_a_backfill_stores_every_message_of_every_list(twin: HyperKittyTwin, collect: Collect) -> None:
    collector = collect()

    assert collector.outcome.complete
    assert_equals_truth(twin)
    assert_contents_equal(twin)
    assert not Message.objects.filter(body__isnull=True).exists()


def test_a_second_run_sends_one_request_a_list_and_writes_only_its_own_run(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    collect()
    before = row_versions()

    second = collect()

    assert second.meter.snapshot().requests == len(twin.shelves)
    assert second.outcome.counts == {}
    assert row_versions() == before


def test_a_backfill_and_daily_runs_end_with_the_same_rows(serve_twin: Serve, collect: Collect) -> None:
    daily = HyperKittyTwin(World(), size=120)
    serve_twin(daily)
    collect()
    for _ in range(3):
        daily.mutate()
        collect()
    assert_equals_truth(daily)
    assert_contents_equal(daily)
    by_days = everything_stored()
    removed = Message.objects.filter(removed_at__isnull=False)
    gone = set(removed.values_list("mailing_list__name", "message_id_hash"))
    _empty_database()

    collect()

    at_once = everything_stored()
    assert at_once == {key: row for key, row in by_days.items() if key not in gone}
    assert gone


def test_late_arrivals_removals_and_moved_threads_are_found_by_the_next_run(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    collect()
    twin.mutate()

    assert collect().outcome.complete

    assert_equals_truth(twin)
    assert not SweptItem.objects.exists()
    assert not CoverageGap.objects.exists()


def test_a_message_that_comes_back_is_no_longer_removed(twin: HyperKittyTwin, collect: Collect) -> None:
    collect()
    victim = Message.objects.filter(mailing_list__name=BOOST).earliest("date")
    Message.objects.filter(pk=victim.pk).update(removed_at=victim.date)

    collect()

    assert_equals_truth(twin)


def test_every_fault_of_the_source_leaves_the_same_rows(serve_twin: Serve, collect: Collect) -> None:
    twin = HyperKittyTwin(World(), size=120, faults=Faults.all(3, rate=0.4), clock=TwinClock(multiple=1000.0))
    served = serve_twin(twin)
    collector = collect()
    twin.settle()
    for _ in range(10):
        if collector.outcome.complete and not collector.outcome.counts:
            break
        collector = collect(retry_quarantined=True)

    assert_equals_truth(twin)
    assert not QuarantinedItem.objects.exists()
    assert len(served.faults) >= 5


def test_mails_that_share_a_second_and_hide_behind_each_other_are_found(
    serve_twin: Serve, collect: Collect
) -> None:
    """Equal times make the order of the listing arbitrary: pages may show one mail twice, another never."""
    twin = HyperKittyTwin(World(), size=120, faults=Faults(5, [Fault.DRIFT], rate=1.0))
    serve_twin(twin)
    collect()
    twin.settle()
    twin.faults = Faults.none()

    collect(retry_quarantined=True)

    assert_equals_truth(twin)


def test_an_archive_without_export_gives_bodies_through_the_api_and_the_rows_say_so(
    serve_twin: Serve, collect: Collect
) -> None:
    twin = HyperKittyTwin(World(), size=60, export=False)
    serve_twin(twin)

    assert collect().outcome.complete

    assert_equals_truth(twin)
    assert set(Message.objects.values_list("body_source", "archived_at", "in_reply_to", "references")) == {
        ("api", None, None, None)
    }


def test_a_private_list_does_not_stop_the_others(serve_twin: Serve, collect: Collect) -> None:
    serve_twin(HyperKittyTwin(World(), size=120, private=frozenset({BOOST})))

    collector = collect()

    (failure,) = collector.outcome.failures
    assert (failure.scope, failure.category) == (BOOST, "permission")
    assert "MAILING_LISTS" in failure.message
    assert Message.objects.filter(mailing_list__name=USERS).exists()
    assert Run.objects.get().status == Run.Status.PARTIAL


@pytest.mark.usefixtures("twin")
def test_an_unknown_list_is_named_with_what_to_do(collect: Collect) -> None:
    collector = collect(lists=("nobody@lists.boost.org",))

    (failure,) = collector.outcome.failures
    assert (failure.scope, failure.category) == ("nobody@lists.boost.org", "not_found")
    assert "--list" in failure.message
    assert Run.objects.get().status == Run.Status.FAILED


def test_a_server_that_is_not_hyperkitty_is_told_from_one_that_is(
    twin: HyperKittyTwin, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twin, "answer", lambda _: _hello())

    collector = collect(lists=(BOOST,))

    (failure,) = collector.outcome.failures
    assert failure.category == "source"


def test_since_and_until_bound_what_is_stored_and_move_no_checkpoint(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    until = dt.datetime(2025, 12, 25, tzinfo=dt.UTC)
    since = until - dt.timedelta(days=20)

    collect(since=since, until=until)

    stored = set(Message.objects.values_list("message_id_hash", "mailing_list__name"))
    assert not Message.objects.exclude(date__gte=since, date__lt=until).exists()
    assert not Checkpoint.objects.exists()
    collect()
    assert_equals_truth(twin)
    within = Message.objects.filter(date__gte=since, date__lt=until)
    assert stored == set(within.values_list("message_id_hash", "mailing_list__name"))


def test_a_limit_stops_early_and_the_next_run_goes_on(
    twin: HyperKittyTwin, collect: Collect, settings_from: Callable[[dict[str, str]], None]
) -> None:
    settings_from({"MAILING_LIST_PAGE_SIZE": "10"})
    collect(lists=(BOOST,), limit=15)
    assert 15 <= Message.objects.count() <= 25

    collect()

    assert_equals_truth(twin)


def test_a_dry_run_tells_requests_and_writes_nothing_but_its_run(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    collector = collect(dry_run=True)

    assert {line.scope for line in collector.outcome.planned} == set(twin.shelves)
    assert not MailingList.objects.exists()
    assert Run.objects.get().requests == len(twin.shelves)


def test_full_reads_everything_again_and_writes_what_was_lost(twin: HyperKittyTwin, collect: Collect) -> None:
    collect()
    Message.objects.filter(mailing_list__name=BOOST).update(subject="?", thread_id="?")

    collect(full=True)

    assert_equals_truth(twin)


def test_the_archive_rebuilds_the_same_rows_without_the_network(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    collect()
    twin.mutate()
    collect()
    before, versions = (
        rows(without=("id", "stored_at", "changed_in", "mailing_list", "removed_at")),
        ArchiveVersion.objects.count(),
    )
    MailingList.objects.all().delete()

    replayed = collect(from_archive=True)

    assert replayed.meter.snapshot().requests == 0
    assert rows(without=("id", "stored_at", "changed_in", "mailing_list", "removed_at")) == before
    assert_equals_truth(twin)
    assert ArchiveVersion.objects.count() == versions


def test_a_mail_that_is_too_big_is_quarantined_and_the_others_are_stored(
    twin: HyperKittyTwin,
    collect: Collect,
    settings_from: Callable[[dict[str, str]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf = twin.shelves[BOOST]
    mailbox = type(shelf.mailbox)
    original = mailbox.content
    giant = shelf.mailbox[3]
    monkeypatch.setattr(
        mailbox, "content", lambda self, mail: "x\n" * 800_000 if mail == giant else original(self, mail)
    )
    settings_from({"MAILING_LIST_MAX_MESSAGE_MB": "1"})

    collector = collect(lists=(BOOST,))

    (item,) = QuarantinedItem.objects.all()
    assert item.external_id == giant.message_id_hash
    assert "MAILING_LIST_MAX_MESSAGE_MB" in item.reason
    assert collector.outcome.category == "partial"
    assert Message.objects.filter(body__isnull=True).count() == 1
    settings_from({"MAILING_LIST_MAX_MESSAGE_MB": "64"})
    assert collect(lists=(BOOST,), retry_quarantined=True).outcome.complete
    assert len(Message.objects.get(message_id_hash=giant.message_id_hash).body or "") > 1_000_000


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"lists": ("no-address",)}, InvalidInput),
        ({"lists": ("a/b@c",)}, InvalidInput),
        ({"mbox": ("x.mbox",)}, InvalidInput),
    ],
)
@pytest.mark.usefixtures("twin")
def test_options_that_cannot_work_are_refused_before_any_request(
    collect: Collect, options: dict[str, tuple[str, ...]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        collect(**options)


@pytest.mark.usefixtures("twin")
def test_no_list_at_all_is_a_missing_setting(
    collect: Collect, settings_from: Callable[[dict[str, str]], None]
) -> None:
    settings_from({"MAILING_LISTS": " , "})

    with pytest.raises(ConfigurationError, match="MAILING_LISTS"):
        collect()


def _empty_database() -> None:
    for model in (MailingList, ArchiveVersion, Checkpoint):
        model.objects.all().delete()


def _hello() -> object:
    return TwinResponse(200, b"<html>Hello</html>", {"Content-Type": "text/html"})
