"""A GitHub App as a source of tokens.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import datetime as dt
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from core.errors import AuthError, ConfigurationError, NotFound, SourceError
from core.http import Credential
from core.redaction import register_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.http import HttpClient

# GitHub takes no signature for more than 10 minutes, and none from a clock ahead of its own.
_SIGNED_FOR = 540
_CLOCK_SKEW = 60
# A token is renewed when a tenth of its life is left, so that none ends under way.
_USED_PART = 0.9
# How long a token is used, in seconds, whose end has passed already by this machine's clock.
_UNKNOWN_LIFE = 60.0
# A token that is refused within this time, in seconds, or half its life, has not expired.
_YOUNG = 60.0


class AppInstallation:
    """Tokens of one installation, fetched when they are needed and renewed before they expire."""

    def __init__(
        self,
        app_id: str,
        installation_id: str,
        private_key: str,
        client: Callable[[Credential], HttpClient],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`private_key` is PEM text or the path of its file; `client` asks GitHub with a credential."""
        self._app_id = app_id
        self._installation_id = installation_id
        self._private_key = private_key
        self._client = client
        self._clock = clock
        self._token: Credential | None = None
        self._fetched_at = 0.0
        self._life = 0.0
        self._refused_young = False

    def credential(self) -> Credential:
        """Return the token that is good now.

        Raises ConfigurationError when the key or the installation cannot be used, AuthError when GitHub
        does not accept the signature.
        """
        if self._token is None or self._age() >= _USED_PART * self._life:
            self._token = self._fetched()
        return self._token

    def renewed(self, credential_id: str) -> bool:
        """Forget a token that was refused; False when that did not help the last time."""
        if self._token is not None and self._token.id == credential_id:
            young = self._age() < min(_YOUNG, self._life / 2)
            if young and self._refused_young:
                return False
            self._token, self._refused_young = None, young
        return True

    def _fetched(self) -> Credential:
        path = f"app/installations/{quote(self._installation_id, safe='')}/access_tokens"
        http = self._client(Credential.from_token(self._signed()))
        try:
            said: Any = http.post(path, {}, accept={HTTPStatus.CREATED}, repeatable=True).json()
        except AuthError as error:
            raise AuthError(
                f"GitHub does not accept the App's signature: {error.message}",
                remedy="check GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY",
            ) from error
        except NotFound as error:
            raise ConfigurationError(
                f"GitHub knows no installation {self._installation_id} of App {self._app_id}",
                remedy="check GITHUB_APP_INSTALLATION_ID",
            ) from error
        finally:
            http.close()
        fields = cast("dict[str, Any]", said if isinstance(said, dict) else {})
        token, expires_at = fields.get("token"), fields.get("expires_at")
        if not isinstance(token, str) or not isinstance(expires_at, str):
            raise SourceError("GitHub's answer about an installation's token holds none")
        self._fetched_at = self._clock()
        self._life = self._left(expires_at)
        found = Credential.from_token(token)
        return Credential(found.id, found.headers, account=f"installation {self._installation_id}"[:64])

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _left(self, expires_at: str) -> float:
        try:
            left = dt.datetime.fromisoformat(expires_at).timestamp() - self._fetched_at
        except ValueError:
            left = 0.0
        return left if left > 0 else _UNKNOWN_LIFE

    def _signed(self) -> str:
        """Return the App's own token. https://docs.github.com/en/apps/...generating-a-json-web-token"""
        import jwt  # noqa: PLC0415 - it and its cryptography load slowly, and only Apps need them

        now = int(self._clock())
        claims = {"iat": now - _CLOCK_SKEW, "exp": now + _SIGNED_FOR - _CLOCK_SKEW, "iss": self._app_id}
        try:
            return jwt.encode(claims, self._key(), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise ConfigurationError(
                f"GITHUB_APP_PRIVATE_KEY is not an RSA key in PEM form ({type(error).__name__})",
                remedy="make one on the App's page and give its text or the path of its file",
            ) from None

    def _key(self) -> str:
        if "PRIVATE KEY" in self._private_key:
            # In .env a line break is often written so.
            key = self._private_key.replace("\\n", "\n")
        else:
            try:
                key = Path(self._private_key).expanduser().read_text()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(
                    f"GITHUB_APP_PRIVATE_KEY names a file that cannot be read ({type(error).__name__})"
                ) from None
        register_secret(key)
        return key
