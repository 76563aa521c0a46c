"""The reference: ten members, 1,500 cases a year, 100,000 years, one thread; ours against plain numpy.

Members with 5 to 400 cases a year, Poisson counts, lognormal costs, what a case costs above EUR 100,000 shared by size.
Every contestant does the whole job: it draws, shares, and gives mean, SD, VaR and TVaR at 95, 99 and 99.5 percent of
what each member's cases cost and of what it bears. Ours begins at the files of the study and makes the calls of
`benchmarks.ten_lines`; it also computes exact moments and sums for the check, and is given no credit for them.

Every run is a process of its own, so that none inherits the memory of another; imports and the loading of compiled code
are not counted. Rounds are interleaved, so that a machine that slows down slows all; a ratio is the median over the
rounds, in CPU seconds. Every figure of every contestant is compared with the exact one.

Run it with ``python -m benchmarks.reference``. It exits with 1 if a promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import plain_numpy
from benchmarks.measuring import ROOT, Clock, machine, own_process, peak_bytes, verdict
from benchmarks.plain_numpy import FloatArray, Model

if TYPE_CHECKING:  # only ours loads solidair, or memory would tell nothing
    from solidair.pool import Results

MODEL = Model(np.array([5, 10, 25, 50, 80, 120, 180, 250, 380, 400], dtype=np.float64), 9.0, 1.3, 100_000.0)
LEVELS = (0.95, 0.99, 0.995)
STUDY = ROOT / "benchmarks" / "reference_study"
YEARS = 100_000

LEAST_SINGLE, LEAST_BULK, MOST_MEGABYTES, FARTHEST = 4.0, 25.0, 300.0, 4.5
"""Promises: ratios to numpy's first version, memory, and the largest |z| that is put down to chance."""

Contestant = Callable[[int, int], FloatArray]
"""Years and seed in; the figures out, shape (amount, figure, member) EUR: own and borne; as `plain_numpy.summary`."""

Measured = dict[str, Any]
"""CPU seconds 'cpu', peak memory 'megabytes', and 'figures' as nested lists."""


def figures(results: Results) -> FloatArray:
    """Return the figures of a run of ours."""
    from solidair.pool.metrics.quantiles import tail_value_at_risk, value_at_risk

    net = results.sample("excess")
    rows = []
    for sample in (net.stand_alone, net):
        at_risk = [value_at_risk(sample.ordered, level) for level in LEVELS]
        tails = [tail_value_at_risk(sample.ordered, level) for level in LEVELS]
        rows.append([sample.mean, sample.sd, *at_risk, *tails])
    return np.array(rows)


def ours(years: int, seed: int, *, case_by_case: bool = False, tables: tuple[str, ...] = ()) -> FloatArray:
    """Do the job with solidair, from its files to the figures; make tables of its own too if asked."""
    from solidair.pool import Study, simulate

    results = simulate(Study.load(STUDY), years, seed, threads=1, case_by_case=case_by_case)
    for name in tables:
        results.table(name)
    return figures(results)


def _plain(draw: Callable[[Model, int, int], plain_numpy.Drawn], years: int, seed: int) -> FloatArray:
    own, contribution, _ = draw(MODEL, years, seed)
    return plain_numpy.summary((own, contribution), LEVELS)


TABLES = ("stability", "transfers", "fairness", "check")

CONTESTANTS: dict[str, Contestant] = {
    "numpy, member by member": lambda n, seed: _plain(plain_numpy.by_member, n, seed),
    "numpy, 1,000 years at a time": lambda n, seed: _plain(plain_numpy.in_chunks, n, seed),
    "numpy, tuned for the cache": lambda n, seed: _plain(plain_numpy.tuned, n, seed),
    "solidair, case by case": lambda n, seed: ours(n, seed, case_by_case=True),
    "solidair": ours,
    "solidair, all metrics and errors": lambda n, seed: ours(n, seed, tables=TABLES),
}
FIRST, TUNED, SINGLE, BULK = (
    "numpy, member by member",
    "numpy, tuned for the cache",
    "solidair, case by case",
    "solidair",
)


