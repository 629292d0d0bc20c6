"""Bytes in, a document out: one format a module, chosen by content."""
