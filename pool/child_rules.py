"""What clauses take of real children: lines are per child and year, per household, or per care spell.

In the simulation the forms of care of one child are drawn apart, and each counts for itself. A real file says which
child a row is of. So in a settlement the cost of a child is first added up over the care types in the scope of the
clause, and the rule is laid over that total. What is taken is spread over those care types in proportion to what was
left of each, which matters only to a later clause with another scope or another unit.

A care spell is one child in one form of care from one start date. Where an article counts per care spell, every row is
one, so that articles that count otherwise see what it left of each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError, Problem
from solidair.models.sources.case_rows import rows_in_words
from solidair.models.sources.cases import Cases
from solidair.models.sources.history import TOTAL, History
from solidair.pool.agreements import Agreement
from solidair.pool.clauses import Clause
from solidair.pool.layers import CaseFunction
from solidair.pool.parts.takes import CaseTake, ExcessTake, TierTake
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

UNKNOWN = -1
"""Stands where it is not known in which year care began."""

_ROUNDING = 1e-9
"""What is taken may exceed what is left by this share of it: the algebra of lines is in floating point."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Real cost of one year, a row being a child in a care type for a member, or one care spell of it.

    Parameters
    ----------
    member, care
        Position of the payer and of the care type, (row,).
    child, household
        Numbers that tell children and households apart, (row,).
    cost
        EUR in the year, (row,).
    clients
        How many clients a row stands for: 1, or more where only sums are known, (row,). Of several care spells of a
        child in one care type, the first stands for the client and the others for none.
    began
        Calendar year in which the care began, UNKNOWN if that is not known, (row,).
    months
        Months of stay in the year, NaN if not known, (row,).
    unclear
        Number of a row of the file of which it is not clear to which care spell it belongs, or 0, (row,); None where a
        row is no care spell.
    single
        Whether a row is one child; False where only sums are known.
    """

    member: IntArray = field(repr=False)
    care: IntArray = field(repr=False)
    child: IntArray = field(repr=False)
    household: IntArray = field(repr=False)
    cost: FloatArray = field(repr=False)
    clients: FloatArray = field(repr=False)
    began: IntArray = field(repr=False)
    months: FloatArray = field(repr=False)
    unclear: IntArray | None = field(default=None, repr=False)
    single: bool = True

    @classmethod
    def of_cases(cls, cases: Cases, setting: Setting, *, by_spell: bool = False) -> Rows:
        """Return the rows of a file of cases.

        Parameters
        ----------
        by_spell
            Whether a row is to be one care spell; see `counts_spells`.

        Raises
        ------
        KeyError
            If a case has a payer or care type that the setting lacks.
        """
        member = cases.members([str(code) for code in setting.region.codes])
        place = {id_: i for i, id_ in enumerate(setting.care_types)}
        care = np.array([place[id_] for id_ in cases.care_types], dtype=np.int64)
        of = cases.spells.case if by_spell else np.arange(len(cases))
        found = cases.spells if by_spell else cases
        years = found.starts.astype("datetime64[Y]").astype(np.int64) + 1970
        began = np.where(np.isnat(found.starts), UNKNOWN, years)
        first = np.diff(of, prepend=-1) > 0
        return cls(
            member[of], care[of], cases.children[of], cases.households[of], found.costs, first.astype(np.float64),
            began, found.months, cases.spells.unclear[of] if by_spell else None,
        )  # fmt: skip

    @classmethod
    def of_history(cls, history: History, year: int, setting: Setting) -> Rows:
        """Return one row per member and care type of a year of which only sums are known.

        If the year has totals only, they stand in the first care type: all care is then one scope.

        Raises
        ------
        MissingHistoryError
            If clients or cost of a member are not known.
        """
        place = {code: i for i, code in enumerate(history.codes)}
        codes = [place[str(code)] for code in setting.region.codes]
        types = setting.care_types if by_care_type(history, year) else (None,)
        member, care, cost, clients = [], [], [], []
        for position, id_ in enumerate(types):
            counted, paid = history.window(year, 1, None if id_ is None else (id_,))
            for number, code in enumerate(codes):
                member.append(number)
                care.append(position)
                clients.append(counted[0, code])
                cost.append(paid[0, code])
        numbers = np.arange(len(member), dtype=np.int64)
        return cls(
            np.array(member, dtype=np.int64), np.array(care, dtype=np.int64), numbers, numbers, np.array(cost),
            np.array(clients), np.full_like(numbers, UNKNOWN), np.full(len(numbers), np.nan), None, single=False,
        )  # fmt: skip


def by_care_type(history: History, year: int) -> bool:
    """Return whether a year of a history has clients and cost of every care type, and not totals only."""
    at = history.years.index(year)
    places = [i for i, id_ in enumerate(history.care_types) if id_ != TOTAL]
    return not (np.isnan(history.clients[at][:, places]) | np.isnan(history.cost[at][:, places])).any()


def counts_spells(agreement: Agreement) -> bool:
    """Return whether any article lays its lines per care spell."""
    takes = (clause.take for clause in agreement.spec.clauses)
    return any(isinstance(take, ExcessTake) and take.unit == "spell" for take in takes)


def reach_of(agreement: Agreement, clause: Clause, setting: Setting) -> BoolArray:
    """Return for whom a clause holds, (cohort, care_type, year, member).

    There is one cohort unless a change of membership leaves cases alone that began before it.
    """
    shape = (len(setting.care_types), setting.years, setting.members)
    cohorts = agreement.cohorts(setting)
    return np.array([np.broadcast_to(agreement.reach(clause, setting, cohort), shape) for cohort in cohorts])


def reach_of_rows(agreement: Agreement, clause: Clause, setting: Setting, rows: Rows) -> tuple[BoolArray, BoolArray]:
    """Return for whom a clause holds, and which rows are in its scope.

    Returns
    -------
    reach
        (cohort, care_type, year, member); one cohort unless a change of membership leaves cases alone that began
        before it.
    inside
        (row,).

    Raises
    ------
    InputError
        If it matters when care began, and the file does not say so.
    """
    reach = reach_of(agreement, clause, setting)
    cohort = cohort_of_rows(agreement, setting, rows)
    return reach, reach[cohort, rows.care, 0, rows.member]


def cohort_of_rows(agreement: Agreement, setting: Setting, rows: Rows) -> IntArray:
    """Return the place of each row among the cohorts of the agreement, (row,), by the year in which its care began.

    Raises
    ------
    InputError
        If it matters when care began, and the file does not say so.
    """
    cohorts = agreement.cohorts(setting)
    if len(cohorts) == 1:
        return np.zeros(len(rows.cost), dtype=np.int64)
    unknown = int((rows.began == UNKNOWN).sum())
    if unknown:
        rule = f"of {unknown} cases it is not known when they began, and a change on occurrence basis asks for it"
        hint = 'Fill in the column start of the cases, or write open_cases = "payment".'
        raise InputError([Problem(agreement.file, "changes", "", rule, hint)])
    breaks = [place for place, _ in cohorts[1:] if place is not None]
    return np.searchsorted(breaks, rows.began - setting.first_year, side="right").astype(np.int64)


def taken_of_rows(agreement: Agreement, setting: Setting, rows: Rows) -> FloatArray:
    """Return what every clause takes of every row, (clause, row) EUR; 0 under a clause that does not look at cases.

    Parameters
    ----------
    agreement
        Whose rules.
    setting
        One year, in the money of the agreement.
    rows
        The real cost of that year.

    Raises
    ------
    InputError
        If clauses together take more of a child than it costs, as tiers of different scopes may; or if a line is per
        month of stay or per care spell, and months or spells are not known.
    """
    left = rows.cost.copy()
    clauses = agreement.spec.clauses
    taken = np.zeros((len(clauses), len(left)))
    for number, clause in enumerate(clauses):
        take = clause.case_take
        if take is None:
            continue
        reach, held = reach_of_rows(agreement, clause, setting, rows)
        inside = np.flatnonzero(held)
        if not inside.size:
            continue
        values = clause.terms(setting, np.asarray(reach.any(axis=0)), indexed=agreement.spec.indexed).values[:, 0]
        unit = _units(agreement, number, setting, rows, inside)
        _, group = np.unique(np.stack([rows.member[inside], unit]), axis=1, return_inverse=True)
        group = group.reshape(-1)
        rest = sums(group, left[inside])
        # A tier cuts the full cost, whatever other clauses take; any other take sees what they left.
        base = sums(group, rows.cost[inside]) if isinstance(take, TierTake) else rest
        payer = np.zeros(len(rest), dtype=np.int64)
        payer[group] = rows.member[inside]
        months = None
        if isinstance(take, ExcessTake) and take.per == "month":
            months = _months(agreement, number, rows.months[inside], group)
        amount = _amounts(take, values, base, payer, months)
        if (amount > rest * (1.0 + _ROUNDING) + _ROUNDING).any():
            rule = "this article and earlier ones take more of a child, over its care types, than it costs"
            hint = "Give tiers one scope, or cut the case so that tiers do not overlap."
            raise InputError([Problem(agreement.file, f"clauses.{number + 1}.take", "", rule, hint)])
        portion = np.minimum(amount, rest) / np.where(rest > 0, rest, 1.0)
        taken[number, inside] = left[inside] * portion[group]
        left -= taken[number]
    return taken


def sums(group: IntArray, amounts: FloatArray, count: int = 0) -> FloatArray:
    """Return the sum of amounts of each group, (group,), in the order of the rows."""
    return np.bincount(group, weights=amounts, minlength=count).astype(np.float64)


def _units(agreement: Agreement, number: int, setting: Setting, rows: Rows, inside: IntArray) -> IntArray:
    """Return numbers that tell apart what the lines of a clause are laid over, (inside,)."""
    take = agreement.spec.clauses[number].case_take
    unit = take.unit if isinstance(take, ExcessTake) else "child"
    if unit != "spell":
        return (rows.household if unit == "household" else rows.child)[inside]
    assert rows.unclear is not None, "rows must be care spells"
    lines = rows.unclear[inside]
    if lines.any():
        found = rows_in_words(lines[lines > 0].tolist())
        rule = (
            f"this article counts per care spell, and of {int((lines > 0).sum())} cases of {setting.first_year} it is "
        )
        rule += f"not clear to which spell each row belongs: see {found} of the file of cases"
        hint = "Give these rows the mark of their spell in a column spell (or traject), or its first day in the column "
        hint += "start. A correction carries those of the spell that it corrects."
        raise InputError([Problem(agreement.file, f"clauses.{number + 1}.take.unit", "spell", rule, hint)])
    return inside


def _months(agreement: Agreement, number: int, months: FloatArray, group: IntArray) -> FloatArray:
    """Return the months of stay of each child or care spell in a year, (group,), at most 12."""
    unknown = int(np.isnan(months).sum())
    if unknown:
        rule = f"of {unknown} cases the months of stay are not known, and a line per month asks for them"
        where, hint = f"clauses.{number + 1}.take.per", "Fill in the column months of the cases."
        raise InputError([Problem(agreement.file, where, "month", rule, hint)])
    return np.minimum(sums(group, months), 12.0)


def _amounts(
    take: CaseTake, values: FloatArray, base: FloatArray, payer: IntArray, months: FloatArray | None
) -> FloatArray:
    """Return what is taken of each total, (group,), by the rule of its member."""
    amount = np.zeros(len(base))
    for member in np.unique(payer):
        own = payer == member
        rule = take.of_case(CaseFunction.whole(), values[:, member].tolist())
        amount[own] = rule(base[own], None if months is None else months[own])
    return amount
