"""What is known when a real year is settled, and what an agreement asks for and does not find."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from solidair.models.costs import CostModel
from solidair.models.problems import Problem
from solidair.models.regions import Region
from solidair.models.sources.history import History
from solidair.pool.agreements import Agreement
from solidair.pool.books import Laws
from solidair.pool.clauses import Clause
from solidair.pool.draw import DrawPlan
from solidair.pool.measures import measures_for
from solidair.pool.parts.rule_charge import RuleCharge
from solidair.pool.pilot import SIMS, pilot
from solidair.pool.real_setting import RealSetting
from solidair.pool.setting import Setting
from solidair.pool.settlement import Plan
from solidair.pool.study import Study
from solidair.pool.year_state import blocks, dated, state_problems

FloatArray = npt.NDArray[np.float64]

AMOUNTS, RULE = ("premium", "expected"), "rule"
"""What pots learn, an amount for each year, and what a charge learns, a rule for each year."""


def setting_of_year(
    region: Region, costs: CostModel, year: int, history: History | None = None, *, expected: bool = False
) -> RealSetting:
    """Return the setting of one real year: amounts count as written, and nothing is assumed of past years.

    Parameters
    ----------
    expected
        Whether clauses may look at what the cost model expects; without a study of one's own that says little.
    """
    setting = RealSetting.made(Setting.of(region, costs, year, 1, history))
    return setting if expected else replace(setting, expected_clients=None, expected_cost=None)


def laws_of_year(agreement: Agreement, study: Study, setting: RealSetting, sims: int = SIMS) -> Laws | None:
    """Return what clauses must know of what could have been handed in, learnt from a pilot run; None if none must."""
    if not agreement.needs_law:
        return None
    settings = study.settings.model_copy(update={"first_year": setting.first_year, "years": 1})
    single = replace(study, region=setting.region, agreements=(agreement,), settings=settings, open_cases=None)
    plain = setting.simulated()
    measures = measures_for(plain.care_types, agreement.looks(plain))
    return pilot(Plan.make(agreement, measures, plain), DrawPlan.make(single, measures), sims, study=single)


def laws_of_years(agreement: Agreement, study: Study, setting: RealSetting, sims: int = SIMS) -> Laws | None:
    """Return what clauses must know of years that are settled together; None if none must.

    Each year is learnt by itself, as the first year of the study, so that all are at the prices of that year.
    """
    if not agreement.needs_law:
        return None
    each = [laws_of_year(agreement, study, setting.one(place), sims) for place in range(setting.years)]
    laws = Laws()
    for number, clause in enumerate(agreement.spec.clauses):
        found = [{} if one is None else _fits(clause, one, number) for one in each]
        if any(found):
            laws.samples[number] = np.empty((0, setting.years, setting.members))
        for what in AMOUNTS if clause.pot.needs_law else ():
            # In a year in which the clause does not hold there is nothing to know.
            amounts = [np.asarray(fits.get(what, [0.0]), dtype=np.float64)[:1] for fits in found]
            if any(what in fits for fits in found):
                laws.fitted(number, what, _known(np.concatenate(amounts)))
        if isinstance(clause.charge, RuleCharge):
            for place, fits in enumerate(found):
                if RULE in fits:
                    laws.fitted(number, clause.charge.name_of(place), _known(fits[RULE]))
    return laws


def _fits(clause: Clause, laws: Laws, number: int) -> dict[str, Any]:
    """Return what a pilot run of one year has fitted for a clause, by name; the rule of a charge under `RULE`."""

    def absent(sample: FloatArray) -> object:
        raise LookupError

    names = {what: what for what in AMOUNTS}
    if isinstance(clause.charge, RuleCharge):
        names[RULE] = clause.charge.name_of(0)
    found = {}
    for what, name in names.items():
        with suppress(LookupError):
            found[what] = laws.fitted(number, name, absent)
    return found


def _known(value: object) -> Callable[[FloatArray], object]:
    """Return a fit that needs no sample."""
    return lambda _: value


def year_problems(agreement: Agreement, setting: Setting, *, laws: bool) -> list[Problem]:
    """Return what an agreement needs of a year that is settled alone and does not find, one problem for each thing.

    Blocks of years without a first year end in that year; see `solidair.pool.year_state`.

    Parameters
    ----------
    laws
        Whether there is a study from which clauses can learn what could have been handed in.
    """
    made = dated(agreement, setting.first_year)
    problems = wanting(made, setting, laws=laws)
    for number, clause in enumerate(made.spec.clauses, 1):
        years = blocks(clause)
        if years is not None and (clause.start(setting) - 1) % years:
            # Not the last year of a block: nothing is handed in, and nothing needs to be known.
            problems = [found for found in problems if found.where != f"clauses.{number}.take.window"]
    return problems + state_problems(agreement, setting)


def wanting(agreement: Agreement, setting: Setting, *, laws: bool) -> list[Problem]:
    """Return what an agreement needs of real years, settled together, and does not find, one problem for each thing.

    Parameters
    ----------
    laws
        Whether there is a study from which clauses can learn what could have been handed in.
    """
    problems = []
    for problem in agreement.faults(setting):
        hint = problem.hint
        if "needs a cost model" in problem.rule:
            hint = f"Give a study with --study, whose cost model then counts. Or: {hint[:1].lower()}{hint[1:]}"
        elif "window" in problem.rule:
            hint = hint.replace("Give a history file with", "Give past years with --history:")
        elif "history" in problem.rule:
            hint = f"Give past years with --history. {'' if 'history file' in hint else hint}".strip()
        problems.append(replace(problem, hint=hint))
    for number, clause in enumerate(agreement.spec.clauses, 1):
        if not (clause.needs_law and clause.holds(setting).any()):
            continue
        rule = hint = ""
        if not laws:
            rule = "this article must know what could have been handed in, which a real year alone does not tell"
            hint = "Give the study that the agreement was chosen by: --study STUDY."
        elif any(change.open_cases == "occurrence" and change.place(setting) < 0 for change in agreement.spec.changes):
            rule = "this article must know what could have been handed in, which a study cannot tell after a change on "
            rule += "occurrence basis in an earlier year"
            hint = 'Write an amount instead of what is expected, or open_cases = "payment".'
        if rule:
            problems.append(Problem(agreement.file, f"clauses.{number}", "", rule, hint))
    return problems
