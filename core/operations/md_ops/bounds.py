"""HTML that a parser would take too long over: its time grows with the square of the attributes of a tag, of
the nesting, and of the formatting that is left open, which it opens again in every paragraph.
"""

import re
from collections import Counter, defaultdict
from html import unescape

# As a browser reads it: a quote begins a value only behind "=", and what is quoted may hold ">".
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+"""
# Whole, whether it is closed or not: what was looked at once is not looked at again.
_TAG = re.compile(rf"<(/?)([a-zA-Z][^\s/>]*+)(?:{_ATTRIBUTE})*+[\s/]*+>?+")
_MAX_ATTRIBUTES = 200
_ATTRIBUTES = re.compile(rf"(<[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE}){{0,{_MAX_ATTRIBUTES}}}+)(?:{_ATTRIBUTE})*+")
# Below these there is nothing to bound.
_SHORT, _FEW_TAGS = 1000, 200
_MAX_NESTING = 2000
_MAX_FORMATTING = 100
_ALIKE = 3  # as many equal tags are opened again
_SEARCHED = 64  # open elements that are searched for the one that an end tag ends


def names(text: str) -> frozenset[str]:
    """Return the names of elements that a text lists."""
    return frozenset(text.split())


_NEVER_NESTED = names("area base br col dd dt embed hr img input li link meta option p source td th tr wbr")
_FORMATTING = names("a b big code em font i nobr s small strike strong tt u")
# An end tag does not reach beyond these.
_WALLS = names("applet caption marquee object table td template th")


def bounded_html(html: str) -> str | None:
    """`html` with at most 200 attributes to a tag; None when it is nested beyond reason."""
    if len(html) > _SHORT:
        html = _ATTRIBUTES.sub(r"\1", html)
    return None if html.count("<") > _FEW_TAGS and _is_too_deep(html) else html


def without_tags(html: str) -> str:
    return unescape(_TAG.sub(" ", html)).strip()


def _is_too_deep(html: str) -> bool:
    """Tell whether more elements or formatting are open than a document needs. In doubt they are."""
    nesting, formatting = _Nesting(), _Formatting()
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if tag[1]:
            nesting.end(name)
            formatting.end(name)
            continue
        nesting.begin(name)
        formatting.begin(name, tag[0])
        if len(nesting.open) > _MAX_NESTING or formatting.count > _MAX_FORMATTING:
            return True
    return False


class _Nesting:
    """The elements that are open."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def begin(self, name: str) -> None:
        if name not in _NEVER_NESTED:
            self.open.append(name)

    def end(self, name: str) -> None:
        for back, each in enumerate(reversed(self.open[-_SEARCHED:]), 1):
            if each == name:
                del self.open[-back:]
                return
            if each in _WALLS:
                return


class _Formatting:
    """The formatting that only its own end tag ends, on this side of a wall; equal tags count three times."""

    def __init__(self) -> None:
        self.count = 0
        self._alike = Counter[str]()
        self._closable: defaultdict[str, list[str]] = defaultdict(list)

    def begin(self, name: str, tag: str) -> None:
        if name in _WALLS:
            self._closable.clear()
        elif name in _FORMATTING:
            self._alike[tag] += 1
            self.count += self._alike[tag] <= _ALIKE
            self._closable[name].append(tag)

    def end(self, name: str) -> None:
        if tags := self._closable[name] if name in _FORMATTING else None:
            tag = tags.pop()
            self.count -= self._alike[tag] <= _ALIKE
            self._alike[tag] -= 1
