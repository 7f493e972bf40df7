"""Mails as HyperKitty has them stored, made from the world by index: the millionth costs what the first does.

Mails come in blocks; one block is made at a time and remembered for a while. A reply's parent is in the
same block, late replies aside, so nothing else has to be made to know a mail.
"""

from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha1
from random import Random
from typing import Any

from boost_mailing_list_tracker.twin import contents
from core.twins import World

BLOCK = 32
ODD_EVERY = 64
"""Every so many blocks, the first included, one holds all the oddities below; the rest are everyday mails."""
EARLIEST = datetime(1998, 1, 1, tzinfo=UTC)
WIDEST_GAP = timedelta(hours=12)
DELAY = timedelta(days=3)
"""How long before its archiving a mail may be dated, 1970 and 2038 aside."""
SKEW = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""
ID_LENGTH, SUBJECT_LENGTH = 254, 512  # what HyperKitty's columns keep of longer ones

# Places in an odd block.
HTML_ONLY, ATTACHMENTS, TIES, REPLACED = 2, 3, (4, 5, 6), 7
UNDATED, IN_1970, IN_2038, LOOP, COLLIDING = 8, 9, 10, (11, 12), (13, 14)
LONG_ID, LONG_SUBJECT, FROM_LINES, SELF_REPLY, NO_SUBJECT = 15, 16, 17, 18, 19
TO_UNKNOWN, ODD_SENDER, FORWARDED, EMPTY, BACKDATED = 20, 21, 22, 23, 24
LATE_REPLY, EARLY_REPLY, ITS_PARENT = 25, 26, 27

_OFFSETS = (0, 0, 60, 120, 120, -300, -480, 330, 540, 765)
_NEW_THREAD, _LATE, _WITH_FILES, _HTML = 0.2, 0.03, 0.05, 0.03  # shares of the everyday mails


@dataclass(frozen=True, slots=True)
class Mail:
    """One stored mail. `index` is its place in the order of archiving within its list."""

    index: int
    message_id: str
    name: str
    address: str
    subject: str
    date: datetime
    offset: int
    """The sender's time zone, minutes east."""
    archived: datetime
    in_reply_to: str | None = None
    parent: int | None = None
    """Index of the mail it hangs below, as HyperKitty threads it: not always what `in_reply_to` says."""
    kind: contents.Kind = contents.Kind.PLAIN
    origin: int | None = None
    """Of a cross-post: its index in the list it came from."""

    @property
    def message_id_hash(self) -> str:
        return message_id_hash(self.message_id)


def message_id_hash(message_id: str) -> str:
    """Base32 of SHA-1: https://wiki.list.org/DEV/Stable%20URLs."""
    return b32encode(sha1(message_id.encode(), usedforsecurity=False).digest()).decode()


