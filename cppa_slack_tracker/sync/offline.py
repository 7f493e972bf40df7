"""Loading the archive again, without the network: the same rows, deletions included."""

import json
from collections.abc import Callable
from typing import Any

from core import archive
from core.archive import ArchivedItem
from core.collectors import AbstractCollector
from core.errors import InvalidInput
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
    parse_membership,
    parse_pin,
    parse_record,
    parse_user,
    parse_workspace,
)
from cppa_slack_tracker.services import (
    mark_complete_threads,
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

Load = Callable[[Page, list[ArchivedItem]], None]


def replay_team(collector: AbstractCollector, options: SlackOptions, team_id: str) -> set[str]:
    """Load a workspace and its channels; returns the ids of the channels that there are."""
    _replay(collector, team_id, WORKSPACE, _load_workspace)
    row = workspace(team_id)
    if row is None:
        raise InvalidInput(f"the archive has nothing of workspace {team_id}", remedy="collect it first")
    team = _Team(row)
    if options.users:
        _replay(collector, team_id, USER, team.load_users)
        _replay(collector, team_id, EXPORTED_USER, team.load_exported_users)
    _replay(collector, team_id, CHANNEL, team.load_channels)
    _replay(collector, team_id, EXPORTED_CHANNEL, team.load_exported_channels)
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
        saved = save_users(self.row, [parse_user(payload) for payload in _payloads(items)])
        page.saved("users", USER, saved, key="user_id")
        tombstone_users(self.row, _absent(items))

    def load_exported_users(self, page: Page, items: list[ArchivedItem]) -> None:
        users = [parse_user(payload) for payload in _payloads(items)]
        page.saved("users", USER, save_users(self.row, users, replace=False), key="user_id")

    def load_channels(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_channels(self.row, [parse_channel(payload) for payload in _payloads(items)])
        page.saved("channels", CHANNEL, saved, key="channel_id")
        remove_channels(self.row, _absent(items))

    def load_exported_channels(self, page: Page, items: list[ArchivedItem]) -> None:
        channels = [parse_channel(payload) for payload in _payloads(items)]
        saved = save_channels(self.row, channels, replace=False)
        page.saved("channels", CHANNEL, saved, key="channel_id")

    def load_files(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_files(self.row, [parse_file(payload) for payload in _payloads(items)])
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
        records = [parse_record(_payload(item)) for item in items if item.external_id not in kept]
        saved = save_messages(self.channel, records, of_threads=False)
        page.saved("messages", MESSAGE, saved, key="ts")
        page.count("messages_removed", tombstone(self.channel, absent))

    def _load_tombstones(self, page: Page, items: list[ArchivedItem]) -> None:
        records = [parse_record(_payload(item)) for item in items]
        page.saved("messages", MESSAGE, save_tombstones(self.channel, records, of_threads=False), key="ts")

    def _load_threads(self, page: Page, items: list[ArchivedItem]) -> None:
        numbers = {
            item.external_id: parse_record({**_payload(item), "ts": item.external_id}) for item in items
        }
        page.saved("threads", MESSAGE, save_thread_numbers(self.channel, numbers), key="ts")

    def _load_exported(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_exported(self.channel, [parse_record(_payload(item)) for item in items])
        page.saved("messages", MESSAGE, saved, key="ts")
        tombstone_exported(self.channel, _absent(items))

    def _load_members(self, page: Page, items: list[ArchivedItem]) -> None:
        page.count("members", len(items))
        save_members(self.channel, [item.external_id for item in items])
        remove_members(self.channel, _absent(items))

    def _load_membership(self, page: Page, items: list[ArchivedItem]) -> None:
        events = save_events(self.channel, [parse_membership(payload) for payload in _payloads(items)])
        page.saved("membership_events", MEMBERSHIP, events, key="ts")

    def _load_pins(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_pins(self.channel, [parse_pin(payload) for payload in _payloads(items)])
        page.saved("pins", PIN, saved, key="item_id")
        tombstone_pins(self.channel, _absent(items))

    def _load_bookmarks(self, page: Page, items: list[ArchivedItem]) -> None:
        saved = save_bookmarks(self.channel, [parse_bookmark(payload) for payload in _payloads(items)])
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
    for payload in _payloads(items):
        saved = save_workspace(parse_workspace(payload, ""))
        page.saved("workspaces", WORKSPACE, saved, key="team_id")


def _payload(item: ArchivedItem) -> dict[str, Any]:
    return json.loads(item.body)


def _payloads(items: list[ArchivedItem]) -> list[dict[str, Any]]:
    return [_payload(item) for item in items]


def _absent(items: list[ArchivedItem]) -> list[str]:
    return [item.external_id for item in items if item.absent]
