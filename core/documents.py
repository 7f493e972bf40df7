"""Bringing the search index in step with the documents of tables: one process at a time for each table."""

from collections.abc import Generator, Iterable, Mapping

from core import registry
from core.errors import AlreadyRunning
from core.locks import DATABASE_IN_USE, Locks, this_process

PATIENCE_SECONDS = 300.0  # with another process that is sending the same documents


def sync_documents(
    apps: Iterable[str], who: str, *, send: bool = True, patience: float = PATIENCE_SECONDS
) -> Generator[tuple[str, Mapping[str, int]]]:
    """Send what changed in the documents of these apps to the index, if there is one: app -> its counts.

    Several collectors can write the tables of one app. Whoever comes second waits for the first, which may
    have looked before the second one's rows were there, and then sends what is left. `who` is what others
    are told meanwhile; without `send` only the index on this machine follows. Raises AlreadyRunning when the
    first takes longer than `patience` (seconds), after the other apps' documents are sent: the next run makes
    up for it.
    """
    sink = registry.document_sink()
    sources = registry.document_sources(apps) if sink else {}
    if sink is None or not sources:
        return
    held: AlreadyRunning | None = None
    with Locks(this_process(who)) as locks:
        locks.acquire(DATABASE_IN_USE, shared=True, held="is being replaced by")
        for app, source in sources.items():
            lock = f"documents of {app}"
            try:
                locks.wait(lock, seconds=patience, held="are being sent by")
            except AlreadyRunning as error:
                held = error
                continue
            try:
                yield app, sink.sync(source, send=send)
            finally:
                locks.release(lock)
    if held is not None:
        raise held
