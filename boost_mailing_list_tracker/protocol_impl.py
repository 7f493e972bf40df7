"""Records of parsers for services, and the result of a run. Nothing here knows Django or the network."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.protocols import Result

Origin = Literal["export", "mbox"]
SegmentKind = Literal["text", "quote", "signature"]


@dataclass(frozen=True, slots=True)
class MailingListResult(Result):
    """The result of a run over mailing lists."""


@dataclass(frozen=True, slots=True)
class RawMail:
    """One message of an mbox, as it was found.

    `unixfrom` is its "From " line without the line end, empty when the stream did not begin with one;
    `raw` the message behind it; `size` its bytes at the source. Of a message above the caller's limit
    only the headers are kept, so `raw` is shorter than `size`.
    """

    unixfrom: str
    raw: bytes
    size: int

    @property
    def oversized(self) -> bool:
        return len(self.raw) < self.size


@dataclass(frozen=True, slots=True)
class ListingItem:
    """One entry of HyperKitty's listing.

    A `date` with fractions of a second is the server's: the mail had none.
    """

    message_id_hash: str
    message_id: str
    thread_id: str
    parent_hash: str | None
    sender_name: str
    sender_address: str
    subject: str
    subject_normalized: str
    library_tags: tuple[str, ...]
    date: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a mail that is not its text. `sha256` and `content` are None where only the API answered."""

    position: int
    name: str
    content_type: str
    size: int
    sha256: str | None
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a body, `body[start:end]`; the segments of a body cover it without gaps.

    `depth` is the number of quotation marks of a quote, 0 where it has none (attribution lines,
    unmarked originals under a reply).
    """

    kind: SegmentKind
    start: int
    end: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A mail as it is stored: text decoded and normalised, what was wrong with it in `defects`.

    `message_id` carries no angle brackets. `sent_at` keeps the UTC offset of the Date header.
    """

    message_id: str
    subject: str
    author_name: str
    author_address: str
    sent_at: datetime | None
    archived_at: datetime | None
    in_reply_to: str | None
    references: tuple[str, ...]
    body: str
    segments: tuple[Segment, ...]
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A mail with the entry that a listing would have of it."""

    entry: ListingItem
    mail: MailMessage


def text_of(body: str, segments: Iterable[Segment], kind: SegmentKind = "text") -> str:
    """Join the stretches of one kind; by default what the author wrote, without quotes and signatures."""
    return "".join(body[segment.start : segment.end] for segment in segments if segment.kind == kind)
