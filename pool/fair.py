"""What members are expected to gain and lose: from exact means of linear agreements, else from simulated years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.pool.agreements import Agreement
from solidair.pool.books import Laws
from solidair.pool.exactness import exact_moments
from solidair.pool.measures import MeasureSet, measures_for
from solidair.pool.properties import Gaps
from solidair.pool.settlement import Ledger, Plan

if TYPE_CHECKING:
    from solidair.pool.draw import DrawPlan
    from solidair.pool.results import Results
    from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]

SIMS = 2_048
"""Simulated paths for an agreement that is not linear: the error is then 2 % of the spread of a transfer."""

BLOCK = 256
"""Paths that are drawn and settled together."""

SEED = 0x5EED_FA_12
"""Seed of these paths: the same agreement always gets the same figures."""


@dataclass(frozen=True, eq=False)
class Known:
    """What must be known of an agreement before its properties can be told.

    Parameters
    ----------
    gaps
        What members are expected to bear less what they cost; None if the cost model has no finite mean.
    laws
        What its clauses have learnt, if it needs a law.
    """

    gaps: Gaps | None
    laws: Laws | None = None


def known_of(study: Study, agreements: Sequence[Agreement], sims: int = SIMS) -> dict[str, Known]:
    """Return what must be known of each agreement, by name, under the cost model of a study.

    Parameters
    ----------
    agreements
        Agreements that fit the study; they need not be its own.
    sims
        Paths that are simulated for an agreement that is not linear.
    """
    setting = study.setting
    measures = measures_for(setting.care_types, [rule for a in agreements for rule in a.looks(setting)])
    mean = exact_moments(study, measures)[0] if any(a.linear for a in agreements) else None
    draw, found = None, {}
    for agreement in agreements:
        if agreement.linear:
            assert mean is not None  # it is there as soon as one is linear
            found[agreement.name] = Known(exact_gaps(agreement, mean, measures, study))
            continue
        if draw is None:
            from solidair.pool.draw import DrawPlan

            draw = DrawPlan.make(study, measures)
        found[agreement.name] = _simulated(agreement, draw, measures, study, sims)
    return found


def exact_gaps(agreement: Agreement, mean: FloatArray, measures: MeasureSet, study: Study) -> Gaps | None:
    """Return the gaps of a linear agreement from exact means of the measures, (measure, year, member)."""
    if not np.isfinite(mean).all():
        return None
    ledger = Plan.make(agreement, measures, study.setting).settle(mean[:, np.newaxis])
    gap, cost = _yearly(ledger)
    return Gaps(gap[0], np.zeros_like(gap[0]), cost[0])


def gaps_of(results: Results, agreement: Agreement) -> Gaps | None:
    """Return the gaps of an agreement in a run: exact if it is linear, else of its simulated years."""
    if agreement.linear:
        return exact_gaps(agreement, results.exact_mean, results.measures, results.study)
    gap = (results.contributions[agreement.name] - results.own).mean(axis=1)
    return _sampled(gap, results.own.mean(axis=1))


def _yearly(ledger: Ledger) -> tuple[FloatArray, FloatArray]:
    """Return what each member bears less what it costs, and what it costs, a year, both (sim, member) EUR."""
    return (ledger.contribution - ledger.own).mean(axis=1), ledger.own.mean(axis=1)


def _sampled(gap: FloatArray, cost: FloatArray) -> Gaps:
    return Gaps(gap.mean(axis=0), gap.std(axis=0) / np.sqrt(len(gap)), cost.mean(axis=0))


def _simulated(agreement: Agreement, draw: DrawPlan, measures: MeasureSet, study: Study, sims: int) -> Known:
    plan, laws = Plan.make(agreement, measures, study.setting), None
    if agreement.needs_law:
        from solidair.pool.pilot import pilot

        laws = pilot(plan, draw, study=study)
    pieces = [
        _yearly(plan.settle(draw.draw(SEED, first, min(BLOCK, sims - first)), first, laws))
        for first in range(0, sims, BLOCK)
    ]
    gap, cost = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    return Known(_sampled(gap, cost), laws)
