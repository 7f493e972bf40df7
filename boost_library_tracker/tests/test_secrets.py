"""No credential of GitHub is anywhere after a run: not in logs, files, rows, argv, nor in what was pushed.

Every shape of token goes through a run in which everything fails, by a source that echoes what it was sent,
and through one that brings and publishes all. What is searched for is found where it is planted.
"""

import base64
import dataclasses
import json
import os
import secrets
import string
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core import archive, registry
from core.models import Checkpoint, Run
from core.twins import Twin, TwinRequest, TwinResponse, World, serve

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

Start = Callable[..., "subprocess.Popen[str]"]

COMMAND = ("manage.py", "run_boost_github_activity_tracker", "-v", "3")
TWIN = "github_activity_tracker.twin.BoostorgTwin"
SIZE = 12
LETTERS = string.ascii_letters + string.digits
UNSTARTED = {77, 78}  # exit codes of runs that come to no git
SHOWN = 40  # characters around what is found
PIECE = 16  # of a secret: nothing else has so many characters of it in a row


def dice(length: int, letters: str = LETTERS) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))


SHAPES: dict[str, Callable[[], str]] = {
    "classic": lambda: "ghp_" + dice(36),
    "fine-grained": lambda: f"github_pat_{dice(22)}_{dice(59)}",
    "OAuth": lambda: "gho_" + dice(36),
    "user-to-server": lambda: "ghu_" + dice(36),
    "server-to-server": lambda: "ghs_" + dice(36),
    "of 40 hexadecimal digits": lambda: dice(40, string.hexdigits[:16]),
}


# What is searched for


def needles(secret: str) -> dict[str, bytes]:
    """What -> bytes that show a secret: its beginning, its end, percent-encoded, and in base64."""
    found = {"percent-encoded": quote(secret, safe="").encode()}
    for line in (line for line in secret.splitlines() if not line.startswith("-----")):
        found |= {f"beginning of {line[:4]}...": _inner(line)[:PIECE].encode()}
        found |= {f"end of {line[:4]}...": line[-PIECE:].encode()}
        for shift in range(3):
            # base64 of a text that has the secret at any place in it.
            encoded = base64.b64encode(b"\0" * shift + line.encode())[4 * bool(shift) : -4]
            found |= {f"base64 + {shift} of {line[:4]}...": encoded[:24]}
            found |= {f"URL-safe base64 + {shift} of {line[:4]}...": encoded[:24].translate(_URL_SAFE)}
    assert all(len(each) >= PIECE for each in found.values())
    return found


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _inner(token: str) -> str:
    """Without the prefix, which says of what kind it is and is no secret."""
    return token.removeprefix("github_pat_") if token.startswith("github_pat_") else token[4:]


