"""Files of DiscordChatExporter, merged with what Discord's API has said."""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from core import archive, checkpoints
from core.collectors import AbstractCollector
from core.errors import InvalidInput
from core.intervals import Intervals
from core.items import each_understood, understood
from core.json_text import canonical_json, json_bytes
from core.models import ArchiveVersion, QuarantinedItem
from core.pages import Page
from discord_activity_tracker.client import Payload
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.parsing import (
    ExportedFile,
    ExportReader,
    api_shape,
    message_leaf,
    parse_exported_file,
    parse_message,
    parse_user,
    user_payloads,
)
from discord_activity_tracker.protocol_impl import MessageRecord, Names, UserRecord
from discord_activity_tracker.services import (
    save_imported,
    save_known_channel,
    save_users,
    tombstone_messages,
)
from discord_activity_tracker.sync.places import BEYOND, place_of
from discord_activity_tracker.sync.session import (
    ACTIVITY,
    EXPORTED,
    MESSAGE,
    ServerSession,
    name_of,
)
from discord_activity_tracker.sync.walk import STREAM

FILE, HEAD = "exported file", "exported channel"
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
    """The files that are named, and those in folders that are, but for attachments that it has saved."""
    for name in paths:
        path = Path(name)
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*.json") if _is_export(path, each))
        else:
            yield path


def _is_export(folder: Path, path: Path) -> bool:
    inside = path.relative_to(folder).parent.parts
    return path.is_file() and not any(each.endswith(ATTACHMENTS) for each in inside)


def opened(path: Path) -> Import:
    """A file, which is kept, and its head. Raises InvalidInput when it is no export, or cannot be read."""
    try:
        with path.open("rb") as file:
            head = ExportReader(file).head()
        # Only what tells of the channel: two exports of it have the same.
        head = {name: head[name] for name in ("guild", "channel", "exportedAt") if name in head}
        wanted = understood(parse_exported_file, head)
        kept = {name: head[name] for name in ("guild", "channel")}
        understood(canonical_json, kept)  # it can be written, too
        return Import(path, wanted, kept, archive.keep_file(path))
    except OSError as error:
        raise InvalidInput(
            f"cannot read {path}: {error.strerror}", remedy="check the path given to --path"
        ) from error
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error.message}", remedy=error.remedy) from error


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
    with session.page(wanted.scope) as page:
        page.archive(HEAD, {str(wanted.file.channel.id): canonical_json(wanted.head)})
        page.count("channels_created", save_known_channel(wanted.file.server, wanted.file.channel))


def import_file(session: ServerSession, wanted: Import) -> None:
    """Import a file's messages."""
    with wanted.path.open("rb") as file:
        done = 0
        for batch in _batches(file, wanted.path):
            save_exported(session, wanted.scope, batch)
            done += len(batch)
            session.collector.progress.update(wanted.path.name, done)
    with session.page(wanted.scope) as page:
        name = f"{wanted.file.channel.id} exported at {wanted.file.exported_at}"
        added = archive.record_file(session.collector.name, wanted.scope, FILE, name, wanted.kept)
        page.count("files_imported", added)


def save_exported(session: ServerSession, scope: str, payloads: Sequence[object]) -> None:
    """Save messages as an export has them; those that cannot be used go to quarantine."""
    with session.page(scope) as page:
        parsed = each_understood(
            payloads,
            lambda payload: _parsed(session, payload),
            lambda payload, error: page.quarantine(EXPORTED, name_of(payload), json_bytes(payload), error),
        )
        newer = _edited_later([record for record, _, _ in parsed])
        wanted = [found for found in parsed if found[0].id not in newer]
        page.archive(EXPORTED, {str(record.id): body for record, body, _ in wanted})
        page.resolve(EXPORTED, [str(record.id) for record, _, _ in wanted])
        people = {user.id: user for _, _, users in wanted for user in users}
        save_users(people.values(), overwrite=False)
        channel_id = int(scope.partition("/")[2])
        new = _not_stored(record.id for record, _, _ in wanted)
        saved = save_imported(channel_id, [record for record, _, _ in wanted])
        page.saved("messages", EXPORTED, saved, key="id")
        _tombstone_gone(session, page, channel_id, new)


def _parsed(session: ServerSession, payload: object) -> tuple[MessageRecord, bytes, list[UserRecord]]:
    if not isinstance(payload, dict):
        raise InvalidInput("a message that is no object")
    raw = cast("Payload", payload)
    shape = api_shape(raw)
    users = [parse_user(user) for user in user_payloads(shape)]
    called = {user.id: user.display_name for user in users}
    names = Names(
        ChainMap(called, cast("dict[int, str]", session.names.users)),
        session.names.roles,
        session.names.channels,
    )
    return parse_message(message_leaf(shape), names), canonical_json(raw), users


def _not_stored(ids: Iterable[int]) -> list[int]:
    new = set(ids)
    return sorted(new.difference(Message.objects.filter(pk__in=new).values_list("pk", flat=True)))


def _tombstone_gone(session: ServerSession, page: Page, channel_id: int, new: Sequence[int]) -> None:
    """Of messages that only a file has, those are gone that Discord has not told of where it told of all."""
    if Channel.objects.filter(pk=channel_id, removed_at__isnull=False).exists():
        page.count("messages_removed", tombstone_messages(new))
        return
    told_of = _told_of(session, page.scope)
    gone = [each for each in new if not list(told_of.missing(each, each + 1))]
    page.archive(MESSAGE, {str(each): None for each in gone})
    page.count("messages_removed", tombstone_messages(gone))


def _told_of(session: ServerSession, scope: str) -> Intervals:
    """Ids of which Discord has told all, whoever asked, but for those of what is in quarantine."""
    collectors = (ACTIVITY, session.collector.name)
    states = [checkpoints.load(each, scope, STREAM) for each in collectors]
    covered = Intervals(span for state in states for span in Intervals.from_extras(state.extras))
    aside = QuarantinedItem.objects.filter(collector__in=collectors, scope=scope, kind=MESSAGE)
    for name in aside.values_list("external_id", flat=True):
        if (place := place_of(name)) is not None:
            covered = covered.remove(place.start, BEYOND if place.end is None else place.end)
    return covered


def _edited_later(records: Sequence[MessageRecord]) -> set[int]:
    """Messages of which another file has told a later edit."""
    stored = Message.objects.filter(
        pk__in=[record.id for record in records], origin=Message.Origin.EXPORT, edited_at__isnull=False
    )
    edits = dict(stored.values_list("pk", "edited_at"))
    return {
        record.id
        for record in records
        if record.id in edits and (record.edited_at is None or record.edited_at < edits[record.id])
    }


def _batches(file: BinaryIO, path: Path) -> Iterator[list[object]]:
    reader = ExportReader(file)
    try:
        reader.head()
        messages = reader.messages()
        while batch := list(islice(messages, BATCH)):
            yield batch
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error.message}", remedy=error.remedy) from error


def is_imported(collector: AbstractCollector, wanted: Import) -> bool:
    """Whether a file was imported as it is, to its end."""
    return ArchiveVersion.objects.filter(
        source=collector.name, scope=wanted.scope, kind=FILE, content_hash=wanted.kept.content_hash
    ).exists()
