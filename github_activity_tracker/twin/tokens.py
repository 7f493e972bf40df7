"""Who asks: personal tokens, tokens of an App's installation, and how both come in a request."""

import re
from base64 import b64decode
from binascii import Error as BinasciiError
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from random import Random
from string import ascii_letters, digits

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from github_activity_tracker.twin.people import Node

_LENGTH = 36


@dataclass(slots=True)
class Token:
    """A credential. Tokens of one account share its limits; an installation has its own.

    can_write: may push and create. is_valid: False once it was revoked. ends: when it expires, by the
    twin's clock.
    """

    value: str
    account: Node
    can_write: bool = False
    is_valid: bool = True
    installation: int | None = None
    ends: datetime | None = None

    @property
    def budget(self) -> str:
        """Whose limits it uses up."""
        return (
            f"installation {self.installation}" if self.installation else f"user {self.account['databaseId']}"
        )


def token_value(rng: Random, prefix: str = "ghp_") -> str:
    return prefix + "".join(rng.choices(ascii_letters + digits, k=_LENGTH))


class Tokens:
    """All tokens that are or were good."""

    def __init__(self) -> None:
        self._known: dict[str, Token] = {}

    def add(self, token: Token) -> Token:
        self._known[token.value] = token
        return token

    def revoke(self, value: str) -> None:
        """From now on it is refused."""
        self._known[value].is_valid = False

    def find(self, headers: Mapping[str, str], now: datetime) -> Token | None:
        """The valid token in a request's Authorization header; None for a bad one. Ask `sent` first."""
        token = self._known.get(sent(headers) or "")
        expired = token is not None and token.ends is not None and token.ends <= now
        return token if token and token.is_valid and not expired else None


class App:
    """A GitHub App with one installation. The key is made when it is asked for."""

    client_id = "100001"
    installation = 7_000_001

    def __init__(self) -> None:
        self.issued = 0

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65_537, key_size=2048)

    @property
    def private_key(self) -> str:
        """As GitHub hands it out: PEM."""
        kind, none = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        return self._key.private_bytes(serialization.Encoding.PEM, kind, none).decode()

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        return self._key.public_key()


def sent(headers: Mapping[str, str]) -> str | None:
    """Find a request's token: `Bearer`, `token`, or the password of `Basic`."""
    match = re.fullmatch(r"(?i)(bearer|token|basic)\s+(\S+)", headers.get("authorization", "").strip())
    if match is None:
        return None
    if match[1].lower() != "basic":
        return match[2]
    try:
        user, _, password = b64decode(match[2], validate=True).decode().partition(":")
    except (BinasciiError, UnicodeDecodeError):
        return match[2]
    return password or user
