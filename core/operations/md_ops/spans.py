"""Code in a line of Markdown, and what else in it a renderer would not show as it stands."""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from markdown_it.common.html_blocks import block_names

_RUN_OF_BACKTICKS = re.compile("`+")
_BEGINNING = re.compile(r"\\.|`+|<!--", re.DOTALL)
# An escaped character, what opens no code, an address that stays a link, what could begin HTML.
_TEXT = re.compile(r"\\.|`+|<(?:https?://|mailto:)[^\s<>`\\]*>|<(?=[A-Za-z/!?])", re.DOTALL)

# There it begins a block and ends the paragraph, whatever backticks stand before it: what else is in code
# stays as it is, https://spec.commonmark.org/0.31.2/#html-blocks
_BLOCKS = "|".join(("pre", "script", "style", "textarea", *block_names))
_AT_LINE_START = re.compile(
    rf"^([ \t>]*+)<(?=[!?]|/?(?:{_BLOCKS})(?![A-Za-z0-9-]))", re.IGNORECASE | re.MULTILINE
)


def code_spans(text: str, *, comments: bool = False) -> Iterator[tuple[int, int]]:
    """Return where code spans begin and end in a paragraph, https://spec.commonmark.org/0.31.2/#code-spans

    `comments` of HTML, in which there is no code, come with them where they are wanted.
    """
    runs: defaultdict[int, deque[int]] = defaultdict(deque)
    for run in _RUN_OF_BACKTICKS.finditer(text):
        runs[len(run[0])].append(run.start())
    position = 0
    while found := _BEGINNING.search(text, position):
        position = found.end()
        if found[0][0] == "`":
            closing = runs[len(found[0])]
            while closing and closing[0] < position:
                closing.popleft()
            if closing:
                position = closing[0] + len(found[0])
                yield found.start(), position
        elif comments and found[0] == "<!--":
            end = text.find("-->", found.start() + 2)
            comments = end >= 0
            if comments:
                position = end + len("-->")
                yield found.start(), position


def outside_code(
    text: str, change: Callable[[str], str], *, code: Callable[[str], str] = lambda span: span
) -> str:
    """`text` with `change` made to what is not in a code span, and `code` to each span."""
    pieces: list[str] = []
    end = 0
    for start, after in code_spans(text):
        pieces += [change(text[end:start]), code(text[start:after])]
        end = after
    return "".join([*pieces, change(text[end:])])


def inert(text: str) -> str:
    """Return a paragraph in which what would be HTML is text. So are backticks that open no code: readers of
    Markdown who see a table where others see a paragraph would pair them in another way.
    """
    return _AT_LINE_START.sub(r"\1\\<", outside_code(text, lambda piece: _TEXT.sub(_inert, piece)))


def _inert(found: re.Match[str]) -> str:
    if found[0][0] == "`":
        return "\\`" * len(found[0])
    return "\\<" if found[0] == "<" else found[0]
