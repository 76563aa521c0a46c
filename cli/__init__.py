"""The door: commands, progress, reports. Knows no mathematics."""
