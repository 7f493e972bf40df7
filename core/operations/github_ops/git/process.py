"""Starts git, reads what it writes and ends it with all its children, however the reader ends."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from threading import Thread
from typing import IO

from core.errors import ConfigurationError, StopRequested
from core.operations.github_ops.git.failures import failure, killed

Stop = Callable[[], bool]

_CHUNK = 1 << 18
_QUEUED_CHUNKS = 64
_PIPE = 1 << 20
# How long a request to stop may go unnoticed, in seconds.
NOTICE = 0.25


@contextmanager
def started(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | int = subprocess.PIPE,
    stderr: IO[bytes] | int = subprocess.PIPE,
    keep_open: Sequence[int] = (),
) -> Generator["subprocess.Popen[bytes]"]:
    """A git process in a group of its own; the whole group is gone after the block."""
    try:
        process = subprocess.Popen(
            ["git", *arguments],
            env=environment,
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            pass_fds=keep_open,
            pipesize=_PIPE,
            umask=0o077,
        )
    except FileNotFoundError as error:
        raise ConfigurationError("there is no git on PATH", remedy="install git 2.34 or newer") from error
    with process:
        try:
            yield process
        finally:
            end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill git and its children, unless it has ended by itself."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def streamed(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    given: Iterable[bytes] = (),
    item: str,
    stop: Stop | None = None,
    keep_open: Sequence[int] = (),
) -> Generator[Iterator[bytes]]:
    """git's output in chunks, read up to 16 MiB ahead of who takes them; `given` is git's input.

    `keep_open` are descriptors that git and its children keep as long as they live. The iterator ends
    when git has ended well, and raises what went wrong otherwise.
    """
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
        stdin.writelines(given)
        stdin.seek(0)
        with started(
            arguments, environment=environment, stdin=stdin, stderr=stderr, keep_open=keep_open
        ) as process:
            chunks: Queue[bytes] = Queue(_QUEUED_CHUNKS)
            reader = Thread(target=_fill, args=(chunks, process), name="git-output", daemon=True)
            reader.start()
            try:
                yield _taken(chunks, process, stderr, item, stop)
            finally:
                end(process)
                _drain(chunks, reader)


def _fill(chunks: Queue[bytes], process: "subprocess.Popen[bytes]") -> None:
    source = process.stdout
    while source and (chunk := os.read(source.fileno(), _CHUNK)):
        chunks.put(chunk)
    chunks.put(b"")


def _drain(chunks: Queue[bytes], reader: Thread) -> None:
    """Let the reader, who may wait for room, come to the end of the output."""
    while reader.is_alive():
        with suppress(Empty):
            chunks.get_nowait()
        reader.join(0.001)


def _taken(
    chunks: Queue[bytes],
    process: "subprocess.Popen[bytes]",
    stderr: IO[bytes],
    item: str,
    stop: Stop | None,
) -> Iterator[bytes]:
    while chunk := _next(chunks, stop):
        yield chunk
    if status := process.wait():
        if status < 0:
            raise killed(status, item)
        stderr.seek(0)
        raise failure(stderr.read().decode("utf-8", "replace"), item)


def _next(chunks: Queue[bytes], stop: Stop | None) -> bytes:
    while True:
        try:
            return chunks.get(timeout=NOTICE)
        except Empty:
            if stop and stop():
                raise StopRequested("asked to stop while git was reading") from None
