"""Trials: what members bear in one world, in the same simulated years as in every other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError
from solidair.pool.blocks import Engine, compile_study
from solidair.pool.case_rules import combine
from solidair.pool.exactness import exact_moments
from solidair.pool.measures import MeasureSet
from solidair.pool.metrics.base import Estimate, Sample
from solidair.pool.metrics.stability import capacity_metric, expected_overrun, mean, value_at_risk_metric
from solidair.pool.run import simulate
from solidair.pool.settlement import settle
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]

MEASURES: dict[str, Callable[[Sample, float], Estimate]] = {
    "capacity": capacity_metric,
    "overrun": lambda sample, _: expected_overrun(sample),
    "mean": lambda sample, _: mean(sample),
    "p95": lambda sample, _: value_at_risk_metric(sample, 0.95),
}
"""What a sensitivity can be of, for a member: a sample and the certainty of its council give an estimate."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What members bear in a period.

    Parameters
    ----------
    borne
        Per agreement, (sim, member) EUR in the whole period; NaN-free.
    budget
        Youth budget of the period, (member,) EUR; 1 for a municipality that is part of another by then.
    """

    borne: Mapping[str, FloatArray]
    budget: FloatArray


def focused(study: Study, agreements: Sequence[str], *, horizon: bool) -> Study:
    """Return the study with these agreements only, and with its first year only unless the horizon is asked for.

    Where an agreement needs later years, as one that a member leaves, they stay; `tried` takes the first one.
    """
    by_name = {agreement.name: agreement for agreement in study.agreements}
    few = replace(study, agreements=tuple(by_name[name] for name in agreements), reference=None)
    if horizon or few.settings.years == 1:
        return few
    try:
        return few.over(1)
    except InputError:
        return few


def tried(engine: Study | Engine, sims: int, seed: int, *, horizon: bool) -> Trial:
    """Simulate one world, on one thread."""
    engine = compile_study(engine) if isinstance(engine, Study) else engine
    results = simulate(engine, sims, seed, 1)
    years = slice(None) if horizon else slice(0, 1)
    borne = {name: money[:, years].sum(axis=1) for name, money in results.contributions.items()}
    return Trial(borne, period_budget(engine.study, horizon=horizon))


def period_budget(study: Study, *, horizon: bool) -> FloatArray:
    """Return the youth budget of each member in the period, (member,) EUR, above 0."""
    budgets = study.setting.budgets[: study.settings.years if horizon else 1].sum(axis=0)
    return np.where(budgets > 0.0, budgets, 1.0)


def expected_borne(study: Study, measures: MeasureSet, *, horizon: bool) -> dict[str, FloatArray]:
    """Return what each member is expected to bear, (member,) EUR, of every agreement for which no simulation is needed.

    That is an agreement whose parts are all linear in the claims, if every law has a mean.
    """
    claims, _ = exact_moments(study, measures)
    own = combine(measures.total_weights, claims[:, np.newaxis])
    if not bool(np.all(np.isfinite(own))):
        return {}
    years = study.settings.years if horizon else 1
    found = {}
    for agreement in (a for a in study.agreements if a.linear):
        ledger = settle(agreement, claims[:, np.newaxis], measures, study.setting)
        found[agreement.name] = np.asarray(ledger.contribution[0, :years].sum(axis=0))
    return found


def measured(measure: str, borne: FloatArray, budget: FloatArray, levels: FloatArray) -> Estimate:
    """Return a measure for all members together, which is the sum over the members, and then for each of them.

    Parameters
    ----------
    borne
        (sim, member) EUR.
    budget, levels
        Budget in EUR and certainty of each member, (member,).

    Returns
    -------
    Estimate
        Values (1 + member,) EUR, influence (sim, 1 + member) EUR; the error of each follows from its influence.
    """
    ones = np.ones(1)
    each = [
        MEASURES[measure](Sample(borne[:, [i]], borne[:, [i]], budget[[i]], ones), float(levels[i]))
        for i in range(borne.shape[1])
    ]
    values = np.concatenate([one.value for one in each])
    influence = np.concatenate([one.influence for one in each], axis=1)
    return Estimate(
        np.concatenate([[values.sum()], values]),
        np.concatenate([influence.sum(axis=1, keepdims=True), influence], axis=1),
    )


def known_mean(expected: FloatArray) -> Estimate:
    """Return an exact mean as `measured` does: of all members together, then of each."""
    return Estimate.exactly(np.concatenate([[expected.sum()], expected]), 2)
