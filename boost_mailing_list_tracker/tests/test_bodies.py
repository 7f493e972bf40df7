"""Bodies: exports that are refused, fail or are cut, poor bodies that become rich, edits at the archive."""

import gzip
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.utils import timezone

from boost_mailing_list_tracker.client import HyperKittyClient
from boost_mailing_list_tracker.collectors import BoostMailingListTrackerCollector, MailingListOptions
from boost_mailing_list_tracker.documents import document_for_thread
from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.sync import completeness
from boost_mailing_list_tracker.tests.conftest import (
    BOOST,
    Change,
    Collect,
    assert_contents_equal,
    assert_equals_truth,
    row_versions,
    rows,
)
from boost_mailing_list_tracker.twin import HyperKittyTwin
from core.changes import mark
from core.http import HttpClient
from core.models import ArchiveVersion, Checkpoint, QuarantinedItem, Run
from core.twins import Served, TwinRequest, TwinResponse, World, serve

Serve = Callable[[HyperKittyTwin], Served]
Alter = Callable[[Change], None]
REFUSALS = [400, 403, 404]
SWEEP_REQUESTS = 24 + 10


def is_export(request: TwinRequest) -> bool:
    return "/export/" in request.path


def refusing(status: int, which: Callable[[int], bool]) -> Change:
    """Refuses exports by their number, from 0."""
    asked = iter(range(10**9))

    def change(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if is_export(request) and which(next(asked)):
            return TwinResponse(status, b"no", {"Content-Type": "text/plain"})
        return response

    return change


def honest(_: TwinRequest, response: TwinResponse) -> TwinResponse:
    return response


def export_of(response: TwinResponse) -> bytes:
    assert not isinstance(response.body, bytes)
    return gzip.decompress(b"".join(response.body))


def sources() -> set[str]:
    return {source for (source,) in rows("body_source")}


@pytest.mark.parametrize("status", REFUSALS)
def test_one_refused_export_is_judged_by_a_second_try_and_costs_no_body(
    twin: HyperKittyTwin, altered: Alter, collect: Collect, status: int
) -> None:
    altered(refusing(status, lambda number: number == 0))

    assert collect(lists=(BOOST,)).outcome.complete

    assert sources() == {"export"}
    assert_contents_equal(twin)


@pytest.mark.parametrize("status", REFUSALS)
def test_poor_bodies_are_said_and_become_rich_by_themselves(
    twin: HyperKittyTwin, altered: Alter, collect: Collect, status: int
) -> None:
    altered(refusing(status, lambda number: number > 0))
    first = collect(lists=(BOOST,))
    poor = Message.objects.filter(body_source="api").count()
    assert first.outcome.category == "partial"
    assert first.outcome.counts["bodies_poor"] == poor > 0
    assert f"{poor} bodies" in str(first.outcome.failures)
    altered(honest)

    assert collect().outcome.complete

    assert sources() == {"export"}
    assert not Message.objects.filter(archived_at__isnull=True).exists()
    assert not QuarantinedItem.objects.exists()
    assert_equals_truth(twin)
    assert_contents_equal(twin)


def test_an_archive_that_never_gave_an_export_costs_a_few_requests_a_run_until_it_gives_one(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    twin.export = False
    first = collect(lists=(BOOST,))
    assert first.outcome.complete
    assert first.outcome.counts["bodies_poor"] == Message.objects.count()
    before = row_versions()

    second = collect(lists=(BOOST,))

    assert (second.outcome.complete, second.outcome.counts) == (True, {})
    assert second.meter.snapshot().requests <= 5
    assert row_versions() == before
    twin.export = True
    assert collect().outcome.complete
    assert_equals_truth(twin)
    assert_contents_equal(twin)


def test_a_server_that_dies_during_exports_ends_the_run_as_network_and_nothing_is_set_aside(
    serve_twin: Serve, settings_from: Callable[[dict[str, str]], None], collect: Collect
) -> None:
    twin = HyperKittyTwin(World(), size=120)
    alive = twin.answer
    with ExitStack() as stack:
        served = stack.enter_context(serve([twin]))
        settings_from(served.environment() | {"MAILING_LISTS": BOOST})
        closing: list[threading.Thread] = []

        def die(request: TwinRequest) -> TwinResponse:
            if not is_export(request):
                return alive(request)
            if not closing:
                closing.append(threading.Thread(target=stack.close))
                closing[0].start()
            raise ConnectionResetError

        twin.answer = die
        collector = BoostMailingListTrackerCollector(MailingListOptions())
        url = collector.client.base_url
        collector.client = HyperKittyClient(url, HttpClient(url, meter=collector.meter, attempts=2))
        collector.run()
        closing[0].join()

    (failure,) = collector.outcome.failures
    assert failure.category == "network"
    assert Run.objects.get().failure_category == "network"
    assert not QuarantinedItem.objects.exists()
    twin.answer = alive
    serve_twin(twin)
    assert collect().outcome.complete
    assert_equals_truth(twin)


def test_an_export_that_always_fails_costs_a_handful_of_requests_and_is_made_up_for(
    twin: HyperKittyTwin, altered: Alter, collect: Collect
) -> None:
    exports: list[str] = []

    def fail(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if is_export(request):
            exports.append(request.target)
            return TwinResponse(500, b"no", {"Content-Type": "text/plain"})
        return response

    altered(fail)
    first = collect(lists=(BOOST,))

    assert len(exports) <= 10
    assert first.outcome.category == "partial"
    assert sources() == {"api"}
    assert not QuarantinedItem.objects.exists()
    altered(honest)
    assert collect().outcome.complete
    assert_equals_truth(twin)


def test_an_api_that_gives_no_message_stops_the_list_before_all_its_mails_are_set_aside(
    altered: Alter, collect: Collect
) -> None:
    def fail(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if is_export(request) or "/email/" in request.path:
            return TwinResponse(404 if is_export(request) else 501, b"no", {"Content-Type": "text/plain"})
        return response

    altered(fail)

    collector = collect(lists=(BOOST,))

    assert not collector.outcome.complete
    assert QuarantinedItem.objects.count() <= 8
    assert collector.meter.snapshot().requests < Message.objects.count()


def test_a_body_that_was_edited_at_the_archive_is_found_by_full(
    twin: HyperKittyTwin, monkeypatch: pytest.MonkeyPatch, collect: Collect
) -> None:
    collect(lists=(BOOST,))
    edited, since = _edit(twin, monkeypatch), mark()
    assert collect(lists=(BOOST,)).outcome.counts == {}

    full = collect(lists=(BOOST,), full=True)

    assert full.outcome.counts == {"bodies_updated": 1, "archived": 1}
    _assert_redacted(edited, since)


def test_a_body_that_was_edited_is_found_by_the_sweep_which_then_writes_nothing_more(
    twin: HyperKittyTwin, monkeypatch: pytest.MonkeyPatch, collect: Collect
) -> None:
    collect(lists=(BOOST,))
    edited, since = _edit(twin, monkeypatch), mark()
    _let_a_month_pass()

    swept = collect(lists=(BOOST,))

    assert swept.outcome.complete
    assert swept.outcome.counts == {"bodies_updated": 1, "archived": 1}
    assert swept.meter.snapshot().requests <= SWEEP_REQUESTS
    _assert_redacted(edited, since)
    before = row_versions()
    again = collect(lists=(BOOST,))
    assert again.meter.snapshot().requests == 1
    assert row_versions() == before


def test_a_sweep_through_the_api_spends_few_requests_in_each_run_and_gets_to_its_end(
    twin: HyperKittyTwin, monkeypatch: pytest.MonkeyPatch, collect: Collect
) -> None:
    twin.export = False
    collect(lists=(BOOST,))
    edited, since = _edit(twin, monkeypatch), mark()
    stored = Message.objects.count()
    _let_a_month_pass()
    counts: list[int] = []

    for _ in range(2 + stored // 24):
        run = collect(lists=(BOOST,))
        assert run.meter.snapshot().requests <= SWEEP_REQUESTS
        counts.append(run.outcome.counts["bodies_updated"])
        if not Checkpoint.objects.get(stream="bodies").extras:
            break

    assert sum(counts) == 1
    assert len(counts) > 1
    assert not Checkpoint.objects.get(stream="bodies").extras
    _assert_redacted(edited, since)


def test_a_sweep_that_the_export_stops_is_said_and_goes_on_when_it_works_again(
    twin: HyperKittyTwin, altered: Alter, monkeypatch: pytest.MonkeyPatch, collect: Collect
) -> None:
    collect(lists=(BOOST,))
    edited, since = _edit(twin, monkeypatch), mark()
    _let_a_month_pass()
    altered(refusing(HTTPStatus.FORBIDDEN, lambda _: True))

    refused = collect(lists=(BOOST,))

    assert refused.outcome.category == "partial"
    assert "edits" in str(refused.outcome.failures)
    altered(honest)
    assert collect(lists=(BOOST,)).outcome.complete
    _assert_redacted(edited, since)


def test_a_valid_gzip_that_holds_half_of_each_export_stores_no_cut_body(
    twin: HyperKittyTwin, altered: Alter, collect: Collect
) -> None:
    def halve(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if is_export(request):
            whole = export_of(response)
            response.body = gzip.compress(whole[: len(whole) // 2])
        return response

    altered(halve)
    first = collect(lists=(BOOST,))

    assert first.outcome.category == "partial"
    assert not Message.objects.filter(body__isnull=True).exists()
    _assert_bodies_whole(twin)
    altered(honest)
    assert collect(retry_quarantined=True).outcome.complete
    assert_equals_truth(twin)
    assert_contents_equal(twin)


def test_mails_that_an_export_left_out_at_its_end_are_asked_for_again(
    twin: HyperKittyTwin, altered: Alter, collect: Collect
) -> None:
    def drop(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if is_export(request) and "message" not in request.query:
            mails = export_of(response).split(b"\n\nFrom ")
            response.body = gzip.compress(b"\n\nFrom ".join(mails[: (len(mails) + 1) // 2]) + b"\n\n")
        return response

    altered(drop)

    assert collect(lists=(BOOST,)).outcome.complete
    assert sources() == {"export"}
    assert_contents_equal(twin)


def test_deletions_beyond_the_bound_of_one_run_are_said_and_the_next_goes_on(
    twin: HyperKittyTwin, monkeypatch: pytest.MonkeyPatch, collect: Collect
) -> None:
    collect()
    monkeypatch.setattr(completeness, "ASKED_PER_RUN", 5)
    shelf = twin.shelves[BOOST]
    last_words = [index for index in range(shelf.count) if index in shelf and not _answered(twin, index)]
    for index in last_words[:8]:
        shelf.remove(index)

    first, second, third = collect(), collect(), collect()

    assert first.outcome.category == "partial"
    assert "next run goes on" in str(first.outcome.failures)
    assert first.outcome.counts["messages_removed"] == 5
    assert second.outcome.complete
    assert second.outcome.counts["messages_removed"] == 3
    assert (third.outcome.complete, third.outcome.counts) == (True, {})
    assert_equals_truth(twin)


def _answered(twin: HyperKittyTwin, index: int) -> bool:
    shelf = twin.shelves[BOOST]
    return bool(shelf.children(shelf.mailbox[index]))


def _edit(twin: HyperKittyTwin, monkeypatch: pytest.MonkeyPatch) -> str:
    """A moderator takes a name out of a mail."""
    mailbox = twin.shelves[BOOST].mailbox
    victim = next(mail for mail in twin.shelves[BOOST].newest(10, 20) if mailbox.content(mail).strip())
    original = type(mailbox).content
    monkeypatch.setattr(
        type(mailbox),
        "content",
        lambda self, mail: "[redacted]\n" if mail == victim and self is mailbox else original(self, mail),
    )
    return victim.message_id_hash


def _assert_redacted(item_hash: str, since: int) -> None:
    message = Message.objects.get(mailing_list__name=BOOST, message_id_hash=item_hash)
    document = document_for_thread(BOOST, message.thread_id)
    assert message.body == "[redacted]"
    assert message.changed_in >= since
    assert document is not None
    assert "[redacted]" in document.text
    assert ArchiveVersion.objects.filter(external_id=item_hash, kind__in=["export", "detail"]).count() == 2


def _let_a_month_pass() -> None:
    """As if all had been stored then."""
    Message.objects.update(stored_at=timezone.now() - timedelta(days=31))


def _assert_bodies_whole(twin: HyperKittyTwin) -> None:
    shelf = twin.shelves[BOOST]
    for item_hash, body in rows("message_id_hash", "body"):
        mail = shelf.find(item_hash)
        assert mail is not None
        content = shelf.mailbox.content(mail)
        if content.strip():
            assert len(body or "") >= len(content.strip()) - content.count("\n>From ")