class Mailbox:
    """All mails that one list will ever have, by index; endless.

    size: how many of them are archived when the world's time ends. busiest: the same of the busiest list,
    which sets how close together mails are. origin: the list whose mails are cross-posted to this one.
    """

    def __init__(
        self, world: World, fqdn: str, *, size: int, busiest: int, origin: "Mailbox | None" = None
    ) -> None:
        self.world = world
        self.fqdn = fqdn
        self.size = size
        self.gap = min(WIDEST_GAP, (world.until - EARLIEST) / busiest)
        self.origin = origin
        self._block = lru_cache(maxsize=256)(self._make_block)
        rng = world.rng("posters", fqdn)
        self._posters = rng.sample(world.people, max(2, len(world.people) * 2 // 3))

    def __getitem__(self, index: int) -> Mail:
        return self._block(index // BLOCK)[index % BLOCK]

    def archived(self, index: int) -> datetime:
        """When a mail is archived; ties aside."""
        return (self.world.until - self.gap * (self.size - index)).replace(microsecond=0)

    def index_at(self, moment: datetime) -> int:
        """The first mail archived at `moment` or later, ties aside."""
        return self.size - (self.world.until - moment) // self.gap

    def late_replies(self, index: int) -> list[int]:
        """Mails of later blocks that answer this one: see `_answered_late`."""
        block, place = divmod(index, BLOCK)
        if place or block % 2:
            return []
        return [(2 * block + later) * BLOCK + LATE_REPLY for later in (1, 3)]

    def _answered_late(self, block: int) -> Mail:
        """Find what an odd-numbered block answers late; it stands in an even one, so one step gets there."""
        return self[block // 4 * 2 * BLOCK]

    def oddly_dated_cross_posts(self, count: int) -> Iterator[int]:
        """Those below `count` that are of 1970 or 2038 in the list they come from."""
        ahead = self.origin.size - self.size if self.origin else 0
        for index in range(0, count if self.origin else 0, BLOCK):
            block, place = divmod(index + ahead, BLOCK)
            if place in {IN_1970, IN_2038} and block % ODD_EVERY == 0:
                yield index

    def content(self, mail: Mail) -> str:
        """The text part as stored."""
        if mail.origin is not None and self.origin:
            return self.origin.content(self.origin[mail.origin])
        quoted = None
        if mail.parent is not None:
            parent = self[mail.parent]
            words = contents.words(self.world, parent.kind, self._dice(parent, "text"))
            quoted = (words, f"On {parent.date:%a, %d %b %Y} {parent.name} wrote:")
        return contents.text(self.world, mail.kind, self._dice(mail, "text"), mail.name, quoted)

    def attachments(self, mail: Mail) -> list[contents.Attachment]:
        """Its attachments as stored, by counter."""
        if mail.origin is not None and self.origin:
            return self.origin.attachments(self.origin[mail.origin])
        return contents.attachments(self.world, mail.kind, self._dice(mail, "files"))

    def _dice(self, mail: Mail, what: str) -> Random:
        return self.world.rng(what, self.fqdn, mail.index)

    def _make_block(self, block: int) -> tuple[Mail, ...]:
        rng = self.world.rng("block", self.fqdn, block)
        mails: list[Mail] = []
        for place in range(BLOCK):
            earlier = [mail for mail in mails if mail.index % BLOCK not in {BACKDATED, EARLY_REPLY}]
            parent = rng.choice(earlier[-8:]) if earlier and rng.random() > _NEW_THREAD else None
            mails.append(self._everyday(block * BLOCK + place, rng, parent))
        if block % 2:
            late = block * BLOCK + LATE_REPLY
            mails[LATE_REPLY] = self._everyday(late, rng, self._answered_late(block))
        if block % ODD_EVERY == 0:
            self._make_odd(mails, rng)
        if self.origin:
            mails[0] = self._cross_post(mails[0], self.origin)
        by_index = {mail.index: mail.message_id for mail in mails}
        for place, mail in enumerate(mails):  # only now are all Message-IDs what they will be
            if mail.parent in by_index and mail.in_reply_to is None:
                mails[place] = replace(mail, in_reply_to=by_index[mail.parent])
        return tuple(mails)

    def _everyday(self, index: int, rng: Random, parent: Mail | None) -> Mail:
        author = rng.choice(self._posters)
        archived = self.archived(index)
        delay = DELAY * rng.random() if rng.random() < _LATE else timedelta(minutes=5 * rng.random())
        dice = rng.random()
        kind = contents.Kind.PLAIN
        if dice < _WITH_FILES + _HTML:
            kind = contents.Kind.ATTACHMENTS if dice < _WITH_FILES else contents.Kind.HTML_ONLY
        subject = self.world.talk.subject(rng)
        if parent:
            subject = parent.subject if parent.subject.startswith("Re: ") else f"Re: {parent.subject}"
        address = rng.choice(author.addresses)
        return Mail(
            index=index,
            message_id=f"CA+{rng.getrandbits(80):020x}=.{index}@{address.partition('@')[2]}",
            name=rng.choice(author.names),
            address=address,
            subject=subject[:SUBJECT_LENGTH],
            date=(archived - delay).replace(microsecond=0),
            offset=rng.choice(_OFFSETS),
            archived=archived,
            in_reply_to=parent.message_id if parent and parent.index // BLOCK != index // BLOCK else None,
            parent=parent.index if parent else None,
            kind=kind,
        )

    def _cross_post(self, mail: Mail, origin: "Mailbox") -> Mail:
        """Copy what the other list got at the same time; its thread is not known here, so it starts one."""
        twin = origin[mail.index + origin.size - self.size]
        return replace(twin, index=mail.index, archived=mail.archived, parent=None, origin=twin.index)

    def _make_odd(self, mails: list[Mail], rng: Random) -> None:
        """Everything that was ever seen in an archive and surprised someone."""
        base = mails[0].index
        own = f"{self.fqdn.partition('@')[0]}.{base}"

        def change(place: int, **fields: Any) -> None:
            mails[place] = replace(mails[place], **fields)

        for place, kind in {
            HTML_ONLY: contents.Kind.HTML_ONLY,
            ATTACHMENTS: contents.Kind.ATTACHMENTS,
            REPLACED: contents.Kind.REPLACED,
            FROM_LINES: contents.Kind.FROM_LINES,
            FORWARDED: contents.Kind.FORWARDED,
            EMPTY: contents.Kind.EMPTY,
        }.items():
            change(place, kind=kind)
        for place in TIES:
            change(place, archived=mails[TIES[0]].archived)
        change(UNDATED, date=mails[UNDATED].archived.replace(microsecond=271828), offset=0)
        change(IN_1970, date=datetime(1970, 1, 1, tzinfo=UTC), offset=0)
        change(IN_2038, date=datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), offset=0)
        change(LOOP[0], in_reply_to=mails[LOOP[1]].message_id, parent=None)
        change(LOOP[1], parent=base + LOOP[0])
        change(COLLIDING[0], message_id=f"{own}(again)@example.com")
        change(COLLIDING[1], message_id=f"{own}again@example.com")
        change(LONG_ID, message_id=f"{own}.{'very-long-' * 30}@example.com"[:ID_LENGTH])
        change(
            LONG_SUBJECT, subject=" ".join(self.world.talk.sentence(rng) for _ in range(16))[:SUBJECT_LENGTH]
        )
        change(SELF_REPLY, in_reply_to=mails[SELF_REPLY].message_id, parent=None)
        change(NO_SUBJECT, subject="None")  # HyperKitty stores the word when there is no header
        change(TO_UNKNOWN, in_reply_to=f"{own}.never-archived@example.com", parent=None)
        change(ODD_SENDER, name='Müller, "Jürgen" (via list)', address="unknown@example.com")
        change(EMPTY, name=mails[EMPTY].address)
        change(EARLY_REPLY, parent=base + ITS_PARENT)
        change(ITS_PARENT, parent=None)
