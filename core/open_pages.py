"""Keeps pages and waits for the network apart: no process does both at once.

Apart from core.pages, so that HTTP clients can ask without Django.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_open: ContextVar[bool] = ContextVar("page_is_open", default=False)


def page_is_open() -> bool:
    """True inside a page's transaction: nothing may wait for the network then."""
    return _open.get()


@contextmanager
def open_page() -> Generator[None]:
    """Mark the block as a page."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


_awaited: ContextVar[bool] = ContextVar("network_is_awaited", default=False)


def network_is_awaited() -> bool:
    """True inside `awaiting_network`: nothing is lost when a signal ends that."""
    return _awaited.get()


@contextmanager
def awaiting_network() -> Generator[None]:
    """Mark the block as a wait for the source. RuntimeError inside a page's transaction."""
    if page_is_open():
        raise RuntimeError("a source is asked while a page transaction is open")
    token = _awaited.set(True)
    try:
        yield
    finally:
        _awaited.reset(token)
