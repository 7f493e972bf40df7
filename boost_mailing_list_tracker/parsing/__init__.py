"""Raw payloads of a mailing list archive to frozen records: pure functions, no Django, no network."""
