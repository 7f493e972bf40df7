"""Settings of everything that talks to GitHub."""

from pydantic import Field, SecretStr

from core.conf import AppSettings, SourceUrl


class GithubSettings(AppSettings):
    github_api_base_url: SourceUrl = Field(
        default="https://api.github.com", description="GitHub's REST API; Enterprise: https://host/api/v3."
    )
    github_graphql_url: SourceUrl = Field(
        default="https://api.github.com/graphql",
        description="GitHub's GraphQL API; Enterprise: https://host/api/graphql.",
    )
    github_git_base_url: SourceUrl = Field(
        default="https://github.com", description="Where repositories are cloned from."
    )
    github_points_per_minute: int = Field(
        default=2000,
        ge=1,
        description="GraphQL points a minute and user: the published 2,000, or an Enterprise server's own.",
    )
    github_tokens_scraping: SecretStr | None = Field(
        default=None,
        description="Comma list of tokens for reading, e.g. of several users; public_repo is enough.",
    )
    github_token: SecretStr | None = Field(
        default=None, description="One token for reading, and for what has no token of its own."
    )
    github_token_write: SecretStr | None = Field(
        default=None, description="Token with write access to the repositories that are published to."
    )
    github_app_id: str = Field(default="", description="GitHub App for reading: its id or client id.")
    github_app_installation_id: str = Field(default="", description="Installation of that App.")
    github_app_private_key: SecretStr | None = Field(
        default=None, description="Private key of that App: PEM text, or the path of its file."
    )
