"""Fetching, parsing and saving in one: what the collectors are made of."""
