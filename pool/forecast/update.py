r"""Conditioning a simulation on what has been observed: Matheron's rule.

With Y any amount of a path and O what would have been observed on it, (member,),

.. math:: Y' = Y + \text{Cov}(Y, O)\, M\, (o - O), \qquad M = \text{Cov}(O, O)^{-1}

has, for a Gaussian law, exactly the law of Y given O = o (Journel & Huijbregts 1978, Mining Geostatistics, section
VII.A; in numerical weather prediction the ensemble Kalman filter, Evensen 1994). For any other law Y' has the mean of
the best linear forecast, and its spread is the root mean square error of that forecast: right on average over all o,
though not for each o. The rule is linear in Y with one M for all, so what adds up to zero goes on doing so.

Covariances are those of the paths. M is the inverse of a covariance matrix that leans towards a simple one if paths are
few for the number of members: one factor in common, and the rest each by itself, which is what two members of a region
have in common in this model (see `solidair.pool.second_moments`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from solidair.pool.metrics.base import row_blocks

FloatArray = npt.NDArray[np.float64]

ENOUGH = 50
"""Paths per member from which the covariances of the paths are taken as they are: 2 % of the variance is lost."""

LEAST_OWN = 0.005
"""Least share of a member's variance that is its own in the simple matrix, so that it can be inverted."""

RANK = 1e-10
"""Directions of a correlation matrix of less weight than this are rounding."""


@dataclass(frozen=True, eq=False)
class Update:
    """Updates amounts of simulated paths.

    Parameters
    ----------
    simulated
        What would have been observed on each path, (sim, observed) EUR.
    observed
        What was, (observed,) EUR.
    size
        Expected size of each observed member, above 0: what two members have in common goes with the product.

    Raises
    ------
    ValueError
        If there are fewer than two paths, or no two of any observation differ.
    """

    simulated: FloatArray
    observed: FloatArray
    size: FloatArray

    def __post_init__(self) -> None:
        if len(self.simulated) < 2 or not bool(np.all(self.sd > 0.0)):
            raise ValueError("an update needs two paths, and observations that are not the same on all of them")

    @cached_property
    def mean(self) -> FloatArray:
        """Mean of the observation over the paths, (observed,)."""
        return np.asarray(self.simulated.mean(axis=0))

    @cached_property
    def sd(self) -> FloatArray:
        """Its standard deviation, (observed,)."""
        return np.asarray(self.simulated.std(axis=0))

    @cached_property
    def scores(self) -> FloatArray:
        """Observations of each path in standard deviations from their mean, (sim, observed)."""
        return np.asarray((self.simulated - self.mean) / self.sd)

    @cached_property
    def score(self) -> FloatArray:
        """The same of what was observed, (observed,): a z-score against the model."""
        return np.asarray((self.observed - self.mean) / self.sd)

    @cached_property
    def leaning(self) -> float:
        """How far the matrix leans to the simple one, 0 to 1."""
        return 0.0 if len(self.scores) >= ENOUGH * self.score.size else self._lean[1]

    @cached_property
    def _correlation(self) -> FloatArray:
        return _cross(self.scores, self.scores)

    @cached_property
    def _lean(self) -> tuple[FloatArray, float]:
        """Return the simple matrix, and how much of it makes the error least (Ledoit & Wolf 2003).

        The weight is the summed sampling variance of the correlations over their summed squared distance to the simple
        matrix: 1 if that distance is no more than sampling explains.
        """
        found = self._correlation
        loading = self.size / self.sd
        pairs = np.outer(loading, loading)
        np.fill_diagonal(pairs, 0.0)
        common = max(float((found * pairs).sum() / max(float((pairs**2).sum()), 1e-300)), 0.0)
        factor = np.minimum(np.sqrt(common) * loading, np.sqrt(1.0 - LEAST_OWN))
        simple = np.outer(factor, factor)
        np.fill_diagonal(simple, 1.0)
        length = (self.scores**2).sum(axis=1)
        sampling = (float((length**2).mean()) - float((found**2).sum())) / len(self.scores)
        apart = float(((found - simple) ** 2).sum())
        return simple, 1.0 if apart <= sampling else sampling / apart

    @cached_property
    def _inverse(self) -> FloatArray:
        """M in standard deviations, (observed, observed)."""
        matrix = self._correlation
        if self.leaning > 0.0:
            matrix = (1.0 - self.leaning) * matrix + self.leaning * self._lean[0]
        values, vectors = np.linalg.eigh(matrix)
        kept = values > RANK * values[-1]
        return np.asarray((vectors[:, kept] / values[kept]) @ vectors[:, kept].T)

    @cached_property
    def _steps(self) -> FloatArray:
        """M (o - O) of every path, (sim, observed)."""
        return np.asarray(np.einsum("ki,ij->kj", self.score - self.scores, self._inverse))

    @cached_property
    def pull(self) -> FloatArray:
        """(O - E O) M (o - E O) of each path, (sim,): how much more than 1 it counts in an updated mean."""
        return np.asarray(np.einsum("ki,i->k", self.scores, self._inverse @ self.score))

    def of(self, amounts: FloatArray) -> FloatArray:
        """Return updated amounts, in the shape (sim, amount) of those given."""
        gain = _cross(self.scores, amounts - amounts.mean(axis=0))
        return np.asarray(amounts + np.einsum("ki,iq->kq", self._steps, gain))

    def own(self, amounts: FloatArray) -> FloatArray:
        """Return updated amounts of the observed members themselves, (sim, observed) in the order of the observations.

        What follows from a member's own observation, b O with b = Cov(Y, O) / Var(O) of that member alone, is replaced
        by b o, and only the rest is updated. With an M that does not lean this is the same; with one that does it is
        less noisy, and what is the observation itself becomes exactly what was observed.
        """
        slope = np.einsum("ki,ki->i", self.scores, amounts - amounts.mean(axis=0)) / len(self.scores)
        return np.asarray(slope * self.score + self.of(amounts - slope * self.scores))

    def influence(self, updated: FloatArray) -> FloatArray:
        """Return how much each path pulls the mean of updated amounts, (sim, amount).

        With R = Y - Cov(Y, O) M O the updated mean is E R + Cov(Y, O) M o, the forecast of a regression. A path pulls
        it by its own residual, times 1 plus its `pull` because the slope is estimated too (M taken as given).
        """
        return np.asarray((updated - updated.mean(axis=0)) * (1.0 + self.pull)[:, np.newaxis])


def _cross(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the mean over paths of products, (i, q); not a matrix product, whose bits depend on the machine."""
    total = np.zeros((one.shape[1], other.shape[1]))
    for rows in row_blocks(len(one)):
        total += np.einsum("ki,kq->iq", one[rows], other[rows])
    return total / len(one)
