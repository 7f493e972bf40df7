"""The twin's repositories as git clients meet them: smart HTTP, credentials, refusals, faults."""

import base64
import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.twins import Fault, Faults, Twin, TwinRequest, TwinResponse, World, serve
from github_activity_tracker.tests import git_says
from github_activity_tracker.twin.git import GitHost

READER, WRITER = "ghp_reader", "ghp_writer"


class GitTwin(Twin):
    """Nothing but git."""

    name = "git"

    def __init__(self, world: World, **options: Any) -> None:
        super().__init__(world, **options)
        self.host = GitHost(world, readers={READER}, writers={WRITER})
        self.asked: list[TwinRequest] = []

    def answer(self, request: TwinRequest) -> TwinResponse:
        self.asked.append(request)
        return self.host.respond(request)

    def operation(self, request: TwinRequest) -> tuple[str, int]:
        return self.host.operation(request) or super().operation(request)

    def environment(self, base_url: str) -> dict[str, str]:
        return {"GITHUB_GIT_BASE_URL": base_url}

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def mutate(self) -> None: ...


@pytest.fixture
def twin() -> GitTwin:
    return GitTwin(World(1))


@contextlib.contextmanager
def served(twin: GitTwin) -> Iterator[str]:
    with serve([twin]) as addresses:
        yield addresses["git"]


def git(folder: Path, *arguments: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_TERMINAL_PROMPT": "0"}
    if token:
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_clone_has_the_refs_and_commits_that_are_true(twin: GitTwin, tmp_path: Path) -> None:
    asio = twin.host.create("boostorg", "asio", commits=60)
    with served(twin) as url:
        done = git(tmp_path, "clone", "--mirror", "-q", f"{url}/boostorg/asio.git", "mirror")
    assert done.returncode == 0, done.stderr
    mirror = tmp_path / "mirror"
    listed = git_says.git(mirror, "for-each-ref", "--format=%(objectname) %(refname)").decode().splitlines()
    assert sorted(listed) == sorted(f"{row['object_id']} {row['name']}" for row in asio.refs())
    assert set(git_says.commits(mirror, "--all")) == {row["sha"] for row in asio.commits()}
    assert git_says.git(mirror, "symbolic-ref", "HEAD").decode().strip() == "refs/heads/develop"
    assert all(request.headers["git-protocol"] == "version=2" for request in twin.asked)


def test_a_fetch_brings_what_was_pushed_and_forgets_what_was_deleted(twin: GitTwin, tmp_path: Path) -> None:
    asio = twin.host.create("boostorg", "asio", commits=60)
    with served(twin) as url:
        git(tmp_path, "clone", "--mirror", "-q", f"{url}/boostorg/asio.git", "mirror")
        new = asio.push(3)
        before, after = asio.force_push()
        assert before != after
        gone = asio.delete_branch("feature/Grüße")
        asio.push(1, branch=f"{gone}/deeper")
        asio.merge()
        asio.tag("later")
        done = git(tmp_path / "mirror", "fetch", "--prune", "-q")
    assert done.returncode == 0, done.stderr
    mirror = tmp_path / "mirror"
    listed = git_says.git(mirror, "for-each-ref", "--format=%(objectname) %(refname)").decode().splitlines()
    assert sorted(listed) == sorted(f"{row['object_id']} {row['name']}" for row in asio.refs())
    reachable = {row["sha"] for row in asio.commits() if row["is_reachable"]}
    assert set(git_says.commits(mirror, "--all")) == reachable
    assert set(new) <= reachable
    assert before not in reachable


def work_copy(folder: Path, url: str, files: dict[str, bytes]) -> Path:
    """A commit on `main` with these files, that has `url` as its origin."""
    git(folder, "init", "-q", "-b", "main", "work")
    work = folder / "work"
    for name, content in files.items():
        (work / name).write_bytes(content)
    git(work, "add", ".")
    git(work, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "Files")
    git(work, "remote", "add", "origin", url)
    return work


def test_a_push_larger_than_gits_buffer_arrives_whole(twin: GitTwin, tmp_path: Path) -> None:
    twin.host.empty("boostorg", "pages")
    files = {"noise.bin": World(1).rng().randbytes(3_000_000), "a.txt": b"a\n"}
    with served(twin) as url:
        work = work_copy(tmp_path, f"{url}/boostorg/pages.git", files)
        done = git(work, "push", "-q", "origin", "main", token=WRITER)
    assert done.returncode == 0, done.stderr
    assert twin.host.content("boostorg", "pages", "main") == files
    assert any(request.headers.get("transfer-encoding") == "chunked" for request in twin.asked)
    tip = git_says.git(work, "rev-parse", "HEAD").decode().strip()
    pages = twin.host.get("boostorg", "pages")
    assert pages
    assert pages.tip() == tip


def test_an_empty_repository_can_be_cloned_and_has_no_content(twin: GitTwin, tmp_path: Path) -> None:
    twin.host.empty("boostorg", "pages")
    with served(twin) as url:
        done = git(tmp_path, "clone", "--mirror", "-q", f"{url}/boostorg/pages.git", "mirror")
    assert done.returncode == 0, done.stderr
    assert git_says.git(tmp_path / "mirror", "for-each-ref") == b""
    assert twin.host.content("boostorg", "pages") == {}


def test_two_pushes_from_one_commit_are_one_push_and_one_refusal(twin: GitTwin, tmp_path: Path) -> None:
    twin.host.empty("boostorg", "pages")
    with served(twin) as url:
        told: list[subprocess.CompletedProcess[str]] = []
        for name in "ab":
            (tmp_path / name).mkdir()
            work = work_copy(tmp_path / name, f"{url}/boostorg/pages.git", {name: name.encode()})
            told.append(git(work, "push", "-q", "origin", "main", token=WRITER))
    assert [bool(done.returncode) for done in told] == [False, True]
    assert "rejected" in told[1].stderr
    assert twin.host.content("boostorg", "pages", "main") == {"a": b"a"}


def test_a_long_negotiation_comes_compressed_and_is_understood(twin: GitTwin, tmp_path: Path) -> None:
    asio, beast = (twin.host.create("boostorg", name, commits=200) for name in ("asio", "beast"))
    with served(twin) as url:
        git(tmp_path, "clone", "--mirror", "-q", f"{url}/boostorg/asio.git", "mirror")
        done = git(tmp_path / "mirror", "fetch", "-q", f"{url}/boostorg/beast.git", "develop:unrelated")
    assert done.returncode == 0, done.stderr
    assert any(request.headers.get("content-encoding") == "gzip" for request in twin.asked)
    tips = git_says.git(tmp_path / "mirror", "rev-parse", "develop", "unrelated").decode().split()
    assert tips == [asio.tip(), beast.tip()]


def test_a_clone_can_leave_out_the_contents_and_ask_for_any_commit(twin: GitTwin, tmp_path: Path) -> None:
    asio = twin.host.create("boostorg", "asio", commits=60)
    left_behind, _ = asio.force_push()
    with served(twin) as url:
        address = f"{url}/boostorg/asio.git"
        done = git(tmp_path, "clone", "--mirror", "-q", "--filter=blob:none", address, "mirror")
        assert done.returncode == 0, done.stderr
        mirror = tmp_path / "mirror"
        kinds = git_says.git(
            mirror, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)", "--unordered"
        ).split()
        assert set(kinds) == {b"commit", b"tree", b"tag", b"blob"}  # a tag's own blob is asked for
        assert kinds.count(b"blob") == 1
        assert git(mirror, "fetch", "-q", "origin", left_behind).returncode == 0


