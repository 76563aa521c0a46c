"""Settlement: an agreement laid over claims, clause by clause, in double entry.

The same code settles simulated years and real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from solidair.pool.agreements import Agreement
from solidair.pool.books import Books, LawError, Laws
from solidair.pool.case_rules import CaseRules, Cohort
from solidair.pool.clauses import Outcome
from solidair.pool.measures import MeasureSet
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

CONSERVATION = 1e-9
"""Largest relative difference between what comes in and what goes out under a clause, in any simulated year."""


class ConservationError(ArithmeticError):
    """A clause charged something else than it paid: a fault in the program, never in the input."""


@dataclass(frozen=True, eq=False)
class Ledger:
    """What an agreement did in every simulated year, in double entry.

    Parameters
    ----------
    own
        Cost of each member's own cases, (sim, year, member) EUR.
    clauses
        What every clause did.
    """

    own: FloatArray
    clauses: tuple[Outcome, ...]

    @property
    def paid(self) -> FloatArray:
        """Per clause what each member was paid for what it handed in, (clause, sim, year, member) EUR."""
        return self._stack("paid")

    @property
    def charged(self) -> FloatArray:
        """Per clause what each member was charged, (clause, sim, year, member) EUR."""
        return self._stack("charged")

    @property
    def contribution(self) -> FloatArray:
        """What each member bears in the end, (sim, year, member) EUR."""
        total = self.own.copy()
        for clause in self.clauses:
            total += clause.charged - clause.paid
        return total

    def _stack(self, name: str) -> FloatArray:
        parts = [getattr(clause, name) for clause in self.clauses]
        return np.array(parts).reshape(len(parts), *self.own.shape)


@dataclass(frozen=True, eq=False)
class Pot:
    """Cases that the same members share under a clause.

    Parameters
    ----------
    weights
        What of each measure the take adds up; see `CaseRules.weights`.
    reach
        Who shares them and when, (year, member).
    """

    weights: FloatArray
    reach: BoolArray

    def shortened(self, years: int) -> Pot:
        """Return the first years only."""
        weights = self.weights if self.weights.ndim == 1 else self.weights[:, :years]
        return Pot(weights, self.reach[:years])


def _pots(
    agreement: Agreement,
    number: int,
    rules: Sequence[tuple[Cohort, CaseRules]],
    measures: MeasureSet,
    setting: Setting,
) -> tuple[Pot, ...]:
    """Return the pots of a clause: care types and cohorts of cases that the same members share go together."""
    clause = agreement.spec.clauses[number]
    reach = [agreement.reach(clause, setting, cohort) for cohort, _ in rules]
    shared = np.asarray(np.logical_or.reduce([r.any(axis=0) for r in reach]))
    cells = [(place, int(kind)) for place, r in enumerate(reach) for kind in np.flatnonzero(r.any(axis=(1, 2)))]
    alike = len({reach[place][kind].tobytes() for place, kind in cells}) < 2
    if alike and len(rules) == 1:
        return (Pot(rules[0][1].weights(number, measures), shared),)
    groups: dict[bytes, list[tuple[int, int]]] = {}
    for place, kind in cells:
        key = reach[place][kind].tobytes() if clause.divisible else b""
        groups.setdefault(key, []).append((place, kind))
    pots = []
    for group in groups.values():
        total = np.zeros((len(measures.measures), 1, 1))
        for place, (cohort, taken) in enumerate(rules):
            types = [setting.care_types[kind] for at, kind in group if at == place]
            weights = taken.weights(number, measures, types, cohort)
            total = total + weights.reshape(len(weights), *(weights.shape[1:] or (1, 1)))
        members = reach[group[0][0]][group[0][1]] if clause.divisible else shared
        pots.append(Pot(np.broadcast_to(total, (len(total), setting.years, setting.members)), members))
    return tuple(pots) or (Pot(np.zeros(len(measures.measures)), shared),)


@dataclass(frozen=True, eq=False)
class Plan:
    """An agreement made ready for one set of measures, so that settling a block costs only arithmetic.

    Parameters
    ----------
    agreement, measures
        What is settled, and what claims will be.
    setting
        Members and years, in the money of the agreement.
    pots
        Per clause its pots: one, unless changes of membership let different members share different cases.
    """

    agreement: Agreement
    measures: MeasureSet
    setting: Setting
    pots: tuple[tuple[Pot, ...], ...]

    @staticmethod
    def make(agreement: Agreement, measures: MeasureSet, setting: Setting) -> Plan:
        """Return the plan of an agreement; see `settle`."""
        setting = agreement.within(setting)
        rules = [(cohort, agreement.rules(setting, cohort)) for cohort in agreement.cohorts(setting)]
        numbers = range(len(agreement.spec.clauses))
        return Plan(agreement, measures, setting, tuple(_pots(agreement, n, rules, measures, setting) for n in numbers))

    def shortened(self, years: int) -> Plan:
        """Return the plan of the first years only."""
        if years == self.setting.years:
            return self
        pots = tuple(tuple(pot.shortened(years) for pot in clause) for clause in self.pots)
        return replace(self, setting=self.setting.shortened(years), pots=pots)

    def settle(
        self, claims: FloatArray, first_sim: int = 0, laws: Laws | None = None, *, learn: bool = False
    ) -> Ledger:
        """Settle claims.

        Parameters
        ----------
        claims
            (measure, sim, year, member).
        first_sim
            Number of the first sim of the claims, to name the right one if something is wrong.
        laws
            What clauses know about what will be handed in, where they need to.
        learn
            Whether the claims are a pilot run, from which such laws are learnt: `laws` is then filled.

        Raises
        ------
        ConservationError
            If in any simulated year money appears or disappears under a clause.
        LawError
            If a clause needs a law that is not there.
        """
        plan = self.shortened(claims.shape[2])
        books, outcomes = Books(plan.setting, plan.measures, claims, laws), []
        for number, clause in enumerate(plan.agreement.spec.clauses):
            books.clause = number
            first, *others = (clause.work(books, pot.weights, pot.reach, learn=learn) for pot in plan.pots[number])
            outcome = sum(others, start=first)
            _check_conservation(plan.agreement, number, outcome, first_sim)
            books.post(outcome.paid, outcome.charged)
            outcomes.append(outcome)
        return Ledger(books.own, tuple(outcomes))


def settle(
    agreement: Agreement, claims: FloatArray, measures: MeasureSet, setting: Setting, first_sim: int = 0
) -> Ledger:
    """Lay an agreement over claims, simulated or real.

    Parameters
    ----------
    agreement
        The agreement.
    claims
        (measure, sim, year, member) in the order of `measures`.
    measures
        What the claims are; must have been made for (at least) this agreement.
    setting
        The members, in the order of the last axis, and the years; more years than the claims have do not matter.
    first_sim
        Number of the first sim of the claims, to name the right one if something is wrong.

    Raises
    ------
    ConservationError
        If in any simulated year money appears or disappears under a clause.
    """
    return Plan.make(agreement, measures, setting).settle(claims, first_sim)


def _check_conservation(agreement: Agreement, number: int, outcome: Outcome, first_sim: int) -> None:
    out = outcome.paid.sum(axis=-1) + outcome.fund
    back = outcome.charged.sum(axis=-1) + outcome.outside
    # So written that a nan is wrong too.
    sides = (np.abs(outcome.paid).sum(axis=-1), np.abs(outcome.charged).sum(axis=-1), np.abs(outcome.fund), 1.0)
    wrong = ~(np.abs(out - back) <= CONSERVATION * np.maximum.reduce(np.broadcast_arrays(*sides)))
    if wrong.any():
        sim, year = (int(x) for x in np.argwhere(wrong)[0])
        raise ConservationError(
            f"agreement {agreement.name}, clause {number + 1}, sim {first_sim + sim}, year {year}: "
            f"paid {float(out[sim, year])!r} but charged {float(back[sim, year])!r}"
        )


__all__ = ["ConservationError", "LawError", "Laws", "Ledger", "Plan", "settle"]
