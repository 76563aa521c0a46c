"""Forecast within a year: what is expected of its end, given what its first months have cost."""
