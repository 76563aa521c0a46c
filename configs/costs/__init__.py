"""Cost models as TOML: every number with unit, year, source and grade."""
