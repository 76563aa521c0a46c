"""Settle a real year: the same agreement, laid over real cases, in exact cents.

`settle_year` uses the code that settles simulated years, with one sim and one year. Two things differ. Lines per child
are laid over the child's total in scope (`solidair.pool.child_rules`), and amounts are rounded so that every clause,
member and total closes (`solidair.pool.year_cents`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from solidair.models.costs import CostModel
from solidair.models.problems import InputError
from solidair.models.regions import Region
from solidair.models.schema import Words
from solidair.models.sources.cases import Cases
from solidair.models.sources.history import History
from solidair.pool.agreements import Agreement
from solidair.pool.books import Books, Laws
from solidair.pool.child_rules import Rows, cohort_of_rows, counts_spells, reach_of, sums, taken_of_rows
from solidair.pool.measures import MeasureSet
from solidair.pool.parts.charges import KeyCharge
from solidair.pool.real_setting import RealSetting
from solidair.pool.setting import Setting
from solidair.pool.settlement import Ledger, Plan, Pot
from solidair.pool.statement.correction import Lines
from solidair.pool.statement.transfers import Transfers, who_pays_whom
from solidair.pool.study import Study
from solidair.pool.year_cents import ACCOUNT, OUTSIDE, clauses_in_cents, own_in_cents
from solidair.pool.year_setting import laws_of_year, setting_of_year, year_problems
from solidair.pool.year_state import dated

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClauseYear:
    """The audit trail of one clause; money in whole cents.

    Parameters
    ----------
    number
        From 1, as in the agreement.
    title
        As in the agreement.
    holds
        Whether it holds for anybody in this year.
    children
        Children whose cost is in what the member handed in, (member,).
    handed_in, paid, charged
        (member,) cents.
    weights
        Share of each member by the key, (member,); None if the charge has no key, or several, since members share
        different care.
    fixed_key
        Whether these shares are known before the year, so that they tell nothing of its cases.
    outside, fund
        What came in from outside less what went out, and by how much funds rose, cents.
    """

    number: int
    title: Words
    holds: bool
    children: IntArray = field(repr=False)
    handed_in: IntArray = field(repr=False)
    paid: IntArray = field(repr=False)
    charged: IntArray = field(repr=False)
    weights: FloatArray | None = field(repr=False)
    fixed_key: bool
    outside: int
    fund: int

    @property
    def bill(self) -> int:
        """What is to be borne by members and outside payers, cents."""
        return int(self.charged.sum()) + self.outside


@dataclass(frozen=True, eq=False)
class YearSettlement:
    """What an agreement makes of a real year; money in whole cents, and everything closes.

    Its printout shows no figure: they are about children.

    Parameters
    ----------
    agreement, region, year, care_types
        What was settled.
    own
        Cost by care type and member, (care_type, member).
    advance
        What each member has paid into the joint account already, (member,); negative if it received.
    clauses
        In the order in which they work.
    rows, taken
        The cases, and what each clause took of each, (clause, row) EUR: what privacy is judged on.
    """

    agreement: Agreement
    region: Region
    year: int
    care_types: tuple[str, ...]
    own: IntArray = field(repr=False)
    advance: IntArray = field(repr=False)
    clauses: tuple[ClauseYear, ...] = field(repr=False)
    rows: Rows = field(repr=False)
    taken: FloatArray = field(repr=False)

    @property
    def codes(self) -> tuple[str, ...]:
        """CBS codes of the members."""
        return tuple(str(code) for code in self.region.codes)

    @property
    def own_cost(self) -> IntArray:
        """Cost of each member's own cases, (member,) cents."""
        return np.asarray(self.own.sum(axis=0), dtype=np.int64)

    @property
    def handed_in(self) -> IntArray:
        """What each member handed in under all clauses, (member,) cents."""
        return self._sum("handed_in")

    @property
    def paid(self) -> IntArray:
        """What each member was paid for that, (member,) cents."""
        return self._sum("paid")

    @property
    def charged(self) -> IntArray:
        """What each member was charged, (member,) cents."""
        return self._sum("charged")

    @property
    def net(self) -> IntArray:
        """Charged less paid: what sharing costs each member, (member,) cents."""
        return self.charged - self.paid

    @property
    def contribution(self) -> IntArray:
        """What each member bears in the end: own cost + net, (member,) cents."""
        return self.own_cost + self.net

    @property
    def balance(self) -> IntArray:
        """Advance less net: what each member still receives, or pays if negative, (member,) cents."""
        return self.advance - self.net

    @property
    def parties(self) -> tuple[str, ...]:
        """Members, then payers from outside and the joint account."""
        return (*self.codes, OUTSIDE, ACCOUNT)

    @property
    def balances(self) -> IntArray:
        """What each party still receives, or pays if negative, (party,) cents; sums to zero."""
        outside = -sum(clause.outside for clause in self.clauses)
        account = sum(clause.fund for clause in self.clauses) - int(self.advance.sum())
        return np.array([*self.balance, outside, account], dtype=np.int64)

    def transfers(self) -> Transfers:
        """Return who pays whom, in the fewest transfers."""
        return who_pays_whom(self.balances, self.parties)

    def lines(self) -> Lines:
        """Return every line of every party, for a correction of this statement later on."""
        none = (0, 0)
        named: dict[str, Sequence[int] | IntArray] = {"own": [*self.own_cost, *none]}
        for clause in self.clauses:
            named[f"clause-{clause.number}-handed-in"] = [*clause.handed_in, *none]
            named[f"clause-{clause.number}-paid"] = [*clause.paid, 0, clause.fund]
            named[f"clause-{clause.number}-charged"] = [*clause.charged, clause.outside, 0]
        named["contribution"] = [*self.contribution, *none]
        named["advance"] = [*self.advance, 0, -int(self.advance.sum())]
        named["balance"] = self.balances
        cents = np.array([list(map(int, line)) for line in named.values()], dtype=np.int64)
        return Lines(self.year, self.parties, tuple(named), cents)

    def _sum(self, name: str) -> IntArray:
        total = np.zeros(len(self.region), dtype=np.int64)
        for clause in self.clauses:
            total += getattr(clause, name)
        return total


