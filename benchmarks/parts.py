"""Where the time of the reference goes: the stages of a run, and inside the kernel what a case and a cell cost.

Stages are timed in the run itself, each without what it calls. The parts of the kernel are too short to be timed one by
one, so each is run by itself over the same cells and cases: first the random numbers, then the same with the look-ups,
and so on; the differences are shown. What the kernel takes beyond them is its loop over cells.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numba as nb
import numpy as np
import numpy.typing as npt

from solidair.pool import Study, run, simulate, store
from solidair.pool.blocks import Engine, Totals, compile_study
from solidair.pool.draw import DrawPlan
from solidair.pool.kernels.arrays import COST, COUNT, LARGE_COST, LARGE_COUNT, SUM, scratch
from solidair.pool.kernels.cases import add_costs
from solidair.pool.kernels.counts import guided_poisson, poisson_quantile
from solidair.pool.kernels.random import BATCH, ZERO, fill, threefry2x64, uniform
from solidair.pool.kernels.tables import fill_costs, sum_of
from solidair.pool.metrics.quantiles import tail_value_at_risk, value_at_risk
from solidair.pool.settlement import Plan
from solidair.pool.store import Store

Seconds = dict[str, float]
IntArray = npt.NDArray[np.int64]

STAGES: dict[str, tuple[Any, str]] = {
    "preparation: tables and exact moments": (run, "compile_study"),
    "draw": (DrawPlan, "draw"),
    "settlement, which checks conservation": (Plan, "settle"),
    "sums for the check and of the ledger": (run, "compute"),
    "expectations given the need": (store, "expectations"),
    "keeping": (Store, "keep"),
    "adding up": (Totals, "add"),
}
"""What a run calls, by what it is for; each is timed without those within it."""


class Stopwatch:
    """CPU seconds per stage; of nested stages only the inner one runs."""

    def __init__(self) -> None:
        self.seconds: Seconds = {}
        self._open: list[str] = []
        self._since = time.process_time()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage."""
        self._charge()
        self._open.append(name)
        yield
        self._charge()
        self._open.pop()

    def _charge(self) -> None:
        now = time.process_time()
        if self._open:
            self.seconds[self._open[-1]] = self.seconds.get(self._open[-1], 0.0) + now - self._since
        self._since = now

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that times itself as a stage."""

        def timed(*arguments: Any, **options: Any) -> Any:
            with self.stage(name):
                return function(*arguments, **options)

        return timed


def stages(folder: Path, years: int, case_by_case: bool) -> Seconds:
    """Run the job once, on one thread, and return CPU seconds per stage."""
    simulate(Study.load(folder), 512, 1, threads=1, case_by_case=case_by_case)  # compile, or load what was compiled
    watch = Stopwatch()
    with ExitStack() as stack:
        for name, (home, attribute) in STAGES.items():
            stack.enter_context(patch.object(home, attribute, watch.around(name, getattr(home, attribute))))
        with watch.stage("the rest of the run"):
            results = simulate(Study.load(folder), years, 1, threads=1, case_by_case=case_by_case)
        with watch.stage("summaries: SD, VaR, TVaR"):
            net = results.sample("excess")
            for sample in (net.stand_alone, net):
                _ = sample.mean, sample.sd
                for level in (0.95, 0.99, 0.995):
                    value_at_risk(sample.ordered, level)
                    tail_value_at_risk(sample.ordered, level)
    return watch.seconds


def _jit(function: Callable[..., Any]) -> Callable[..., Any]:
    # As the kernel is compiled, but not cached: the cache would not see that the kernel changed.
    return nb.njit(nogil=True, _nrt=False)(function)


@_jit
def _run_counts(what, seed, keys, rates, bulk, small, large):  # type: ignore[no-untyped-def]
    """Draw what decides the counts of every cell; with `what` = 1 look them up as well."""
    kept = np.uint64(0)
    for s in range(small.shape[0]):
        path = np.uint64(s) << np.uint64(16)
        for i in range(small.shape[1]):
            word = threefry2x64(seed, keys[COUNT, i, 0], path, ZERO)[0]
            kept ^= word
            if bulk.row[0] < 0:
                if what == 1:
                    large[s, i] = poisson_quantile(uniform(word), rates[i])
                continue
            other = threefry2x64(seed, keys[LARGE_COUNT, i, 0], path, ZERO)[0]
            kept ^= other
            if what == 1:
                row = np.uint64(bulk.guide[i, 0])
                small[s, i] = guided_poisson(
                    bulk.limits, bulk.guides, bulk.starts, bulk.shifts, bulk.offsets, row, word
                )
                large[s, i] = guided_poisson(
                    bulk.limits, bulk.guides, bulk.starts, bulk.shifts, bulk.offsets, row + np.uint64(1), other
                )
    return kept


@_jit
def _run_sums(what, seed, keys, bulk, small):  # type: ignore[no-untyped-def]
    """Draw the uniform of the sum of small cases of every cell; with `what` = 1 look the sum up as well."""
    kept = 0.0
    for s in range(small.shape[0]):
        path = np.uint64(s) << np.uint64(16)
        for i in range(small.shape[1]):
            word = threefry2x64(seed, keys[SUM, i, 0], path, ZERO)[0]
            if what == 0:
                kept += np.float64(word)
            elif small[s, i] > 0:
                kept += sum_of(
                    bulk.sums, np.uint64(0), bulk.places, bulk.weights, small[s, i], bulk.mean[0], bulk.sd[0], word
                )
    return kept


@_jit
def _run_cases(what, seed, keys, counts, tables, looks, room, out):  # type: ignore[no-untyped-def]
    """Draw all cases one by one; with `what` >= 1 look up their costs, with 2 add what is above the line."""
    size = 2 * BATCH
    total = 0.0
    for s in range(counts.shape[0]):
        path = np.uint64(s) << np.uint64(16)
        for i in range(counts.shape[1]):
            for start in range(0, counts[s, i], size):
                n = min(counts[s, i] - start, size)
                words = min((n + 7) & -8, BATCH)
                fill(room.words, seed, keys[i], path, start >> 1, words)
                if what >= 1:
                    fill_costs(room.costs, room.cells, tables, np.uint64(0), room.words, 1.0, n)
                if what == 2:
                    total += add_costs(room.costs, room.high, n, looks, 0, 0, out, s, i)
    return total


def _least(function: Callable[[], Any], times: int = 3) -> float:
    """Return the fewest CPU seconds of a few runs: what others on the machine add is never negative."""
    function()  # compile
    seconds = []
    for _ in range(times):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return min(seconds)


def counts(engine: Engine, years: int, what: int = 1) -> IntArray:
    """Return the number of small and of large cases, (2, year, member); drawn one by one, all count as large."""
    care, bulk = engine.plan.care, engine.plan.bulk
    found = np.zeros((2, years, engine.members), dtype=np.int64)
    rates = np.ascontiguousarray(care.expected[:, 0] * care.need)
    _run_counts(what, np.uint64(1), care.keys, rates, bulk, found[0], found[1])
    return found


def kernel_parts(engine: Engine, years: int) -> Seconds:
    """Return CPU seconds of the parts of the kernel for one care type and one year per path; 'kernel' is all of it."""
    plan, members = engine.plan, engine.members
    care, looks, bulk = plan.care, plan.looks, plan.bulk
    room = scratch(1, members, 1, 1)
    out = np.zeros((plan.measures, years, 1, members))
    seed, in_bulk = np.uint64(1), bool(bulk.row[0] >= 0)
    small, large = counts(engine, years)
    keys = np.ascontiguousarray(care.keys[LARGE_COST if in_bulk else COST, :, 0])
    tables = bulk.large if in_bulk else care.tables

    def cases(what: int) -> None:
        _run_cases(what, seed, keys, large, tables, looks, room, out)

    def sums(what: int) -> None:
        _run_sums(what, seed, care.keys, bulk, small)

    word, count = (_least(lambda what=what: counts(engine, years, what)) for what in (0, 1))
    one_by_one = [_least(lambda what=what: cases(what)) for what in (0, 1, 2)]
    which = "large cases" if in_bulk else "cases"
    parts = {
        "counts: random numbers": word,
        "counts: quantiles": count - word,
        f"{which}: random numbers": one_by_one[0],
        f"{which}: look-ups": one_by_one[1] - one_by_one[0],
        f"{which}: sums and what is above the line": one_by_one[2] - one_by_one[1],
    }
    if in_bulk:
        word, look_up = (_least(lambda what=what: sums(what)) for what in (0, 1))
        parts |= {"small cases: random numbers": word, "small cases: look-ups of sums": look_up - word}
    starts = range(0, years, engine.block)
    whole = _least(lambda: [plan.draw(1, first, min(engine.block, years - first)) for first in starts])
    parts["loop over cells, shocks, clean memory"] = whole - sum(parts.values())
    return parts | {"kernel": whole}


def report(folder: Path, years: int, case_by_case: bool) -> list[str]:
    """Return both breakdowns as lines, in CPU milliseconds."""
    seconds = stages(folder, years, case_by_case)
    total = sum(seconds.values())
    lines = [f"  {'whole job':44} {1e3 * total:6.0f} ms"]
    for name, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        lines.append(f"    {name:42} {1e3 * spent:6.0f} ms  {spent / total:4.0%}")
    engine = compile_study(Study.load(folder), case_by_case=case_by_case)
    parts = kernel_parts(engine, years)
    kernel = parts.pop("kernel")
    cases = years * engine.cases_per_path
    lines.append(f"  {'kernel, by itself':44} {1e3 * kernel:6.0f} ms  {1e9 * kernel / cases:.2f} ns a case")
    for name, spent in parts.items():
        lines.append(f"    {name:42} {1e3 * spent:6.0f} ms  {spent / kernel:4.0%}")
    return lines
