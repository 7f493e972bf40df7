"""The command against a twin, and what the database says afterwards."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from core.models import CallBudget, Run
from core.twins import Served, serve
from core.twins.snapshot import differences_from_truth
from cppa_slack_tracker.twin import SlackTwin

Settings = Callable[[dict[str, str]], None]


@contextmanager
def served(twin: SlackTwin, settings_from: Settings, **environment: str) -> Generator[Served]:
    """The twin is the source, with these settings beside its own."""
    with serve([twin]) as urls:
        settings_from(urls.environment() | environment)
        yield urls


def run(*arguments: str) -> int:
    """Runs the command in this process; returns its exit code."""
    try:
        call_command("run_cppa_slack_tracker", *arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def last_run() -> Run:
    return Run.objects.latest("pk")


def errors() -> str:
    return "\n".join(error["message"] for error in last_run().errors)


def differences(twin: SlackTwin) -> list[str]:
    return [str(each) for each in differences_from_truth(twin.truth())]


def differences_in(twin: SlackTwin, channel: str) -> list[str]:
    """The same of one channel's messages and reactions."""
    found = twin.space.channel(channel).id
    kinds = ("cppa_slack_tracker.Message ", "cppa_slack_tracker.Reaction ")
    return [each for each in differences(twin) if found in each and each.startswith(kinds)]


def only(twin: SlackTwin, channel: str) -> tuple[str, ...]:
    """Arguments that collect the messages of one channel, which takes a fraction of the time."""
    return ("--sync-messages", "--channel-id", twin.space.channel(channel).id)


def physical() -> dict[str, list[Any]]:
    """Where each row lies and who wrote it: a row that was written again, even the same, shows."""
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for label in ("core", "cppa_slack_tracker"):
            for model in apps.get_app_config(label).get_models():
                if model not in {Run, CallBudget}:
                    table = model._meta.db_table
                    cursor.execute(f'SELECT ctid::text, xmin::text FROM "{table}" ORDER BY ctid')  # noqa: S608 - a table of ours
                    found[table] = cursor.fetchall()
    return found
