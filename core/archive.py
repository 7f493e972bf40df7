"""The archive: what the sources said, so that everything can be rebuilt offline.

One row per version of a leaf item. Clients scrub secrets and volatile noise (random boundaries, counters)
before a payload comes here, so that an equal item has equal bytes.
"""

import datetime as dt
import hashlib
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from core.errors import ConfigurationError
from core.models import ArchiveVersion
from core.operations.file_ops import make_private, write_atomically
from core.storable import storable_text

# Larger bodies are files: PostgreSQL would move them through memory several times.
BLOB_THRESHOLD = 1024 * 1024  # bytes
PRIVATE = 0o700  # the mode of their folder


@dataclass(frozen=True, slots=True)
class ArchivedItem:
    """An item as the source gave it last; `absent` when the source does not have it any more."""

    external_id: str
    body: bytes
    absent: bool


@dataclass(frozen=True, slots=True)
class ArchivedVersion:
    """An item as the source gave it from `observed_at` on."""

    external_id: str
    body: bytes
    observed_at: dt.datetime


def record(source: str, scope: str, items: Mapping[str, Mapping[str, bytes | None]]) -> int:
    """Add a version for each item (kind -> id -> payload) that differs from its latest one.

    None records that the source no longer has the item. Two SQL statements whatever the number of items
    and kinds. Call it inside the page's transaction; returns how many versions were added.
    """
    bodies = {
        (kind, storable_text(external_id)): body
        for kind, of_kind in items.items()
        for external_id, body in of_kind.items()
    }
    hashes = {item: None if body is None else hashlib.sha256(body).digest() for item, body in bodies.items()}
    latest = _latest_hashes(source, scope, list(hashes))
    versions = [
        _version((source, scope, *item), content_hash, bodies[item])
        for item, content_hash in hashes.items()
        if item not in latest or latest[item] != content_hash
    ]
    # Also those of known versions: a lost file comes back when its item is fetched again.
    for item, body in bodies.items():
        if body is not None and len(body) > BLOB_THRESHOLD:
            _write_blob(hashes[item] or b"", body)
    ArchiveVersion.objects.bulk_create(versions)
    return len(versions)


class Pending:
    """Versions of a page, recorded together at its end: two statements for each scope.

    Of an item that the page speaks of twice, the last word counts. But before an item is said to be gone that
    the page has shown, what was shown is recorded: else nothing of it could be restored.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._said: dict[str, dict[str, dict[str, bytes | None]]] = {}
        self._recorded = 0

    def add(self, scope: str, kind: str, bodies: Mapping[str, bytes | None]) -> None:
        """Take what is to be recorded of items: id -> payload, None for one that is gone."""
        if not bodies:
            return
        said = self._said.get(scope, {}).get(kind, {})
        if any(body is None and said.get(name) is not None for name, body in bodies.items()):
            self.record()
        self._said.setdefault(scope, {}).setdefault(kind, {}).update(bodies)

    def record(self) -> int:
        """Record what was taken so far; return how many versions were added in all."""
        self._recorded += sum(record(self._source, scope, said) for scope, said in self._said.items())
        self._said.clear()
        return self._recorded


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is in the archive's folder; the name is its content's hash. `size` is in bytes."""

    content_hash: bytes
    size: int


def keep_file(path: Path) -> KeptFile:
    """Keep a file as it is, however big, before the page that names it. Raises OSError.

    It is read in pieces, twice when it is not kept yet.
    """
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(path):
        digest.update(piece)
        size += len(piece)
    kept = _blob_path(digest.digest())
    if not kept.exists():
        _close_blobs()
        write_atomically(kept, _compressed(path))
    return KeptFile(digest.digest(), size)


def record_file(source: str, scope: str, kind: str, external_id: str, file: KeptFile) -> int:
    """Add a version for a kept file unless it is the latest; returns how many were added."""
    name = storable_text(external_id)
    if _latest_hashes(source, scope, [(kind, name)]).get((kind, name)) == file.content_hash:
        return 0
    ArchiveVersion.objects.create(
        source=source,
        scope=scope,
        kind=kind,
        external_id=name,
        content_hash=file.content_hash,
        size=file.size,
    )
    return 1


def has_file(source: str, scope: str, kind: str, file: KeptFile) -> bool:
    """Return whether a version of any item is this kept file."""
    versions = ArchiveVersion.objects.filter(source=source, scope=scope, kind=kind)
    return versions.filter(content_hash=file.content_hash).exists()


def replay(source: str, scope: str, kind: str, *, after: str = "", limit: int) -> list[ArchivedItem]:
    """Return the last content of each item of a kind, by id: the next `limit` behind `after`.

    An item that was never present is left out.
    """
    return _last(ArchiveVersion.objects.filter(source=source, scope=scope, kind=kind), limit, after=after)


def last(source: str, scope: str, kind: str, external_ids: Sequence[str]) -> list[ArchivedItem]:
    """Return the last content of these items, as `replay` does."""
    versions = ArchiveVersion.objects.filter(source=source, scope=scope, kind=kind)
    return _last(versions.filter(external_id__in=external_ids), len(external_ids))


