"""The command line of a collector: exit codes, signals, output on a terminal and in cron, logs."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from threading import Event
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from conftest import Start
from core import registry
from core.collectors import BaseCollectorCommand
from core.errors import NetworkError
from core.models import Run, SweptItem
from core.registry import Declared, DocumentSource, Tracker
from core.tests.loopback import Source
from core.tests.papers import Command, PaperCollector, published

pytestmark = pytest.mark.django_db(transaction=True)

RUN = """
import sys, django
django.setup()
from core.tests.papers import Command
Command().run_from_argv(["manage.py", "run_papers", *sys.argv[1:]])
"""
ON_A_TERMINAL = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn([sys.executable, *sys.argv[1:]])))
"""
TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ0123"
PAPERS: dict[str, Any] = {
    "/years": ["2024"],
    "/2024/0": {"papers": [{"number": "P0", "title": "a"}], "more": True},
    "/2024/1": {"papers": [{"number": "P1", "title": "b"}], "more": True},
    "/2024/2": {"papers": [{"number": "P2", "title": "c"}], "more": False},
}
Serve = Callable[..., Source]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Publishes papers."""
    with ExitStack() as stack:

        def start(answers: dict[str, Any] = PAPERS, **options: Any) -> Source:
            return stack.enter_context(published(answers, **options))

        yield start


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def stored() -> list[str]:
    return sorted(SweptItem.objects.values_list("external_id", flat=True))


def test_cron_gets_one_line_of_result_and_silence_otherwise(start: Start, serve: Serve) -> None:
    url = serve().url
    code, out, err = finish(start("-c", RUN, PAPERS_URL=url))
    assert (code, err) == (0, "")
    (line,) = out.splitlines()
    assert line.startswith("papers: ok papers_created=3 requests=4 seconds=")


def test_a_terminal_gets_a_table(start: Start, serve: Serve) -> None:
    code, out, _ = finish(start("-c", ON_A_TERMINAL, "-c", RUN, PAPERS_URL=serve().url, TERM="xterm"))
    assert code == 0
    assert "papers: ok in" in out
    assert "papers created" in out
    assert "\N{BOX DRAWINGS LIGHT HORIZONTAL}" in out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_page_in_hand_and_the_next_run_goes_on_from_there(
    number: signal.Signals, start: Start, serve: Serve
) -> None:
    answered = Event()
    source = serve(before={"/2024/1": answered.wait})
    process = start("-c", RUN, PAPERS_URL=source.url)
    until_asked(source, "/2024/1", process)
    process.send_signal(number)
    answered.set()
    code, out, err = finish(process)
    assert (code, "cancelled" in out, "run it again" in err) == (75, True, True)
    assert stored() == ["P0", "P1"]
    assert Run.objects.values_list("status", "failure_category").get() == ("partial", "cancelled")

    assert finish(start("-c", RUN, PAPERS_URL=source.url))[0] == 0
    assert source.paths[-2:] == ["/years", "/2024/2"]
    assert stored() == ["P0", "P1", "P2"]


def test_a_second_ctrl_c_gives_the_page_in_hand_up(start: Start, serve: Serve) -> None:
    answered = Event()
    source = serve(before={"/2024/1": answered.wait})
    process = start("-c", RUN, PAPERS_URL=source.url)
    until_asked(source, "/2024/1", process)
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.5)  # the first one alone does not end it
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 75
    assert stored() == ["P0"]
    answered.set()
    assert finish(start("-c", RUN, PAPERS_URL=source.url))[0] == 0
    assert list(Run.objects.order_by("pk").values_list("status", flat=True)) == ["partial", "ok"]


def jumps(after: Event) -> Callable[[object], float]:
    """A clock that stands still until something has happened, and is an hour later from then on."""
    began = time.time()
    return lambda _collector: began + 3600 * after.is_set()


def test_a_run_ends_with_its_minutes_and_the_next_one_goes_on_from_there(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Event()
    source = serve(before={"/2024/1": asked.set})
    monkeypatch.setenv("PAPERS_URL", source.url)
    monkeypatch.setattr(PaperCollector, "clock", jumps(asked))
    assert exit_code_of(Command(), "--minutes", "60") == 75
    run = Run.objects.get()
    assert (run.status, run.failure_category, run.options) == ("partial", "timeout", {"minutes": 60.0})
    assert stored() == ["P0", "P1"]  # the page in hand was saved
    captured = capsys.readouterr()
    assert captured.out.startswith("papers: timeout (exit 75) ")
    assert "stopped after 60 minutes" in captured.err

    assert exit_code_of(Command(), "--minutes", "60") == 0
    assert stored() == ["P0", "P1", "P2"]


def test_nothing_is_waited_for_that_comes_after_the_minutes(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = serve({"/years": ["2024"], "/2024/0": 429}, headers={"Retry-After": "100"})
    monkeypatch.setenv("PAPERS_URL", source.url)
    assert exit_code_of(Command(), "--minutes", "1") == 75
    assert Run.objects.get().failure_category == "rate_limit"
    assert Run.objects.get().seconds_waited == 0


def test_a_source_that_does_not_answer_does_not_keep_a_stopped_run_alive(start: Start, serve: Serve) -> None:
    never = Event()
    source = serve(before={"/2024/1": never.wait})
    process = start("-c", RUN, PAPERS_URL=source.url)
    until_asked(source, "/2024/1", process)
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(30) == 75
    finally:
        never.set()
    assert stored() == ["P0"]


def test_nor_does_it_keep_one_alive_whose_minutes_are_over(start: Start, serve: Serve) -> None:
    never = Event()
    process = start("-c", RUN, "--minutes", "0.001", PAPERS_URL=serve(before={"/years": never.wait}).url)
    try:
        assert process.wait(60) == 75
    finally:
        never.set()
    assert Run.objects.get().failure_category == "timeout"


def until_asked(source: Source, path: str, process: "subprocess.Popen[str]") -> None:
    while path not in source.paths:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            pytest.fail(f"it ended before it asked for {path}: {finish(process)}")


def test_the_same_collector_running_elsewhere_is_told_and_exits_75(start: Start, serve: Serve) -> None:
    answered = Event()
    source = serve(before={"/2024/1": answered.wait})
    first = start("-c", RUN, PAPERS_URL=source.url)
    until_asked(source, "/2024/1", first)
    code, out, err = finish(start("-c", RUN, PAPERS_URL=source.url))
    answered.set()
    assert (code, "locked" in out) == (75, True)
    assert f"being collected by papers pid {first.pid}" in err
    assert finish(first)[0] == 0


def test_json_logs_are_json_to_the_last_line_and_hold_no_secret(start: Start, serve: Serve) -> None:
    bad = {"papers": [{"number": "", "title": TOKEN}], "more": False}
    source = serve({"/years": ["2023", "2024"], "/2023/0": 403, "/2024/0": bad})
    code, out, err = finish(start("-c", RUN, "--log-format", "json", PAPERS_URL=source.url))
    assert code == 65
    lines = [json.loads(line) for line in err.splitlines()]
    assert {"permission", "partial"} == {line["failure_category"] for line in lines}
    assert {line["collector"] for line in lines} == {"papers"}
    assert TOKEN not in out + err + json.dumps(Run.objects.get().errors)


def test_a_database_without_tables_is_told_which_command_makes_them(
    start: Start, database_environment: dict[str, str]
) -> None:
    name = f"{connection.settings_dict['NAME']}_empty"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            url = f"{database_environment['DATABASE_URL']}&dbname={name}"
            code, _, err = finish(start("-c", RUN, DATABASE_URL=url))
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert code == 78
    assert "manage.py migrate" in err


@pytest.mark.parametrize("arguments", [["--since", "31.12.2024"], ["--limit", "many"], ["--nonsense"]])
def test_what_the_argument_parser_refuses_exits_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        Command().run_from_argv(["manage.py", "run_papers", *arguments])
    assert stopped.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def exit_code_of(command: BaseCollectorCommand, *arguments: str) -> int:
    try:
        call_command(command, *arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


@pytest.mark.usefixtures("logging_restored")
def test_missing_configuration_and_swapped_bounds_have_their_own_codes_and_say_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERS_URL", "")
    assert exit_code_of(Command()) == 78
    assert "PAPERS_URL" in capsys.readouterr().err
    assert exit_code_of(Command(), "--since", "2024-05-02", "--until", "2024-05-01T12:00") == 64
    assert "swap" in capsys.readouterr().err
    assert exit_code_of(Command(), "--limit", "0") == 64
    assert [exit_code_of(Command(), "--minutes", text) for text in ("0", "nan", "1e9")] == [64] * 3
    assert not Run.objects.exists()


class Refusing(Command):
    def get_collector(self, **options: Any) -> Any:
        raise CommandError(f"I will not, with {len(options)} options")


@pytest.mark.usefixtures("logging_restored")
def test_a_command_error_keeps_its_category(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(Refusing()) == 70
    assert "command: I will not" in capsys.readouterr().err


@pytest.mark.usefixtures("logging_restored")
def test_a_dry_run_shows_the_plan(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERS_URL", serve().url)
    assert exit_code_of(Command(), "--dry-run") == 0
    out = capsys.readouterr().out
    assert "read its papers" in out
    assert "about 1" in out
    assert not SweptItem.objects.exists()


class BrokenSink:
    def sync(self, source: DocumentSource, *, send: bool = True) -> dict[str, int]:
        if send:
            raise NetworkError(f"no index for {type(source).__name__}")
        return {}


@pytest.mark.usefixtures("logging_restored")
def test_a_search_index_that_fails_fails_alone(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPERS_URL", serve().url)
    with registry.preserved():
        declared = (Declared("run_papers", "core.tests.papers.PaperCollector"),)
        registry.register(Tracker(app="papers", collectors=declared, documents="builtins.object"))
        registry.register_document_sink(f"{__name__}.BrokenSink")
        assert exit_code_of(Command()) == 69
        captured = capsys.readouterr()
        assert captured.out.startswith("papers: ok ")
        assert "collector_phase=sync_pinecone failure_category=network" in captured.err
        assert Run.objects.get().status == "ok"
        assert exit_code_of(Command(), "--skip-pinecone") == 0
