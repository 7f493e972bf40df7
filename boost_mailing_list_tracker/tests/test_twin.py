"""The HyperKitty twin: every quirk is there, the truth is what can be collected, and size costs nothing."""

import contextlib
import gzip
import time
import tracemalloc
from collections import Counter
from typing import Any

import pytest
import requests

from boost_mailing_list_tracker.twin import HyperKittyTwin, mails
from boost_mailing_list_tracker.twin.mails import message_id_hash
from core.twins import Fault, Faults, TwinRequest, World, serve

BOOST = "boost@lists.boost.org"
USERS = "boost-users@lists.boost.org"
MESSAGE = "boost_mailing_list_tracker.Message"


def asked(target: str) -> TwinRequest:
    path, _, query = target.partition("?")
    pairs = dict(pair.split("=") for pair in query.split("&") if pair)
    return TwinRequest("GET", path, pairs, {"host": "twin"}, b"", target)


def listed(twin: HyperKittyTwin, fqdn: str = BOOST) -> list[dict[str, Any]]:
    with serve([twin]) as served:
        url = f"{served['hyperkitty']}/archives/api/list/{fqdn}/emails/"
        return requests.get(url, timeout=30).json()


def odd(twin: HyperKittyTwin, place: int) -> dict[str, Any]:
    """What the API says of a mail in the first block of the first list."""
    digest = twin.shelves[BOOST].mailbox[place].message_id_hash
    with serve([twin]) as served:
        url = f"{served['hyperkitty']}/archives/api/list/{BOOST}/email/{digest}/"
        return requests.get(url, timeout=30).json()


@pytest.fixture
def twin() -> HyperKittyTwin:
    return HyperKittyTwin(World(1))


def test_the_truth_is_what_the_api_lists(twin: HyperKittyTwin) -> None:
    truth = twin.truth()[MESSAGE]
    for fqdn in twin.shelves:
        rows = {row["message_id_hash"]: row for row in truth if row["mailing_list__name"] == fqdn}
        items = listed(twin, fqdn)
        assert {item["message_id_hash"] for item in items} == set(rows)
        assert len(items) == len(rows)
        for item in items:
            row = rows[item["message_id_hash"]]
            parent = row["parent_hash"]
            assert (item["subject"], item["sender_name"]) == (row["subject"], row["author_name"])
            assert item["sender"]["address"] == row["author_address"].replace("@", " (a) ")
            assert item["thread"].split("/")[-2] == row["thread_id"]
            assert item["parent"] == (
                None if parent is None else item["url"].replace(row["message_id_hash"], parent)
            )


def test_the_same_seed_makes_the_same_archive_and_another_seed_another() -> None:
    assert HyperKittyTwin(World(1)).truth() == HyperKittyTwin(World(1)).truth()
    assert HyperKittyTwin(World(1)).truth() != HyperKittyTwin(World(2)).truth()


