"""What search and people linking get from the mailing lists."""

import datetime as dt

import pytest

from boost_mailing_list_tracker.coverage import ListCoverage
from boost_mailing_list_tracker.documents import ThreadDocuments
from boost_mailing_list_tracker.models import MailingList, Message
from boost_mailing_list_tracker.profiles import AuthorProfiles
from boost_mailing_list_tracker.services import tombstone
from boost_mailing_list_tracker.tests.conftest import BOOST, Collect
from boost_mailing_list_tracker.twin import HyperKittyTwin
from core.changes import Change, mark
from core.registry import Document, GoneDocument
from core.tests.marks import committed_late, quiet_mark

pytestmark = pytest.mark.django_db(transaction=True)
METADATA = {"type", "thread_id", "parent_id", "source_ids", "list_name"}


def test_there_is_one_document_a_thread_with_every_speaker_and_no_quotes(
    twin: HyperKittyTwin, collect: Collect
) -> None:
    collect()

    given = ThreadDocuments().documents()
    documents = {document.doc_id: document for document in given if isinstance(document, Document)}

    threads = set(Message.objects.values_list("mailing_list__name", "thread_id"))
    assert set(documents) == {f"mailing_list:{name}:{thread}" for name, thread in threads}
    assert sum(len(shelf) for shelf in twin.shelves.values()) == sum(
        len(document.metadata["source_ids"])  # pyright: ignore[reportArgumentType] - a list, as tested
        for document in documents.values()
    )
    for document in documents.values():
        assert set(document.metadata) == METADATA
        assert "\n> " not in document.text
        assert document.author in document.text
        assert document.url.endswith("/")
        assert document.title == document.text.partition("\n\n")[0]
        assert document.visibility == "public"
        assert document.happened_at == Message.objects.get(permalink=document.url).date
    tagged = {tag for tags in Message.objects.values_list("library_tags", flat=True) for tag in tags}
    assert {library for document in documents.values() for library in document.libraries} == tagged
    assert tagged


def test_only_changed_threads_are_given_again(twin: HyperKittyTwin, collect: Collect) -> None:
    collect()
    since = quiet_mark()
    assert list(ThreadDocuments().documents(since=since)) == []
    one = Message.objects.filter(mailing_list__name=BOOST).earliest("date")
    Message.objects.filter(pk=one.pk).update(changed_in=Change())

    (changed,) = ThreadDocuments().documents(since=since)

    assert isinstance(changed, Document)
    assert changed.metadata["thread_id"] == one.thread_id
    assert [p.external_id for p in AuthorProfiles().profiles(since=since)] == [one.author_address]
    assert twin.shelves


@pytest.mark.usefixtures("twin")
def test_what_is_committed_late_is_told_to_those_who_followed_meanwhile(collect: Collect) -> None:
    collect(lists=(BOOST,))
    one = Message.objects.earliest("date")
    two = (
        Message.objects.exclude(thread_id=one.thread_id)
        .exclude(author_address=one.author_address)
        .latest("date")
    )

    def write(message: Message, body: str) -> None:
        Message.objects.filter(pk=message.pk).update(body=body, segments=None, changed_in=Change())

    since = quiet_mark()
    with committed_late(lambda: write(one, "late")):
        write(two, "early")
        after = mark()
        told = [each.doc_id for each in ThreadDocuments().documents(since=since)]
        assert told == [f"mailing_list:{BOOST}:{two.thread_id}"]
    again = {each.doc_id for each in ThreadDocuments().documents(since=after)}
    assert f"mailing_list:{BOOST}:{one.thread_id}" in again
    assert one.author_address in {each.external_id for each in AuthorProfiles().profiles(since=after)}


@pytest.mark.usefixtures("twin")
def test_a_thread_whose_messages_are_all_gone_has_no_document(collect: Collect) -> None:
    collect(lists=(BOOST,))
    row = MailingList.objects.get()
    since = quiet_mark()
    given = {document.doc_id for document in ThreadDocuments().documents()}
    tombstone(row, Message.objects.values_list("message_id_hash", flat=True))

    assert list(ThreadDocuments().documents()) == []
    gone = list(ThreadDocuments().documents(since=since))
    assert {document.doc_id for document in gone if isinstance(document, GoneDocument)} == given
    assert len(gone) == len(given) > 0


@pytest.mark.usefixtures("twin")
def test_an_address_has_all_its_names_and_the_list_itself_is_nobody(collect: Collect) -> None:
    collect(lists=(BOOST,))
    message = Message.objects.filter(mailing_list__name=BOOST).earliest("date")
    Message.objects.exclude(pk=message.pk).update(author_address=BOOST)
    Message.objects.filter(pk=message.pk).update(author_name="Ann", author_address="ann@example.org")
    message.pk = None
    message.message_id_hash, message.author_name = "OTHER", "A. Nother"
    message.author_address = "ann@example.org"
    message.save()

    (profile,) = AuthorProfiles().profiles()

    assert profile.seen_emails == ("ann@example.org",)
    assert profile.counts == {"mails": 2}
    assert profile.first_seen_at == message.sent_at
    assert set(profile.names) == {"Ann", "A. Nother"}
    assert profile.last_seen_at == message.sent_at


@pytest.mark.usefixtures("twin")
def test_the_newest_message_is_not_one_that_claims_to_be_from_the_future(collect: Collect) -> None:
    collect(lists=(BOOST,))
    far = dt.datetime(2038, 1, 19, tzinfo=dt.UTC)
    Message.objects.filter(pk=Message.objects.earliest("date").pk).update(sent_at=far)

    (scope,) = ListCoverage().scopes()

    assert scope.newest is not None
    assert scope.newest < far
    assert (scope.stored, scope.at_source) == (Message.objects.count(), Message.objects.count())
