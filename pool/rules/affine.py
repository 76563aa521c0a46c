"""Rules that are a straight line in the total: a fixed amount, and a share of what the total is above its mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.numeric import Floats, as_floats
from solidair.pool.rules.base import Rule
from solidair.pool.rules.law import Law, LawError, RuleError, UncappedError

STEADY = 1e-12
"""Variance of the total, as a share of the sum of variances, below which the total is taken to be certain."""


@dataclass(frozen=True, eq=False)
class Affine(Rule):
    """h_i(s) = start_i + slope_i (s - sum of starts).

    Parameters
    ----------
    start
        What each bears when the total is the sum of these, shape (member,), EUR.
    slope
        Share of each in every euro above that, shape (member,), sum 1.
    """

    start: Floats
    slope: Floats

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.slope)

    def _apply(self, totals: Floats) -> Floats:
        return as_floats(self.start + self.slope * (totals - float(self.start.sum()))[:, None])


class Uniform(Affine):
    """Everybody bears the same: S / n."""

    @classmethod
    def fit(cls, law: Law) -> Self:
        """Return the rule for that many members; nothing else is used."""
        return cls(np.zeros(law.members), np.full(law.members, 1.0 / law.members))


class MeanProportional(Affine):
    """Shares in proportion to expected cost: (mean_i / mean_S) S."""

    @classmethod
    def fit(cls, law: Law) -> Self:
        """Return the rule; LawError if nobody has an expected cost."""
        return cls(np.zeros(law.members), _shares_of_means(law))


class Linear(Affine):
    r"""The regression of each cost on the total: mean_i + Cov(X_i, S) / Var S (S - mean_S).

    The best straight line for :math:`E[X_i \mid S]`, and equal to it if costs are jointly normal. Contributions can be
    negative in cheap years, and can exceed what a member could ever cost. Without a finite variance it means nothing,
    although a sample always gives numbers.
    """

    @classmethod
    def fit(cls, law: Law) -> Self:
        """Return the rule; where the total is certain, slopes are those of `MeanProportional`.

        Raises
        ------
        LawError
            If covariances are not known, or the total is certain and nobody has an expected cost.
        """
        together = law.with_total
        spread = float(together.sum())
        scale = float(law.variances.sum()) if law.covariance is not None or law.sample is not None else spread
        certain = not spread > STEADY * scale
        return cls(law.means, _shares_of_means(law) if certain else as_floats(together / spread))


class VarianceProportional(Affine):
    """Expected cost, and a share of the deviation in proportion to variance: mean_i + v_i / sum of v (S - mean_S).

    The fair form; equal to `Linear` if members are independent.
    """

    @classmethod
    def fit(cls, law: Law) -> Self:
        """Return the rule; where all costs are certain, slopes are those of `MeanProportional`.

        Raises
        ------
        LawError
            If variances are not known, or all costs are certain and nobody has an expected cost.
        """
        spread = float(law.variances.sum())
        return cls(law.means, as_floats(law.variances / spread) if spread > 0.0 else _shares_of_means(law))


class Tolerance(Affine):
    """What members agree on who have exponential utility: shares in proportion to risk tolerance, and side payments.

    h_i(S) = (t_i / t) S + a_i with utilities -exp(-x / t_i) and side payments a_i of sum 0 (Borch 1962, Econometrica
    30, 424; Bühlmann & Jewell 1979, ASTIN Bulletin 10, 243). No other sharing makes one of them better off without
    making another worse off.

    The fair form, a_i = mean_i - (t_i / t) mean_S, leaves every expected cost with its owner. It is not always
    acceptable to everyone: a member whose own cost is steady can be better off alone.

    Expected exponential utility is minus infinity for lognormal, Pareto, generalised Pareto (xi > 0), Burr and Weibull
    (shape below 1) costs, unless they are capped. An estimate from simulated years is finite all the same, but shows
    little more than the dearest of them. So `fit` wants to be told that costs are capped. Show figures of utility for
    several caps.
    """

    @classmethod
    def fit(cls, law: Law, tolerances: ArrayLike, *, capped: bool, payments: ArrayLike | None = None) -> Self:
        """Return the rule.

        Parameters
        ----------
        law
            Only means are used, and they only without `payments`.
        tolerances
            Risk tolerance of each member, shape (member,), EUR, above 0.
        capped
            Whether all costs have a cap, or otherwise lighter than exponential tails. The caller has to know: it
            cannot be seen from means or from a sample.
        payments
            Side payments, shape (member,), EUR, sum 0; None for the fair ones.

        Raises
        ------
        UncappedError
            If costs are not capped.
        RuleError
            If tolerances or payments are not as above.
        """
        if not capped:
            raise UncappedError(
                "exponential utility needs capped costs: with a heavy tail it is minus infinity, and simulated years "
                "hide that. Cap the cost of a case, or take another rule"
            )
        tolerance = as_floats(tolerances)
        if tolerance.shape != (law.members,) or not np.all(np.isfinite(tolerance)) or tolerance.min() <= 0.0:
            raise RuleError("tolerances: every member needs a finite number of euros above 0")
        slope = as_floats(tolerance / tolerance.sum())
        if payments is None:
            return cls(law.means, slope)
        side = as_floats(payments)
        size = float(np.abs(side).sum()) if side.shape == (law.members,) else np.nan
        if not abs(float(side.sum())) <= 1e-9 * size:
            raise RuleError(f"payments have shape {side.shape} and sum {side.sum():g}: one a member, sum 0")
        return cls(as_floats(side - side.sum() * slope), slope)


def _shares_of_means(law: Law) -> Floats:
    total = float(law.means.sum())
    if not total > 0.0:
        raise LawError("nobody has an expected cost above 0: there is nothing to share in proportion to")
    return as_floats(law.means / total)
