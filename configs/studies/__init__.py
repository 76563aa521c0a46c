"""Studies as TOML: a region, a cost model, agreements and run settings."""
