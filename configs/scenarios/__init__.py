"""Stress scenarios that come with solidair: TOML, each with its source."""
