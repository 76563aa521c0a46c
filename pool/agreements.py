"""Agreements: ordered clauses, each a take, a pot and a charge, and the ledger that they leave behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.models.problems import InputError, Problem, suggest
from solidair.models.regions import Region
from solidair.models.schema import Config, Source, Words, parse
from solidair.pool.layers import CaseFunction
from solidair.pool.measures import MeasureSet
from solidair.pool.parts.charges import AnyCharge
from solidair.pool.parts.pots import AnyPot, FullPot
from solidair.pool.parts.takes import AnyTake

FloatArray = npt.NDArray[np.float64]

CONSERVATION = 1e-9
"""Largest relative difference between what a clause pays and what it charges, in any simulated year."""


class Clause(Config):
    """One article of an agreement: what members hand in, what is paid of it, and who is charged."""

    title: Words
    take: AnyTake
    pot: AnyPot = FullPot()
    charge: AnyCharge


class AgreementSpec(Config):
    """An agreement file.

    Parameters
    ----------
    indexed
        Whether its amounts per child follow the price index of the cost model every 1 January.
    clauses
        In the order in which they work.
    """

    title: Words
    summary: Words
    source: Source
    indexed: bool = True
    clauses: tuple[Clause, ...] = Field(default=())


def unknown_care_types(scopes: Sequence[Any], file: str, care_types: Sequence[str]) -> list[Problem]:
    """Return a problem for each care type that the cost model lacks, given the scope of every clause as written."""
    problems = []
    for number, scope in enumerate(scopes, 1):
        for place, care_type in enumerate(scope if isinstance(scope, list | tuple) else (), 1):
            if isinstance(care_type, str) and care_type not in care_types:
                where, hint = f"clauses.{number}.take.scope.{place}", suggest(care_type, care_types)
                problems.append(Problem(file, where, care_type, "unknown care type", hint))
    return problems


@dataclass(frozen=True)
class Agreement:
    """A checked agreement.

    Parameters
    ----------
    name
        Name of the file, without ending.
    spec
        Its content. No clauses means that everybody pays own use.
    """

    name: str
    file: str
    spec: AgreementSpec

    @classmethod
    def from_document(cls, document: Mapping[str, Any], name: str, file: str) -> Agreement:
        """Return the checked agreement of a TOML document.

        Raises
        ------
        InputError
            With every problem of the file.
        """
        return cls(name, file, parse(AgreementSpec, document, file))

    @property
    def linear(self) -> bool:
        """Whether settling expected claims gives expected contributions, exactly: every part must be linear."""
        return all(c.take.linear and c.pot.linear and c.charge.linear for c in self.spec.clauses)

    def faults(self, region: Region | None, care_types: Sequence[str] | None) -> list[Problem]:
        """Return what does not fit the region or the cost model; None if one is not known."""
        problems: list[Problem] = []
        if care_types is not None:
            problems += unknown_care_types([c.take.scope for c in self.spec.clauses], self.file, care_types)
        for number, clause in enumerate(self.spec.clauses, 1):
            for fault in clause.charge.faults(region) if region is not None else ():
                where = f"clauses.{number}.charge.{fault.where}"
                problems.append(Problem(self.file, where, fault.value, fault.rule, fault.hint))
        return problems

    def rules(self, care_types: Sequence[str]) -> list[dict[str, CaseFunction]]:
        """Return, per clause, what is handed in as a function of the full cost of a case, per care type.

        Clauses work in order: each sees of every case what the earlier ones left.
        """
        left = {care_type: CaseFunction.whole(self.spec.indexed) for care_type in care_types}
        rules = []
        for clause in self.spec.clauses:
            handed_in = clause.take.rules(left)
            left = {c: f - handed_in[c] if c in handed_in else f for c, f in left.items()}
            rules.append(handed_in)
        return rules


@dataclass(frozen=True)
class Ledger:
    """What an agreement did in every simulated year, in double entry.

    Parameters
    ----------
    own
        Cost of each member's own cases, (sim, year, member) EUR.
    paid
        Per clause what each member was paid for what it handed in, (clause, sim, year, member) EUR.
    charged
        Per clause what each member was charged, (clause, sim, year, member) EUR.
    """

    own: FloatArray
    paid: FloatArray
    charged: FloatArray

    @property
    def contribution(self) -> FloatArray:
        """What each member bears in the end, (sim, year, member) EUR."""
        total = self.own.copy()
        for paid, charged in zip(self.paid, self.charged, strict=True):
            total += charged - paid
        return total


class ConservationError(ArithmeticError):
    """A clause charged something else than it paid: a fault in the program, never in the input."""


def combine(weights: FloatArray, claims: FloatArray) -> FloatArray:
    """Return the weighted sum of measures, (sim, year, member), added in order.

    Not a matrix product: its bits would depend on the size of the block.
    """
    total = np.zeros(claims.shape[1:])
    for place in np.flatnonzero(weights):
        total += claims[place] if weights[place] == 1.0 else weights[place] * claims[place]
    return total


def settle(
    agreement: Agreement, claims: FloatArray, measures: MeasureSet, region: Region, first_sim: int = 0
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
    region
        The members, in the order of the last axis.
    first_sim
        Number of the first sim of the claims, to name the right one if something is wrong.

    Raises
    ------
    ConservationError
        If in any simulated year a clause does not charge exactly what it paid.
    """
    care_types = [care_type for group in measures.groups for care_type in group]
    own = combine(measures.total_weights, claims)
    shape = (len(agreement.spec.clauses), *own.shape)
    paid, charged = np.zeros(shape), np.zeros(shape)
    for number, (clause, rule) in enumerate(zip(agreement.spec.clauses, agreement.rules(care_types), strict=True)):
        paid[number] = clause.pot.pay(combine(measures.weights(rule), claims))
        charged[number] = clause.charge.spread(paid[number], region)
        _check_conservation(agreement, number, paid[number], charged[number], first_sim)
    return Ledger(own, paid, charged)


def _check_conservation(
    agreement: Agreement, number: int, paid: FloatArray, charged: FloatArray, first_sim: int
) -> None:
    out, back = paid.sum(axis=-1), charged.sum(axis=-1)
    # So written that a nan is wrong too.
    wrong = ~(np.abs(out - back) <= CONSERVATION * np.maximum(np.abs(out), 1.0))
    if wrong.any():
        sim, year = (int(x) for x in np.argwhere(wrong)[0])
        raise ConservationError(
            f"agreement {agreement.name}, clause {number + 1}, sim {first_sim + sim}, year {year}: "
            f"paid {float(out[sim, year])!r} but charged {float(back[sim, year])!r}"
        )


__all__ = [
    "Agreement",
    "AgreementSpec",
    "Clause",
    "ConservationError",
    "InputError",
    "Ledger",
    "combine",
    "settle",
]
