"""The mails that one list's archive holds at the moment, and their threads."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from datetime import datetime
from random import Random

from boost_mailing_list_tracker.twin import mails
from boost_mailing_list_tracker.twin.mails import Mail, Mailbox


class Shelf:
    """The mails of one list. `count` ever archived, of which some are not there: removed, hidden, to come."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.count = mailbox.size
        self.removed: dict[int, str | None] = {}
        """Index -> hash of its parent when it was removed."""
        self.hidden: list[int] = []
        self.to_come = list(range(mails.BACKDATED, self.count, mails.BLOCK * mails.ODD_EVERY))
        """Mails archived long ago that an import brings later."""
        self.ties_flipped = False
        self._gone = list(self.to_come)
        self._parents: dict[int, int | None] = {}  # where deletions and re-attachments changed it
        self._threads: dict[int, str] = {}  # as _parents
        self._hashes: dict[str, int] = {}
        self._hashed = 0

    def __len__(self) -> int:
        return self.count - len(self._gone)

    def __contains__(self, index: int) -> bool:
        if not 0 <= index < self.count:
            return False
        place = bisect_left(self._gone, index)
        return place == len(self._gone) or self._gone[place] != index

    def find(self, message_id_hash: str) -> Mail | None:
        """The mail with this hash, if it is there."""
        while self._hashed < self.count:
            self._hashes[self.mailbox[self._hashed].message_id_hash] = self._hashed
            self._hashed += 1
        index = self._hashes.get(message_id_hash)
        return self.mailbox[index] if index is not None and index in self else None

    def newest(self, offset: int, limit: int | None) -> Iterator[Mail]:
        """A page of the listing: last archived first."""
        end = len(self) if limit is None else min(offset + limit, len(self))
        for position in range(offset, end):
            yield self.mailbox[self._in_tie(self._nth(len(self) - 1 - position))]

    def around(self, start: datetime | None, end: datetime | None) -> Iterator[Mail]:
        """All mails dated start <= date < end, and a few more, in the order of their archiving."""
        first, last = 0, self.count
        if start and end:
            first = max(0, self.mailbox.index_at(start - mails.SKEW) - mails.BLOCK)
            last = min(last, self.mailbox.index_at(end + mails.DELAY) + mails.BLOCK)
        return (self.mailbox[index] for index in self._with_odd_dates(first, last) if index in self)

    def _with_odd_dates(self, first: int, last: int) -> Iterator[int]:
        step = mails.BLOCK * mails.ODD_EVERY
        odd = {index for place in (mails.IN_1970, mails.IN_2038) for index in range(place, self.count, step)}
        odd.update(self.mailbox.oddly_dated_cross_posts(self.count))
        yield from sorted(odd | set(range(first, last)))

    def _nth(self, position: int) -> int:
        """Index of the mail at a position counted from the oldest."""
        index = position
        for gone in self._gone:
            if gone > index:
                break
            index += 1
        return index

    def _in_tie(self, index: int) -> int:
        """Mails archived in the same second have no fixed order: another one may stand here this time."""
        first, last = mails.TIES[0], mails.TIES[-1]
        block, place = divmod(index, mails.BLOCK)
        if not self.ties_flipped or block % mails.ODD_EVERY or not first <= place <= last:
            return index
        tied = [block * mails.BLOCK + tie for tie in mails.TIES]
        if not all(tie in self for tie in tied):
            return index
        return block * mails.BLOCK + first + last - place

    def parent(self, mail: Mail) -> Mail | None:
        """Find its parent; a reply that came before its parent has none until that comes."""
        index = self._parents.get(mail.index, mail.parent)
        return None if index is None or index >= self.count else self.mailbox[index]

    def thread_id(self, mail: Mail) -> str:
        """Hash of the mail that once started the thread, which may be long gone."""
        while mail.index not in self._threads and mail.parent is not None and mail.parent < self.count:
            mail = self.mailbox[mail.parent]
        return self._threads.get(mail.index, mail.message_id_hash)

    def children(self, mail: Mail) -> list[Mail]:
        """The replies that are there, in the order of their archiving."""
        moved = {index for index, parent in self._parents.items() if parent == mail.index}
        own = {index for index in self._replies(mail.index) if index not in self._parents}
        return [self.mailbox[index] for index in sorted(own | moved) if index in self]

    def _replies(self, index: int) -> list[int]:
        """Who answered it when it was archived, there or not."""
        first = index // mails.BLOCK * mails.BLOCK
        block = [reply for reply in range(first, first + mails.BLOCK) if self.mailbox[reply].parent == index]
        return block + self.mailbox.late_replies(index)

    def thread(self, thread_id: str) -> list[Mail]:
        """The mails of a thread, each followed by its replies, oldest reply first."""
        self.find(thread_id)
        members = {index for index, thread in self._threads.items() if thread == thread_id}
        below = [self._hashes[thread_id]] if thread_id in self._hashes else []
        while below:
            index = below.pop()
            members.add(index)
            below += [reply for reply in self._replies(index) if reply < self.count]
        present = [self.mailbox[index] for index in members if index in self]
        waiting = [
            mail for mail in present if self.thread_id(mail) == thread_id and self.parent(mail) is None
        ]
        ordered: list[Mail] = []
        while waiting:
            mail = waiting.pop()
            ordered.append(mail)
            waiting += sorted(self.children(mail), key=lambda child: child.date, reverse=True)
        return ordered

    def arrive(self, number: int = 1) -> None:
        """New mails come in; what answers a removed mail starts a thread."""
        for index in range(self.count, self.count + number):
            mail = self.mailbox[index]
            if mail.parent in self.removed:
                self._parents[index] = None
                self._threads[index] = mail.message_id_hash
        self.count += number

    def remove(self, index: int) -> None:
        """A moderator deletes a mail: its replies move up, the oldest one takes the place of a starter."""
        mail = self.mailbox[index]
        parent, children = self.parent(mail), sorted(self.children(mail), key=lambda child: child.date)
        heir = parent.index if parent else None
        if parent is None and children:
            heir = children[0].index
            self._parents[heir] = None
        for child in children:
            if child.index != heir:
                self._parents[child.index] = heir
        self.removed[index] = parent.message_id_hash if parent else None
        self._threads[index] = self.thread_id(mail)  # nobody is told where the thread moves after that
        insort(self._gone, index)

    def reattach(self, index: int, below: int) -> None:
        """A moderator moves a whole thread, given its starter, below a mail of another thread."""
        thread = self.thread_id(self.mailbox[below])
        for mail in self.thread(self.thread_id(self.mailbox[index])):
            self._threads[mail.index] = thread
        self._parents[index] = below

    def hide(self, rng: Random) -> None:
        """A mail that nobody answered is not there for a while."""
        index = rng.randrange(self.count)
        if index in self and not self.children(self.mailbox[index]):
            self.hidden.append(index)
            insort(self._gone, index)

    def show_hidden(self) -> None:
        """All hidden mails are back."""
        while self.hidden:
            self._gone.remove(self.hidden.pop())

    def bring_backdated(self) -> None:
        """An import brings mails that were archived long ago."""
        while self.to_come:
            self._gone.remove(self.to_come.pop())
