"""Makes CommonMark of chat messages that shows the same text.

In a chat three backticks begin and end a block of code wherever they stand; HTML, entities, pictures, tables,
underlined headings, rules and definitions of links are nothing but text.
"""

import re

from core.operations.md_ops.embedding import fenced
from core.operations.md_ops.spans import inert, outside_code

_BLOCK = re.compile(r"```(?:([A-Za-z0-9_+\-.#]{1,40})\n)?(.*?)```", re.DOTALL)
# Quotes are read before what is in them, so no block of code reaches out of one. They are not nested.
_BLOCK_OR_QUOTE = re.compile(rf"{_BLOCK.pattern}|^(?:> [^\n]*(?:\n|\Z))+", re.DOTALL | re.MULTILINE)
_QUOTE_MARK = re.compile(r"^> ", re.MULTILINE)
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
    return _converted(text.replace("\r\n", "\n").replace("\r", "\n"), _BLOCK_OR_QUOTE)


def _converted(text: str, parts: re.Pattern[str]) -> str:
    pieces: list[str] = []
    end = 0
    for part in parts.finditer(text):
        if part[2] is None:
            if "```" not in part[0]:
                continue
            inner = _converted(_QUOTE_MARK.sub("", part[0]), _BLOCK)
            piece = "\n".join(f"> {line}" for line in inner.split("\n"))
        elif code := part[2].strip("\n"):
            piece = fenced(code, part[1] or "")
        else:
            continue
        pieces += [_written(text[end : part.start()]), piece]
        end = part.end()
    pieces.append(_written(text[end:]))
    return "\n".join(piece for piece in pieces if piece)


def _written(text: str) -> str:
    text = outside_code(
        text.strip(" \n"), lambda piece: _TEXT.sub(_as_text, piece), code=lambda span: span.replace("\n", " ")
    )
    return inert(_LINE.sub(r"\1\\\2", _INDENTED.sub(r"\1   ", text)))


def _as_text(found: re.Match[str]) -> str:
    return found[0] if found[0][0] == "\\" else f"\\{found[0]}"