@pytest.mark.parametrize(
    ("target", "token", "says"),
    [
        ("boostorg/private", None, "could not read Username"),
        ("boostorg/private", "ghp_unknown", "could not read Username"),
        ("boostorg/open", "ghp_unknown", "could not read Username"),
        ("boostorg/unknown", None, "could not read Username"),
        ("boostorg/unknown", READER, "Repository not found."),
        ("boostorg/blocked", READER, "Repository unavailable due to DMCA takedown."),
        ("boostorg/blocked", None, "The requested URL returned error: 403"),
    ],
)
def test_a_fetch_is_refused_as_github_refuses_it(
    twin: GitTwin, tmp_path: Path, target: str, token: str | None, says: str
) -> None:
    for name in ("private", "open", "blocked"):
        made = twin.host.create("boostorg", name, commits=2)
        made.is_private, made.is_blocked = name == "private", name == "blocked"
    with served(twin) as url:
        done = git(tmp_path, "ls-remote", f"{url}/{target}.git", token=token)
        assert done.returncode == 128
        assert says in done.stderr
        assert git(tmp_path, "ls-remote", f"{url}/boostorg/private", token=READER).returncode == 0
        assert git(tmp_path, "ls-remote", f"{url}/BoostOrg/Open.git").returncode == 0


@pytest.mark.parametrize(
    ("name", "token", "says"),
    [
        ("open", None, "could not read Username"),
        ("open", READER, "Permission to boostorg/open.git denied"),
        ("archived", WRITER, "This repository was archived so it is read-only."),
    ],
)
def test_a_push_is_refused_as_github_refuses_it(
    twin: GitTwin, tmp_path: Path, name: str, token: str | None, says: str
) -> None:
    made = twin.host.create("boostorg", name, commits=2)
    made.is_archived = name == "archived"
    with served(twin) as url:
        work = work_copy(tmp_path, f"{url}/boostorg/{name}.git", {"a": b"a"})
        done = git(work, "push", "origin", "main", token=token)
    assert done.returncode
    assert says in done.stderr
    assert "main" not in made.content("main")


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {READER}",
        f"token {READER}",
        "Basic " + base64.b64encode(f"{READER}:x-oauth-basic".encode()).decode(),
        "Basic " + base64.b64encode(f"me:{READER}".encode()).decode(),
    ],
)
def test_a_token_is_known_in_each_shape_that_github_takes(twin: GitTwin, header: str) -> None:
    twin.host.create("boostorg", "private", commits=1).is_private = True
    query = "/boostorg/private.git/info/refs?service=git-upload-pack"
    for authorization, status in ((header, 200), (header[:-1], 401), ("Basic %%%", 401)):
        request = asked("GET", query, authorization=authorization)
        assert twin.host.respond(request).status == status


