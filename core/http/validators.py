"""Conditional requests: the validators of stored answers, in PostgreSQL."""

import hashlib

from core.http.answers import Answer
from core.models.http import HttpValidator
from core.open_pages import page_is_open


class StoredValidators:
    """Validators bound to the credential, because sources answer each one differently.

    `client.get(url, validators=StoredValidators())`, then `save(answer)` in the page that stores what
    the answer brought.
    """

    def headers_for(self, url: str, credential_id: str) -> dict[str, str]:
        """`If-None-Match` and `If-Modified-Since` for a URL; empty when nothing is stored."""
        row = HttpValidator.objects.filter(key=_key(url, credential_id)).first()
        if row is None:
            return {}
        headers = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified}
        return {name: value for name, value in headers.items() if value}

    def save(self, answer: Answer) -> None:
        """Remember the answer's validators. RuntimeError outside a page transaction.

        They commit with the page: a validator without its page would hide the page behind a 304 for ever.
        """
        if not page_is_open():
            raise RuntimeError("validators are saved in the transaction of the page they belong to")
        if answer.not_modified:
            return
        key = _key(answer.asked_url, answer.credential_id)
        found = {
            "etag": answer.headers.get("ETag", ""),
            "last_modified": answer.headers.get("Last-Modified", ""),
        }
        if any(found.values()):
            HttpValidator.objects.update_or_create(key=key, defaults=found)
        else:
            HttpValidator.objects.filter(key=key).delete()


def _key(url: str, credential_id: str) -> str:
    return hashlib.sha256(f"{credential_id} {url}".encode()).hexdigest()
