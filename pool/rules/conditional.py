"""The conditional mean rule: each bears what it is expected to have cost, given what all cost together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.exact.sharing import Sharing, Stretch
from solidair.models.severity.numeric import Floats, as_floats
from solidair.pool.rules.base import Rule, not_negative
from solidair.pool.rules.law import Law
from solidair.pool.rules.spline import SPLINES, ShareSpline


@dataclass(frozen=True, eq=False)
class ConditionalMean(Rule):
    """h_i(s) = E[X_i | S = s] (Denuit & Dhaene 2012, Insurance: Mathematics and Economics 51, 265).

    Everybody's contribution is less spread than its own cost, in the sense of convex order, at the same expectation. It
    may fall where the total rises: see `falls`. Nothing is done about that, because a curve that was made to rise is
    neither fair nor adds up.

    Parameters
    ----------
    curve
        Exact conditional means, or estimated ones with error bars.
    """

    curve: Sharing | ShareSpline

    @classmethod
    def fit(cls, law: Law, *, tail: ArrayLike | None = None, terms: int = SPLINES) -> ConditionalMean:
        """Return the rule: from the exact law if there is one, otherwise from the sample.

        Parameters
        ----------
        law
            With `exact` or `sample`.
        tail
            Slopes in the tail of a sample, see `ShareSpline.fit`; an exact law carries its own.
        terms
            Number of splines, for a sample.

        Raises
        ------
        SmallSampleError
            If the sample is too small; it never is for an exact law.
        RuleError
            If the law has neither, or see `ShareSpline.fit`.
        """
        return cls(ShareSpline.fit(law, tail, terms) if law.exact is None else law.exact)

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.curve.means)

    def falls(self, sure: float = 0.0) -> list[Stretch]:
        """Return where a member bears less of a larger total, a perverse incentive.

        Parameters
        ----------
        sure
            For an estimated curve: leave out falls of less than this many standard errors.
        """
        return self.curve.decreasing() if isinstance(self.curve, Sharing) else self.curve.falls(sure)

    def _apply(self, totals: Floats) -> Floats:
        if isinstance(self.curve, ShareSpline):
            return self.curve.rows(totals)
        not_negative(totals, "conditional mean")
        return as_floats(np.ascontiguousarray(self.curve.at(totals).T))
