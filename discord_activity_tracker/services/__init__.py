"""The only place that writes Discord's tables. Everything here is idempotent."""
