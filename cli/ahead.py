"""What writing will need, loaded while the simulation runs: its compiled code leaves Python free meanwhile."""

from __future__ import annotations

import threading


def get_ready() -> threading.Thread:
    """Load libraries for tables and pictures, and start the engine of the pictures, beside what runs now."""
    thread = threading.Thread(target=_load, daemon=True)
    thread.start()
    return thread


def _load() -> None:
    import pyarrow.parquet
    import vl_convert

    import solidair.cli.report.build

    # The first picture waits for the engine to start, a third of a second.
    vl_convert.vega_to_svg({"$schema": "https://vega.github.io/schema/vega/v5.json", "width": 1, "height": 1})
    del pyarrow, solidair
