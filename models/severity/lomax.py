"""Lomax (Pareto type II) cost."""

from __future__ import annotations

from dataclasses import dataclass

from solidair.models.severity.base import register
from solidair.models.severity.gpd import ParetoForm
from solidair.models.severity.numeric import check_above


@register("lomax")
@dataclass(frozen=True)
class Lomax(ParetoForm):
    """Lomax law with sf(x) = (theta / (x + theta))^alpha.

    Parameters
    ----------
    alpha
        Tail index, above 0; the k-th moment is finite for k < alpha.
    theta
        Scale, above 0, euro. Inflation scales theta, so a layer at a fixed attachment grows faster than
        inflation.

    Notes
    -----
    The generalised Pareto law with xi = 1 / alpha and beta = theta / alpha (Klugman, Panjer & Willmot, Loss
    Models, 4th ed., appendix A).
    """

    alpha: float
    theta: float

    def __post_init__(self) -> None:
        check_above("Lomax", "alpha", self.alpha)
        check_above("Lomax", "theta", self.theta)

    @property
    def _tail(self) -> tuple[float, float]:
        return 1.0 / self.alpha, self.theta / self.alpha
