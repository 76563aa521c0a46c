"""The engine: random streams, kernels, agreements, ledger, metrics, studies. Knows no screen.

>>> from solidair.pool import Study, simulate
>>> study = Study.load("haaglanden")
>>> results = simulate(study, sims=1_000, seed=1)
>>> len(results.table("stability")) == len(study.agreements) * len(study.region.members)
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solidair.pool.results import Results
    from solidair.pool.run import simulate
    from solidair.pool.study import Study

__all__ = ["Results", "Study", "simulate"]

_HOMES = {"Results": "results", "Study": "study", "simulate": "run"}


def __getattr__(name: str) -> Any:
    """Load on first use, so that importing one part does not load pandas and numba."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
