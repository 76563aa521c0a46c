"""Data only: regions, cost assumptions, agreements and studies, each with its source."""
