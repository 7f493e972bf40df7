"""Archives that answer what they should not: one bad item stops only itself, and nothing false is stored."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from boost_mailing_list_tracker.models import MailingList, Message
from boost_mailing_list_tracker.tests.conftest import BOOST, USERS, Change, Collect, assert_equals_truth, rows
from boost_mailing_list_tracker.twin import HyperKittyTwin
from core import quarantine
from core.models import ArchiveVersion, CoverageGap, QuarantinedItem, Run
from core.status import collectors
from core.twins import TwinRequest, TwinResponse, World

HTML = TwinResponse(200, b"<html>login</html>", {"Content-Type": "text/html"})


def in_listing(change: Callable[[list[Any]], object]) -> Change:
    def alter(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if request.path.endswith("/emails/") and response.status == 200:
            assert isinstance(response.body, bytes)
            page = json.loads(response.body)
            change(page["results"])
            response.body = json.dumps(page).encode()
        return response

    return alter


def of_one(twin: HyperKittyTwin, answer: Callable[[], TwinResponse]) -> tuple[str, Change]:
    """The answer to everything that is asked about one message by its hash; its name is not unique."""
    shelf = twin.shelves[BOOST]
    names = [shelf.mailbox[i].message_id for i in range(shelf.count)]
    victim = next(shelf.mailbox[i] for i in range(shelf.count) if "(again)" in names[i])

    def alter(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        return answer() if victim.message_id_hash in request.target else response

    return victim.message_id_hash, alter


@pytest.mark.parametrize("entry", ["a text", None, 7, [], {}])
def test_an_entry_that_is_no_entry_is_said_and_its_mail_is_found_through_the_export(
    twin: HyperKittyTwin, altered: Callable[[Change], None], collect: Collect, entry: object
) -> None:
    altered(in_listing(lambda items: items.__setitem__(5, entry)))

    collector = collect(lists=(BOOST,))

    assert collector.outcome.category == "partial"
    assert Message.objects.filter(body__isnull=False).count() == len(twin.shelves[BOOST])


def test_a_hash_with_a_nul_stops_only_its_entry(altered: Callable[[Change], None], collect: Collect) -> None:
    altered(in_listing(lambda items: items[3].update(message_id_hash=items[3]["message_id_hash"] + "\0")))

    assert collect(lists=(BOOST,)).outcome.category in {None, "partial"}
    assert Message.objects.filter(body__isnull=False).count() >= 59


@pytest.mark.parametrize(
    "answer",
    [
        lambda: TwinResponse(200, b"<html>login</html>", {"Content-Type": "text/html"}),
        lambda: TwinResponse(
            200,
            gzip.compress(
                b"From a@b Mon Mar  4 10:00:00 2024\nFrom: a@b\nMessage-ID: <other@x>\n\nNot it.\n"
            ),
            {"Content-Type": "application/gzip"},
        ),
        lambda: TwinResponse(403, b"no", {"Content-Type": "text/plain"}),
        lambda: TwinResponse(404, b"no", {"Content-Type": "text/plain"}),
        lambda: TwinResponse(500, b"no", {"Content-Type": "text/plain"}),
    ],
)
def test_a_message_that_is_refused_or_mistaken_gets_no_false_body_and_stops_no_other(
    twin: HyperKittyTwin,
    altered: Callable[[Change], None],
    collect: Collect,
    answer: Callable[[], TwinResponse],
) -> None:
    item_hash, change = of_one(twin, answer)
    altered(change)

    collect(lists=(BOOST,))
    versions = ArchiveVersion.objects.count()
    again = collect(lists=(BOOST,))

    message = Message.objects.get(message_id_hash=item_hash)
    assert (message.body, message.removed_at) == (None, None)
    assert Message.objects.filter(body__isnull=True).count() == 1
    assert QuarantinedItem.objects.get().external_id == item_hash
    assert again.outcome.counts == {}
    assert ArchiveVersion.objects.count() == versions


@pytest.mark.parametrize("status", [403, 404])
def test_an_export_that_a_server_in_front_refuses_is_done_without(
    altered: Callable[[Change], None], collect: Collect, status: int
) -> None:
    refusal = TwinResponse(status, b"no", {"Content-Type": "text/plain"})
    altered(lambda request, response: refusal if "/export/" in request.path else response)

    assert collect(lists=(BOOST,)).outcome.complete

    assert {source for (source,) in rows("body_source")} == {"api"}


def test_a_date_at_the_end_of_time_does_not_stop_the_list(
    altered: Callable[[Change], None], collect: Collect
) -> None:
    altered(in_listing(lambda items: items[0].update(date="9999-12-31T23:59:59Z")))

    collect(lists=(BOOST,))

    assert Message.objects.filter(date__year=9999).count() == 1
    assert Message.objects.filter(body__isnull=True).count() <= 1


def test_a_gap_that_stays_makes_every_run_partial_and_nothing_fresh(
    twin: HyperKittyTwin, altered: Callable[[Change], None], collect: Collect
) -> None:
    def claim_more(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if request.path.endswith("/emails/"):
            assert isinstance(response.body, bytes)
            page = json.loads(response.body)
            page["count"] += 2
            response.body = json.dumps(page).encode()
        return response

    altered(claim_more)

    for _ in range(3):
        assert collect(lists=(BOOST,)).outcome.category in {"partial", "source"}
    assert Run.objects.filter(status=Run.Status.OK).count() == 0
    altered(lambda _, response: response)
    assert collect().outcome.complete
    assert not CoverageGap.objects.exists()
    assert_equals_truth(twin)


def test_a_message_that_is_counted_but_never_given_is_a_gap_of_its_month_until_it_is(
    twin: HyperKittyTwin, altered: Callable[[Change], None], collect: Collect
) -> None:
    newest_first = list(twin.shelves[BOOST].newest(0, None))
    hidden, shown = newest_first[30], newest_first[31]

    def hide(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if f"/email/{hidden.message_id_hash}/" in request.path:
            return TwinResponse(404, b"{}", {"Content-Type": "application/json"})
        return show_another(request, response)

    def replace(items: list[Any]) -> None:
        for place, item in enumerate(items):
            if item["message_id_hash"] == hidden.message_id_hash:
                items[place] = next(i for i in items if i["message_id_hash"] == shown.message_id_hash)

    show_another = in_listing(replace)
    altered(hide)

    first, second = collect(lists=(BOOST,)), collect(lists=(BOOST,))

    assert (first.outcome.category, second.outcome.category) == ("partial", "partial")
    assert second.meter.snapshot().requests == 1
    gap = CoverageGap.objects.get()
    assert (gap.part, gap.at_source - gap.stored) in {("somewhere", 1), (f"{hidden.date:%Y-%m}", 1)}
    altered(lambda _, response: response)
    collect(full=True)
    assert not CoverageGap.objects.exists()
    assert_equals_truth(twin)


@pytest.mark.parametrize("count", [-5, True, 10**12, "many", None])
def test_a_count_that_makes_no_sense_is_refused(
    altered: Callable[[Change], None], collect: Collect, count: object
) -> None:
    page = json.dumps({"count": count, "next": None, "previous": None, "results": []}).encode()
    altered(lambda *_: TwinResponse(200, page, {"Content-Type": "application/json"}))

    (failure,) = collect(lists=(BOOST,)).outcome.failures

    assert failure.category == "source"
    assert not MailingList.objects.exists()


@pytest.mark.usefixtures("twin")
def test_a_list_that_the_archive_does_not_know_leaves_no_trace(collect: Collect) -> None:
    collect(lists=("nobody@lists.boost.org",))

    assert not MailingList.objects.exists()


@pytest.mark.usefixtures("twin")
def test_one_list_in_two_spellings_is_one_list(collect: Collect) -> None:
    collect(lists=(BOOST, "Boost@Lists.Boost.org", f"{BOOST}."))

    assert MailingList.objects.get().name == BOOST


@pytest.mark.usefixtures("twin")
def test_only_a_run_over_everything_makes_the_lists_fresh(collect: Collect) -> None:
    collect(lists=(USERS,), limit=1)
    (lists,) = (each for each in collectors() if each.name == "boost_mailing_lists")
    assert lists.fresh_as_of is None

    collect()

    (lists,) = (each for each in collectors() if each.name == "boost_mailing_lists")
    assert lists.fresh_as_of == Run.objects.latest("ended_at").ended_at


def test_an_entry_that_the_database_refuses_stays_in_quarantine_with_all_that_it_said(
    twin: HyperKittyTwin, altered: Callable[[Change], None], collect: Collect
) -> None:
    """Its Message-ID is longer than an entry of an index may be."""
    endless = World().rng("a long id").randbytes(4000).hex()

    def lengthen(items: list[Any]) -> None:
        for item in items:
            if item["message_id_hash"] == victim:
                item["message_id"] = endless

    victim = next(iter(twin.shelves[BOOST].newest(5, 1))).message_id_hash
    change = in_listing(lengthen)

    def everywhere(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if f"/email/{victim}/" in request.path:
            assert isinstance(response.body, bytes)
            response.body = json.dumps(json.loads(response.body) | {"message_id": endless}).encode()
        return change(request, response)

    altered(everywhere)

    first, second = collect(lists=(BOOST,)), collect(lists=(BOOST,))

    item = QuarantinedItem.objects.get()
    assert (item.kind, item.external_id) == ("listing", victim)
    assert (
        endless[:100].encode()
        in quarantine.payloads(item.collector, item.scope, item.kind, [item.external_id])[item.external_id]
    )
    assert first.outcome.category == "partial"
    assert second.outcome.complete
    assert Message.objects.count() == len(twin.shelves[BOOST]) - 1
    altered(lambda _, response: response)
    assert collect(lists=(BOOST,), retry_quarantined=True).outcome.complete
    assert not QuarantinedItem.objects.exists()
    assert Message.objects.filter(body__isnull=False).count() == len(twin.shelves[BOOST])


def test_a_mail_with_an_attachment_that_the_database_refuses_is_set_aside_until_it_is_sound(
    twin: HyperKittyTwin, altered: Callable[[Change], None], collect: Collect
) -> None:
    twin.export = False
    victim = next(iter(twin.shelves[BOOST].newest(5, 1))).message_id_hash
    swollen = {"counter": 1, "name": "big", "content_type": "text/plain", "size": 10**30}

    def swell(request: TwinRequest, response: TwinResponse) -> TwinResponse:
        if f"/email/{victim}/" in request.path:
            assert isinstance(response.body, bytes)
            response.body = json.dumps(json.loads(response.body) | {"attachments": [swollen]}).encode()
        return response

    altered(swell)
    assert collect(lists=(BOOST,)).outcome.category == "partial"
    item = QuarantinedItem.objects.get()
    assert (item.kind, item.external_id) == ("detail", victim)
    altered(lambda _, response: response)
    assert collect(lists=(BOOST,), retry_quarantined=True).outcome.complete
    assert not QuarantinedItem.objects.exists()


def test_an_entry_nested_too_deep_to_be_kept_stops_only_itself(
    twin: HyperKittyTwin, altered: Callable[[Change], None], collect: Collect
) -> None:
    deep = json.loads("[" * 900 + "]" * 900)
    altered(in_listing(lambda items: items[5].update(children=deep, sender_name=deep)))

    collector = collect(lists=(BOOST,))

    assert collector.outcome.category in {None, "partial"}
    assert Message.objects.filter(body__isnull=False).count() == len(twin.shelves[BOOST])
