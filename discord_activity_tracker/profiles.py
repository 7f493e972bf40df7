"""Who writes: accounts with all they are called, as evidence for linking people."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from core.registry import Profile
from discord_activity_tracker.models import Member, Message, User
from discord_activity_tracker.threads import batches

SOURCE = "discord"
# Discord gives the messages of all deleted accounts to this one.
NOBODY = 456226577798135808


class DiscordProfiles:
    """One profile per account; webhooks and Discord itself are nobody.

    A bot is not told what people write about themselves, so there are no links and no addresses.
    """

    def profiles(self, *, since: int | None = None) -> Iterator[Profile]:
        """Accounts whose names or nicknames changed since that mark, or all; not those only seen again."""
        users = User.objects.filter(is_system=False).exclude(pk=NOBODY)
        if since is not None:
            members = Member.objects.filter(user=OuterRef("pk"), changed_in__gte=since)
            users = users.filter(Q(changed_in__gte=since) | Exists(members))
        for batch in batches(users.order_by("pk").iterator()):
            yield from _profiles(batch)


def _profiles(users: list[User]) -> Iterator[Profile]:
    ids = [user.pk for user in users]
    nicknames: dict[int, list[str]] = defaultdict(list)
    for user_id, nickname in (
        Member.objects.filter(user__in=ids).order_by("server_id").values_list("user_id", "nickname")
    ):
        nicknames[user_id].append(nickname)
    wrote = Message.objects.filter(author_id__in=ids, is_webhook=False).order_by().values_list("author_id")
    there = Count("pk", filter=Q(removed_at__isnull=True))
    told = wrote.annotate(first=Min("sent_at"), last=Max("sent_at"), number=there)
    seen = {author_id: (first, last, number) for author_id, first, last, number in told}
    for user in users:
        names = (user.global_name, *nicknames[user.pk])
        first, last, number = seen.get(user.pk, (None, None, 0))
        yield Profile(
            source=SOURCE,
            external_id=str(user.pk),
            names=tuple(dict.fromkeys(name for name in names if name)),
            logins=(user.username,) if user.username else (),
            is_bot=user.is_bot,
            first_seen_at=first,
            last_seen_at=last,
            counts={"messages": number} if number else {},
        )
