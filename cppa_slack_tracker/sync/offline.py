"""Loading the archive again, without the network: the same rows, deletions included.

An item that cannot be parsed goes to quarantine alone. Where a workspace or a channel is such an item, a row
of its id takes its place until the next run with the network: what belongs to it needs one.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from core import archive
from core.archive import ArchivedItem
from core.collectors import AbstractCollector
from core.errors import InvalidInput
from core.json_text import parse_json
from core.pages import Page
from cppa_slack_tracker.models import Channel, Message, Workspace
from cppa_slack_tracker.parsing import (
    BOOKMARK,
    CHANNEL,
    CONTENT,
    EXPORTED,
    EXPORTED_CHANNEL,
    EXPORTED_USER,
    FILE,
    MEMBER,
    MEMBERSHIP,
    MESSAGE,
    PIN,
    THREAD,
    TOMBSTONE,
    USER,
    WORKSPACE,
    parse_bookmark,
    parse_channel,
    parse_file,
    parse_member,
    parse_membership,
    parse_pin,
    parse_record,
    parse_user,
    parse_workspace,
)
from cppa_slack_tracker.protocol_impl import MessageRecord
from cppa_slack_tracker.services import (
    mark_complete_threads,
    named_by_id,
    remove_channels,
    remove_files,
    remove_members,
    save_bookmarks,
    save_channels,
    save_events,
    save_exported,
    save_files,
    save_members,
    save_messages,
    save_pins,
    save_thread_numbers,
    save_tombstones,
    save_users,
    save_workspace,
    set_content,
    tombstone,
    tombstone_bookmarks,
    tombstone_exported,
    tombstone_pins,
    tombstone_users,
    workspace,
)
from cppa_slack_tracker.sync.options import SlackOptions

PAGE_ITEMS = 500
CONTENTS = 4  # files in memory at once

R = TypeVar("R")
Load = Callable[[Page, list[ArchivedItem]], None]


def replay_team(collector: AbstractCollector, options: SlackOptions, team_id: str) -> set[str]:
    """Load a workspace and its channels; returns the ids of the channels that there are."""
    _replay(collector, team_id, WORKSPACE, _load_workspace)
    row = workspace(team_id)
    scopes = archive.scopes(collector.name, team_id)
    if row is None:
        if not any(scope.partition("/")[0] == team_id for scope in scopes):
            raise InvalidInput(f"the archive has nothing of workspace {team_id}", remedy="collect it first")
        with collector.page(team_id):
            row = named_by_id(team_id)
    team = _Team(row)
    if options.users:
        _replay(collector, team_id, USER, team.load_users)
        _replay(collector, team_id, EXPORTED_USER, team.load_exported_users)
    _replay(collector, team_id, CHANNEL, team.load_channels)
    _replay(collector, team_id, EXPORTED_CHANNEL, team.load_exported_channels)
    with collector.page(team_id):
        team.add_channels([scope.partition("/")[2] for scope in scopes if scope.startswith(f"{team_id}/")])
    channels = Channel.objects.filter(workspace=row).select_related("workspace").order_by("channel_id")
    known = {channel.channel_id: channel for channel in channels}
    for channel_id, channel in known.items():
        if not options.channels or channel_id in options.channels:
            collector.scope(f"{team_id}/{channel_id}", _ChannelReplay(collector, options, channel).run)
    if options.messages:
        _replay(collector, team_id, FILE, team.load_files)
        _replay(collector, team_id, CONTENT, team.load_contents, limit=CONTENTS)
    return set(known)


class _Team:
    """What belongs to a workspace as a whole."""

    def __init__(self, row: Workspace) -> None:
        self.row = row

    def load_users(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_users(self.row, page.parsed(USER, items, _of(parse_user)))
        page.saved("users", USER, saved, key="user_id")
        tombstone_users(self.row, _absent(items))

    def load_exported_users(self, page: Page, items: list[ArchivedItem]) -> None:
        users = page.parsed(EXPORTED_USER, items, _of(parse_user))
        page.saved("users", USER, save_users(self.row, users, replace=False), key="user_id")

    def load_channels(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_channels(self.row, page.parsed(CHANNEL, items, _of(parse_channel)))
        page.saved("channels", CHANNEL, saved, key="channel_id")
        remove_channels(self.row, _absent(items))

    def load_exported_channels(self, page: Page, items: list[ArchivedItem]) -> None:
        channels = page.parsed(EXPORTED_CHANNEL, items, _of(parse_channel))
        saved = save_channels(self.row, channels, replace=False)
        page.saved("channels", CHANNEL, saved, key="channel_id")

    def add_channels(self, channel_ids: Iterable[str]) -> None:
        """Make a row for each channel that has none; who may see it is not known, so it is a private one."""
        known = set(Channel.objects.filter(workspace=self.row).values_list("channel_id", flat=True))
        new = sorted(set(channel_ids) - known)
        bare = [parse_channel({"id": channel_id, "is_private": True}) for channel_id in new]
        save_channels(self.row, bare, replace=False)

    def load_files(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_files(self.row, page.parsed(FILE, items, _of(parse_file)))
        page.saved("files", FILE, saved, key="file_id")
        remove_files(self.row, _absent(items))

    def load_contents(self, page: Page, items: list[ArchivedItem]) -> None:
        for item in items:
            set_content(self.row, item.external_id, item.body)
        page.count("contents", len(items))


class _ChannelReplay:
    """One channel: messages first, then what changes them."""

    def __init__(self, collector: AbstractCollector, options: SlackOptions, channel: Channel) -> None:
        self.collector = collector
        self.options = options
        self.channel = channel

    def run(self, scope: str) -> None:
        def load(kind: str, how: Load) -> None:
            _replay(self.collector, scope, kind, how)

        if self.options.messages:
            load(MESSAGE, self._load_messages)
            load(TOMBSTONE, self._load_tombstones)
            load(THREAD, self._load_threads)
            load(EXPORTED, self._load_exported)
            with self.collector.page(scope):
                mark_complete_threads(self.channel)
        if self.options.members:
            load(MEMBER, self._load_members)
            load(MEMBERSHIP, self._load_membership)
        if self.options.headers:
            load(PIN, self._load_pins)
            load(BOOKMARK, self._load_bookmarks)

    def _load_messages(self, page: Page, items: list[ArchivedItem]) -> None:
        absent = _absent(items)
        kept = self._stored(absent)
        wanted = [item for item in items if item.external_id not in kept]
        records = page.parsed(MESSAGE, wanted, _of(parse_record))
        saved = save_messages(self.channel, records, of_threads=False)
        page.saved("messages", MESSAGE, saved, key="ts")
        page.count("messages_removed", tombstone(self.channel, absent))

    def _load_tombstones(self, page: Page, items: list[ArchivedItem]) -> None:
        records = page.parsed(TOMBSTONE, items, _of(parse_record))
        page.saved("messages", MESSAGE, save_tombstones(self.channel, records, of_threads=False), key="ts")

    def _load_threads(self, page: Page, items: list[ArchivedItem]) -> None:
        numbers = {record.ts: record for record in page.parsed(THREAD, items, _parse_numbers)}
        page.saved("threads", MESSAGE, save_thread_numbers(self.channel, numbers), key="ts")

    def _load_exported(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_exported(self.channel, page.parsed(EXPORTED, items, _of(parse_record)))
        page.saved("messages", MESSAGE, saved, key="ts")
        tombstone_exported(self.channel, _absent(items))

    def _load_members(self, page: Page, items: list[ArchivedItem]) -> None:
        members = page.parsed(MEMBER, items, _of(parse_member))
        page.count("members", len(members))
        save_members(self.channel, members)
        remove_members(self.channel, _absent(items))

    def _load_membership(self, page: Page, items: list[ArchivedItem]) -> None:
        events = save_events(self.channel, page.parsed(MEMBERSHIP, items, _of(parse_membership)))
        page.saved("membership_events", MEMBERSHIP, events, key="ts")

    def _load_pins(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_pins(self.channel, page.parsed(PIN, items, _of(parse_pin)))
        page.saved("pins", PIN, saved, key="item_id")
        tombstone_pins(self.channel, _absent(items))

    def _load_bookmarks(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_bookmarks(self.channel, page.parsed(BOOKMARK, items, _of(parse_bookmark)))
        page.saved("bookmarks", BOOKMARK, saved, key="bookmark_id")
        tombstone_bookmarks(self.channel, _absent(items))

    def _stored(self, ts: list[str]) -> set[str]:
        rows = Message.objects.filter(channel=self.channel, ts__in=ts)
        return set(rows.values_list("ts", flat=True))


def _replay(
    collector: AbstractCollector, scope: str, kind: str, load: Load, *, limit: int = PAGE_ITEMS
) -> None:
    after = ""
    while items := archive.replay(collector.name, scope, kind, after=after, limit=limit):
        with collector.page(scope) as page:
            load(page, items)
        after = items[-1].external_id


def _load_workspace(page: Page, items: list[ArchivedItem]) -> None:
    for record in page.parsed(WORKSPACE, items, _of(partial(parse_workspace, url=""))):
        saved = save_workspace(record)
        page.saved("workspaces", WORKSPACE, saved, key="team_id")


def _of(parse: Callable[[Mapping[str, Any]], R]) -> Callable[[ArchivedItem], R]:
    """The same for an item, whose payload is JSON."""
    return lambda item: parse(parse_json(item.body))


def _parse_numbers(item: ArchivedItem) -> MessageRecord:
    """A thread's numbers, as a message with nothing else."""
    return parse_record({**parse_json(item.body), "ts": item.external_id})


def _absent(items: list[ArchivedItem]) -> list[str]:
    return [item.external_id for item in items if item.absent]
