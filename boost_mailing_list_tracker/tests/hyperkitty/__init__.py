"""A real HyperKitty to test against: in an environment of its own, on loopback, filled by its own importer.

HyperKitty wants an older Django than this project, so it never shares a process with it.
From a shell: `python -m boost_mailing_list_tracker.tests.hyperkitty --help`.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from pathlib import Path

_HERE = Path(__file__).parent
_REQUIREMENTS = _HERE / "requirements.txt"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "boost-trackers"
_PRIVATE, _PUBLIC = 1, 2  # Mailman's archive policies
_START_SECONDS = 60


class HyperKittyUnavailableError(Exception):
    """HyperKitty cannot be installed on this machine; the message says why."""


def environment() -> Path:
    """The Python of HyperKitty's own environment, installed on first use and kept in the user's cache.

    Raises HyperKittyUnavailableError.
    """
    digest = hashlib.sha256(_REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = _CACHE / f"hyperkitty-{digest}"
    python = folder / "bin" / "python"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "hyperkitty.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not (folder / "ready").exists():
            _install(folder, python)
            (folder / "ready").touch()
    return python


def _install(folder: Path, python: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        raise HyperKittyUnavailableError("uv is not on PATH")
    shutil.rmtree(folder, ignore_errors=True)
    for command in (
        [uv, "venv", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--python", str(python), "--requirement", str(_REQUIREMENTS)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HyperKittyUnavailableError(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-500:]}")


class HyperKitty:
    """One HyperKitty and its database, in `folder`; an existing one is used as it is.

    Raises HyperKittyUnavailableError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.database = self.folder / "hyperkitty.sqlite3"
        self._python = environment()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._manage("migrate", "--verbosity=0")

    def load(self, fqdn: str, files: Iterable[Path]) -> int:
        """Import mbox files into a list with HyperKitty's own importer; how many mails it holds then."""
        paths = [str(path.resolve()) for path in files]
        options = ["--no-sync-mailman", "--ignore-mtime", "--since", "1900-01-01", "-l", fqdn]
        self._manage("hyperkitty_import", *options, *paths)
        return self.counts().get(fqdn.lower(), 0)

    def counts(self) -> dict[str, int]:
        """Mails stored, by list."""
        with contextlib.closing(self.connect()) as database:
            return dict(
                database.execute(
                    "SELECT l.name, count(e.id) FROM hyperkitty_mailinglist l"
                    " LEFT JOIN hyperkitty_email e ON e.mailinglist_id = l.id GROUP BY l.name"
                )
            )

    def make_private(self, fqdn: str, *, private: bool = True) -> None:
        """Show a list to its members only, or to everyone again."""
        with contextlib.closing(self.connect()) as database, database:
            database.execute(
                "UPDATE hyperkitty_mailinglist SET archive_policy = ? WHERE name = ?",
                (_PRIVATE if private else _PUBLIC, fqdn),
            )

    def delete(self, fqdn: str, *hashes: str) -> None:
        """Delete mails as a moderator does."""
        self._shell(
            "from hyperkitty.models import Email\n"
            f"for digest in {hashes!r}:\n"
            f"    Email.objects.get(mailinglist__name={fqdn!r}, message_id_hash=digest).delete()"
        )

    def reattach(self, fqdn: str, moved: str, below: str) -> None:
        """Move a thread, given its starter's hash, below another mail, as a moderator does."""
        self._shell(
            "from hyperkitty.models import Email\n"
            f"mails = Email.objects.filter(mailinglist__name={fqdn!r})\n"
            f"mails.get(message_id_hash={moved!r}).set_parent(mails.get(message_id_hash={below!r}))"
        )

    def _shell(self, code: str) -> None:
        self._manage("shell", "--command", code)

    def connect(self) -> sqlite3.Connection:
        """Its database, to look into or to fill past the importer."""
        return sqlite3.connect(self.database, timeout=30)

    @contextlib.contextmanager
    def serve(self, *, export: bool = True, port: int = 0) -> Generator[str]:
        """Serve it on loopback until the block ends; gives `http://127.0.0.1:<port>/archives/api`.

        export: whether the mbox download is enabled.
        """
        with (
            socket.create_server(("127.0.0.1", port)) as listener,
            (self.folder / "server.log").open("ab") as log,
        ):
            port = listener.getsockname()[1]
            process = subprocess.Popen(
                [
                    *(str(self._python), "-m", "gunicorn", "django.core.wsgi:get_wsgi_application()"),
                    *("--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread"),
                    *("--workers", "1", "--threads", "8", "--timeout", "600", "--no-control-socket"),
                ],
                cwd=self.folder,
                env=self._environment(HYPERKITTY_EXPORT=str(int(export))),
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                self._wait_until_ready(process, port)
                yield f"http://127.0.0.1:{port}/archives/api"
            finally:
                process.terminate()
                process.wait(timeout=30)

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        """The socket listens before the server answers; a first answer means that it does."""
        deadline = time.monotonic() + _START_SECONDS
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(b"GET /archives/api/lists/?limit=1 HTTP/1.0\r\nHost: localhost\r\n\r\n")
            while time.monotonic() < deadline and process.poll() is None:
                with contextlib.suppress(TimeoutError):
                    if client.recv(1):
                        return
        raise RuntimeError(f"HyperKitty does not answer; see {self.folder / 'server.log'}")

    def _manage(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._python), "-m", "django", *arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"HyperKitty's {arguments[0]} failed: {done.stderr.strip()[-2000:]}")

    def _environment(self, **more: str) -> dict[str, str]:
        own = {
            "PYTHONPATH": str(_HERE / "site"),
            "DJANGO_SETTINGS_MODULE": "hyperkitty_settings",
            "HYPERKITTY_FOLDER": str(self.folder),
        }
        return {**os.environ, **own, **more}
