"""One process at a time in a mirror, also when who started git is gone and git is not."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from core.errors import AlreadyRunning, StopRequested
from core.operations.file_ops import make_private
from core.operations.github_ops.git.process import NOTICE, Stop

# A git whose parent was killed ends when it next shows its progress, or gives up a dead server.
_PATIENCE = 75.0


@contextmanager
def exclusive(folder: Path, stop: Stop | None, *, patience: float = _PATIENCE) -> Generator[int]:
    """Holds the lock of a mirror: a descriptor, for git to keep open, so that the lock ends with the last
    process at work. AlreadyRunning when another one keeps it.
    """
    make_private(folder.parent)
    descriptor = os.open(
        folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        patient_until = time.monotonic() + patience
        while not _taken(descriptor):
            if stop and stop():
                raise StopRequested("asked to stop while another process was fetching")
            if time.monotonic() > patient_until:
                raise AlreadyRunning(
                    "another process is fetching", item=folder.name, remedy="let it finish and run again"
                )
            time.sleep(NOTICE)  # the system can wait for a lock, but then hears no request to stop
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
