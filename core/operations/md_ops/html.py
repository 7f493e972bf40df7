"""HTML from outside to plain text or Markdown. Nothing is fetched, no script or style is kept."""

import re
from collections.abc import Iterator
from itertools import takewhile

from selectolax.lexbor import LexborHTMLParser, LexborNode

from core.operations.md_ops.bounds import bounded_html, names, without_tags

_DROPPED = names(
    "head title script style template noscript svg math object iframe embed canvas audio video select "
    "textarea input button meta link"
)
_BLOCKS = names(
    "address article aside body center dd details div dl dt fieldset figure figcaption footer form "
    "header html legend li main nav section summary tbody td tfoot th thead tr"
)
_SPACED_BLOCKS = names("blockquote h1 h2 h3 h4 h5 h6 hr ol p pre table ul")
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "tt": "`"}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_LINKED_SCHEMES = ("http://", "https://", "ftp://", "mailto:", "news:")
_MAX_CELL = 300
_MAX_PREFIXES = 40
_RULE = "_" * 32


def html_to_text(html: str, *, markdown: bool = False) -> str:
    """Return the readable text of an HTML document or fragment; with `markdown`, its structure too.

    Blockquotes become "> ", lists "- " and "1. ", links "text <url>" (Markdown: `[text](url)`), `pre`
    stays verbatim, a table with data one line per row with " | " between cells; tables made for layout
    are read cell by cell. Elements that a browser would not show are left out. Of a document nested
    beyond reason only the tags are removed.
    """
    html = html.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    bounded = bounded_html(html)
    if bounded is None:
        return without_tags(html)
    root = LexborHTMLParser(bounded).root
    if root is None:
        return ""
    return _Writer(markdown=markdown).convert(root)


