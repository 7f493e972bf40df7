"""Who wrote: names and addresses as evidence for linking people."""

from collections.abc import Iterator

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, Q

from boost_mailing_list_tracker.models import MailingList, Message
from core.registry import Profile

SOURCE = "mailing_list"


class AuthorProfiles:
    """One profile per address, with every name that was used with it."""

    def profiles(self, *, since: int | None = None) -> Iterator[Profile]:
        """Addresses with a message changed since that mark, or all."""
        # A list that rewrites From for DMARC signs mails with its own address: nobody's.
        nobody = ["", *MailingList.objects.values_list("name", flat=True)]
        authors = Message.objects.exclude(author_address__in=nobody).values("author_address")
        authors = authors.annotate(
            names=ArrayAgg("author_name", distinct=True),
            first_seen=Min("sent_at"),
            last_seen=Max("sent_at"),
            changed=Max("changed_in"),
            # A cross-post is in several lists.
            mails=Count("message_id_hash", filter=Q(removed_at__isnull=True), distinct=True),
        )
        if since is not None:
            authors = authors.filter(changed__gte=since)
        for author in authors.order_by("author_address").iterator():
            address = author["author_address"]
            yield Profile(
                source=SOURCE,
                external_id=address,
                # HyperKitty repeats the address where a mail names nobody.
                names=tuple(name for name in author["names"] if name and name != address),
                seen_emails=(address,),
                first_seen_at=author["first_seen"],
                last_seen_at=author["last_seen"],
                counts={"mails": author["mails"]},
            )
