"""The contents of attachments, fetched while the addresses in a batch are good (DISCORD_FILE_CONTENTS)."""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Self

from core.collectors import Scope
from core.errors import CollectorError, InvalidInput, StopRequested
from discord_activity_tracker.client import FileClient, MessageBatch
from discord_activity_tracker.models import Attachment
from discord_activity_tracker.parsing.fields import Fields
from discord_activity_tracker.services.messages import save_content_hashes
from discord_activity_tracker.sync.kinds import ATTACHMENT
from discord_activity_tracker.sync.session import ServerSession


@dataclass(frozen=True, slots=True)
class Files:
    """Fetches what is missing of a batch that is saved. `max_bytes`: bigger files are left alone."""

    client: FileClient
    max_bytes: int

    @classmethod
    @contextmanager
    def wanted(cls, session: ServerSession) -> Generator[Self | None]:
        """Open it where the settings want contents of files; else there is none."""
        settings, collector = session.settings, session.collector
        if not settings.discord_file_contents:
            yield None
            return
        max_bytes = settings.discord_max_file_mb * 1024 * 1024
        client = FileClient(
            settings.discord_api_base_url,
            max_bytes=max_bytes,
            meter=collector.meter,
            stop=collector.stop_requested,
            deadline=collector.deadline,
        )
        with closing(client):
            yield cls(client, max_bytes)

    def fetch(self, scope: Scope, batch: MessageBatch) -> None:
        """A file that cannot be had goes to quarantine, and its message is read again when it is due."""
        addresses = dict(_addresses(batch))
        if not addresses:
            return
        rows = Attachment.objects.filter(
            message__in=batch.known_ids, sha256__isnull=True, size__lte=self.max_bytes
        )
        for row in rows.order_by("message_id", "attachment_id"):
            name = f"{row.message.pk}/{row.attachment_id}"
            if name in addresses:
                self._fetch_one(scope, name, row, addresses[name])

    def _fetch_one(self, scope: Scope, name: str, row: Attachment, address: str) -> None:
        try:
            content = self.client.content(address, row.size)
        except StopRequested:
            raise
        except CollectorError as error:
            with scope.page() as page:
                page.quarantine(ATTACHMENT, name, row.filename.encode(), error)
            return
        with scope.page() as page:
            page.archive(ATTACHMENT, {name: content})
            page.count("files_fetched", save_content_hashes({name: hashlib.sha256(content).hexdigest()}))
            page.resolve(ATTACHMENT, [name])


def _addresses(batch: MessageBatch) -> Iterator[tuple[str, str]]:
    """Yield message/attachment and its signed address; of messages that could be read."""
    for message_id, raw in zip(batch.ids, batch.messages, strict=True):
        try:
            for each in Fields(raw).objects("attachments") if message_id is not None else ():
                yield f"{message_id}/{each.snowflake('id')}", each.text("url")
        except InvalidInput:
            continue  # the message is in quarantine for it
