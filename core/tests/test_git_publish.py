"""A folder is published in one push: what it holds, nothing else, and nothing when nothing changed."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import pytest

from core.errors import InvalidInput, NotFound, PermissionDenied
from core.metering import Meter
from core.operations.github_ops.git import Published, git_credential, publish
from core.operations.github_ops.git.failures import PushRejected
from core.tests.git_repositories import Scratch
from core.tests.git_server import GitRequest, GitSource, serving_git


@pytest.fixture
def remote(tmp_path: Path) -> Scratch:
    (tmp_path / "served/o").mkdir(parents=True)
    return Scratch(tmp_path / "served/o/r.git")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "folder"


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def published(remote: Scratch, folder: Path, prefix: str = "", *, owned: tuple[str, ...] = ()) -> Published:
    return publish(
        remote.url, folder, prefix, "Publish", branch="main", credential=None, meter=Meter(), owned=owned
    )


def content(remote: Scratch, branch: str = "main") -> dict[str, bytes]:
    names = remote.git("ls-tree", "-r", "-z", "--name-only", branch).split(b"\0")[:-1]
    return {os.fsdecode(name): remote.git("show", f"{branch}:{os.fsdecode(name)}") for name in names}


def subjects(remote: Scratch) -> list[str]:
    return remote.git("log", "--format=%s", "main").decode().split("\n")[:-1]


def test_an_empty_repository_is_filled(remote: Scratch, folder: Path) -> None:
    write(folder, {'issues/2026/#1 - a "b" \u00e9.md': "one", "issues/new\nline.md": "two", "empty.md": ""})

    result = published(remote, folder)

    assert result == Published(
        remote.git("rev-parse", "main").decode().strip(), added=3, changed=0, deleted=0
    )
    assert content(remote) == {
        'issues/2026/#1 - a "b" \u00e9.md': b"one",
        "issues/new\nline.md": b"two",
        "empty.md": b"",
    }
    assert subjects(remote) == ["Publish"]
    assert (
        subprocess.run(["git", f"--git-dir={remote.folder}", "fsck", "--strict"], check=False).returncode == 0
    )


def test_a_second_publication_says_what_changed(remote: Scratch, folder: Path) -> None:
    write(folder, {"issues/1.md": "1", "issues/2.md": "2", "issues/3.md": "3"})
    published(remote, folder)
    write(folder, {"issues/1.md": "one", "issues/4.md": "4"})
    (folder / "issues/3.md").unlink()

    result = published(remote, folder)

    assert result[1:] == (1, 1, 1)
    assert content(remote) == {"issues/1.md": b"one", "issues/2.md": b"2", "issues/4.md": b"4"}
    assert subjects(remote) == ["Publish", "Publish"]


def test_without_a_difference_nothing_is_pushed(remote: Scratch, folder: Path) -> None:
    write(folder, {"issues/1.md": "1"})
    first = published(remote, folder)

    assert published(remote, folder) == Published(None, 0, 0, 0)
    assert remote.git("rev-parse", "main").decode().strip() == first.commit


def test_what_stands_beside_the_folder_is_not_touched(remote: Scratch, folder: Path) -> None:
    theirs = {"README.md": b"read me", "docs/a.md": b"docs", "top.md": b"old", ".github/w.yml": b"ci"}
    remote.commit({**theirs, "issues/1.md": b"1", "run.sh": ("100755", b"#!")}, on="main")
    write(folder, {"issues/2.md": "2", "top.md": "new"})

    result = published(remote, folder)

    assert result[1:] == (1, 1, 1)
    assert content(remote) == {**theirs, "top.md": b"new", "issues/2.md": b"2", "run.sh": b"#!"}
    assert remote.git("ls-tree", "main", "run.sh").startswith(b"100755")


def test_a_prefix_is_the_folders_place(remote: Scratch, folder: Path) -> None:
    others = {"issues/9.md": b"other", "boost/README.md": b"beside", "boost.asio/issues/1.md": b"asio"}
    remote.commit({**others, "boost/issues/1.md": b"gone"}, on="main")
    write(folder, {"issues/2.md": "2"})

    result = published(remote, folder, "boost")

    assert result[1:] == (1, 0, 1)
    assert content(remote) == {**others, "boost/issues/2.md": b"2"}


def test_what_the_folder_no_longer_has_at_all_is_deleted_when_it_is_ours(
    remote: Scratch, folder: Path
) -> None:
    write(folder, {"issues/1.md": "1", "pull_requests/2.md": "2"})
    published(remote, folder)
    (folder / "pull_requests/2.md").unlink()
    (folder / "pull_requests").rmdir()

    assert published(remote, folder) == Published(None, 0, 0, 0)
    assert published(remote, folder, owned=("issues", "pull_requests")).deleted == 1
    assert set(content(remote)) == {"issues/1.md"}


def test_files_become_folders_and_folders_files(remote: Scratch, folder: Path) -> None:
    remote.commit({"x/a": b"file", "x/b/c": b"in a folder", "README.md": b"r"}, on="main")
    write(folder, {"x/a/deep.md": "1", "x/b": "2"})

    published(remote, folder)

    assert content(remote) == {"x/a/deep.md": b"1", "x/b": b"2", "README.md": b"r"}


def test_a_new_branch_begins_without_the_others_history(remote: Scratch, folder: Path) -> None:
    remote.commit({"code.cpp": b"int"}, on="develop")
    write(folder, {"issues/1.md": "1"})

    published(remote, folder)

    assert set(content(remote)) == {"issues/1.md"}
    assert set(content(remote, "develop")) == {"code.cpp"}


def test_history_is_kept(remote: Scratch, folder: Path) -> None:
    shas = remote.chain(30)
    write(folder, {"issues/1.md": "1"})

    commit = published(remote, folder).commit

    assert remote.git("rev-list", "main").decode().split() == [commit, *reversed(shas)]


def test_the_author_is_who_is_named(remote: Scratch, folder: Path) -> None:
    write(folder, {"a/1.md": "1"})
    publish(
        *(remote.url, folder, "", "Say\n\nwhy\n"),
        branch="main",
        credential=None,
        meter=Meter(),
        author=("Bot <x>\n", "bot@example.org"),
    )

    assert (
        remote.git("log", "--format=%an|%ae|%cn|%B", "main") == b"Bot x|bot@example.org|Bot x|Say\n\nwhy\n\n"
    )


@pytest.mark.parametrize(
    "prefix", ["/abs", "..", "a/../b", "a//b", "a/", ".git", "a/.GIT", ".git./x", "git~1", "a\\b"]
)
def test_a_prefix_outside_is_refused(remote: Scratch, folder: Path, prefix: str) -> None:
    write(folder, {"a": "1"})
    with pytest.raises(InvalidInput):
        published(remote, folder, prefix)


@pytest.mark.parametrize("name", [".git/hooks/x", "a/.Git", "a\\..\\b", "GIT~1/x", ".git . /config"])
def test_a_name_that_git_would_take_for_its_own_is_refused(remote: Scratch, folder: Path, name: str) -> None:
    write(folder, {name: "1"})
    with pytest.raises(InvalidInput):
        published(remote, folder)
    assert remote.git("for-each-ref") == b""


def test_links_and_devices_are_refused(remote: Scratch, folder: Path, tmp_path: Path) -> None:
    write(folder, {"a/1.md": "1"})
    (tmp_path / "secret").write_text("secret")
    link = folder / "a/link.md"
    for target in (tmp_path / "secret", tmp_path, Path("nowhere")):
        link.symlink_to(target)
        with pytest.raises(InvalidInput, match=r"link\.md"):
            published(remote, folder)
        link.unlink()
    os.mkfifo(link)
    with pytest.raises(InvalidInput, match=r"link\.md"):
        published(remote, folder)
    with pytest.raises(InvalidInput):
        published(remote, tmp_path / "secret")


def test_a_prefix_that_is_a_file_is_refused(remote: Scratch, folder: Path) -> None:
    remote.commit({"boost": b"a file"}, on="main")
    write(folder, {"issues/1.md": "1"})
    with pytest.raises(InvalidInput, match="boost"):
        published(remote, folder, "boost/x")


@pytest.mark.parametrize("branch", ["", "a b", "a..b", "x.lock", "a:b"])
def test_what_is_no_branch_is_refused(remote: Scratch, folder: Path, branch: str) -> None:
    write(folder, {"a/1.md": "1"})
    with pytest.raises(InvalidInput):
        publish(remote.url, folder, "", "m", branch=branch, credential=None, meter=Meter())


def test_a_repository_that_is_not_there_is_an_error(folder: Path, tmp_path: Path) -> None:
    write(folder, {"a/1.md": "1"})
    with pytest.raises(NotFound):
        publish(f"file://{tmp_path}/none.git", folder, "", "m", branch="main", credential=None, meter=Meter())


def test_a_branch_that_moves_meanwhile_keeps_both_changes(remote: Scratch, folder: Path) -> None:
    remote.commit({"README.md": b"old"}, on="main")
    write(folder, {"issues/1.md": "1"})
    others = iter([b"newer", b"newest"])
    lock = Lock()

    def answer(request: GitRequest) -> None:
        with lock:
            pushes = b"refs/heads/main" in request.body[:300] and "receive-pack" in request.path
            if pushes and (text := next(others, None)):
                remote.commit({"README.md": text}, head(remote), on="main")
            request.forward()

    with serving_git(remote.folder.parents[1], answer) as source:
        result = publish_to(source, folder)

    assert result[1:] == (1, 0, 0)
    assert content(remote) == {"README.md": b"newest", "issues/1.md": b"1"}
    assert head(remote) == result.commit


def test_a_branch_that_never_rests_is_given_up(remote: Scratch, folder: Path) -> None:
    remote.commit({"README.md": b"old"}, on="main")
    write(folder, {"issues/1.md": "1"})

    def answer(request: GitRequest) -> None:
        if request.command == "POST" and "receive-pack" in request.path:
            remote.commit({"README.md": os.urandom(4)}, head(remote), on="main")
        request.forward()

    with serving_git(remote.folder.parents[1], answer) as source, pytest.raises(PushRejected):
        publish_to(source, folder)


def test_a_branch_with_rules_says_so_at_once(remote: Scratch, folder: Path) -> None:
    hook = remote.folder / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected branch >&2\nexit 1\n")
    hook.chmod(0o755)
    write(folder, {"issues/1.md": "1"})
    meter = Meter()

    with serving_git(remote.folder.parents[1]) as source, pytest.raises(PermissionDenied, match="rejected"):
        publish_to(source, folder, meter)

    assert meter.snapshot().requests == 4


def test_a_publication_costs_few_requests_and_fetches_no_contents(remote: Scratch, folder: Path) -> None:
    big = os.urandom(100_000)
    shas = [remote.commit({f"issues/{number}.md": big[number:] for number in range(20)}, on="main")]
    shas.append(
        remote.commit({f"issues/{number}.md": big[number:] for number in range(20)}, shas[0], on="main")
    )
    write(folder, {"issues/new.md": "new"})
    for number in range(19):
        (folder / f"issues/{number}.md").write_bytes(big[number:])
    meter = Meter()
    sizes: list[int] = []

    def answer(request: GitRequest) -> None:
        sizes.append(len(request.body))
        assert request.headers["Authorization"]
        request.forward()

    with serving_git(remote.folder.parents[1], answer) as source:
        result = publish_to(source, folder, meter)

    assert result[1:] == (1, 0, 1)
    assert meter.snapshot().requests == len(source.asked) == 5
    assert sum(sizes) < 5_000
    assert len(content(remote)) == 20


def publish_to(source: GitSource, folder: Path, meter: Meter | None = None) -> Published:
    return publish(
        *(f"{source.url}/o/r.git", folder, "", "Publish"),
        branch="main",
        credential=git_credential("ghp_" + "a1B2" * 9),
        meter=meter or Meter(),
    )


def head(remote: Scratch) -> str:
    return remote.git("rev-parse", "main").decode().strip()
