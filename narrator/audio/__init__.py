"""Samples in, finished recordings out."""