def traces(wanted: Iterable[str], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where which form of a secret stands."""
    forms = {form: what for secret in wanted for what, form in needles(secret).items()}
    found: list[str] = []
    for place, content in places:
        for form, what in forms.items():
            if (at := content.find(form)) >= 0:
                around = content[max(0, at - SHOWN) : at + len(form) + SHOWN]
                found.append(f"{place}: {what}: {around!r}")
    return found


# Where is searched


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all files, unpacked where they are packed, and of all objects of git."""
    for path in sorted(folder.rglob("*")):
        yield str(path), os.fsencode(path)
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        yield str(path), content
        yield f"{path}, unpacked", unpacked(content)
        if path.name == "HEAD" and (path.parent / "objects").is_dir():
            yield f"objects of {path.parent}", objects_of(path.parent)


def objects_of(repository: Path) -> bytes:
    options = ("cat-file", "--batch-all-objects", "--batch", "--buffer")
    return subprocess.run(
        ["git", f"--git-dir={repository}", *options],
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    ).stdout


def unpacked(content: bytes) -> bytes:
    """What zlib has packed at the beginning; nothing when it is not packed."""
    try:
        return zlib.decompressobj().decompress(content)
    except zlib.error:
        return b""


def rows() -> Iterator[tuple[str, bytes]]:
    """Every value of every table of the database."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a table of ours
            columns = [column.name for column in cursor.description or ()]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    place = f"{table}.{column}"
                    if isinstance(value, bytes | memoryview):
                        yield place, bytes(value)
                        yield f"{place}, unpacked", unpacked(bytes(value))
                    elif isinstance(value, dict | list):
                        yield place, json.dumps(value, default=str, ensure_ascii=False).encode()
                    elif value is not None:
                        yield place, str(value).encode()


class Watch(threading.Thread):
    """Reads the command lines of a process and of all below it, again and again."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.lines: set[bytes] = set()
        self._family = {str(root)}
        self._strangers = self._processes() - self._family
        self._done = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        while not self._done.wait(0.002):
            for process in self._processes() - self._strangers:
                try:
                    if self._is_ours(process):
                        self.lines.add(Path("/proc", process, "cmdline").read_bytes())
                except OSError:
                    continue  # it has ended

    def _is_ours(self, process: str) -> bool:
        if process in self._family:
            return True
        parent = Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[1]
        # 1: of an orphan, which may have been ours.
        is_ours = parent == "1" or parent in self._family
        (self._family if is_ours else self._strangers).add(process)
        return is_ours

    @staticmethod
    def _processes() -> set[str]:
        return {name for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208 - names alone, and fast

    def places(self) -> Iterator[tuple[str, bytes]]:
        return (("argv of a process", line) for line in self.lines)


WRAPPER = """#!/bin/sh
{{
    printf '%s\\n' "$@"
    for each in "$@"; do
        case "$each" in --git-dir=*) cat "${{each#--git-dir=}}/config" 2>/dev/null ;; esac
    done
}} >>'{notes}'
exec '{git}' "$@"
"""


class NotedGit:
    """A git that notes its arguments and its repository's configuration, however short it lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = folder / "notes"
        folder.mkdir()
        self.notes.touch()
        real = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip()
        program = folder / "git"
        program.write_text(WRAPPER.format(notes=self.notes, git=real))
        program.chmod(0o755)

    def places(self) -> Iterator[tuple[str, bytes]]:
        yield "argv or configuration of git", self.notes.read_bytes()


class Wire:
    """A twin that notes what comes in, and with `trouble` answers it badly, with all that it was sent."""

    def __init__(self, twin: Twin) -> None:
        self.trouble: Callable[[TwinRequest], TwinResponse | None] = lambda _: None
        self.secrets: set[str] = set()
        self.paths: set[str] = set()
        self.other: list[bytes] = []
        self._answer = twin.answer
        twin.answer = self.answer

    def answer(self, request: TwinRequest) -> TwinResponse:
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        self.other.append(f"{request.target} {headers}".encode() + request.body)
        if secret := sent(request):
            self.secrets.add(secret)
            self.paths.add(request.path)
        return self.trouble(request) or self._answer(request)

    def places(self) -> Iterator[tuple[str, bytes]]:
        return (("a request, besides its Authorization", each) for each in self.other)


def sent(request: TwinRequest) -> str:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return base64.b64decode(value).decode().partition(":")[2] if kind == "Basic" else value


def echo(request: TwinRequest) -> str:
    """All that a careless server might repeat."""
    whole, secret = request.headers.get("authorization", ""), sent(request)
    return f"{secret} bad: you sent Authorization: {whole} and x={secret}&token={quote(secret)} or ({whole})"


def failing(libraries: list[str]) -> Callable[[TwinRequest], TwinResponse | None]:
    """Each library fails otherwise: a page of 500, an error of GraphQL, a 422; git: 401, 403; the push."""

    def trouble(request: TwinRequest) -> TwinResponse | None:
        text = echo(request)
        said = json.dumps({"message": text}).encode()
        if request.path.endswith("/graphql"):
            name = json.loads(request.body).get("variables", {}).get("name")
            if name == libraries[0]:
                return TwinResponse(500, said, {"Retry-After": "0", "X-Echo": text})
            if name == libraries[1]:
                return TwinResponse(200, json.dumps({"data": None, "errors": [{"message": text}]}).encode())
            return TwinResponse(422, said) if name == "boost" else None
        plain = {"Content-Type": "text/plain", "X-Echo": text}
        if request.path.startswith(f"/boostorg/{libraries[0]}.git/"):
            return TwinResponse(401, text.encode(), plain | {"WWW-Authenticate": f'Basic realm="{text}"'})
        if request.path.startswith((f"/boostorg/{libraries[1]}.git/", "/cppalliance/")):
            return TwinResponse(403, text.encode(), plain)
        return None

    return trouble


@dataclasses.dataclass
class Scene:
    """A served twin with tokens of one kind, and a command with everything around it observed."""

    twin: Any
    wire: Wire
    environment: dict[str, str]
    folder: Path
    start: Start
    places: list[tuple[str, bytes]] = dataclasses.field(default_factory=list[tuple[str, bytes]])

    @property
    def libraries(self) -> list[str]:
        return [repo.name for repo in self.twin.hub.repos if repo.issues and repo.name != "boost"]

    @property
    def target(self) -> Path:
        return self.twin.target.git.folder

    def run(self, log_format: str) -> int:
        """Runs the command; its output and the command lines are searched with the rest later."""
        child = self.start(*COMMAND, "--log-format", log_format, **self.environment)
        with Watch(child.pid) as watch:
            stdout, stderr = child.communicate(timeout=120)
        for program in (b"run_boost_github_activity_tracker", b"git\0", b"remote-http"):
            assert any(program in line for line in watch.lines) or child.returncode in UNSTARTED
        self.places += [("stdout", stdout.encode()), ("stderr", stderr.encode()), *watch.places()]
        assert '"DEBUG"' in stderr or " DEBUG " in stderr or child.returncode in UNSTARTED, stderr
        return child.returncode

    def everywhere(self) -> Iterator[tuple[str, bytes]]:
        yield from self.places
        yield from self.wire.places()
        yield from files_below(self.folder)
        yield from rows()
        yield from files_below(self.target)

    def content(self) -> dict[str, bytes]:
        return self.twin.git.content(self.twin.target.owner["login"], self.twin.target.name)


@pytest.fixture
def scene(tmp_path: Path, start: Start) -> Callable[..., Any]:
    """A scene with tokens of a shape; without one, a GitHub App reads."""

    @contextmanager
    def opened(shape: Callable[[], str] | None, **changed: str) -> Generator[Scene]:
        git, temporary = NotedGit(tmp_path / "bin"), tmp_path / "tmp"
        temporary.mkdir()
        twin: Any = registry.load_twin(TWIN)(World(), size=SIZE)
        # The twin keeps its repositories outside of what is searched.
        with serve([twin]) as served:
            environment = served.environment() | {
                "WORKSPACE_DIR": str(tmp_path / "workspace"),
                "TMPDIR": str(temporary),
                "PATH": f"{git.folder}:{os.environ['PATH']}",
            }
            if shape is None:
                environment |= twin.app_environment()
                environment["GITHUB_TOKEN_WRITE"] = given(twin, "write", SHAPES["classic"]())
            else:
                both = [given(twin, "read", shape()) for _ in "12"]
                environment["GITHUB_TOKENS_SCRAPING"] = ",".join(both)
                environment["GITHUB_TOKEN_WRITE"] = given(twin, "write", shape())
            yield Scene(twin, Wire(twin), environment | changed, tmp_path, start)

    return opened


def given(twin: Any, purpose: str, value: str) -> str:
    """One more token of the account that reads or writes."""
    token = twin.reader if purpose == "read" else twin.writer
    twin.give(dataclasses.replace(token, value=value))
    return value


def tokens_of(scene: Scene) -> set[str]:
    names = ("GITHUB_TOKENS_SCRAPING", "GITHUB_TOKEN_WRITE", "GITHUB_APP_PRIVATE_KEY")
    return {part for name in names for part in scene.environment.get(name, "").split(",") if part}


# The proof


KINDS = [*SHAPES.values(), None]


@pytest.mark.parametrize(
    ("shape", "log_formats"),
    # Every shape meets both formats, and both of them meet failures.
    [(shape, ("json", "text")[:: 1 if nth % 2 else -1]) for nth, shape in enumerate(KINDS)],
    ids=[*SHAPES, "key of an App"],
)
def test_no_token_is_anywhere_after_runs_that_failed_and_one_that_brought_and_published_all(
    scene: Callable[..., Any], shape: Callable[[], str] | None, log_formats: tuple[str, str]
) -> None:
    with scene(shape) as stage:
        secrets_of_settings = tokens_of(stage)
        revoked = stage.environment["GITHUB_TOKENS_SCRAPING"].split(",")[0]
        if revoked:
            stage.twin.take(dataclasses.replace(stage.twin.reader, value=revoked))
        stage.wire.trouble = failing(stage.libraries)
        assert stage.run(log_formats[0]) == 65
        told = json.dumps(Run.objects.latest("pk").errors)
        assert told.count("[redacted]") >= 4, told  # what was echoed got that far
        stage.wire.trouble = lambda _: None
        if revoked:
            given(stage.twin, "read", revoked)

        assert stage.run(log_formats[1]) == 0

        assert stage.content()
        assert {path.split("/")[1] for path in stage.wire.paths} >= {"api", "boostorg", "cppalliance"}
        # All of them were sent, apart from the key, which only signs.
        assert {each for each in secrets_of_settings if "\n" not in each} <= stage.wire.secrets
        wanted = secrets_of_settings | stage.wire.secrets
        assert traces(wanted, stage.everywhere()) == []


def test_no_token_is_anywhere_when_every_one_is_revoked(scene: Callable[..., Any]) -> None:
    with scene(SHAPES["of 40 hexadecimal digits"]) as stage:
        for token in tokens_of(stage):
            stage.twin.take(dataclasses.replace(stage.twin.reader, value=token))
        stage.wire.trouble = lambda request: TwinResponse(
            401, json.dumps({"message": echo(request)}).encode()
        )
        assert stage.run("json") == 77
        assert stage.wire.secrets
        assert traces(tokens_of(stage), stage.everywhere()) == []


@pytest.mark.parametrize("escaped", [False, True], ids=["lines", "one line"])
def test_no_line_of_a_key_that_cannot_be_used_is_anywhere(
    scene: Callable[..., Any], *, escaped: bool
) -> None:
    with scene(None) as stage:
        lines = stage.environment["GITHUB_APP_PRIVATE_KEY"].splitlines()
        damaged = [*lines[:5], *lines[7:]]
        stage.environment["GITHUB_APP_PRIVATE_KEY"] = ("\\n" if escaped else "\n").join(damaged)
        assert stage.run("json") == 78
        assert "GITHUB_APP_PRIVATE_KEY" in json.dumps(Run.objects.latest("pk").errors)
        assert traces(["\n".join(damaged)], stage.everywhere()) == []


# The search can fail: what is planted is found.


def everything_below(folder: Path, wanted: str) -> list[str]:
    return traces([wanted], [*files_below(folder), *rows()])


def repository(folder: Path, content: str) -> Path:
    """A bare repository with one packed file."""
    bare = folder / "boost.git"

    def git(*arguments: str, given: str = "") -> str:
        command = ["git", f"--git-dir={bare}", "-c", "user.name=a", "-c", "user.email=a@example.com"]
        ran = subprocess.run([*command, *arguments], input=given, check=True, capture_output=True, text=True)
        return ran.stdout.strip()

    git("init", "-q", "--bare")
    blob = git("hash-object", "-w", "--stdin", given=content)
    tree = git("mktree", given=f"100644 blob {blob}\tREADME\n")
    git("update-ref", "refs/heads/main", git("commit-tree", tree, "-m", "x"))
    git("repack", "-a", "-d", "-q")
    return bare


PLANTS: dict[str, Callable[[Path, str], object]] = {
    "a log": lambda folder, token: (folder / "run.log").write_text(f"asked with {token} in vain"),
    "the name of a file": lambda folder, token: (folder / f"{token}.md").touch(),
    "an export": lambda folder, token: (folder / "1.md").write_text(f"{token}\n"),
    "a blob of the archive": lambda folder, token: (folder / "1.z").write_bytes(
        zlib.compress(token.encode())
    ),
    "the configuration of a mirror": lambda folder, token: (repository(folder, "") / "config").write_text(
        f"[remote]\n\turl = https://x-access-token:{token}@github.com/boostorg/boost.git\n"
    ),
    "a packed file of git": lambda folder, token: repository(folder, f"see {token}\n"),
    "a base64 header": lambda folder, token: (folder / "log").write_bytes(
        b"Basic " + base64.b64encode(f"x-access-token:{token}".encode())
    ),
    "base64 elsewhere": lambda folder, token: (folder / "log").write_bytes(
        base64.urlsafe_b64encode(f"ab {token} cd".encode())
    ),
    "half a token": lambda folder, token: (folder / "log").write_text(token[: len(token) // 2 + 4]),
    "the end of a token": lambda folder, token: (folder / "log").write_text(f"...{token[-20:]}"),
    "a text of the database": lambda _, token: Checkpoint.objects.create(
        collector="c", scope="s", stream="s", token=token
    ),
    "JSON of the database": lambda _, token: Run.objects.create(
        token="00000000-0000-0000-0000-000000000001",
        collector="c",
        host="h",
        pid=1,
        errors=[{"message": f"bad credentials {token}"}],
    ),
    "the archive": lambda _, token: archive.record("c", "s", {"k": {"1": f'{{"body": "{token}"}}'.encode()}}),
    "JSON of a checkpoint": lambda _, token: Checkpoint.objects.create(
        collector="c", scope="s", stream="s", extras={"at": timezone.now().isoformat(), "url": {token: 1}}
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_a_token_that_is_planted_is_found(plant: Callable[[Path, str], object], tmp_path: Path) -> None:
    for name, shape in SHAPES.items():
        (folder := tmp_path / name).mkdir()
        token, other = shape(), shape()
        with transaction.atomic():
            plant(folder, token)
            assert everything_below(folder, token)
            assert not everything_below(folder, other)
            transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_line_of_a_key_that_is_planted_is_found(tmp_path: Path) -> None:
    body = "\n".join(dice(64) for _ in range(5))
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n"
    (tmp_path / "log").write_text(f"no key: {key.splitlines()[3]}")
    assert everything_below(tmp_path, key)


@pytest.mark.django_db
def test_a_token_in_the_arguments_of_a_short_process_of_a_process_is_found() -> None:
    token = SHAPES["classic"]()
    nested = f"import subprocess; subprocess.run(['sh', '-c', 'sleep 0.1', {token!r}])"
    command = [sys.executable, "-c", "import os; exec(os.environ['PROGRAM'])"]
    with subprocess.Popen(command, env=os.environ | {"PROGRAM": nested}) as child, Watch(child.pid) as watch:
        assert child.wait() == 0
    assert traces([token], watch.places())
    assert not traces([SHAPES["classic"]()], watch.places())


@pytest.mark.django_db
def test_a_token_in_the_arguments_or_the_configuration_of_a_git_is_found(tmp_path: Path) -> None:
    token, other = SHAPES["classic"](), SHAPES["OAuth"]()
    git, bare = NotedGit(tmp_path / "bin"), repository(tmp_path, "")
    with (bare / "config").open("a") as config:
        config.write(f"[http]\n\textraHeader = Authorization: Bearer {other}\n")
    subprocess.run(
        [git.folder / "git", f"--git-dir={bare}", "-c", f"a.b={token}", "rev-parse", "--git-dir"],
        check=True,
        capture_output=True,
    )
    assert traces([token], git.places())
    assert traces([other], git.places())


@pytest.mark.django_db
def test_a_token_in_the_address_of_a_request_is_found() -> None:
    twin: Any = registry.load_twin(TWIN)(World(), size=SIZE)
    wire, token = Wire(twin), SHAPES["classic"]()
    wire.answer(TwinRequest("GET", "/api/v3/user", {}, {}, b"", f"/api/v3/user?access_token={token}"))
    assert traces([token], wire.places())
