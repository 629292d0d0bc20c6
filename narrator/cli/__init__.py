"""The `narrator` command: one thin function a verb."""
