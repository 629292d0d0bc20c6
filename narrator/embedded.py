"""The one-machine fleet: servers and workers as child processes."""
