"""Readers of Markdown: CommonMark, and what GitHub adds to it."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

READERS = (MarkdownIt("commonmark"), MarkdownIt("commonmark").enable(["table", "strikethrough"]))


def tokens(markdown: str, reader: MarkdownIt = READERS[0]) -> Iterator[Token]:
    """Blocks and what is in them, in the order of the text."""
    for token in reader.parse(markdown):
        yield token
        yield from token.children or ()


def html_in(markdown: str) -> list[str]:
    """Return what any of the readers would pass on as HTML that somebody else wrote."""
    return [
        token.content
        for reader in READERS
        for token in tokens(markdown, reader)
        if token.type in ("html_block", "html_inline")
    ]


def visible(markdown: str, reader: MarkdownIt = READERS[0]) -> str:
    """The words and signs that are shown, code included, without spaces."""
    shown = (token.content for token in tokens(markdown, reader) if token.type in SHOWN)
    return re.sub(r"\s", "", "".join(shown))


SHOWN = ("text", "code_inline", "fence", "code_block", "html_block", "html_inline")
