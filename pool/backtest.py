"""Backtest: what agreements would have done in past years.

Years that follow each other are settled together, as the years of a simulated path are: balances, limits and windows
carry over from one year to the next. An article that does not say when it began begins in the first of them.

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
from solidair.pool.child_rules import Rows, by_care_type, counts_spells
from solidair.pool.parts.takes import ShareTake
from solidair.pool.real_setting import RealSetting
from solidair.pool.setting import Setting
from solidair.pool.settle_year import settle_rows
from solidair.pool.study import Study
from solidair.pool.year_setting import laws_of_years, setting_of_year, wanting
from solidair.pool.year_state import begun, carries

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
    """Settle past years under each agreement, years that follow each other together.

    Parameters
    ----------
    agreements, region, costs
        The rules, the members with the figures that count for all years, and the care types.
    cases
        Real cases by calendar year; if left out, the sums of the history are settled.
    history
        Sums of past years, at which keys may look as well. Without it those of `cases` are taken. Of years that are
        settled together keys see the cases.
    study
        From which expected values and laws are taken, if a clause needs them.

    Raises
    ------
    InputError
        With everything for which an agreement cannot be settled in any of the years.
    """
    past = history if history is not None or not cases else history_of(cases, region, costs)
    calendar = sorted(cases) if cases else list(past.years) if past is not None else []
    found: list[PastYear] = []
    skipped: list[tuple[str, int, str]] = []
    problems: list[Problem] = []
    for agreement in agreements:
        trial = _Trial(agreement, region, costs, cases, past, study)
        settled, faults = trial.run(calendar)
        found += settled
        skipped += [(agreement.name, year, problem.rule) for year, wrong in faults.items() for problem in wrong]
        problems += [] if settled else [problem for wrong in faults.values() for problem in wrong]
    if problems:
        raise InputError(dict.fromkeys(problems))
    return Backtest(region, tuple(found), tuple(dict.fromkeys(skipped)))


@dataclass(frozen=True, eq=False)
class _Trial:
    """One agreement, to be settled in as many past years as can be."""

    agreement: Agreement
    region: Region
    costs: CostModel
    cases: Mapping[int, Cases] | None
    history: History | None
    study: Study | None

    def run(self, calendar: Sequence[int]) -> tuple[list[PastYear], dict[int, list[Problem]]]:
        """Return the years that can be settled, and what is wanting in each of the others, both ascending.

        Of the years without a gap or a fault the longest stretch is settled together. Years before and after it are
        settled too if the agreement carries nothing from one year to the next, else they are left out.
        """
        found: list[PastYear] = []
        faults: dict[int, list[Problem]] = {}
        todo = [tuple(calendar)]
        while todo:
            years = todo.pop()
            stretch = self._longest(years)
            found += stretch
            if not stretch:
                faults |= {year: self._wrong((year,)) for year in years}
                continue
            before = tuple(year for year in years if year < stretch[0].year)
            after = tuple(year for year in years if year > stretch[-1].year)
            if any(carries(self.agreement, self._setting((year,))) for year in years):
                faults |= {year: self._wrong((year,)) or [self._apart(year)] for year in (*before, *after)}
            else:
                todo += [part for part in (before, after) if part]
        return sorted(found, key=lambda each: each.year), dict(sorted(faults.items()))

    def _longest(self, years: tuple[int, ...]) -> list[PastYear]:
        """Return the longest stretch that can be settled, the earliest if there are several; empty if there is none."""
        for length in range(len(years), 0, -1):
            for first in range(len(years) + 1 - length):
                stretch = years[first : first + length]
                if stretch[-1] - stretch[0] == length - 1 and not self._wrong(stretch, settle=False):
                    try:
                        return self._settled(stretch)
                    except InputError:
                        continue
        return []

    def _wrong(self, years: tuple[int, ...], *, settle: bool = True) -> list[Problem]:
        """Return what is wanting to settle successive years together."""
        made, setting = begun(self.agreement, years[0]), self._setting(years)
        wrong = wanting(made, setting, laws=self.study is not None)
        if not self.cases:
            wrong += [
                p
                for place, year in enumerate(years)
                for p in sums_problems(made, setting.one(place), self.history, year)
            ]
        if settle and not wrong:
            try:
                self._settled(years)
            except InputError as error:
                return list(error.problems)
        return wrong

    def _apart(self, year: int) -> Problem:
        rule = (
            f"this agreement carries money, limits or claims over from year to year, and the years up to {year} cannot "
        )
        rule += "be settled as one stretch"
        return Problem(self.agreement.file, "years", str(year), rule, "Give the figures of all years without a gap.")

    def _setting(self, years: tuple[int, ...]) -> RealSetting:
        first = setting_of_year(self.region, self.costs, years[0], self.history, expected=self.study is not None)
        budgets = np.array([budgets_of(self.region, self.history, year) for year in years])
        return replace(first, growth=np.ones(len(years)), given=budgets)

    def _rows(self, year: int, setting: RealSetting) -> tuple[Rows, IntArray]:
        """Return the rows of a year and the clients of each member, (member,)."""
        if self.cases:
            rows = Rows.of_cases(self.cases[year], setting, by_spell=counts_spells(self.agreement))
            pairs = np.unique(np.stack([rows.member, rows.child]), axis=1)
            return rows, np.bincount(pairs[0], minlength=setting.members)
        assert self.history is not None
        try:
            rows = Rows.of_history(self.history, year, setting)
        except MissingHistoryError as error:
            problem = Problem(self.history.file, f"{year}", "", str(error), "Fill these figures in.")
            raise InputError([problem]) from error
        clients = np.rint(np.bincount(rows.member, weights=rows.clients, minlength=setting.members))
        return rows, clients.astype(np.int64)

    def _settled(self, years: tuple[int, ...]) -> list[PastYear]:
        made, setting = begun(self.agreement, years[0]), self._setting(years)
        rows, clients = zip(*(self._rows(year, setting.one(place)) for place, year in enumerate(years)), strict=True)
        # Laws are learnt with the budgets of the region, as a study has them.
        laws = None if self.study is None else laws_of_years(made, self.study, replace(setting, given=None))
        ledger = settle_rows(made, setting, rows, laws)
        name, own, contribution = made.name, ledger.own[0], ledger.contribution[0]
        return [
            PastYear(name, year, own[t], contribution[t], setting.budgets[t], clients[t].astype(np.int64))
            for t, year in enumerate(years)
        ]


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


def budgets_of(region: Region, history: History | None, year: int) -> FloatArray:
    """Return the budgets of a year, (member,) EUR: those that the history gives, else those of the region."""
    budgets = np.array(region.budget, dtype=np.float64)
    if history is None or year not in history.years:
        return budgets
    given = dict(zip(history.codes, history.budget[history.years.index(year)].tolist(), strict=True))
    found = np.array([given.get(str(code), np.nan) for code in region.codes])
    return np.where(np.isnan(found), budgets, found)
