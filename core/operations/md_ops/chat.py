"""What is written in a chat as CommonMark that shows the same.

In a chat three backticks begin and end a block of code wherever they stand; HTML, entities, pictures, tables,
underlined headings, rules and definitions of links are nothing but text.
"""

import re

from core.operations.md_ops.embedding import fenced
from core.operations.md_ops.spans import inert, outside_code

_BLOCK = re.compile(r"```(?:([A-Za-z0-9_+\-.#]{1,40})\n)?(.*?)```", re.DOTALL)
_TEXT = re.compile(
    r"\\."  # is escaped already
    r"|!(?=\[)"  # a picture
    r"|](?!\(<?https?://)(?=[(\[:])"  # a link to anything else, the definition of one
    r"|&(?=#?\w{1,40};)",
    re.DOTALL,
)
# Where four columns of space would begin code.
_INDENTED = re.compile(r"^((?:(?:>|[-*]|\d{1,9}\.) ){0,8})(?: {4,}+| *\t[ \t]*+)", re.MULTILINE)
# Beginnings of lines that begin nothing in a chat: headings of four and more, other lists, quotes without a
# space, fences of tildes; then whole lines that are rules, underlines, or make a table of their neighbours.
_LINE = re.compile(
    r"^( *+(?:[>*-] ++){0,8}(?:\d{1,9}(?=\)))?)"
    r"(#{4,}(?=\s|$)|\+(?=\s|$)|\)(?=\s|$)|>(?! |>> )|~(?=~~)|(?=[-=*_|:])[-=*_|: \t]+$)",
    re.MULTILINE,
)


def chat_markdown(text: str) -> str:
    """A message of Discord or Slack as Markdown for `embedded`; code and words are those of the message."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces: list[str] = []
    end = 0
    for block in _BLOCK.finditer(text):
        if code := block[2].strip("\n"):
            pieces += [_written(text[end : block.start()]), fenced(code, block[1] or "")]
            end = block.end()
    pieces.append(_written(text[end:]))
    return "\n".join(piece for piece in pieces if piece)


def _written(text: str) -> str:
    text = outside_code(
        text.strip(" \n"), lambda piece: _TEXT.sub(_as_text, piece), code=lambda span: span.replace("\n", " ")
    )
    return inert(_LINE.sub(r"\1\\\2", _INDENTED.sub(r"\1   ", text)))


def _as_text(found: re.Match[str]) -> str:
    return found[0] if found[0][0] == "\\" else f"\\{found[0]}"
