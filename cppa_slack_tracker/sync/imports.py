"""Importing files: Slack's export of a workspace, and messages as JSON. Offline.

https://slack.com/help/articles/220556107: channels.json, groups.json, mpims.json, dms.json, users.json, and a
folder for each conversation with a file for each day. What the API has shown stays, unless it was edited
later.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, cast

from django.conf import settings as django_settings

from core.collectors import AbstractCollector
from core.errors import InvalidInput
from core.json_text import MOST_BYTES, JsonReader, parse_json
from core.operations.file_ops import Limits, make_private, unpack
from core.pages import Page
from cppa_slack_tracker.models import Channel, Message, Workspace
from cppa_slack_tracker.parsing import (
    CHANNEL,
    EXPORTED,
    EXPORTED_CHANNEL,
    EXPORTED_FILE,
    EXPORTED_USER,
    USER,
    WORKSPACE,
    as_bytes,
    json_objects,
    parse_channel,
    parse_user,
    parse_workspace,
    user_payload,
)
from cppa_slack_tracker.services import save_channels, save_exported, save_users, save_workspace, workspace
from cppa_slack_tracker.sync.options import SlackOptions
from cppa_slack_tracker.sync.saving import (
    Batch,
    archive_exported_files,
    archive_parsed,
    parse_batch,
    parse_items,
)

Raw = Mapping[str, Any]

PAGE_ITEMS = 1000
# Of a big workspace; what it unpacks to lies in WORKSPACE_DIR, and goes again.
LIMITS = Limits(total_bytes=64 << 30, members=5_000_000)
# What an export does not say of the channels of each list.
LISTS: Mapping[str, Raw] = {
    "channels.json": {},
    "groups.json": {"is_private": True},
    "mpims.json": {"is_private": True, "is_mpim": True},
    "dms.json": {"is_im": True},
}
USERS = ("users.json", "org_users.json")
OF_MACOS = "__MACOSX"  # what its packer adds of its own
ENCODING = "utf-8-sig"  # with or without a byte order mark


def import_export(collector: AbstractCollector, options: SlackOptions, team_id: str) -> set[str]:
    """Import an export of a workspace; returns the ids of the channels that are known then."""
    # Nobody else writes there while the run has the workspace's lock; a killed run may have left something.
    # The name is one that no user gives a folder to keep exports in.
    root = Path(django_settings.WORKSPACE_DIR) / "imports" / f"{team_id}.unpacked"
    if root.exists():
        shutil.rmtree(root)
    make_private(root)
    try:
        _unpack(Path(options.export_zip), root)
        return _Export(collector, options, root, team_id).run()
    finally:
        shutil.rmtree(root)


def _unpack(path: Path, root: Path) -> None:
    try:
        unpack(path, root, limits=LIMITS)
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}", remedy="check --export-zip") from error
    if not any((root / name).exists() for name in LISTS):
        raise InvalidInput(
            f"{path} has no {', '.join(LISTS)}", remedy="give the zip as Slack's export page made it"
        )


def import_messages(collector: AbstractCollector, options: SlackOptions, row: Workspace) -> set[str]:
    """Import the messages of one channel: a JSON list, `{"messages": [...]}`, or a message a line."""
    path = Path(options.messages_json)
    channels = Channel.objects.filter(workspace=row, channel_id=options.channels[0])
    channel = channels.select_related("workspace").first()
    if channel is None:
        return set()
    collector.scope(
        f"{row.team_id}/{channel.channel_id}", lambda scope: _Messages(collector, channel, scope).load(path)
    )
    return {channel.channel_id}


@dataclass(slots=True)
class _Messages:
    """The messages of one channel, from one file after another."""

    collector: AbstractCollector
    channel: Channel
    scope: str
    done: int = 0

    def load(self, path: Path) -> None:
        number = 0
        for listed in _pages(path):
            batch = parse_batch(listed, exported=True)
            with self.collector.page(self.scope) as page:
                self._save(page, batch)
                for each in batch.refused:
                    where = each.ts or f"{path.name} {number + each.place}"
                    page.quarantine(EXPORTED, where, each.body, each.error)
            number += len(listed)
            self.done += len(listed)
            self.collector.progress.update(self.channel.name or self.channel.channel_id, self.done)

    def _save(self, page: Page, batch: Batch) -> None:
        archive_parsed(page, batch.parsed)
        rows = Message.objects.filter(channel=self.channel, ts__in=[record.ts for record in batch.records])
        stored = set(rows.values_list("ts", flat=True))
        new = [record for record in batch.records if record.ts not in stored]
        archive_exported_files(page, self.channel.workspace, new)
        page.resolve(EXPORTED, [record.ts for record in batch.records])
        page.saved("messages", EXPORTED, save_exported(self.channel, batch.records), key="ts")
        page.count("messages_without_text", sum(record.has_null_text for record in batch.records))


@dataclass(slots=True)
class _Export:
    """An unpacked export. What is wrong with one of its files, or an entry of one, stops only that."""

    collector: AbstractCollector
    options: SlackOptions
    root: Path
    team_id: str
    # Names of folders -> ids of their channels.
    folders: dict[str, str] = field(default_factory=dict[str, str])

    def run(self) -> set[str]:
        self._check_workspace()
        row = self._workspace()
        if self.options.users:
            for name in USERS:
                self._file(name, partial(self._load_users, row))
        for name, also in LISTS.items():
            self._file(name, partial(self._load_channels, row, also))
        known = {
            channel.channel_id: channel
            for channel in Channel.objects.filter(workspace=row).select_related("workspace")
        }
        if self.options.messages:
            for folder in sorted(path for path in self.root.iterdir() if path.is_dir()):
                if folder.name != OF_MACOS:
                    self._load_folder(folder, known.get(self.folders.get(folder.name, folder.name)))
        for path in sorted(self.root.glob("*.json")):
            if path.name not in (*LISTS, *USERS):
                self._file(path.name, self._keep)
        return set(known)

    def _file(self, name: str, load: Callable[[Path], None]) -> None:
        """Work on a file of the export, if it has it."""
        path = self.root / name
        if path.exists():
            self.collector.scope(f"{self.team_id} {name}", lambda _: load(path))

    def _check_workspace(self) -> None:
        """Raise InvalidInput when the people of the export are of another workspace."""
        teams: set[str] = set()
        for path in (self.root / name for name in USERS):
            with suppress(InvalidInput):  # said when its people are saved
                for user in _read(path) if path.exists() else ():
                    teams |= _teams_of(user)
                    if self.team_id in teams:
                        return
        if teams:
            raise InvalidInput(
                f"the export is of workspace {' or '.join(sorted(teams)[:3])}, not of {self.team_id}",
                remedy="name its workspace with --team-id",
            )

    def _workspace(self) -> Workspace:
        """Its row; one that the API has not shown yet is named by its id."""
        row = workspace(self.team_id)
        if row is None:
            named = {
                "id": self.team_id,
                "name": self.team_id,
                "url": f"https://app.slack.com/{self.team_id}/",
            }
            with self.collector.page(self.team_id) as page:
                page.archive(WORKSPACE, {self.team_id: as_bytes(named)})
                saved = save_workspace(parse_workspace(named, ""))
                page.saved("workspaces", WORKSPACE, saved, key="team_id")
        return Workspace.objects.get(team_id=self.team_id)

    def _load_users(self, row: Workspace, path: Path) -> None:
        for listed in _pages(path):
            with self.collector.page(self.team_id) as page:
                records, _ = parse_items(page, EXPORTED_USER, listed, parse_user, user_payload)
                page.saved("users", USER, save_users(row, records, replace=False), key="user_id")

    def _load_channels(self, row: Workspace, also: Raw, path: Path) -> None:
        for listed in _pages(path):
            items = [{**item, **also} for item in listed]
            with self.collector.page(self.team_id) as page:
                records, _ = parse_items(page, EXPORTED_CHANNEL, items, parse_channel, dict)
                saved = save_channels(row, records, replace=False)
                page.saved("channels", CHANNEL, saved, key="channel_id")
            self.folders |= {record.name or record.channel_id: record.channel_id for record in records}

    def _keep(self, path: Path) -> None:
        """What has no table, such as integration_logs.json, is kept as it is."""
        with self.collector.page(self.team_id) as page:
            page.archive(EXPORTED_FILE, {path.name: as_bytes({"content": _whole(path)})})

    def _load_folder(self, folder: Path, channel: Channel | None) -> None:
        if channel is not None and self.options.channels and channel.channel_id not in self.options.channels:
            return

        def load(scope: str) -> None:
            if channel is None:
                raise InvalidInput(
                    f"the export's folder {folder.name!a} is of no conversation in its lists",
                    remedy="its files are JSON for --messages-json",
                )
            messages = _Messages(self.collector, channel, scope)
            for path in sorted(folder.glob("*.json")):
                self.collector.scope(f"{scope}/{path.name}", lambda _, path=path: messages.load(path))

        where = channel.channel_id if channel else folder.name
        self.collector.scope(f"{self.team_id}/{where}", load)


def _teams_of(user: Raw) -> set[str]:
    """The workspaces that somebody in an export belongs to; none for people of other companies."""
    if user.get("is_stranger"):
        return set()
    grid = user.get("enterprise_user")
    teams = cast("Raw", grid).get("teams") if isinstance(grid, Mapping) else None
    listed = cast("list[object]", teams) if isinstance(teams, list) else []
    return {team for team in (user.get("team_id"), *listed) if isinstance(team, str) and team}


def _pages(path: Path) -> Iterator[list[Raw]]:
    items = _read(path)
    while listed := list(islice(items, PAGE_ITEMS)):
        yield listed


def _read(path: Path) -> Iterator[Raw]:
    """The objects of a JSON file, one at a time. Raises InvalidInput naming the file."""
    try:
        with path.open(encoding=ENCODING) as file:
            yield from json_objects(JsonReader(file.read, path.name))
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}", remedy="check the path") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is not UTF-8 text: {error.reason}") from error


def _whole(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return parse_json(file.read(MOST_BYTES + 1))
    except InvalidInput as error:
        raise InvalidInput(f"{path.name}: {error.message}") from error
