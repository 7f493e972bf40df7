"""The only place that writes the mailing list tables. Everything here is idempotent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from django.db import connection
from django.db.models import Q

from boost_mailing_list_tracker.conf import MailingListSettings
from boost_mailing_list_tracker.models import Attachment, MailingList, Message
from boost_mailing_list_tracker.protocol_impl import Body, ListingItem, MailMessage
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
# Poorest first: a body replaces one from a poorer source only.
RICHNESS: list[str | None] = [None, *Message.BodySource.values]


def mailing_list(name: str) -> MailingList:
    """Return the list's row; one that is not saved yet when nothing of it is stored."""
    return MailingList.objects.filter(name=name).first() or MailingList(name=name)


def save_source_count(row: MailingList, count: int) -> None:
    if row.source_count != count:
        row.source_count = count
        row.save(update_fields=["source_count"])


def save_listing(row: MailingList, items: Iterable[ListingItem]) -> Upserted:
    """Save what the listing says of messages; one that was gone and is listed again is no longer gone."""
    return upsert(
        Message, [_from_listing(row, item) for item in items], key=MESSAGE_KEY, update=LISTING_FIELDS
    )


def save_bodies(source: str, row: MailingList, bodies: Sequence[Body]) -> Upserted:
    """Save bodies from a source; a stored one from a richer source stays as it is.

    A message that is not stored gets a row as one that no listing speaks of, with its hash as thread until
    `link_threads` has run.
    """
    by_hash = {body.entry.message_id_hash: body for body in bodies}
    rows = Message.objects.filter(mailing_list=row, message_id_hash__in=list(by_hash))
    stored = list(rows)
    added = Upserted()
    if unknown := by_hash.keys() - {message.message_id_hash for message in stored}:
        new = [_from_listing(row, by_hash[item_hash].entry, listed=False) for item_hash in unknown]
        added = upsert(Message, new, key=MESSAGE_KEY, update=())
        stored = list(rows.all())
    poorer = [message for message in stored if RICHNESS.index(message.body_source) <= RICHNESS.index(source)]
    for message in poorer:
        _set_body(message, by_hash[message.message_id_hash].mail, source)
    saved = upsert(Message, poorer, key=MESSAGE_KEY, update=BODY_FIELDS)
    refused = {id(rejected.row) for rejected in saved.rejected}
    kept = [message for message in poorer if id(message) not in refused]
    attached = _save_attachments({message: by_hash[message.message_id_hash].mail for message in kept})
    return Upserted(
        created=added.created,
        updated=max(0, saved.updated - added.created),
        unchanged=saved.unchanged,
        rejected=added.rejected + saved.rejected + attached.rejected,
    )


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


def _from_listing(row: MailingList, item: ListingItem, *, listed: bool = True) -> Message:
    archive_url = MailingListSettings.current().mailing_list_base_url
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
        permalink=f"{archive_url}/list/{row.name}/message/{item.message_id_hash}/",
    )


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


def _save_attachments(mails: Mapping[Message, MailMessage]) -> Upserted:
    """Save what the mails have attached; rejected are the messages with one that the database refuses."""
    rows = [
        Attachment(
            message=message,
            position=attachment.position,
            name=attachment.name,
            content_type=attachment.content_type,
            size=attachment.size,
            sha256=attachment.sha256,
        )
        for message, mail in mails.items()
        for attachment in mail.attachments
    ]
    beyond = Q(pk__in=[])
    for message, mail in mails.items():
        beyond |= Q(message=message, position__gte=len(mail.attachments))
    Attachment.objects.filter(beyond).delete()
    saved = upsert(Attachment, rows, key=("message", "position"))
    return Upserted(
        rejected=tuple(replace(each, row=cast("Attachment", each.row).message) for each in saved.rejected)
    )
