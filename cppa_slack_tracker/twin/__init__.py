"""A stand-in of Slack: the Web API as https://docs.slack.dev describes it, over the seeded world."""

from cppa_slack_tracker.twin.twins import SlackTeamsTwin, SlackTwin

__all__ = ["SlackTeamsTwin", "SlackTwin"]
