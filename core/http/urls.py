"""Checks which URLs a client may ask, and which of them may see its credential."""

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlencode, urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from core.errors import ConfigurationError, SourceError
from core.redaction import redact

_ABSOLUTE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
# Where URL parsers disagree about the host, an allow-list can be talked around.
_AMBIGUOUS = re.compile(r"[\\\s\x00-\x1f\x7f]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin:
    """The source that a client talks to: its base URL and the other hosts it may be sent to."""

    def __init__(self, base_url: str, allowed_hosts: Iterable[str] = ()) -> None:
        """`allowed_hosts` are `host` or `host:port`; they never get the credential."""
        try:
            base = _parsed(base_url)
        except SourceError as error:
            raise ConfigurationError(f"not a usable base URL: {error}") from None
        if base.scheme != "https" and not _is_loopback(base):
            raise ConfigurationError(
                f"base URL {safe_url(base_url)} is not https",
                remedy="use https; http is for a loopback address only",
            )
        self._base = base
        self._allowed = {_authority(base), *(host.lower() for host in allowed_hosts)}
        self.is_loopback = _is_loopback(base)
        self.name = _authority(base)

    def resolve(self, path_or_url: str, params: Mapping[str, object] | None = None) -> str:
        """Return an absolute URL of the source from a path below the base URL or from a link of the source.

        A link that says http:// where the base says https:// is meant for the base: applications
        behind a TLS proxy write such links.
        """
        if _ABSOLUTE.match(path_or_url):
            url = _parsed(_joined(self._base.url, path_or_url))
            if url.scheme == "http" and self._base.scheme == "https" and not _is_loopback(url):
                port = None if url.port == _DEFAULT_PORTS["http"] else url.port
                url = url._replace(scheme="https", port=port)
            self._require_allowed(url, "a link")
        else:
            url = _parsed(f"{self._base.url.rstrip('/')}/{path_or_url.lstrip('/')}")
        if not params:
            return url.url
        query = urlencode(params, doseq=True)
        return url._replace(query=f"{url.query}&{query}" if url.query else query).url

    def redirected(self, current: str, location: str) -> str:
        """Return where a redirect leads, when it stays on allowed hosts and does not leave TLS."""
        url = _parsed(_joined(current, location))
        self._require_allowed(url, "a redirect")
        if current.startswith("https:") and url.scheme == "http" and not _is_loopback(url):
            raise SourceError(f"{safe_url(current)} redirects from https to http: {safe_url(url.url)}")
        return url.url

    def owns(self, url: str) -> bool:
        """Tell whether the credential may go there: the base URL's own host and port, over TLS like it."""
        target = _parsed(url)
        same_host = _authority(target) == _authority(self._base)
        return same_host and (target.scheme == "https" or _is_loopback(target))

    def _require_allowed(self, url: Url, what: str) -> None:
        if _authority(url) not in self._allowed:
            raise SourceError(
                f"{safe_url(self._base.url)} sent {what} to another host: {safe_url(url.url)}",
                remedy="if the source has moved, change its base URL",
            )


def safe_url(url: str) -> str:
    """Return the URL as it may be shown: without userinfo, and redacted."""
    try:
        return redact(parse_url(url)._replace(auth=None, fragment=None).url)
    except LocationParseError:
        return "(a malformed URL)"


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        raise SourceError(f"{safe_url(base)} sent a link that cannot be parsed") from None


def _parsed(url: str) -> Url:
    if _AMBIGUOUS.search(url):
        raise SourceError(f"URL with a backslash, space or control character: {safe_url(url)!r}")
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise SourceError("a URL that cannot be parsed") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.host:
        raise SourceError(f"not an http or https URL: {safe_url(url)}")
    if parts.auth:
        raise SourceError(
            f"URL with a user name or password in it: {safe_url(url)}",
            remedy="credentials go into their own settings, never into a URL",
        )
    return parts._replace(fragment=None)


def _authority(url: Url) -> str:
    host = (url.host or "").rstrip(".")
    return host if url.port in (None, _DEFAULT_PORTS[url.scheme or "https"]) else f"{host}:{url.port}"


def _is_loopback(url: Url) -> bool:
    host = (url.host or "").strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
