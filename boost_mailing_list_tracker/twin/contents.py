"""Contents of mails: the text part and the attachments that HyperKitty keeps of them."""

from dataclasses import dataclass
from enum import Enum
from random import Random

from core.twins import World


class Kind(Enum):
    """Kinds of mails that came in, which decide what HyperKitty stored."""

    PLAIN = "text only"
    HTML_ONLY = "HTML without a text part: an empty text and the HTML as attachment"
    ATTACHMENTS = "text with files"
    REPLACED = "bytes that are not of their charset, or an unknown charset: U+FFFD where they were"
    FROM_LINES = "lines that begin with From"
    FORWARDED = "another mail attached"
    EMPTY = "nothing at all"


@dataclass(frozen=True, slots=True)
class Attachment:
    """`counter` is its place among the parts of the mail as it was sent."""

    counter: int
    name: str
    content_type: str
    encoding: str | None
    content: bytes


def words(world: World, kind: Kind, rng: Random) -> str:
    """The author's own words, which a reply quotes."""
    text = world.talk.body(rng)
    match kind:
        case Kind.HTML_ONLY | Kind.EMPTY:
            return ""
        case Kind.REPLACED:
            return text.replace("e", "\N{REPLACEMENT CHARACTER}", 5)
        case Kind.FROM_LINES:
            return f"From my view:\n\n{text}\n\nFrom a@example.com Thu Jan  1 00:00:00 1970\n>From the past\n"
        case _:
            return text


def text(world: World, kind: Kind, rng: Random, name: str, quoted: tuple[str, str] | None) -> str:
    """The stored text part. quoted: what the mail answers, and the line above the quote."""
    own = words(world, kind, rng)
    match kind:
        case Kind.EMPTY:
            return ""
        case Kind.HTML_ONLY:
            return "\n"
        case _:
            pass
    parts = [own, world.talk.farewell(rng, name)]
    if quoted:
        parts.insert(0, world.talk.quote(*quoted))
    if rng.choice([True, False]):
        parts.append(world.talk.signature(rng, name))
    return "\n\n".join(parts) + "\n"


def attachments(world: World, kind: Kind, rng: Random) -> list[Attachment]:
    """The stored attachments."""
    match kind:
        case Kind.HTML_ONLY:
            page = f"<html><body><p>{world.talk.sentence(rng)}</p><p>Grüße &amp; 再见</p></body></html>\n"
            return [Attachment(0, "attachment.html", "text/html", "utf-8", page.encode())]
        case Kind.ATTACHMENTS:
            patch = f"--- a/x.hpp\n+++ b/x.hpp\n@@ -1 +1 @@\n-{world.talk.sentence(rng)}\n+// größer\n"
            return [
                Attachment(2, "fix.patch", "text/x-patch", "utf-8", patch.encode()),
                Attachment(3, "Überblick.png", "image/png", None, rng.randbytes(rng.randint(100, 3000))),
            ]
        case Kind.FORWARDED:
            mail = f"From: someone@example.com\nSubject: Fwd\n\n{world.talk.sentence(rng)}\n"
            return [Attachment(2, "attachment.eml", "message/rfc822", None, mail.encode())]
        case _:
            return []
