"""The twin's git repositories: what they claim to be true is what real git says of them."""

import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest

from core.twins import World
from github_activity_tracker.tests import git_says
from github_activity_tracker.twin.git import GitHost, TwinRepository

ALL = ("--branches", "--tags")


@pytest.fixture
def host() -> GitHost:
    return GitHost(World(1))


def made(host: GitHost, layout: str, commits: int = 60) -> TwinRepository:
    submodules = ("asio", "beast", "url") if layout == "superproject" else ()
    return host.create("boostorg", layout, commits=commits, layout=layout, submodules=submodules)


def time_of(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError):
        return None


def seen_by_git(folder: Path) -> dict[str, list[Any]]:
    """sha -> parents, author, address, time, committer, address, time."""
    return {
        sha: [parents.split(), author, address, time_of(at), committer, other_address, time_of(other_at)]
        for sha, (parents, author, address, at, committer, other_address, other_at) in git_says.commits(
            folder, *ALL
        ).items()
    }


def claimed(twin: TwinRepository) -> dict[str, list[Any]]:
    columns = ("author_name", "author_email", "authored_at")
    columns += ("committer_name", "committer_email", "committed_at")
    return {
        str(row["sha"]): [row["parents"], *(row[column] for column in columns)]
        for row in twin.commits()
        if row["is_reachable"]
    }


def check_files(twin: TwinRepository) -> None:
    rows: dict[str, list[dict[str, object]]] = {}
    for row in twin.files():
        rows.setdefault(str(row["commit__sha"]), []).append(row)
    for commit in twin.commits():
        sha = str(commit["sha"])
        mine = [
            {name: row[name] for name in row if name not in {"commit__sha", "position", "path_bytes"}}
            for row in rows.get(sha, [])
        ]
        assert mine == git_says.files(twin.folder, sha), commit["message"]
        assert [row["position"] for row in rows.get(sha, [])] == list(range(len(mine)))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("layout", ["library", "superproject", "llvm"])
def test_what_is_true_of_commits_and_files_is_what_git_log_says(layout: str, seed: int) -> None:
    twin = made(GitHost(World(seed)), layout)
    assert len(twin.commits()) == 60
    assert claimed(twin) == seen_by_git(twin.folder)
    check_files(twin)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_that_is_pushed_between_two_runs_is_as_git_log_says(seed: int) -> None:
    twin = made(GitHost(World(seed)), "library")
    before = {str(row["sha"]) for row in twin.commits()}
    old, new = twin.force_push(drop=2, add=3)
    merge = twin.merge()
    pushed = twin.push(20)
    twin.push(2, branch="feature/new")
    twin.delete_branch("feature/Grüße")
    twin.tag("annotated")
    twin.tag("light", annotated=False)
    assert claimed(twin) == seen_by_git(twin.folder)
    check_files(twin)
    check_refs(twin)
    rows = {str(row["sha"]): row for row in twin.commits()}
    assert before < set(rows)
    assert (rows[old]["is_reachable"], rows[new]["is_reachable"]) == (False, True)
    assert rows[merge]["is_merge"]
    assert twin.tip() == pushed[-1]
    assert twin.pushed_at > twin.world.until
    times = [row["committed_at"] for row in rows.values() if row["sha"] not in before]
    assert min(times, key=str) > twin.world.until  # type: ignore[operator] - rows hold any type; these are times


def check_refs(twin: TwinRepository) -> None:
    form = "%(refname)%00%(objectname)%00%(*objectname)%00%(taggerdate:unix)"
    listed = git_says.git(twin.folder, "for-each-ref", f"--format={form}").decode().splitlines()
    rows = {row["name"]: row for row in twin.refs()}
    assert len(listed) == len(rows)
    for name, object_id, _, tagged_at in (line.split("\0") for line in listed):
        assert rows[name]["object_id"] == object_id
        assert rows[name]["tagged_at"] == (time_of(tagged_at) if tagged_at else None)
        target = rows[name]["target"]
        peeled = git_says.git(twin.folder, "rev-parse", f"{name}^{{}}").decode().strip()
        kind = git_says.git(twin.folder, "cat-file", "-t", peeled).decode().strip()
        assert target == (peeled if kind == "commit" else None)


def test_refs_and_what_annotated_tags_stand_for_are_as_git_says(host: GitHost) -> None:
    twin = made(host, "library")
    check_refs(twin)
    rows = twin.refs()
    assert any(row["target"] is None for row in rows)
    assert any(row["target"] != row["object_id"] and row["tagged_at"] is None for row in rows)


