"""A repository's whole history into the database, against git's own reading of it, row by row.

`--repo` is any clone. git's own time is that of `git log --all --raw --numstat`, its output thrown away. Then
the history is pushed again in steps, as it once grew, and each step is ingested.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.laboratory import Laboratory
from github_activity_tracker.models import Commit, CommitFile, GitRef

AIM_RATIO = 2.0
AIM_MB = 300
REPOSITORY = 1  # id of the repository that stands for the clone
LOG = ("log", "--all", "--raw", "--numstat", "-z", "--no-abbrev")
SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", required=True, type=Path, metavar="PATH", help="a clone, bare or not")
    parser.add_argument("--pushes", type=int, default=200, help="steps of the replay; 0: none (default: 200)")
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement (default: 3)")


def measure(_lab: Laboratory, options: argparse.Namespace) -> dict[str, Any]:
    from django.core.management import call_command  # noqa: PLC0415 - needs the laboratory's database

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory(prefix="git-ingest-") as folder:
        mirror = Path(folder) / "mirror.git"
        _git("clone", "-q", "--mirror", "--no-hardlinks", str(options.repo), str(mirror))
        own: list[float] = []
        ours: list[dict[str, Any]] = []
        for _ in range(options.rounds):
            own.append(_seconds_of_git(mirror))
            call_command("flush", interactive=False, verbosity=0)
            ours.append(_ingest(mirror))
        differences = list(_differences(mirror))
        again = _ingest(mirror)
        figures: dict[str, Any] = {
            "commits": Commit.objects.count(),
            "changed_files": CommitFile.objects.count(),
            "refs": GitRef.objects.count(),
            "git_seconds": round(statistics.median(own), 2),
            "seconds": round(statistics.median(each["seconds"] for each in ours), 2),
            "ratio": round(
                statistics.median(each["seconds"] / git for each, git in zip(ours, own, strict=True)), 2
            ),
            "aim_ratio": AIM_RATIO,
            "peak_mb": round(max(each["peak_mb"] for each in ours), 1),
            "aim_mb": AIM_MB,
            "second_run_counts": again["counts"],
            "second_run_seconds": round(again["seconds"], 2),
        }
        if options.pushes:
            call_command("flush", interactive=False, verbosity=0)
            figures |= _replay(mirror, Path(folder), options.pushes)
            differences += _differences(mirror)
    return figures | {"differences": differences[:SHOWN], "differences_total": len(differences)}


def _git(*arguments: str, folder: Path | None = None, stdin: str | None = None) -> str:
    ended = subprocess.run(
        ["git", *(["-C", str(folder)] if folder else []), *arguments],
        check=True,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        input=stdin,
    )
    return ended.stdout


def _seconds_of_git(mirror: Path) -> float:
    began = time.perf_counter()
    subprocess.run(["git", "-C", str(mirror), *LOG], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _ingest(mirror: Path) -> dict[str, Any]:
    """Ingest a mirror in a process of its own: its seconds, peak memory and the run's counts."""
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.ingestion", str(mirror), str(REPOSITORY)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, "ENV_FILE": ""},
    )
    return json.loads(ended.stdout)


def _differences(mirror: Path) -> Iterator[str]:
    """Compare what is stored with what git says, both ways."""
    stored = _stored()
    for sha, told in _told(mirror):
        found = stored.pop(sha, None)
        if found is None:
            yield f"{sha} is missing"
        elif found != told:
            yield f"{sha}: git says {told}, stored is {found}"
    yield from (f"{sha} is not git's" for sha in stored)


def _stored() -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {
        sha: [] for sha in Commit.objects.filter(is_reachable=True).values_list("sha", flat=True)
    }
    rows = CommitFile.objects.filter(commit__is_reachable=True).order_by("commit_id", "position")
    for sha, *row, path, old_path, raw in rows.values_list(
        "commit__sha", "status", "similarity", "old_mode", "new_mode", "additions", "deletions",
        "path", "old_path", "path_bytes",
    ).iterator():  # fmt: skip
        found[sha].append((*row, bytes(raw) if raw else path.encode(), old_path))
    return found


def _told(mirror: Path) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Each commit's changes as git tells them, read in the plainest way: one after the other, whole."""
    output = subprocess.run(
        ["git", "-C", str(mirror), *LOG, "--format=%x00%x00commit %H"],
        check=True,
        capture_output=True,
    ).stdout
    for part in output.split(b"\x00\x00commit ")[1:]:
        sha, _, rest = part.partition(b"\x00") if b"\x00" in part[:41] else (part[:40], b"", part[40:])
        yield sha.decode().strip(), _changes(rest.strip(b"\n"))


def _changes(text: bytes) -> list[tuple[Any, ...]]:
    fields = text.split(b"\x00")
    raw: list[tuple[Any, ...]] = []
    place = 0
    while place < len(fields) and fields[place].lstrip(b"\n").startswith(b":"):
        old_mode, new_mode, _, _, status = fields[place].lstrip(b"\n")[1:].split(b" ")
        renamed = status[:1] in b"RC"
        paths = fields[place + 1 : place + (3 if renamed else 2)]
        similarity = int(status[1:]) if status[1:] else None
        raw.append((status[:1].decode(), similarity, int(old_mode, 8), int(new_mode, 8), paths))
        place += 1 + len(paths)
    changes: list[tuple[Any, ...]] = []
    for status, similarity, old_mode, new_mode, paths in raw:
        added, deleted, path = fields[place].lstrip(b"\n").split(b"\t", 2)
        place += 1 if path else 3
        counts = (None, None) if added == b"-" else (int(added), int(deleted))
        old_path = paths[0].decode("utf-8", "backslashreplace") if len(paths) > 1 else None
        changes.append((status, similarity, old_mode, new_mode, *counts, paths[-1], old_path))
    return changes


def _replay(mirror: Path, folder: Path, pushes: int) -> dict[str, Any]:
    """The history once more in steps of equally many commits, each step what the branches reached then."""
    upstream, ours = folder / "upstream.git", folder / "ours.git"
    _git("clone", "-q", "--mirror", "--shared", str(mirror), str(upstream))
    refs = [
        line.split(" ")
        for line in _git("for-each-ref", "--format=%(refname) %(objectname)", folder=mirror).splitlines()
    ]
    for name, _ in refs:
        _git("update-ref", "-d", name, folder=upstream)
    order = _git("log", "--all", "--date-order", "--reverse", "--format=%H", folder=mirror).split()
    position = {sha: number for number, sha in enumerate(order)}
    lines = {
        name: [position[sha] for sha in _git("rev-list", "--first-parent", target, folder=mirror).split()]
        for name, target in refs
        if name.startswith("refs/heads/")
    }
    _git("init", "-q", "--bare", str(ours))
    slowest = 0.0
    for step in range(1, pushes + 1):
        reached = len(order) * step // pushes
        tips = {name: next((p for p in line if p < reached), None) for name, line in lines.items()}
        commands = [f"update {name} {order[tip]}" for name, tip in tips.items() if tip is not None]
        if step == pushes:
            commands = [f"update {name} {target}" for name, target in refs]
        _git("update-ref", "--stdin", folder=upstream, stdin="\n".join([*commands, ""]))
        _git("fetch", "-q", "--prune", str(upstream), "+refs/*:refs/*", folder=ours)
        slowest = max(slowest, _ingest(ours)["seconds"])
    return {
        "pushes": pushes,
        "commits_after_pushes": Commit.objects.count(),
        "slowest_push_seconds": round(slowest, 2),
    }
