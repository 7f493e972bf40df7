"""Programs that we start get no secret in their environment, but the one that they need."""

import ast
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.operations.github_ops.git.environment import git_credential, offline_environment, online_environment
from core.postgres.transfer import client_environment
from core.programs import program_environment

ROOT = Path(__file__).parents[2]
VARIABLES = ("GITHUB_TOKEN", "GITHUB_TOKENS_SCRAPING", "DISCORD_TOKEN", "SLACK_BOT_TOKEN_T1", "DATABASE_URL")
# They start this very program again, or uv for a developer.
MAY_INHERIT = {"core/management/commands/demo.py", "core/generated_files.py"}


def test_no_environment_of_a_program_holds_what_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = secrets.token_hex(12)
    for name in (*VARIABLES, "PGPASSWORD", "GIT_ASKPASS", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, secret)
    needed = secrets.token_hex(12)
    url = "https://github.com/boostorg/asio.git"
    for environment in (
        program_environment(),
        offline_environment(),
        online_environment(url, git_credential(needed)),
        client_environment({"host": "db", "password": needed}),
    ):
        assert secret not in str(environment)
        assert environment["PATH"] == os.environ["PATH"]
    assert client_environment({"host": "db", "password": needed})["PGPASSWORD"] == needed


@pytest.mark.django_db
def test_doctor_shows_git_none_of_our_tokens(tmp_path: Path) -> None:
    secret = secrets.token_hex(12)
    seen = tmp_path / "seen"
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(f"#!/bin/sh\nenv > {seen}\necho git version 2.40.0\n")
    git.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DATABASE")},
        **dict.fromkeys(VARIABLES[:-1], secret),
        "PATH": f"{git.parent}:{os.environ['PATH']}",
        "DATABASE_URL": f"postgresql://boost:{secret}@127.0.0.1:1/boost",
        "DATABASE_LOCK_URL": "",
    }
    program = (
        "import os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"
        "import django; django.setup()\n"
        "from core import registry; registry.keep('no app')\n"  # and so no source is asked
        "from django.core.management import call_command; call_command('doctor')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "git version 2.40.0" in done.stdout, done.stderr
    assert secret not in seen.read_text()
    assert secret not in done.stdout + done.stderr


def starts() -> Iterator[tuple[str, ast.Call]]:
    """Each call in our own code that starts a program."""
    for path in sorted(ROOT.glob("*/**/*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith((".", "benchmarks/", "tests/")) or {"tests", "twin"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "subprocess"
            ):
                yield name, node


def test_every_program_is_told_its_environment() -> None:
    found = list(starts())
    assert {"core/postgres/cluster.py", "core/operations/github_ops/git/process.py"} <= {
        name for name, _ in found
    }
    for name, call in found:
        told = next((keyword.value for keyword in call.keywords if keyword.arg == "env"), None)
        if name not in MAY_INHERIT:
            assert told is not None, f"{name}:{call.lineno}"
            assert "environ" not in ast.unparse(told).replace("environment", ""), f"{name}:{call.lineno}"