def test_pages_of_any_size_add_up_to_the_whole_list_newest_archived_first(twin: HyperKittyTwin) -> None:
    whole = [item["message_id"] for item in listed(twin)]
    paged: list[str] = []
    with serve([twin]) as served:
        url: str | None = f"{served['hyperkitty']}/archives/api/list/{BOOST}/emails/?limit=37"
        while url:
            page = requests.get(url, timeout=30).json()
            paged += [item["message_id"] for item in page["results"]]
            assert page["count"] == len(whole)
            url = page["next"]
        assert served.requests == {"hyperkitty": -(-len(whole) // 37)}
    assert paged == whole


def test_links_can_begin_with_what_the_proxy_in_front_thinks_it_is_called(twin: HyperKittyTwin) -> None:
    twin.links = "http://lists.example.org"
    item = listed(twin)[0]
    assert item["url"].startswith("http://lists.example.org/archives/api/list/boost@lists.boost.org/email/")


def test_a_private_list_is_refused_by_the_web_server_in_front() -> None:
    twin = HyperKittyTwin(World(1), private=frozenset({USERS}))
    for target in (
        f"api/list/{USERS}/emails/?limit=1",
        f"list/{USERS}/export/x.mbox.gz",
        f"api/list/{USERS}/",
    ):
        answer = twin.answer(asked(f"/archives/{target}"))
        assert (answer.status, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert USERS.encode() not in bytes(twin.answer(asked("/archives/api/lists/")).body)  # type: ignore[arg-type]


def test_two_message_ids_fall_together_in_the_export_only(twin: HyperKittyTwin) -> None:
    first, second = (odd(twin, place) for place in mails.COLLIDING)
    assert first["message_id"] != second["message_id"]
    assert first["message_id"].translate(str.maketrans("", "", "()")) == second["message_id"]
    with serve([twin]) as served:
        url = f"{served['hyperkitty']}/archives/list/{BOOST}/export/x.mbox.gz"
        text = gzip.decompress(requests.get(url, timeout=30).content).decode()
    assert text.count(f"Message-ID: <{second['message_id']}>") == 2


def test_the_oddities_are_all_there(twin: HyperKittyTwin) -> None:
    assert odd(twin, mails.IN_1970)["date"] == "1970-01-01T00:00:00Z"
    assert odd(twin, mails.IN_2038)["date"] == "2038-01-19T03:14:08Z"
    assert odd(twin, mails.UNDATED)["date"].endswith(".271828Z")
    assert odd(twin, mails.NO_SUBJECT)["subject"] == "None"
    assert len(odd(twin, mails.LONG_ID)["message_id"]) == mails.ID_LENGTH
    assert len(odd(twin, mails.LONG_SUBJECT)["subject"]) == mails.SUBJECT_LENGTH
    assert odd(twin, mails.EMPTY)["content"] == ""
    assert "\N{REPLACEMENT CHARACTER}" in odd(twin, mails.REPLACED)["content"]
    assert "\nFrom " in odd(twin, mails.FROM_LINES)["content"]
    assert [each["name"] for each in odd(twin, mails.HTML_ONLY)["attachments"]] == ["attachment.html"]
    assert len(odd(twin, mails.ATTACHMENTS)["attachments"]) == 2
    assert odd(twin, mails.FORWARDED)["attachments"][0]["content_type"] == "message/rfc822"
    rows = {row["message_id_hash"]: row for row in twin.truth()[MESSAGE]}
    looped = [rows[odd(twin, place)["message_id_hash"]] for place in mails.LOOP]
    assert [row["in_reply_to"] for row in looped] == [row["message_id"] for row in reversed(looped)]
    itself = rows[odd(twin, mails.SELF_REPLY)["message_id_hash"]]
    assert (itself["in_reply_to"], itself["parent_hash"]) == (itself["message_id"], None)
    assert len({twin.shelves[BOOST].mailbox[place].archived for place in mails.TIES}) == 1


def test_a_cross_post_is_one_mail_in_two_lists_with_the_same_words(twin: HyperKittyTwin) -> None:
    lists_of: dict[str, list[str]] = {}
    for row in twin.truth()[MESSAGE]:
        lists_of.setdefault(row["message_id"], []).append(row["mailing_list__name"])
    shared = [message_id for message_id, lists in lists_of.items() if len(lists) > 1]
    assert shared
    for message_id in shared:
        found = [twin.shelves[fqdn].find(message_id_hash(message_id)) for fqdn in lists_of[message_id]]
        texts = {
            twin.shelves[fqdn].mailbox.content(mail)
            for fqdn, mail in zip(lists_of[message_id], found, strict=True)
            if mail
        }
        assert len(texts) == 1


def test_the_message_id_of_a_list_is_unique_in_it_at_any_size() -> None:
    rows = HyperKittyTwin(World(3), size=9000).truth()[MESSAGE]
    assert max(Counter((row["mailing_list__name"], row["message_id_hash"]) for row in rows).values()) == 1


def test_one_window_of_the_export_is_what_the_whole_export_has_of_it() -> None:
    shelf = HyperKittyTwin(World(3), size=9000).shelves[USERS]
    everything = list(shelf.around(None, None))
    for month in ("1970-01", "2019-06", "2025-12", "2038-01"):
        first = everything[0].date.fromisoformat(f"{month}-01T00:00:00+00:00")
        end = first.replace(month=first.month % 12 + 1, year=first.year + first.month // 12)
        expected = [mail for mail in everything if first <= mail.date < end]
        assert expected or month == "2019-06"
        assert [mail for mail in shelf.around(first, end) if first <= mail.date < end] == expected


def test_between_two_runs_mails_come_and_go_and_threads_move_from_the_seed(twin: HyperKittyTwin) -> None:
    before = {(row["mailing_list__name"], row["message_id"]): row for row in twin.truth()[MESSAGE]}
    twin.mutate()
    after = {(row["mailing_list__name"], row["message_id"]): row for row in twin.truth()[MESSAGE]}
    again = HyperKittyTwin(World(1))
    again.mutate()
    assert again.truth() == twin.truth()
    assert set(before) < set(after)
    kept = [(before[key], after[key]) for key in before]
    assert any(row["removed"] for _, row in kept)
    assert any(old["thread_id"] != new["thread_id"] for old, new in kept)
    assert any(old["parent_hash"] != new["parent_hash"] for old, new in kept)
    backdated = twin.shelves[BOOST].mailbox[mails.BACKDATED]
    assert (BOOST, backdated.message_id) in set(after) - set(before)
    boost_rows = [row for row in after.values() if row["mailing_list__name"] == BOOST]
    assert not {item["message_id_hash"] for item in listed(twin)} & {
        row["message_id_hash"] for row in boost_rows if row["removed"]
    }


def test_a_reply_that_comes_before_its_parent_moves_below_it_when_that_comes() -> None:
    shelf = HyperKittyTwin(World(1), size=mails.ITS_PARENT * 10 // 6 + 1).shelves[BOOST]
    early, late = shelf.mailbox[mails.EARLY_REPLY], shelf.mailbox[mails.ITS_PARENT]
    assert shelf.count == mails.ITS_PARENT
    assert (shelf.parent(early), shelf.thread_id(early)) == (None, early.message_id_hash)
    shelf.arrive()
    assert (shelf.parent(early), shelf.thread_id(early)) == (late, late.message_id_hash)
    assert shelf.thread(late.message_id_hash) == [late, early]


def test_what_answers_a_removed_mail_starts_a_thread() -> None:
    shelf = HyperKittyTwin(World(1), size=200).shelves[BOOST]
    reply = next(
        mail
        for index in range(shelf.count, shelf.count + 50)
        if (mail := shelf.mailbox[index]).parent is not None and mail.parent < shelf.count
    )
    shelf.remove(reply.parent or 0)
    shelf.arrive(50)
    assert (shelf.parent(reply), shelf.thread_id(reply)) == (None, reply.message_id_hash)


def test_a_late_reply_is_a_child_of_the_mail_it_answers_and_in_its_thread() -> None:
    shelf = HyperKittyTwin(World(1), size=2000).shelves[BOOST]
    late = [
        mail
        for index in range(shelf.count)
        if (mail := shelf.mailbox[index]).parent is not None and mail.index - mail.parent > 2 * mails.BLOCK
    ]
    assert late
    for mail in late:
        assert mail in shelf.children(shelf.mailbox[mail.parent or 0])
        assert mail in shelf.thread(shelf.thread_id(mail))


def test_whatever_drift_happened_the_archive_ends_the_same() -> None:
    truths: list[Any] = []
    for asked_how_often in (0, 3, 200):
        twin = HyperKittyTwin(World(1), faults=Faults(asked_how_often, [Fault.DRIFT], rate=1.0))
        calm = twin.truth()
        seen: list[Any] = []
        for number in range(asked_how_often):
            twin.drift(World(number).rng("drift"))
            seen.append(len(twin.truth()[MESSAGE]))
        assert not seen or len(set(seen)) > 1
        twin.settle()
        assert twin.truth() != calm
        truths.append(twin.truth())
    assert truths[0] == truths[1] == truths[2]


def test_a_spoiled_listing_has_one_item_that_makes_no_sense() -> None:
    twin = HyperKittyTwin(World(1), faults=Faults(1, [Fault.MALFORMED], rate=1.0, in_a_row=1))
    with serve([twin]) as served:
        url = f"{served['hyperkitty']}/archives/api/list/{BOOST}/emails/?limit=20"
        spoiled, whole = (requests.get(url, timeout=30).json()["results"] for _ in range(2))
    assert sum(mine != real for mine, real in zip(spoiled, whole, strict=True)) == 1


def test_a_spoiled_export_arrives_whole_but_its_gzip_ends_in_the_middle() -> None:
    twin = HyperKittyTwin(World(1), faults=Faults(1, [Fault.MALFORMED], rate=1.0, in_a_row=1))
    with serve([twin]) as served:
        url = f"{served['hyperkitty']}/archives/list/{BOOST}/export/x.mbox.gz"
        answer = requests.get(url, timeout=30)
        assert answer.ok
        with pytest.raises(EOFError):
            gzip.decompress(answer.content)
        assert gzip.decompress(requests.get(url, timeout=30).content)


def test_a_client_that_asks_again_gets_everything_through_all_faults_of_the_wire() -> None:
    faults = Faults.all(3, without={Fault.SLOW, Fault.DRIFT, Fault.MALFORMED}, rate=0.6)
    twin = HyperKittyTwin(World(1), faults=faults)

    def patiently(url: str) -> dict[str, Any]:
        for _ in range(faults.in_a_row + 1):
            with contextlib.suppress(requests.RequestException):
                answer = requests.get(url, timeout=30)
                if answer.ok:
                    return answer.json()
        pytest.fail(f"{url} never answered")

    items: list[str] = []
    with serve([twin]) as served:
        url: str | None = f"{served['hyperkitty']}/archives/api/list/{BOOST}/emails/?limit=10"
        while url:
            page = patiently(url)
            items += [item["message_id_hash"] for item in page["results"]]
            url = page["next"]
        assert sum(served.faults.values()) == served.requests["hyperkitty"] - -(-len(items) // 10)
        assert len(served.faults) > 3
    assert len(set(items)) == len(items) == len(twin.shelves[BOOST])


def test_an_archive_a_hundred_times_the_size_costs_no_more_to_make_or_to_page() -> None:
    def cost(size: int) -> tuple[int, float]:
        tracemalloc.start()
        began = time.process_time()
        twin = HyperKittyTwin(World(1), size=size)
        for target in ("?limit=100", "?limit=100&offset=700"):
            assert twin.answer(asked(f"/archives/api/list/{BOOST}/emails/{target}")).status == 200
        spent = time.process_time() - began
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak, spent

    small, large = cost(2_000), cost(200_000)
    assert large[0] < small[0] * 2
    assert large[1] < small[1] * 5 + 0.1
