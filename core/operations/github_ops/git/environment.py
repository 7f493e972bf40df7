"""The environment of a git process: nothing of the user's, and secrets only here."""

import base64
import os
import re

from core.http.credentials import Credential
from core.http.urls import Origin
from core.programs import program_environment
from core.redaction import register_secret

# git's own variables and everything with a token stay outside.
_KEPT = (
    "GIT_EXEC_PATH",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "CURL_CA_BUNDLE",
    *(
        name
        for lower in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
        for name in (lower, lower.upper())
    ),
)
_ALWAYS = {
    # Messages are classified by their English words.
    "LC_ALL": "C",
    "TZ": "UTC",
    # No ~/.netrc, no ~/.gitconfig, no /etc/gitconfig, no hooks: the same everywhere.
    "HOME": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    # Newer git has other defaults, under which stale locks have other names.
    "GIT_DEFAULT_REF_FORMAT": "files",
}
# A blobless mirror would fetch what it lacks one by one. Older git does not know GIT_NO_LAZY_FETCH.
_OFFLINE = {"GIT_ALLOW_PROTOCOL": "none"}
_ONLINE = {
    "GIT_ALLOW_PROTOCOL": "https:http:file",
    # Requests are counted in the trace, which hides credentials (GIT_TRACE_REDACT is on by default).
    "GIT_TRACE_CURL": "1",
    "GIT_TRACE_CURL_NO_DATA": "1",
    "GIT_TRACE_REDACT": "1",
}
_HOST = re.compile(r"https?://[^/]+/")
# A transfer that brings less than a byte a second for a minute is dead; servers send keep-alives.
_NETWORK_SETTINGS = {
    # Other hosts must not see the credential; redirects within the host are followed by us.
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
    "transfer.unpackLimit": "1",
    # HEAD is ours to set, see Mirror.fetch.
    "remote.origin.followRemoteHEAD": "never",
}


def git_credential(token: str) -> Credential:
    """A GitHub token as git over HTTPS takes it; the token and its encoded form are redacted from now on."""
    encoded = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    register_secret(encoded)
    id_ = Credential.from_token(token).id
    return Credential(id_, {"Authorization": f"Basic {encoded}"})


def offline_environment() -> dict[str, str]:
    """Return the environment of commands that only look at what is on the disk."""
    return _kept() | _ALWAYS | _OFFLINE


def online_environment(
    url: str, credential: Credential | None, *, moved_to: str | None = None
) -> dict[str, str]:
    """Return the environment to talk to `url` or `moved_to`. Only their host sees the credential."""
    pairs = list(_NETWORK_SETTINGS.items())
    host = _HOST.match(url)
    if credential and host:
        for name, value in credential.headers.items():
            pairs.append((f"http.{host[0]}.extraHeader", f"{name}: {value}"))
    if host and Origin(url).is_loopback:
        # A proxy of the environment cannot reach this machine's loopback.
        pairs.append((f"http.{host[0]}.proxy", ""))
    if moved_to:
        pairs.append((f"url.{moved_to}.insteadOf", url))
    return _kept() | _ALWAYS | _ONLINE | _as_variables(pairs)


def _kept() -> dict[str, str]:
    return program_environment(*_KEPT)


def _as_variables(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Settings as git reads them from the environment, where neither `ps` nor a file shows them."""
    variables = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (name, value) in enumerate(pairs):
        variables[f"GIT_CONFIG_KEY_{number}"] = name
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables
