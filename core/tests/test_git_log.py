"""A history as read here is the history that git itself shows."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotFound
from core.operations.github_ops.git import FileChange, GitCommit, MirrorDamaged
from core.operations.github_ops.git.changes import file_changes
from core.operations.github_ops.git.repository import BareRepository
from core.tests.git_repositories import Scratch, odd_repository


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    return odd_repository(tmp_path_factory.mktemp("odd") / "odd.git")


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "scratch.git")


def commits_of(made: Scratch, *, patches: bool = False) -> list[GitCommit]:
    repository = BareRepository(made.folder)
    return list(repository.commits(targets(repository), patches=patches))


def targets(repository: BareRepository) -> list[str]:
    return [ref.target for ref in repository.refs() if ref.target]


def on_branch(made: Scratch, branch: str) -> GitCommit:
    *_, last = BareRepository(made.folder).commits([made.git("rev-parse", branch).decode().strip()])
    return last


def raw_rows(made: Scratch, sha: str) -> list[tuple[str, str, str, bytes, bytes | None]]:
    """(modes, status with similarity, path, old path) as `git log --raw` prints them, not by the reader."""
    words = (
        made.git("log", "-1", "--raw", "-z", "--no-abbrev", "--format=", sha).lstrip(b"\n").split(b"\0")[:-1]
    )
    rows: list[tuple[str, str, str, bytes, bytes | None]] = []
    while words:
        old_mode, new_mode, _, _, status = words.pop(0).decode().split(" ")
        old_path = words.pop(0) if status[0] in "RC" else None
        rows.append((old_mode[1:], new_mode, status, words.pop(0), old_path))
    return rows


def numstat_rows(made: Scratch, sha: str) -> list[tuple[bytes, bytes, bytes]]:
    """(additions, deletions, path) as `git log --numstat` prints them."""
    words = made.git("log", "-1", "--numstat", "-z", "--format=", sha).lstrip(b"\n").split(b"\0")[:-1]
    rows: list[tuple[bytes, bytes, bytes]] = []
    while words:
        additions, deletions, path = words.pop(0).split(b"\t", 2)
        if not path:
            _, path = words.pop(0), words.pop(0)
        rows.append((additions, deletions, path))
    return rows


def as_raw(file: FileChange) -> tuple[str, str, str, bytes, str | None]:
    similarity = "" if file.similarity is None else f"{file.similarity:03}"
    path = file.path_bytes or file.path.encode()
    return f"{file.old_mode:06o}", f"{file.new_mode:06o}", file.status + similarity, path, file.old_path


def as_numstat(file: FileChange) -> tuple[bytes, bytes, bytes]:
    path = file.path_bytes or file.path.encode()
    return (b"-", b"-", path) if file.is_binary else (b"%d" % file.additions, b"%d" % file.deletions, path)


def shown(path: bytes | None) -> str | None:
    return None if path is None else path.decode("utf-8", "backslashreplace")


def test_commits_and_files_are_those_of_git_log_row_by_row(odd: Scratch) -> None:
    commits = commits_of(odd)

    assert {commit.sha for commit in commits} == set(odd.git("rev-list", "--all").decode().split())
    assert sum(len(commit.files) for commit in commits) > 1000
    for commit in commits:
        raw = [(*row[:4], shown(row[4])) for row in raw_rows(odd, commit.sha)]
        assert [as_raw(file) for file in commit.files] == raw
        assert [as_numstat(file) for file in commit.files] == numstat_rows(odd, commit.sha)
        parents = odd.git("rev-parse", f"{commit.sha}^@").decode().split()
        assert (list(commit.parents), commit.is_merge) == (parents, len(parents) > 1)


def test_the_odd_repository_has_every_kind_of_change(odd: Scratch) -> None:
    files = [file for commit in commits_of(odd) for file in commit.files]

    assert {file.status for file in files} >= set("AMDRT")
    assert {file.new_mode for file in files} == {0, 0o100644, 0o100755, 0o120000, 0o160000}
    assert {file.similarity for file in files} - {None, 100}
    assert any(file.is_binary for file in files)
    assert {file.path for file in files if file.path_bytes} == {
        "latin \\xe9.txt",
        "\\xff\\xfe",
        "to \\xe8.txt",
    }


def test_parents_come_before_their_children(odd: Scratch) -> None:
    seen: set[str] = set()
    for commit in commits_of(odd):
        assert seen.issuperset(commit.parents)
        seen.add(commit.sha)


def test_messages_are_text_whatever_they_were_written_in(odd: Scratch) -> None:
    messages = [on_branch(odd, f"messages/{number}").message for number in range(13)]

    assert messages[:10] == [
        "caf\u00e9",
        "\u0431\u0443\u0441\u0442",
        "\u65e5\u672c\u8a9e",
        "caf\u00e9 \u201cquoted\u201d",
        "caf\u00e9",
        "\x81\u00ff",
        "a",
        "carriage\r\n\r\nreturns\r",
        "word",
        "x" * 300_000,
    ]
    others = [commit.message for commit in commits_of(odd)[:3]]
    assert others == ["", "no newline", "\n\nleading blank lines"]


def test_trailers_are_those_of_git_in_the_order_of_the_message(odd: Scratch) -> None:
    assert on_branch(odd, "messages/10").trailers == (
        ("Signed-off-by", "Ada <ada@example.org>"),
        ("Co-authored-by", "Bob <bob@example.org>"),
        ("Link", "https://example.org/a:b"),
        ("Folded", "one two"),
        ("Empty", ""),
    )
    assert on_branch(odd, "messages/11").trailers == (("Co-authored-by", "J\u00e9 <j@example.org>"),)
    assert on_branch(odd, "messages/12").trailers == ()


def test_people_are_as_written_in_the_commit(odd: Scratch) -> None:
    people = [on_branch(odd, f"people/{number}") for number in range(16)]

    assert [(commit.author_name, commit.author_email) for commit in people[:7]] == [
        ("", "nameless@example.org"),
        ("Mailless", ""),
        ("", ""),
        ("Latin \u00e9\u00e8", "l\u00e9@example.org"),
        ("Jos\u00e9 \U0001f600", "jos\u00e9@example.org"),
        ("", ""),
        ("Two", "one@example.org"),
    ]
    assert people[15].author_name == "Tab\tand\x01control"
    assert {(commit.committer_name, commit.committer_email) for commit in people} == {
        ("Ada", "ada@example.org")
    }


def test_a_date_that_is_none_is_unknown_and_never_the_epoch(odd: Scratch) -> None:
    dates = [on_branch(odd, f"people/{number}").authored_at for number in range(7, 15)]

    assert dates[1] == datetime(1970, 1, 1, tzinfo=UTC)
    assert dates[7] == datetime.fromtimestamp(1_700_000_000, UTC)
    assert [dates[number] for number in (0, 2, 3, 4, 5, 6)] == [None] * 6


def test_refs_lead_to_commits_also_through_tags_of_tags(odd: Scratch) -> None:
    refs = {ref.name: ref for ref in BareRepository(odd.folder).refs()}

    merge = odd.git("rev-parse", "v1^{commit}").decode().strip()
    assert refs["refs/tags/v1"].target == refs["refs/tags/outer"].target == merge
    assert refs["refs/tags/v1"].object_id == odd.git("rev-parse", "v1").decode().strip() != merge
    assert refs["refs/tags/v1"].tagged_at == datetime.fromtimestamp(1_700_000_500, UTC)
    assert refs["refs/tags/light"].target == refs["refs/tags/light"].object_id == refs["refs/tags/old"].target
    assert refs["refs/tags/light"].tagged_at is refs["refs/tags/old"].tagged_at is None
    assert refs["refs/tags/tree"].target is refs["refs/tags/blob"].target is None
    assert refs["refs/heads/side/of/it"].target == refs["refs/heads/side/of/it"].object_id


def test_only_what_is_new_is_read(scratch: Scratch) -> None:
    old = scratch.chain(5)
    new = scratch.chain(3, after=old[-1:], word="new")
    repository = BareRepository(scratch.folder)

    found = [commit.sha for commit in repository.commits([new[-1]], exclude=[old[-1]])]

    assert found == new
    assert list(repository.commits([new[-1]], exclude=new)) == []


def test_old_tips_that_are_gone_are_left_out_and_new_ones_must_be_there(scratch: Scratch) -> None:
    shas = scratch.chain(3)
    repository = BareRepository(scratch.folder)
    gone = "0123456789" * 4

    assert list(repository.reachable([shas[2]], exclude=[gone, shas[0]])) == shas[1:]
    assert repository.present([gone, *shas]) == set(shas)
    with pytest.raises(NotFound, match=gone):
        list(repository.reachable([gone]))
    assert list(repository.reachable([])) == []


def test_any_list_of_commits_is_read_in_its_own_order(scratch: Scratch) -> None:
    shas = scratch.chain(4)
    chosen = [shas[3], shas[0], shas[2]]

    assert [commit.sha for commit in BareRepository(scratch.folder).details(chosen)] == chosen


def test_a_patch_is_there_when_asked_for(odd: Scratch) -> None:
    patches = {commit.sha: commit for commit in commits_of(odd, patches=True)}

    assert all(commit.patch is None for commit in commits_of(odd))
    for commit in patches.values():
        shown_by_git = odd.git("log", "-1", "-p", "-z", "--format=", commit.sha).strip(b"\0\n")
        assert (commit.patch or "").strip("\n") == shown_by_git.decode("utf-8", "backslashreplace")
    assert [commit._replace(patch=None) for commit in patches.values()] == commits_of(odd)


def test_a_mirror_without_contents_counts_nothing_and_finds_exact_renames(odd: Scratch) -> None:
    repository = BareRepository(odd.folder, partial=True)
    files = [
        file for commit in repository.commits(targets(repository), patches=True) for file in commit.files
    ]

    assert {(file.additions, file.deletions, file.is_binary) for file in files} == {(None, None, None)}
    assert {file.similarity for file in files} == {None, 100}


def test_files_are_read_at_a_revision(scratch: Scratch) -> None:
    first, second = (
        scratch.commit({"a b/*.txt": text, "a b/x.txt": b"x"}, on="main") for text in (b"1", b"\0\xff")
    )
    repository = BareRepository(scratch.folder)

    assert (repository.read(first, "a b/*.txt"), repository.read("main", "a b/*.txt")) == (b"1", b"\0\xff")
    assert repository.blob_id(second, "a b/x.txt") == scratch.blob(b"x")
    assert repository.read("main", "a b") is repository.read("main", "none") is None
    with pytest.raises(NotFound):
        repository.read("no-such-branch", "a")


def test_a_mailmap_makes_people_one(scratch: Scratch) -> None:
    mailmap = "Jos\u00e9 Proper <jose@example.org> <old@example.org>\nNamed <named@example.org>\n".encode()
    scratch.commit({".mailmap": mailmap}, on="main")

    people = [("J", "old@example.org"), ("x", "NAMED@example.org"), ("", "who@example.org"), ("No Mail", "")]
    mapped = list(BareRepository(scratch.folder).mailmap(people))

    assert [entry[:2] for entry in mapped] == people
    assert [entry[2:] for entry in mapped] == [
        ("Jos\u00e9 Proper", "jose@example.org"),
        ("Named", "NAMED@example.org"),
        ("", "who@example.org"),
        ("No Mail", ""),
    ]


def test_what_cannot_be_read_is_never_left_out(scratch: Scratch) -> None:
    shas = scratch.chain(3)
    tree = scratch.git("rev-parse", f"{shas[1]}:main.txt").decode().strip()
    (scratch.folder / "objects" / tree[:2] / tree[2:]).unlink()
    (scratch.folder / "objects" / shas[0][:2] / shas[0][2:]).unlink()
    repository = BareRepository(scratch.folder)

    with pytest.raises(MirrorDamaged):
        list(repository.details([shas[2]]))
    with pytest.raises(MirrorDamaged, match=shas[0]):
        list(repository.details([shas[0]]))
    with pytest.raises(MirrorDamaged):
        list(repository.reachable([shas[2]]))
    assert (scratch.folder / "damaged").exists()


NAMES = st.binary(min_size=1, max_size=12).filter(lambda name: b"\0" not in name)
COUNTS = st.none() | st.tuples(st.integers(0, 10**9), st.integers(0, 10**9))
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("AMDT"), st.none(), st.none(), NAMES, COUNTS),
        st.tuples(st.sampled_from("RC"), st.integers(0, 100), NAMES, NAMES, COUNTS),
    ),
    max_size=8,
)


@given(CHANGES, st.booleans())
def test_whatever_names_and_numbers_are_the_two_lists_are_joined(
    changes: Iterable[tuple[str, int | None, bytes | None, bytes, tuple[int, int] | None]], counted: bool
) -> None:
    raw, numstat = b"", b""
    expected: list[tuple[object, ...]] = []
    for status, similarity, old, new, counts in changes:
        raw += b":100644 100755 %s %s %s" % (b"a" * 40, b"b" * 40, status.encode())
        raw += b"%03d\0" % similarity if similarity is not None else b"\0"
        numbers = b"-\t-\t" if counts is None else b"%d\t%d\t" % counts
        names = new + b"\0" if old is None else old + b"\0" + new + b"\0"
        raw += names
        numstat += numbers + (names if old is None else b"\0" + names)
        stated = (None, None, True) if counts is None else (*counts, False)
        expected.append((status, similarity, shown(old), new, *(stated if counted else (None, None, None))))
    words = (raw + (numstat if counted else b"")).decode("utf-8", "surrogateescape").split("\0")

    files, end = file_changes(words, counted=counted)

    found = [
        (
            *(file.status, file.similarity, file.old_path, file.path_bytes or file.path.encode()),
            *(file.additions, file.deletions, file.is_binary),
        )
        for file in files
    ]
    assert (found, end) == (expected, len(words) - 1)
