"""Cues as files that players and reading systems know."""
