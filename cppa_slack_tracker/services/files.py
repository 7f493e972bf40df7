"""Saving files: what messages and files.info tell of them, and what became of their content."""

import hashlib
from collections.abc import Iterable, Sequence

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
        saved += Upserted(updated=File.objects.filter(workspace=row, file_id__in=deleted).bury())
    return saved


def save_contents(row: Workspace, contents: Sequence[tuple[str, bytes]]) -> Upserted:
    """Note what the contents of files are, of pairs of a file's id and its content."""
    saved = [
        set_content(row, file_id, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        for file_id, content in contents
    ]
    return Upserted(updated=sum(saved))


def set_content(
    row: Workspace, file_id: str, *, sha256: str | None = None, size: int | None = None, problem: str = ""
) -> int:
    """Note a file's content by its hash (hex) and size (bytes), or why there is none; return rows changed."""
    told = {"content_sha256": sha256, "content_size": size, "content_problem": problem}
    files = File.objects.filter(workspace=row, file_id=file_id)
    if files.filter(**told).exists():
        return 0
    return files.update(**told, changed_in=Change())


def _row(row: Workspace, record: FileRecord) -> File:
    return File(workspace=row, file_id=record.file_id, **{name: getattr(record, name) for name in DESCRIBED})
