"""Sharing agreements as TOML, each with its source."""
