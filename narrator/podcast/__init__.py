"""A finished recording as a podcast: its feed, and the chapters of its episodes."""
