"""Importing files: Slack's export of a workspace, and messages as JSON. Offline.

https://slack.com/help/articles/220556107: channels.json, groups.json, mpims.json, dms.json, users.json, and a
folder for each conversation with a file for each day. What the API has shown stays, unless it was edited
later.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, cast

from django.conf import settings as django_settings

from core.collectors import AbstractCollector, Scope
from core.errors import InvalidInput
from core.json_text import JsonReader
from core.operations.file_ops import Limits, make_private, unpack
from core.pages import Page
from core.store import Upserted
from cppa_slack_tracker.models import Channel, Message, Workspace
from cppa_slack_tracker.parsing.json_text import json_objects
from cppa_slack_tracker.protocol_impl import MessageRecord
from cppa_slack_tracker.services.messages import save_exported
from cppa_slack_tracker.sync.kinds import EXPORTED, EXPORTED_CHANNEL, EXPORTED_FILE, EXPORTED_USER, WORKSPACE
from cppa_slack_tracker.sync.opening import named_by_id
from cppa_slack_tracker.sync.options import SlackOptions
from cppa_slack_tracker.sync.saving import archive_files
from cppa_slack_tracker.sync.session import scope_of

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
    """Import an export of a workspace; return the ids of the channels that are known then."""
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
    messages = _Messages(scope_of(collector, channel), channel)
    collector.attempt(messages.scope.name, messages.load, path)
    return {channel.channel_id}


@dataclass(slots=True)
class _Messages:
    """The messages of one channel, from one file after another."""

    scope: Scope
    channel: Channel
    done: int = 0

    def load(self, path: Path) -> None:
        for items in _batches(path):
            with self.scope.page() as page:
                kind = replace(EXPORTED, save=partial(_save_with_files, page))
                records = page.take(kind, self.channel, items).records.values()
                page.count("messages_without_text", sum(each.has_null_text for each in records))
            self.done += len(items)
            self.scope.collector.progress.update(str(self.scope), self.done)


def _save_with_files(page: Page, channel: Channel, records: Sequence[MessageRecord]) -> Upserted:
    """Save messages of an export, and keep the files of those that the API has not shown."""
    stored = Message.objects.filter(channel=channel, ts__in=[record.ts for record in records])
    known = set(stored.values_list("ts", flat=True))
    new = [record for record in records if record.ts not in known]
    archive_files(page, channel.workspace, new, replace=False)
    return save_exported(channel, records)


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
                self._file(name, self._load_users, row)
        for name, also in LISTS.items():
            self._file(name, self._load_channels, row, also)
        rows = Channel.objects.filter(workspace=row).select_related("workspace")
        known = {channel.channel_id: channel for channel in rows}
        if self.options.messages:
            for folder in sorted(path for path in self.root.iterdir() if path.is_dir()):
                if folder.name != OF_MACOS:
                    self._load_folder(folder, known.get(self.folders.get(folder.name, folder.name)))
        for path in sorted(self.root.glob("*.json")):
            if path.name not in (*LISTS, *USERS):
                self._file(path.name, self._keep)
        return set(known)

    @property
    def scope(self) -> Scope:
        return Scope(self.collector, self.team_id)

    def _file(self, name: str, load: Callable[..., None], *args: object) -> None:
        """Work on a file of the export, if it has it."""
        path = self.root / name
        if path.exists():
            self.collector.attempt(f"{self.team_id} {name}", load, path, *args)

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
        """Give the workspace's row; one that the API has not shown yet is named by its id."""
        stored = Workspace.objects.filter(team_id=self.team_id)
        if not stored.exists():
            with self.scope.page() as page:
                page.take(WORKSPACE, None, [named_by_id(self.team_id)])
        return stored.get()

    def _load_users(self, path: Path, row: Workspace) -> None:
        for listed in _batches(path):
            with self.scope.page() as page:
                page.take(EXPORTED_USER, row, listed)

    def _load_channels(self, path: Path, row: Workspace, also: Raw) -> None:
        for listed in _batches(path):
            with self.scope.page() as page:
                taken = page.take(EXPORTED_CHANNEL, row, [{**item, **also} for item in listed])
            for channel_id, record in taken.records.items():
                self.folders[record.name or channel_id] = channel_id

    def _keep(self, path: Path) -> None:
        """Archive a list of something that has no table."""
        for number, items in enumerate(_batches(path)):
            name = f"{path.name} {number}" if number else path.name
            with self.scope.page() as page:
                page.take(EXPORTED_FILE, None, [{"id": name, "content": items}])

    def _load_folder(self, folder: Path, channel: Channel | None) -> None:
        if channel is None:
            error = InvalidInput(
                f"the export's folder {folder.name!a} is of no conversation in its lists",
                remedy="its files are JSON for --messages-json",
            )
            self.collector.fail(f"{self.team_id}/{folder.name}", error)
        elif not self.options.channels or channel.channel_id in self.options.channels:
            messages = _Messages(scope_of(self.collector, channel), channel)
            self.collector.attempt(messages.scope.name, self._load_days, folder, messages)

    def _load_days(self, folder: Path, messages: _Messages) -> None:
        for path in sorted(folder.glob("*.json")):
            self.collector.attempt(f"{messages.scope.name}/{path.name}", messages.load, path)


def _teams_of(user: Raw) -> set[str]:
    """Give the workspaces that somebody in an export is of; none for people of other companies."""
    if user.get("is_stranger"):
        return set()
    grid = user.get("enterprise_user")
    teams = cast("Raw", grid).get("teams") if isinstance(grid, Mapping) else None
    listed = cast("list[object]", teams) if isinstance(teams, list) else []
    return {team for team in (user.get("team_id"), *listed) if isinstance(team, str) and team}


def _batches(path: Path) -> Iterator[list[Raw]]:
    items = _read(path)
    while listed := list(islice(items, PAGE_ITEMS)):
        yield listed


def _read(path: Path) -> Iterator[Raw]:
    """Give the objects of a JSON file, one at a time. Raises InvalidInput naming the file."""
    try:
        with path.open(encoding=ENCODING) as file:
            yield from json_objects(JsonReader(file.read, path.name))
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}", remedy="check the path") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is not UTF-8 text: {error.reason}") from error
