"""Contents of chat messages: talk, code, mentions, emoji, links, times; and attachments."""

from random import Random
from typing import Any

from core.twins import World
from discord_activity_tracker.twin.people import Member, People
from discord_activity_tracker.twin.snowflakes import any_snowflake, moment_of

Payload = dict[str, Any]
CODE = (
    (
        "```cpp\n#include <chrono>\n\nauto start = std::chrono::steady_clock::now();\n"
        'std::vector<std::pair<int, std::string>> v{{{{{n}, "x"}}}};\n```'
    ),
    (
        "```cpp\ntemplate <class T, class... Args>\nauto make(Args&&... args) -> std::unique_ptr<T>\n"
        "{{\n\treturn std::make_unique<T>(std::forward<Args>(args)...); // {n}\n}}\n```"
    ),
    "`std::map<Key, std::unique_ptr<Value>>::iterator` or `boost::{a}::*`? `a<b && c>d` is no template",
    "```\nerror: no matching function for call to 'boost::{a}::async_read(int&, <brace-enclosed list>)'\n```",
)  # fmt: skip
SHORT = (
    "+1",
    "lol",
    "thanks!",
    "^ this",
    "🎉",
    "<:boost:{emoji}>",
    "<a:party:{emoji}> shipped",
    "https://godbolt.org/z/{n}x",
)
FILES = (
    ("crash.log", "text/plain; charset=utf-8"),
    ("screenshot ä.png", "image/png"),
    ("patch.diff", "text/x-diff; charset=utf-8"),
    ("main.cpp", None),
)
EMOJI = ("👍", "❤️", "🚀", "👀", "boost")
EMOJI_ID = 1102938475610293847
_SHORT, _CODE, _MENTION, _TIME = 0.2, 0.1, 0.12, 0.03


def text(world: World, people: People, rng: Random, here: int) -> tuple[str, list[Member]]:
    """Words, and who is mentioned in them. here: the channel that they are written in."""
    dice = rng.random()
    library = rng.choice(world.libraries)
    filled: Payload = {"a": library, "n": rng.randint(1, 999), "emoji": EMOJI_ID}
    if dice < _SHORT:
        return rng.choice(SHORT).format(**filled), []
    words = world.talk.sentence(rng)
    if rng.random() < _CODE:
        words += "\n" + rng.choice(CODE).format(**filled)
    mentioned: list[Member] = []
    if rng.random() < _MENTION:
        mentioned = [rng.choice(people.humans)]
        form = "<@!{}> {}" if rng.random() < _TIME else "<@{}> {}"
        words = form.format(mentioned[0].id, words)
    if rng.random() < _TIME:
        role = rng.choice([number for number in people.roles if number != people.guild])
        words += f" <@&{role}> see you <t:1767182400:F>, or in <#{here}>"
    return words, mentioned


def attachment(rng: Random, message: int) -> Payload:
    """A file, without its addresses: those are signed when they are told."""
    name, content_type = rng.choice(FILES)
    told: Payload = {
        "id": str(any_snowflake(rng, moment_of(message))),
        "filename": name.replace(" ", "_"),
        "size": rng.randint(20, 4000),
    }
    if content_type:
        told["content_type"] = content_type
    if name.startswith("screenshot"):
        told |= {
            "width": 640,
            "height": 480,
            "placeholder": "mwcGDIJod3eAh4iAZ3d4",
            "placeholder_version": 1,
            "title": name.removesuffix(".png"),
            "description": "A window with an error in it",
        }
    return told


def embed(world: World, rng: Random) -> Payload:
    """An embed as Discord makes it of a link."""
    library = rng.choice(world.libraries)
    return {
        "type": "article",
        "url": f"https://www.boost.org/libs/{library}",
        "title": f"Boost.{library.capitalize()} – `template <class T>` reference",  # noqa: RUF001 - as pages have it
        "description": world.talk.sentence(rng),
        "provider": {"name": "boost.org"},
    }


def reaction(emoji: str, normal: int, burst: int = 0) -> Payload:
    """A reaction as a message shows it. emoji: a character, or the name of the server's own."""
    return {
        "emoji": {"id": str(EMOJI_ID) if emoji == "boost" else None, "name": emoji},
        "count": normal + burst,
        "count_details": {"burst": burst, "normal": normal},
        "burst_colors": ["#ff0000"] if burst else [],
        "me_burst": False,
        "burst_me": False,
        "me": False,
        "burst_count": burst,
    }


def content_of(attachment_id: int, size: int) -> bytes:
    """The bytes of an attachment."""
    line = f"attachment {attachment_id}\n".encode()
    return (line * (size // len(line) + 1))[:size]
