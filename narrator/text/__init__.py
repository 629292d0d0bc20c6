"""A document in, spoken text out, each change recorded."""
