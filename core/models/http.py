from django.db import models


class HttpValidator(models.Model):
    """The validators of an answer that is stored, so that asking again can cost nothing."""

    key = models.CharField(max_length=64, primary_key=True)
    """SHA-256 over credential id and URL: a URL may hold a secret."""
    etag = models.TextField(default="")
    last_modified = models.TextField(default="")

    class Meta:
        db_table = "core_http_validator"

    def __str__(self) -> str:
        return self.key
