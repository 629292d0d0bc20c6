"""Frames of the Speak v1 protocol, to and from bytes."""
