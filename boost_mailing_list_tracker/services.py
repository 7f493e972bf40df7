"""The only place that writes the mailing list tables. Everything here is idempotent."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from boost_mailing_list_tracker.models import Attachment, MailingList, Message
from boost_mailing_list_tracker.protocol_impl import ListingItem, MailMessage
from core.changes import Change
from core.store import Upserted, upsert

MESSAGE_KEY = ("mailing_list", "message_id_hash")
LISTING_FIELDS = (
    "message_id",
    "thread_id",
    "parent_hash",
    "listed",
    "subject",
    "subject_normalized",
    "library_tags",
    "author_name",
    "date",
    "permalink",
    "removed_at",
)
BODY_FIELDS = (
    "author_address",
    "sent_at",
    "archived_at",
    "in_reply_to",
    "references",
    "body",
    "segments",
    "body_source",
    "defects",
)
# A body replaces one from a poorer source only.
RICHNESS: dict[str | None, int] = {
    None: 0,
    Message.BodySource.API: 1,
    Message.BodySource.EXPORT: 2,
    Message.BodySource.MBOX: 3,
}


def mailing_list(name: str) -> MailingList:
    """The list's row; one that is not saved yet when nothing of it is stored."""
    return MailingList.objects.filter(name=name).first() or MailingList(name=name)


def save_source_count(row: MailingList, count: int) -> None:
    if row.source_count != count:
        row.source_count = count
        row.save(update_fields=["source_count"])


def save_listing(row: MailingList, items: Iterable[ListingItem], archive_url: str) -> Upserted:
    """Save what the listing says of messages; one that was gone and is listed again is no longer gone."""
    return upsert(
        Message,
        [_from_listing(row, item, archive_url) for item in items],
        key=MESSAGE_KEY,
        update=LISTING_FIELDS,
    )


def save_bodies(row: MailingList, mails: Mapping[str, MailMessage], source: str) -> Upserted:
    """Save the bodies of listed messages, Message-ID hash -> mail; hashes that are not stored are left out.

    A stored body from a richer source stays as it is.
    """
    stored = Message.objects.filter(mailing_list=row, message_id_hash__in=list(mails))
    poorer = [message for message in stored if RICHNESS[message.body_source] <= RICHNESS[source]]
    for message in poorer:
        _set_body(message, mails[message.message_id_hash], source)
    saved = upsert(Message, poorer, key=MESSAGE_KEY, update=BODY_FIELDS)
    refused = {id(rejected.row) for rejected in saved.rejected}
    _save_attachments({m.pk: mails[m.message_id_hash] for m in poorer if id(m) not in refused})
    return saved


def save_originals(
    row: MailingList, mails: Sequence[tuple[ListingItem, MailMessage]], archive_url: str
) -> Upserted:
    """Save original mails (`--mbox`): listed ones get the richer body, the others a row of their own.

    Rows of their own have their hash as thread until `link_threads` has run.
    """
    added = save_unlisted(row, [entry for entry, _ in mails], archive_url)
    by_hash = {entry.message_id_hash: mail for entry, mail in mails}
    bodies = save_bodies(row, by_hash, Message.BodySource.MBOX)
    return Upserted(
        created=added.created,
        updated=max(0, bodies.updated - added.created),
        unchanged=bodies.unchanged,
        rejected=added.rejected + bodies.rejected,
    )


def save_unlisted(row: MailingList, entries: Iterable[ListingItem], archive_url: str) -> Upserted:
    """Make rows for mails that no listing speaks of, where there are none."""
    rows = [_from_listing(row, entry, archive_url, listed=False) for entry in entries]
    return upsert(Message, rows, key=MESSAGE_KEY, update=())


def tombstone(row: MailingList, hashes: Iterable[str]) -> int:
    """Mark messages that the archive no longer has; their content stays. Returns how many are new to it."""
    gone = Message.objects.filter(mailing_list=row, message_id_hash__in=list(hashes), removed_at__isnull=True)
    now = timezone.now()
    return gone.update(removed_at=now, changed_in=Change())


