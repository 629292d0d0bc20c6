"""The verbs of narration, speaking only to ports."""
