"""The file of a channel's day.

    ---                        front matter: channel, date, server, counts, first and last message, url
    # #general, 2025-03-01
    ## [09:30:00](...) Ada     a message, with what it answers, its text, its files and reactions

What people wrote shows what Discord shows (core.operations.md_ops.chat_markdown), but for their headings,
which become smaller.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.operations.md_ops import chat_markdown, embedded, inline
from discord_activity_tracker.models import Attachment, Channel
from discord_activity_tracker.threads import REPLY, THREAD_STARTER, Said, permalink, sent_at

KIB = 1024
_LINE_ENDS = re.compile("[\x7f-\x9f\u2028\u2029]")  # which YAML takes for ends of lines, or not at all


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a channel, with its messages, oldest first. `parent` is the channel of a thread."""

    channel: Channel
    parent: Channel | None
    date: dt.date
    said: Sequence[Said]


def render_day(day: Day) -> str:
    """Return the Markdown of a day; it ends with a line end."""
    where = f"#{inline(day.channel.name)}"
    if day.parent is not None:
        where = f"#{inline(day.parent.name)}, {inline(day.channel.name)}"
    parts = [_front_matter(day), f"# {where}, {day.date:%Y-%m-%d}"]
    parts += [_message(each, day) for each in day.said]
    return "\n\n".join(parts) + "\n"


def _front_matter(day: Day) -> str:
    channel, server = day.channel, day.channel.server
    facts: list[tuple[str, str | int]] = [
        ("channel", _quoted(channel.name)),
        ("channel_id", f'"{channel.pk}"'),
    ]
    if day.parent is not None:
        facts.append(("parent", _quoted(day.parent.name)))
    facts += [
        ("date", f"{day.date:%Y-%m-%d}"),
        ("server", _quoted(server.name)),
        ("server_id", f'"{server.pk}"'),
        ("message_count", len(day.said)),
        ("active_users", len({each.message.author_id for each in day.said})),
        ("first_message", _iso(day.said[0])),
        ("last_message", _iso(day.said[-1])),
        ("url", permalink(server.pk, channel.pk)),
    ]
    return "\n".join(["---", *(f"{name}: {value}" for name, value in facts), "---"])


def _message(each: Said, day: Day) -> str:
    message = each.message
    link = permalink(day.channel.server.pk, day.channel.pk, message.pk)
    heading = f"## [{message.sent_at.astimezone(dt.UTC):%H:%M:%S}]({link}) {inline(each.author)}"
    if marks := ", ".join(_marks(each)):
        heading += f" ({marks})"
    facts = "\n".join(_facts(each, day))
    parts = [heading, _about(each, day), embedded(chat_markdown(message.plain_text), below=2), facts]
    return "\n\n".join(part for part in parts if part)


def _marks(each: Said) -> Iterator[str]:
    message = each.message
    if message.is_webhook:
        yield "webhook"
    if message.edited_at is not None:
        yield f"edited {_moment(message.edited_at)}"
    if message.is_pinned:
        yield "pinned"


def _about(each: Said, day: Day) -> str:
    """Render what a message answers, or what the thread that it begins was started from; "" if nothing.

    Its text is not repeated: it may change on another day.
    """
    message, answered = each.message, each.message.reference_message_id
    if message.type not in {REPLY, THREAD_STARTER} or answered is None:
        return ""
    link = permalink(day.channel.server.pk, message.reference_channel_id or day.channel.pk, answered)
    who = inline(each.answered.author) if each.answered else "somebody"
    what = "Started from" if message.type == THREAD_STARTER else "In reply to"
    return f"*{what} [{who}, {_moment(sent_at(answered))}]({link})*"


def _facts(each: Said, day: Day) -> Iterator[str]:
    for file in each.attachments:
        yield f"- File: {_file(file)}"
    if each.message.thread_id is not None:
        yield f"- Thread: <{permalink(day.channel.server.pk, each.message.thread_id)}>"
    if each.reactions:
        told = ", ".join(f"{inline(reaction.name or '?')} {reaction.count}" for reaction in each.reactions)
        yield f"- Reactions: {told}"


def _file(file: Attachment) -> str:
    name = inline(file.filename)
    if file.url.startswith(("https://", "http://")):
        address = re.sub(r"[<>\s\\]", lambda found: f"%{ord(found[0]):02X}", file.url)
        name = f"[{name}](<{address}>)"
    size = f"{file.size / KIB:.1f} KiB" if file.size >= KIB else f"{file.size} bytes"
    return f"{name} ({size})" + (f": {inline(file.description)}" if file.description else "")


def _quoted(text: str) -> str:
    """Quote a text as YAML; JSON's strings are that but for a few characters."""
    return _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _iso(each: Said) -> str:
    return f"{each.message.sent_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moment(time: dt.datetime) -> str:
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
