"""The verbs, speaking only to ports."""
