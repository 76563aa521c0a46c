"""Conditional means: how far estimates from simulated years are from the exact ones.

Twenty members with two kinds of care, light and heavy, of which members need very different mixes. The exact
conditional mean h_i(s) comes by Fourier transform; costs are drawn from the same lattice, so that nothing but the
estimate differs. The error of an estimate is the root of its mean squared error over the law of the total, as a share
of the standard deviation of h_i(S), averaged over members: in the body, the middle 99.9 % of totals, and in the top
1 %.

Run it with ``python -m benchmarks.conditional_mean``; it takes about a minute. It exits with 1 if the order is not the
one that the documentation tells.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Clock, machine
from solidair.models.exact import LatticeLaw, Portfolio, Sharing, lattices_for, share_by_conditional_mean, tail_shares
from solidair.models.severity import Lognormal, Lomax, Severity
from solidair.pool.rules import ConditionalMean, Law, Linear, MeanProportional
from solidair.pool.rules.bsplines import knots_between, splines

Floats = NDArray[np.float64]
Estimate = Callable[[Floats], Floats]
"""From totals, shape (total,), to contributions, shape (total, member)."""

MEMBERS = 20
SEVERITIES: tuple[Severity, ...] = (Lognormal(9.0, 0.9).capped(1e5), Lomax(2.5, 9e4).capped(2e6))
SHOCK = 25.0
"""Size of the gamma shock on all numbers of cases: a standard deviation of 20 percent."""
YEARS = (20_000, 100_000)
NODES = (50, 400)
BODY, TOP = (0.0005, 0.9995), 0.99
BEST = "share spline"


@dataclass(frozen=True)
class Pool:
    """A pool with its exact conditional means."""

    rates: Floats
    shock: float | None
    lattices: list[LatticeLaw]
    exact: Sharing

    @classmethod
    def make(cls, shock: float | None, seed: int = 5) -> Pool:
        """Return the pool: sizes and mixes of care are lognormal over members."""
        rng = np.random.Generator(np.random.PCG64(seed))
        size, mix = np.exp(rng.normal(0.0, 0.7, MEMBERS)), np.exp(rng.normal(0.0, 1.0, MEMBERS))
        size, mix = size / size.mean(), mix / mix.mean()
        rates = np.column_stack([10.0 * size, 0.5 * size * mix])
        portfolio = Portfolio.poisson(rates) if shock is None else Portfolio.shared_gamma(rates, shock)
        lattices = lattices_for(portfolio, SEVERITIES)
        return cls(rates, shock, lattices, share_by_conditional_mean(portfolio, lattices))

    def draw(self, years: int, seed: int) -> Floats:
        """Return costs, shape (year, member), EUR, case by case from the lattice."""
        rng = np.random.Generator(np.random.PCG64(seed))
        shock = np.ones(years) if self.shock is None else rng.gamma(self.shock, 1.0 / self.shock, years)
        costs = np.zeros((years, MEMBERS))
        for care, law in enumerate(self.lattices):
            cdf = law.cdf / law.cdf[-1]
            for member in range(MEMBERS):
                cases = rng.poisson(self.rates[member, care] * shock)
                cost = law.step * np.searchsorted(cdf, rng.random(cases.sum()), side="right")
                costs[:, member] += np.bincount(np.repeat(np.arange(years), cases), weights=cost, minlength=years)
        return costs

    def given_shocks(self, nodes: int, seed: int) -> Sharing:
        """Return conditional means by Fourier transform with draws of the shock in place of its law."""
        assert self.shock is not None
        rng = np.random.Generator(np.random.PCG64(seed))
        # One draw from each of as many equally likely ranges of the shock, by a large sorted sample.
        sample = np.sort(rng.gamma(self.shock, 1.0 / self.shock, 1_000 * nodes)).reshape(nodes, 1_000)
        values = sample[np.arange(nodes), rng.integers(0, 1_000, nodes)]
        portfolio = Portfolio.shocked(self.rates, np.full(nodes, 1.0 / nodes), values)
        return share_by_conditional_mean(portfolio, self.lattices)

    def error(self, estimate: Estimate) -> tuple[float, float]:
        """Return the error in the body and in the top."""
        cells = self.exact.reliable
        chance, points = self.exact.parts.total[cells], self.exact.points[cells]
        true = self.exact.on_lattice(cells).T
        squares = (estimate(points) - true) ** 2
        spread = np.sqrt(chance @ (true - chance @ true) ** 2)
        level = self.exact.law.cdf[cells]
        body, top = (level > BODY[0]) & (level < BODY[1]), level > TOP
        found = [np.mean(np.sqrt(chance[part] @ squares[part] / chance[part].sum()) / spread) for part in (body, top)]
        return float(found[0]), float(found[1])


def bins(costs: Floats, count: int) -> Estimate:
    """Return the shares of bins with as many years each, as steps."""
    totals = costs.sum(axis=1)
    edges = np.quantile(totals, np.linspace(0.0, 1.0, count + 1)[1:-1])
    where = np.searchsorted(edges, totals)
    sums = np.stack([np.bincount(where, weights=column, minlength=count) for column in costs.T], axis=1)
    # Between two equal edges lies no year, and no total either.
    shares = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1.0)
    return lambda s: shares[np.searchsorted(edges, s)] * s[:, None]


def plain_spline(costs: Floats, terms: int = 10) -> Estimate:
    """Return a cubic spline in the total itself, by plain least squares."""
    totals = costs.sum(axis=1)
    inside = np.quantile(totals, np.linspace(0.0, 1.0, terms - 2)[1:-1])
    knots = knots_between(float(totals.min()), float(totals.max()), inside)
    coefficients = np.linalg.lstsq(splines(knots, totals).T, costs, rcond=None)[0]
    # Beyond the years in proportion, so that this too adds up to the total.
    return lambda s: splines(knots, s).T @ coefficients * (s / np.clip(s, totals.min(), totals.max()))[:, None]


def estimates(pool: Pool, costs: Floats) -> dict[str, Estimate]:
    """Return all estimates from simulated years."""
    law = Law.of_sample(costs)
    tail = tail_shares(pool.rates, SEVERITIES, 1e6)
    return {
        "mean-proportional": MeanProportional.fit(law).of_total,
        "linear": Linear.fit(law).of_total,
        "50 bins": bins(costs, 50),
        "200 bins": bins(costs, 200),
        "1000 bins": bins(costs, 1_000),
        "spline in s, 10 terms": plain_spline(costs),
        BEST: ConditionalMean.fit(law).of_total,
        "share spline, tail known": ConditionalMean.fit(law, tail=tail).of_total,
    }


def measure(pool: Pool, years: int, samples: int) -> dict[str, tuple[float, float]]:
    """Return the errors of all estimates, averaged over samples."""
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(samples):
        for name, estimate in estimates(pool, pool.draw(years, 100 + seed)).items():
            found.setdefault(name, []).append(pool.error(estimate))
    if pool.shock is not None:
        for nodes in NODES:
            rules = [ConditionalMean(pool.given_shocks(nodes, 200 + seed)) for seed in range(samples)]
            found[f"Fourier, {nodes} shocks"] = [pool.error(rule.of_total) for rule in rules]
    means = {name: np.mean(errors, axis=0) for name, errors in found.items()}
    return {name: (float(body), float(top)) for name, (body, top) in means.items()}


def in_order(errors: dict[str, tuple[float, float]]) -> bool:
    """Return whether, in the body, Fourier transforms are better than the share spline, and that better than others."""
    best = errors[BEST][0]
    fourier = [body for name, (body, _) in errors.items() if name.startswith("Fourier")]
    others = [body for name, (body, _) in errors.items() if not name.startswith(("Fourier", BEST))]
    return max(fourier, default=0.0) < best < min(others)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, nargs="+", default=YEARS, help="sizes of the samples, ascending")
    parser.add_argument("--samples", type=int, default=4, help="samples that are averaged over (default 4)")
    options = parser.parse_args(arguments)
    clock = Clock()
    print(machine())
    kept = True
    for title, shock in (("independent members", None), ("a shock that all share", SHOCK)):
        pool = Pool.make(shock)
        for years in options.years:
            errors = measure(pool, years, options.samples)
            print(f"\n{title}, {years:,} years: error in the body and in the top 1 %, in sd of h_i")
            for name, (body, top) in errors.items():
                print(f"  {name:26}{body:6.3f}  {top:5.2f}")
        kept &= in_order(errors)
    print(f"\n{clock.lap()[0]:.0f} s")
    print(f"{'kept    ' if kept else 'NOT KEPT'}  with the most years: Fourier, then the share spline, then the others")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
