"""Subjects: what a thread is about, and which libraries it names."""

import re

_REPLY = re.compile(
    r"\s*+(?:re|fwd?|fw|aw|antw|antwort|wg|sv|rv|res|odp|ynt|回复|答复|转发|回覆|轉寄)"
    r"\s*+(?:[\[(^]\s*+\d++\s*+[\])]?)?+\s*+[:\uff1a]",
    re.IGNORECASE,
)
_TAG = re.compile(r"\s*+\[(?P<tag>[^\[\]]{1,80})\]")
# Tags stand free, or right behind another one: `a[i]` is code.
_TAG_RUN = re.compile(r"(?:(?<=[\s:])|^)(?:\[[^\[\]]{1,80}\]\s?)+")
_FAMILY = r"(?:-(?:users?|announce|devel|dev|interest|maint|maintainers|owners|docs|testing|bugs))?"
_NOT_SLUG = re.compile(r"[^\w.+-]+")


def normalize_subject(subject: str, list_name: str = "boost") -> str:
    """Return the subject without reply prefixes and tags of the list, in any order and number.

    `list_name` may be an address; its sister lists (-users, -announce) count as the list. Other tags
    stay, in front.
    """
    own = _own_tag(list_name)
    kept: list[str] = []
    at = 0
    while found := _REPLY.match(subject, at) or _TAG.match(subject, at):
        tag = found["tag"] if found.re is _TAG else None
        if tag is not None and not own.fullmatch(tag.strip()):
            kept.append(f"[{tag}]")
        at = found.end()
    return " ".join(("".join(kept) + " " + subject[at:]).split())


def library_tags(subject: str, list_name: str = "boost") -> tuple[str, ...]:
    """Return the bracketed tags as lower-case slugs, `[Boost.Asio]` as "asio", without those of the list."""
    own = _own_tag(list_name)
    slugs: dict[str, None] = {}
    for run in _TAG_RUN.finditer(subject):
        for tag in _TAG.findall(run[0]):
            if own.fullmatch(tag.strip()):
                continue
            for name in re.split(r"[,/|;&]", tag):
                if slug := _slug(name):
                    slugs[slug] = None
    return tuple(slugs)


def _slug(name: str) -> str:
    name = re.sub(r"^\s*boost(?:\s*(?:::|[.:_-])\s*|\s+)", "", name.strip().lower())
    return _NOT_SLUG.sub("_", name.strip()).strip("_.-+") if name != "boost" else ""


def _own_tag(list_name: str) -> re.Pattern[str]:
    local = list_name.partition("@")[0]
    base = re.sub(_FAMILY + "$", "", local, flags=re.IGNORECASE)
    return re.compile(re.escape(base) + _FAMILY, re.IGNORECASE)
