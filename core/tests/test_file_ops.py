import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.operations.file_ops import Limits, safe_name, safe_title, unpack, write_atomically


def test_a_file_is_written_with_its_folders_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "file.txt"

    assert write_atomically(target, "é") == 2
    assert write_atomically(target, [b"one", b"two"]) == 6

    assert target.read_bytes() == b"onetwo"
    assert [path.name for path in target.parent.iterdir()] == ["file.txt"]
    assert target.stat().st_mode & 0o777 == 0o600
    assert [folder.stat().st_mode & 0o777 for folder in (target.parent, target.parent.parent)] == [0o700] * 2


def test_an_error_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"new"
        raise OSError("gone")

    target = tmp_path / "file"
    write_atomically(target, b"old")

    with pytest.raises(OSError, match="gone"):
        write_atomically(target, broken())

    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["file.txt", "ü.pdf", "a-b_c", "2023.01.02", "README"])
def test_a_harmless_name_stays(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("../../etc/passwd", "_.._etc_passwd-"),
        ("a/b\\c", "a_b_c-"),
        (".", "_-"),
        ("..", "_-"),
        ("", "_-"),
        (".hidden", "hidden-"),
        ("-rf", "rf-"),
        ("CON", "_CON-"),
        ("nul.txt", "_nul-"),
        ("a\nb\0c\u202ed", "a_b_c_d-"),
        ("u\u0308.pdf", "ü-"),
        ("x." + "y" * 40 + "/", "x." + "y" * 40 + "_-"),
        ("a b?.txt", "a_b_-"),
        ("trailing. ", "trailing._-"),
    ],
)
def test_a_dangerous_name_is_defused(name: str, begin: str) -> None:
    assert safe_name(name).startswith(begin)


@given(st.text(), st.integers(40, 255))
def test_any_name_is_one_safe_component_within_its_bytes(name: str, max_bytes: int) -> None:
    safe = safe_name(name, max_bytes=max_bytes)

    assert 0 < len(safe.encode()) <= max_bytes
    assert Path(safe).name == safe
    assert safe == safe_name(name, max_bytes=max_bytes)
    assert not set(safe) & set('/\\:*?"<>|\0\n ')


def test_names_that_clean_to_the_same_stay_apart() -> None:
    assert len({safe_name(name) for name in ("a/b", "a\\b", "a:b", "a_b")}) == 4


def test_a_long_name_keeps_its_suffix() -> None:
    assert safe_name("é" * 300 + ".tar.gz").endswith(".gz")


Pack = Callable[[Path, dict[str, bytes]], Path]


def zipped(path: Path, members: dict[str, bytes], *, mode: int = 0o100644) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


def tarred(path: Path, members: dict[str, bytes], *, kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.linkname = kind, len(content), "/etc/passwd"
            archive.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_is_unpacked(tmp_path: Path, pack: Pack) -> None:
    archive = pack(tmp_path / "archive", {"a/b.txt": b"one", "./c": b"two"})

    written = unpack(archive, tmp_path / "out")

    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == ["a/b.txt", "c"]
    assert [path.read_bytes() for path in written] == [b"one", b"two"]


def test_a_single_gzipped_file_is_unpacked_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "mails.mbox.gz").write_bytes(gzip.compress(b"From "))

    (path,) = unpack(tmp_path / "mails.mbox.gz", tmp_path / "out")

    assert (path.name, path.read_bytes()) == ("mails.mbox", b"From ")


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize(
    "name",
    ["../up", "a/../../up", "/absolute", "..\\up", "C:\\x", "a\nb", "a/b/../../../up", "\\\\host\\share"],
)
def test_a_member_that_leaves_the_folder_is_refused(tmp_path: Path, pack: Pack, name: str) -> None:
    archive = pack(tmp_path / "archive", {"fine": b"x", name: b"x"})

    with pytest.raises(InvalidInput, match="no name for a file"):
        unpack(archive, tmp_path / "out")

    assert {path.name for path in tmp_path.rglob("*")} == {"archive", "out", "fine"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(InvalidInput, match="no plain file"):
        unpack(tarred(tmp_path / "archive", {"link": b""}, kind=kind), tmp_path / "out")


def test_a_symbolic_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no plain file"):
        unpack(zipped(tmp_path / "archive", {"link": b"/etc/passwd"}, mode=0o120777), tmp_path / "out")


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize(
    ("limits", "members", "message"),
    [
        (Limits(total_bytes=5), {"a": b"123", "b": b"456"}, "unpacks to more"),
        (Limits(members=1), {"a": b"1", "b": b"2"}, "more than 1 members"),
        (Limits(), {"a": bytes(60_000_000)}, "unpacks to more"),
        (Limits(), {"a": b"1", "A": b"2"}, "two members"),
    ],
)
def test_limits_hold(
    tmp_path: Path, pack: Pack, limits: Limits, members: dict[str, bytes], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        unpack(pack(tmp_path / "archive", members), tmp_path / "out", limits=limits)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_of_a_method_that_unpacks_without_bounds_is_refused(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "archive", "w", method) as archive:
        archive.writestr("users.json", bytes(1 << 20))
    with pytest.raises(InvalidInput, match=r"'users\.json' is packed by another method than deflate"):
        unpack(tmp_path / "archive", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_damaged_archive_is_a_typed_error(tmp_path: Path, pack: Pack) -> None:
    whole = pack(tmp_path / "whole", {"a": bytes(range(256)) * 400}).read_bytes()

    for cut in (1, 30, len(whole) // 2, len(whole) - 5):
        (tmp_path / "cut").write_bytes(whole[:cut])
        with pytest.raises(InvalidInput):
            unpack(tmp_path / "cut", tmp_path / "out")


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08"]))
def test_what_is_no_archive_is_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, magic: bytes
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "x").write_bytes(magic + data)

    with pytest.raises(InvalidInput):
        unpack(folder / "x", folder / "out")


@pytest.mark.parametrize(
    ("title", "safe"),
    [
        ("Fix the build", "Fix the build"),
        ("  a\tb\n c  ", "a b c"),
        ("std::vector<T>/U?", "std_vector_T_U_"),
        ("../../etc", "_.._etc"),
        ("a\x00b\u202ec...", "a_b_c"),
        ("e\u0301", "é"),
        ("...", ""),
    ],
)
def test_a_title_in_a_file_name_stays_readable(title: str, safe: str) -> None:
    assert safe_title(title) == safe


@given(st.text(), st.integers(0, 300))
def test_any_title_becomes_a_harmless_part_of_a_name(title: str, max_bytes: int) -> None:
    safe = safe_title(title, max_bytes=max_bytes)

    assert len(safe.encode()) <= max_bytes
    assert not set(safe) & set('<>:"/\\|?*\n\0')
    assert safe == safe.strip(". ")
