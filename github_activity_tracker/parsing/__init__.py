"""GraphQL payloads to records; pure functions, each of which raises InvalidInput naming the field."""
