"""Importing files: Slack's export of a workspace, and messages as JSON. Offline.

https://slack.com/help/articles/220556107: channels.json, groups.json, mpims.json, dms.json, users.json, and a
folder for each conversation with a file for each day. What the API has shown stays, unless it was edited
later.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings

from core.collectors import AbstractCollector
from core.errors import InvalidInput
from core.operations.file_ops import Limits, unpack
from cppa_slack_tracker.models import Channel, Workspace
from cppa_slack_tracker.parsing import (
    CHANNEL,
    EXPORTED,
    EXPORTED_CHANNEL,
    EXPORTED_FILE,
    EXPORTED_USER,
    USER,
    as_bytes,
    json_objects,
    user_payload,
)
from cppa_slack_tracker.protocol_impl import WorkspaceRecord
from cppa_slack_tracker.services import save_exported, save_workspace, workspace
from cppa_slack_tracker.sync.exported import save_exported_channels, save_exported_users
from cppa_slack_tracker.sync.options import SlackOptions
from cppa_slack_tracker.sync.saving import archive_parsed, parse_batch

Raw = Mapping[str, Any]

PAGE_ITEMS = 1000
CHUNK = 1024 * 1024  # characters
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


def import_export(collector: AbstractCollector, options: SlackOptions, team_id: str) -> set[str]:
    """Import an export of a workspace; returns the ids of the channels that are known then."""
    path = Path(options.export_zip)
    folder = Path(django_settings.WORKSPACE_DIR) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unpacked:
        root = Path(unpacked)
        try:
            unpack(path, root, limits=LIMITS)
        except OSError as error:
            raise InvalidInput(
                f"cannot read {path}: {error.strerror}", remedy="check --export-zip"
            ) from error
        if not any((root / name).exists() for name in LISTS):
            raise InvalidInput(
                f"{path} has no {', '.join(LISTS)}", remedy="give the zip as Slack's export page made it"
            )
        return _Export(collector, options, root, team_id).run()


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
        items = _read(path)
        number = 0
        while listed := list(islice(items, PAGE_ITEMS)):
            batch = parse_batch(listed, exported=True)
            with self.collector.page(self.scope) as page:
                archive_parsed(page, batch.parsed)
                saved = save_exported(self.channel, batch.records)
                page.saved("messages", EXPORTED, saved, key="ts")
                page.count("messages_without_text", sum(record.has_null_text for record in batch.records))
                page.resolve(EXPORTED, [record.ts for record in batch.records])
                for each in batch.refused:
                    where = each.ts or f"{path.name} {number + each.place}"
                    page.quarantine(EXPORTED, where, each.body, each.error)
            number += len(listed)
            self.done += len(listed)
            self.collector.progress.update(self.channel.name or self.channel.channel_id, self.done)


@dataclass(slots=True)
class _Export:
    """An unpacked export. Each conversation for itself: one that cannot be read does not stop the next."""

    collector: AbstractCollector
    options: SlackOptions
    root: Path
    team_id: str

    def run(self) -> set[str]:
        row = self._workspace()
        if self.options.users:
            for name in USERS:
                self._load_users(row, self.root / name)
        folders: dict[str, str] = {}
        for name, also in LISTS.items():
            folders |= self._load_channels(row, self.root / name, also)
        self._keep_others()
        known = {
            channel.channel_id: channel
            for channel in Channel.objects.filter(workspace=row).select_related("workspace")
        }
        if self.options.messages:
            for folder in sorted(path for path in self.root.iterdir() if path.is_dir()):
                channel = known.get(folders.get(folder.name, folder.name))
                self._load_folder(folder, channel)
        return set(known)

    def _workspace(self) -> Workspace:
        """Its row; one that the API has not shown yet is named by its id."""
        row = workspace(self.team_id)
        if row is None:
            record = WorkspaceRecord(self.team_id, self.team_id, "", f"https://app.slack.com/{self.team_id}/")
            with self.collector.page(self.team_id) as page:
                page.saved("workspaces", "workspace", save_workspace(record), key="team_id")
        return Workspace.objects.get(team_id=self.team_id)

    def _load_users(self, row: Workspace, path: Path) -> None:
        items = _read(path) if path.exists() else iter(())
        while listed := list(islice(items, PAGE_ITEMS)):
            with self.collector.page(self.team_id) as page:
                bodies = {_id(item): as_bytes(user_payload(item)) for item in listed}
                page.archive(EXPORTED_USER, bodies)
                page.saved("users", USER, save_exported_users(row, listed), key="user_id")

    def _load_channels(self, row: Workspace, path: Path, also: Raw) -> dict[str, str]:
        """Save the channels of a list; returns the ids of their folders."""
        folders: dict[str, str] = {}
        items = _read(path) if path.exists() else iter(())
        while listed := [{**item, **also} for item in islice(items, PAGE_ITEMS)]:
            with self.collector.page(self.team_id) as page:
                page.archive(EXPORTED_CHANNEL, {_id(item): as_bytes(item) for item in listed})
                saved = save_exported_channels(row, listed)
                page.saved("channels", CHANNEL, saved, key="channel_id")
            folders |= {str(item.get("name") or _id(item)): _id(item) for item in listed}
        return folders

    def _keep_others(self) -> None:
        """What has no table, such as integration_logs.json, is kept as it is."""
        for path in sorted(self.root.glob("*.json")):
            if path.name not in (*LISTS, *USERS):
                with self.collector.page(self.team_id) as page:
                    page.archive(EXPORTED_FILE, {path.name: as_bytes({"content": _whole(path)})})

    def _load_folder(self, folder: Path, channel: Channel | None) -> None:
        if channel is not None and self.options.channels and channel.channel_id not in self.options.channels:
            return

        def load(scope: str) -> None:
            if channel is None:
                raise InvalidInput(
                    f"the export's folder {folder.name} is of no conversation in its lists",
                    remedy="its files are JSON for --messages-json",
                )
            messages = _Messages(self.collector, channel, scope)
            for path in sorted(folder.glob("*.json")):
                messages.load(path)

        where = channel.channel_id if channel else folder.name
        self.collector.scope(f"{self.team_id}/{where}", load)


def _read(path: Path) -> Iterator[Raw]:
    """The objects of a JSON file, one at a time. Raises InvalidInput naming the file."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from json_objects(iter(lambda: file.read(CHUNK), ""), path.name)
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}", remedy="check the path") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is not UTF-8 text: {error.reason}") from error


def _whole(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInput(f"{path.name} is not JSON: {error}") from error


def _id(item: Raw) -> str:
    value = item.get("id")
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"an entry of the export has no id: {ascii(item)[:100]}")
    return value
