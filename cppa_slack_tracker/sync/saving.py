"""Parsing, archiving and saving the messages of a page."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidInput
from core.items import each_understood, understood
from core.json_text import json_bytes
from core.pages import Page
from cppa_slack_tracker.models import File, Message, Workspace
from cppa_slack_tracker.parsing import (
    DELETED,
    EXPORTED,
    FILE,
    LONGEST_ID,
    MESSAGE,
    TOMBSTONE,
    as_bytes,
    file_leaf,
    parse_message,
    without_secrets,
)
from cppa_slack_tracker.protocol_impl import Decision, MessageRecord, ParsedMessage, subtypes_of
from cppa_slack_tracker.services import save_messages, tombstone
from cppa_slack_tracker.sync.session import ChannelSession

Raw = Mapping[str, Any]


@dataclass(slots=True)
class Refused:
    """A message that cannot be parsed. `ts` is None where that is what is wrong with it."""

    payload: Raw
    error: InvalidInput
    place: int
    ts: str | None

    @property
    def body(self) -> bytes:
        return json_bytes(without_secrets(self.payload))


@dataclass(slots=True)
class Batch:
    """The messages of a page of Slack's, parsed: `parsed` and `refused` in its order."""

    parsed: list[ParsedMessage] = field(default_factory=list[ParsedMessage])
    refused: list[Refused] = field(default_factory=list[Refused])

    @property
    def records(self) -> list[MessageRecord]:
        return [each.record for each in self.parsed]


def parse_items(
    page: Page,
    kind: str,
    items: Iterable[Raw],
    parse: Callable[[Raw], Any],
    kept: Callable[[Raw], Raw],
) -> tuple[list[Any], int]:
    """Records of the items that are understood, archived; the others go to quarantine, and are counted."""
    bad: list[Raw] = []

    def refuse(item: Raw, error: InvalidInput) -> None:
        body = json_bytes(without_secrets(kept(item)))
        page.quarantine(kind, name_of(item, body), body, error)
        bad.append(item)

    found = each_understood(items, lambda item: (parse(item), item, as_bytes(kept(item))), refuse)
    bodies = {name_of(item, body): body for _, item, body in found}
    page.archive(kind, bodies)
    page.resolve(kind, bodies)
    return [record for record, _, _ in found], len(bad)


def name_of(item: Raw, body: bytes) -> str:
    """What an item is called in the archive and in quarantine."""
    return str(item.get("id") or body)[:LONGEST_ID]


def parse_batch(items: Iterable[Raw], *, exported: bool = False) -> Batch:
    batch = Batch()
    batch.parsed.extend(
        each_understood(
            enumerate(items),
            lambda item: parse_message(item[1], exported=exported),
            lambda item, error: batch.refused.append(Refused(item[1], error, item[0], _ts(item[1]))),
        )
    )
    return batch


def save_batch(session: ChannelSession, page: Page, parsed: Sequence[ParsedMessage]) -> dict[str, Exception]:
    """Archive and save messages; returns what the database has against some, by their ts."""
    archive_batch(session, page, parsed)
    saved = save_messages(session.row, [each.record for each in parsed])
    page.saved("messages", MESSAGE, saved, key="ts")
    refused = {str(getattr(each.row, "ts", "")): each.error for each in saved.rejected}
    for external_id in refused:
        session.quarantined.setdefault(MESSAGE, set()).add(external_id)
    page.count("messages_without_text", sum(each.record.has_null_text for each in parsed))
    return refused


def archive_batch(session: ChannelSession, page: Page, parsed: Sequence[ParsedMessage]) -> None:
    """Keep what Slack said. That a parent is deleted is an absence of what it was."""
    items = archive_parsed(page, parsed)
    if deleted := list(items.get(TOMBSTONE, {})):
        stored = Message.objects.filter(channel=session.row, ts__in=deleted)
        seen = stored.exclude(subtype__in=subtypes_of(Decision.DELETED)).values_list("ts", flat=True)
        page.archive(MESSAGE, dict.fromkeys(seen))
    archive_files(session, page, [each.record for each in parsed])


def archive_parsed(page: Page, parsed: Iterable[ParsedMessage]) -> dict[str, dict[str, bytes | None]]:
    """Keep the leaves of messages; returns them, kind -> id -> body."""
    items: dict[str, dict[str, bytes | None]] = defaultdict(dict)
    for each in parsed:
        for leaf in each.leaves:
            items[leaf.kind][leaf.external_id] = leaf.body
    page.archive_all(items)
    return items


def archive_files(session: ChannelSession, page: Page, records: Iterable[MessageRecord]) -> None:
    """Files belong to the workspace: several channels may share one. A deleted one is an absence."""
    files = [file for record in records for file in record.files]
    if not files:
        return
    bodies: dict[str, bytes | None] = {each.file_id: file_leaf(each).body for each in files if each.is_known}
    if deleted := [each.file_id for each in files if each.is_deleted]:
        known = File.objects.filter(workspace=session.team.row, file_id__in=deleted).exclude(mode=DELETED)
        bodies.update(dict.fromkeys(known.values_list("file_id", flat=True)))
    page.archive_all({FILE: bodies}, scope=session.team.scope)


def archive_exported_files(page: Page, row: Workspace, records: Iterable[MessageRecord]) -> None:
    """Those of an export that nothing has shown yet: no others are saved."""
    files = {file.file_id: file for record in records for file in record.files if file.is_known}
    if not files:
        return
    stored = File.objects.filter(workspace=row, file_id__in=list(files))
    known = set(stored.values_list("file_id", flat=True))
    bodies = {file_id: file_leaf(file).body for file_id, file in files.items() if file_id not in known}
    page.archive_all({FILE: bodies}, scope=row.team_id)


def remove_absent(
    session: ChannelSession, page: Page, missing: Iterable[str], *, present: Collection[str]
) -> list[str]:
    """Messages that Slack no longer shows get a tombstone, and the archive an absence.

    Returns those that are too many to be believed gone, in order: they have to be read again.
    """
    missing = sorted(missing)
    stored = Message.objects.filter(channel=session.row, removed_at__isnull=True)
    gone = page.believed(MESSAGE, missing, present=present, stored=stored.count)
    if gone:
        _bury(session, page, gone)
    return sorted(set(missing) - set(gone))


def _bury(session: ChannelSession, page: Page, gone: Sequence[str]) -> None:
    stored = Message.objects.filter(channel=session.row, ts__in=gone)
    absences: dict[str, dict[str, bytes | None]] = {MESSAGE: {}, TOMBSTONE: {}, EXPORTED: {}}
    deleted = subtypes_of(Decision.DELETED)
    for ts, subtype, source in stored.values_list("ts", "subtype", "source"):
        kind = TOMBSTONE if subtype in deleted else MESSAGE
        absences[EXPORTED if source == Message.Source.EXPORT else kind][ts] = None
    page.archive_all(absences)
    page.count("messages_removed", tombstone(session.row, gone))


def _ts(item: Raw) -> str | None:
    """The ts of a message that has another fault."""
    try:
        return understood(parse_message, {"ts": item.get("ts")}).record.ts
    except InvalidInput:
        return None
