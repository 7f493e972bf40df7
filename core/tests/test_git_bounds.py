"""Bounds on what is read of a repository: files of a commit, messages, contents."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import SourceError
from core.operations.github_ops.git import MOST_OF_A_FILE, GitCommit
from core.operations.github_ops.git.repository import BareRepository
from core.tests.git_repositories import Scratch

# git tells 1.7 KB of each file with such a name, so this is three times what is kept of a commit.
MANY = 15_000
SHOW_PEAK = """
import re, sys
from pathlib import Path
from core.operations.github_ops.git.repository import BareRepository
repository = BareRepository(Path(sys.argv[1]))
for _ in repository.commits([ref.target for ref in repository.refs()]): pass
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def path_of(commit: int, file: int) -> str:
    """Long, and few in a folder: git imports a folder of many files slowly."""
    return f"{commit}/{file // 100:04}/{'long' * 200}_{file:07}.hpp"


def imported(folder: Path, *commits: tuple[bytes, int]) -> BareRepository:
    """A repository with commits (message, number of files that it adds) upon each other."""
    made = Scratch(folder)
    script = [b"blob\nmark :1\ndata 2\nx\n\n"]
    for number, (message, files) in enumerate(commits):
        head = b"commit refs/heads/master\ncommitter a <a@example.org> 1700000000 +0000\ndata %d\n%s\n"
        script.append(head % (len(message), message))
        script += [b"M 100644 :1 %s\n" % path_of(number, file).encode() for file in range(files)]
    made.git("fast-import", "--quiet", given=b"".join(script))
    return BareRepository(made.folder)


def read(repository: BareRepository) -> list[GitCommit]:
    tips = [ref.target for ref in repository.refs() if ref.target]
    return list(repository.commits(tips))


def test_files_of_a_commit_that_changes_too_many_are_counted_and_the_next_commits_are_whole(
    tmp_path: Path,
) -> None:
    repository = imported(
        tmp_path / "r.git", (b"one\n", 3), (b"many\n", MANY), (b"two\n", 2), (b"three\n", 1)
    )

    one, many, *others = read(repository)

    assert [len(one.files), one.files_left_out] == [3, 0]
    assert len(many.files) + many.files_left_out == MANY
    assert MANY / 2 < len(many.files) < MANY
    assert [file.path for file in many.files] == [path_of(1, n) for n in range(len(many.files))]
    # The line counts stand behind the list that was cut.
    assert {(file.status, file.additions, file.is_binary) for file in many.files} == {("A", None, None)}
    assert [(each.message, len(each.files), each.files_left_out) for each in others] == [
        ("two", 2, 0),
        ("three", 1, 0),
    ]
    assert others[0].files[0].additions == 1


def test_a_commit_whose_line_counts_alone_do_not_fit_keeps_all_its_files(tmp_path: Path) -> None:
    repository = imported(tmp_path / "r.git", (b"many\n", 6_000))
    (many,) = read(repository)
    assert (len(many.files), many.files_left_out) == (6_000, 0)
    assert many.files[0].additions == 1
    assert many.files[-1].additions is None


def test_a_message_of_any_length_is_kept_as_far_as_it_fits(tmp_path: Path) -> None:
    repository = imported(tmp_path / "r.git", ("é".encode() * 10_000_000, 2), (b"two\n", 1))
    long, two = read(repository)
    assert set(long.message) == {"é"}
    assert 4_000_000 < len(long.message) < 4_200_000
    assert (long.files, long.files_left_out) == ((), 2)
    assert (two.message, len(two.files)) == ("two", 1)


def test_memory_does_not_follow_the_files_of_a_commit(tmp_path: Path) -> None:
    peaks: list[int] = []
    for files in (MANY, 3 * MANY):
        repository = imported(tmp_path / f"{files}.git", (b"many\n", files))
        command = [sys.executable, "-c", SHOW_PEAK, str(repository.folder)]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert peaks[1] < 1.3 * peaks[0]


def test_a_file_that_is_too_big_is_not_read(tmp_path: Path) -> None:
    made = Scratch(tmp_path / "r.git")
    script = b"commit refs/heads/master\ncommitter a <a@example.org> 1700000000 +0000\ndata 0\n"
    for name, size in (("fits", MOST_OF_A_FILE), ("big", MOST_OF_A_FILE + 1)):
        script += b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), size, b"x" * size)
    made.git("fast-import", "--quiet", given=script)
    repository = BareRepository(made.folder)
    tip = made.git("rev-parse", "master").decode().strip()
    assert len(repository.read(tip, "fits") or b"") == MOST_OF_A_FILE
    with pytest.raises(SourceError, match=f"a file of {MOST_OF_A_FILE + 1} bytes"):
        repository.read(tip, "big")
