"""One wrong answer of the archive removes no mail."""

from collections.abc import Callable
from urllib.parse import unquote

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.tests.conftest import BOOST, Collect, assert_equals_truth
from boost_mailing_list_tracker.twin import HyperKittyTwin
from core.twins import TwinRequest, TwinResponse

Answer = Callable[[TwinRequest], TwinResponse | None]
JSON = {"Content-Type": "application/json"}


def instead(twin: HyperKittyTwin, other: Answer) -> Callable[[], None]:
    """The archive answers something else where `other` has something; call the result to end that."""
    answer = twin.answer
    twin.answer = lambda request: other(request) or answer(request)

    def end() -> None:
        twin.answer = answer

    return end


def test_a_listing_of_nothing_removes_no_mail_that_is_there_when_it_is_asked_for(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    collect()
    nothing = b'{"count": 0, "next": null, "previous": null, "results": []}'
    end = instead(
        twin,
        lambda request: TwinResponse(200, nothing, JSON) if request.path.endswith("/emails/") else None,
    )
    for _ in range(2):
        collect(lists=(BOOST,))
        assert not Message.objects.filter(removed_at__isnull=False).exists()
    end()
    collect(full=True)
    assert collect().outcome.complete
    assert_equals_truth(twin)


def test_a_list_that_is_there_no_more_is_told_and_loses_nothing(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    collect()
    end = instead(
        twin,
        lambda request: (
            TwinResponse(404, b'{"detail": "Not found."}', JSON)
            if f"/list/{BOOST}/" in unquote(request.path)
            else None
        ),
    )
    for _ in range(2):
        failures = collect().outcome.failures
        assert [(failure.scope, str(failure.category)) for failure in failures] == [(BOOST, "not_found")]
        assert not Message.objects.filter(removed_at__isnull=False).exists()
    end()
    assert collect().outcome.complete
    assert_equals_truth(twin)
