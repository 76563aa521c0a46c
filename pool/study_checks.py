"""Checks of a study that need more than one of its files, such as budgets against costs and stays against both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from solidair.models.care import CareCodes
from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem
from solidair.models.regions import Region
from solidair.models.sources.groups import in_groups
from solidair.models.sources.history import History, read_history
from solidair.models.sources.open_cases import OpenCases, read_open_cases
from solidair.pool.agreements import Agreement, unknown_scopes
from solidair.pool.finance.spec import FinanceSpec
from solidair.pool.mergers import Merger
from solidair.pool.setting import Setting
from solidair.pool.study_spec import HistorySpec, OpenCasesSpec, Settings

ODD_BUDGET = 20.0
"""A budget this many times smaller or larger than the expected cost cannot be in euros."""

UNTHINKABLE = 1e-12
"""Probability of a stay below which the model counts it as impossible: what is left of it could not be drawn."""


def odd_budgets(region: Region, costs: CostModel) -> list[Problem]:
    """Return a problem for each budget that is no amount in euros, such as one in thousands."""
    problems = []
    for member in region.members:
        expected = member.youth * costs.spec.budget_per_youth.value
        if not expected / ODD_BUDGET <= member.youth_budget_eur <= expected * ODD_BUDGET:
            where, value = f"{member.code}, column youth_budget_eur", f"{member.youth_budget_eur:.0f}"
            rule = f"a budget of EUR {member.youth_budget_eur / member.youth:,.2f} per youth cannot be right"
            hint = f"About EUR {expected:,.0f} would be usual. Is the amount in thousands? Write whole euros."
            problems.append(Problem(region.file, where, value, rule, hint))
    return problems


def missing_openings(region: Region, finance: FinanceSpec, file: str) -> list[Problem]:
    """Return a problem if nothing says with what the reserve of some members opens.

    Parameters
    ----------
    file
        The study file, as the user named it.
    """
    reserve = finance.reserve
    missing = [member.name for member in region.members if member.buffer_eur is None]
    if reserve is None or reserve.opening is not None or not missing:
        return []
    names = ", ".join(missing)
    rule = f"no opening balance is given, and the column buffer_eur of '{region.name}' is empty for {names}"
    hint = "Write an amount per inhabitant, such as opening = 30, or fill that column in."
    return [Problem(file, "finance.reserve.opening", "none", rule, hint)]


def misfits(
    agreement: Agreement,
    region: Region | None,
    costs: CostModel | None,
    care_types: CareCodes | None,
    settings: Settings,
    history: History | None = None,
    *,
    assumed: bool = False,
    mergers: tuple[Merger, ...] = (),
) -> list[Problem]:
    """Return what of an agreement does not fit the members, the years and the cost model, as far as these are known.

    Parameters
    ----------
    history, assumed, mergers
        What is known of past years, and who becomes one; see `solidair.pool.setting.Setting`.
    """
    first, years = settings.first_year, settings.years
    if region is None:
        return [] if care_types is None else unknown_scopes(agreement.scopes, agreement.file, care_types)
    if costs is not None:
        known_years = Setting.of(region, costs, first, years, history, assumed=assumed)
        return agreement.faults(replace(known_years, mergers=mergers))
    looked = [*agreement.scopes, *(scope for clause in agreement.spec.clauses for scope in clause.charge.scopes())]
    named = (entry for scope in looked for entry in (() if scope == "all" else scope))
    known = tuple(dict.fromkeys(named)) if care_types is None else tuple(care_types)
    # What only the cost model can tell is no fault of the agreement.
    some = np.ones((len(region), len(known)))
    codes = () if care_types is None else tuple(care_types.values())
    plain = replace(Setting.plain(region, known, first, years), codes=codes)
    return agreement.faults(replace(plain, expected_clients=some, expected_cost=some, assumed=True))


def open_stays(
    spec: OpenCasesSpec,
    path: Path,
    file: str,
    first_year: int | None,
    codes: Sequence[str] | None,
    costs: CostModel | None,
    problems: list[Problem],
) -> OpenCases | None:
    """Return the user's open stays, in large groups only, or None after adding what is wrong with them to `problems`.

    There may be none left: all that the file lists can be too few.

    Parameters
    ----------
    spec, path
        What the study file says, and the file that it means.
    file
        The study file, as the user named it.
    first_year
        The first budget year; None if it is not known, and then not compared.
    codes
        CBS codes of the members; None if they are not known.
    costs
        The cost model; without one the rows cannot be checked, and the file is not read.
    """
    first = None if first_year is None else date(first_year, 1, 1)
    if first is not None and spec.reference > first:
        rule, hint = "the stays must be seen before the first budget year", f"Write {first} or an earlier day."
        problems.append(Problem(file, "open_cases.reference", str(spec.reference), rule, hint))
    if not true_of(Path.is_file, path):
        rule, hint = "there is no such file", "Put it beside the study file, or write its whole path."
        problems.append(Problem(file, "open_cases.file", spec.file[:60], rule, hint))
        return None
    if costs is None:
        return None
    stays = {id_: e.duration for id_, e in zip(costs.ids, costs.episodes, strict=True) if e is not None}
    others = [id_ for id_ in costs.ids if id_ not in stays]
    longest = {
        id_: (float(length.isf(UNTHINKABLE)), float(length.ageless.isf(UNTHINKABLE))) for id_, length in stays.items()
    }
    ages = {id_: length.ages.leaves_at for id_, length in stays.items() if length.ages is not None}
    try:
        known = read_open_cases(
            path,
            reference=spec.reference,
            care_types=tuple(stays),
            codes=codes,
            leaves_at=ages,
            longest=longest,
            not_stays=others,
        )
        return in_groups(known)
    except InputError as error:
        problems += error.problems
        return None


def past_years(
    spec: HistorySpec,
    path: Path,
    file: str,
    codes: Sequence[str] | None,
    costs: CostModel | None,
    problems: list[Problem],
) -> History | None:
    """Return the history, or None if no file is asked for, or after adding what is wrong with it to `problems`.

    Parameters
    ----------
    spec, path
        What the study file says, and the file that it means.
    file
        The study file, as the user named it.
    codes, costs
        CBS codes of the members and the cost model; without either the rows cannot be checked, and it is not read.
    """
    if spec.file is None:
        return None
    if not true_of(Path.is_file, path):
        rule, hint = "there is no such file", "Put it beside the study file, or write its whole path."
        problems.append(Problem(file, "history.file", spec.file[:60], rule, hint))
        return None
    if codes is None or costs is None:
        return None
    try:
        return read_history(path, codes=codes, care_types=costs.care_types)
    except InputError as error:
        problems += error.problems
        return None


def true_of(test: Callable[[Path], bool], path: Path) -> bool:
    """Return the answer of a test of a path; no for what cannot be a path, being too long for one."""
    try:
        return test(path)
    except OSError:
        return False
