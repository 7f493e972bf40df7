"""Taking the messages that Slack shows, and burying those that it shows no more."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from core.kinds import Taken
from core.pages import Page
from cppa_slack_tracker.models import File, Workspace
from cppa_slack_tracker.parsing.files import payload_of
from cppa_slack_tracker.parsing.messages import is_tombstone
from cppa_slack_tracker.protocol_impl import MessageRecord
from cppa_slack_tracker.services.messages import exported
from cppa_slack_tracker.sync.kinds import EXPORTED, FILE, MESSAGE, THREAD, TOMBSTONE
from cppa_slack_tracker.sync.session import ChannelSession

Raw = Mapping[str, Any]

_TS = re.compile(r"[0-9]{10}\.[0-9]{6}")


def is_ts(name: str) -> bool:
    """Tell whether an item in quarantine is called by its ts; a message without one is called by its hash."""
    return _TS.fullmatch(name) is not None


def take_messages(session: ChannelSession, page: Page, items: Sequence[Raw]) -> Taken[MessageRecord]:
    """Save messages of history or of a thread. One that cannot be used goes to quarantine alone."""
    channel = session.row
    deleted = [item for item in items if is_tombstone(item)]
    taken = page.take(MESSAGE, channel, [item for item in items if not is_tombstone(item)])
    buried = page.take(TOMBSTONE, channel, deleted)
    # What a deleted parent said is no longer there; where nothing of it is kept, this changes nothing.
    page.archive(MESSAGE.name, dict.fromkeys(buried.records))
    records = {**taken.records, **buried.records}
    numbers = [item for item in items if "reply_count" in item and MESSAGE.name_of(item) in records]
    page.archive(THREAD.name, {item["ts"]: THREAD.body_of(item) for item in numbers})
    page.resolve(THREAD.name, [item["ts"] for item in numbers])
    archive_files(page, session.team.row, records.values())
    page.count("messages_without_text", sum(record.has_null_text for record in records.values()))
    return Taken(records, taken.refused | buried.refused)


def archive_files(
    page: Page, row: Workspace, records: Iterable[MessageRecord], *, replace: bool = True
) -> None:
    """Keep the files of messages with their workspace: several channels may share one.

    Without `replace` only those that nothing has shown yet, as an export shows them.
    """
    files = {file.file_id: file for record in records for file in record.files}
    bodies: dict[str, bytes | None] = {
        file_id: FILE.body_of(payload_of(file)) for file_id, file in files.items() if file.is_known
    }
    if replace:
        bodies |= {file_id: None for file_id, file in files.items() if file.is_deleted}
    elif bodies:
        known = File.objects.filter(workspace=row, file_id__in=list(bodies)).values_list("file_id", flat=True)
        for file_id in known:
            del bodies[file_id]
    page.archive(FILE.name, bodies, scope=row.team_id)


def remove_absent(
    session: ChannelSession, page: Page, missing: Iterable[str], *, present: Collection[str]
) -> list[str]:
    """Bury messages that Slack no longer shows.

    Return those that are too many to be believed gone, in order: they have to be read again.
    """
    missing = set(missing)
    only_exported = (
        set(exported(session.row).filter(ts__in=missing).values_list("ts", flat=True)) if missing else ()
    )
    gone = page.absent(MESSAGE, session.row, missing, present=present)
    page.archive(EXPORTED.name, {ts: None for ts in gone if ts in only_exported})
    return sorted(missing.difference(gone))
