"""The workbook: all tables of a run with charts, for Excel."""
