"""Texts of screen and report, in Dutch and English."""
