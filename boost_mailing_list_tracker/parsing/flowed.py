"""format=flowed, RFC 3676: soft line breaks joined."""

import re

# Characters of a text that is read line by line; nobody writes more, and lines take much memory.
MAX_LINED = 1024 * 1024
_QUOTES = re.compile(r">*")
_SIGNATURE = "-- "


def join_flowed(text: str, *, delsp: bool) -> str:
    """Join the paragraphs of a flowed text, each to one line, quotes as "> " per paragraph.

    A text of more than MAX_LINED characters stays as it is.
    """
    if len(text) > MAX_LINED:
        return text
    paragraphs: list[list[str]] = []
    depth_before, is_open = -1, False
    for line in text.split("\n"):
        marks = _QUOTES.match(line)
        depth = marks.end() if marks else 0
        content = line[depth:].removeprefix(" ")
        is_signature = content == _SIGNATURE
        is_soft = content.endswith(" ") and not is_signature
        piece = content[:-1] if is_soft and delsp else content
        if is_open and depth == depth_before and not is_signature:
            paragraphs[-1].append(piece)
        else:
            paragraphs.append([">" * depth + (" " if depth and content else ""), piece])
        depth_before, is_open = depth, is_soft
    return "\n".join("".join(pieces) for pieces in paragraphs)
