"""Clauses: one article of an agreement, for whom and when it holds, and what it does to the books."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from solidair.models.problems import suggest
from solidair.models.schema import Config, RuleError, Words
from solidair.pool.books import Books, Charged, Flow
from solidair.pool.case_rules import CaseTerms
from solidair.pool.parts.charges import KeyCharge
from solidair.pool.parts.pots import FullPot
from solidair.pool.parts.registry import Fault
from solidair.pool.parts.takes import CaseTake
from solidair.pool.parts.unions import AnyCharge, AnyPot, AnyTake
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Years(Config):
    """From which to which calendar year a clause holds; without an end if one is left out.

    Parameters
    ----------
    first, last
        Calendar years, both included.
    """

    first: int | None = Field(default=None, ge=1900, le=2200)
    last: int | None = Field(default=None, ge=1900, le=2200)

    @model_validator(mode="after")
    def _ordered(self) -> Years:
        if self.first is not None and self.last is not None and self.last < self.first:
            rule = f"the last year ({self.last}) lies before the first ({self.first})"
            raise RuleError(rule, "Swap them; a clause of one year has the same first and last year.")
        return self


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a clause did.

    Parameters
    ----------
    handed_in, paid, charged
        Per member, (sim, year, member) EUR.
    outside
        What came in from outside less what went out, (sim, year) EUR.
    fund
        By how much balances of funds and reserves rose, (sim, year) EUR.
    observed
        See `Flow`.
    """

    handed_in: FloatArray
    paid: FloatArray
    charged: FloatArray
    outside: FloatArray
    fund: FloatArray
    observed: dict[str, FloatArray]

    def __add__(self, other: Outcome) -> Outcome:
        """Return what two pots of one clause did together; only clauses that observe nothing are cut in two."""
        return Outcome(
            self.handed_in + other.handed_in,
            self.paid + other.paid,
            self.charged + other.charged,
            self.outside + other.outside,
            self.fund + other.fund,
            self.observed,
        )


class Clause(Config):
    """One article of an agreement: what members hand in, what is paid of it, and who is charged.

    Parameters
    ----------
    alliance
        Name of the alliance that the article belongs to, where an agreement holds several.
    members
        'all', or CBS codes of those for whom it holds.
    years
        When it holds.
    """

    title: Words
    alliance: str = ""
    members: Literal["all"] | tuple[str, ...] = "all"
    years: Years = Years()
    take: AnyTake
    pot: AnyPot = FullPot()
    charge: AnyCharge

    @field_validator("members")
    @classmethod
    def _named_once(cls, members: Literal["all"] | tuple[str, ...]) -> Literal["all"] | tuple[str, ...]:
        if members == "all":
            return members
        if not members:
            hint = 'Write members = "all", or list their CBS codes, such as ["GM0518"].'
            raise RuleError("an article must hold for at least one member", hint)
        if twice := [code for code, count in Counter(members).items() if count > 1]:
            rule = f"each member must be named once, but named twice: {', '.join(twice)}"
            raise RuleError(rule, "Leave the second one out, or check the code: was another member meant?")
        return members

    @property
    def linear(self) -> bool:
        """Whether settling expected claims gives expected contributions, exactly."""
        return self.take.linear and self.pot.linear and self.charge.linear

    @property
    def divisible(self) -> bool:
        """Whether it does the same if its cases are cut into groups, each with a pot for itself."""
        cases = self.case_take is not None and self.take.linear
        return cases and self.pot.linear and isinstance(self.charge, KeyCharge)

    @property
    def needs_law(self) -> bool:
        """Whether it must know the law of what is handed in before the first year."""
        return self.pot.needs_law or self.charge.needs_law

    def start(self, setting: Setting) -> int:
        """Return the position of its first year; negative if it began before the first year that is settled."""
        return 0 if self.years.first is None else self.years.first - setting.first_year

    def stop(self, setting: Setting) -> int:
        """Return the position after its last year, at most the number of years."""
        last = setting.calendar[-1] if self.years.last is None else self.years.last
        return min(setting.years, last + 1 - setting.first_year)

    def holds(self, setting: Setting) -> BoolArray:
        """Return for whom it holds and when, (year, member), before any change of membership."""
        return np.asarray(np.logical_and.outer(self.when(setting), self.named(setting)))

    def when(self, setting: Setting) -> BoolArray:
        """Return in which years it holds, (year,)."""
        places = np.arange(setting.years)
        return np.asarray((places >= self.start(setting)) & (places < self.stop(setting)))

    def named(self, setting: Setting) -> BoolArray:
        """Return whom it names as members, (member,)."""
        return np.array([self.members == "all" or str(code) in self.members for code in setting.region.codes])

    def terms(self, setting: Setting, reach: BoolArray, *, indexed: bool) -> CaseTerms:
        """Return what it says about cases, in numbers.

        Parameters
        ----------
        reach
            For whom it holds and when, (care_type, year, member).
        """
        values = self.take.values(setting, self.start(setting), indexed=indexed)
        held = reach.any(axis=0)
        # A share or line of a member whom the clause does not reach must not make a pattern of its own.
        return CaseTerms(reach, np.where(held, values, 0.0))

    @property
    def case_take(self) -> CaseTake | None:
        """The take if it looks at cases."""
        return self.take if isinstance(self.take, CaseTake) else None

    def scopes(self) -> list[str | tuple[str, ...]]:
        """Return scopes of care types that it looks at apart from the rules of cases."""
        return [*self.take.scopes(), *self.pot.scopes(), *self.charge.scopes()]

    def work(self, books: Books, weights: FloatArray, reach: BoolArray, *, learn: bool = False) -> Outcome:
        """Return what the clause does to the books.

        Parameters
        ----------
        weights
            What of each measure its take adds up; see `CaseRules.weights`.
        reach
            For whom it holds and when, (year, member).
        learn
            Whether this is a pilot run, from which the laws of what is handed in are learnt.
        """
        books.start = self.start(books.setting)
        handed_in = self.take.hand_in(books, weights, reach)
        if not reach.all():
            handed_in = np.where(reach, handed_in, 0.0)
        if learn and self.needs_law and books.laws is not None:
            books.laws.samples[books.clause] = handed_in
        flow: Flow = self.pot.pay(handed_in, books, reach)
        bill = np.broadcast_to(flow.bill, books.shape[:2])
        charged: Charged = self.charge.spread(bill, handed_in, books, reach)
        members = charged.members if isinstance(flow.direct, float) else charged.members + flow.direct
        return Outcome(
            handed_in,
            np.broadcast_to(flow.paid, books.shape),
            np.broadcast_to(members, books.shape),
            np.broadcast_to(flow.outside + charged.outside, books.shape[:2]),
            np.broadcast_to(flow.fund, books.shape[:2]),
            {name: np.broadcast_to(value, books.shape[:2]) for name, value in flow.observed.items()},
        )

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:
        """Return what the clause needs of the setting, where it holds (year, member), and does not find."""
        codes = [str(code) for code in setting.region.codes]
        faults = []
        for place, code in enumerate(self.members if self.members != "all" else (), 1):
            if code not in codes:
                rule = f"there is no member of this code in {setting.region.title}"
                faults.append(Fault(f"members.{place}", code, rule, suggest(code, codes)))
        start, stop = max(self.start(setting), 0), self.stop(setting)
        if stop > start:
            faults += [fault.under("take") for fault in self.take.faults(setting, self.start(setting), stop)]
            faults += [fault.under("pot") for fault in self.pot.faults(setting, reach)]
            faults += [fault.under("charge") for fault in self.charge.faults(setting, reach)]
        return faults
