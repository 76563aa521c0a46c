"""Backtest: what agreements would have done in past years.

With cases of a year every rule can be laid over it. With sums of a year, from a history file, only rules that do not
look at single children can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem
from solidair.models.regions import Region
from solidair.models.sources.cases import Cases
from solidair.models.sources.history import History, MissingHistoryError
from solidair.pool.agreements import Agreement
from solidair.pool.child_rules import Rows, by_care_type
from solidair.pool.parts.takes import ShareTake
from solidair.pool.setting import Setting
from solidair.pool.settle_year import settle_rows
from solidair.pool.study import Study
from solidair.pool.year_setting import laws_of_year, setting_of_year, year_problems

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PastYear:
    """What an agreement would have done in a past year; EUR, as simulated years have it.

    Parameters
    ----------
    agreement
        Its name.
    year
        The calendar year.
    own, contribution, budget
        Cost of each member's own cases, what it would have borne, and its budget of that year, (member,).
    clients
        Children of each member, (member,).
    """

    agreement: str
    year: int
    own: FloatArray = field(repr=False)
    contribution: FloatArray = field(repr=False)
    budget: FloatArray = field(repr=False)
    clients: IntArray = field(repr=False)

    @property
    def transfer(self) -> FloatArray:
        """Contribution less own cost, (member,); sums to zero unless money comes in from outside or stays in a fund."""
        return self.contribution - self.own

    @property
    def deviation(self) -> FloatArray:
        """Contribution less budget, (member,)."""
        return self.contribution - self.budget


@dataclass(frozen=True, eq=False)
class Backtest:
    """Every agreement in every past year that it can be settled in.

    Parameters
    ----------
    region
        The members.
    years
        By agreement in the order given, then by year.
    skipped
        Years in which an agreement cannot be settled: its name, the year, and what is wanting.
    """

    region: Region
    years: tuple[PastYear, ...]
    skipped: tuple[tuple[str, int, str], ...]

    def hidden(self, year: PastYear, fewest: int) -> npt.NDArray[np.bool_]:
        """Return for whom nothing of a year may be shown, (member,): few children, or next to one that has few.

        Transfers sum to zero. So if only one member were hidden its transfer would follow from the others, and the
        member with the fewest children of these is hidden too.
        """
        few = (year.clients > 0) & (year.clients < fewest)
        if few.sum() == 1 and len(few) > 1:
            order = np.argsort(np.where(few | (year.clients == 0), np.iinfo(np.int64).max, year.clients), kind="stable")
            few[next(int(place) for place in order if not few[place])] = True
        return np.asarray(few)


def backtest(
    agreements: Sequence[Agreement],
    region: Region,
    costs: CostModel,
    *,
    cases: Mapping[int, Cases] | None = None,
    history: History | None = None,
    study: Study | None = None,
) -> Backtest:
    """Settle past years under each agreement.

    Parameters
    ----------
    agreements, region, costs
        The rules, the members with the figures that count for all years, and the care types.
    cases
        Real cases by calendar year; if left out, the sums of the history are settled.
    history
        Sums of past years, at which keys may look as well. Without it those of `cases` are taken.
    study
        From which expected values and laws are taken, if a clause needs them.

    Raises
    ------
    InputError
        With everything for which an agreement cannot be settled in any of the years.
    """
    past = history if history is not None or not cases else history_of(cases, region, costs)
    calendar = sorted(cases) if cases else list(past.years) if past is not None else []
    found, skipped, problems = [], [], []
    for agreement in agreements:
        faults: list[Problem] = []
        settled = 0
        for year in calendar:
            setting = setting_of_year(region, costs, year, past, expected=study is not None)
            wrong = year_problems(agreement, setting, laws=study is not None)
            wrong += [] if cases else sums_problems(agreement, setting, past, year)
            if not wrong:
                try:
                    found.append(_settled(agreement, setting, cases, past, study))
                    settled += 1
                    continue
                except InputError as error:
                    wrong = list(error.problems)
            faults += wrong
            skipped += [(agreement.name, year, problem.rule) for problem in wrong]
        problems += [] if settled else faults
    if problems:
        raise InputError(dict.fromkeys(problems))
    return Backtest(region, tuple(found), tuple(dict.fromkeys(skipped)))


def history_of(cases: Mapping[int, Cases], region: Region, costs: CostModel) -> History:
    """Return the sums of files of cases as a history: its years run on, with no figure where there is no file."""
    codes, ids = tuple(str(code) for code in region.codes), costs.ids
    years = tuple(range(min(cases), max(cases) + 1))
    clients, cost = (np.full((len(years), len(codes), len(ids)), np.nan) for _ in range(2))
    for place, year in enumerate(years):
        if year in cases:
            clients[place], cost[place] = cases[year].as_history(codes, ids)
    name = ", ".join(cases[year].file for year in sorted(cases))
    return History(name, years, codes, ids, clients, cost, np.full((len(years), len(codes)), np.nan))


def sums_problems(agreement: Agreement, setting: Setting, history: History | None, year: int) -> list[Problem]:
    """Return what keeps an agreement from being laid over sums of a year instead of single cases."""
    problems = []
    single = history is None or by_care_type(history, year)
    if agreement.spec.changes and len(agreement.cohorts(setting)) > 1:
        rule = "a change on occurrence basis asks when each case began, and a history has sums only"
        problems.append(Problem(agreement.file, "changes", "", rule, "Give the cases of the years with --cases."))
    for number, clause in enumerate(agreement.spec.clauses, 1):
        where = f"clauses.{number}.take"
        if clause.case_take is not None and not isinstance(clause.take, ShareTake):
            rule = "this article looks at the cost of single children, and a history has sums only"
            problems.append(Problem(agreement.file, where, "", rule, "Give the cases of the years with --cases."))
        scopes = [clause.take.scope, *clause.scopes()]
        if not single and not all(setting.scope(scope).all() for scope in scopes):
            rule = f"this article looks at some care types, and the history has only totals of {year}"
            problems.append(Problem(agreement.file, where, "", rule, "Add rows by care type to the history."))
    return problems


def _settled(
    agreement: Agreement, setting: Setting, cases: Mapping[int, Cases] | None, history: History | None,
    study: Study | None,
) -> PastYear:  # fmt: skip
    year, members = setting.first_year, setting.members
    if cases:
        rows = Rows.of_cases(cases[year], setting)
        pairs = np.unique(np.stack([rows.member, rows.child]), axis=1)
        clients = np.bincount(pairs[0], minlength=members)
    else:
        assert history is not None
        try:
            rows = Rows.of_history(history, year, setting)
        except MissingHistoryError as error:
            raise InputError([Problem(history.file, f"{year}", "", str(error), "Fill these figures in.")]) from error
        clients = np.rint(np.bincount(rows.member, weights=rows.clients, minlength=members)).astype(np.int64)
    laws = None if study is None else laws_of_year(agreement, study, setting)
    setting = replace(setting, region=_with_budgets(setting.region, history, year))
    ledger = settle_rows(agreement, setting, rows, laws)
    own, contribution = ledger.own[0, 0], ledger.contribution[0, 0]
    return PastYear(agreement.name, year, own, contribution, setting.region.budget, clients.astype(np.int64))


def _with_budgets(region: Region, history: History | None, year: int) -> Region:
    """Return the region with the budgets that the history gives for a year, where it does."""
    if history is None or year not in history.years:
        return region
    given = dict(zip(history.codes, history.budget[history.years.index(year)].tolist(), strict=True))
    members = tuple(
        member if np.isnan(given.get(member.code, np.nan)) else replace(member, youth_budget_eur=given[member.code])
        for member in region.members
    )
    return replace(region, members=members)
