"""The tracker's tables are compared by natural keys, also across foreign keys and with the twin's truth."""

import datetime as dt

import pytest

from boost_mailing_list_tracker.models import Attachment, MailingList, Message
from core.twins.snapshot import (
    OWN_TIME,
    Snapshot,
    Window,
    differences,
    differences_from_truth,
    natural_key,
    snapshot,
)

pytestmark = pytest.mark.django_db

LIST = "boost@lists.boost.org"
WINDOW = Window(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
SENT = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


def stored(**values: object) -> Message:
    row, _ = MailingList.objects.get_or_create(name=LIST)
    message = Message.objects.create(mailing_list=row, message_id_hash="A", date=SENT, **values)
    Attachment.objects.create(message=message, position=1, name="patch", content_type="text/plain", size=9)
    return message


def taken() -> Snapshot:
    return snapshot(["boost_mailing_list_tracker"], WINDOW)


def test_a_foreign_key_is_the_natural_key_of_its_target() -> None:
    stored()
    assert natural_key(Attachment) == ["message__mailing_list__name", "message__message_id_hash", "position"]
    expected = taken()
    assert expected["boost_mailing_list_tracker.Attachment"].keys() == {(LIST, "A", 1)}
    MailingList.objects.all().delete()
    stored()
    assert list(differences(expected, taken())) == []


def test_times_of_the_source_count_and_those_of_our_own_clock_do_not() -> None:
    message = stored(removed_at=WINDOW.start)
    expected = taken()
    Message.objects.filter(pk=message.pk).update(removed_at=WINDOW.end)
    assert list(differences(expected, taken())) == []
    Message.objects.filter(pk=message.pk).update(removed_at=None, date=SENT + dt.timedelta(seconds=1))
    (difference,) = differences(expected, taken())
    assert difference.columns == {
        "removed_at": (OWN_TIME, None),
        "date": (SENT, SENT + dt.timedelta(seconds=1)),
    }


def test_what_is_stored_is_compared_with_the_truth_of_a_twin() -> None:
    stored(subject="Hello")
    row = {"mailing_list__name": LIST, "message_id_hash": "A", "subject": "Hello", "removed": False}
    label = "boost_mailing_list_tracker.Message"
    assert list(differences_from_truth({label: [row]})) == []
    assert [d.what for d in differences_from_truth({label: [row | {"message_id_hash": "B"}]})] == [
        "is not expected",
        "is missing",
    ]
    (difference,) = differences_from_truth({label: [row | {"removed": True}]})
    assert difference.columns == {"removed": (True, False)}
