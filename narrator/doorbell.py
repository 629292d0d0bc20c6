"""Rings the workers by task name, after commit."""
