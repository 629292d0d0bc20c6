"""Ground: the values and rules of narration. Standard library only; no clock, no dice, no I/O."""
