"""The only place that writes the tables of Slack; idempotent."""
