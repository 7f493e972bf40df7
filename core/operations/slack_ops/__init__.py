"""The Slack client."""
