"""The only place that writes the GitHub tables. Everything here is idempotent."""
