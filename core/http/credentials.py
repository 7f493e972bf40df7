"""A credential as the shared tables know it: by a fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.redaction import register_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Credential:
    """Headers that authorise a request, and an id that may be stored and shown.

    `account` is what the source counts calls by, where that is not the credential itself.
    """

    id: str
    headers: Mapping[str, str] = field(repr=False)
    account: str = ""

    @classmethod
    def from_token(cls, token: str, *, header: str = "Authorization", prefix: str = "Bearer ") -> Credential:
        """The credential of a token; its id is the SHA-256 of the token, which is redacted from now on."""
        register_secret(token)
        return cls(hashlib.sha256(token.encode()).hexdigest(), {header: prefix + token})

    @property
    def counted_as(self) -> str:
        """Return the account that its calls are counted by."""
        return self.account or self.id