def settle_year(
    agreement: Agreement,
    region: Region,
    cases: Cases,
    year: int,
    costs: CostModel,
    *,
    history: History | None = None,
    advances: Mapping[str, int] | None = None,
    study: Study | None = None,
) -> YearSettlement:
    """Settle a real year.

    Parameters
    ----------
    agreement, region, cases
        The rules, the members with their figures of the year, and what children have cost.
    year
        The calendar year.
    costs
        Whose care types and codes count; with a study its cost model should be given.
    history
        Past years, if a clause looks at them.
    advances
        Cents that members have paid into the joint account, by CBS code.
    study
        From which expected values and laws are taken, if a clause needs them.

    Raises
    ------
    InputError
        With everything that the agreement needs and does not find.
    KeyError
        If a case or advance is of a member, or a case of a care type, that is not there.
    """
    setting = setting_of_year(region, costs, year, history, expected=study is not None)
    problems = year_problems(agreement, setting, laws=study is not None)
    if problems:
        raise InputError(problems)
    laws = None if study is None else laws_of_year(dated(agreement, year), study, setting)
    rows = Rows.of_cases(cases, setting, by_spell=counts_spells(agreement))
    return _in_cents(agreement, setting, rows, _advance_cents(region, advances or {}), laws)


def settle_rows(agreement: Agreement, setting: RealSetting, years: Sequence[Rows], laws: Laws | None = None) -> Ledger:
    """Settle the rows of successive years together, so that balances and limits carry over: the ledger has one sim.

    Parameters
    ----------
    agreement
        With the first year of every clause that counts years from it; see `solidair.pool.year_state.begun`.
    setting
        As many years as there are rows of.
    """
    plan, claims, _ = _prepared(agreement, setting, years)
    return plan.settle(claims, laws=laws)


def _prepared(
    agreement: Agreement, setting: RealSetting, years: Sequence[Rows]
) -> tuple[Plan, FloatArray, list[FloatArray]]:
    """Return the plan, the claims and what each clause took of each row, (clause, row) of every year.

    Behind the measures stands one more line of claims per pot of a clause, with what its rule takes of the children;
    its weights pick that line. So `Plan.settle` does all the rest as it does for simulated years.
    """
    setting = replace(setting, unit=agreement.within(setting).unit)
    taken = [taken_of_rows(agreement, setting.one(place), rows) for place, rows in enumerate(years)]
    cohort = [cohort_of_rows(agreement, setting, rows) for rows in years]
    kinds = len(setting.care_types)
    measures = MeasureSet(tuple((id_,) for id_ in setting.care_types), ((0.0,),) * kinds)
    count = len(measures.measures)
    lines: list[list[FloatArray]] = []
    shared: list[list[tuple[int, BoolArray]]] = []
    for number, clause in enumerate(agreement.spec.clauses):
        reach, pots = reach_of(agreement, clause, setting), []
        for cells, members in _groups(reach, apart=clause.divisible):
            inside = [cells[began, rows.care] for began, rows in zip(cohort, years, strict=True)]
            pots.append((count + len(lines), members))
            lines.append([
                sums(rows.member[own], amounts[number, own], setting.members)
                for rows, own, amounts in zip(years, inside, taken, strict=True)
            ])  # fmt: skip
        shared.append(pots)
    claims = np.zeros((count + len(lines), 1, len(years), setting.members))
    for place, rows in enumerate(years):
        np.add.at(claims[0:count:2, 0, place], (rows.care, rows.member), rows.clients)
        np.add.at(claims[1:count:2, 0, place], (rows.care, rows.member), rows.cost)
    for place, line in enumerate(lines):
        claims[count + place, 0] = line
    units = np.eye(len(claims))
    pots_of = tuple(tuple(Pot(units[place], members) for place, members in pots) for pots in shared)
    return Plan(agreement, measures, setting, pots_of), claims, taken


