"""Carries a speech session's frames over a WebSocket."""
