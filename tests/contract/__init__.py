"""One suite a port: the adapters and the twins in memory pass the same facts."""
