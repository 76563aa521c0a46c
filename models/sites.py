"""Shock sites: every law of shocks in a cost model, with whom it strikes and how long it lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.shocks import LognormalShock, NoShock, Shock

FloatArray = npt.NDArray[np.float64]

Target = Literal["volume", "price", "stay"]
Level = Literal["national", "regional", "local", "parameter"]


@dataclass(frozen=True)
class ShockSite:
    """One law of mean-one shocks.

    Parameters
    ----------
    target
        What it multiplies: the number of clients, the price, or the length of stays.
    level
        Who has it in common: the country, a region, nobody, or ('parameter') the country for a whole path, because
        it stands for a parameter that nobody knows exactly.
    care_type
        Position of the care type; None for all together.
    shock
        The law.
    persistence
        Correlation of the normal scores of two years in a row; 1 is one draw for a whole path.
    scored
        Whether a factor copula links it to the same site of other members and care types.
    """

    target: Target
    level: Level
    care_type: int | None
    shock: Shock
    persistence: float = 0.0
    scored: bool = False

    def touches(self, care_type: int) -> bool:
        """Return whether a care type is struck."""
        return self.care_type is None or self.care_type == care_type

    def product_moment(self, years_apart: int) -> float:
        """Return E[Z Z'] of the shocks of two years, 0 years apart for E[Z^2]."""
        return product_moment(self.shock, self.shock, self.persistence**years_apart)


@cache
def product_moment(one: Shock, other: Shock, correlation: float) -> float:
    r"""Return E[Z Z'] of two shocks whose normal scores have a correlation in [0, 1].

    Closed forms where there are: :math:`e^{\rho\sigma\sigma'}` for lognormals, 1 at correlation 0, the second moment
    at 1. Else Mehler's formula, :math:`\sum_n a_n b_n \rho^n` with the coefficients of both quantile functions in
    orthonormal Hermite polynomials of the normal score (Kibble 1945, Proc. Cambridge Phil. Soc. 41, 12).
    """
    if correlation == 0.0 or isinstance(one, NoShock) or isinstance(other, NoShock):
        return 1.0
    if isinstance(one, LognormalShock) and isinstance(other, LognormalShock):
        return math.exp(correlation * one.sigma * other.sigma)
    if correlation >= 1.0 and one == other:
        return one.moment(2)
    return float(np.polynomial.polynomial.polyval(correlation, _hermite(one) * _hermite(other)))


TERMS = 100
"""Terms of Mehler's formula: what is left out is below 1e-9 for gamma sizes of 0.1 and more."""


@cache
def _hermite(shock: Shock) -> FloatArray:
    """Return the coefficients of z -> Q(Phi(z)) in orthonormal Hermite polynomials, (TERMS,)."""
    g, weight = _gauss_rule()
    weighted = weight * _at_scores(shock, g)
    before, polynomial = np.zeros_like(g), np.ones_like(g)
    found = np.empty(TERMS)
    for n in range(TERMS):
        found[n] = weighted @ polynomial
        before, polynomial = polynomial, (g * polynomial - math.sqrt(n) * before) / math.sqrt(n + 1)
    return found


@cache
def _gauss_rule() -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights for expectations over a normal score; made once, since that takes 30 ms."""
    g, weight = np.polynomial.hermite_e.hermegauss(240)
    return g, weight / weight.sum()


def _at_scores(shock: Shock, g: FloatArray) -> FloatArray:
    """Return the quantiles of a shock at normal scores, each tail from its own side."""
    tail = special.ndtr(-np.abs(g))
    return np.where(g > 0, shock.isf(tail), shock.quantile(tail))
