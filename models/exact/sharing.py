"""Conditional mean risk sharing: who bears what of a total of s, E[X_i | S = s], by FFT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solidair.models.exact.lattice import damping
from solidair.models.exact.law import LatticeLaw
from solidair.models.exact.portfolio import Parts, Portfolio, check_grid
from solidair.models.severity.base import Severity
from solidair.models.severity.numeric import Floats, as_floats

RELIABLE = 1e-12
"""Probability, as a share of the largest, below which a quotient of transforms is rounding.

An FFT has an error of about 1e-15 of the largest value, so quotients at this margin are good to 1e-3.
"""
AGREEMENT = 1e-3
"""How well the parts must add up to s f(s), relatively. They miss it by what wrapped around, times the grid over s."""
NOISE = 1e-14
"""Bound on the error of an FFT as a share of its largest value, with a margin of ten."""

MEMBERS_AT_ONCE = 16
"""Members whose conditional means are held together: 64 MB on 2^19 points."""


class Stretch(NamedTuple):
    """A stretch of totals over which a member bears less when the total rises."""

    member: int
    low: float
    """EUR."""
    high: float
    """EUR."""
    fall: float
    """EUR by which the contribution falls from low to high."""
    steepest: float
    """Smallest step between two neighbouring totals, EUR a euro of the total, below 0."""


class Gaps(NamedTuple):
    """What identities miss, as shares; both should be of the order of rounding."""

    allocation: float
    """Sum over s of |sum over i of E[X_i; S = s] - s f(s)|, as a share of the mean of the total."""
    fairness: float
    """Largest |mean contribution - mean cost| / mean cost over members, less what lies beyond the grid."""


@dataclass(frozen=True, eq=False)
class Sharing:
    """Conditional means on a lattice.

    Parameters
    ----------
    parts
        Law of the total, and what each part has of it.
    means
        Mean cost of each member, the part beyond the grid included, shape (member,), EUR.
    tail
        Share of each member in a very large total, shape (member,), sum 1; None to go on in the proportions at the end
        of the reliable range, as light and capped costs do.
    """

    parts: Parts
    means: Floats
    tail: Floats | None = None

    @property
    def step(self) -> float:
        """Distance of two totals, EUR."""
        return self.parts.step

    @cached_property
    def law(self) -> LatticeLaw:
        """Law of the total."""
        return LatticeLaw(self.step, self.parts.total, float(self.means.sum()))

    @cached_property
    def points(self) -> Floats:
        """The lattice, shape (n,), EUR."""
        return as_floats(self.step * np.arange(len(self.parts.total)))

    @cached_property
    def summed(self) -> Floats:
        """Sum over members of E[X_i; S = s], shape (n,), EUR: s f(s), but for rounding and what wrapped around."""
        return as_floats(self.parts.mix.sum(axis=0) @ self.parts.parts)

    @cached_property
    def reliable(self) -> NDArray[np.intp]:
        """Cells at which the conditional means are good to about 1e-3 or better, ascending; 0 is among them."""
        total = self.parts.total
        tilted = total * damping(self.parts.tilt, len(total))
        should = self.points * total
        good = (tilted > RELIABLE * float(tilted.max())) & (np.abs(self.summed - should) <= AGREEMENT * should)
        good[0] = True  # nobody bears anything of nothing
        return np.flatnonzero(good)

    def joint(self, cells: ArrayLike | None = None) -> Floats:
        """Return E[X_i; S = s], shape (member, cell), EUR; for all cells if none are given."""
        parts = self.parts.parts if cells is None else self.parts.parts[:, np.asarray(cells)]
        return as_floats(self.parts.mix @ parts)

    def on_lattice(self, cells: ArrayLike | None = None) -> Floats:
        """Return E[X_i | S = s] at cells of the lattice, shape (member, cell), EUR; nan where it is not reliable.

        As s E[X_i; S = s] / sum over j of E[X_j; S = s], so that the sum over members is s to the last digit.
        """
        where = np.arange(len(self.parts.total)) if cells is None else np.asarray(cells, dtype=np.intp)
        known = np.isin(where, self.reliable)
        return as_floats(np.where(known, self._quotients(where), np.nan))

    def _quotients(self, where: NDArray[np.intp], members: slice = slice(None)) -> Floats:
        mix = self.parts.mix[members]
        used = np.flatnonzero(mix.any(axis=0))
        joint = mix[:, used] @ self.parts.parts[np.ix_(used, where)]
        with np.errstate(divide="ignore", invalid="ignore"):
            return as_floats(np.where(where == 0, 0.0, joint * (self.points[where] / self.summed[where])))

    def at(self, s: ArrayLike) -> Floats:
        """Return what each member bears of totals s, shape (member, *shape of s), EUR; the sum over members is s.

        Straight lines between reliable cells. Above the last of them, at s*, member i bears h_i(s*) + p_i (s - s*) with
        p_i its share of the tail: the law h_i(s) = mean_i + p_i (s - mean) of regularly varying costs with one index
        (Denuit & Robert 2020, ASTIN Bulletin 50, 1067), moved so that nobody's contribution jumps.

        Raises
        ------
        ValueError
            If a total is negative or not finite.
        """
        totals = as_floats(s)
        if not np.all(np.isfinite(totals)) or np.any(totals < 0.0):
            raise ValueError("totals must be finite and at least 0")
        flat = totals.ravel() / self.step
        known = self.reliable
        right = np.clip(np.searchsorted(known, flat), 1, len(known) - 1) if len(known) > 1 else np.zeros(flat.size, int)
        left = np.maximum(right - 1, 0)
        low, high = known[left], known[right]
        weight = np.clip((flat - low) / np.maximum(high - low, 1), 0.0, 1.0)
        value = (1.0 - weight) * self.on_lattice(low) + weight * self.on_lattice(high)
        last = known[-1:]
        anchor = self.on_lattice(last)
        over = np.maximum(flat - last[0], 0.0) * self.step
        return as_floats((value + self._slope(anchor[:, 0])[:, None] * over).reshape(-1, *totals.shape))

    def _slope(self, anchor: Floats) -> Floats:
        if self.tail is not None:
            return self.tail
        total = float(anchor.sum())
        return anchor / total if total > 0.0 else self.means / self.means.sum()

    def together(self, groups: NDArray[np.bool_]) -> Sharing:
        """Return what groups of members bear: conditional means of a sum are the sum of those of its parts.

        Parameters
        ----------
        groups
            Who is in which group, shape (group, member); each member in one.
        """
        if len(groups) == len(self.means):
            return self
        belongs = groups.astype(np.float64)
        tail = None if self.tail is None else as_floats(belongs @ self.tail)
        return Sharing(self.parts._replace(mix=belongs @ self.parts.mix), as_floats(belongs @ self.means), tail)

    def decreasing(self) -> list[Stretch]:
        """Return where a member bears less of a larger total: a perverse incentive, the rule is then not comonotonic.

        Falls that rounding can make are left out, but not those between shocks that lie too far apart. Do not iron them
        out: the result would no longer be the conditional mean, nor fair.
        """
        cells = self.reliable
        points = self.points[cells]
        tilted = self.parts.total * damping(self.parts.tilt, len(self.parts.total))
        noise = NOISE * float(tilted.max()) / np.maximum(tilted[cells], NOISE * float(tilted.max()))
        found = []
        for member in range(len(self.means)):
            if member % MEMBERS_AT_ONCE == 0:
                values = self._quotients(cells, slice(member, member + MEMBERS_AT_ONCE))
            value = values[member % MEMBERS_AT_ONCE]
            falls = np.diff(value) < 0.0
            edges = np.flatnonzero(np.diff(np.concatenate(([0], falls.view(np.int8), [0]))))
            for first, last in zip(edges[::2], edges[1::2], strict=True):
                fall = float(value[first] - value[last])
                if fall > noise[first] * points[first] + noise[last] * points[last]:
                    slopes = np.diff(value[first : last + 1]) / np.diff(points[first : last + 1])
                    found.append(Stretch(member, float(points[first]), float(points[last]), fall, float(slopes.min())))
        return found

    def gaps(self) -> Gaps:
        """Return how far the identities sum of h_i(s) = s and E[h_i(S)] = E[X_i] fail.

        The second compares with the mean on the grid and, if mass lies beyond it, cannot tell a fault from that.
        """
        off = float(np.abs(self.summed - self.points * self.parts.total).sum() / self.means.sum())
        borne = self.parts.mix @ self.parts.parts.sum(axis=1)
        known = self.means > 0.0
        unfair = np.abs(borne[known] - self.means[known]) / self.means[known]
        return Gaps(off, float(unfair.max(initial=0.0)))


def share_by_conditional_mean(
    portfolio: Portfolio,
    severities: Sequence[LatticeLaw],
    *,
    tail: ArrayLike | None = None,
    tilt: float | None = None,
) -> Sharing:
    """Return conditional mean risk sharing of the members of a portfolio, exact on the lattice.

    Members are independent, or have shocks in common: given these they are independent compound Poisson or compound
    negative binomial sums (Denuit & Dhaene 2012, Insurance: Mathematics and Economics 51, 265, for the rule).

    Parameters
    ----------
    portfolio
        Rates, shocks and blocks.
    severities
        Cost of a case of each care type, all on one lattice, with mass beyond the grid dropped.
    tail
        Share of each member in a very large total, for instance `tail_shares`; see `Sharing`.
    tilt
        Per cell; None takes what suits the tail beyond the grid.

    Raises
    ------
    ValueError
        If lattices or shapes do not match, or tail does not sum to 1.
    """
    check_grid(severities, portfolio.rates.shape[1])
    means = portfolio.mean([severity.mean for severity in severities])
    return Sharing(portfolio.parts(severities, tilt), means, _checked_tail(tail, len(means)))


def share_independent(laws: Sequence[LatticeLaw], *, tail: ArrayLike | None = None, tilt: float = 0.0) -> Sharing:
    """Return conditional mean risk sharing of independent members with any law of yearly cost on one lattice.

    E[X_i; S = s] is the inverse transform of that of k f_i(k) times the product of the others' transforms; products of
    all but one come from running products from both sides, since a transform may have zeros.

    Parameters
    ----------
    laws
        Yearly cost of each member. Their sum must fit the grid, or be tilted: nothing is measured here.
    """
    n = laws[0].n
    if len({(law.step, law.n) for law in laws}) != 1 or n % 2:
        raise ValueError("laws must lie on one lattice with an even number of points")
    damped, step = damping(tilt, n), laws[0].step
    pmf = np.stack([law.pmf for law in laws]) * damped
    spectra, slopes = np.fft.rfft(pmf), np.fft.rfft(step * np.arange(n) * pmf)
    others = np.ones_like(spectra)
    others[1:] = np.cumprod(spectra[:-1], axis=0)
    others[:-1] *= np.cumprod(spectra[:0:-1], axis=0)[::-1]
    total = np.fft.irfft(np.prod(spectra, axis=0), n) / damped
    parts = Parts(step, tilt, total, np.fft.irfft(slopes * others, n) / damped, np.eye(len(laws)))
    return Sharing(parts, as_floats([law.mean for law in laws]), _checked_tail(tail, len(laws)))


def tail_shares(rates: ArrayLike, severities: Sequence[Severity], x: float) -> Floats:
    """Return the share of each member in cases above x, shape (member,): its share in a very large total.

    With regularly varying costs of one index this settles as x grows, and conditional means then rise with these slopes
    (Denuit & Robert 2020, ASTIN Bulletin 50, 1067). With several indices the heaviest takes all in the end.

    Raises
    ------
    ValueError
        If no case costs more than x: capped costs have no such tail.
    """
    above = as_floats(rates) @ as_floats([float(severity.sf(x)) for severity in severities])
    if not float(above.sum()) > 0.0:
        raise ValueError(f"no case costs more than {x:g}: these costs have no tail there. Leave `tail` out")
    return as_floats(above / above.sum())


def _checked_tail(tail: ArrayLike | None, members: int) -> Floats | None:
    if tail is None:
        return None
    share = as_floats(tail)
    if share.shape != (members,) or share.min() < 0.0 or abs(float(share.sum()) - 1.0) > 1e-9:
        raise ValueError(f"tail has shape {share.shape} and sum {share.sum()}: one share >= 0 a member, sum 1")
    return share
