"""A finished recording as a podcast: its feed, and its chapters (pure)."""
