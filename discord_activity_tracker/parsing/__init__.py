"""Raw payloads of Discord's API, and of DiscordChatExporter's files, to records. Pure functions."""
