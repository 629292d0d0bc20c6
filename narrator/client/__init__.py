"""The Python client for the HTTP API."""
