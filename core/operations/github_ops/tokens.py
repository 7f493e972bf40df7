"""Chooses the tokens that serve each use, and knows which of them GitHub still accepts."""

from __future__ import annotations

import logging
from enum import StrEnum
from threading import RLock
from typing import TYPE_CHECKING, Protocol

from core.errors import AuthError, ConfigurationError
from core.http import Credential

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import SecretStr

    from core.operations.github_ops.conf import GithubSettings

logger = logging.getLogger(__name__)

_SHOWN = 8


class Use(StrEnum):
    """The purpose of a token."""

    SCRAPING = "scraping"
    PUSH = "push"
    CREATE_PR = "create_pr"
    WRITE = "write"


_PURPOSES = {
    Use.SCRAPING: "reading",
    Use.PUSH: "pushing",
    Use.CREATE_PR: "opening pull requests",
    Use.WRITE: "writing",
}


class TokenSource(Protocol):
    """The place that a token comes from."""

    def credential(self) -> Credential:
        """Return the token that is good now."""
        ...

    def renewed(self, credential_id: str) -> bool:
        """Tell whether a token that GitHub refused can be had anew."""
        ...


class FixedToken:
    """A token of the settings."""

    def __init__(self, token: str) -> None:
        self.token = Credential.from_token(token)

    def credential(self) -> Credential:
        return self.token

    def renewed(self, credential_id: str) -> bool:  # noqa: ARG002 - it is what it is
        return False


class TokenPool:
    """The tokens of one use that GitHub accepts; safe to share between threads."""

    def __init__(
        self,
        use: Use,
        sources: Sequence[TokenSource],
        identify: Callable[[Sequence[Credential], Callable[[str], None]], Mapping[str, str]],
    ) -> None:
        """`identify` finds out, once, what GitHub counts each token's calls by, and which it refuses."""
        self._use = use
        self._sources = list(sources)
        self._identify = identify
        self._accounts: Mapping[str, str] | None = None
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._sources)

    def credentials(self) -> list[Credential]:
        """Return what GitHub accepts as far as is known; asks for tokens that have to be fetched.

        AuthError when nothing is left: without a credential nothing is asked.
        """
        with self._lock:
            if not self._sources:
                raise self._none_left()
            current = [source.credential() for source in self._sources]
            if self._accounts is None:
                self._accounts = self._identify(current, self.reject)
                current = [source.credential() for source in self._sources]
            return [
                Credential(token.id, token.headers, token.account or self._accounts.get(token.id, ""))
                for token in current
            ]

    def reject(self, credential_id: str) -> None:
        """Go on without a token that GitHub refused. AuthError when it was the last one."""
        with self._lock:
            source = next((each for each in self._sources if each.credential().id == credential_id), None)
            if source is None or source.renewed(credential_id):
                return
            self._sources.remove(source)
            if self._sources:
                logger.warning(
                    "GitHub refuses a token for %s (SHA-256 %s...), expired or revoked; %d left",
                    _PURPOSES[self._use],
                    credential_id[:_SHOWN],
                    len(self._sources),
                )
                return
            raise self._none_left()

    def _none_left(self) -> AuthError:
        return AuthError(
            f"GitHub refuses the token for {_PURPOSES[self._use]}: it has expired, or was revoked",
            remedy=f"put a new one into {_variable(self._use)[0]}",
        )


def tokens_for(use: Use, settings: GithubSettings) -> list[str]:
    """The tokens that are set for a use. Raises ConfigurationError naming the variable when none is."""
    if use is Use.SCRAPING:
        chosen = _values(settings.github_tokens_scraping) or _values(settings.github_token)
    else:
        chosen = _values(settings.github_token_write) or _values(settings.github_token)
    if not chosen:
        variable, scope = _variable(use)
        raise ConfigurationError(
            f"{variable} is not set: a GitHub token for {_PURPOSES[use]}",
            remedy=f"make one with scope {scope} at https://github.com/settings/tokens; or set GITHUB_TOKEN",
        )
    return chosen


def app_is_chosen(use: Use, settings: GithubSettings) -> bool:
    """Tell whether a GitHub App's installation serves the use. ConfigurationError if only half set."""
    given = {
        "GITHUB_APP_ID": bool(settings.github_app_id),
        "GITHUB_APP_INSTALLATION_ID": bool(settings.github_app_installation_id),
        "GITHUB_APP_PRIVATE_KEY": bool(_values(settings.github_app_private_key)),
    }
    if use is not Use.SCRAPING or _values(settings.github_tokens_scraping) or not any(given.values()):
        return False
    missing = [name for name, is_given in given.items() if not is_given]
    if missing:
        raise ConfigurationError(
            f"{', '.join(missing)} not set, although other settings of a GitHub App are",
            remedy="see the App's page below https://github.com/settings/apps, or unset all three",
        )
    return True


def _variable(use: Use) -> tuple[str, str]:
    """Return the variable, and the scope that its token needs."""
    reads = use is Use.SCRAPING
    return ("GITHUB_TOKENS_SCRAPING", "public_repo") if reads else ("GITHUB_TOKEN_WRITE", "repo")


def _values(secret: SecretStr | None) -> list[str]:
    """Return the tokens of a comma list, each once."""
    text = secret.get_secret_value() if secret else ""
    return list(dict.fromkeys(token for part in text.split(",") if (token := part.strip())))
