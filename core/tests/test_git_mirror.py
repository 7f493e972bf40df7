"""A mirror is whole, as new as the last fetch, and made again when it is not."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import AlreadyRunning, InvalidInput, NotFound, StopRequested
from core.metering import Meter
from core.open_pages import open_page
from core.operations.github_ops.git import Mirror, MirrorDamaged, mirror_folder
from core.operations.github_ops.git.locks import exclusive
from core.tests.git_repositories import Scratch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def remote(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "remote.git")


@pytest.fixture
def mirror(tmp_path: Path, remote: Scratch) -> Mirror:
    return Mirror(mirror_folder(tmp_path, "boostorg", "asio"), remote.url, meter=Meter())


def refs(mirror: Mirror) -> dict[str, str | None]:
    return {ref.name: ref.target for ref in mirror.refs()}


def refs_of(made: Scratch) -> dict[str, str]:
    lines = made.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags").decode()
    return dict(tuple[str, str](line.split(" ")) for line in lines.splitlines())


def is_complete(mirror: Mirror) -> bool:
    """Tell whether git finds every object that the refs lead to."""
    fsck = ["git", f"--git-dir={mirror.folder}", "fsck", "--full", "--strict"]
    return subprocess.run(fsck, capture_output=True, check=False).returncode == 0


def test_a_fetch_brings_branches_and_tags_and_removes_what_is_gone(remote: Scratch, mirror: Mirror) -> None:
    main = remote.chain(3)
    remote.chain(2, on="topic/one", after=main[:1])
    remote.git("update-ref", "refs/tags/v1", main[0])
    remote.git("update-ref", "refs/pull/1/head", main[2])
    mirror.fetch()
    assert refs(mirror) == refs_of(remote)

    remote.git("update-ref", "-d", "refs/heads/topic/one")
    remote.chain(1, on="topic", after=main[:2])
    remote.chain(2, on="main", after=main[:1], word="forced")
    remote.git("update-ref", "refs/tags/v1", main[1])
    mirror.fetch()

    assert refs(mirror) == refs_of(remote)
    assert set(refs(mirror)) == {"refs/heads/main", "refs/heads/topic", "refs/tags/v1"}
    assert mirror.present(main) == set(main)
    assert is_complete(mirror)


def test_refs_beyond_branches_and_tags_come_when_asked_for(remote: Scratch, tmp_path: Path) -> None:
    main = remote.chain(2)
    remote.git("update-ref", "refs/pull/7/head", main[1])
    remote.git("update-ref", "refs/tags/v1", main[0])
    patterns = ("refs/heads/*", "refs/pull/*/head")
    mirror = Mirror(tmp_path / "m.git", remote.url, meter=Meter(), refs=patterns)

    mirror.fetch()
    assert set(refs(mirror)) == {"refs/heads/main", "refs/pull/7/head"}

    remote.git("update-ref", "-d", "refs/pull/7/head")
    remote.git("update-ref", "refs/pull/8/head", main[0])
    mirror.fetch()
    assert set(refs(mirror)) == {"refs/heads/main", "refs/pull/8/head"}


def test_an_empty_repository_is_no_error_and_fills_later(remote: Scratch, mirror: Mirror) -> None:
    mirror.fetch()
    assert (mirror.refs(), mirror.default_branch()) == ([], "main")
    assert list(mirror.commits([])) == []

    shas = remote.chain(2)
    mirror.fetch()
    assert refs(mirror) == {"refs/heads/main": shas[1]}

    remote.git("update-ref", "-d", "refs/heads/main")
    mirror.fetch()
    assert refs(mirror) == {}


def test_the_default_branch_follows_the_remote(remote: Scratch, mirror: Mirror) -> None:
    shas = remote.chain(2)
    remote.git("update-ref", "refs/heads/develop", shas[0])
    mirror.fetch()
    assert mirror.default_branch() == "main"

    mirror.fetch(default_branch="develop")
    assert mirror.default_branch() == "develop"

    remote.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    remote.git("update-ref", "refs/heads/trunk", shas[1])
    remote.git("update-ref", "-d", "refs/heads/develop")
    mirror.fetch()
    assert mirror.default_branch() == "trunk"


def test_a_mirror_goes_where_its_repository_moved(remote: Scratch, mirror: Mirror, tmp_path: Path) -> None:
    remote.chain(1)
    mirror.fetch()
    moved = Scratch(tmp_path / "moved.git")
    shutil.copytree(remote.folder, moved.folder, dirs_exist_ok=True)
    shutil.rmtree(remote.folder)
    shas = moved.chain(3)

    again = Mirror(mirror.folder, moved.url, meter=Meter())
    again.fetch()

    assert refs(again) == {"refs/heads/main": shas[2]}


def truncate_a_pack(folder: Path) -> None:
    for pack in folder.glob("objects/pack/*.pack"):
        pack.chmod(0o644)
        os.truncate(pack, pack.stat().st_size // 2)


def lose_the_packs(folder: Path) -> None:
    shutil.rmtree(folder / "objects" / "pack")


def lose_the_objects(folder: Path) -> None:
    shutil.rmtree(folder / "objects")


def lose_the_head(folder: Path) -> None:
    (folder / "HEAD").unlink()


def garble_the_config(folder: Path) -> None:
    (folder / "config").write_bytes(b"\0\0[\n")


def empty_a_ref(folder: Path) -> None:
    (folder / "refs/heads").mkdir(exist_ok=True, parents=True)
    (folder / "refs/heads/main").write_bytes(b"")


def become_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"not a folder")


@pytest.mark.parametrize(
    "harm",
    [lose_the_packs, lose_the_objects, lose_the_head, garble_the_config, empty_a_ref, become_a_file],
)
def test_a_half_mirror_is_made_anew(remote: Scratch, mirror: Mirror, harm: Callable[[Path], None]) -> None:
    remote.chain(5)
    mirror.fetch()
    harm(mirror.folder)
    shas = remote.chain(6)

    mirror.fetch()

    assert refs(mirror) == {"refs/heads/main": shas[5]}
    assert is_complete(mirror)
    assert [commit.sha for commit in mirror.commits([shas[5]])] == shas


def test_a_damage_that_reading_finds_is_repaired_by_the_next_fetch(remote: Scratch, mirror: Mirror) -> None:
    shas = remote.chain(40)
    mirror.fetch()
    truncate_a_pack(mirror.folder)

    with pytest.raises(MirrorDamaged, match="fetch it again"):
        list(mirror.commits(ref.object_id for ref in mirror.refs()))
    mirror.fetch()

    assert [commit.sha for commit in mirror.commits([shas[-1]])] == shas
    assert is_complete(mirror)


def test_a_damage_that_fetching_finds_is_repaired_at_once(remote: Scratch, mirror: Mirror) -> None:
    old = remote.chain(40)
    mirror.fetch()
    pack = next(mirror.folder.glob("objects/pack/*.pack"))
    pack.chmod(0o644)
    with pack.open("r+b") as file:
        file.seek(20)
        file.write(b"\xff" * (pack.stat().st_size - 60))
    new = remote.chain(5, after=old)

    mirror.fetch()

    assert [commit.sha for commit in mirror.commits([new[-1]])] == old + new
    assert is_complete(mirror)


def test_what_a_killed_git_left_behind_is_no_obstacle(remote: Scratch, mirror: Mirror) -> None:
    remote.chain(2)
    mirror.fetch()
    for name in ("HEAD.lock", "packed-refs.lock", "refs/heads/main.lock", "config.lock"):
        (mirror.folder / name).parent.mkdir(exist_ok=True, parents=True)
        (mirror.folder / name).touch()
    (mirror.folder / "objects/pack/tmp_pack_abc").write_bytes(b"half")
    half = mirror.folder.with_name(f".{mirror.folder.name}.0123abcd")
    half.mkdir()
    # The mirror of a repository that is called `.<this one>.git.0123abcd`.
    another = half.with_name(f"{half.name}.git")
    another.mkdir()
    shas = remote.chain(3)

    mirror.fetch(default_branch="main")

    assert refs(mirror) == {"refs/heads/main": shas[2]}
    assert not half.exists()
    assert another.is_dir()
    assert not list(mirror.folder.glob("objects/pack/tmp*"))


def test_a_mirror_changes_between_whole_and_partial(remote: Scratch, mirror: Mirror) -> None:
    shas = remote.chain(3)
    mirror.fetch()
    partial = Mirror(mirror.folder, remote.url, meter=Meter(), partial=True)
    with_contents = (mirror.folder / "objects/pack").stat().st_ino

    partial.fetch()
    assert (mirror.folder / "objects/pack").stat().st_ino != with_contents
    assert {file.additions for commit in partial.commits([shas[2]]) for file in commit.files} == {None}

    mirror.fetch()
    assert [file.additions for commit in mirror.commits([shas[2]]) for file in commit.files] == [1, 1, 1]


def test_many_small_packs_become_few(remote: Scratch, mirror: Mirror) -> None:
    remote.chain(1)
    mirror.fetch()
    first = remote.chain(1)[0]
    for _ in range(52):
        first = remote.chain(1, after=[first])[0]
        mirror.fetch()

    assert len(list(mirror.folder.glob("objects/pack/*.pack"))) < 10
    assert len(list(mirror.commits([first]))) == 53
    assert is_complete(mirror)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a b", "a\0b", "\u00e9", "a" * 101, "../x"])
def test_names_that_are_none_become_no_folders(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        mirror_folder(tmp_path, "boostorg", name)
    with pytest.raises(InvalidInput):
        mirror_folder(tmp_path, name, "asio")


def test_a_mirror_has_its_place_below_the_workspace(tmp_path: Path) -> None:
    assert mirror_folder(tmp_path, "boostorg", "a.b_c-d") == tmp_path / "git/boostorg/a.b_c-d.git"


def test_a_repository_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "ws/m.git", f"file://{tmp_path}/none.git", meter=Meter())

    with pytest.raises(NotFound):
        mirror.fetch()

    assert [path.name for path in mirror.folder.parent.iterdir()] == ["m.git.lock"]


def test_a_failed_fetch_leaves_the_mirror_as_it_was(remote: Scratch, mirror: Mirror) -> None:
    shas = remote.chain(3)
    mirror.fetch()
    shutil.rmtree(remote.folder)

    with pytest.raises(NotFound):
        mirror.fetch()

    assert [commit.sha for commit in mirror.commits([shas[2]])] == shas


def test_two_processes_do_not_fetch_at_once(remote: Scratch, mirror: Mirror) -> None:
    remote.chain(1)
    asked = threading.Event()
    waiting = Mirror(mirror.folder, remote.url, meter=Meter(), stop=asked.is_set)
    with exclusive(mirror.folder, None):
        threading.Timer(0.5, asked.set).start()
        with pytest.raises(StopRequested):
            waiting.fetch()
    asked.clear()

    waiting.fetch()

    assert len(waiting.refs()) == 1


def test_the_lock_outlives_who_took_it_while_git_is_at_work(mirror: Mirror) -> None:
    code = (
        "import subprocess, sys, pathlib\n"
        "from core.operations.github_ops.git.locks import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1]), None) as lock:\n"
        "    child = subprocess.Popen(['sleep', '60'], pass_fds=[lock], stdout=2)\n"
        "    print(child.pid, flush=True)\n"
        "    import os; os._exit(1)\n"
    )
    started = [sys.executable, "-c", code, str(mirror.folder)]
    child = int(subprocess.run(started, stdout=subprocess.PIPE, cwd=ROOT, check=False).stdout)
    try:
        with pytest.raises(AlreadyRunning), exclusive(mirror.folder, None, patience=0.2):
            pytest.fail("the lock was free")
    finally:
        os.kill(child, 9)
    with exclusive(mirror.folder, None, patience=10):
        pass


def test_the_network_is_not_asked_while_a_page_is_open(remote: Scratch, mirror: Mirror) -> None:
    remote.chain(1)
    with open_page(), pytest.raises(RuntimeError):
        mirror.fetch()


def test_a_reader_that_stops_early_leaves_no_process(remote: Scratch, mirror: Mirror) -> None:
    shas = remote.chain(30)
    mirror.fetch()
    commits = mirror.commits([shas[-1]], patches=True)
    assert next(commits).sha == shas[0]

    del commits

    assert not [thread for thread in threading.enumerate() if thread.name == "git-output"]
    assert children() == []


def children() -> list[str]:
    listing = subprocess.run(
        ["ps", "-o", "comm=", "--ppid", str(os.getpid())], capture_output=True, check=True, text=True
    )
    return [name for name in listing.stdout.split() if name.startswith("git")]