def link_threads(row: MailingList) -> int:
    """Find parent and thread of the mails that no listing speaks of; returns how many changed.

    The parent is the mail that In-Reply-To names, else the last of References. Mails whose In-Reply-To
    goes in a loop keep a thread of their own each.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LINK_PARENTS, {"list": row.pk})
        linked = cursor.rowcount
        cursor.execute(_SPREAD_THREADS, {"list": row.pk})
        return linked + cursor.rowcount


_LINK_PARENTS = """
    UPDATE boost_mailing_list_tracker_message AS child
    SET parent_hash = parent.message_id_hash, changed_in = core_change()
    FROM boost_mailing_list_tracker_message AS parent
    WHERE child.mailing_list_id = %(list)s AND NOT child.listed
      AND parent.mailing_list_id = child.mailing_list_id AND parent.id <> child.id
      AND parent.message_id = coalesce(
            child.in_reply_to, child."references"[cardinality(child."references")])
      AND child.parent_hash IS DISTINCT FROM parent.message_id_hash
"""
_SPREAD_THREADS = """
    WITH RECURSIVE tree AS (
        SELECT child.id, child.message_id_hash, coalesce(parent.thread_id, child.message_id_hash) AS thread_id
        FROM boost_mailing_list_tracker_message AS child
        LEFT JOIN boost_mailing_list_tracker_message AS parent
          ON parent.mailing_list_id = child.mailing_list_id AND parent.message_id_hash = child.parent_hash
        WHERE child.mailing_list_id = %(list)s AND NOT child.listed AND (parent.id IS NULL OR parent.listed)
        UNION ALL
        SELECT child.id, child.message_id_hash, tree.thread_id
        FROM tree JOIN boost_mailing_list_tracker_message AS child ON child.parent_hash = tree.message_id_hash
        WHERE child.mailing_list_id = %(list)s AND NOT child.listed
    )
    UPDATE boost_mailing_list_tracker_message AS message
    SET thread_id = tree.thread_id, changed_in = core_change()
    FROM tree
    WHERE message.id = tree.id AND message.thread_id <> tree.thread_id
"""


def _from_listing(row: MailingList, item: ListingItem, archive_url: str, *, listed: bool = True) -> Message:
    return Message(
        mailing_list=row,
        message_id_hash=item.message_id_hash,
        message_id=item.message_id,
        thread_id=item.thread_id,
        parent_hash=item.parent_hash,
        listed=listed,
        subject=item.subject,
        subject_normalized=item.subject_normalized,
        library_tags=list(item.library_tags),
        author_name=item.sender_name,
        author_address=item.sender_address,
        date=item.date,
        permalink=permalink(archive_url, row.name, item.message_id_hash),
    )


def permalink(archive_url: str, list_name: str, item_hash: str) -> str:
    return f"{archive_url}/list/{list_name}/message/{item_hash}/"


def _set_body(message: Message, mail: MailMessage, source: str) -> None:
    original = source == Message.BodySource.MBOX
    message.author_address = mail.author_address or message.author_address
    # HyperKitty's own clock has fractions of a second; a Date header has none.
    message.sent_at = None if message.date.microsecond else mail.sent_at
    message.archived_at = mail.archived_at or message.archived_at
    message.in_reply_to = mail.in_reply_to
    message.references = list(mail.references) if original else None
    message.body = mail.body
    message.segments = [(s.kind, s.start, s.end) for s in mail.segments]
    message.body_source = source
    message.defects = list(mail.defects)


def _save_attachments(mails: Mapping[int, MailMessage]) -> None:
    rows = [
        Attachment(
            message_id=message_pk,
            position=attachment.position,
            name=attachment.name,
            content_type=attachment.content_type,
            size=attachment.size,
            sha256=attachment.sha256,
        )
        for message_pk, mail in mails.items()
        for attachment in mail.attachments
    ]
    kept = Q(pk__in=[])
    for message_pk, mail in mails.items():
        kept |= Q(message_id=message_pk, position__in=[a.position for a in mail.attachments])
    Attachment.objects.filter(message_id__in=list(mails)).exclude(kept).delete()
    upsert(Attachment, rows, key=("message", "position"))
