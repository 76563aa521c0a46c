"""Members, their rates of cases and what these have in common: the law of the total and the parts of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solidair.models.exact.lattice import damping, tilt_for
from solidair.models.exact.law import LatticeLaw
from solidair.models.exact.transform import FIRST_TILT
from solidair.models.severity.numeric import Floats, as_floats

Complexes = NDArray[np.complex128]
Ints = NDArray[np.intp]

VALUES_AT_ONCE = 2**21
"""Values of transforms, nodes times frequencies, that are held together: 32 MB."""
NEGLIGIBLE = -80.0
"""Logarithm of a transform, less its bound at frequency 0, from which on it counts as zero.

With the largest tilts in use the transform at frequency 0 is exp(-13) of that bound at least, so this is 1e-29 of it.
In a pool of 342 members, ten care types and 8,300 cases on 2^19 points 0.1 % of the frequencies is left, and the parts
under 400 shocks take 0.6 s of CPU; with all frequencies, and all else the same, 12 s.
"""
MEASURING_POINTS = 2**13
"""Points on which the tail beyond the grid is measured: its order of magnitude is enough."""


class Parts(NamedTuple):
    """The law of the total, and what each part of the portfolio has of it."""

    step: float
    tilt: float
    """Per cell."""
    total: Floats
    """P(S = s), shape (n,)."""
    parts: Floats
    """E[cost; S = s] of each part, shape (part, n), EUR."""
    mix: Floats
    """What each member has of each part, shape (member, part): E[X_i; S = s] is mix @ parts."""


@dataclass(frozen=True, eq=False)
class Portfolio:
    r"""Numbers of cases of members and care types: Poisson, with what they have in common.

    Given the shocks of a node and an own gamma factor of each block, cases are Poisson with rate

    .. math:: \lambda_{ic} Z_{m, g(i), c} \Gamma_{b(i, c)}

    independent of each other. Members with the same shocks form a group; what shares a gamma factor forms a block.

    Parameters
    ----------
    rates
        Expected cases a year, shape (member, care type), at least 0.
    weights
        Probabilities of the nodes, shape (node,), sum 1.
    values
        Mean-one shocks, shape (node, group, care type).
    group
        Group of each member, shape (member,).
    block
        Block of each member and care type, shape (member, care type); -1 for no gamma factor.
    sizes
        Size of the gamma factor of each block, shape (block,): its variance is 1 / size.

    Raises
    ------
    ValueError
        If shapes do not match, or a rate, weight, shock or size is not as above.
    """

    rates: Floats
    weights: Floats = field(default_factory=lambda: np.ones(1))
    values: Floats = field(default_factory=lambda: np.ones((1, 1, 1)))
    group: Ints | None = None
    block: Ints | None = None
    sizes: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        rates = as_floats(self.rates)
        if rates.ndim != 2 or not np.all(np.isfinite(rates)) or rates.min(initial=0.0) < 0.0 or rates.sum() == 0.0:
            raise ValueError("rates must be a table (member, care type) of finite numbers >= 0, not all of them 0")
        members, types = rates.shape
        group = np.zeros(members, dtype=np.intp) if self.group is None else np.asarray(self.group, dtype=np.intp)
        block = np.full(rates.shape, -1, dtype=np.intp) if self.block is None else np.asarray(self.block, np.intp)
        weights, sizes = as_floats(self.weights), as_floats(self.sizes)
        values = as_floats(self.values)
        if values.ndim != 3 or values.shape[0] != len(weights) or values.shape[2] not in (1, types):
            raise ValueError(f"values have shape {values.shape}: it must be (node, group, care type)")
        values = np.broadcast_to(values, (*values.shape[:2], types))
        if group.shape != (members,) or group.min() < 0 or group.max() >= values.shape[1]:
            raise ValueError("group must give each member the number of a group of shocks")
        if block.shape != rates.shape or block.min() < -1 or block.max() >= len(sizes):
            raise ValueError("block must give each member and care type the number of a block, or -1")
        if not (np.all(np.isfinite(values)) and values.min() >= 0.0 and np.all(sizes > 0.0)):
            raise ValueError("shocks must be finite and at least 0, sizes above 0")
        if weights.min() < 0.0 or abs(float(weights.sum()) - 1.0) > 1e-9:
            raise ValueError(f"weights must be at least 0 and sum to 1, but they sum to {weights.sum()}")
        for name, value in (("rates", rates), ("weights", weights), ("values", values), ("group", group)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "block", block)
        object.__setattr__(self, "sizes", sizes)

    @classmethod
    def poisson(cls, rates: ArrayLike) -> Portfolio:
        """Independent Poisson numbers of cases with rates of shape (member, care type)."""
        return cls(as_floats(rates))

    @classmethod
    def negative_binomial(cls, rates: ArrayLike, sizes: ArrayLike) -> Portfolio:
        """Independent members, each with an own gamma factor over all its care types; sizes of shape (member,).

        The negative binomial with mean m and size r has variance m + m^2 / r; beta in the notation of Loss Models is
        m / r.
        """
        rate = as_floats(rates)
        block = np.repeat(np.arange(len(rate), dtype=np.intp)[:, None], rate.shape[1], axis=1)
        return cls(rate, block=block, sizes=np.broadcast_to(as_floats(sizes), (len(rate),)))

    @classmethod
    def shared_gamma(cls, rates: ArrayLike, size: float) -> Portfolio:
        """One gamma shock of mean one and variance 1 / size on all rates."""
        rate = as_floats(rates)
        return cls(rate, block=np.zeros(rate.shape, dtype=np.intp), sizes=np.array([size]))

    @classmethod
    def shocked(
        cls, rates: ArrayLike, weights: ArrayLike, values: ArrayLike, group: Sequence[int] | None = None
    ) -> Portfolio:
        """Any law of shocks, given by nodes or draws.

        Parameters
        ----------
        rates
            Shape (member, care type).
        weights
            Shape (node,).
        values
            Shape (node,) for one shock on everything, or (node, group, care type). In large pools nodes must lie closer
            together than the total spreads given a node, or its law has gaps: 400 draws do what 24 Gauss nodes cannot.
        group
            Group of each member; None for one group.
        """
        value = as_floats(values)
        value = value[:, None, None] if value.ndim == 1 else value
        where = None if group is None else np.asarray(group, dtype=np.intp)
        return cls(as_floats(rates), as_floats(weights), value, where)

    @cached_property
    def mean_rates(self) -> Floats:
        """Expected cases, shape (member, care type), with the mean shock of the nodes, which a rule may miss a bit."""
        shock = np.tensordot(self.weights, self.values, axes=1)
        return as_floats(self.rates * shock[self.group])

    def mean(self, means: ArrayLike) -> Floats:
        """Return the mean cost of each member, shape (member,), given the mean of a case per care type."""
        return as_floats(self.mean_rates @ as_floats(means))

    @cached_property
    def _labels(self) -> tuple[Ints, Ints]:
        """Distinct (group, block, care type), shape (part, 3), and the part of each member and care type."""
        members, types = self.rates.shape
        assert self.group is not None and self.block is not None
        cells = np.stack((np.repeat(self.group, types), self.block.ravel(), np.tile(np.arange(types), members)), axis=1)
        labels, where = np.unique(cells, axis=0, return_inverse=True)
        return labels.astype(np.intp), where.reshape(members, types).astype(np.intp)

    def total(self, severities: Sequence[LatticeLaw], tilt: float | None = None) -> LatticeLaw:
        """Return the law of the total cost of all members, on the lattice of the severities.

        Parameters
        ----------
        severities
            One per care type, all with the same step and n, with mass beyond the grid dropped.
        tilt
            Per cell; None measures the tail beyond the grid and takes what suits it.
        """
        check_grid(severities, self.rates.shape[1])
        tilt = self.good_tilt(severities) if tilt is None else tilt
        law = self._law(severities, tilt)
        return LatticeLaw(severities[0].step, law, float(self.mean([s.mean for s in severities]).sum()))

    def good_tilt(self, severities: Sequence[LatticeLaw]) -> float:
        """Return the tilt per cell for the tail that the total has beyond the grid, measured with coarser steps."""
        n = check_grid(severities, self.rates.shape[1])
        coarse = [coarsened(severity, max(n // MEASURING_POINTS, 1)) for severity in severities]
        law = self._law(coarse, FIRST_TILT / coarse[0].n)
        return tilt_for(1.0 - float(np.sum(law)), n)

    def parts(self, severities: Sequence[LatticeLaw], tilt: float | None = None) -> Parts:
        r"""Return the law of the total and E[cost; S = s] of every part, by one inverse FFT a part.

        With G_c the transform of k f_c(k), \psi_b the transform of a block and P_m that of the total in node m

        .. math:: E[X_i; S = s] = \sum_c \lambda_{ic} F^{-1} \Big[ G_c \sum_m v_m Z_{m, g(i), c}
                  \frac{\psi_b'}{\psi_b} P_m \Big]

        (Denuit 2019, ASTIN Bulletin 49, 591, for independent members; Blier-Wong, Cossette & Marceau 2025, Insurance:
        Mathematics and Economics 122, for generating functions). Averages over shocks are taken before dividing by the
        law of the total: the ratio of averages is the conditional mean, the average of ratios is not.

        A part is a (group, block, care type), so that members who share them cost nothing extra; or a member, where
        that gives fewer parts.
        """
        n = check_grid(severities, self.rates.shape[1])
        tilt = self.good_tilt(severities) if tilt is None else tilt
        damped, step = damping(tilt, n), severities[0].step
        pmf = np.stack([severity.pmf for severity in severities]) * damped
        labels, where = self._labels
        members, types = self.rates.shape
        if len(labels) <= members:
            # In units of rate, with one rate of 1 for each part.
            group, block, rates = labels[:, 0], np.full((len(labels), types), -2), np.zeros((len(labels), types))
            here = np.arange(len(labels))
            block[here, labels[:, 2]], rates[here, labels[:, 2]] = labels[:, 1], 1.0
            mix = np.zeros((members, len(labels)))
            np.add.at(mix, (np.arange(members)[:, None], where), self.rates)
        else:
            assert self.group is not None and self.block is not None
            group, block, rates, mix = self.group, self.block, self.rates, np.eye(members)
        spectrum, kept = self._spectrum(pmf)
        slopes = np.fft.rfft(step * np.arange(n) * pmf)[:, kept]
        law, sums = np.zeros(len(kept), np.complex128), np.zeros((len(rates), len(kept)), np.complex128)
        for nodes, total in self._transforms(spectrum):
            weighted = self.weights[nodes, None] * total
            law += weighted.sum(axis=0)
            for b in range(-1, len(self.sizes)):
                shared = weighted
                if b >= 0:
                    shared = weighted / (1.0 - self._exponent(nodes, b, spectrum) / self.sizes[b])
                self._add(sums, shared, np.where(block == b, rates, 0.0), group, nodes, slopes)
        parts = np.empty((len(rates), n))
        for row, mine in zip(parts, sums, strict=True):
            row[:] = _back(mine, kept, n) / damped
        return Parts(step, tilt, _back(law, kept, n) / damped, parts, mix)

    def _add(
        self, sums: Complexes, shared: Complexes, rates: Floats, group: Ints, nodes: slice, slopes: Complexes
    ) -> None:
        """Add what each row of rates has of the cost, averaged over nodes, shape (row, frequency), in place."""
        for g, c in np.argwhere(self._used(rates, group)):
            rows = np.flatnonzero((group == g) & (rates[:, c] > 0.0))
            average = self.values[nodes, g, c] @ shared
            average *= slopes[c]
            for row in rows:
                sums[row] += rates[row, c] * average

    def _used(self, rates: Floats, group: Ints) -> NDArray[np.bool_]:
        """Return which care types the rows of each group have, shape (group, care type)."""
        used = np.zeros((self.values.shape[1], rates.shape[1]), dtype=np.bool_)
        np.logical_or.at(used, group, rates > 0.0)
        return used

    def _law(self, severities: Sequence[LatticeLaw], tilt: float) -> Floats:
        n = check_grid(severities, self.rates.shape[1])
        damped = damping(tilt, n)
        spectrum, kept = self._spectrum(np.stack([severity.pmf for severity in severities]) * damped)
        law = np.zeros(len(kept), dtype=np.complex128)
        for nodes, total in self._transforms(spectrum):
            law += self.weights[nodes] @ total
        return as_floats(_back(law, kept, n) / damped)

    def _spectrum(self, pmf: Floats) -> tuple[Complexes, Ints]:
        """Return transforms minus one at the frequencies that matter, and these.

        |exp(L)| = exp(Re L) and |1 - L / r| >= 1 - Re L / r with Re L <= 0, at the lowest rates of all nodes.
        """
        spectrum = np.fft.rfft(pmf) - 1.0
        lowest = self.values.min(axis=0)
        assert self.group is not None and self.block is not None
        rates = self.rates * lowest[self.group]
        log = np.where(self.block < 0, rates, 0.0).sum(axis=0) @ spectrum.real
        for b, size in enumerate(self.sizes):
            log -= size * np.log1p(np.where(self.block == b, rates, 0.0).sum(axis=0) @ spectrum.real / -size)
        kept = np.flatnonzero(log > log[0] + NEGLIGIBLE)
        return np.ascontiguousarray(spectrum[:, kept]), kept

    def _transforms(self, spectrum: Complexes) -> Iterator[tuple[slice, Complexes]]:
        """Yield nodes and the transform of the total in each, shape (node, frequency)."""
        at_once = max(VALUES_AT_ONCE // spectrum.shape[1], 1)
        for start in range(0, len(self.weights), at_once):
            nodes = slice(start, min(start + at_once, len(self.weights)))
            log_total = self._exponent(nodes, -1, spectrum)
            for b, size in enumerate(self.sizes):
                log_total -= size * np.log(1.0 - self._exponent(nodes, b, spectrum) / size)
            yield nodes, np.exp(log_total)

    def _exponent(self, nodes: slice, block: int, spectrum: Complexes) -> Complexes:
        """Return sum of rate x shock x (transform - 1) over a block, shape (node, frequency)."""
        assert self.group is not None and self.block is not None
        inside = np.where(self.block == block, self.rates, 0.0)
        groups = np.zeros((self.values.shape[1], self.rates.shape[1]))
        np.add.at(groups, self.group, inside)
        rate = np.einsum("mgc,gc->mc", self.values[nodes], groups)
        used = np.flatnonzero(groups.any(axis=0))  # a block of one member seldom has every care type
        return np.asarray(rate[:, used] @ spectrum[used], dtype=np.complex128)


def check_grid(severities: Sequence[LatticeLaw], types: int) -> int:
    """Return the number of points, or raise ValueError unless there is one law per care type on one lattice."""
    if len(severities) != types:
        raise ValueError(f"{len(severities)} severities for {types} care types")
    grids = {(severity.step, severity.n) for severity in severities}
    if len(grids) != 1:
        raise ValueError(f"severities lie on different lattices: {sorted(grids)}")
    n = severities[0].n
    if n % 2:
        raise ValueError(f"n = {n}: must be even, and is best a power of two")
    return n


def coarsened(law: LatticeLaw, factor: int) -> LatticeLaw:
    """Return the law on every `factor`-th point, each mass split between the two next to it so as to keep the mean.

    What would be split between the last point and one beyond the grid stays at the last. `factor` must divide n.
    """
    weight = np.arange(factor) / factor
    rows = law.pmf.reshape(-1, factor)
    pmf = rows @ (1.0 - weight)
    pmf[1:] += rows[:-1] @ weight
    pmf[-1] += rows[-1] @ weight
    return LatticeLaw(law.step * factor, pmf, law.mean)


def _back(values: Complexes, kept: Ints, n: int) -> Floats:
    """Return the inverse transform of values at some frequencies and zero at the others, shape (n,)."""
    full = np.zeros(n // 2 + 1, dtype=np.complex128)
    full[kept] = values
    return as_floats(np.fft.irfft(full, n))
