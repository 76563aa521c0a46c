"""Readers, one per outside format: a path in, a checked table out."""
