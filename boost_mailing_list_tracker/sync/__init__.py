"""Where fetching, parsing and saving of a list meet: the listing, the bodies, completeness, the archive."""
