"""Twins of the ports: in memory, and held to the same contract as the adapters."""