def _groups(reach: BoolArray, *, apart: bool) -> list[tuple[BoolArray, BoolArray]]:
    """Return the pots of a clause: which cohorts and care types are in each, and who shares them, (year, member).

    Parameters
    ----------
    reach
        (cohort, care_type, year, member).
    apart
        Whether care that different members share goes into different pots.
    """
    held = reach.any(axis=(2, 3))
    if not apart or not held.any():
        return [(np.asarray(held), np.asarray(reach.any(axis=(0, 1))))]
    found: dict[bytes, BoolArray] = {}
    for cell in map(tuple, np.argwhere(held)):
        found.setdefault(reach[cell].tobytes(), np.zeros_like(held))[cell] = True
    return [(cells, reach[tuple(np.argwhere(cells)[0])]) for cells in found.values()]


def _in_cents(
    agreement: Agreement, setting: RealSetting, rows: Rows, advance: IntArray, laws: Laws | None
) -> YearSettlement:
    plan, claims, (taken,) = _prepared(dated(agreement, setting.first_year), setting, [rows])
    ledger = plan.settle(claims, laws=laws)
    codes = tuple(str(code) for code in setting.region.codes)

    def moved(name: str) -> FloatArray:
        return np.array([getattr(outcome, name)[0, 0] for outcome in ledger.clauses], dtype=np.float64)

    flows = [moved(name).reshape(-1, len(codes)) for name in ("handed_in", "paid", "charged")]
    cents = clauses_in_cents(flows[0], flows[1], flows[2], moved("outside"), moved("fund"), codes)
    count = 2 * len(setting.care_types)
    own = own_in_cents(claims[1:count:2, 0, 0], setting.care_types, codes)
    clauses = []
    for place, clause in enumerate(agreement.spec.clauses):
        weights, fixed = _weights(plan, claims, place, laws)
        clauses.append(
            ClauseYear(
                place + 1,
                clause.title,
                any(pot.reach.any() for pot in plan.pots[place]),
                children_in(plan, rows, taken, place, cents.handed_in[place]),
                cents.handed_in[place],
                cents.paid[place],
                cents.charged[place],
                weights,
                fixed,
                int(cents.outside[place]),
                int(cents.fund[place]),
            )
        )
    return YearSettlement(
        agreement, setting.region, setting.first_year, setting.care_types, own, advance, tuple(clauses), rows, taken
    )


def _weights(plan: Plan, claims: FloatArray, place: int, laws: Laws | None) -> tuple[FloatArray | None, bool]:
    """Return the shares of a clause's key, and whether they were known before the year."""
    charge = plan.agreement.spec.clauses[place].charge
    pots = plan.pots[place]
    if not isinstance(charge, KeyCharge) or len(pots) > 1 or not pots[0].reach.any():
        return None, False
    books = Books(plan.setting, plan.measures, claims, laws)
    books.clause = place
    shares = np.broadcast_to(charge.key.weights(books, pots[0].reach), books.shape)
    return np.asarray(shares[0, 0], dtype=np.float64), charge.key.fixed


def looked_at(agreement: Agreement, setting: Setting, rows: Rows, taken: FloatArray, place: int) -> BoolArray:
    """Return which rows are in what a clause is handed in, (row,): those it takes of, or its whole scope."""
    if agreement.spec.clauses[place].case_take is not None:
        return np.asarray(taken[place] > 0)
    return np.asarray(setting.scope(agreement.spec.clauses[place].take.scope)[rows.care])


def children_in(plan: Plan, rows: Rows, taken: FloatArray, place: int, handed_in: IntArray) -> IntArray:
    """Return of how many children each member handed something in, (member,)."""
    inside = looked_at(plan.agreement, plan.setting, rows, taken, place)
    pairs = np.unique(np.stack([rows.member[inside], rows.child[inside]]), axis=1)
    count = np.bincount(pairs[0], minlength=plan.setting.members)
    return np.where(handed_in != 0, count, 0).astype(np.int64)


def _advance_cents(region: Region, advances: Mapping[str, int]) -> IntArray:
    cents = np.zeros(len(region), dtype=np.int64)
    for code, amount in advances.items():
        cents[region.index(code)] = amount
    return cents
