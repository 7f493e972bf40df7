"""Who is on Slack: names, addresses, links and time zones as evidence for linking people."""

from collections.abc import Iterator

from django.db.models import Max, OuterRef, Subquery

from core.registry import Profile
from cppa_slack_tracker.models import Message, User

SOURCE = "slack"
SLACKBOT = "USLACKBOT"


class SlackProfiles:
    """One profile per person and workspace; bots are nobody."""

    def profiles(self, *, since: int | None = None) -> Iterator[Profile]:
        """People whose profile changed since that mark, or all."""
        users = User.objects.filter(is_bot=False).exclude(user_id=SLACKBOT)
        if since is not None:
            users = users.filter(changed_in__gte=since)
        last = (
            Message.objects.filter(user_id=OuterRef("user_id"), channel__workspace=OuterRef("workspace"))
            .values("user_id")
            .annotate(last=Max("sent_at"))
            .values("last")
        )
        known = users.annotate(last_seen=Subquery(last)).values(
            "workspace__team_id", "user_id", "real_name", "display_name", "name", "email", "last_seen",
            "links", "time_zone",
        )  # fmt: skip
        for user in known.order_by("workspace__team_id", "user_id").iterator():
            names = (user["real_name"], user["display_name"], user["name"])
            yield Profile(
                source=SOURCE,
                external_id=f"{user['workspace__team_id']}:{user['user_id']}",
                names=tuple(dict.fromkeys(name for name in names if name)),
                emails=(user["email"],) if user["email"] else (),
                last_seen_at=user["last_seen"],
                links=tuple(user["links"]),
                time_zone=user["time_zone"],
            )
