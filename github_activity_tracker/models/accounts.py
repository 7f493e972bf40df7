"""Who acts on GitHub."""

from django.db import models
from django.db.models.functions import Now

from core.changes import Change


class Account(models.Model):
    """An account on GitHub. A deleted one is GitHub's own `ghost`, id 10137."""

    class Kind(models.TextChoices):
        USER = "user"
        BOT = "bot"
        ORGANIZATION = "organization"
        MANNEQUIN = "mannequin"  # stands for the author of imported content
        GHOST = "ghost"

    github_id = models.BigIntegerField(primary_key=True)
    kind = models.TextField(choices=Kind.choices)
    login = models.TextField()
    # NULL where the place that showed the account does not tell; an account of that name has "".
    name = models.TextField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        indexes = [models.Index(fields=["login"], name="account_login")]

    def __str__(self) -> str:
        return self.login


class AccountLogin(models.Model):
    """A login that an account was seen with."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_constraint=False, related_name="logins")
    login = models.TextField()
    first_seen_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "login"], name="login_of_account")]

    def __str__(self) -> str:
        return self.login
