"""Slack's markup as plain text. https://docs.slack.dev/messaging/formatting-message-text

Slack writes & < > of a text as entities, and its own marks between < and >: so code such as
`std::vector<int>` is told from a mention. People and channels stay ids, <@U1> and <#C1>: they are renamed.
"""

import re

# People, channels, what is special, and links; anything else between < and > is text that an app did not
# escape.
_MARK = re.compile(r"<((?:[@#!]|[a-z][a-z0-9+.-]*://|mailto:|tel:)[^<>\n]{1,4000})>", re.IGNORECASE)
_BROADCASTS = frozenset({"here", "channel", "everyone", "group"})


def plain(text: str) -> str:
    """Give what a reader sees of a text in Slack's markup; emphasis, code fences and case stay."""
    parts: list[str] = []
    end = 0
    for mark in _MARK.finditer(text):
        parts += [unescaped(text[end : mark.start()]), _shown(mark[1])]
        end = mark.end()
    parts.append(unescaped(text[end:]))
    return "".join(parts)


def unescaped(text: str) -> str:
    """& < > where Slack wrote entities; no other entity is Slack's."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def linked(label: str, url: str) -> str:
    """A link with its label, unless that says the same."""
    bare = url.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (url, bare) or url in (f"http://{label}", f"https://{label}"):
        return bare or label
    return f"{label} ({url})"


def _shown(mark: str) -> str:
    target, _, label = mark.partition("|")
    label = unescaped(label)
    if target.startswith(("@", "#")):
        return f"<{target}>"
    if target.startswith("!"):
        return _special(target[1:], label)
    return linked(label, unescaped(target))


def _special(target: str, label: str) -> str:
    """<!here>, <!subteam^S1|@devs>, <!date^0^{date}|fallback>, and what Slack may add."""
    name, _, rest = target.partition("^")
    if name in _BROADCASTS:
        return f"@{name}"
    return label or (f"<!{target}>" if rest else f"@{name}")
