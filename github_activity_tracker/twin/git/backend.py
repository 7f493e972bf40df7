"""Runs `git http-backend` for one request, as a web server runs any CGI program.

https://git-scm.com/docs/git-http-backend
"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.twins import TwinRequest, TwinResponse
from github_activity_tracker.twin.git.store import environment

_PIECE = 65_536


def answer(request: TwinRequest, folder: Path, rest: str, *, writer: str | None) -> TwinResponse:
    """Answer a request for the repository in `folder` as git does.

    rest: the request's path below the repository's address. writer: who may push, None when nobody may.
    The body streams while git works, so a long one keeps nobody else waiting.
    """
    with tempfile.TemporaryFile() as body:  # a pipe would block both sides
        body.write(request.body)
        body.seek(0)
        process = subprocess.Popen(
            ["git", "http-backend"],
            stdin=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # each piece as it comes
            env=environment(folder) | _variables(request, folder, rest, writer),
        )
    output = _Output(process)
    headers = dict(output.headers())
    status = int(headers.pop("Status", "200").split()[0])
    return TwinResponse(status, output, headers)


def _variables(request: TwinRequest, folder: Path, rest: str, writer: str | None) -> dict[str, str]:
    optional = {
        "GIT_PROTOCOL": request.headers.get("git-protocol"),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding"),
        "REMOTE_USER": writer,
    }
    return {
        "GIT_PROJECT_ROOT": str(folder.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{folder.name}/{rest}",
        "QUERY_STRING": request.target.partition("?")[2],
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "REMOTE_ADDR": "127.0.0.1",
    } | {name: value for name, value in optional.items() if value}


class _Output(Iterator[bytes]):
    """The output of a process, piece by piece; one whose output nobody reads to the end is stopped."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            raise ValueError("a process whose output is no pipe cannot be read")
        self._process = process
        self._pipe = process.stdout

    def headers(self) -> Iterator[tuple[str, str]]:
        """The lines before the body."""
        while line := self._pipe.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            yield name, value.strip()

    def __next__(self) -> bytes:
        piece = b"" if self._pipe.closed else self._pipe.read(_PIECE)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        self._pipe.close()
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def __del__(self) -> None:
        self.close()
