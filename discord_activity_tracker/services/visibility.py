"""Which channels were called public when a run last looked: by what it found, and by the settings."""

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from core.changes import Change
from discord_activity_tracker.models import Channel


def unnoted(public: "QuerySet[Channel]") -> "QuerySet[Channel]":
    """The channels of which something else is noted than that these are public, and no others."""
    is_public = Q(pk__in=public.values("pk"))
    return Channel.objects.filter(Q(is_public, was_public=False) | Q(~is_public, was_public=True))


def note_public(public: "QuerySet[Channel]") -> int:
    """Note that these channels are public and no others; how many changed, which is news of them."""
    other = ExpressionWrapper(Q(was_public=False), BooleanField())
    return unnoted(public).update(was_public=other, changed_in=Change())
