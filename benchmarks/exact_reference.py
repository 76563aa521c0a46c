"""Exact figures of the reference, from closed forms and one Fourier transform per member, and how far others are off.

Own cost of a member, and what it bears, are compound Poisson: of its own cases it bears min(X, line) + w (X - line)+,
of everybody else's w (X - line)+. Their limited means are closed forms, so the lattices keep every mean exactly
(Gerber 1982, Insurance: Mathematics and Economics 1, 13); the sums follow from exp(rate (transform - 1)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from benchmarks.plain_numpy import FloatArray, Model
from solidair.models.exact import LatticeLaw

POINTS = 2**17
STEPS_PER_MEAN = 2_000
"""A lattice of mean / 2,000 moves a quantile by 0.05 % at most, a tenth of the error of 100,000 years."""

LEAST_TAIL = 100
"""A mean over a tail is judged only if it holds at least this many years: of fewer the normal law says nothing."""


@dataclass(frozen=True)
class Exact:
    """Exact figures of one amount of one member; SD in EUR, since what lies beyond the lattice weighs most in it."""

    law: LatticeLaw
    sd: float
    kurtosis: float

    def figures(self, levels: Sequence[float]) -> list[float]:
        """Return mean, SD, every VaR and every TVaR, EUR: the order of `plain_numpy.summary`."""
        at_risk, tails = self.law.quantile(levels), self.law.tvar(levels)
        return [self.law.mean, self.sd, *at_risk, *tails]

    def scores(self, simulated: Sequence[float], years: int, levels: Sequence[float]) -> list[float]:
        """Return how many standard errors simulated figures are off; NaN where this cannot be judged.

        The score of an SD is that of its square, with the exact fourth moment. A simulated VaR is an order statistic,
        whose place in the exact law is beta distributed; its score is the normal one of the same probability. The error
        of a TVaR is that of Manistre & Hancock (2005, North American Actuarial Journal 9(2), 129).
        """
        exact = self.figures(levels)
        count = len(levels)
        spread = (simulated[1] ** 2 / self.sd**2 - 1.0) / math.sqrt(self.kurtosis / years)
        scores = [(simulated[0] - exact[0]) / (self.sd / math.sqrt(years)), spread]
        for p, value in zip(levels, simulated[2 : 2 + count], strict=True):
            rank = math.ceil(round(years * p, 6))
            below = float(np.interp(value, self.law.points, self.law.cdf))
            scores.append(float(special.ndtri(special.betainc(rank, years - rank + 1.0, below))))
        for p, value, tail, at_risk in zip(
            levels, simulated[2 + count :], exact[2 + count :], exact[2 : 2 + count], strict=True
        ):
            years_in_tail = years * (1.0 - p)
            beyond = np.maximum(self.law.points - at_risk, 0.0)
            second = float(self.law.pmf @ beyond**2) / (1.0 - p)
            excess = tail - at_risk
            error = math.sqrt((second - excess**2 + p * excess**2) / years_in_tail)
            scores.append((value - tail) / error if years_in_tail >= LEAST_TAIL else math.nan)
        return scores


def judged(scores: FloatArray) -> FloatArray:
    """Return scores of shape (..., figure) without those of SDs that are too high.

    One case of millions can lift an SD by any number of standard errors. None can lower it: a sum of squares lies below
    its mean no further than a normal number does, but for a constant (Maurer 2003, Journal of Inequalities in Pure and
    Applied Mathematics 4(1), 15, theorem 1).
    """
    kept = scores.copy()
    kept[..., 1] = np.minimum(kept[..., 1], 0.0)
    return kept


def exact_laws(model: Model) -> list[list[Exact]]:
    """Return the exact laws of own cost, and of what is borne, of every member."""
    zero = np.zeros_like(model.rates)
    both = (
        zip(model.rates, zero, np.ones_like(zero), strict=True),
        zip(model.rates, model.rates.sum() - model.rates, model.shares, strict=True),
    )
    return [[_law(model, rate, others, share) for rate, others, share in rows] for rows in both]


def _law(model: Model, rate: float, others: float, share: float) -> Exact:
    """Return the law of a member that bears `share` of what is above the line, of its own cases and of others'."""
    own, foreign = _moments(model, share, own=True), _moments(model, share, own=False)
    mean, variance, fourth = (rate * own[k] + others * foreign[k] for k in (1, 2, 4))
    step = mean / STEPS_PER_MEAN
    edges = step * np.arange(POINTS + 1)
    exponent = rate * (np.fft.rfft(_lattice(model, share, edges, own=True)) - 1.0)
    if others:
        exponent += others * (np.fft.rfft(_lattice(model, share, edges, own=False)) - 1.0)
    pmf = np.fft.irfft(np.exp(exponent), POINTS)
    return Exact(LatticeLaw(step, pmf, mean), math.sqrt(variance), 3.0 + fourth / variance**2)


def _lattice(model: Model, share: float, edges: FloatArray, *, own: bool) -> FloatArray:
    """Return the probabilities of the cost of a case on a lattice that keeps limited means, shape (point,)."""
    limited = _limited(model, share, edges, own=own)
    slope = np.diff(limited) / (edges[1] - edges[0])
    return np.concatenate(([1.0 - slope[0]], slope[:-1] - slope[1:]))


def _limited(model: Model, share: float, y: FloatArray, *, own: bool) -> FloatArray:
    """E min(Y, y), EUR: Y is min(X, line) + share (X - line)+ of an own case, share (X - line)+ of another's."""
    below = _lognormal_limited(model, np.minimum(y, model.line)) if own else 0.0
    start = model.line if own else 0.0
    beyond = model.line + np.maximum(y - start, 0.0) / share
    high = _lognormal_limited(model, beyond) - _lognormal_limited(model, np.array([model.line]))
    return np.asarray(below + share * high)


def _lognormal_limited(model: Model, d: FloatArray) -> FloatArray:
    """E min(X, d) of a lognormal X, EUR (Klugman, Panjer & Willmot 2012, Loss Models, appendix A.5.1.1)."""
    with np.errstate(divide="ignore"):
        z = (np.log(d) - model.mu) / model.sigma
    mean = math.exp(model.mu + model.sigma**2 / 2.0)
    return np.asarray(mean * special.ndtr(z - model.sigma) + d * special.ndtr(-z))


def _moments(model: Model, share: float, *, own: bool) -> list[float]:
    """Return E Y^k for k = 0 to 4 from partial moments of the lognormal."""
    z = (math.log(model.line) - model.mu) / model.sigma
    whole = [math.exp(k * model.mu + 0.5 * (k * model.sigma) ** 2) for k in range(5)]
    above = [m * special.ndtr(k * model.sigma - z) for k, m in enumerate(whole)]
    shift = (1.0 - share) * model.line if own else -share * model.line  # Y = share X + shift above the line
    return [
        sum(math.comb(k, j) * share**j * above[j] * shift ** (k - j) for j in range(k + 1))
        + ((whole[k] - above[k]) if own else float(k == 0) * (1.0 - above[0]))
        for k in range(5)
    ]
