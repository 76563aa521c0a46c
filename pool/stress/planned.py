"""Relative changes and drivers in the overrides of a study: there they change the plan itself, and what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem
from solidair.models.regions import Region
from solidair.models.schema import RuleError
from solidair.pool.overrides import Override
from solidair.pool.stress.amounts import Amount, parse_factor
from solidair.pool.stress.parameters import BUDGET, MisfitError, Parameters, target


def changed_costs(costs: CostModel, overrides: Sequence[Override], problems: list[Problem]) -> CostModel:
    """Return a cost model with its relative overrides, in their order; adds what is wrong with them."""
    parameters = Parameters(costs)
    mine = [override for override in overrides if override.path[0] == "costs"]
    for number, override in enumerate(mine):
        parameters.begin(number)
        try:
            what = target(".".join(override.path), costs)
            parameters.apply(what, _amount(override), override.text)
        except (MisfitError, RuleError) as error:
            problems.append(Problem("--set", override.text, "", str(error), error.hint))
        except InputError as error:
            problems += [_said(problem, override) for problem in error.problems]
    try:
        return parameters.model()
    except InputError as error:
        problems += [_said(problem, mine[parameters.blamed(problem.where)]) for problem in error.problems]
        return costs


def changed_budgets(region: Region, overrides: Sequence[Override], problems: list[Problem]) -> Region:
    """Return a region with the budgets of all its members changed; adds what is wrong with that."""
    for override in overrides:
        if override.path != (BUDGET,):
            continue
        try:
            amount = _amount(override)
        except RuleError as error:
            problems.append(Problem("--set", override.text, "", str(error), error.hint))
            continue
        if amount.value is not None or not amount.factor:
            hint = "Write budget=+5%; of one member region.GM0518.youth_budget_eur=1000000."
            rule = "the budgets of all members change by a share, and not to nothing"
            problems.append(Problem("--set", override.text, "", rule, hint))
            continue
        members = [
            replace(member, youth_budget_eur=member.youth_budget_eur * amount.factor) for member in region.members
        ]
        region = replace(region, members=tuple(members))
    return region


def _amount(override: Override) -> Amount:
    """Return how much an override changes.

    Raises
    ------
    RuleError
        If that is no change of a number.
    """
    value = override.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Amount(value=float(value))
    return parse_factor(str(value))


def _said(problem: Problem, override: Override) -> Problem:
    made = f"{problem.where.removeprefix('care_types.')} {problem.value}".rstrip()
    return Problem("--set", override.text, "", f"this makes {made}: {problem.rule}", problem.hint)


__all__ = ["changed_budgets", "changed_costs"]