class _Writer:
    """Walks the tree without recursion, since senders nest as deep as they like."""

    def __init__(self, *, markdown: bool) -> None:
        self._markdown = markdown
        self._lines: list[str] = []
        self._inline: list[str] = []
        self._prefixes: list[str] = []
        self._marker = ""
        self._spaced = False
        self._prefix_before = ""
        self._pre = 0
        self._counters: list[int | None] = []
        # Links that are open: where their text begins, and in which paragraph.
        self._links: list[tuple[int, int]] = []
        self._paragraphs = 0
        self._outer_tables: set[int] = set()

    def convert(self, root: LexborNode) -> str:
        self._outer_tables = _outer_tables(root)
        stack = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node)
            elif self._enter(node):
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(list(_children(node))))
        self._flush()
        return "\n".join(self._lines)

    def _enter(self, node: LexborNode) -> bool:
        """Write what stands before the node's children; False when they are not to be visited."""
        if node.is_text_node:
            self._text(node.text_content or "")
            return False
        tag = node.tag or ""
        if tag in _DROPPED or not (node.is_element_node or node.is_document_node) or _is_hidden(node):
            return False
        if tag in _BLOCKS or tag in _SPACED_BLOCKS:
            self._break(spaced=tag in _SPACED_BLOCKS)
            return self._enter_block(node, tag)
        if tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._image(node)
        elif tag == "a":
            self._links.append((len(self._inline), self._paragraphs))
        elif tag in _MARKS and self._markdown and not self._pre:
            self._inline.append(_MARKS[tag])
        return True

    def _enter_block(self, node: LexborNode, tag: str) -> bool:
        if tag == "blockquote":
            self._prefixes.append("> ")
        elif tag in ("ul", "ol"):
            self._counters.append(_start(node) if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "dd":
            self._prefixes.append("    ")
        elif tag == "pre":
            self._pre += 1
            if self._markdown:
                self._emit(["```"])
        elif tag == "hr":
            self._emit(["---" if self._markdown else _RULE])
            self._spaced = True
        elif tag == "table" and node.mem_id not in self._outer_tables and (rows := _data_rows(node)):
            self._table(rows)
            return False
        elif self._markdown and tag[0] == "h" and tag[1:].isdigit():
            self._inline.append("#" * int(tag[1:]) + " ")
        return True

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "a":
            self._end_link(node)
        elif tag in _MARKS and self._markdown and not self._pre:
            self._inline.append(_MARKS[tag])
        elif tag in _BLOCKS or tag in _SPACED_BLOCKS:
            self._break(spaced=False)
            if tag == "pre":
                self._pre -= 1
                if self._markdown:
                    self._emit(["```"])
            elif tag in ("ul", "ol"):
                self._counters.pop()
            elif tag in ("blockquote", "dd", "li"):
                self._prefixes.pop()
                self._marker = ""
            self._spaced = self._spaced or tag in _SPACED_BLOCKS

    def _item(self) -> None:
        counter = self._counters[-1] if self._counters else None
        self._marker = "- " if counter is None else f"{counter}. "
        if counter is not None:
            self._counters[-1] = counter + 1
        self._prefixes.append(" " * len(self._marker))

    def _text(self, text: str) -> None:
        self._inline.append(text if self._pre else _SPACE.sub(" ", text))

    def _image(self, node: LexborNode) -> None:
        if alt := (node.attrs.sget("alt") or "").strip():
            source = node.attrs.sget("src") or ""
            self._inline.append(f"![{alt}]({source})" if self._markdown else f"[{alt}]")

    def _end_link(self, node: LexborNode) -> None:
        begin, paragraph = self._links.pop()
        url = (node.attrs.sget("href") or "").strip()
        same = paragraph == self._paragraphs
        text = "".join(self._inline[begin:]).strip() if same else ""
        if not url.lower().startswith(_LINKED_SCHEMES) or any(space in url for space in " \t\n"):
            return
        if text.rstrip("/") in (
            url.rstrip("/"),
            url.partition(":")[2].rstrip("/"),
            url.partition("//")[2].rstrip("/"),
        ):
            return
        if self._markdown and text:
            self._inline[begin:] = [f"[{text}]({url})"]
        else:
            self._inline.append(f" <{url}>" if text or not same else f"<{url}>")

    def _table(self, rows: list[list[LexborNode]]) -> None:
        lines = [" | ".join(self._cell(cell) for cell in row) for row in rows]
        if self._markdown:
            lines = [f"| {line} |" for line in lines]
            lines.insert(1, "|" + " --- |" * len(rows[0]))
        self._emit([line.rstrip() for line in lines])
        self._spaced = True

    def _cell(self, cell: LexborNode) -> str:
        text = " ".join(_Writer(markdown=self._markdown).convert(cell).split())
        return text.replace("|", "\\|") if self._markdown else text

    def _break(self, *, spaced: bool) -> None:
        self._flush()
        self._spaced = self._spaced or spaced

    def _flush(self) -> None:
        text = "".join(self._inline)
        self._inline.clear()
        if self._pre:
            lines = text.removeprefix("\n").rstrip("\n").split("\n")
        else:
            lines = [re.sub(" {2,}", " ", line).strip(" ") for line in text.strip(" ").split("\n")]
            lines = [line.replace("\xa0", " ").rstrip() for line in lines]
            while lines and not lines[-1]:
                lines.pop()
        if any(lines):
            self._emit(lines)

    def _emit(self, lines: list[str]) -> None:
        prefix = "".join(self._prefixes[-_MAX_PREFIXES:])
        if self._spaced and self._lines:
            self._lines.append(_common(self._prefix_before, prefix).rstrip())
        for line in lines:
            lead = prefix
            if self._marker:
                lead = prefix[: len(prefix) - len(self._marker)] + self._marker
                self._marker = ""
            self._lines.append((lead + line).rstrip() if not line else lead + line)
        self._spaced = False
        self._prefix_before = prefix
        self._paragraphs += 1


def _common(before: str, now: str) -> str:
    """Return the quotes and indents that two paragraphs share: those of the blank line between them."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(before, now, strict=False))
    return "".join(first for first, _ in pairs)


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _is_hidden(node: LexborNode) -> bool:
    if not node.is_element_node:
        return False
    attributes = node.attrs
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.sget("style") or ""))


def _start(node: LexborNode) -> int:
    value = node.attrs.sget("start") or ""
    return int(value) if re.fullmatch(r"\d{1,9}", value, re.ASCII) else 1


def _outer_tables(root: LexborNode) -> set[int]:
    """Return the tables that hold tables. Each node is looked at once, however deep they are."""
    found: set[int] = set()
    seen: set[int] = set()
    for table in root.css("table"):
        above = table.parent
        while above is not None and above.mem_id not in seen:
            seen.add(above.mem_id)
            if above.tag == "table":
                found.add(above.mem_id)
                break
            above = above.parent
    return found


def _data_rows(table: LexborNode) -> list[list[LexborNode]]:
    """Return the cells of a table that holds data; none for one that only places things on a page."""
    if table.css_first("pre, blockquote, ul, ol, h1, h2, h3") is not None:
        return []
    rows = [[cell for cell in _children(row) if cell.tag in ("td", "th")] for row in table.css("tr")]
    rows = [row for row in rows if row]
    if not any(len(row) > 1 for row in rows):
        return []
    too_long = any(len(cell.text()) > _MAX_CELL for row in rows for cell in row)
    return [] if too_long else rows