def asked(method: str, target: str, body: bytes = b"", **headers: str) -> TwinRequest:
    path, _, query = target.partition("?")
    pairs = dict(pair.split("=") for pair in query.split("&") if pair)
    return TwinRequest(method, path, pairs, headers | {"host": "localhost"}, body, target)


def test_a_renamed_repository_is_found_by_its_old_name_until_another_takes_it(
    twin: GitTwin, tmp_path: Path
) -> None:
    asio = twin.host.create("boostorg", "asio", commits=5)
    twin.host.rename("boostorg", "asio", "cppalliance", "asio2")
    with served(twin) as url:
        old = f"{url}/boostorg/asio.git"
        assert asio.tip() in git(tmp_path, "ls-remote", old).stdout
        done = git(tmp_path, "clone", "--mirror", "-q", old, "mirror")
        assert done.returncode == 0, done.stderr
        beast = twin.host.create("boostorg", "asio", commits=5, seed_scope="another")
        assert beast.tip() in git(tmp_path, "ls-remote", old).stdout
        twin.host.remove("cppalliance", "asio2")
        assert git(tmp_path, "ls-remote", f"{url}/cppalliance/asio2.git").returncode
    assert (asio.owner, asio.name) == ("cppalliance", "asio2")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/boostorg/asio.git/info/refs", 403),
        ("/boostorg/asio.git/HEAD", 404),
        ("/boostorg/asio.git/objects/info/packs", 404),
        ("/boostorg/../asio.git/config", 404),
        ("/boostorg/asio", 404),
    ],
)
def test_what_a_dumb_client_asks_for_is_not_served(twin: GitTwin, target: str, status: int) -> None:
    twin.host.create("boostorg", "asio", commits=1)
    assert twin.host.respond(asked("GET", target)).status == status


def running_in(folder: Path) -> list[Path]:
    """Processes that work in the folder."""
    processes: list[Path] = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if (process / "cwd").readlink() == folder:
                processes.append(process)
    return processes


def everything_of(tip: str) -> bytes:
    """The request of a clone, in pkt-lines: https://git-scm.com/docs/protocol-v2."""
    lines = ["command=fetch\n", None, "no-progress\n", f"want {tip}\n", "done\n"]
    packets = ("0001" if line is None else f"{len(line) + 4:04x}{line}" for line in lines)
    return ("".join(packets) + "0000").encode()


def test_git_works_on_while_the_next_request_is_answered_and_stops_when_nobody_reads(
    twin: GitTwin,
) -> None:
    asio = twin.host.create("boostorg", "asio", commits=1000, files=5)
    clone = asked(
        "POST",
        "/boostorg/asio.git/git-upload-pack",
        everything_of(asio.tip()),
        **{"git-protocol": "version=2", "content-type": "application/x-git-upload-pack-request"},
    )
    response = twin.host.respond(clone)
    assert isinstance(response.body, Iterator)
    assert next(response.body)
    assert running_in(asio.folder)
    assert twin.host.respond(asked("GET", "/boostorg/asio.git/info/refs?service=git-upload-pack")).body
    del response
    for _ in range(500):
        if not running_in(asio.folder):
            break
        time.sleep(0.01)
    assert not running_in(asio.folder)


@pytest.mark.parametrize("seed", range(4))
def test_a_client_that_tries_three_times_gets_everything_through_all_faults_of_the_wire(
    tmp_path: Path, seed: int
) -> None:
    faults = Faults.all(seed, without={Fault.SLOW, Fault.DRIFT, Fault.MALFORMED}, rate=0.9)
    twin = GitTwin(World(1), faults=faults)
    asio = twin.host.create("boostorg", "asio", commits=60)
    with serve([twin]) as addresses:
        url = f"{addresses['git']}/boostorg/asio.git"
        told = [git(tmp_path, "clone", "--mirror", "-q", url, f"mirror{attempt}") for attempt in range(3)]
        assert sum(addresses.faults.values()) == 2
    assert [bool(done.returncode) for done in told] == [True, True, False]
    assert set(git_says.commits(tmp_path / "mirror2", "--all")) == {row["sha"] for row in asio.commits()}
