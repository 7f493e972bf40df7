"""Makes the texts of others safe for a terminal: every name, title and error of a source comes through.

`console_for` is the console of tables, progress and lines; `printable` is for what goes to stderr and logs.
"""

from typing import Any, cast

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.text import Text

from core.redaction import redact

PIPE_WIDTH = 120  # columns where there is no terminal to ask


# Characters that a terminal would obey, as Python writes them: controls, line ends of Unicode, and marks that
# turn the direction of what follows; and halves of characters, which cannot be written at all.
_CONTROLS = {
    code: repr(chr(code))[1:-1]
    for code in (
        *range(32),
        *range(0x7F, 0xA0),
        0x61C,
        *range(0x200E, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    )
}


def printable(text: str) -> str:
    """Text from outside as one line that a terminal shows and does not obey, without secrets."""
    return redact(text).translate(_CONTROLS)


class _PlainConsole(Console):
    """Shows text as it is: no markup, emoji or escape sequence in it means anything."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text), **options)


def console_for(output: OutputWrapper) -> Console:
    """Return a rich console over a command's `self.stdout`, for texts of ours and of others."""
    stream: Any = cast("OutputWrapper", getattr(output, "_out", output))  # Django's wrapper hides the stream
    width = None if stream.isatty() else PIPE_WIDTH
    return _PlainConsole(file=stream, width=width, markup=False, emoji=False, highlight=False)
