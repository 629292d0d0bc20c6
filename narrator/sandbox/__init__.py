"""Runs the reader in a child process with limits."""
