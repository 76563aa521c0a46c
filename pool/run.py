"""Simulate: draw blocks of years on all cores, settle every agreement over them, keep what the metrics need."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError, Problem
from solidair.pool.agreements import combine, settle
from solidair.pool.draw import DrawPlan
from solidair.pool.exactness import exact_moments
from solidair.pool.measures import MeasureSet, measures_for
from solidair.pool.results import ClauseTotals, Results
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]

UNIT = 256
"""Sims whose sums are taken together. Blocks are whole units, so sums have the same bits for any block size."""

MOST_BYTES = 8 * 2**30
"""Most that the results of a run may take."""

POWERS = 4
"""Central powers that are summed, so that the error of a simulated variance is known too."""


@dataclass
class _Kept:
    """What blocks write into, each into its own place."""

    own: FloatArray
    own_expected: FloatArray
    contribution: dict[str, FloatArray]
    expected: dict[str, FloatArray]
    powers: FloatArray
    paid: dict[str, FloatArray] = field(default_factory=dict)
    charged: dict[str, FloatArray] = field(default_factory=dict)


def measures_of(study: Study) -> MeasureSet:
    """Return the measures that all agreements of a study together need."""
    ids = study.costs.ids
    return measures_for(ids, [rule for agreement in study.agreements for rule in agreement.rules(ids)])


def simulate(
    study: Study,
    sims: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    *,
    block: int = 4 * UNIT,
    progress: Callable[[int], None] | None = None,
) -> Results:
    """Run a study.

    Parameters
    ----------
    study
        What to run.
    sims
        Simulated years; the study's own setting if left out.
    seed
        Seed of all chance; the study's own setting if left out.
    threads
        Threads to use; all cores if left out. Results do not depend on it.
    block
        Sims per block, rounded up to whole units of 256. Results do not depend on it; memory does.
    progress
        Called with the number of sims of every finished block, from the calling thread.

    Returns
    -------
    Results

    Raises
    ------
    InputError
        If the results would not fit in memory, or the tables cannot carry a severity.
    ConservationError
        If an agreement does not charge what it pays, in any simulated year.
    ValueError
        If `sims`, `threads` or `block` is below 1, or the seed is not a 64-bit number.
    """
    sims = study.settings.sims if sims is None else sims
    seed = study.settings.seed if seed is None else seed
    threads = (os.cpu_count() or 1) if threads is None else threads
    if min(sims, threads, block) < 1:
        raise ValueError("sims, threads and block must be at least 1")
    if not 0 <= seed < 2**64:
        raise ValueError("the seed must lie between 0 and 2^64 - 1")
    members, names = len(study.region.members), [agreement.name for agreement in study.agreements]
    _check_memory(sims, members, len(names))
    measures = measures_of(study)
    plan = DrawPlan.make(study.region, study.costs, measures)
    exact_mean, exact_variance = exact_moments(study, measures)
    units = -(-sims // UNIT)
    kept = _Kept(
        own=np.empty((sims, 1, members)),
        own_expected=np.empty((sims, 1, members)),
        contribution={name: np.empty((sims, 1, members)) for name in names},
        expected={name: np.empty((sims, 1, members)) for name in names},
        powers=np.empty((units, POWERS, len(measures.measures), members)),
        paid={a.name: np.empty((units, len(a.spec.clauses), members)) for a in study.agreements},
        charged={a.name: np.empty((units, len(a.spec.clauses), members)) for a in study.agreements},
    )

    def work(first: int) -> int:
        last = min(first + block, sims)
        claims = plan.draw(seed, first, last - first)
        # The exact mean stands for the member's own need where that is known, for need 1 where it is drawn.
        needs = np.where(np.isnan(plan.need), plan.needs(seed, first, last - first), 1.0)
        _keep(study, measures, claims, needs, exact_mean, first, kept)
        return last - first

    block = -(-block // UNIT) * UNIT
    starts = range(0, sims, block)
    if threads == 1:
        for first in starts:
            _report(progress, work(first))
    else:
        with ThreadPoolExecutor(threads) as pool:
            for done in pool.map(work, starts):
                _report(progress, done)
    clauses = {
        name: ClauseTotals(_in_order(kept.paid[name]) / sims, _in_order(kept.charged[name]) / sims) for name in names
    }
    return Results(
        study=study,
        sims=sims,
        seed=seed,
        measures=measures,
        own=kept.own,
        own_expected=kept.own_expected,
        contributions=kept.contribution,
        expected=kept.expected,
        clauses=clauses,
        central_sums=_in_order(kept.powers),
        exact_mean=exact_mean,
        exact_variance=exact_variance,
    )


def _check_memory(sims: int, members: int, agreements: int) -> None:
    """Refuse a run that would keep more than this version can hold: two numbers per agreement, sim and member."""
    size = 16 * (1 + agreements) * sims * members
    if size > MOST_BYTES:
        most = MOST_BYTES // (16 * (1 + agreements) * members)
        rule = f"this run would keep {size / 2**30:.0f} GiB in memory, more than {MOST_BYTES // 2**30}"
        raise InputError([Problem("run", "sims", str(sims), rule, f"Simulate at most {most} years.")])


def _report(progress: Callable[[int], None] | None, done: int) -> None:
    if progress is not None:
        progress(done)


def _in_order(sums: FloatArray) -> FloatArray:
    """Add the sums of the units one by one, in order: the same bits whatever the blocks were."""
    total = np.zeros(sums.shape[1:])
    for unit in sums:
        total += unit
    return total


def _keep(
    study: Study,
    measures: MeasureSet,
    claims: FloatArray,
    needs: FloatArray,
    exact_mean: FloatArray,
    first: int,
    kept: _Kept,
) -> None:
    """Settle a block under every agreement and write what is kept of it.

    Every agreement is settled twice: over the claims, and over what the claims of a sim are expected to be given
    the need of its members. The difference is chance. All parts so far are linear in the claims, so the second is the
    conditional expectation of the first.
    """
    expected = exact_mean[:, np.newaxis, np.newaxis, :] * needs[np.newaxis, :, np.newaxis, :]
    sims = claims.shape[1]
    rows = slice(first, first + sims)
    units = [(first + a) // UNIT for a in range(0, sims, UNIT)]
    deviation = claims[:, :, 0, :] - exact_mean[:, np.newaxis, :]
    for place, unit in enumerate(units):
        part = np.ascontiguousarray(deviation[:, place * UNIT : (place + 1) * UNIT])
        power = part.copy()
        for k in range(POWERS):
            kept.powers[unit, k] = power.sum(axis=1)
            power *= part
    kept.own[rows] = combine(measures.total_weights, claims)
    kept.own_expected[rows] = combine(measures.total_weights, expected)
    for agreement in study.agreements:
        ledger = settle(agreement, claims, measures, study.region, first)
        kept.contribution[agreement.name][rows] = ledger.contribution
        kept.expected[agreement.name][rows] = settle(agreement, expected, measures, study.region, first).contribution
        for place, unit in enumerate(units):
            inside = slice(place * UNIT, (place + 1) * UNIT)
            kept.paid[agreement.name][unit] = ledger.paid[:, inside].sum(axis=(1, 2))
            kept.charged[agreement.name][unit] = ledger.charged[:, inside].sum(axis=(1, 2))
