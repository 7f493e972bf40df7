"""Archives with something in them that no parser understands."""

import zlib
from collections.abc import Iterable

from core.models import ArchiveVersion

Item = tuple[str, str, str]


def damage_one_of_each_kind(source: str, kinds: Iterable[str] = ()) -> set[Item]:
    """Make what the archive last has of one item of each kind unreadable; returns scope, kind and id.

    Of all kinds, unless they are given.
    """
    damaged: set[Item] = set()
    versions = ArchiveVersion.objects.filter(source=source, content_hash__isnull=False)
    wanted = list(kinds) or versions.values_list("kind", flat=True).distinct()
    for number, kind in enumerate(sorted(wanted)):
        items = sorted(set(versions.filter(kind=kind).values_list("scope", "external_id")))
        # Not always the first, so that not all of them are of one thing.
        scope, external_id = items[-1 - number % len(items)]
        version = versions.filter(scope=scope, kind=kind, external_id=external_id).latest("id")
        version.body = zlib.compress(b"")
        version.save()
        damaged.add((scope, kind, external_id))
    return damaged
