"""What is known when a real year is settled, and what an agreement asks for and does not find."""

from __future__ import annotations

from dataclasses import replace

from solidair.models.costs import CostModel
from solidair.models.problems import Problem
from solidair.models.regions import Region
from solidair.models.sources.history import History
from solidair.pool.agreements import Agreement
from solidair.pool.books import Laws
from solidair.pool.draw import DrawPlan
from solidair.pool.measures import measures_for
from solidair.pool.pilot import SIMS, pilot
from solidair.pool.setting import Setting
from solidair.pool.settlement import Plan
from solidair.pool.study import Study


def setting_of_year(
    region: Region, costs: CostModel, year: int, history: History | None = None, *, expected: bool = False
) -> Setting:
    """Return the setting of one real year: amounts count as written, and nothing is assumed of past years.

    Parameters
    ----------
    expected
        Whether clauses may look at what the cost model expects; without a study of one's own that says little.
    """
    setting = Setting.of(region, costs, year, 1, history)
    return setting if expected else replace(setting, expected_clients=None, expected_cost=None)


def laws_of_year(agreement: Agreement, study: Study, setting: Setting, sims: int = SIMS) -> Laws | None:
    """Return what clauses must know of what could have been handed in, learnt from a pilot run; None if none must."""
    if not agreement.needs_law:
        return None
    settings = study.settings.model_copy(update={"first_year": setting.first_year, "years": 1})
    single = replace(study, region=setting.region, agreements=(agreement,), settings=settings, open_cases=None)
    measures = measures_for(setting.care_types, agreement.looks(setting))
    return pilot(Plan.make(agreement, measures, setting), DrawPlan.make(single, measures), sims, study=single)


def year_problems(agreement: Agreement, setting: Setting, *, laws: bool) -> list[Problem]:
    """Return what an agreement needs of a year and does not find, one problem for each thing.

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
        elif "history" in problem.rule or "window" in problem.rule:
            hint = f"Give past years with --history. {'' if 'history file' in hint else hint}".strip()
        problems.append(replace(problem, hint=hint))
    for number, clause in enumerate(agreement.spec.clauses, 1):
        if clause.needs_law and clause.holds(setting).any() and not laws:
            rule = "this article must know what could have been handed in, which a real year alone does not tell"
            hint = "Give the study that the agreement was chosen by: --study STUDY."
            problems.append(Problem(agreement.file, f"clauses.{number}", "", rule, hint))
    return problems
