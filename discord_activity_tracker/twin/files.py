"""The CDN: attachments behind addresses that are signed and expire.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
"""

import hmac
import re
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from core.twins import TwinClock, TwinRequest, TwinResponse
from discord_activity_tracker.twin import contents

Payload = dict[str, Any]
DAY = 24 * 3600
GONE = b"This content is no longer available."
_PATH = re.compile(r"/attachments/(?P<channel>\d+)/(?P<id>\d+)/(?P<name>[^/]+)")


class Cdn:
    """Signs addresses, and serves what is behind them as long as they are good."""

    def __init__(self, clock: TwinClock, key: str) -> None:
        self._clock = clock
        self._key = key.encode()
        self._sizes: dict[tuple[str, str], tuple[int, str]] = {}

    def signed(self, told: Payload, channel: int, origin: str) -> Payload:
        """A message whose attachments have addresses, wherever in it they are."""
        told = dict(told)
        channel = int(told.get("channel_id", channel))
        told["attachments"] = [self._with_address(each, channel, origin) for each in told["attachments"]]
        if told.get("referenced_message"):
            told["referenced_message"] = self.signed(told["referenced_message"], channel, origin)
        if "message_snapshots" in told:
            told["message_snapshots"] = [
                {"message": self.signed(each["message"], channel, origin)}
                for each in told["message_snapshots"]
            ]
        return told

    def _with_address(self, attachment: Payload, channel: int, origin: str) -> Payload:
        path = f"/attachments/{channel}/{attachment['id']}/{quote(attachment['filename'])}"
        kept = (attachment["size"], attachment.get("content_type", "application/octet-stream"))
        self._sizes[str(channel), attachment["id"]] = kept
        now = int(self._clock.now().timestamp())
        query = f"ex={now + DAY:x}&is={now:x}&hm={self._mark(path, now + DAY)}&"
        return attachment | {
            "url": f"{origin}{path}?{query}",
            "proxy_url": f"{origin}/proxy{path}?{query}",
        }

    def respond(self, request: TwinRequest, path: str) -> TwinResponse | None:
        """None for an address that is none of the CDN's. path: as sent, without the query."""
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        found = self._sizes.get((match["channel"], match["id"]))
        if found is None or not self._is_good(request, path):
            return TwinResponse(404, GONE, {"Content-Type": "text/plain"})
        size, content_type = found
        body = contents.content_of(match["id"], size)
        return TwinResponse(200, body, {"Content-Type": content_type})

    def _is_good(self, request: TwinRequest, path: str) -> bool:
        try:
            expires = int(request.query.get("ex", ""), 16)
        except ValueError:
            return False
        told = request.query.get("hm", "")
        return (
            hmac.compare_digest(told, self._mark(path, expires)) and expires > self._clock.now().timestamp()
        )

    def _mark(self, path: str, expires: int) -> str:
        return hmac.new(self._key, f"{path}:{expires}".encode(), sha256).hexdigest()
