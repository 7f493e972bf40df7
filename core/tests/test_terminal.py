"""Names, titles and errors of a source are shown on a terminal, and steer neither it nor the program."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Start
from core.models import Run
from core.terminal import printable
from core.tests.hostile import CONTROLS, NAMES

RUN = """
import sys, django
django.setup()
from core.tests.hostile import Command
Command().run_from_argv(["manage.py", "run_hostile", *sys.argv[1:]])
"""
ON_A_TERMINAL = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn([sys.executable, *sys.argv[1:]])))
"""


def run(start: Start, *arguments: str, terminal: bool = True) -> tuple[int, str]:
    before = ("-c", ON_A_TERMINAL) if terminal else ()
    process = start(*before, "-c", *arguments, TERM="xterm", COLUMNS="200", PYTHONIOENCODING="utf-8")
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def assert_shown(text: str) -> None:
    assert not [control for control in CONTROLS if control in text]
    assert "\x1b]8;" not in text  # a link
    for name in NAMES:
        assert printable(name) in text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("terminal", [True, False])
def test_a_run_shows_whatever_names_a_source_has(start: Start, terminal: bool) -> None:
    code, shown = run(start, RUN, terminal=terminal)
    assert code == 65, shown
    assert_shown(shown)
    assert Run.objects.get().status == "partial"


@pytest.mark.django_db(transaction=True)
def test_a_plan_shows_whatever_names_a_source_has(start: Start) -> None:
    code, shown = run(start, RUN, "--dry-run")
    assert code == 0, shown
    assert_shown(shown)


@given(st.text(st.characters(exclude_categories=[])))
def test_what_is_printable_is_one_line_without_anything_that_a_terminal_obeys(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert not [control for control in CONTROLS if control in shown]


def test_ordinary_text_is_printed_as_it_is() -> None:
    for text in ("Grüße [asio] :smile: \U0001f469\u200d\U0001f4bb", "العربية", "a\\b"):
        assert printable(text) == text
