"""Regions as CSV: members, inhabitants, youth, each file with its source line."""
