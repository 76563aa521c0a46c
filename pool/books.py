"""The books of a settlement: claims as they come in, and what every clause has moved so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from solidair.pool.case_rules import combine
from solidair.pool.layers import CaseFunction
from solidair.pool.measures import MeasureSet
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

T = TypeVar("T")
Euros = FloatArray | float
"""An array, or one number for all sims, years and members."""


@dataclass(frozen=True, eq=False)
class Flow:
    """What a pot does with what was handed in; every array may be broadcast.

    In every sim and year the money closes: bill + calls + direct + outside = paid + fund.

    Parameters
    ----------
    paid
        What each member is paid, (sim, year, member) EUR.
    bill
        What members are to be charged by the charge of the clause, (sim, year) EUR.
    direct
        What members are charged by the pot itself, such as a deposit into a reserve of their own, (sim, year, member).
    outside
        What comes in from outside less what goes out: recoveries less premiums, interest, (sim, year) EUR.
    fund
        By how much the balances of funds and reserves rise, (sim, year) EUR.
    observed
        What a reader wants to know of the pot besides, by name, (sim, year) each: the ratio paid, the balance.
    """

    paid: FloatArray
    bill: Euros
    direct: Euros = 0.0
    outside: Euros = 0.0
    fund: Euros = 0.0
    observed: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Charged:
    """Who pays a bill.

    Parameters
    ----------
    members
        What each member is charged, (sim, year, member) EUR.
    outside
        What an outside payer bears, (sim, year) EUR.
    """

    members: FloatArray
    outside: Euros = 0.0


class LawError(LookupError):
    """A clause needs to know the law of what is handed in, and there is none."""


@dataclass(frozen=True, eq=False)
class Laws:
    """What clauses know beforehand about what will be handed in: samples of a pilot run.

    Parameters
    ----------
    samples
        Per number of a clause, counted from 0, what members handed in in the pilot run, (sim, year, member) EUR.
    """

    samples: dict[int, FloatArray] = field(default_factory=dict)
    _fits: dict[tuple[int, str], object] = field(default_factory=dict)

    def fitted(self, clause: int, what: str, fit: Callable[[FloatArray], T]) -> T:
        """Return what is fitted to the sample of a clause, worked out once."""
        key = (clause, what)
        if key not in self._fits:
            self._fits[key] = fit(self.samples[clause])
        return self._fits[key]  # type: ignore[return-value]


class Books:
    """What is known while an agreement is settled, clause by clause.

    Parameters
    ----------
    setting
        Members, years, history.
    measures, claims
        What the claims are, and the claims, (measure, sim, year, member).
    laws
        What clauses know about what will be handed in; None if there was no pilot run.

    Attributes
    ----------
    own : array
        Cost of each member's own cases, (sim, year, member) EUR.
    net : array
        What each member bears after the clauses so far, same shape.
    clause, start : int
        Number of the clause at work, from 0, and the position of its first year, negative if it began earlier.
    """

    def __init__(self, setting: Setting, measures: MeasureSet, claims: FloatArray, laws: Laws | None = None) -> None:
        self.setting, self.measures, self.claims, self.laws = setting, measures, claims, laws
        self.clause = self.start = 0
        self.own = combine(measures.total_weights, claims)
        self.net = self.own.copy()

    @property
    def sims(self) -> int:
        """Number of sims."""
        return int(self.claims.shape[1])

    @property
    def shape(self) -> tuple[int, int, int]:
        """(sim, year, member)."""
        return self.own.shape

    def cost(self, types: Sequence[str]) -> FloatArray:
        """Return the cost of care types before any clause, (sim, year, member) EUR."""
        return combine(self.measures.weights(dict.fromkeys(types, CaseFunction.whole())), self.claims)

    def clients(self, types: Sequence[str]) -> FloatArray:
        """Return the number of clients of care types, (sim, year, member).

        Raises
        ------
        KeyError
            If the measures lump these care types with others; see `KeyBase.scopes`.
        """
        total = np.zeros(self.shape)
        for group in self.measures.groups:
            inside = [c in types for c in group]
            if all(inside):
                total += self.claims[self.measures.index(group, None)]
            elif any(inside):
                raise KeyError(f"clients of {', '.join(types)} are not counted apart from {', '.join(group)}")
        return total

    @cached_property
    def everyone(self) -> BoolArray:
        """A reach that leaves nobody out, (year, member)."""
        return np.ones(self.shape[1:], dtype=np.bool_)

    def fitted(self, what: str, fit: Callable[[FloatArray], T]) -> T:
        """Return what is fitted to the pilot sample of what the clause at work is handed in, worked out once.

        Parameters
        ----------
        what
            Name of the fit, one for each that a clause needs.
        fit
            From a sample, (sim, year, member) EUR, to what is needed.

        Raises
        ------
        LawError
            If there was no pilot run: a real year alone does not tell what could have been.
        """
        if self.laws is None or self.clause not in self.laws.samples:
            raise LawError(f"clause {self.clause + 1} needs the law of what is handed in, which only a study can give")
        return self.laws.fitted(self.clause, what, fit)

    def post(self, paid: FloatArray, charged: FloatArray) -> None:
        """Add what a clause did to what members bear."""
        self.net += charged - paid


__all__ = ["Books", "Charged", "Flow", "LawError", "Laws", "combine"]
