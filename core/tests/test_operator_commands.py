"""`collectors`, `doctor` and `demo`: what an operator sees."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from core import registry
from core.models import CallBudget, CoverageGap, QuarantinedItem, Run
from core.tests.loopback import serving

ROOT = Path(__file__).parents[2]


LISTS = "run_boost_mailing_list_tracker"


def collectors(*arguments: str) -> str:
    output = StringIO()
    call_command("collectors", *arguments, stdout=output)
    return output.getvalue()


def status_of_the_lists() -> dict[str, Any]:
    found = json.loads(collectors("--json"))["collectors"]
    return next(status for status in found if status["command"] == LISTS)


@pytest.fixture
def only_the_lists() -> Generator[None]:
    """`doctor` asks the sources of all trackers, and the others' are not served here."""
    with registry.preserved():
        registry.keep("boost_mailing_list_tracker")
        yield


@pytest.mark.django_db
def test_collectors_lists_every_collector_before_any_has_run() -> None:
    assert LISTS in collectors()

    status = status_of_the_lists()
    assert status["last_run"] is None
    assert status["fresh_as_of"] is None
    assert status["scopes"] == []


@pytest.mark.django_db
def test_collectors_shows_the_last_run_and_when_all_was_complete() -> None:
    for number, status in enumerate((Run.Status.OK, Run.Status.PARTIAL)):
        Run.objects.create(
            token=f"00000000-0000-0000-0000-00000000000{number}",
            collector="boost_mailing_lists",
            status=status,
            host="here",
            pid=1,
            ended_at=timezone.now(),
            errors=[{"item": "a@b", "category": "permission", "message": "private"}] if number else [],
            failure_category="permission" if number else "",
        )

    shown = collectors()
    status = status_of_the_lists()

    assert "partial: permission" in shown
    assert "a@b private" in shown
    assert status["last_run"]["status"] == "partial"
    assert status["fresh_as_of"] < status["last_run"]["ended_at"]


@pytest.mark.django_db
def test_collectors_shows_gaps_and_quarantine_with_the_command_that_repairs() -> None:
    apps.get_model("boost_mailing_list_tracker.MailingList").objects.create(
        name="a@b.example", source_count=7
    )
    collector, scope = "boost_mailing_lists", "a@b.example"
    CoverageGap.objects.create(collector=collector, scope=scope, part="2024-05", at_source=7, stored=5)
    QuarantinedItem.objects.create(
        collector=collector,
        scope=scope,
        kind="listing",
        external_id="x",
        payload=b"",
        reason="?",
        category="?",
    )

    shown = collectors()
    status = status_of_the_lists()

    assert "gap in 2024-05: 5 of 7" in shown
    assert "run_boost_mailing_list_tracker --list a@b.example --full" in shown
    assert status["scopes"][0]["gaps"] == [{"part": "2024-05", "at_source": 7, "stored": 5}]
    assert status["scopes"][0]["quarantined"] == 1


@pytest.mark.usefixtures("only_the_lists")
@pytest.mark.django_db(transaction=True)
def test_doctor_names_what_is_wrong_and_checks_the_rest(
    settings_from: Callable[[dict[str, str]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda request: request.reply(404)) as source:
        settings_from({"MAILING_LIST_BASE_URL": source.url, "MAILING_LISTS": "a@b.example"})
        with pytest.raises(SystemExit) as stopped:
            call_command("doctor")

    shown = capsys.readouterr().out
    assert stopped.value.code == 64
    for passed in ("Python", "git", "disk", "database", "migrations"):
        assert f"ok    {passed}" in shown
    assert "FAIL  source of boost_mailing_list_tracker: not_found" in shown


@pytest.mark.usefixtures("only_the_lists")
@pytest.mark.django_db(transaction=True)
def test_doctor_is_content_with_a_source_that_answers(
    settings_from: Callable[[dict[str, str]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    page = b'{"count": 12, "next": null, "previous": null, "results": []}'
    with serving(lambda request: request.reply(body=page, kind="application/json")) as source:
        settings_from({"MAILING_LIST_BASE_URL": source.url, "MAILING_LISTS": "a@b.example"})

        call_command("doctor")

    assert "1 lists, 12 messages" in capsys.readouterr().out


@pytest.mark.usefixtures("only_the_lists")
@pytest.mark.django_db(transaction=True)
def test_doctor_shows_what_holds_runs_back_and_lifts_it(
    settings_from: Callable[[dict[str, str]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    page = b'{"count": 12, "next": null, "previous": null, "results": []}'
    until = timezone.now() + dt.timedelta(minutes=30)
    CallBudget.objects.create(bucket="github core", credential="abcdef0123456789", held_until=until)
    with serving(lambda request: request.reply(body=page, kind="application/json")) as source:
        settings_from({"MAILING_LIST_BASE_URL": source.url, "MAILING_LISTS": "a@b.example"})
        call_command("doctor")
        call_command("doctor", "--lift-holds")
        call_command("doctor")

    shown = [line for line in capsys.readouterr().out.splitlines() if "holds: " in line]
    assert "github core (abcdef01) for 30 min: the source asked to wait" in shown[0]
    assert "1 lifted" in shown[1]
    assert "none" in shown[2]


def test_a_setting_that_cannot_be_used_is_named_and_nothing_starts() -> None:
    done = _manage("check", DATABASE_URL="postgresql://host/db", DEBUG="perhaps")

    assert done.returncode == 78
    assert "DEBUG" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["collectors", "migrate"])
def test_a_database_that_cannot_be_reached_is_said_without_a_traceback_or_a_password(command: str) -> None:
    done = _manage(command, DATABASE_URL="postgresql://user:hunter2hunter2@127.0.0.1:1/trackers")

    assert done.returncode == 69
    assert done.stderr.startswith("network: ")
    assert "Traceback" not in done.stderr
    assert "hunter2hunter2" not in done.stderr


def test_the_demo_has_a_workspace_of_its_own_and_follows_no_setting_of_the_user(
    tmp_path: Path,
) -> None:
    """A user who collects already has a token in .env, and a repository that Markdown is published to."""
    workspace = tmp_path / "demo"  # happens to have its name
    with serving(lambda request: request.reply(404)) as theirs:
        mine = tmp_path / "mine.env"
        mine.write_text(
            f"GITHUB_GIT_BASE_URL={theirs.url}\nGITHUB_API_BASE_URL={theirs.url}\nGITHUB_TOKEN_WRITE=ghp_mine\n"
            "DISCORD_CONTEXT_REPO_OWNER=me\nDISCORD_CONTEXT_REPO_NAME=my-archive\n"
        )

        done = _manage(
            *("demo", "--size", "30"),
            WORKSPACE_DIR=str(workspace),
            DATABASE_URL="postgresql://nowhere.invalid/x",
            ENV_FILE=str(mine),
            SLACK_CHANNEL_TYPES="private_channel",
        )

        assert theirs.paths == []
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "boost_mailing_lists" in done.stdout
    assert "where to look next" in done.stdout
    assert {path.name for path in workspace.iterdir()} == {"demo"}


def _manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
