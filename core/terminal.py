"""The console that commands write tables to."""

from typing import cast

from django.core.management.base import OutputWrapper
from rich.console import Console

PIPE_WIDTH = 120  # columns where there is no terminal to ask


# Control characters, which a terminal would obey, as Python writes them.
_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160))}


def printable(text: str) -> str:
    """Text from outside as one line that a terminal shows and does not obey."""
    return text.translate(_CONTROLS)


def console_for(output: OutputWrapper) -> Console:
    """A rich console over a command's `self.stdout`."""
    stream = cast("OutputWrapper", getattr(output, "_out", output))  # Django's wrapper hides the stream
    return Console(file=stream, width=None if stream.isatty() else PIPE_WIDTH)  # pyright: ignore[reportArgumentType] - a text stream
