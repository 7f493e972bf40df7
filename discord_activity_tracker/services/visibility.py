"""Which channels were called public when a run last looked: by what it found, and by the settings."""

from django.db.models import QuerySet
from django.db.models.functions import Now

from discord_activity_tracker.models import Channel


def note_public(public: "QuerySet[Channel]") -> int:
    """Note that these channels are public and no others; how many changed, which is news of them."""
    hidden = Channel.objects.filter(was_public=True).exclude(pk__in=public.values("pk"))
    shown = public.filter(was_public=False)
    return hidden.update(was_public=False, changed_at=Now()) + shown.update(was_public=True, changed_at=Now())
