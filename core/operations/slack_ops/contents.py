"""The content of files: from Slack's own hosts only, with the token, up to a size.

https://docs.slack.dev/reference/objects/file-object. Without a valid token, Slack answers with the page to
log in, and status 200.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.conf import LOOPBACK_HOSTS
from core.errors import InvalidInput, PermissionDenied
from core.http import Credential, HttpClient, safe_url

if TYPE_CHECKING:
    from collections.abc import Iterable

LOGIN_PAGE = "Slack answers with a web page in place of the file"
_HTML = ("text/html", "application/xhtml")


class SlackContents:
    """Fetches what `url_private` of a file points to."""

    def __init__(
        self, base_url: str, token: str, hosts: Iterable[str], *, max_bytes: int, **options: Any
    ) -> None:
        """`hosts` get the token, and so does the host of `base_url` where that is this machine."""
        base = urlsplit(base_url)
        self._roots = {host.lower(): f"https://{host}" for host in hosts}
        if base.hostname in LOOPBACK_HOSTS:
            self._roots[base.netloc.lower()] = f"{base.scheme}://{base.netloc}"
        self._credential = Credential.from_token(token)
        self._max_bytes = max_bytes
        self._options = options
        self._clients: dict[str, HttpClient] = {}

    def content(self, url: str, mime_type: str, size: int | None = None) -> bytes:
        """Return the whole file, of which Slack says that it has `size` bytes.

        Raises InvalidInput for a host that is not Slack's or a file that is too big, PermissionDenied
        (LOGIN_PAGE) for a page in place of the file.
        """
        with self._client(url).stream(url, max_body_bytes=self._max_bytes) as body:
            is_page = body.headers.get("Content-Type", "").startswith(_HTML)
            if is_page and not mime_type.startswith(_HTML):
                raise _wants_login()
            content = b"".join(body.iter_bytes())
        # A web page may be what was shared; the one to log in has another length.
        if is_page and size is not None and len(content) != size:
            raise _wants_login()
        return content

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _client(self, url: str) -> HttpClient:
        try:
            host = urlsplit(url).netloc.lower()
        except ValueError as error:
            raise InvalidInput(f"the file's address is no URL: {error}") from None
        root = self._roots.get(host)
        if root is None:
            raise InvalidInput(
                f"{safe_url(url)} is not on a host of Slack's",
                remedy="see SLACK_FILE_HOSTS for those that are",
            )
        if host not in self._clients:
            self._clients[host] = HttpClient(root, credential=self._credential, **self._options)
        return self._clients[host]


def _wants_login() -> PermissionDenied:
    return PermissionDenied(LOGIN_PAGE, remedy="the bot token needs the scope files:read")
