"""The `narrator` command: one thin function a verb."""

from narrator.cli.app import main

__all__ = ["main"]
