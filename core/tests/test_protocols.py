"""The Protocols as pyright sees them, and the guards as a running program does."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.protocols import (
    Activity,
    ActivityRecord,
    IncrementalState,
    Result,
    State,
    TrackerResult,
    require_activity_record,
    require_incremental_state,
    require_tracker_result,
)

SAMPLES = Path(__file__).resolve().parents[1] / "pyright_samples"
RESULT = Result(success=True, counts={"created": 2})
ACTIVITY = Activity(
    "github", "1", datetime(2024, 1, 1, tzinfo=UTC), "issue", "7", "https://example.org/1", "x"
)
STATE = State("42", "page 42", {"pages": 3})


@pytest.fixture(scope="module")
def findings() -> dict[tuple[str, int], set[str]]:
    """The rules that pyright finds broken, by file name and line."""
    # The interpreter that runs the tests has the pyright to ask, whatever PATH says.
    command = [sys.executable, "-m", "pyright", "--project", str(SAMPLES), "--outputjson"]
    done = subprocess.run(
        [*command, "--pythonpath", sys.executable], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode in (0, 1), f"pyright could not run: {done.stdout}{done.stderr}"
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(list(SAMPLES.glob("*.py")))
    broken: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for finding in report["generalDiagnostics"]:
        line = finding["range"]["start"]["line"] + 1
        broken[Path(finding["file"]).name, line].add(finding.get("rule", finding["message"]))
    return broken


def test_pyright_accepts_everything_that_has_the_shape(findings: dict[tuple[str, int], set[str]]) -> None:
    assert {key: rules for key, rules in findings.items() if key[0] == "accepted.py"} == {}


def test_pyright_rejects_each_wrong_shape_at_its_line_and_nothing_else(
    findings: dict[tuple[str, int], set[str]],
) -> None:
    expected: dict[int, str] = {}
    for line, text in enumerate((SAMPLES / "rejected.py").read_text().splitlines(), start=1):
        if marker := re.search(r"# expect: (\w+)$", text):
            expected[line] = marker[1]
    found = {line: rules for (name, line), rules in findings.items() if name == "rejected.py"}
    assert len(expected) >= 12
    assert found == {line: {rule} for line, rule in expected.items()}


def test_the_plain_dataclasses_satisfy_protocol_and_guard() -> None:
    assert isinstance(RESULT, TrackerResult)
    assert isinstance(ACTIVITY, ActivityRecord)
    assert isinstance(STATE, IncrementalState)
    assert require_tracker_result(RESULT) is RESULT
    assert require_activity_record(ACTIVITY) is ACTIVITY
    assert require_incremental_state(STATE) is STATE
    assert require_incremental_state(State()).checkpoint_token is None


def test_a_tracker_result_is_exactly_success_and_counts() -> None:
    assert isinstance(SimpleNamespace(success=False, counts={}), TrackerResult)
    assert not isinstance(SimpleNamespace(success=False), TrackerResult)
    assert not isinstance(SimpleNamespace(counts={}), TrackerResult)


@pytest.mark.parametrize(
    ("record", "name"), [(RESULT, "success"), (ACTIVITY, "summary"), (STATE, "checkpoint_token")]
)
def test_the_plain_dataclasses_are_frozen_and_slotted(record: object, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(record, name, "other")
    assert not hasattr(record, "__dict__")


def test_two_results_do_not_share_their_counts() -> None:
    assert Result(success=True).counts is not Result(success=True).counts


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "NoneType does not fit TrackerResult: success is missing; counts is missing"),
        (
            {"success": True, "counts": {}},
            "dict does not fit TrackerResult: success is missing; counts is missing",
        ),
        (SimpleNamespace(success=True), "counts is missing"),
        (SimpleNamespace(success=1, counts={}), "success must be bool, not int"),
        (
            SimpleNamespace(success=True, counts=[("created", 1)]),
            "counts must be a mapping of str to int, not list",
        ),
        (
            SimpleNamespace(success=True, counts={"created": "1"}),
            "counts must map str to int, but has 'created': '1'",
        ),
        (
            SimpleNamespace(success=True, counts={"done": True}),
            "counts must map str to int, but has 'done': True",
        ),
        (SimpleNamespace(success=True, counts={1: 1}), "counts must map str to int, but has 1: 1"),
        (Result, "the class Result does not fit TrackerResult: success must be bool"),
    ],
)
def test_what_is_no_tracker_result_is_refused_by_name(value: object, message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        require_tracker_result(value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"external_id": 7}, "external_id must be str, not int"),
        ({"external_id": ""}, "external_id must not be empty"),
        ({"occurred_at": "2024-01-01"}, "occurred_at must be datetime, not str"),
        ({"occurred_at": datetime(2024, 1, 1)}, "occurred_at must carry a timezone"),  # noqa: DTZ001 - the point
        ({"actor_external_id": 7}, "actor_external_id must be str or None, not int"),
        ({"source_url": None}, "source_url must be str, not NoneType"),
        (
            {"summary": b"x", "activity_type": None},
            "activity_type must be str, not NoneType; summary must be str",
        ),
    ],
)
def test_what_is_no_activity_record_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        require_activity_record(replace(ACTIVITY, **changes))


def test_another_record_is_no_incremental_state() -> None:
    with pytest.raises(TypeError, match="Result does not fit IncrementalState: checkpoint_token is missing"):
        require_incremental_state(RESULT)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"checkpoint_token": 42}, "checkpoint_token must be str or None, not int"),
        ({"human_readable_marker": b"x"}, "human_readable_marker must be str or None, not bytes"),
        ({"extras": None}, "extras must be a mapping with str keys, not NoneType"),
        ({"extras": {1: 2}}, "extras must have str keys, but has 1"),
    ],
)
def test_what_is_no_incremental_state_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        require_incremental_state(replace(STATE, **changes))


def test_protocols_bring_no_django_along() -> None:
    code = "import sys, core.protocols; print(*(name for name in sys.modules if name.startswith('django')))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
