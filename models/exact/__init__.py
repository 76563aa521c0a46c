"""What can be computed exactly, beside what is simulated: moments of measures, laws of sums, conditional means."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solidair.models.exact.closed import two_exponentials, two_gammas
    from solidair.models.exact.depril import Cell, individual_pmf
    from solidair.models.exact.euler import TailAllocation, empirical_co_tvar, exact_co_tvar
    from solidair.models.exact.grid import lattices_for
    from solidair.models.exact.jump import JumpTail, single_big_jump
    from solidair.models.exact.lattice import discretise, step_for, tilt_for
    from solidair.models.exact.law import BeyondGridError, LatticeLaw
    from solidair.models.exact.layers import (
        Aggregate,
        Band,
        CaseMoments,
        ExcessPool,
        aggregate_moments,
        band_moments,
        excess_pool,
        split_moments,
    )
    from solidair.models.exact.moments import COARSE, FINE, measure_moments, product_nodes
    from solidair.models.exact.portfolio import Parts, Portfolio
    from solidair.models.exact.recursion import panjer, panjer_ab1
    from solidair.models.exact.reserve import Depletion, depletion
    from solidair.models.exact.sharing import (
        Sharing,
        Stretch,
        share_by_conditional_mean,
        share_independent,
        tail_shares,
    )
    from solidair.models.exact.transform import compound, compound_pmf

__all__ = [
    "COARSE",
    "FINE",
    "Aggregate",
    "Band",
    "BeyondGridError",
    "CaseMoments",
    "Cell",
    "Depletion",
    "ExcessPool",
    "JumpTail",
    "LatticeLaw",
    "Parts",
    "Portfolio",
    "Sharing",
    "Stretch",
    "TailAllocation",
    "aggregate_moments",
    "band_moments",
    "compound",
    "compound_pmf",
    "depletion",
    "discretise",
    "empirical_co_tvar",
    "exact_co_tvar",
    "excess_pool",
    "individual_pmf",
    "lattices_for",
    "measure_moments",
    "panjer",
    "panjer_ab1",
    "product_nodes",
    "share_by_conditional_mean",
    "share_independent",
    "single_big_jump",
    "split_moments",
    "step_for",
    "tail_shares",
    "tilt_for",
    "two_exponentials",
    "two_gammas",
]

_HOMES = {
    "closed": ("two_exponentials", "two_gammas"),
    "transform": ("compound", "compound_pmf"),
    "depril": ("Cell", "individual_pmf"),
    "euler": ("TailAllocation", "empirical_co_tvar", "exact_co_tvar"),
    "grid": ("lattices_for",),
    "jump": ("JumpTail", "single_big_jump"),
    "lattice": ("discretise", "step_for", "tilt_for"),
    "law": ("BeyondGridError", "LatticeLaw"),
    "layers": (
        "Aggregate",
        "Band",
        "CaseMoments",
        "ExcessPool",
        "aggregate_moments",
        "band_moments",
        "excess_pool",
        "split_moments",
    ),
    "moments": ("COARSE", "FINE", "measure_moments", "product_nodes"),
    "recursion": ("panjer", "panjer_ab1"),
    "reserve": ("Depletion", "depletion"),
    "portfolio": ("Parts", "Portfolio"),
    "sharing": ("Sharing", "Stretch", "share_by_conditional_mean", "share_independent", "tail_shares"),
}


def __getattr__(name: str) -> Any:
    """Load on first use: a run needs moments only, and scipy.integrate takes 0.3 s to load."""
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