def here(name: str, years: int, seed: int) -> Measured:
    """Run one contestant in this process, after a small run that compiles, or loads what was compiled."""
    contestant = CONTESTANTS[name]
    contestant(512, seed)
    clock = Clock()
    found = contestant(years, seed)
    return {"cpu": clock.lap()[1], "megabytes": peak_bytes() / 1e6, "figures": found.tolist()}


def by_itself(name: str, years: int, seed: int) -> Measured:
    """Run one contestant in a process of its own."""
    return own_process("benchmarks.reference", "--years", str(years), "--seed", str(seed), "--alone", name)


@dataclass(frozen=True)
class Side:
    """One contestant: CPU seconds and peak memory of each round, and how far every figure is from the exact one."""

    seconds: list[float]
    megabytes: list[float]
    scores: FloatArray

    @property
    def farthest(self) -> float:
        """The largest |z| of all figures that can be judged."""
        return float(np.nanmax(np.abs(self.scores)))


def compare(years: int, rounds: int, measure: Callable[[str, int, int], Measured] = by_itself) -> dict[str, Side]:
    """Run all contestants, interleaved."""
    from benchmarks.exact_reference import exact_laws, judged

    for name in CONTESTANTS:  # compile now, if anything has to be: that takes time and memory
        measure(name, 512, 0)
    runs: dict[str, list[Measured]] = {name: [] for name in CONTESTANTS}
    for seed in range(1, rounds + 1):
        for name in CONTESTANTS:
            runs[name].append(measure(name, years, seed))
    laws = exact_laws(MODEL)
    sides = {}
    for name, measured in runs.items():
        scores = np.zeros((2, len(MODEL.rates), 2 + 2 * len(LEVELS)))
        for run in measured:
            for k, i in np.ndindex(scores.shape[:2]):
                scores[k, i] += laws[k][i].scores(np.array(run["figures"])[k, :, i], years, LEVELS)
        # Rounds are independent, so the sum of their scores over the root of their number is a score.
        seconds, megabytes = ([run[key] for run in measured] for key in ("cpu", "megabytes"))
        sides[name] = Side(seconds, megabytes, judged(scores / rounds**0.5))
    return sides


def ratio(sides: dict[str, Side], name: str, to: str = FIRST) -> float:
    """Return how many times faster than another contestant: the median over rounds."""
    return median(a / b for a, b in zip(sides[to].seconds, sides[name].seconds, strict=True))


def table(sides: dict[str, Side], years: int) -> list[str]:
    """Return the comparison as lines."""
    cases = years * MODEL.rates.sum()
    lines = [f"{'':32}  CPU s  M cases/s  x first  x tuned     MB  largest |z|"]
    for name, side in sides.items():
        spent, peak = median(side.seconds), max(side.megabytes)
        lines.append(
            f"{name:32}  {spent:5.2f}  {cases / spent / 1e6:9.0f}  {ratio(sides, name):7.1f}"
            f"  {ratio(sides, name, TUNED):7.1f}  {peak:5.0f}  {side.farthest:11.1f}"
        )
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=YEARS, help="simulated years per run (default 100,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--alone", choices=list(CONTESTANTS), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.alone:
        print(json.dumps(here(options.alone, options.years, options.seed)))
        return 0
    from benchmarks import parts

    sides = compare(options.years, options.rounds)
    print(f"{machine()}\n{MODEL.rates.sum():,.0f} cases a year, {options.years:,} years, {options.rounds} rounds\n")
    print("\n".join(table(sides, options.years)))
    for case_by_case in (True, False):
        title = "case by case" if case_by_case else "small cases in bulk"
        print(f"\nwhere the time goes, {title}\n" + "\n".join(parts.report(STUDY, options.years, case_by_case)))
    memory = max(max(sides[name].megabytes) for name in (SINGLE, BULK))
    kept = {
        f"case by case at least {LEAST_SINGLE:g} times numpy": ratio(sides, SINGLE) >= LEAST_SINGLE,
        f"in bulk at least {LEAST_BULK:g} times numpy": ratio(sides, BULK) >= LEAST_BULK,
        f"peak memory below {MOST_MEGABYTES:g} MB": memory < MOST_MEGABYTES,
        "every figure agrees with the exact one": max(side.farthest for side in sides.values()) < FARTHEST,
    }
    return verdict(kept)


if __name__ == "__main__":
    sys.exit(main())
