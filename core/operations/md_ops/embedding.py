"""Markdown that others wrote as a part of a document of ours, which it must not take apart.

A text that stood alone may leave a code fence open, has headings of its own, and HTML, which is shown as text
here: no reader of the document runs, loads or hides anything because of it.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.operations.md_ops.spans import code_spans, inert, outside_code

_DEEPEST = 6
_RUN_OF_BACKTICKS = re.compile("`+")
# What a text has that needs a closer look; all else is paragraphs, lists and quotes, which end by themselves.
_NOTEWORTHY = re.compile(r"^ {0,3}(?:#{1,6}(?:\s|$)|=++[ \t]*$|-++[ \t]*$|```|~~~)|<", re.MULTILINE)
_OPEN_COMMENT = re.compile(r"<!--(?:.*?-->|.*)", re.DOTALL)
_PIPE = re.compile(r"(?<!\\)\|")
_SPECIAL = re.compile(
    r"[\\*<`]"  # escapes, emphasis, HTML, code
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis, but not in snake_case
    r"|](?=\()"  # links
    r"|~(?=~)|&(?=[#\w]{1,40};)"
    r"|(?<!\S)#++$"  # would close a heading
)


def embedded(markdown: str, *, below: int) -> str:
    """Return a text to stand under a heading of level `below` of another document, blank lines around it.

    Its headings become deeper ones (down to level 6; underlined ones get `#`), so that the document keeps
    its outline. HTML is shown as text, comments in it are left out, and a code fence that is open at its end
    is closed. Headings in quotes and lists stay as they are, and so does everything else, character for
    character, but for line ends, and blank lines around it. Link definitions (`[1]: ...`) are the document's,
    not the text's: of two with one name the first counts.
    """
    text = markdown.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    if not _NOTEWORTHY.search(text):
        return text
    if "<!--" in text:
        text = _without_comments(text)
    # A fence is closed when a heading after it is a heading.
    tokens = _blocks().parse(f"{text}\n\n# end")
    lines = text.split("\n")
    if "<" in text:
        lines = list(_inert_lines(lines, tokens))
    lines = _with_deeper_headings(lines, tokens, below)
    last = tokens[-1]
    return "\n".join(lines if last.type == "heading_close" and not last.level else [*lines, last.markup])


def fenced(code: str, language: str = "") -> str:
    """Return a code block whose fence is longer than any in the code."""
    longest = max((len(run) for run in _RUN_OF_BACKTICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    code = code.rstrip("\n")
    return f"{fence}{language}\n{code}\n{fence}"


def code_span(text: str) -> str:
    """Inline code, whatever backticks are in it; line breaks become spaces."""
    text = " ".join(text.splitlines()) or " "
    longest = max((len(run) for run in _RUN_OF_BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def inline(text: str) -> str:
    """Plain text, such as a title, as a line of Markdown that shows it; code spans stay code spans."""
    return outside_code(
        " ".join(text.split()), lambda piece: _SPECIAL.sub(lambda found: f"\\{found[0]}", piece)
    )


@lru_cache(maxsize=1)
def _blocks() -> MarkdownIt:
    """Blocks as they are when no HTML is among them."""
    return MarkdownIt("commonmark").enable("table").disable(["inline", "html_block"])


@lru_cache(maxsize=1)
def _blocks_with_html() -> MarkdownIt:
    return MarkdownIt("commonmark").disable("inline")


def _without_comments(text: str) -> str:
    lines = text.split("\n")
    kept: list[str] = []
    done = 0
    for token in _blocks_with_html().parse(text):
        if token.map is None or token.type not in ("html_block", "inline") or "<!--" not in token.content:
            continue
        start, end = token.map
        kept += lines[done:start]
        part = "\n".join(lines[start:end])
        if token.type == "html_block":
            kept.append(_OPEN_COMMENT.sub("", part))
        else:
            kept.append(_without(part, code_spans(part, comments=True)))
        done = end
    return "\n".join([*kept, *lines[done:]]).strip("\n").rstrip()


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` without those of the spans that are comments."""
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        if text[start] == "<":
            pieces.append(text[done:start])
            done = end
    return "".join([*pieces, text[done:]])


def _inert_lines(lines: list[str], tokens: list[Token]) -> Iterator[str]:
    """The lines with HTML as text, but in blocks of code."""
    done = 0
    for token in tokens:
        if token.map is None or token.type not in ("fence", "code_block", "table_open", "inline"):
            continue
        start, end = token.map
        if start < done or start >= len(lines):
            continue
        # Between them stand definitions of links, line by line.
        yield from map(inert, lines[done:start])
        part = lines[start : (done := min(end, len(lines)))]
        if token.type == "table_open":
            yield from map(_inert_row, part)
        elif token.type == "inline":
            yield from inert("\n".join(part)).split("\n")
        else:
            yield from part
    yield from map(inert, lines[done:])


def _inert_row(line: str) -> str:
    """Return a table's row without HTML: code does not reach from cell to cell."""
    return "|".join(map(inert, _PIPE.split(line)))


def _with_deeper_headings(lines: list[str], tokens: list[Token], below: int) -> list[str]:
    changed: list[str] = []
    done = 0
    for token in tokens:
        if token.type != "heading_open" or token.level or token.map is None or token.map[0] >= len(lines):
            continue
        start, end = token.map
        changed += lines[done:start]
        done = min(end, len(lines))
        marks = "#" * min(int(token.tag[1:]) + below, _DEEPEST)
        if token.markup.startswith("#"):
            changed.append(re.sub("#+", marks, lines[start], count=1))
        else:
            changed.append(f"{marks} {' '.join(line.strip() for line in lines[start : end - 1])}")
    return [*changed, *lines[done:]]
