"""A local stand-in of a JSON feed: the newest entries, in parts. https://www.jsonfeed.org/version/1.1/"""

import hashlib
import json
from random import Random
from typing import Any, ClassVar

from core.twins import Twin, TwinRequest, TwinResponse, as_json

SHOWN = 60  # entries that the feed has, of all that there ever were
PER_PART = 25


class FeedTwin(Twin):
    """A feed of `size` entries, an hour apart; between runs one is added, one edited, one removed."""

    name: ClassVar[str] = "feed"
    nonsense = ({"authors": "nobody"},)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.entries = [self._entry(number) for number in range(self.size)]
        self.gone: list[dict[str, Any]] = []
        self._rng = Random(0)  # noqa: S311 - the same world each time
        self.url = ""

    def answer(self, request: TwinRequest) -> TwinResponse:
        begin = int(request.query.get("from", 0))
        shown = self.entries[::-1][:SHOWN]
        feed: dict[str, Any] = {"version": "https://jsonfeed.org/version/1.1", "title": "News"}
        feed["items"] = shown[begin : begin + PER_PART]
        if begin + PER_PART < len(shown):
            feed["next_url"] = f"{request.origin}/feed.json?from={begin + PER_PART}"
        etag = {"ETag": f'"{self._state()}"'}
        if request.headers.get("if-none-match") == etag["ETag"]:
            return TwinResponse(304, b"", etag)
        return as_json(feed, headers=etag)

    def environment(self, base_url: str) -> dict[str, str]:
        self.url = f"{base_url}/feed.json"
        return {"FEED_URLS": self.url}

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        rows = [(entry, False) for entry in self.entries] + [(entry, True) for entry in self.gone]
        return {
            "feed_tracker.Entry": [
                {
                    "feed": self.url,
                    "entry_id": str(entry["id"]),
                    "title": entry["title"],
                    "text": entry["content_text"],
                    "author": entry["authors"][0]["name"],
                    "removed": is_gone,
                }
                for entry, is_gone in rows
            ]
        }

    def change(self) -> None:
        self.gone.append(self.entries.pop(-self._rng.randint(2, 20)))
        self.entries[-1]["title"] += ", edited"
        self.entries.append(self._entry(len(self.entries) + len(self.gone)))

    def spoilable(self, request: TwinRequest, data: Any) -> list[dict[str, Any]]:  # noqa: ARG002 - it has one
        return data["items"]

    def _state(self) -> str:
        return hashlib.sha256(json.dumps(self.entries).encode()).hexdigest()

    def _entry(self, number: int) -> dict[str, Any]:
        person = self.world.people[number % len(self.world.people)]
        return {
            "id": number,
            "url": f"https://news.example/{number}",
            "title": f"News {number}",
            "content_text": f"What is new in {number}.",
            "authors": [{"name": person.name}],
            "date_published": f"2024-01-{1 + number // 24 % 28:02}T{number % 24:02}:00:00Z",
        }
