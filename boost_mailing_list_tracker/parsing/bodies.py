"""The text of a mail out of its parts, and the parts that are attachments."""

import re
from dataclasses import dataclass, field
from hashlib import sha256

from boost_mailing_list_tracker.parsing.charsets import clean, decode_text
from boost_mailing_list_tracker.parsing.flowed import MAX_LINED, join_flowed
from boost_mailing_list_tracker.parsing.mime import Part, children, content, transfer_encoding
from boost_mailing_list_tracker.protocol_impl import Attachment
from core.operations.md_ops import html_to_text

_BARE_QUOTE = re.compile(r">(?!From |[ >\t]|$)")
_MAX_HTML = 4 * 1024 * 1024
_TEXT_TYPES = frozenset({"text/plain", "text/html", "text/enriched", "text/x-plain"})


@dataclass(slots=True)
class Content:
    """The content of a mail: its text so far, whether that came from HTML only, its attachments."""

    text: str = ""
    html: bool = False
    attachments: list[Attachment] = field(default_factory=list[Attachment])


def read_content(part: Part, defects: list[str]) -> Content:
    """Read a mail: plain text is preferred to HTML where both are offered; HTML alone is converted."""
    found = _read(part, defects, convert_html=True)
    if not found.text.strip():
        # HyperKitty moves the HTML of a mail without plain text into an attachment.
        for attachment in found.attachments:
            if attachment.content_type == "text/html" and attachment.content:
                found.text = _from_html(clean(decode_text(attachment.content, None)[0]), defects)
                defects.append("the text is that of an attached HTML part")
                break
    found.text = found.text.rstrip("\n")
    found.attachments = [
        Attachment(position, a.name, a.content_type, a.size, a.sha256, a.content)
        for position, a in enumerate(found.attachments)
    ]
    return found


def _read(part: Part, defects: list[str], *, convert_html: bool) -> Content:
    described = part.description
    if described.content_type.startswith("multipart/"):
        return _read_multipart(part, defects, convert_html=convert_html)
    if described.attached or described.content_type not in _TEXT_TYPES:
        return Content(attachments=[_attachment(part, defects)])
    if described.content_type != "text/html":
        return Content(text=_decoded_text(part, defects))
    return Content(text=_from_html(_decoded_text(part, defects), defects) if convert_html else "", html=True)


def _from_html(html: str, defects: list[str]) -> str:
    """Convert HTML; of more than anyone writes, whose tree takes many times its size, the beginning."""
    if len(html) > _MAX_HTML:
        defects.append(f"{len(html)} characters of HTML, {_MAX_HTML} converted")
    return html_to_text(html[:_MAX_HTML])


def _read_multipart(part: Part, defects: list[str], *, convert_html: bool) -> Content:
    """Read the parts; what cannot be taken apart is text if it is the mail itself, else an attachment."""
    parts = children(part, defects)
    if parts:
        is_choice = part.description.content_type == "multipart/alternative"
        read = _read_alternative if is_choice else _read_mixed
        return read(parts, defects, convert_html=convert_html)
    if part.depth:
        return Content(attachments=[_attachment(part, defects)])
    return Content(text=_decoded_text(part, defects))


def _read_mixed(parts: list[Part], defects: list[str], *, convert_html: bool) -> Content:
    """Join texts in their order, a line end between; a named text behind the first one is an attachment."""
    whole = Content()
    for part in parts:
        if whole.text and part.description.filename and part.description.content_type in _TEXT_TYPES:
            whole.attachments.append(_attachment(part, defects))
            continue
        found = _read(part, defects, convert_html=convert_html)
        if found.text:
            whole.html = whole.html or found.html
            if whole.text and not whole.text.endswith("\n"):
                whole.text += "\n"
            whole.text += found.text
        whole.attachments += found.attachments
    return whole


def _read_alternative(parts: list[Part], defects: list[str], *, convert_html: bool) -> Content:
    """Choose the first version with text that is not HTML, else the HTML; keep the attachments of all."""
    chosen: Content | None = None
    found: list[Content] = []
    for part in sorted(parts, key=lambda part: part.description.content_type == "text/html"):
        wanted = convert_html and (chosen is None or chosen.html)
        version = _read(part, defects, convert_html=wanted)
        found.append(version)
        if version.text.strip() and (chosen is None or (chosen.html and not version.html)):
            chosen = version
    attachments = [attachment for version in found for attachment in version.attachments]
    if chosen is None:
        return Content(attachments=attachments)
    return Content(chosen.text, chosen.html, attachments)


def _decoded_text(part: Part, defects: list[str]) -> str:
    described = part.description
    text, problem = decode_text(content(part, defects), described.charset)
    if problem:
        defects.append(f"body: {problem}")
    text = clean(text)
    if len(text) > MAX_LINED:
        defects.append(f"{len(text)} characters of text, {MAX_LINED} of them read line by line")
    if transfer_encoding(part) != "base64":
        text = unmangle(text)
    if described.flowed and described.content_type == "text/plain":
        text = join_flowed(text, delsp=described.delsp)
    return text


def unmangle(text: str) -> str:
    """Undo the ">From " of mbox writers, except where the line is a quote by its surroundings.

    Nothing in the line tells. It stays when both neighbours are quoted, or one of them with a bare
    ">" and no space, since such a mailer would have quoted "From " just like this. So does all in a text of
    more than MAX_LINED characters.
    """
    if len(text) > MAX_LINED or ">From " not in text:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith(">From "):
            above = lines[number - 1] if number else ""
            below = lines[number + 1] if number + 1 < len(lines) else ""
            if not _is_quote_between(above, below):
                lines[number] = line[1:]
    return "\n".join(lines)


def _is_quote_between(above: str, below: str) -> bool:
    quoted_above, quoted_below = above.startswith(">"), below.startswith(">")
    both = quoted_above and quoted_below and not (above.startswith(">From ") or below.startswith(">From "))
    return both or bool(_BARE_QUOTE.match(above) or _BARE_QUOTE.match(below))


def _attachment(part: Part, defects: list[str]) -> Attachment:
    data = content(part, defects)
    described = part.description
    return Attachment(
        position=0,
        name=described.filename,
        content_type=described.content_type,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        content=data,
    )
