"""Arithmetic on samples."""
