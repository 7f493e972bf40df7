"""Who is on Slack: names, addresses, links and time zones as evidence for linking people."""

from collections.abc import Iterator
from itertools import islice

from django.db.models import Count, Max, Min, Q

from core.registry import Profile
from cppa_slack_tracker.models import Message, User
from cppa_slack_tracker.protocol_impl import SILENT

SOURCE = "slack"
SLACKBOT = "USLACKBOT"  # which Slack itself does not call a bot
BATCH = 500


class SlackProfiles:
    """One profile per person or bot and workspace."""

    def profiles(self, *, since: int | None = None) -> Iterator[Profile]:
        """People whose profile changed since that mark, or all; not those only seen again."""
        users = User.objects.select_related("workspace").defer("profile")
        if since is not None:
            users = users.filter(changed_in__gte=since)
        rows: Iterator[User] = users.order_by("workspace__team_id", "user_id").iterator(BATCH)
        while batch := list(islice(rows, BATCH)):
            yield from _profiles(batch)


def _profiles(users: list[User]) -> Iterator[Profile]:
    wrote = Message.objects.filter(user_id__in=[user.user_id for user in users]).exclude(subtype__in=SILENT)
    there = Count("pk", filter=Q(removed_at__isnull=True))
    told = wrote.order_by().values_list("channel__workspace_id", "user_id")
    told = told.annotate(first=Min("sent_at"), last=Max("sent_at"), number=there)
    seen = {(workspace, user_id): numbers for workspace, user_id, *numbers in told}
    for user in users:
        first, last, number = seen.get((user.workspace.pk, user.user_id), (None, None, 0))
        email = (user.email,) if user.email else ()
        yield Profile(
            source=SOURCE,
            external_id=f"{user.workspace.team_id}:{user.user_id}",
            names=tuple(dict.fromkeys(name for name in (user.real_name, user.display_name) if name)),
            logins=(user.name,) if user.name else (),
            verified_emails=email if user.is_email_confirmed else (),
            declared_emails=() if user.is_email_confirmed else email,
            is_bot=user.is_bot or user.user_id == SLACKBOT,
            first_seen_at=first,
            last_seen_at=last,
            counts={"messages": number} if number else {},
            links=tuple(user.links),
            time_zone=user.time_zone,
        )
