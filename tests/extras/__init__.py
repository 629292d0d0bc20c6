"""Checks by programs that are not ours, and too large to be asked of everybody."""
