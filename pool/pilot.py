"""The pilot run: what rules must know beforehand of what will be handed in.

A premium that follows the spread of a loss, or a rule that looks at the law of the pool, is fixed before the first
year. So it is learnt from years of its own, drawn with a seed of their own: whatever the seed and the number of sims of
a run, the rule is the same. Only what a clause is handed in is kept of these years, and only until it has learnt.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.models.exact import Sharing
from solidair.models.problems import InputError, Problem
from solidair.pool.books import Laws
from solidair.pool.clauses import Clause
from solidair.pool.exact_portfolio import NotExactError, exact_sharing
from solidair.pool.parts.charges import KeyCharge
from solidair.pool.parts.keys import EqualKey
from solidair.pool.parts.pots import FullPot
from solidair.pool.parts.rule_charge import RuleCharge, YearRule
from solidair.pool.rules import RuleError
from solidair.pool.settlement import Plan

if TYPE_CHECKING:
    from solidair.pool.draw import DrawPlan
    from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SIMS = 8_192
"""Sims of the pilot run: 5 in 1,000 such years still leave 40 for a tail."""

MOST = 65_536
"""Most sims of a pilot run: rules for many members, or for care that is rare, want more than `SIMS`."""

MOST_BYTES = 2**30
"""Bytes that a sample may take before it gets no more than `SIMS` sims."""

SEED = 0x5EED_0F_01D_9A7
"""Seed of the pilot run; a study that happens to have the same seed draws the same years, no more."""

FLAT = 1e-12
"""Slope of what is taken of a case, a share of a euro, from which on it rises without end."""

BLOCK = 256
"""Sims that are drawn and settled together. What is learnt does not depend on it."""


def pilot(
    plan: Plan,
    draw: DrawPlan,
    sims: int = SIMS,
    *,
    study: Study | None = None,
    block: int = BLOCK,
    threads: int | None = None,
) -> Laws:
    """Return what the clauses of an agreement learn from the years of a pilot run.

    A clause is learnt with what the clauses before it have learnt. So each clause that needs to learn takes a pass over
    the years, and another one if they turn out too few; a clause whose law is exact takes none.

    Parameters
    ----------
    plan, draw
        The agreement, and where its years are drawn from.
    sims
        Sims to begin with. A rule that needs more years with a cost gets more, up to `MOST`.
    study
        The study, so that conditional means are computed exactly where its cost model allows; None to estimate them.
    block, threads
        Sims of a block, and threads that draw; all cores if left out. What is learnt does not depend on them.

    Raises
    ------
    InputError
        If a rule cannot be learnt, or wants costs with an upper end and these have none.
    """
    laws = Laws()
    for number, clause in enumerate(plan.agreement.spec.clauses):
        if not clause.needs_law:
            continue
        if study is not None:
            _check_cap(plan, study, number)
        if _known(plan, study, laws, number) and not clause.pot.needs_law:
            continue
        laws.samples[number] = _enough(plan, draw, laws, number, sims, block, threads)
        try:
            _upto(plan, number, clause).settle(draw.draw(SEED, 0, block), laws=laws)
        except RuleError as error:
            hint = "Simulated years do not do for this rule here; choose another rule, such as linear, or a key."
            where = f"clauses.{number + 1}.charge"
            raise InputError([Problem(plan.agreement.file, where, "", str(error), hint)]) from error
        # What was learnt stays. The years are not needed any more, and would be sent to every worker of a cluster.
        laws.samples[number] = laws.samples[number][:0].copy()
    return laws


def _known(plan: Plan, study: Study | None, laws: Laws, number: int) -> bool:
    """Put the exact conditional means of every year among the laws, and return whether there are any.

    Raises
    ------
    InputError
        If they are asked for and cannot be computed.
    """
    charge = plan.agreement.spec.clauses[number].charge
    if study is None or not isinstance(charge, RuleCharge) or charge.rule != "conditional_mean":
        return False
    if charge.method == "spline":
        return False
    reach = plan.pots[number][0].reach
    try:
        found = {y: exact_sharing(study, plan, number, int(y)) for y in np.flatnonzero(reach.any(axis=1))}
    except NotExactError as error:
        if charge.method == "auto":
            return False
        hint = 'Write method = "auto", which estimates it from simulated years instead.'
        where, rule = f"clauses.{number + 1}.charge.method", f"the conditional mean has no exact law here: {error}"
        raise InputError([Problem(plan.agreement.file, where, charge.method, rule, hint)]) from error
    laws.samples[number] = np.empty((0, *reach.shape))
    for year, sharing in found.items():
        laws.fitted(number, charge.name_of(int(year)), partial(_as_known, sharing))
    return True


def _as_known(sharing: Sharing, _: FloatArray) -> YearRule:
    return RuleCharge.known(sharing)


def _check_cap(plan: Plan, study: Study, number: int) -> None:
    """Refuse a rule by tolerance where what a case adds has no upper end, whatever the file says.

    Raises
    ------
    InputError
        If neither the take nor the cost of some form of care has a limit.
    """
    clause, costs = plan.agreement.spec.clauses[number], study.costs
    if not isinstance(clause.charge, RuleCharge) or clause.charge.rule != "tolerance" or clause.case_take is None:
        return
    endless = {
        id_
        for rules in plan.agreement.rules(plan.setting).rules
        for id_, taken in rules[number].items()
        if sum(taken.weights) > FLAT and not np.isfinite(costs.severities[costs.ids.index(id_)].support[1])
    }
    if endless:
        rule = f"capped = true, but neither the take nor the cost of {', '.join(sorted(endless))} has an upper end"
        hint = "Give the take a limit or the severity a cap, or take another rule."
        raise InputError([Problem(plan.agreement.file, f"clauses.{number + 1}.charge.capped", "true", rule, hint)])


def _enough(
    plan: Plan, draw: DrawPlan, laws: Laws, number: int, sims: int, block: int, threads: int | None
) -> FloatArray:
    """Return what members hand in under a clause, (sim, year, member) EUR, with as many sims as its rule needs."""
    charge, reach = plan.agreement.spec.clauses[number].charge, plan.pots[number][0].reach
    if isinstance(charge, RuleCharge):
        sims = max(sims, -(-charge.years_needed(int(reach.sum(axis=1).max())) // BLOCK) * BLOCK)
    most = max(sims, min(MOST, MOST_BYTES // (8 * reach.size)))
    while True:
        sample = _sample(plan, draw, laws, number, sims, block, threads)
        if not isinstance(charge, RuleCharge) or sims >= most:
            return sample
        short = 1.0
        for year in np.flatnonzero(reach.any(axis=1)):
            costly = int(np.count_nonzero(sample[:, year].any(axis=-1)))
            short = max(short, charge.years_needed(int(np.count_nonzero(reach[year]))) / max(costly, 1))
        if short == 1.0:
            return sample
        # A tenth more than the share of years with a cost asks for, so that chance does not leave too few again.
        sims = min(most, -(-int(1.1 * short * sims) // BLOCK) * BLOCK)


def _sample(
    plan: Plan, draw: DrawPlan, laws: Laws, number: int, sims: int, block: int, threads: int | None
) -> FloatArray:
    """Return what members hand in under a clause, (sim, year, member) EUR."""
    clause = plan.agreement.spec.clauses[number]
    # Whatever this clause does with it, all is handed in first.
    probe = _upto(plan, number, clause.model_copy(update={"pot": FullPot(), "charge": KeyCharge(key=EqualKey())}))
    sample = np.empty((sims, plan.setting.years, plan.setting.members))

    def fill(first: int) -> None:
        rows = slice(first, min(first + block, sims))
        claims = draw.draw(SEED, first, rows.stop - first)
        sample[rows] = probe.settle(claims, first, laws).clauses[number].handed_in

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        list(pool.map(fill, range(0, sims, block)))
    return sample


def _upto(plan: Plan, number: int, last: Clause) -> Plan:
    """Return the plan of an agreement that ends with a clause, in the place of the one of that number."""
    spec = plan.agreement.spec
    shorter = spec.model_copy(update={"clauses": (*spec.clauses[:number], last)})
    return replace(plan, agreement=replace(plan.agreement, spec=shorter))
