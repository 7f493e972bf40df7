"""People and channels as an export tells them: only those that the API has not shown."""

from collections.abc import Iterable, Mapping
from typing import Any

from core.store import Upserted
from cppa_slack_tracker.models import Workspace
from cppa_slack_tracker.parsing import parse_channel, parse_user
from cppa_slack_tracker.services import save_channels, save_users

Raw = Mapping[str, Any]


def save_exported_users(row: Workspace, payloads: Iterable[Raw]) -> Upserted:
    return save_users(row, [parse_user(payload) for payload in payloads], replace=False)


def save_exported_channels(row: Workspace, payloads: Iterable[Raw]) -> Upserted:
    return save_channels(row, [parse_channel(payload) for payload in payloads], replace=False)
