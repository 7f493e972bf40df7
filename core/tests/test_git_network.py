"""git talks to servers as the HTTP client does: counted, bounded, retried, and it gives nothing away."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.errors import (
    AuthError,
    CollectorError,
    ConfigurationError,
    NetworkError,
    NotFound,
    PermissionDenied,
    RateLimited,
    SourceError,
    StopRequested,
)
from core.http import ServerError
from core.metering import Meter
from core.operations.github_ops.git import Mirror, git_credential
from core.tests.git_repositories import Scratch
from core.tests.git_server import Answer, GitRequest, GitSource, serving_git

TOKEN = "ghp_" + "s3cr3tS3CR3T" * 3
NOBODY_WAITS = {"Retry_After": "0"}


@pytest.fixture
def remote(tmp_path: Path) -> Scratch:
    (tmp_path / "served/boostorg").mkdir(parents=True)
    return Scratch(tmp_path / "served/boostorg/asio.git")


def mirror_of(
    source: GitSource, remote: Scratch, meter: Meter | None = None, *, partial: bool = False
) -> Mirror:
    folder = remote.folder.parents[2] / "mirrors/asio.git"
    return Mirror(folder, f"{source.url}/boostorg/asio.git", meter=meter or Meter(), partial=partial)


def first(answer: Answer) -> Answer:
    """Answer the first request with that, and the others as git does."""
    return lambda request: (answer if len(request.server.source.asked) == 1 else GitRequest.forward)(request)


def fetches(request: GitRequest) -> bool:
    return b"command=fetch" in request.body


def test_requests_and_bytes_are_counted(remote: Scratch) -> None:
    shas = remote.chain(5)
    meter = Meter()
    with serving_git(remote.folder.parents[1]) as source:
        mirror_of(source, remote, meter).fetch()
        packed = sum(
            pack.stat().st_size for pack in remote.folder.parents[2].glob("mirrors/*/objects/pack/*.pack")
        )
        cloned = meter.snapshot()
        assert cloned.requests == len(source.asked) == 3
        assert cloned.bytes_received == packed > 0

        mirror_of(source, remote, meter).fetch()
        assert meter.snapshot().requests == len(source.asked) == 5
        assert meter.snapshot().bytes_received == packed

        remote.chain(1, after=shas, word="other")
        mirror_of(source, remote, meter).fetch()
        assert meter.snapshot().requests == len(source.asked) == 8
        assert meter.snapshot().bytes_received > packed


def test_a_renamed_branch_is_not_fetched_again(remote: Scratch) -> None:
    shas = remote.chain(1)
    shas.append(remote.commit({"big": os.urandom(50_000)}, shas[0], on="main"))
    meter = Meter()
    with serving_git(remote.folder.parents[1]) as source:
        mirror_of(source, remote, meter).fetch()
        cloned = meter.snapshot().bytes_received
        remote.git("update-ref", "-d", "refs/heads/main")
        remote.commit({"big": b"gone"}, shas[1], on="trunk")
        mirror_of(source, remote, meter).fetch()

    assert cloned > 50_000
    assert meter.snapshot().bytes_received - cloned < 1_000


@pytest.mark.parametrize(
    ("status", "error", "requests"),
    [
        (401, NotFound, 1),
        (403, PermissionDenied, 1),
        (404, NotFound, 1),
        (410, NotFound, 1),
        (429, RateLimited, 5),
        (451, NotFound, 1),
        (500, ServerError, 2),
        (503, ServerError, 5),
    ],
)
def test_a_status_becomes_the_error_that_says_what_to_do(
    remote: Scratch, status: int, error: type[CollectorError], requests: int
) -> None:
    meter = Meter()
    with (
        serving_git(
            remote.folder.parents[1],
            lambda request: (
                request.reply(status, b"Not today", Content_Type="text/plain", Retry_After="0")
                if status >= 429
                else request.reply(status, b"Not today", Content_Type="text/plain")
            ),
        ) as source,
        pytest.raises(error, match=f"{source.url}/boostorg/asio.git"),
    ):
        mirror_of(source, remote, meter).fetch()

    assert meter.snapshot().requests == len(source.asked) == requests


def test_a_refused_token_is_an_error_of_authorisation(remote: Scratch) -> None:
    with serving_git(remote.folder.parents[1], lambda request: request.reply(401)) as source:
        mirror = Mirror(remote.folder, f"{source.url}/x.git", credential=git_credential(TOKEN), meter=Meter())
        with pytest.raises(AuthError):
            mirror.fetch()


def test_a_limit_is_waited_out_as_long_as_the_server_says(remote: Scratch) -> None:
    shas = remote.chain(1)
    meter = Meter()
    with serving_git(
        remote.folder.parents[1], first(lambda request: request.reply(429, Retry_After="1"))
    ) as source:
        mirror = mirror_of(source, remote, meter)
        mirror.fetch()

    assert [ref.target for ref in mirror.refs()] == shas
    assert meter.snapshot().seconds_waited == 1
    assert meter.snapshot().requests == 4


@pytest.mark.parametrize("cut", [0, 9, 60, 300, 1500])
def test_a_transfer_that_is_cut_is_tried_again(remote: Scratch, cut: int) -> None:
    shas = remote.chain(20)
    cuts: list[int] = []

    def answer(request: GitRequest) -> None:
        if fetches(request) and len(cuts) < 1:
            cuts.append(cut)
            request.forward(cut)
        else:
            request.forward()

    with serving_git(remote.folder.parents[1], answer) as source:
        mirror = mirror_of(source, remote)
        mirror.fetch()

    assert cuts
    assert [commit.sha for commit in mirror.commits(shas[-1:])] == shas


@pytest.mark.parametrize("page", [b"", b"<html>off</html>", b"<html>\n</html>\n"])
def test_a_page_is_no_repository_and_removes_nothing(remote: Scratch, page: bytes) -> None:
    shas = remote.chain(3)
    with serving_git(remote.folder.parents[1]) as source:
        mirror_of(source, remote).fetch()
    with serving_git(
        remote.folder.parents[1], lambda request: request.reply(200, page, **NOBODY_WAITS)
    ) as source:
        mirror = mirror_of(source, remote)
        with pytest.raises((SourceError, NetworkError)):
            mirror.fetch()
    with serving_git(remote.folder.parents[1]) as source:
        mirror = mirror_of(source, remote)
        mirror.fetch()

    assert [commit.sha for commit in mirror.commits(shas[-1:])] == shas
    assert [ref.target for ref in mirror.refs()] == shas[-1:]


def test_a_renamed_repository_is_followed_within_its_host(remote: Scratch) -> None:
    shas = remote.chain(2)

    def answer(request: GitRequest) -> None:
        if "/asio.git/" in request.path:
            request.reply(301, Location=request.path.replace("/asio.git/", "/asio2.git/"))
        else:
            request.forward()

    shutil.move(remote.folder, remote.folder.with_name("asio2.git"))
    with serving_git(remote.folder.parents[1], answer) as source:
        folder = remote.folder.parents[2] / "m.git"
        credential = git_credential(TOKEN)
        mirror = Mirror(folder, f"{source.url}/boostorg/asio.git", credential=credential, meter=Meter())
        mirror.fetch()
        mirror.fetch()

    assert [ref.target for ref in mirror.refs()] == shas[-1:]
    assert {authorization for _, authorization in source.asked} == {credential.headers["Authorization"]}


def test_another_host_never_sees_the_credential(remote: Scratch) -> None:
    remote.chain(1)
    with (
        serving_git(remote.folder.parents[1]) as other,
        serving_git(
            remote.folder.parents[1], lambda request: request.reply(302, Location=other.url + request.path)
        ) as source,
        pytest.raises(SourceError, match="another host"),
    ):
        Mirror(
            remote.folder.parents[2] / "m.git",
            f"{source.url}/boostorg/asio.git",
            credential=git_credential(TOKEN),
            meter=Meter(),
        ).fetch()

    assert other.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@example.org/o/r.git",
        "http://example.org/o/r.git",
        "git@example.org:o/r.git",
        "ssh://git@example.org/o/r.git",
        "ext::sh -c true",
        "--upload-pack=true",
        "/srv/x.git",
    ],
)
def test_a_url_that_could_leak_or_run_something_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises((ConfigurationError, SourceError)):
        Mirror(tmp_path / "m.git", url, meter=Meter())


def test_a_token_is_nowhere_but_in_the_header(remote: Scratch, caplog: pytest.LogCaptureFixture) -> None:
    remote.chain(3)
    credential = git_credential(TOKEN)
    encoded = credential.headers["Authorization"].removeprefix("Basic ")
    seen: list[bytes] = []

    def answer(request: GitRequest) -> None:
        seen.extend(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
        if len(request.server.source.asked) > 7:
            request.reply(403, f"not with {TOKEN} or {encoded}".encode(), Content_Type="text/plain")
        else:
            request.forward()

    folder = remote.folder.parents[2] / "m.git"
    with serving_git(remote.folder.parents[1], answer) as source, caplog.at_level(0):
        mirror = Mirror(folder, f"{source.url}/boostorg/asio.git", credential=credential, meter=Meter())
        mirror.fetch()
        mirror.fetch()
        mirror.fetch()
        with pytest.raises(PermissionDenied) as raised:
            mirror.fetch()

    assert {authorization for _, authorization in source.asked} == {f"Basic {encoded}"}
    assert any(b"fetch" in line for line in seen)
    written = [path.read_bytes() for path in folder.parent.rglob("m.git*/**/*") if path.is_file()]
    for text in [
        *seen,
        *written,
        str(raised.value).encode(),
        caplog.text.encode(),
        repr(credential).encode(),
    ]:
        assert TOKEN.encode() not in text
        assert encoded.encode() not in text


def test_git_is_ended_when_the_run_is_asked_to_stop(remote: Scratch) -> None:
    remote.chain(3)
    asked, stopped = threading.Event(), threading.Event()

    def answer(request: GitRequest) -> None:
        if fetches(request):
            asked.set()
            stopped.wait(20)
        else:
            request.forward()

    with serving_git(remote.folder.parents[1], answer) as source:
        folder = remote.folder.parents[2] / "m.git"
        mirror = Mirror(folder, f"{source.url}/boostorg/asio.git", meter=Meter(), stop=asked.is_set)
        began = time.monotonic()
        with pytest.raises(StopRequested):
            mirror.fetch()
        assert time.monotonic() - began < 5
        stopped.set()

    listing = subprocess.run(["ps", "-eo", "args="], capture_output=True, check=True, text=True).stdout
    assert f"{source.url}/boostorg/asio.git" not in listing
    assert not (folder / "HEAD").exists()


def test_a_mirror_without_contents_asks_for_none_while_it_is_read(remote: Scratch) -> None:
    text = b"".join(b"line %d\n" % number for number in range(40))
    base = remote.commit({".gitmodules": b"modules", "a": text}, on="main")
    second = remote.commit({".gitmodules": b"modules", "b": text}, base, on="main")
    third = remote.commit({".gitmodules": b"modules", "c": text + b"more\n", "d": b"d"}, second, on="main")
    meter = Meter()
    with serving_git(remote.folder.parents[1]) as source:
        mirror = mirror_of(source, remote, meter, partial=True)
        mirror.fetch()
        asked = len(source.asked)

        commits = list(mirror.commits([third], patches=True))

        assert [commit.sha for commit in commits] == [base, second, third]
        changes = [
            (file.status, file.old_path, file.path, file.similarity, file.additions)
            for file in commits[1].files
        ]
        assert changes == [("R", "a", "b", 100, None)]
        assert [(file.status, file.path) for file in commits[2].files] == [("D", "b"), ("A", "c"), ("A", "d")]
        assert {commit.patch for commit in commits} == {None}
        assert mirror.present([third, "f" * 40]) == {third}
        assert list(mirror.reachable([third], exclude=["f" * 40, base])) == [second, third]
        assert mirror.blob_id("main", "d") == remote.blob(b"d")
        assert list(mirror.mailmap([("A", "a@example.org")])) == [
            ("A", "a@example.org", "A", "a@example.org")
        ]
        assert len(source.asked) == asked

        assert mirror.read("main", ".gitmodules") == b"modules"
        assert meter.snapshot().requests == len(source.asked) > asked
        asked = len(source.asked)
        assert mirror.read("main", ".gitmodules") == b"modules"
        assert len(source.asked) == asked

        mailmap = b"Real Name <real@example.org> <a@example.org>\n"
        fourth = remote.commit({".mailmap": mailmap}, third, on="main")
        mirror.fetch()
        assert [commit.sha for commit in mirror.commits([fourth], exclude=[third])] == [fourth]
        assert next(mirror.mailmap([("A", "a@example.org")]))[2:] == ("Real Name", "real@example.org")
    contents = subprocess.run(
        [
            "git",
            f"--git-dir={mirror.folder}",
            "cat-file",
            "--batch-all-objects",
            "--batch-check=%(objecttype)",
        ],
        capture_output=True,
        check=True,
        env=os.environ | {"GIT_ALLOW_PROTOCOL": "none"},
    ).stdout
    assert contents.split().count(b"blob") == 2


def test_a_fetch_whose_process_was_killed_is_done_by_the_next(remote: Scratch) -> None:
    shas = remote.chain(30)
    asked, released = threading.Event(), threading.Event()

    def answer(request: GitRequest) -> None:
        if fetches(request) and not asked.is_set():
            asked.set()
            released.wait(20)
        request.forward()

    code = (
        "import sys, pathlib\n"
        "from core.metering import Meter\n"
        "from core.operations.github_ops.git import Mirror\n"
        "Mirror(pathlib.Path(sys.argv[1]), sys.argv[2], meter=Meter()).fetch()\n"
    )
    with serving_git(remote.folder.parents[1], answer) as source:
        mirror = mirror_of(source, remote)
        arguments = [sys.executable, "-c", code, str(mirror.folder), f"{source.url}/boostorg/asio.git"]
        with subprocess.Popen(arguments, cwd=Path(__file__).parents[2]) as process:
            assert asked.wait(20)
            process.kill()
        threading.Timer(0.5, released.set).start()

        mirror.fetch()

    assert [commit.sha for commit in mirror.commits(shas[-1:])] == shas
    assert sorted(path.name for path in mirror.folder.parent.iterdir()) == ["asio.git", "asio.git.lock"]