def decoded(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError:
        return message.decode("cp1252")


def test_messages_and_trailers_are_as_git_says(host: GitHost) -> None:
    twin = made(host, "library")
    for row in twin.commits():
        printed = git_says.git(twin.folder, "log", "-1", "--format=%B", str(row["sha"])).rstrip(b"\n")
        assert row["message"] == decoded(printed)
        assert row["trailers"] == git_says.trailers(twin.folder, str(row["sha"]))
    keys = [trailer[0] for row in twin.commits() for trailer in row["trailers"]]  # type: ignore[attr-defined]
    assert {"Co-authored-by", "Signed-off-by", "Fixes", "Reviewed-by"} <= set(keys)


def test_the_mailmap_makes_of_people_what_git_says(host: GitHost) -> None:
    twin = made(host, "library")
    people = sorted(twin.identities())
    asked = "".join(f"{name} <{email}>\n" for name, email in people if name and email)
    blob = f"mailmap.blob={twin.default_branch}:.mailmap"
    told = git_says.git(twin.folder, "-c", blob, "check-mailmap", "--stdin", given=asked).decode()
    rows = twin.mailmap()
    mapped = {
        f"{row['name']} <{row['email']}>": f"{row['canonical_name']} <{row['canonical_email']}>"
        for row in rows
    }
    assert mapped
    assert [mapped.get(line, line) for line in asked.splitlines()] == told.splitlines()
    content = twin.content()[".mailmap"]
    blob_id = git_says.git(twin.folder, "rev-parse", f"{twin.default_branch}:.mailmap").decode().strip()
    assert blob_id == sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()


def test_the_oddities_of_real_histories_are_all_there(host: GitHost) -> None:
    twin = made(host, "library")
    files, commits = twin.files(), twin.commits()
    assert {row["status"] for row in files} == set("ADMRT")
    assert {row["similarity"] for row in files} > {None, 100}
    assert {row["new_mode"] for row in files} == {0, 0o100644, 0o100755, 0o120000, 0o160000}
    assert any(row["status"] == "M" and row["old_mode"] != row["new_mode"] for row in files)
    assert any(row["is_binary"] and row["status"] == "M" for row in files)
    undecodable = [row for row in files if row["path_bytes"] is not None]
    assert "odd/latin1-\\xe9t\\xe9.txt" in {row["path"] for row in undecodable}
    assert any("\n" in str(row["path"]) for row in files)
    assert max(len(row["parents"]) for row in commits) == 3  # type: ignore[arg-type]
    assert sum(not row["parents"] for row in commits) == 3
    assert any(not row["author_name"] for row in commits)
    assert any(not row["author_email"] for row in commits)
    assert sum(row["authored_at"] is None for row in commits) == 2
    assert any(not row["message"] for row in commits)
    per_commit = [sum(row["commit__sha"] == commit["sha"] for row in files) for commit in commits]
    assert max(per_commit) > 300
    assert any(not count and not row["is_merge"] for count, row in zip(per_commit, commits, strict=True))
    assert len(b"\0".join(message.encode() for message in map(str, (r["message"] for r in commits)))) > 10_000


@pytest.mark.parametrize("commits", [1, 2, 5, 14, 15, 16, 30, 200])
def test_a_repository_has_as_many_commits_as_were_asked_for(host: GitHost, commits: int) -> None:
    twin = host.create("boostorg", "sized", commits=commits)
    assert len(twin.commits()) == commits == len(seen_by_git(twin.folder))
    assert claimed(twin) == seen_by_git(twin.folder)


def test_an_everyday_commit_changes_as_many_files_as_were_asked_for(host: GitHost) -> None:
    twin = host.create("boostorg", "plain", commits=100, files=5, odd=False)
    everyday = [row["sha"] for row in twin.commits()[1:] if not row["is_merge"]]
    files = twin.files()
    assert {sum(row["commit__sha"] == sha for row in files) for sha in everyday} == {5}


def test_hashes_follow_from_the_seed_in_every_process(host: GitHost) -> None:
    program = (
        "from core.twins import World; from github_activity_tracker.twin.git import GitHost;"
        "twin = GitHost(World({seed})).create('boostorg', 'asio', commits=60);"
        "twin.push(3); print(sorted(twin.head_refs().values()))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", program.format(seed=seed)], capture_output=True, text=True, check=True
        ).stdout
        for seed in (1, 1, 2)
    ]
    twin = host.create("boostorg", "asio", commits=60)
    twin.push(3)
    assert told[0] == told[1] == f"{sorted(twin.head_refs().values())}\n" != told[2]


def test_what_happens_to_one_copy_of_a_repository_does_not_happen_to_another() -> None:
    one, other = (made(GitHost(World(1)), "library") for _ in range(2))
    before = (other.commits(), other.refs(), seen_by_git(other.folder))
    one.push(2)
    one.force_push()
    one.delete_branch("master")
    assert (other.commits(), other.refs(), seen_by_git(other.folder)) == before
    other.push(2)
    assert other.tip() == one.commits()[62 - 1]["sha"]


def test_a_repository_outlives_the_host_that_made_it_but_not_its_close(tmp_path: Path) -> None:
    host = GitHost(World(1))
    twin = made(host, "library")
    folder = host.folder
    del host
    assert twin.content()["README.md"]
    del twin
    assert not folder.exists()
    host = GitHost(World(1))
    host.close()
    assert not host.folder.exists()
    kept = made(GitHost(World(1), tmp_path), "library").folder
    assert kept.parent == tmp_path
    assert kept.exists()


def test_a_superproject_names_its_submodules(host: GitHost) -> None:
    twin = made(host, "superproject")

    def named() -> dict[str, str]:
        told = git_says.git(twin.folder, "config", "--blob", "master:.gitmodules", "--get-regexp", "url$")
        pairs = (line.split() for line in told.decode().splitlines())
        return {name.split(".")[1]: url for name, url in pairs}

    assert named() == {name: f"../{name}.git" for name in ("asio", "beast", "url")}
    assert git_says.git(twin.folder, "ls-tree", "master", "libs/url").startswith(b"160000 commit ")
    check_files(twin)
