"""A history in the language of `git fast-import`: https://git-scm.com/docs/git-fast-import."""

from collections.abc import Iterator, Mapping, Sequence

from github_activity_tracker.twin.git.commits import TwinCommit, TwinTag
from github_activity_tracker.twin.git.entries import GITLINK, Change
from github_activity_tracker.twin.git.history import History

LANES = b"refs/lanes/"
"""Refs that commits are written to, which are not to stay."""
_LANES = 3
_QUOTED = {byte: b"\\%03o" % byte for byte in (*range(32), *b'"\\', *range(127, 256))}


class _Lanes:
    """Which ref a commit is written to: the one that its parent was, as git has that tree at hand."""

    def __init__(self) -> None:
        self._tips: dict[int, int | None] = dict.fromkeys(range(_LANES))

    def lane(self, commit: TwinCommit) -> tuple[int, bool]:
        """The lane, and whether it goes on where it was; the longest unused one when it does not."""
        parent = commit.parents[0] if commit.parents else None
        goes_on = [lane for lane, tip in self._tips.items() if tip is not None and tip == parent]
        lane = goes_on[0] if goes_on else next(iter(self._tips))
        del self._tips[lane]
        self._tips[lane] = commit.number
        return lane, bool(goes_on)


def commit_mark(number: int) -> str:
    """Git's mark of a commit in the stream."""
    return f":{number + 1}"


def tag_mark(history: History, place: int) -> str:
    """Git's mark of the tag that is the stream's so manieth."""
    return f":{len(history.commits) + 1 + 2 * place}"


def _mark_of_bytes(history: History, place: int) -> str:
    return f":{len(history.commits) + 2 + 2 * place}"


def stream(history: History, shas: Sequence[str], tag_shas: Mapping[str, str]) -> Iterator[bytes]:
    """Write the commits and tags of `history` whose hashes are not known yet."""

    def commit_name(number: int) -> str:
        return shas[number] if number < len(shas) else commit_mark(number)

    lanes = _Lanes()
    for commit in history.commits[len(shas) :]:
        lane, goes_on = lanes.lane(commit)
        if not commit.parents:
            yield b"reset %s%d\n" % (LANES, lane)
        parents = [commit_name(parent) for parent in commit.parents]
        yield from _commit(commit, b"%s%d" % (LANES, lane), [] if goes_on else parents[:1], parents[1:])
    new = [tag for name, tag in history.tags.items() if name not in tag_shas]
    names = dict(tag_shas) | {tag.name: tag_mark(history, place) for place, tag in enumerate(new)}
    for place, tag in enumerate(new):
        if isinstance(tag.tagged, bytes):
            tagged = _mark_of_bytes(history, place)
            yield b"blob\nmark %s\n%s" % (tagged.encode(), _data(tag.tagged))
        else:
            tagged = names[tag.tagged] if isinstance(tag.tagged, str) else commit_name(tag.tagged)
        yield _tag(tag, names[tag.name], tagged)
    yield b"done\n"


def _commit(commit: TwinCommit, ref: bytes, start: Sequence[str], merged: Sequence[str]) -> Iterator[bytes]:
    yield b"commit %s\nmark %s\n" % (ref, commit_mark(commit.number).encode())
    yield f"author {commit.author.text}\ncommitter {commit.committer.text}\n".encode(commit.charset)
    if commit.charset != "utf-8":
        yield f"encoding {commit.charset}\n".encode()
    yield _data(commit.encoded)
    yield "".join([f"from {parent}\n" for parent in start] + [f"merge {name}\n" for name in merged]).encode()
    yield from map(_change, commit.changes)
    yield b"\n"


def _change(change: Change) -> bytes:
    path = b'"%s"' % b"".join(_QUOTED.get(byte, bytes([byte])) for byte in change.path)
    if change.after is None:
        return b"D %s\n" % path
    if change.after.mode == GITLINK:
        return b"M %o %s %s\n" % (change.after.mode, change.after.target.encode(), path)
    return b"M %o inline %s\n%s" % (change.after.mode, path, _data(change.after.data))


def _tag(tag: TwinTag, mark: str, tagged: str) -> bytes:
    tagger = f"tagger {tag.tagger.text}\n" if tag.tagger else ""
    return f"tag {tag.name}\nmark {mark}\nfrom {tagged}\n{tagger}".encode() + _data(tag.message.encode())


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
