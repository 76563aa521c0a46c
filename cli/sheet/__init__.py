"""Fact sheets: one page per municipality, ready to print."""
