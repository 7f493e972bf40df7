"""Settings of the feed tracker."""

from pydantic import Field

from core.conf import AppSettings


class FeedSettings(AppSettings):
    feed_urls: str = Field(default="", description="Comma list of the JSON feeds to collect.")

    @property
    def feeds(self) -> list[str]:
        return [url.strip() for url in self.feed_urls.split(",") if url.strip()]
