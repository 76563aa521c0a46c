r"""What carrying a risk is worth: premium principles, and the reinstatements of an excess-of-loss layer.

A principle turns the law of a yearly cost X, EUR, into a premium, EUR. Of the principles here three look at moments:
(1 + theta) E[X], E[X] + kappa sd(X) and E[X] + a Var(X) (Bühlmann 1970, Mathematical Methods in Risk Theory, 4.2.1).
Two distort the survival function S by a function g from 0 to 1,

.. math:: H(X) = \int_0^\infty g(S(x))\,dx - \int_{-\infty}^0 (1 - g(S(x)))\,dx ,

with g(u) = u^(1/rho), the proportional hazard (Wang 1995, Insurance: Mathematics and Economics 17, 43; Wang 1996, ASTIN
Bulletin 26, 71), or g(u) = Phi(Phi^-1(u) + lambda) (Wang 2000, Journal of Risk and Insurance 67, 15). These two are
additive over the layers of one risk, and price a layer by its own place in the tail.

A sample counts as a law of its own, with equal weights: then no principle knows more of the tail than its largest
values, and a distorted premium of a heavy tail comes out too low.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.exact.law import HIT, BeyondGridError, LatticeLaw
from solidair.models.severity.base import Severity
from solidair.models.severity.gpd import GPD
from solidair.models.severity.lognormal import Lognormal
from solidair.models.severity.lomax import Lomax
from solidair.models.severity.numeric import Floats, as_floats, check_above
from solidair.models.severity.weibull import Weibull


class NoClosedFormError(ValueError):
    """A premium of this family has no closed form here. Put it on a lattice with `discretise`, or take a sample."""


class Principle(ABC):
    """A premium principle: a sample, a lattice law or a family of severities in, EUR out."""

    def of_sample(self, costs: ArrayLike, axis: int = -1) -> Floats:
        """Return the premium of the empirical law of a sample, with equal weights.

        Parameters
        ----------
        costs
            EUR, of any sign, any shape; at least one value along `axis`.
        axis
            The axis of the simulations.

        Returns
        -------
        Floats
            EUR, in the shape of `costs` without `axis`.

        Raises
        ------
        ValueError
            If there is no value, or one that is not finite.
        """
        x = np.moveaxis(as_floats(costs), axis, -1)
        if x.shape[-1] == 0 or not np.all(np.isfinite(x)):
            raise ValueError("costs: a premium needs at least one value, and finite ones only")
        return self._of_sample(x)

    @abstractmethod
    def of_law(self, law: LatticeLaw) -> float:
        """Return the premium of a law on a lattice, EUR; BeyondGridError if it needs what lies beyond the grid."""

    @abstractmethod
    def of_severity(self, severity: Severity) -> float:
        """Return the premium of one cost of a family, EUR, in closed form; math.inf where it is infinite.

        Raises
        ------
        NoClosedFormError
            If this principle has no closed form for the family.
        """

    @abstractmethod
    def _of_sample(self, x: Floats) -> Floats:
        """Return the premium along the last axis."""


class _Moments(Principle):
    """A principle that looks at mean and variance only."""

    @abstractmethod
    def of_moments(self, mean: ArrayLike, variance: ArrayLike) -> Floats:
        """Return the premium of a law with this mean, EUR, and variance, EUR squared, in their shape."""

    def _of_sample(self, x: Floats) -> Floats:
        return self.of_moments(x.mean(axis=-1), x.var(axis=-1))

    def of_law(self, law: LatticeLaw) -> float:
        """Return the premium of a law on a lattice, EUR."""
        return float(self.of_moments(law.mean, law.variance))

    def of_severity(self, severity: Severity) -> float:
        """Return the premium of one cost, EUR; every family has its moments in closed form or by quadrature."""
        return float(self.of_moments(severity.mean, severity.variance)) if math.isfinite(severity.mean) else math.inf


@dataclass(frozen=True)
class ExpectedValue(_Moments):
    """(1 + theta) E[X].

    Parameters
    ----------
    theta
        Loading, a share of the mean, at least 0.
    """

    theta: float

    def __post_init__(self) -> None:
        _check_loading("ExpectedValue", "theta", self.theta)

    def of_moments(self, mean: ArrayLike, variance: ArrayLike = 0.0) -> Floats:
        """Return the premium, EUR; the variance does not matter."""
        return as_floats((1.0 + self.theta) * as_floats(mean))

    def of_law(self, law: LatticeLaw) -> float:
        """Return the premium of a law on a lattice, EUR."""
        return float(self.of_moments(law.mean))

    def of_severity(self, severity: Severity) -> float:
        """Return the premium of one cost, EUR."""
        return float(self.of_moments(severity.mean))


@dataclass(frozen=True)
class StandardDeviation(_Moments):
    """E[X] + kappa sd(X).

    Parameters
    ----------
    kappa
        Loading, standard deviations, at least 0.
    """

    kappa: float

    def __post_init__(self) -> None:
        _check_loading("StandardDeviation", "kappa", self.kappa)

    def of_moments(self, mean: ArrayLike, variance: ArrayLike) -> Floats:
        """Return the premium, EUR."""
        return as_floats(mean) + _loading(self.kappa, np.sqrt(as_floats(variance)))


@dataclass(frozen=True)
class Variance(_Moments):
    """E[X] + a Var(X). It depends on the unit of money: `a` is per EUR.

    Parameters
    ----------
    a
        Loading, per EUR, at least 0.
    """

    a: float

    def __post_init__(self) -> None:
        _check_loading("Variance", "a", self.a)

    def of_moments(self, mean: ArrayLike, variance: ArrayLike) -> Floats:
        """Return the premium, EUR."""
        return as_floats(mean) + _loading(self.a, as_floats(variance))


class _Distortion(Principle):
    """A principle that distorts the survival function."""

    @abstractmethod
    def distort(self, u: ArrayLike) -> Floats:
        """Return g(u) for probabilities u, in their shape: non-decreasing and concave, g(0) = 0, g(1) = 1."""

    def _of_sample(self, x: Floats) -> Floats:
        n = x.shape[-1]
        weights = -np.diff(self.distort(np.arange(n, -1, -1) / n))
        return as_floats(np.einsum("...k,k->...", np.sort(x, axis=-1), weights))

    def of_law(self, law: LatticeLaw) -> float:
        """Return the premium of a law on a lattice, EUR.

        The step function of a lattice is distorted, so nothing is lost beside what the lattice itself loses. But g
        makes small tails large, and with them the rounding of a Fourier inversion: for a compound Poisson sum of
        exponential costs on 65,536 points 2e-11 relative at rho = 1.5, 1e-9 at rho = 2, 7e-5 at rho = 4, 2e-10 at
        lambda = 2.

        Raises
        ------
        BeyondGridError
            If more than 1e-12 of the probability lies beyond the grid.
        """
        if law.missing > HIT:
            raise BeyondGridError(
                f"a distorted premium needs the whole law, but {law.missing:.3g} of the probability lies beyond the "
                f"end of the grid, {law.n * law.step:g}. Take a longer grid, or cap the costs"
            )
        # Summed from the top, where the terms are small; P(X > point) for every point but the last.
        tail = np.cumsum(law.pmf[:0:-1])[::-1]
        return law.step * float(self.distort(np.clip(tail, 0.0, 1.0)).sum())


@dataclass(frozen=True)
class ProportionalHazard(_Distortion):
    """Integral of S(x)^(1/rho): the hazard rate divided by rho.

    Parameters
    ----------
    rho
        Index of risk aversion, at least 1; 1 is the mean.
    """

    rho: float

    def __post_init__(self) -> None:
        if not 1.0 <= self.rho < math.inf:
            raise ValueError(f"ProportionalHazard: rho = {self.rho}: must be a finite number of at least 1")

    def distort(self, u: ArrayLike) -> Floats:
        """Return u^(1/rho)."""
        return as_floats(as_floats(u) ** (1.0 / self.rho))

    def of_severity(self, severity: Severity) -> float:
        """Return the premium of one cost, EUR: Lomax, GPD, and Weibull with the exponential law as its shape 1.

        S^(1/rho) of a Lomax is that of one with alpha / rho, and infinite from alpha <= rho on; of a Weibull it is that
        of one with scale x rho^(1/shape) (Wang 1995).
        """
        if isinstance(severity, Lomax):
            left = severity.alpha - self.rho
            return severity.theta * self.rho / left if left > 0.0 else math.inf
        if isinstance(severity, GPD):
            left = 1.0 - severity.xi * self.rho
            return severity.beta * self.rho / left if left > 0.0 else math.inf
        if isinstance(severity, Weibull):
            scale = severity.scale * self.rho ** (1.0 / severity.shape)
            return float(scale * math.gamma(1.0 + 1.0 / severity.shape))
        raise NoClosedFormError(f"the proportional hazard premium of a {type(severity).__name__} has no closed form")


@dataclass(frozen=True)
class WangTransform(_Distortion):
    """Distortion by Phi(Phi^-1(u) + lambda).

    Parameters
    ----------
    lam
        Market price of risk lambda, at least 0; 0 is the mean.
    """

    lam: float

    def __post_init__(self) -> None:
        _check_loading("WangTransform", "lam", self.lam)

    def distort(self, u: ArrayLike) -> Floats:
        """Return Phi(Phi^-1(u) + lambda)."""
        return as_floats(special.ndtr(special.ndtri(as_floats(u)) + self.lam))

    def of_normal(self, mean: float, sd: float) -> float:
        """Return mean + lambda sd, EUR: the premium of a normal law."""
        return mean + self.lam * sd

    def of_severity(self, severity: Severity) -> float:
        """Return the premium of one cost, EUR: of a lognormal exp(mu + lambda sigma + sigma^2 / 2) (Wang 2000)."""
        if isinstance(severity, Lognormal):
            return math.exp(severity.mu + self.lam * severity.sigma + 0.5 * severity.sigma**2)
        raise NoClosedFormError(f"the Wang premium of a {type(severity).__name__} has no closed form")


class Reinstated(NamedTuple):
    """What a layer with reinstatements pays and costs in a year; both in the shape of the losses."""

    recovered: Floats
    """EUR that the reinsurer pays."""
    premium: Floats
    """Premium for reinstatements, as a share of the initial premium."""


@dataclass(frozen=True)
class Reinstatements:
    r"""An excess-of-loss layer that is reinstated a number of times, at a premium pro rata of the amount.

    With m the limit, n reinstatements and L what the layer would pay in a year without an end, the reinsurer pays
    min(L, (n + 1) m). The k-th reinstatement restores what was used of the k-th limit, and costs

    .. math:: c_k \, P \, \frac{\min(\max(L - (k - 1) m, 0), m)}{m}

    with P the initial premium (Sundt 1991, Bulletin of the Swiss Association of Actuaries, 51; Mata 2000, ASTIN
    Bulletin 30, 349). It does not depend on when in the year a loss falls.

    Parameters
    ----------
    limit
        Width m of the layer, EUR per loss, above 0.
    rates
        c_k for each reinstatement, shares of the initial premium, at least 0: 0.0 is free, 1.0 is '100 percent'. Empty
        for a layer without reinstatement.
    """

    limit: float
    rates: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_above("Reinstatements", "limit", self.limit)
        object.__setattr__(self, "rates", tuple(float(rate) for rate in self.rates))
        for k, rate in enumerate(self.rates, 1):
            _check_loading("Reinstatements", f"rate {k}", rate)

    @classmethod
    def equal(cls, limit: float, number: int, rate: float) -> Reinstatements:
        """Return a layer with a number of reinstatements at one rate."""
        return cls(limit, (rate,) * number)

    @property
    def number(self) -> int:
        """Number of reinstatements n."""
        return len(self.rates)

    @property
    def most(self) -> float:
        """What the reinsurer pays in a year at most, (n + 1) m, EUR."""
        return (self.number + 1) * self.limit

    def settle(self, losses: ArrayLike) -> Reinstated:
        """Return what is recovered, and the premium that it costs as a share of the initial one.

        Parameters
        ----------
        losses
            L: per year the sum over losses of what falls in the layer, EUR, at least 0, any shape.

        Raises
        ------
        ValueError
            If a loss is negative or not a number.
        """
        total = as_floats(losses)
        if not np.all(total >= 0.0):
            raise ValueError("losses: what falls in a layer in a year must be at least 0")
        # The sum of the c_k parts is linear between whole numbers of limits, and flat beyond n of them.
        knots, heights = np.arange(self.number + 1.0), np.concatenate(([0.0], np.cumsum(self.rates)))
        return Reinstated(np.minimum(total, self.most), as_floats(np.interp(total / self.limit, knots, heights)))

    def pure_premium(self, losses: ArrayLike) -> float:
        """Return the initial premium that pays for a sample of yearly losses, EUR: P (1 + E[premium]) = E[recovered].

        A loading by expected value multiplies it (Sundt 1991). `losses` is as in `settle`, with at least one value.
        """
        if np.size(losses) == 0:
            raise ValueError("losses: a premium needs at least one year")
        recovered, premium = self.settle(losses)
        return float(recovered.mean() / (1.0 + premium.mean()))

    def pure_premium_of(self, law: LatticeLaw) -> float:
        """Return the initial premium that pays for a law of the yearly losses L, EUR, exactly.

        Raises
        ------
        BeyondGridError
            If the grid ends below (n + 1) m.
        """
        means = law.limited_mean(self.limit * np.arange(self.number + 2.0))
        share = float(np.asarray(self.rates) @ np.diff(means[:-1])) / self.limit
        return float(means[-1]) / (1.0 + share)


def _check_loading(name: str, parameter: str, value: float) -> None:
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{name}: {parameter} = {value}: must be a finite number of at least 0")


def _loading(factor: float, spread: Floats) -> Floats:
    """Return factor x spread; nothing of an infinite spread is nothing."""
    return as_floats(factor * spread) if factor > 0.0 else np.zeros_like(spread)
