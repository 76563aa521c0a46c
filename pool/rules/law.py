"""What a sharing rule may need to know of the costs of members, and how it says that it does not know enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.exact.sharing import Sharing
from solidair.models.severity.numeric import Floats, as_floats


class RuleError(ValueError):
    """A sharing rule cannot be used as asked."""


class LawError(RuleError):
    """The law of the costs lacks what a rule needs, or is of no use for it."""


class SmallSampleError(RuleError):
    """There are too few simulated years for a rule that is estimated from them."""


class UncappedError(RuleError):
    """Exponential utility was asked for costs that have no cap."""


@dataclass(frozen=True, eq=False)
class Law:
    """Costs of the members of a pool in one year, as far as they are known.

    Parameters
    ----------
    means
        Expected cost of each member, shape (member,), EUR, at least 0.
    covariance
        Shape (member, member), EUR squared; None if it is not known or not finite.
    sample
        Simulated costs, shape (sim, member), EUR; None if there are none. Years of one path must stand next to each
        other: error bars take blocks of neighbours as independent.
    exact
        Exact conditional means of the same members; None if there are none.

    Raises
    ------
    LawError
        If shapes do not match, or a number is not as above.
    """

    means: Floats
    covariance: Floats | None = None
    sample: Floats | None = None
    exact: Sharing | None = None

    def __post_init__(self) -> None:
        means = as_floats(self.means)
        if means.ndim != 1 or not len(means) or not np.all(np.isfinite(means)) or means.min() < 0.0:
            raise LawError("means: every member needs a finite expected cost of at least 0")
        object.__setattr__(self, "means", means)
        members = len(means)
        if self.covariance is not None:
            covariance = as_floats(self.covariance)
            if covariance.shape != (members, members) or not np.all(np.isfinite(covariance)):
                raise LawError(
                    f"covariance has shape {covariance.shape}: it must be a finite table {(members, members)}. "
                    "Leave it out where variances are infinite"
                )
            object.__setattr__(self, "covariance", covariance)
        if self.sample is not None:
            sample = as_floats(self.sample)
            if sample.ndim != 2 or sample.shape[1] != members or not len(sample):
                raise LawError(f"sample has shape {sample.shape}: it must be (sim, {members}), with at least one sim")
            if not np.isfinite(sample.sum()):
                raise LawError("sample: every amount must be a finite number")
            object.__setattr__(self, "sample", sample)
        if self.exact is not None and self.exact.means.shape != (members,):
            raise LawError(f"exact has {len(self.exact.means)} members, but means has {members}")

    @classmethod
    def of_sample(cls, sample: ArrayLike) -> Law:
        """Return the law of equally likely years, shape (sim, member), EUR; variances divide by the number of years."""
        table = as_floats(sample)
        if table.ndim != 2 or not len(table):
            raise LawError(f"sample has shape {table.shape}: it must be (sim, member), with at least one sim")
        return cls(as_floats(table.mean(axis=0)), sample=table)

    @classmethod
    def of_exact(cls, sharing: Sharing) -> Law:
        """Return the law that belongs to exact conditional means."""
        return cls(sharing.means, exact=sharing)

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.means)

    @cached_property
    def variances(self) -> Floats:
        """Variance of each member's cost, shape (member,), EUR squared; LawError if it is not known."""
        if self.covariance is not None:
            return as_floats(np.diagonal(self.covariance))
        if self.sample is not None:
            return as_floats(self.sample.var(axis=0))
        raise LawError("this rule needs the variance of every member: give the covariance or a sample")

    @cached_property
    def with_total(self) -> Floats:
        """Covariance of each member's cost with the total, shape (member,), EUR squared; LawError if not known.

        From an exact law as E[X_i S] - mean_i mean_S, with E[X_i S] the sum over s of s E[X_i; S = s].
        """
        if self.covariance is not None:
            return as_floats(self.covariance.sum(axis=1))
        if self.sample is not None:
            total = self.sample.sum(axis=1)
            return as_floats(np.einsum("si,s->i", self.sample, total - total.mean()) / len(total))
        if self.exact is not None:
            law = self.exact.law
            if law.missing > 1e-9:  # a second moment is far more than its share of the probability
                raise LawError(f"{law.missing:.2g} of the total lies beyond the grid: take a longer grid, or a sample")
            return as_floats(self.exact.joint() @ (self.exact.points - float(law.mean)))
        raise LawError("this rule needs covariances: give the covariance, a sample or an exact law")
