"""Benchmark: the compiled kernel, case by case, against plain vectorised numpy, both on one thread.

Ten members with 5 to 400 cases a year, lognormal costs, the excess of cases above EUR 100,000 shared by size. Both
sides return the same: what each member's cases cost and what it bears, per simulated year. Ours is kernel and
settlement, preparation included; `simulate`, which also computes exact moments, errors and checks, is shown beside
it. Runs are interleaved, so that a machine that slows down slows all; the ratio is the median over the rounds, in
CPU seconds. Also shown: how far the means are from the exact ones, the time to compile, and the peak memory of
100,000 years.

Run it with ``python benchmarks/kernel.py``. It exits with 1 if a promise is not met: at least 3 times numpy's cases
per CPU second, less than 500 MB, and means that agree with the exact ones.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.costs import CostModel
from solidair.models.regions import Municipality, Region
from solidair.models.schema import Words
from solidair.pool import Study, simulate
from solidair.pool.agreements import Agreement, settle
from solidair.pool.draw import DrawPlan
from solidair.pool.run import measures_of

if __package__ in (None, ""):  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import plain_numpy

FloatArray = npt.NDArray[np.float64]
Contestant = Callable[[int, int], tuple[FloatArray, FloatArray, int]]
"""Years and seed in; own cost and what members bear, both (year, member) EUR, and the number of cases out."""

BLOCK = 1_024

RATES = np.array([5, 10, 25, 50, 80, 120, 180, 250, 380, 400], dtype=np.float64)
MU, SIGMA, LINE = 9.0, 1.3, 100_000.0
SIZE = 1e5
"""Negative binomial size that stands for Poisson: its SD is 1.002 times Poisson's at 400 cases a year."""

MEMORY_YEARS = 100_000
LEAST_RATIO, MOST_MEGABYTES, FARTHEST = 3.0, 500.0, 4.5


def study() -> Study:
    """Return the study of the benchmark: youths are chosen such that each stands for one expected case."""
    both = {"nl": "meting", "en": "benchmark"}

    def number(value: float) -> dict[str, object]:
        return {"value": float(value), "unit": "unit", "grade": "assumed", "source": "benchmark"}

    levels = {level: {"sd": number(0)} for level in ("national", "regional", "local")}
    costs = {
        "title": both,
        "price_level": 2024,
        "national_youth": number(1_000_000),
        "budget_per_youth": number(1_000),
        "need_spread": {"sd": number(0)},
        "volume": levels,
        "price": levels,
        "persons": {f"per_person_{kind}": number(1) for kind in ("without_stay", "with_stay", "overall")},
        "care_types": {
            "care": {
                "label": both,
                "iv3": [],
                "ijw": [],
                "stay": False,
                "clients_per_1000": number(1_000),
                "overdispersion_size": number(SIZE),
                "severity": {"family": "lognormal", "mu": number(MU), "sigma": number(SIGMA)},
            }
        },
    }
    clause = {
        "title": both,
        "take": {"kind": "excess", "retention": LINE},
        "charge": {"kind": "key", "key": {"kind": "youth"}},
    }
    agreement = {"title": both, "summary": both, "source": "benchmark", "clauses": [clause]}
    members = tuple(
        Municipality(f"GM{n:04d}", f"Member {n}", 5 * int(rate), int(rate), 1_000.0 * rate, need_index=1.0)
        for n, rate in enumerate(RATES, 1)
    )
    return Study(
        "benchmark",
        Words(**both),
        Region("benchmark", "Benchmark", members, "", "", None),
        CostModel.from_document(costs, "benchmark", "benchmark"),
        (Agreement.from_document(agreement, "excess", "benchmark"),),
    )


def exact_means() -> tuple[FloatArray, FloatArray]:
    """Return the exact mean of own cost and of what each member bears, (member,) EUR, from closed forms."""
    mean = math.exp(MU + SIGMA**2 / 2)
    d = (MU - math.log(LINE)) / SIGMA
    excess = mean * special.ndtr(d + SIGMA) - LINE * special.ndtr(d)
    # The key is the number of expected cases, so that nobody pays or gains on average.
    return RATES * mean, RATES * (mean - excess) + RATES / RATES.sum() * RATES.sum() * excess


@dataclass(frozen=True)
class Side:
    """One contestant: cases per CPU second of each run, and the largest |z| of its means."""

    speed: list[float]
    farthest: float


@dataclass(frozen=True)
class Outcome:
    """What the comparison gave: our kernel with settlement, plain numpy, and the whole of `simulate`."""

    ours: Side
    numpy: Side
    whole: Side

    @property
    def ratio(self) -> float:
        """Median over rounds of our speed over numpy's."""
        return median(a / b for a, b in zip(self.ours.speed, self.numpy.speed, strict=True))


def farthest_z(own: list[FloatArray], contribution: list[FloatArray]) -> float:
    """Return the largest |z| of the means of both amounts over all runs and members."""
    scores = []
    for parts, exact in zip((own, contribution), exact_means(), strict=True):
        years = np.concatenate(parts)
        scores.append((years.mean(axis=0) - exact) / (years.std(axis=0, ddof=1) / math.sqrt(len(years))))
    return float(np.abs(scores).max())


