"""The yearly statement of a real year, to the cent: rounding, transfers, small cells, corrections.

Pure building blocks: arrays in, results out, no file is opened. They do not depend on the order of members.
"""
