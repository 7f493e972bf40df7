"""Raw payloads of a mailing list archive to frozen records: pure functions, no Django, no network."""

from boost_mailing_list_tracker.parsing.api import entry_of_mail, parse_email_detail, parse_listing_item
from boost_mailing_list_tracker.parsing.identity import (
    canonical_export_bytes,
    export_message_id,
    is_whole,
    message_id_hash,
)
from boost_mailing_list_tracker.parsing.mbox import gunzip, iter_mbox
from boost_mailing_list_tracker.parsing.messages import parse_message
from boost_mailing_list_tracker.parsing.subjects import library_tags, normalize_subject

__all__ = [
    "canonical_export_bytes",
    "entry_of_mail",
    "export_message_id",
    "gunzip",
    "is_whole",
    "iter_mbox",
    "library_tags",
    "message_id_hash",
    "normalize_subject",
    "parse_email_detail",
    "parse_listing_item",
    "parse_message",
]
