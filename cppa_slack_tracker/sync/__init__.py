"""Where fetching, parsing and saving of a workspace meet: its people, channels, messages, the archive."""
