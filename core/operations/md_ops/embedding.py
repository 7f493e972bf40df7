"""Markdown that others wrote as a part of a document of ours, which it must not take apart.

A text that stood alone may leave a code fence, a comment or a `<details>` open, and has headings of its
own. What is closed there by the end of the text would go on here to the end of the document.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_DEEPEST = 6
_RUN_OF_BACKTICKS = re.compile("`+")
# What a text has that needs a closer look; all else is paragraphs, lists and quotes, which end by themselves.
_NOTEWORTHY = re.compile(r"^ {0,3}(?:#{1,6}(?:\s|$)|=+\s*$|-+\s*$|```|~~~)|<", re.MULTILINE)
# The elements that GitHub's sanitiser keeps and that stay open until they are closed.
_KEPT = (
    "a b blockquote code del details div dl em h1 h2 h3 h4 h5 h6 i ins kbd ol picture pre q s samp span "
    "strike strong sub summary sup table tbody td tfoot th thead tr tt ul var"
)
_CLOSED = frozenset(_KEPT.split())
_TAG = re.compile(r"(?<!\\)<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^<>]*>")
_HTML_COMMENT = re.compile(r"<!--(?:.*?-->|.*)", re.DOTALL)
_HTML_HEADING = re.compile(r"(</?h)([1-6])\b", re.IGNORECASE)
# How an HTML block begins that only its own end ends, https://spec.commonmark.org/0.31.2/#html-blocks
_ENDS = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">"))
_RAW = re.compile(r"<(pre|script|style|textarea)\b", re.IGNORECASE)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_SPECIAL = re.compile(
    r"[\\*<`]"  # escapes, emphasis, HTML, code
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis, but not in snake_case
    r"|](?=\()"  # links
    r"|~(?=~)|&(?=[#\w]+;)"
    r"|(?:^|(?<=\s))#+$"  # would close a heading
)


def embedded(markdown: str, *, below: int) -> str:
    """A text to stand under a heading of level `below` of another document, blank lines around it.

    Its headings become deeper ones (down to level 6; underlined ones get `#`), so that the document keeps
    its outline. A code fence, comment or HTML element that it leaves open is closed at its end. Headings in
    quotes and lists stay as they are, and so does everything else, character for character, but for line
    ends, and blank lines around it. Link definitions (`[1]: ...`) are the document's, not the text's: of two
    with one name the first counts.
    """
    text = markdown.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    if not _NOTEWORTHY.search(text):
        return text
    # A block is closed when a heading after it is a heading.
    tokens = _blocks().parse(f"{text}\n\n# end")
    lines = _with_deeper_headings(text.split("\n"), tokens, below)
    last = tokens[-1]
    if last.type != "heading_close" or last.level:
        lines.append(_end_of(last))
        last.content += lines[-1]
    return "\n".join([*lines, *_closing_tags(tokens)])


def fenced(code: str, language: str = "") -> str:
    """A code block whose fence is longer than any in the code."""
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
    text = " ".join(text.split())
    parts: list[str] = []
    end = 0
    for span in _CODE_SPAN.finditer(text):
        parts += [_escaped(text[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text)


@lru_cache(maxsize=1)
def _blocks() -> MarkdownIt:
    return MarkdownIt("commonmark").disable("inline")


def _with_deeper_headings(lines: list[str], tokens: list[Token], below: int) -> list[str]:
    # Backwards, since an underlined heading loses a line.
    for token in reversed(tokens):
        if token.level or token.map is None or token.map[0] >= len(lines):
            continue
        start, end = token.map
        if token.type == "heading_open":
            marks = "#" * _deeper(int(token.tag[1:]), below)
            if token.markup.startswith("#"):
                lines[start] = re.sub("#+", marks, lines[start], count=1)
            else:
                title = " ".join(line.strip() for line in lines[start : end - 1])
                lines[start:end] = [f"{marks} {title}"]
        elif token.type == "html_block":
            lines[start:end] = [_deeper_html(line, below) for line in lines[start:end]]
    return lines


def _deeper(level: int, below: int) -> int:
    return min(level + below, _DEEPEST)


def _deeper_html(line: str, below: int) -> str:
    return _HTML_HEADING.sub(lambda tag: f"{tag[1]}{_deeper(int(tag[2]), below)}", line)


def _end_of(block: Token) -> str:
    if block.type == "fence":
        return block.markup
    content = block.content.lstrip()
    if raw := _RAW.match(content):
        return f"</{raw[1]}>"
    return next(end for start, end in _ENDS if content.startswith(start))


def _closing_tags(tokens: list[Token]) -> Iterator[str]:
    """The end tags that a text owes, the innermost first; one too many does no harm."""
    opened: list[str] = []
    for block in tokens:
        if block.type not in ("html_block", "inline") or "<" not in block.content:
            continue
        without = _HTML_COMMENT if block.type == "html_block" else _CODE_SPAN
        for slash, tag in _TAG.findall(without.sub("", block.content)):
            name = tag.lower()
            if name in _CLOSED and not slash:
                opened.append(name)
            elif name in opened:
                del opened[len(opened) - 1 - opened[::-1].index(name) :]
    if opened:
        yield ""
        yield from (f"</{name}>" for name in reversed(opened))
