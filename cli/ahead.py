"""What writing will need, got ready while the simulation runs: its compiled code leaves Python free meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solidair.pool.blocks import Engine
    from solidair.pool.results import Results


class Ready(threading.Thread):
    """Loads libraries for tables and pictures, then computes what of a run is known without simulation.

    Parameters
    ----------
    engine
        The run; None to load only.
    """

    def __init__(self, engine: Engine | None = None) -> None:
        super().__init__(daemon=True)
        self._engine = engine
        self._results: dict[str, object] = {}
        self.start()

    def run(self) -> None:
        """Do the work."""
        _load()
        if (engine := self._engine) is not None:
            from solidair.pool.second_moments import squares_of_years

            known = engine.study, engine.measures, engine.exact_mean, engine.exact_variance
            self._results["exact_squares"] = squares_of_years(*known)

    def given(self, results: Results) -> Results:
        """Wait until all is ready, and return the results with what was computed for them."""
        self.join()
        return replace(results, **self._results)  # type: ignore[arg-type]


def _load() -> None:
    import pyarrow.parquet
    import vl_convert

    import solidair.cli.report.build

    # The first picture waits for the engine to start, a third of a second.
    vl_convert.vega_to_svg({"$schema": "https://vega.github.io/schema/vega/v5.json", "width": 1, "height": 1})
    del pyarrow, solidair
