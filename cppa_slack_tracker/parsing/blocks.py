"""Blocks and attachments as plain text. https://docs.slack.dev/reference/block-kit

No text is lost: of a block or an element that is not known, everything is taken that reads like text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from cppa_slack_tracker.parsing.markup import linked, plain

Node = Mapping[str, Any]

MOST_DEPTH = 24
_TEXT_NAMES = ("text", "title", "label", "description", "alt_text", "fallback", "value")
_WORD = re.compile(r"[^\W_]+")


def whole_text(
    text: str, blocks: object, attachments: object, *, by_app: bool, more: tuple[str, ...] = ()
) -> str:
    """A message's text, followed by what only its blocks and attachments say.

    What a person typed, Slack gives twice, as text and as rich text; an app's two may differ.
    """
    parts = [plain(text)]
    shown = _nodes(blocks)
    if text and not by_app:
        shown = [block for block in shown if block.get("type") != "rich_text"]
    for line in (*blocks_text(shown), *attachments_text(attachments), *more):
        if not _says(parts, line):
            parts.append(line)
    return "\n".join(part for part in parts if part.strip())


def blocks_text(blocks: object) -> Iterator[str]:
    """A text for each block that has one."""
    for block in _nodes(blocks):
        text = _block(block, 0)
        if text.strip():
            yield text


def attachments_text(attachments: object) -> Iterator[str]:
    """https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments"""
    for attachment in _nodes(attachments):
        yield from _attachment(attachment)


def _attachment(attachment: Node) -> Iterator[str]:
    found = [plain(_text(attachment.get(name))) for name in ("pretext", "author_name")]
    found.append(
        linked(plain(_text(attachment.get("title"))), _text(attachment.get("title_link")))
        if attachment.get("title")
        else ""
    )
    found.append(plain(_text(attachment.get("text"))))
    found += [
        _joined(": ", (plain(_text(each.get("title"))), plain(_text(each.get("value")))))
        for each in _nodes(attachment.get("fields"))
    ]
    found += blocks_text(attachment.get("blocks"))
    for shared in _nodes(attachment.get("message_blocks")):
        message = shared.get("message")
        found += blocks_text(cast("Node", message).get("blocks") if isinstance(message, Mapping) else None)
    if not any(part.strip() for part in found):
        found.append(plain(_text(attachment.get("fallback"))))
    found.append(plain(_text(attachment.get("footer"))))
    told: list[str] = []
    for part in found:
        if part.strip() and not _says(told, part):
            told.append(part)
    yield from told


def _block(block: Node, depth: int) -> str:
    kind = block.get("type")
    render = _BLOCKS.get(kind) if isinstance(kind, str) else None
    return render(block, depth) if render else _anything(block, depth)


def _section(block: Node, depth: int) -> str:
    parts = [_object(block.get("text")), *(_object(each) for each in _nodes(block.get("fields")))]
    accessory = block.get("accessory")
    if isinstance(accessory, Mapping):
        parts.append(_anything(cast("Node", accessory), depth + 1))
    return _joined("\n", parts)


def _context(block: Node, depth: int) -> str:
    del depth
    return _joined(" ", (_object(each) for each in _nodes(block.get("elements"))))


def _rich_text(block: Node, depth: int) -> str:
    return _joined("\n", (_rich(each, depth) for each in _nodes(block.get("elements"))))


def _table(block: Node, depth: int) -> str:
    rows = cast("list[Any]", block.get("rows")) if isinstance(block.get("rows"), list) else []
    return _joined("\n", (_joined(" | ", (_block(cell, depth + 1) for cell in _nodes(row))) for row in rows))


def _markdown(block: Node, depth: int) -> str:
    del depth
    return _text(block.get("text"))


def _rich(element: Node, depth: int) -> str:
    """A paragraph, quote, list or code of a rich text."""
    if depth > MOST_DEPTH:
        return ""
    kind, inner = element.get("type"), _nodes(element.get("elements"))
    if kind == "rich_text_list":
        first = element.get("offset") if isinstance(element.get("offset"), int) else 0
        ordered = element.get("style") == "ordered"
        indent = "    " * min(8, _number(element.get("indent")))
        return "\n".join(
            f"{indent}{f'{number}.' if ordered else '•'} {_rich(each, depth + 1)}"
            for number, each in enumerate(inner, start=1 + _number(first))
        )
    if kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        text = "".join(_inline(each, depth + 1) for each in inner)
        if kind == "rich_text_preformatted":
            return f"```\n{text}\n```"
        return "\n".join(f"> {line}" for line in text.split("\n")) if kind == "rich_text_quote" else text
    return _anything(element, depth)


def _inline(element: Node, depth: int) -> str:
    kind = element.get("type")
    if kind == "text":
        text, style = _text(element.get("text")), element.get("style")
        is_code = isinstance(style, Mapping) and cast("Node", style).get("code") is True
        return f"`{text}`" if is_code else text
    if kind == "link":
        return linked(_text(element.get("text")), _text(element.get("url")))
    if isinstance(kind, str) and kind in _INLINES:
        name, form = _INLINES[kind]
        return form.format(_text(element.get(name)))
    return _anything(element, depth)


# Element of a rich text -> where it says what, and how that looks in Slack's markup.
_INLINES = {
    "user": ("user_id", "<@{}>"),
    "channel": ("channel_id", "<#{}>"),
    "usergroup": ("usergroup_id", "<!subteam^{}>"),
    "broadcast": ("range", "@{}"),
    "emoji": ("name", ":{}:"),
    "date": ("fallback", "{}"),
}


def _anything(node: Node, depth: int) -> str:
    """Give what reads like text, in any object."""
    if depth > MOST_DEPTH:
        return ""
    parts = [_object(node.get(name)) for name in _TEXT_NAMES]
    for value in node.values():
        parts += [_block(each, depth + 1) for each in _nodes(value)]
    return _joined("\n", dict.fromkeys(parts))


_BLOCKS: Mapping[str, Callable[[Node, int], str]] = {
    "section": _section,
    "context": _context,
    "rich_text": _rich_text,
    "table": _table,
    "markdown": _markdown,
}


def _object(value: object) -> str:
    """A text, or a text object: {"type": "mrkdwn" | "plain_text", "text": ...}."""
    if not isinstance(value, Mapping):
        return plain(_text(value))
    node = cast("Node", value)
    text = _text(node.get("text")) or _text(node.get("alt_text"))
    # An app that says plain_text escapes nothing.
    return text if node.get("type") == "plain_text" else plain(text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value <= 10**6 else 0


def _nodes(value: object) -> list[Node]:
    if not isinstance(value, list):
        return []
    return [cast("Node", each) for each in cast("list[Any]", value) if isinstance(each, Mapping)]


def _joined(between: str, parts: "Any") -> str:
    return between.join(part for part in parts if part.strip())


def _says(told: list[str], line: str) -> bool:
    """Tell whether the words of a line were said already: an app's text is often the start of its blocks."""
    words = _words(line)
    return words in _words(" ".join(told)) if words else line.strip() in " ".join(told)


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text))} " if _WORD.search(text) else ""
