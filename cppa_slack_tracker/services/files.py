"""Saving files: what messages and files.info tell of them, and what became of their content."""

import hashlib
from collections.abc import Iterable

from django.utils import timezone

from core.changes import Change
from core.store import Upserted, upsert
from cppa_slack_tracker.models import File, Workspace
from cppa_slack_tracker.protocol_impl import FileRecord

KEY = ("workspace", "file_id")
DESCRIBED = (
    "name",
    "title",
    "mode",
    "mime_type",
    "file_type",
    "size",
    "user_id",
    "created_at",
    "url_private",
    "permalink",
    "is_external",
)


def save_files(row: Workspace, records: Iterable[FileRecord], *, replace: bool = True) -> Upserted:
    """Save files. One that is only mentioned changes nothing that is known; a deleted one is marked.

    Without `replace` only those that are not known yet, as an export shows them.
    """
    records = list(records)
    known = [_row(row, record) for record in records if record.is_known]
    mentioned = [_row(row, record) for record in records if not record.is_known]
    saved = upsert(File, known, key=KEY, update=(*DESCRIBED, "removed_at") if replace else ())
    saved += upsert(File, mentioned, key=KEY, update=())
    deleted = [record.file_id for record in records if record.is_deleted]
    if deleted and replace:
        now = timezone.now()
        live = File.objects.filter(workspace=row, file_id__in=deleted, removed_at__isnull=True)
        saved += Upserted(updated=live.update(removed_at=now, changed_in=Change()))
    return saved


def set_content(row: Workspace, file_id: str, content: bytes | None, *, problem: str = "") -> int:
    """Note a file's content, or why there is none; returns how many rows that changed."""
    told = {
        "content_sha256": None if content is None else hashlib.sha256(content).hexdigest(),
        "content_size": None if content is None else len(content),
        "content_problem": problem,
    }
    files = File.objects.filter(workspace=row, file_id=file_id)
    if files.filter(**told).exists():
        return 0
    return files.update(**told, changed_in=Change())


def _row(row: Workspace, record: FileRecord) -> File:
    return File(workspace=row, file_id=record.file_id, **{name: getattr(record, name) for name in DESCRIBED})
