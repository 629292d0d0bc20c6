"""A Speak v1 server of our own, with Deepgram's limits and an offline voice."""
