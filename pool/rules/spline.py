"""Conditional means from simulated years: shares h_i(s) / s as splines in log s, and a straight line in the tail."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.exact.sharing import Stretch
from solidair.models.severity.numeric import Floats, as_floats
from solidair.pool.rules.base import not_negative
from solidair.pool.rules.bsplines import DEGREE, knots_between, splines
from solidair.pool.rules.law import Law, LawError, RuleError, SmallSampleError

SPLINES = 6
"""Splines of a fit. In twenty members with two kinds of care the error in the body was a fifth larger with 10, at
20,000 and at 100,000 years, and an eighth smaller with 4; six leave room for curves that bend more."""
BLOCKS = 10
"""Blocks of years, each left out once for the error bars."""
TAIL_FROM = 0.995
"""Level of the quantile of the total above which the tail law takes over."""
FEWEST = 2_000
"""Years below which nothing is fitted: a block would have less than one year in the tail."""
YEARS_PER_TERM = 10
"""Years a member and spline. A fit of p terms adds p / N E Var(X_i | S) to Var h_i, in a pool of n like members
p (n - 1) / N of it: with this many years less than a tenth."""
GRID = 1_000
"""Totals on which decreasing stretches are looked for, each as likely as the next."""


def fewest_years(members: int, terms: int = SPLINES) -> int:
    """Return how many simulated years with a cost the fit needs at least."""
    return max(FEWEST, YEARS_PER_TERM * terms * members)


def weighted_fit(normal: Floats, right: Floats, start: Floats) -> Floats:
    """Solve the normal equations of least squares, starting from coefficients that share every total.

    Least squares on columns of which a combination is the total keep the sum over members. Where columns leave
    something open it stays as in `start`, so that contributions add up to totals that were not in the sample too.

    Parameters
    ----------
    normal
        Weighted products of the columns, shape (..., term, term).
    right
        Weighted products of columns and amounts, shape (..., term, member).
    start
        Coefficients with which members share every total, shape (term, member).

    Returns
    -------
    Floats
        Coefficients, shape (..., term, member), with the sums over members of `start`.
    """
    rest = right - np.einsum("...jk,km->...jm", normal, start)
    found = start + np.linalg.pinv(normal, hermitian=True) @ rest
    # What rounding leaves of the sums is spread evenly.
    missed = start.sum(axis=-1, keepdims=True) - found.sum(axis=-1, keepdims=True)
    return as_floats(found + missed / start.shape[1])


class Moments(NamedTuple):
    """Sums over the years of a block, of columns E = (splines x lower part of the total, tail column)."""

    normal: Floats
    """Weighted products of the splines, shape (..., spline, spline)."""
    right: Floats
    """Weighted products of splines and amounts, less what the tail law fixes, shape (..., spline, member)."""
    squares: Floats
    """Plain products of all columns, shape (..., spline + 1, spline + 1)."""
    sums: Floats
    """Plain sums of all columns, shape (..., spline + 1)."""
    years: Floats
    """Number of years, those without cost among them, shape (...)."""


@dataclass(frozen=True, eq=False)
class ShareSpline:
    r"""Estimated conditional means.

    Up to the start of the tail, :math:`h_i(s) = s \sum_j c_{ij} B_j(\log s)` with cubic B-splines that add up to one.
    Beyond it :math:`h_i(s) = h_i(s^*) + p_i (s - s^*)`. If p is not given, it follows from the tail law of regularly
    varying costs, :math:`h_i(s) = \mu_i + p_i (s - \mu_S)` (Denuit & Robert 2020, ASTIN Bulletin 50, 1067), joined
    without a jump; then it is part of the fit. Least squares with weights one over the sum of the columns, 1 / s in the
    body: contributions add up to the total and, over the years of the fit, each member's to its cost.

    Nothing is forced: a curve may fall, see `falls`, and a member that hardly ever pays may come out slightly negative.

    Parameters
    ----------
    knots
        In log EUR, of `knots_between`.
    means
        Expected cost of each member, shape (member,), EUR.
    tail
        Slopes p that were given, shape (member,); None if they follow from the tail law.
    fits
        Coefficients, shape (1 + block, spline, member): of all years, and of all but one block each.
    grid
        Totals at which curves are looked at, shape (point,), ascending, EUR.
    variance, variance_error
        Variance of the contributions over the years of the fit, where each block was shared by the fit of the others,
        and its standard error, shape (member,), EUR squared.
    """

    knots: Floats
    means: Floats
    tail: Floats | None
    fits: Floats
    grid: Floats
    variance: Floats
    variance_error: Floats

    @classmethod
    def fit(cls, law: Law, tail: ArrayLike | None = None, terms: int = SPLINES) -> ShareSpline:
        """Return the curves of a law with a sample.

        Parameters
        ----------
        law
            With means and a sample.
        tail
            Share of each member in a very large total, shape (member,), sum 1, for instance
            `solidair.models.exact.tail_shares`; None to let the tail law say it.
        terms
            Number of splines, at least 4.

        Raises
        ------
        SmallSampleError
            If fewer years than `fewest_years` have a cost.
        LawError
            If there is no sample, an amount is below 0, or the totals are too few different ones.
        RuleError
            If tail or terms are not as above.
        """
        if law.sample is None:
            raise LawError("conditional means need an exact law or a sample of the costs")
        if terms < DEGREE + 1:
            raise RuleError(f"terms = {terms}: cubic splines are at least {DEGREE + 1}")
        slopes = None if tail is None else checked_tail(tail, law.members)
        totals = as_floats(law.sample.sum(axis=1))
        if law.sample.min() < 0.0:
            raise LawError(f"conditional means are estimated of costs of at least 0, but one is {law.sample.min():g}")
        positive = np.sort(totals[totals > 0.0])
        enough = fewest_years(law.members, terms)
        if len(positive) < enough:
            raise SmallSampleError(
                f"conditional means of {law.members} members need at least {enough} simulated years with a cost, but "
                f"there are {len(positive)}: with fewer, each year would mostly be shared as it fell. Simulate more "
                "years, compute the law exactly, or take the linear rule"
            )
        join = float(np.quantile(positive, TAIL_FROM))
        # Below the join the splines see every euro, so the knots are quantiles of what lies there.
        inside = np.log(np.quantile(positive, np.linspace(0.0, 1.0, terms - DEGREE + 1)[1:-1]))
        knots = knots_between(float(np.log(positive[0])), float(np.log(join)), as_floats(inside))
        if not (np.all(np.diff(knots[DEGREE : len(knots) - DEGREE]) > 0.0) and join > float(law.means.sum())):
            raise LawError("the totals take too few different values for a curve through them: take the linear rule")
        bare = cls(knots, law.means, slopes, np.empty(0), np.empty(0), np.empty(0), np.empty(0))
        edges = np.linspace(0, len(totals), BLOCKS + 1).astype(int)
        blocks = [bare._moments(law.sample[a:b], totals[a:b]) for a, b in pairwise(edges)]
        each = Moments(*(np.stack(parts) for parts in zip(*blocks, strict=True)))
        whole = Moments(*(part.sum(axis=0, keepdims=True) for part in each))
        others = Moments(*(a - b for a, b in zip(whole, each, strict=True)))
        start = as_floats(np.tile(law.means / law.means.sum(), (terms, 1)))
        fits = np.concatenate([weighted_fit(m.normal, m.right, start) for m in (whole, others)])
        held_out = bare._spread(each, fits[1:])
        variance = held_out[1].sum(axis=0) / len(totals) - (held_out[0].sum(axis=0) / len(totals)) ** 2
        first, second = (sums / others.years[:, None] for sums in bare._spread(others, fits[1:]))
        grid = np.unique(np.quantile(positive, np.linspace(0.0, 1.0, GRID)))
        error = jackknife(as_floats(second - first**2))
        return cls(knots, law.means, slopes, fits, as_floats(grid), as_floats(variance), error)

    @property
    def join(self) -> float:
        """Total at which the tail law takes over, EUR."""
        return float(np.exp(self.knots[-1]))

    def at(self, totals: ArrayLike) -> Floats:
        """Return what each bears, shape (member, *shape of totals), EUR; the sum over members is the total.

        Raises
        ------
        ValueError
            If a total is negative or not finite.
        """
        values = as_floats(totals)
        return as_floats(np.moveaxis(self._of(values.ravel(), 0).reshape(*values.shape, -1), -1, 0))

    def rows(self, totals: Floats) -> Floats:
        """Return the same for totals of shape (total,), as (total, member)."""
        return self._of(totals, 0)

    def error(self, totals: ArrayLike) -> Floats:
        """Return the standard error of `at`, in its shape, EUR: a jackknife over blocks of years.

        It says how far the curve may be off because few years were simulated, not how far a spline is from the truth.
        """
        values = as_floats(totals)
        flat = np.stack([self._of(values.ravel(), b) for b in range(1, len(self.fits))])
        return as_floats(np.moveaxis(jackknife(flat).reshape(*values.shape, -1), -1, 0))

    def falls(self, sure: float = 0.0) -> list[Stretch]:
        """Return where a member bears less of a larger total.

        Parameters
        ----------
        sure
            Leave out falls of less than this many standard errors: a fit that is level falls somewhere by chance.
        """
        values = self._of(self.grid, 0)
        left_out = np.stack([self._of(self.grid, b) for b in range(1, len(self.fits))]) if sure > 0.0 else None
        slopes = np.diff(values, axis=0) / np.diff(self.grid)[:, None]
        found = []
        for member in np.flatnonzero((slopes < 0.0).any(axis=0)):
            down = np.concatenate(([0], (slopes[:, member] < 0.0).view(np.int8), [0]))
            edges = np.flatnonzero(np.diff(down))
            for a, b in zip(edges[::2], edges[1::2], strict=True):
                fall = float(values[a, member] - values[b, member])
                if left_out is not None:
                    error = float(jackknife(left_out[:, a, member] - left_out[:, b, member]))
                    if fall <= sure * error:
                        continue
                steepest = float(slopes[a:b, member].min())
                found.append(Stretch(int(member), float(self.grid[a]), float(self.grid[b]), fall, steepest))
        return found

    def _columns(self, totals: Floats) -> tuple[Floats, Floats]:
        """Return splines x lower part of the total and the tail column, shapes (spline, total) and (total,), EUR."""
        low = np.minimum(totals, self.join)
        over = totals - low
        columns = splines(self.knots, np.log(np.maximum(low, np.exp(self.knots[0])))) * low
        if self.tail is None:
            # mean_i + p_i (s - mean_S) with p_i = (h_i(s*) - mean_i) / (s* - mean_S), and h_i(s*) = s* c_i,last.
            over = over / (self.join - float(self.means.sum()))
            columns[-1] += self.join * over
        return columns, over

    @property
    def _tail_share(self) -> Floats:
        """What each member has of the tail column, shape (member,)."""
        return -self.means if self.tail is None else self.tail

    def _of(self, totals: Floats, fit: int) -> Floats:
        not_negative(totals, "conditional mean")
        columns, over = self._columns(totals)
        # Not a matrix product: its bits would depend on the machine and on how many totals come at once.
        value = np.einsum("js,jm->sm", columns, self.fits[fit])
        far = over > 0.0
        if np.any(far):
            value[far] += over[far, None] * self._tail_share
        return as_floats(value)

    def _moments(self, amounts: Floats, totals: Floats) -> Moments:
        years = np.float64(len(totals))
        kept = totals > 0.0
        if not np.all(kept):
            amounts, totals = amounts[kept], totals[kept]
        columns, over = self._columns(totals)
        weighted = columns / columns.sum(axis=0)
        beyond = np.einsum("js,s->j", weighted, over)
        right = np.einsum("js,sm->jm", weighted, amounts) - np.outer(beyond, self._tail_share)
        all_ = np.concatenate((columns, over[None]))
        squares = np.einsum("js,ks->jk", all_, all_)
        normal = np.einsum("js,ks->jk", weighted, columns)
        return Moments(normal, as_floats(right), squares, as_floats(all_.sum(axis=1)), as_floats(years))

    def _spread(self, moments: Moments, fits: Floats) -> tuple[Floats, Floats]:
        """Return sums of contributions and of their squares over the years of blocks, shape (block, member)."""
        tail = np.broadcast_to(self._tail_share, (len(fits), 1, len(self.means)))
        whole = np.concatenate((fits, tail), axis=1)
        first = np.einsum("bj,bjm->bm", moments.sums, whole)
        return first, np.einsum("bjm,bjk,bkm->bm", whole, moments.squares, whole)


def jackknife(left_out: Floats) -> Floats:
    """Return the standard error from estimates that leave out one block each, on the first axis (Tukey 1958)."""
    blocks = len(left_out)
    return as_floats(np.sqrt((blocks - 1) / blocks * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0)))


def checked_tail(tail: ArrayLike, members: int) -> Floats:
    """Return slopes of the tail; RuleError unless they are one share of at least 0 a member, sum 1."""
    share = as_floats(tail)
    if share.shape != (members,) or share.min() < 0.0 or abs(float(share.sum()) - 1.0) > 1e-9:
        raise RuleError(f"tail has shape {share.shape} and sum {share.sum()}: one share >= 0 a member, sum 1")
    return as_floats(share / share.sum())
