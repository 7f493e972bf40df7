"""Settings of the mailing list tracker."""

from pydantic import Field, field_validator

from core.conf import AppSettings, SourceUrl


class MailingListSettings(AppSettings):
    mailing_list_base_url: SourceUrl = Field(
        default="https://lists.boost.org/archives",
        description="HyperKitty's archive root, with or without the /api below it.",
    )
    mailing_lists: str = Field(
        default="boost@lists.boost.org,boost-users@lists.boost.org,boost-announce@lists.boost.org",
        description="Comma list of the lists to collect, as name@host.",
    )
    mailing_list_page_size: int = Field(
        default=200, ge=10, le=2000, description="Messages per page of the listing; bigger ones are slow."
    )
    mailing_list_sweep_days: int = Field(
        default=30,
        ge=1,
        description="Days between two sweeps for mails removed, re-threaded or edited at the source.",
    )
    mailing_list_sweep_pages: int = Field(
        default=500, ge=1, description="Pages that one run spends on a sweep; the next run continues it."
    )
    mailing_list_max_message_mb: int = Field(
        default=32,
        ge=1,
        description="A bigger mail (MiB) goes to quarantine; one takes about five times its size in memory.",
    )

    @field_validator("mailing_list_base_url")
    @classmethod
    def _without_api(cls, url: str) -> str:
        """The API's own URL names the same archive."""
        return url.removesuffix("/api")

    @property
    def lists(self) -> list[str]:
        return [name.strip() for name in self.mailing_lists.split(",") if name.strip()]
