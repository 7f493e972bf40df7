"""The contents of attachments, fetched while the addresses in a page are good (DISCORD_FILE_CONTENTS)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import CollectorError, InvalidInput, StopRequested
from core.json_text import json_bytes
from discord_activity_tracker.client import FileClient, MessagePage
from discord_activity_tracker.models import Attachment
from discord_activity_tracker.parsing import Fields
from discord_activity_tracker.services import save_content_hash
from discord_activity_tracker.sync.session import ATTACHMENT, ServerSession


@dataclass(frozen=True, slots=True)
class Files:
    """Fetches what is missing of a page that is saved. `max_bytes`: bigger files are left alone."""

    session: ServerSession
    client: FileClient
    max_bytes: int

    def fetch(self, scope: str, page: MessagePage) -> None:
        """A file that cannot be had goes to quarantine, and its message is read again when it is due."""
        addresses = dict(_addresses(page))
        if not addresses:
            return
        rows = Attachment.objects.filter(
            message__in=page.known_ids, sha256__isnull=True, size__lte=self.max_bytes
        )
        for row in rows.order_by("message_id", "attachment_id"):
            place = (row.message.pk, row.attachment_id)
            if place in addresses:
                self._fetch_one(scope, row, addresses[place])

    def _fetch_one(self, scope: str, row: Attachment, address: str) -> None:
        name = f"{row.message.pk}/{row.attachment_id}"
        try:
            content = self.client.content(address, row.size)
        except StopRequested:
            raise
        except CollectorError as error:
            with self.session.page(scope) as page:
                page.quarantine(ATTACHMENT, name, json_bytes({"filename": row.filename}), error)
            return
        with self.session.page(scope) as page:
            page.archive(ATTACHMENT, {name: content})
            page.count("files_fetched", save_content_hash(row.pk, hashlib.sha256(content).hexdigest()))
            page.resolve(ATTACHMENT, [name])


def _addresses(page: MessagePage) -> Iterator[tuple[tuple[int, int], str]]:
    """(message, attachment) -> its signed address; of messages that could be read."""
    for message_id, raw in zip(page.ids, page.messages, strict=True):
        if message_id is None:
            continue
        try:
            told = [(each.snowflake("id"), each.text("url")) for each in Fields(raw).objects("attachments")]
        except InvalidInput:
            continue  # the message is in quarantine for it
        for attachment_id, url in told:
            yield (message_id, attachment_id), url
