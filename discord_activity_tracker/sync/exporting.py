"""The Markdown export: a file for each day (UTC) of each public channel and thread.

The version of a day is a fingerprint of the changes that its messages last had. The last of them alone would
not do: one with a lower number can be committed later. A name that changes reaches a file when one of its
messages does; a channel's own name moves its files.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby

from django.db.models import Aggregate, BigIntegerField, Count, Exists, Func, OuterRef, Q
from django.db.models.functions import Collate, TruncDate

from core.exports import FolderExport, Recorded, Rendered
from core.pages import Page
from discord_activity_tracker.export import Day, path_of, render_day, stems
from discord_activity_tracker.models import Channel, MarkdownExport, Message
from discord_activity_tracker.services.exports import Key, exports_of, forget_exports, save_exports
from discord_activity_tracker.threads import EPOCH, SHIFT, first_id, public_channels, said, sent_at

MESSAGE = "Update Discord's channels"
DAY = 86_400_000 << SHIFT
MESSAGES_TOGETHER = 3000
GONE = 0  # version of a day of which nothing is left since it was due


class DayExport(FolderExport[Key, MarkdownExport]):
    """Days of messages that are there. The folder is this export's alone."""

    batch = 100

    def due(self) -> Iterator[Key]:
        """Days and rows of the outbox are read side by side, both in the order of their keys."""
        rows = MarkdownExport.objects.order_by("channel_id", "day")
        recorded = rows.values_list("channel_id", "day", "version").iterator()
        row = next(recorded, None)
        for channel_id, day, version in _days(Q(channel__in=public_channels())):
            while row is not None and row[:2] < (channel_id, day):
                row = next(recorded, None)
            if self.collector.options.full or row != (channel_id, day, version):
                yield channel_id, day

    def rendered(self, keys: Sequence[Key]) -> Iterator[Rendered[MarkdownExport]]:
        channels = Channel.objects.select_related("server").in_bulk({channel for channel, _ in keys})
        parents = Channel.objects.in_bulk({each.parent_id for each in channels.values() if each.is_thread})
        for part in _parts(keys):
            # Before the messages: what changes in between leaves the day due.
            versions = {(where, day): version for where, day, version in _days(_on(part))}
            messages = _messages(part)
            for server_id, group in groupby(part, key=lambda key: channels[key[0]].server.pk):
                of_server = list(group)
                there = [each for key in of_server for each in messages[key] if each.removed_at is None]
                told = {each.message.pk: each for each in said(there, server_id)}
                for channel_id, date in of_server:
                    rows = messages[channel_id, date]
                    channel = channels[channel_id]
                    parent = parents.get(channel.parent_id) if channel.is_thread else None
                    day = Day(channel, parent, date, [told[row.pk] for row in rows if row.pk in told])
                    yield self._file(day, version=versions.get((channel_id, date), GONE))

    def _file(self, day: Day, version: int) -> Rendered[MarkdownExport]:
        path = path_of(self._stems[day.channel.pk], day.date)
        row = MarkdownExport(channel=day.channel, day=day.date, path=path, version=version)
        return Rendered(path, render_day(day), row)

    def recorded(self) -> Iterator[Recorded[Key]]:
        there = Message.objects.live().filter(
            channel=OuterRef("channel"),
            pk__gte=_first_id(OuterRef("day")),
            pk__lt=_first_id(OuterRef("day")) + DAY,
        )
        rows = MarkdownExport.objects.annotate(
            bytewise=Collate("path", "C"),
            is_said=Exists(there),
            is_public=Exists(public_channels().filter(pk=OuterRef("channel"))),
        )
        fields = ("path", "channel_id", "day", "is_said", "is_public")
        for path, channel_id, day, is_said, is_public in (
            rows.order_by("bytewise", "pk").values_list(*fields).iterator()
        ):
            is_here = path == path_of(self._stems.get(channel_id, ""), day)
            yield Recorded(path, (channel_id, day), is_said and is_public and is_here)

    def tops(self) -> Iterator[str]:
        if self.folder.is_dir():
            yield from sorted(entry.name for entry in self.folder.iterdir() if entry.is_dir())

    def paths_of(self, keys: Sequence[Key]) -> set[str]:
        return set(exports_of(keys).values_list("path", flat=True))

    def record(self, page: Page, rows: Sequence[MarkdownExport]) -> None:
        page.count_saved("exports", save_exports(rows))

    def forget(self, keys: Sequence[Key]) -> int:
        return forget_exports(keys)

    @cached_property
    def _stems(self) -> Mapping[int, str]:
        names = Channel.objects.values_list("pk", "kind", "name").iterator()
        return stems((number, kind in Channel.THREADS, name) for number, kind, name in names)


def _days(which: Q) -> Iterator[tuple[int, dt.date, int]]:
    """Yield channel, day and version of the days on which something is said, by one statement."""
    messages = Message.objects.filter(which).annotate(day=TruncDate("sent_at", tzinfo=dt.UTC))
    days = messages.order_by().values("channel_id", "day")
    days = days.annotate(
        version=Aggregate(
            Func("changed_in", "pk", function="hashint8extended", output_field=BigIntegerField()),
            function="BIT_XOR",
        ),
        there=Count("pk", filter=Q(removed_at__isnull=True)),
    )
    ordered = days.filter(there__gt=0).order_by("channel_id", "day")
    return ordered.values_list("channel_id", "day", "version").iterator()


def _parts(keys: Sequence[Key]) -> Iterator[list[Key]]:
    """Part days into lists that have no more than so many messages, however busy a day was."""
    days = Message.objects.filter(_on(keys)).annotate(day=TruncDate("sent_at", tzinfo=dt.UTC)).order_by()
    counts = days.values_list("channel_id", "day").annotate(number=Count("pk"))
    numbers = {(channel, day): number for channel, day, number in counts}
    part: list[Key] = []
    messages = 0
    for key in keys:
        if part and messages + numbers.get(key, 0) > MESSAGES_TOGETHER:
            yield part
            part, messages = [], 0
        part.append(key)
        messages += numbers.get(key, 0)
    yield part


def _on(keys: Sequence[Key]) -> Q:
    """Select the messages of these days."""
    days = (Q(channel=channel, pk__gte=first_id(day), pk__lt=first_id(day) + DAY) for channel, day in keys)
    return Q(*days, _connector=Q.OR)


def _messages(keys: Sequence[Key]) -> dict[Key, list[Message]]:
    """Return the messages of each day, oldest first, those that are gone too."""
    found: dict[Key, list[Message]] = {key: [] for key in keys}
    for message in Message.objects.filter(_on(keys)).order_by("pk").iterator():
        channel_id: int = message.channel_id
        found[channel_id, sent_at(message.pk).date()].append(message)
    return found


def _first_id(day: OuterRef) -> Func:
    """Give `first_id` of a column."""
    since = f"EXTRACT(EPOCH FROM %(expressions)s::timestamp)::bigint - {int(EPOCH.timestamp())}"
    return Func(day, template=f"(({since}) * 1000 << {SHIFT})", output_field=BigIntegerField())
