"""An event loop in a thread of its own, so that channels are read while others are saved."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from core.open_pages import awaiting_network

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for the thread that owns it."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def call(self, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the result of a coroutine that asks the source. RuntimeError inside a page's transaction.

        What interrupts the wait, such as a signal, cancels it.
        """
        with awaiting_network():
            future = asyncio.run_coroutine_threadsafe(begin(), self._loop)
            try:
                return future.result()
            except BaseException:
                future.cancel()
                raise

    def start(self, begin: Callable[[], Coroutine[Any, Any, None]]) -> "Future[None]":
        """Start a coroutine that runs beside; cancel it when it is no longer wanted."""
        return asyncio.run_coroutine_threadsafe(begin(), self._loop)

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        with suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    # What they have begun in threads ends first.
    await asyncio.get_running_loop().shutdown_default_executor()
