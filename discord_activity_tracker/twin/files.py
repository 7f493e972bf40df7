"""The CDN: attachments behind addresses that are signed and expire.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
"""

import hmac
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from core.twins import ANY, Arguments, Routes, TwinClock, TwinRequest, TwinResponse, as_text
from discord_activity_tracker.twin import contents

Payload = dict[str, Any]
DAY = 24 * 3600
GONE = "This content is no longer available."
_ROUTES = Routes([(ANY, "/attachments/{channel:int}/{id:int}/{name}", None)])


class Cdn:
    """Signs addresses, and serves what is behind them as long as they are good."""

    def __init__(self, clock: TwinClock, key: str) -> None:
        self._clock = clock
        self._key = key.encode()
        self._sizes: dict[tuple[int, int], tuple[int, str]] = {}

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
        self._sizes[channel, int(attachment["id"])] = kept
        now = int(self._clock.now().timestamp())
        query = f"ex={now + DAY:x}&is={now:x}&hm={self._mark(path, now + DAY)}&"
        return attachment | {
            "url": f"{origin}{path}?{query}",
            "proxy_url": f"{origin}/proxy{path}?{query}",
        }

    def respond(self, request: TwinRequest) -> TwinResponse | None:
        """Serve an attachment; None for an address that is none of the CDN's."""
        found = _ROUTES.find(request.method, request.path)
        if found is None:
            return None
        parts = found[1]
        size, content_type = self._sizes.get((parts["channel"], parts["id"]), (None, ""))
        if size is None or not self._is_good(request):
            return as_text(GONE, 404, "text/plain")
        return TwinResponse(200, contents.content_of(parts["id"], size), {"Content-Type": content_type})

    def _is_good(self, request: TwinRequest) -> bool:
        args = Arguments(request.query)
        expires = args.read("ex", lambda text: int(text, 16), 0)
        is_ours = hmac.compare_digest(args.get("hm", ""), self._mark(request.path, expires))
        return is_ours and expires > self._clock.now().timestamp()

    def _mark(self, path: str, expires: int) -> str:
        return hmac.new(self._key, f"{path}:{expires}".encode(), sha256).hexdigest()
