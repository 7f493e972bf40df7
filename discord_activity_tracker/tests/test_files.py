"""The contents of attachments, where the settings want them."""

import hashlib
import json
from collections.abc import Callable

import pytest

from core import archive
from core.models import QuarantinedItem
from core.twins import Served, World
from discord_activity_tracker.models import Attachment, Message
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)


def test_contents_are_fetched_once_and_come_back_from_the_archive(
    serve_twin: Callable[..., Served], collect: Collect
) -> None:
    served = serve_twin(DiscordTwin(World(), size=60), DISCORD_FILE_CONTENTS="1")
    collector = collect()
    assert collector.outcome.failures == []
    rows = list(Attachment.objects.select_related("message__channel"))
    assert rows
    for row in rows:
        scope = f"{row.message.channel.server_id}/{row.message.channel_id}"  # type: ignore[attr-defined] - Django adds them
        name = f"{row.message.pk}/{row.attachment_id}"
        kept = {
            item.external_id: item.body
            for item in archive.replay("discord_activity", scope, "attachment", limit=100)
        }
        assert len(kept[name]) == row.size
        assert hashlib.sha256(kept[name]).hexdigest() == row.sha256
    assert collector.meter.snapshot().requests == sum(served.requests.values())
    assert "files_fetched" not in collect().outcome.counts

    hashes = set(Attachment.objects.values_list("attachment_id", "sha256"))
    Attachment.objects.all().delete()
    Message.objects.all().delete()
    collect(from_archive=True)
    assert set(Attachment.objects.values_list("attachment_id", "sha256")) == hashes


def test_a_file_that_is_too_big_is_left_alone(serve_twin: Callable[..., Served], collect: Collect) -> None:
    serve_twin(DiscordTwin(World(), size=60), DISCORD_FILE_CONTENTS="1", DISCORD_MAX_FILE_MB="1")
    collect()
    assert not Attachment.objects.filter(size__gt=2**20, sha256__isnull=False).exists()
    assert not Attachment.objects.filter(size__lte=2**20, sha256__isnull=True).exists()


def test_a_file_that_is_not_what_was_told_is_set_aside_and_fetched_when_it_is_due(
    serve_twin: Callable[..., Served], collect: Collect
) -> None:
    twin = DiscordTwin(World(), size=60)
    serve_twin(twin, DISCORD_FILE_CONTENTS="1")
    answer = twin.answer

    def truncated(request):  # noqa: ANN001, ANN202 - the twin's own
        response = answer(request)
        if "/attachments/" in request.path and isinstance(response.body, bytes):
            response.body = response.body[:-1]
        return response

    twin.answer = truncated
    first = collect()
    assert {failure.category for failure in first.outcome.failures} == {"partial"}
    assert QuarantinedItem.objects.filter(kind="attachment").count() == Attachment.objects.count()
    twin.answer = answer
    again = collect(retry_quarantined=True)
    assert again.outcome.failures == []
    assert not Attachment.objects.filter(sha256__isnull=True).exists()
    assert not QuarantinedItem.objects.exists()


def test_a_message_with_a_broken_attachment_is_set_aside_and_its_channel_goes_on(
    serve_twin: Callable[..., Served], collect: Collect
) -> None:
    twin = DiscordTwin(World(), size=60)
    serve_twin(twin, DISCORD_FILE_CONTENTS="1")
    answer = twin.answer
    broken: set[str] = set()

    def damaged(request):  # noqa: ANN001, ANN202 - the twin's own
        response = answer(request)
        if request.path.endswith("/messages"):
            page = json.loads(response.body)  # type: ignore[arg-type] - no file
            for message in page[-1:] if isinstance(page, list) else []:
                message["attachments"] = [{"filename": "without an id", "size": 1, "url": "x"}]
                broken.add(message["id"])
            response.body = json.dumps(page).encode()
        return response

    twin.answer = damaged
    collector = collect()
    assert {failure.category for failure in collector.outcome.failures} == {"partial"}
    assert set(QuarantinedItem.objects.values_list("external_id", flat=True)) == broken
    there = {row["id"] for row in twin.truth()["discord_activity_tracker.Message"] if not row.get("removed")}
    assert set(Message.objects.values_list("pk", flat=True)) == there - {int(each) for each in broken}
