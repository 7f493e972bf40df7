"""Settings of everything that talks to Slack."""

import os
import re

from dotenv import dotenv_values
from pydantic import Field, SecretStr

from core.conf import AppSettings, SourceUrl
from core.errors import ConfigurationError
from core.redaction import register_secret

_TEAM_ID = re.compile(r"[TE][A-Z0-9]{2,20}")
_REMEDY = "Slack shows them at api.slack.com/apps, and the team id in the address of the web client"


class SlackSettings(AppSettings):
    slack_api_base_url: SourceUrl = Field(default="https://slack.com/api", description="Slack's Web API.")
    slack_team_id: str = Field(default="", description="The workspace to collect, T...; for one alone.")
    slack_bot_token: SecretStr | None = Field(
        default=None, description="Bot token (xoxb-...) of an app in the workspace SLACK_TEAM_ID."
    )
    slack_team_ids: str = Field(
        default="",
        description="Comma list of workspaces to collect; SLACK_BOT_TOKEN_<id> is the bot token of each.",
    )
    slack_page_size: int = Field(
        default=999,
        ge=1,
        le=999,
        description="Messages that a call of history or replies asks for; 15 for apps that get no more.",
    )
    slack_history_calls_per_minute: int = Field(
        default=50,
        ge=1,
        description="Calls of history and of replies a minute and workspace; 1 for apps that get no more.",
    )
    slack_pace: float = Field(
        default=1.0,
        gt=0,
        description="Share of the published calls a minute to use, of every method; less leaves some over.",
    )

    @property
    def team_ids(self) -> list[str]:
        """The workspaces to collect. Raises ConfigurationError for what is none."""
        named = [team.strip() for team in self.slack_team_ids.split(",")] + [self.slack_team_id.strip()]
        ids = list(dict.fromkeys(team for team in named if team))
        for team in ids:
            if not _TEAM_ID.fullmatch(team):
                raise ConfigurationError(
                    f"SLACK_TEAM_IDS or SLACK_TEAM_ID: {team!r} is not the id of a workspace",
                    remedy="write T... as the web client's address shows it",
                )
        return ids

    def token_of(self, team_id: str) -> str:
        """The bot token of a workspace. Raises ConfigurationError naming the variable that lacks it."""
        own = _team_tokens().get(f"SLACK_BOT_TOKEN_{team_id}")
        if own:
            return own
        is_only = team_id == self.slack_team_id.strip()
        if is_only and self.slack_bot_token is not None and (one := self.slack_bot_token.get_secret_value()):
            return one
        name = "SLACK_BOT_TOKEN" if is_only else f"SLACK_BOT_TOKEN_{team_id}"
        raise ConfigurationError(
            f"{name} is not set: the bot token (xoxb-...) of workspace {team_id}", remedy=_REMEDY
        )


def _team_tokens() -> dict[str, str]:
    """The variables whose names hold a team id, as the other settings: environment first, then the file."""
    file = SlackSettings.model_config.get("env_file")
    said = dict(dotenv_values(str(file))) if file else {}
    found = {
        name.upper(): value
        for name, value in {**said, **os.environ}.items()
        if value and name.upper().startswith("SLACK_BOT_TOKEN_")
    }
    for token in found.values():
        register_secret(token)
    return found
