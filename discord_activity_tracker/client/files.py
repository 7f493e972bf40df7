"""What is in attachments: behind signed addresses, which expire within a day."""

from typing import Any
from urllib.parse import urlsplit

from core.conf import LOOPBACK_HOSTS
from core.errors import SourceError
from core.http import HttpClient

CDN = "https://cdn.discordapp.com"
PROXY = "media.discordapp.net"


class FileClient:
    """Fetches files from Discord's own hosts only; a stand-in on loopback has them itself."""

    def __init__(self, api_base_url: str, *, max_bytes: int, **options: Any) -> None:
        """`options` are those of HttpClient."""
        api = urlsplit(api_base_url)
        base = f"{api.scheme}://{api.netloc}" if api.hostname in LOOPBACK_HOSTS else CDN
        self._http = HttpClient(base, allowed_hosts=[PROXY], max_body_bytes=max_bytes, **options)

    def content(self, url: str, size: int) -> bytes:
        """A file, by its address as a message told it just now.

        Raises NotFound when it is gone or the address has expired, SourceError for what is not that file.
        """
        body = self._http.get(url).body
        if len(body) != size:
            raise SourceError(f"a file of {len(body)} bytes, where Discord told of {size}")
        return body

    def close(self) -> None:
        self._http.close()
