"""Feeds over HTTP."""

from collections.abc import Callable, Iterator
from typing import Any

from core.http import HttpClient
from core.http.validators import StoredValidators
from core.payloads import PayloadFields

Part = tuple[list[Any], Callable[[], None] | None]


def feed_parts(http: HttpClient, url: str, *, even_if_unchanged: bool = False) -> Iterator[Part]:
    """Yield a feed's entries in parts, the newest first; nothing when it has not changed since the last run.

    With the last part comes what remembers, in a page, that the feed was read as it was when it was asked
    for. Raises InvalidInput for an answer that is no JSON Feed.
    """
    validators = StoredValidators()
    answer = first = http.get(url, validators=None if even_if_unchanged else validators)
    seen = {url}
    while not answer.not_modified:
        feed = PayloadFields(answer.json(), item=url)
        entries = feed.as_list("items", feed.payload.get("items"))
        following = str(feed.payload.get("next_url") or "")
        if not following or following in seen:
            yield entries, lambda: validators.save(first)
            return
        yield entries, None
        seen.add(following)
        answer = http.get(following)