def _last(versions: "QuerySet[ArchiveVersion]", limit: int, *, after: str = "") -> list[ArchivedItem]:
    later_absence = versions.filter(
        external_id=OuterRef("external_id"), content_hash__isnull=True, id__gt=OuterRef("id")
    )
    latest = (
        versions.filter(content_hash__isnull=False)
        .annotate(absent=Exists(later_absence))
        .filter(external_id__gt=after)
        .order_by("external_id", "-id")
        .distinct("external_id")[:limit]
    )
    return [
        ArchivedItem(version.external_id, _content(version), version.absent)
        for version in cast("Iterable[Any]", latest)  # the type knows no annotations
    ]


def scopes(source: str, below: str = "") -> list[str]:
    """Return the scopes of which something is archived, sorted; of those that begin with `below`."""
    found = ArchiveVersion.objects.filter(source=source, scope__startswith=below)
    return sorted(found.values_list("scope", flat=True).distinct())


def versions(source: str, scope: str, kind: str, external_ids: Iterable[str]) -> Iterator[ArchivedVersion]:
    """Yield all versions of these items in the order in which they were seen, without absences."""
    found = ArchiveVersion.objects.filter(
        source=source, scope=scope, kind=kind, external_id__in=list(external_ids), content_hash__isnull=False
    )
    for version in found.order_by("id").iterator():
        yield ArchivedVersion(version.external_id, _content(version), version.observed_at)


def absences(scope: str, kind: str) -> set[str]:
    """Return the ids of items of which any source was found to have them no more, be it for a while."""
    versions = ArchiveVersion.objects.filter(scope=scope, kind=kind, content_hash__isnull=True)
    return set(versions.values_list("external_id", flat=True))


def hashes(source: str, scope: str, kind: str) -> dict[str, str]:
    """Return the SHA-256 (hex) of each item's last content, by its id."""
    versions = ArchiveVersion.objects.filter(
        source=source, scope=scope, kind=kind, content_hash__isnull=False
    )
    latest = versions.order_by("external_id", "-id").distinct("external_id")
    return {
        external_id: bytes(content_hash).hex()
        for external_id, content_hash in latest.values_list("external_id", "content_hash")
        if content_hash is not None
    }


def _content(version: ArchiveVersion) -> bytes:
    if version.body is not None:
        return zlib.decompress(version.body)
    path = _blob_path(bytes(version.content_hash or b""))
    try:
        return zlib.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"its archived content is missing: {path}",
            item=str(version),
            remedy="point WORKSPACE_DIR to the folder that has it, restore it, or fetch it with --full",
        ) from error


def _latest_hashes(
    source: str, scope: str, items: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bytes | None]:
    # LATERAL with LIMIT 1 reads one index entry for each item; DISTINCT ON would read its whole history.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wanted.kind, wanted.id, latest.content_hash"
            " FROM unnest(%s::text[], %s::text[]) AS wanted(kind, id)"
            " CROSS JOIN LATERAL (SELECT content_hash FROM core_archiveversion AS version"
            " WHERE version.source = %s AND version.scope = %s AND version.kind = wanted.kind"
            " AND version.external_id = wanted.id ORDER BY version.id DESC LIMIT 1) AS latest",
            [[kind for kind, _ in items], [external_id for _, external_id in items], source, scope],
        )
        return {
            (kind, external_id): None if content_hash is None else bytes(content_hash)
            for kind, external_id, content_hash in cursor.fetchall()
        }


def _version(
    item: tuple[str, str, str, str], content_hash: bytes | None, body: bytes | None
) -> ArchiveVersion:
    source, scope, kind, external_id = item
    version = ArchiveVersion(
        source=source, scope=scope, kind=kind, external_id=external_id, content_hash=content_hash, size=0
    )
    if body is not None and content_hash is not None:
        version.size = len(body)
        if len(body) <= BLOB_THRESHOLD:
            version.body = zlib.compress(body)
    return version


def _write_blob(content_hash: bytes, body: bytes) -> None:
    """Write a body to disk, before the row that names it commits. A file that is there has this content."""
    path = _blob_path(content_hash)
    if not path.exists():
        _close_blobs()
        write_atomically(path, zlib.compress(body))


def _close_blobs() -> None:
    """Close the folder to others, also one that was made open: bodies of private channels are in it."""
    make_private(blobs := Path(settings.WORKSPACE_DIR) / "blobs")
    if stat.S_IMODE(blobs.stat().st_mode) != PRIVATE:
        blobs.chmod(PRIVATE)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(BLOB_THRESHOLD):
            yield piece


def _compressed(path: Path) -> Iterator[bytes]:
    compressor = zlib.compressobj()
    for piece in _pieces(path):
        yield compressor.compress(piece)
    yield compressor.flush()


def _blob_path(content_hash: bytes) -> Path:
    name = content_hash.hex()
    return Path(settings.WORKSPACE_DIR) / "blobs" / name[:2] / f"{name}.z"
