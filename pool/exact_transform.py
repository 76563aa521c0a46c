"""Conditional means of members that share shocks and each have a factor of their own, by Fourier transform."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.exact import Portfolio, Sharing, lattices_for
from solidair.models.exact.lattice import damping, step_for
from solidair.models.exact.portfolio import NEGLIGIBLE, Complexes, Parts
from solidair.models.severity import Severity
from solidair.models.shocks import NoShock, Shock

FloatArray = npt.NDArray[np.float64]

SPACING, REACH = 0.5, 6.5
"""Distance and largest of the normal scores at which a need that is drawn is taken."""
FELT = 1e-9
"""Variance of a factor above which it counts."""
LEVEL = 1 - 1e-5
"""Level of the quantile of the total that lies on the lattice."""
CELLS = 10
"""Cells that the mean of a case spans. The lattice keeps the mean; ten cells add under 0.2 percent to a variance."""
POINTS = 2**17
"""Most points of the lattice; with more, an exact law would take minutes."""
VALUES = 2**25
"""Most values of a sharing, members times points: 256 MB."""


class NotExactError(LookupError):
    """What a clause shares has no law that can be computed here; the text says why."""


class Case(Protocol):
    """What a case adds, given that it adds anything, as a lattice needs it."""

    @property
    def mean(self) -> float: ...  # noqa: D102
    def discretise(self, step: float, n: int) -> FloatArray: ...  # noqa: D102


def shock_at(shock: Shock, score: FloatArray) -> FloatArray:
    """Return the shocks at normal scores, each tail from its own side, (n,)."""
    tail = special.ndtr(-np.abs(score))
    return np.where(score > 0.0, shock.isf(tail), shock.quantile(tail))


@dataclass(frozen=True, eq=False)
class Own:
    """The mean-one factor that a member has by itself: nodes of its need, times a gamma factor.

    Parameters
    ----------
    values, weights
        Nodes of the need over its mean, each (node,).
    spread
        Variance of the gamma factor; 0 for none.
    """

    values: FloatArray
    weights: FloatArray
    spread: float

    @staticmethod
    def of(need: Shock, spread: float) -> Own:
        """Return the factor of a member, given the law of its need over the mean and the variance of all else.

        The nodes are evenly spaced in the normal score: Gauss nodes lie so far apart that a year of many cases would
        show gaps between them.
        """
        if isinstance(need, NoShock):
            return Own(np.ones(1), np.ones(1), spread)
        score = SPACING * np.arange(-round(REACH / SPACING), round(REACH / SPACING) + 1, dtype=np.float64)
        weights = np.exp(-0.5 * score**2)
        weights /= weights.sum()
        values = shock_at(need, score)
        return Own(values / (values @ weights), weights, spread)

    @property
    def variance(self) -> float:
        """Variance of the factor."""
        return float(self.weights @ self.values**2 * (1.0 + self.spread)) - 1.0

    def transforms(self, exponent: Complexes) -> tuple[Complexes, Complexes]:
        """Return E[exp(Y L)] and E[Y exp(Y L)] at exponents L with a real part of at most 0, each (n,)."""
        law, biased = np.zeros_like(exponent), np.zeros_like(exponent)
        for value, weight in zip(self.values, self.weights, strict=True):
            if self.spread > FELT:
                base = 1.0 - value * self.spread * exponent
                term = weight * np.exp(np.log(base) / -self.spread)
                law += term
                biased += value * term / base
            else:
                term = weight * np.exp(value * exponent)
                law += term
                biased += value * term
        return law, biased


def sharing_of(
    rates: FloatArray,
    weights: FloatArray,
    values: FloatArray,
    group: npt.NDArray[np.intp],
    own: Sequence[Own],
    taken: Sequence[Case],
) -> Sharing:
    """Return the conditional means, on a lattice as long as a pool with gamma factors in place of `own` needs."""
    variances = np.array([factor.variance for factor in own])
    felt = variances > FELT
    block = np.repeat(np.where(felt, np.cumsum(felt) - 1, -1)[:, np.newaxis], len(taken), axis=1)
    few = slice(None, None, max(len(weights) // 8, 1))
    alike = Portfolio(
        rates, np.full(len(weights[few]), 1.0 / len(weights[few])), values[few], group, block, 1.0 / variances[felt]
    )
    step = step_for([float(alike.mean([law.mean for law in taken]).sum() / rates.sum())], CELLS)
    try:
        lattices = lattices_for(alike, cast("list[Severity]", taken), step=step, level=LEVEL, most=POINTS)
    except ValueError as error:
        raise NotExactError("the total needs a longer lattice") from error
    n = lattices[0].n
    if len(rates) * n > VALUES:
        raise NotExactError("there are too many members for a lattice of this length")
    tilt = alike.good_tilt(lattices)
    damped = damping(tilt, n)
    pmf = np.stack([law.pmf for law in lattices]) * damped
    transform, slopes = np.fft.rfft(pmf) - 1.0, np.fft.rfft(step * np.arange(n) * pmf)
    kept = _felt(rates * values.min(axis=0)[group], own, transform)
    transform, slopes = np.ascontiguousarray(transform[:, kept]), np.ascontiguousarray(slopes[:, kept])
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda z: _given(rates * z[group], own, transform, slopes), values)
        total, joint = np.zeros(len(kept), np.complex128), np.zeros((len(rates), len(kept)), np.complex128)
        for weight, (one, each) in zip(weights, found, strict=True):
            total += weight * one
            joint += weight * each
    parts = Parts(step, tilt, _back(total, kept, n) / damped, _back(joint, kept, n) / damped, np.eye(len(rates)))
    return Sharing(parts, _means(rates, values, weights, group, taken))


def _means(
    rates: FloatArray, values: FloatArray, weights: FloatArray, group: npt.NDArray[np.intp], taken: Sequence[Case]
) -> FloatArray:
    """Return what each member is expected to hand in, (member,) EUR."""
    shock = np.tensordot(weights, values, axes=1)[group]
    return np.asarray((rates * shock) @ np.array([law.mean for law in taken]), dtype=np.float64)


def _felt(rates: FloatArray, own: Sequence[Own], transform: Complexes) -> npt.NDArray[np.intp]:
    """Return the frequencies at which the transform of the total is not next to nothing, given the lowest shocks."""
    log = np.zeros(transform.shape[1])
    for rate, factor in zip(rates, own, strict=True):
        bound = factor.transforms((rate @ transform.real).astype(np.complex128))[0].real
        log += np.log(np.maximum(bound, 1e-300))
    return np.flatnonzero(log > log[0] + NEGLIGIBLE)


def _given(
    rates: FloatArray, own: Sequence[Own], transform: Complexes, slopes: Complexes
) -> tuple[Complexes, Complexes]:
    r"""Return the transforms of the law of the total and of E[X_i; S = s], (frequency,) and (member, frequency).

    With L_i the exponent of a member and Y its own factor, P_i = E[exp(Y L_i)], and the transform of E[X_i; S = s] is
    E[Y exp(Y L_i)] L_i' times the product of all other P_j (Denuit 2019, ASTIN Bulletin 49, 591).
    """
    exponent, derivative = rates @ transform, rates @ slopes
    pairs = [factor.transforms(row) for factor, row in zip(own, exponent, strict=True)]
    law, biased = (np.stack(part) for part in zip(*pairs, strict=True))
    others = np.ones_like(law)
    others[1:] = np.cumprod(law[:-1], axis=0)
    others[:-1] *= np.cumprod(law[:0:-1], axis=0)[::-1]
    return np.prod(law, axis=0), biased * derivative * others


def _back(values: Complexes, kept: npt.NDArray[np.intp], n: int) -> FloatArray:
    """Return the inverse transform of values at some frequencies and zero at the others, (..., n)."""
    full = np.zeros((*values.shape[:-1], n // 2 + 1), dtype=np.complex128)
    full[..., kept] = values
    return np.asarray(np.fft.irfft(full, n), dtype=np.float64)


__all__ = ["Case", "NotExactError", "Own", "sharing_of", "shock_at"]