def kernel_and_settlement(ours: Study, years: int, seed: int) -> tuple[FloatArray, FloatArray, int]:
    """Return own cost and what members bear, (year, member) EUR, and the number of cases."""
    measures = measures_of(ours)
    plan = DrawPlan.make(ours.region, ours.costs, measures)
    clients = next(place for place, measure in enumerate(measures.measures) if measure.attachment is None)
    own, contribution = np.empty((years, len(RATES))), np.empty((years, len(RATES)))
    cases = 0.0
    for first in range(0, years, BLOCK):
        rows = slice(first, min(first + BLOCK, years))
        claims = plan.draw(seed, first, rows.stop - first)
        ledger = settle(ours.agreements[0], claims, measures, ours.region)
        own[rows], contribution[rows] = ledger.own[:, 0], ledger.contribution[:, 0]
        cases += claims[clients].sum()
    return own, contribution, round(cases)


def whole(ours: Study, years: int, seed: int) -> tuple[FloatArray, FloatArray, int]:
    """Return the same from the public `simulate`."""
    results = simulate(ours, years, seed, 1)
    place = next(k for k, measure in enumerate(results.measures.measures) if measure.attachment is None)
    # What the clients deviate from their exact mean, summed over the years, plus that mean.
    cases = years * results.exact_mean[place].sum() + results.central_sums[0, place].sum()
    return results.own[:, 0], results.contributions["excess"][:, 0], round(float(cases))


def compare(years: int, repeats: int) -> Outcome:
    """Run all, interleaved, on one thread each."""
    ours = study()
    contestants: list[Contestant] = [
        lambda n, seed: kernel_and_settlement(ours, n, seed),
        lambda n, seed: plain_numpy.simulate(RATES, MU, SIGMA, LINE, n, seed),
        lambda n, seed: whole(ours, n, seed),
    ]
    for contestant in contestants:  # compile, or load what was compiled, outside the measurement
        contestant(256, 0)
    speeds: list[list[float]] = [[] for _ in contestants]
    kept: list[tuple[list[FloatArray], list[FloatArray]]] = [([], []) for _ in contestants]
    for repeat in range(repeats):
        for number, contestant in enumerate(contestants):
            start = time.process_time()
            own, contribution, cases = contestant(years, repeat)
            speeds[number].append(cases / (time.process_time() - start))
            kept[number][0].append(own)
            kept[number][1].append(contribution)
    return Outcome(*(Side(speed, farthest_z(*sums)) for speed, sums in zip(speeds, kept, strict=True)))


def alone(years: int) -> dict[str, float]:
    """Run ours once in this process and return its peak memory in MB and its CPU seconds."""
    start = time.process_time()
    simulate(study(), years, 1, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    return {"megabytes": peak / unit * 2**20 / 1e6, "seconds": time.process_time() - start}


def in_a_process_of_its_own(years: int, cache: str | None = None) -> dict[str, float]:
    """Return `alone(years)` of a new process; with an empty `cache` folder that process must compile."""
    environment = os.environ | ({"NUMBA_CACHE_DIR": cache} if cache else {})
    command = [sys.executable, str(Path(__file__).resolve()), "--alone", str(years)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 1 if a promise is not met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=100_000, help="simulated years per run (default 100,000)")
    parser.add_argument("--repeats", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--memory-years", type=int, default=MEMORY_YEARS, help="years of the memory test")
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.alone:
        print(json.dumps(alone(options.alone)))
        return 0
    # First, while this process is small: Linux hands the peak of a parent down to its children.
    memory = in_a_process_of_its_own(options.memory_years)
    warm = in_a_process_of_its_own(256)["seconds"]
    with tempfile.TemporaryDirectory() as empty:
        cold = in_a_process_of_its_own(256, empty)["seconds"]
    outcome = compare(options.years, options.repeats)
    print(f"{RATES.sum():,.0f} cases a year, {options.years:,} years, {options.repeats} rounds, one thread")
    for name, side in (("solidair", outcome.ours), ("numpy", outcome.numpy), ("simulate", outcome.whole)):
        speed = median(side.speed)
        print(f"{name:>9}: {speed / 1e6:6.1f} million cases per CPU second ({1e9 / speed:4.1f} ns a case)", end="")
        print(f", means at most {side.farthest:.1f} standard errors from exact")
    print(f"    ratio: {outcome.ratio:.2f} (promised: at least {LEAST_RATIO:g})")
    print(f"   memory: {memory['megabytes']:.0f} MB at {options.memory_years:,} years", end="")
    print(f" (promised: less than {MOST_MEGABYTES:g}), {memory['seconds']:.1f} CPU seconds")
    print(f"  compile: {cold - warm:.1f} CPU seconds, once per machine and version")
    kept = (
        outcome.ratio >= LEAST_RATIO
        and memory["megabytes"] < MOST_MEGABYTES
        and max(side.farthest for side in (outcome.ours, outcome.numpy, outcome.whole)) < FARTHEST
    )
    print("all promises kept" if kept else "A PROMISE IS NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
