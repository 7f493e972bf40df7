"""Files of DiscordChatExporter, merged with what Discord's API has said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from core import archive, checkpoints
from core.errors import InvalidInput
from core.intervals import Intervals
from core.pages import Page
from core.quarantine import View
from discord_activity_tracker.client import Payload
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.parsing.export_reader import ExportReader
from discord_activity_tracker.parsing.exported import ExportedFile
from discord_activity_tracker.parsing.messages import read_exported
from discord_activity_tracker.protocol_impl import MessageRecord
from discord_activity_tracker.sync.kinds import EXPORTED, FILE, HEAD, MESSAGE, with_names
from discord_activity_tracker.sync.places import BEYOND, place_of
from discord_activity_tracker.sync.session import ACTIVITY, ServerSession
from discord_activity_tracker.sync.walk import STREAM

ATTACHMENTS = "_Files"  # what a folder with the attachments of an export ends with
BATCH = 500  # messages a page


@dataclass(frozen=True, slots=True)
class Import:
    """A file, and what its head says."""

    path: Path
    file: ExportedFile
    head: Payload
    kept: archive.KeptFile

    @property
    def scope(self) -> str:
        return f"{self.file.server.id}/{self.file.channel.id}"


def exported_files(paths: Sequence[str]) -> Iterator[Path]:
    """Yield the files that are named, and those in folders that are, but for attachments beside them."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*.json") if _is_export(path, each))
        else:
            yield path


def _is_export(folder: Path, path: Path) -> bool:
    inside = path.relative_to(folder).parent.parts
    return path.is_file() and not any(each.endswith(ATTACHMENTS) for each in inside)


def opened(path: Path) -> Import:
    """Keep a file, and read its head. Raises InvalidInput when it is no export, or cannot be read."""
    try:
        with path.open("rb") as file:
            head = ExportReader(file, str(path)).head()
        record, _ = HEAD.understand(head)
        return Import(path, record, head, archive.keep_file(path))
    except OSError as error:
        raise InvalidInput(
            f"cannot read {path}: {error.strerror}", remedy="check the path given to --path"
        ) from error


def import_head(session: ServerSession, wanted: Import) -> None:
    """Make a file's channel known; messages of others may mention it.

    Raises InvalidInput when it belongs to another server than the file says.
    """
    stored = Channel.objects.filter(pk=wanted.file.channel.id).exclude(server=wanted.file.server.id)
    for server_id in stored.values_list("server_id", flat=True):
        raise InvalidInput(
            f"{wanted.path}: channel {wanted.file.channel.id} belongs to server {server_id}",
            remedy="check the guild and the channel in the file",
        )
    with session.collector.page(wanted.scope) as page:
        page.take(HEAD, session.server_id, [wanted.head])


def import_file(session: ServerSession, wanted: Import) -> None:
    """Import a file's messages."""
    done = 0
    for batch in _batches(wanted.path):
        with session.collector.page(wanted.scope) as page:
            _save(session, page, wanted.file.channel.id, batch)
        done += len(batch)
        session.collector.progress.update(wanted.path.name, done)
    with session.collector.page(wanted.scope) as page:
        name = f"{wanted.file.channel.id} exported at {wanted.file.exported_at}"
        added = archive.record_file(session.collector.name, wanted.scope, FILE, name, wanted.kept)
        page.count("files_imported", added)


def _batches(path: Path) -> Iterator[list[object]]:
    with path.open("rb") as file:
        reader = ExportReader(file, str(path))
        reader.head()
        messages = reader.messages()
        while batch := list(islice(messages, BATCH)):
            yield batch


def _save(session: ServerSession, page: Page, channel_id: int, payloads: Sequence[object]) -> None:
    """Save messages as an export has them; those that cannot be used go to quarantine."""
    records, refused = page.understand(with_names(EXPORTED, read_exported, session.names), payloads)
    for name in _edited_later(records):
        del records[name]
    stored = Message.objects.filter(pk__in=list(map(int, records))).values_list("pk", flat=True)
    new = set(map(int, records)).difference(stored)
    page.keep(EXPORTED, channel_id, records, refused)
    _bury_gone(page, channel_id, sorted(new))


def _edited_later(records: Mapping[str, tuple[MessageRecord, Any]]) -> list[str]:
    """Return messages of which another file has told a later edit."""
    stored = Message.objects.filter(
        pk__in=[record.id for record, _ in records.values()],
        origin=Message.Origin.EXPORT,
        edited_at__isnull=False,
    )
    edits = dict(stored.values_list("pk", "edited_at"))
    return [
        name
        for name, (record, _) in records.items()
        if record.id in edits and (record.edited_at is None or record.edited_at < edits[record.id])
    ]


def _bury_gone(page: Page, channel_id: int, new: Sequence[int]) -> None:
    """Bury messages that only a file has, and of which Discord has not told where it told of all.

    Their absence is filed as that of its own messages, beside what the API has said.
    """
    if Channel.objects.filter(pk=channel_id).removed().exists():
        page.count("messages_removed", EXPORTED.mark_removed(channel_id, list(map(str, new))))
        return
    told_of = _told_of(page.scope)
    page.bury(MESSAGE, channel_id, [str(each) for each in new if not list(told_of.missing(each, each + 1))])


def _told_of(scope: str) -> Intervals:
    """Return the ids of which Discord has told all, but for those of what is in quarantine."""
    state = checkpoints.load(ACTIVITY, scope, STREAM)
    covered = Intervals.from_extras(state.extras)
    for name in View(ACTIVITY).listed(scope, MESSAGE.name):
        if (place := place_of(name)) is not None:
            covered = covered.remove(place.start, BEYOND if place.end is None else place.end)
    return covered
