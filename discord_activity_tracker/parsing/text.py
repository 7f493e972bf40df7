"""Messages as they read: names for mentions, and all that is not in their content.

A decision per type of message, so that no text is lost. Types 0 (default), 19 (reply), 20 (chat input
command) and 23 (context menu command) are written by somebody, and read as they are written. Type 21 begins
a thread with the message that it refers to, whose text is that message's. All others are Discord's own: what
clients show for them is written by the client, so what they say is in `SENTENCES`, and their content, where
they have any, follows behind a colon. A type that came later reads as its content.
https://docs.discord.com/developers/resources/message#message-object-message-types
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from discord_activity_tracker.parsing.fields import Fields
from discord_activity_tracker.protocol_impl import Names

WRITTEN = frozenset({0, 19, 20, 23})
SENTENCES = {
    1: "added somebody to the group",
    2: "removed somebody from the group",
    3: "started a call",
    4: "changed the channel name",
    5: "changed the channel icon",
    6: "pinned a message to this channel",
    7: "joined the server",
    8: "boosted the server",
    9: "boosted the server to level 1",
    10: "boosted the server to level 2",
    11: "boosted the server to level 3",
    12: "follows an announcement channel here",
    14: "the server was removed from Server Discovery",
    15: "the server is eligible for Server Discovery again",
    16: "the server has failed the requirements of Server Discovery for a week",
    17: "the server has failed the requirements of Server Discovery for three weeks",
    18: "started a thread",
    22: "was reminded to invite people",
    24: "AutoMod acted",
    25: "subscribed to a role",
    26: "was offered premium features of an app",
    27: "started a stage",
    28: "ended the stage",
    29: "is now a speaker",
    30: "raised a hand to speak",
    31: "changed the stage's topic",
    32: "upgraded an app to premium for this server",
    36: "locked the server down",
    37: "lifted the lockdown of the server",
    38: "reported a raid",
    39: "reported a false alarm",
    44: "bought something in the server's shop",
    46: "a poll has ended",
    55: "unlocked HD streaming",
}
_CODE = re.compile(r"(```.*?```|(?<!`)`[^`\n]+`(?!`))", re.DOTALL)
_MENTION = re.compile(
    r"<@!?(?P<user>\d{1,20})>|<@&(?P<role>\d{1,20})>|<#(?P<channel>\d{1,20})>"
    r"|<a?:(?P<emoji>\w{1,64}):\d{1,20}>|<t:(?P<time>-?\d{1,12})(?::[tTdDfFRsS])?>"
    r"|</(?P<command>[^:<>\n]{1,120}):\d{1,20}>"
)
_DEEPEST = 6
TEXT_DISPLAY = 10  # component


def plain_text(message: Fields, names: Names) -> str:
    """Return all that a message says, in the order in which a client shows it, mentions resolved to names."""
    kind = message.number("type")
    content = resolved(message.text("content"), names)
    if kind in SENTENCES:
        content = f"{SENTENCES[kind]}: {content}" if content else SENTENCES[kind]
    parts = [content, *_rendered(message, names)]
    return "\n".join(part for part in parts if part)


def resolved(text: str, names: Names) -> str:
    """Replace mentions, custom emoji, commands and times by how they read; code is left as it is."""
    pieces = _CODE.split(text)
    # Every second piece is code.
    pieces[::2] = [_MENTION.sub(lambda match: _reading(match, names), piece) for piece in pieces[::2]]
    return "".join(pieces)


def _reading(match: re.Match[str], names: Names) -> str:
    kind = match.lastgroup or ""
    value = match[kind]
    tables = {"user": ("@", names.users), "role": ("@", names.roles), "channel": ("#", names.channels)}
    if kind in tables:
        mark, table = tables[kind]
        name = table.get(int(value))
        return match[0] if name is None else f"@{name.lstrip('@')}" if mark == "@" else f"#{name}"
    if kind == "emoji":
        return f":{value}:"
    return f"/{value}" if kind == "command" else _time(match)


def _time(match: re.Match[str]) -> str:
    try:
        moment = dt.datetime.fromtimestamp(int(match["time"]), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return match[0]
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _rendered(message: Fields, names: Names) -> Iterator[str]:
    def names_in(text: str) -> str:
        return resolved(text, names)

    for snapshot in message.objects("message_snapshots"):
        forwarded = snapshot.inner("message")
        inside = "\n".join(
            part for part in (names_in(forwarded.text("content")), *_rendered(forwarded, names)) if part
        )
        yield f"Forwarded:\n{inside}" if inside else "Forwarded"
    for embed in message.objects("embeds"):
        yield "\n".join(part for part in _embed(embed, names_in) if part)
    if (poll := message.optional_inner("poll")) is not None:
        yield "\n".join(_poll(poll))
    for sticker in message.objects("sticker_items"):
        yield f"Sticker: {sticker.text('name')}"
    for component in message.objects("components"):
        yield "\n".join(_component(component, names_in, _DEEPEST))


def _embed(embed: Fields, names_in: Callable[[str], str]) -> Iterator[str]:
    if embed.text("type") == "poll_result":
        yield from _poll_result(embed)
        return
    for holder in ("provider", "author"):
        inner = embed.optional_inner(holder)
        yield inner.text("name") if inner else ""
    yield names_in(embed.text("title"))
    yield names_in(embed.text("description"))
    for field in embed.objects("fields"):
        yield f"{names_in(field.text('name'))}: {names_in(field.text('value'))}"
    footer = embed.optional_inner("footer")
    yield footer.text("text") if footer else ""


def _poll_result(embed: Fields) -> Iterator[str]:
    """https://docs.discord.com/developers/resources/message#embed-fields-by-embed-type-poll-result-embed-fields"""
    said = {field.text("name"): field.text("value") for field in embed.objects("fields")}
    yield said.get("poll_question_text", "")
    if winner := said.get("victor_answer_text"):
        yield f"{winner}: {said.get('victor_answer_votes', '?')} of {said.get('total_votes', '?')} votes"


def _poll(poll: Fields) -> Iterator[str]:
    """Yield the question, and each answer with its votes as far as they are counted."""
    question = poll.optional_inner("question")
    yield f"Poll: {question.text('text') if question else ''}"
    results = poll.optional_inner("results")
    votes = (
        {each.number("id"): each.number("count") for each in results.objects("answer_counts")}
        if results
        else {}
    )
    for answer in poll.objects("answers"):
        media = answer.optional_inner("poll_media")
        emoji = media.optional_inner("emoji") if media else None
        text = " ".join(
            part
            for part in (emoji.text("name") if emoji else "", media.text("text") if media else "")
            if part
        )
        count = votes.get(answer.number("answer_id"), 0)
        yield f"- {text}" + (f" ({count} votes)" if results else "")


def _component(component: Fields, names_in: Callable[[str], str], depth: int) -> Iterator[str]:
    """Yield texts, labels and descriptions of a component and of those in it."""
    for name in ("content", "label", "placeholder", "description"):
        value: Any = component.payload.get(name)
        if isinstance(value, str) and value:
            yield names_in(component.text(name))
    if not depth:
        return
    for name in ("components", "items", "options"):
        if isinstance(component.payload.get(name), list):
            for inner in component.objects(name):
                yield from _component(inner, names_in, depth - 1)
    for name in ("accessory", "component"):
        if isinstance(cast("object", component.payload.get(name)), dict):
            yield from _component(component.inner(name), names_in, depth - 1)
