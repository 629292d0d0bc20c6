"""Joins takes into chapters with pydub."""
