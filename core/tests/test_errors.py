"""Categories found in a chain of exceptions, and what the project's own errors promise."""

import pickle
import socket
import subprocess
import sys
from pathlib import Path

from django.core.management import CommandError

from core import errors
from core.errors import CollectorFailureCategory, classify_failure, exit_code
from core.tests.failing_server import closed_port, failure_of, raise_from

ROOT = Path(__file__).resolve().parents[2]


def test_the_cause_decides_when_the_wrapper_says_nothing() -> None:
    inner = failure_of(
        lambda: raise_from(LookupError("page"), socket.gaierror(socket.EAI_NONAME, "no such host"))
    )
    assert classify_failure(failure_of(lambda: raise_from(RuntimeError("page 3"), inner))) == "network"


def test_what_happened_before_is_no_cause() -> None:
    def fail_while_handling() -> None:
        try:
            socket.create_connection(("127.0.0.1", closed_port()))
        except ConnectionRefusedError:
            raise KeyError("a bug in the handler")  # noqa: B904 - the implicit context is the point

    assert classify_failure(failure_of(fail_while_handling)) == "unknown"


def test_a_command_error_stays_a_command_error_whatever_caused_it() -> None:
    assert classify_failure(failure_of(lambda: raise_from(CommandError("x"), TimeoutError()))) == "command"


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = RuntimeError("first"), RuntimeError("second")
    first.__cause__, second.__cause__ = second, first
    assert classify_failure(first) == "unknown"


def test_each_error_of_the_project_has_a_category_of_its_own_group_and_survives_pickling() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    groups = (errors.TryAgainLater, errors.NeedsChange, errors.NeedsInvestigation)
    leaves = [each for each in classes if issubclass(each, groups) and each not in groups]
    assert len(leaves) >= 15
    for leaf in leaves:
        failure = leaf("it failed", item="boost@lists.boost.org", remedy="look")
        assert failure.category != "unknown"
        assert sum(issubclass(leaf, group) for group in groups) == 1
        assert classify_failure(failure) == failure.category
        copy = pickle.loads(pickle.dumps(failure))  # noqa: S301 - our own bytes, as a task queue carries them
        assert str(copy) == "boost@lists.boost.org: it failed (look)"
        assert vars(copy) == vars(failure)


def test_a_rate_limit_keeps_the_seconds_to_wait() -> None:
    assert errors.RateLimited("slow down", retry_after=7.5).retry_after == 7.5
    assert errors.RateLimited("slow down").retry_after is None


def test_every_category_has_the_exit_code_of_its_remedy() -> None:
    assert {category.value: exit_code(category) for category in CollectorFailureCategory} == {
        "validation": 64,
        "not_found": 64,
        "partial": 65,
        "network": 69,
        "source": 69,
        "unknown": 70,
        "command": 70,
        "database": 70,
        "resource": 70,
        "rate_limit": 75,
        "timeout": 75,
        "locked": 75,
        "cancelled": 75,
        "auth": 77,
        "permission": 77,
        "configuration": 78,
    }


def test_classifying_imports_no_library_and_no_tracker() -> None:
    code = (
        "import sys; from core.errors import classify_failure; classify_failure(ValueError('x'));"
        "classify_failure(OSError(5, 'x')); print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    vendors = (
        "github slack_sdk discord googleapiclient google pinecone httpx requests urllib3 aiohttp psycopg"
    )
    assert loaded.isdisjoint(vendors.split())
    assert "django" not in loaded
    assert {name for name in loaded if name.endswith("_tracker")} == set()
    assert "core" in loaded
