"""The speech session as a machine without socket, clock or thread."""
