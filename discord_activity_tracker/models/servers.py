"""Servers (guilds), their roles, and who is on them."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.changes import Change
from core.removable import Removable, RemovableQuerySet


class Server(models.Model):
    """A server; Discord's API says guild."""

    id = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    description = models.TextField(default="")
    icon = models.TextField(default="")  # hash; "" without one
    owner_id = models.BigIntegerField(null=True)  # NULL where only an imported file speaks of it
    # Discord's own estimate, which leaves `changed_in` alone; NULL after a load from the archive.
    member_count = models.IntegerField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    def __str__(self) -> str:
        return self.name


class Role(Removable):
    """A role; the one called @everyone has the server's id."""

    id = models.BigIntegerField(primary_key=True)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, db_constraint=False, related_name="roles")
    name = models.TextField()
    color = models.IntegerField(default=0)
    position = models.IntegerField(default=0)
    permissions = models.BigIntegerField(default=0)  # Discord's bit set
    is_hoisted = models.BooleanField(default=False)
    is_managed = models.BooleanField(default=False)
    is_mentionable = models.BooleanField(default=False)
    stored_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class User(models.Model):
    """An account that was seen: as a member, as an author, or mentioned. A webhook has none."""

    id = models.BigIntegerField(primary_key=True)
    username = models.TextField()
    # The name that is shown; "" where the account has none of its own.
    global_name = models.TextField(default="")
    discriminator = models.TextField(default="0")  # "0": a name without one
    avatar = models.TextField(default="")  # hash
    is_bot = models.BooleanField(default=False)
    is_system = models.BooleanField(default=False)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        indexes = [models.Index(fields=["changed_in"], name="discord_user_changed")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.global_name or self.username


class StayQuerySet(RemovableQuerySet):
    """Users on servers, some of whom have left."""

    removed_in = "left_at"


class Member(models.Model):
    """A user on a server, with what is of that server; `left_at` is when a run found that they had left."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, db_constraint=False, related_name="members")
    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="memberships"
    )
    nickname = models.TextField(default="")
    role_ids = ArrayField(models.BigIntegerField(), default=list)  # ascending
    joined_at = models.DateTimeField(null=True)  # Discord does not know it of guests
    boosting_since = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    objects: ClassVar[Any] = StayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "user"], name="member_of_server")]
        indexes = [models.Index(fields=["changed_in"], name="discord_member_changed")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.server_id}"  # type: ignore[attr-defined] - Django adds them


class Membership(models.Model):
    """A stay of a user on a server: who comes back has several."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, db_constraint=False, related_name="stays")
    user = models.ForeignKey(User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="stays")
    joined_at = models.DateTimeField()
    # When a run found that they had left.
    left_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    objects: ClassVar[Any] = StayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "user", "joined_at"], name="discord_stay")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.server_id} from {self.joined_at:%Y-%m-%d}"  # type: ignore[attr-defined] - Django adds them
