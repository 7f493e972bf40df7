"""Slack's payloads as records and as leaves of the archive; pure functions."""
