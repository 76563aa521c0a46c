"""What every clause takes of a single case, worked out for each year and member.

Clauses work in order: each sees of every case what the earlier ones left. Members that are treated alike in a year
share a pattern, and so does a whole region under most agreements; the algebra of `solidair.pool.layers` is done once
for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from solidair.pool.layers import CaseFunction
from solidair.pool.measures import MeasureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Rule = dict[str, CaseFunction]
"""Per care type what is taken, as a function of the full cost of a case; care types left out give nothing."""

Cohort = tuple[int | None, int | None]
"""Cases that began in or after one year and before another, both positions of years; None has no bound."""


def before(rule: Rule, year: int | None, types: Sequence[str] | None = None) -> Rule:
    """Return a rule of cases that began before a year (None: of all), for some care types (None: for all)."""
    if year is None and types is None:
        return rule
    kept = {c: f for c, f in rule.items() if f.attachments and (types is None or c in types)}
    return {c: f.of_cases_before(year) for c, f in kept.items()}


@dataclass(frozen=True, eq=False)
class CaseRules:
    """The rules of all clauses of an agreement.

    Parameters
    ----------
    pattern
        Number of the pattern of each year and member, (year, member).
    rules
        Per pattern, per clause its rule; empty for a clause that does not look at cases.
    left
        Per pattern what all clauses together leave of a case, per care type.
    """

    pattern: IntArray
    rules: tuple[tuple[Rule, ...], ...]
    left: tuple[Rule, ...]

    def of(self, year: int, member: int) -> tuple[Rule, ...]:
        """Return the rules of all clauses for a member in a year, by position."""
        return self.rules[self.pattern[year, member]]

    @property
    def uniform(self) -> bool:
        """Whether all members are treated alike in all years."""
        return len(self.rules) == 1

    def __iter__(self) -> Iterator[Rule]:
        """Yield every rule of every clause and pattern: what measures must serve."""
        for clauses in self.rules:
            yield from clauses

    def weights(
        self, clause: int, measures: MeasureSet, types: Sequence[str] | None = None, cohort: Cohort = (None, None)
    ) -> FloatArray:
        """Return the combination of measures that a clause takes.

        Parameters
        ----------
        types
            Care types that count; all of them if left out.
        cohort
            Only cases count that began in or after the first of these years and before the second, positions; None has
            no bound.

        Returns
        -------
        array
            Shape (measure,) if all members are treated alike in all years, else (measure, year, member).
        """
        lower, upper = cohort
        found = np.array([measures.weights(before(rules[clause], upper, types)) for rules in self.rules])
        if lower is not None:
            found -= np.array([measures.weights(before(rules[clause], lower, types)) for rules in self.rules])
        return found[0] if self.uniform else np.moveaxis(found[self.pattern], -1, 0)


@dataclass(frozen=True, eq=False)
class CaseTerms:
    """What a clause says about cases, in numbers.

    Parameters
    ----------
    reach
        Whether the clause holds, (care_type, year, member).
    values
        Numbers that its take needs in each year and member, (value, year, member); none if it does not look at cases.
    """

    reach: BoolArray
    values: FloatArray


class CaseTaker(Protocol):
    """What a take that looks at cases can do; see `solidair.pool.parts.takes.CaseTake`."""

    def of_case(self, left: CaseFunction, values: Sequence[float]) -> CaseFunction:
        """Return what is taken of a case of which `left` is left."""


def case_rules(
    care_types: Sequence[str],
    shape: tuple[int, int],
    takes: Sequence[CaseTaker | None],
    terms: Sequence[CaseTerms],
    *,
    indexed: bool,
) -> CaseRules:
    """Work out the rules of all clauses.

    Parameters
    ----------
    shape
        Years and members.
    takes
        Per clause the take that looks at cases; None if it does not.
    terms
        Per clause where it holds, and the numbers of its take.
    indexed
        Whether amounts per case follow the price index.

    Raises
    ------
    ValueError
        If an excess is asked of what decreases with the cost of a case.
    """
    whole = {care_type: CaseFunction.whole(indexed) for care_type in care_types}
    cells = [np.concatenate([t.reach.astype(np.float64), t.values]) for t in terms]
    if not cells:
        return CaseRules(np.zeros(shape, dtype=np.int64), ((),), (whole,))
    flat = np.concatenate(cells).reshape(-1, shape[0] * shape[1])
    distinct, pattern = np.unique(flat, axis=1, return_inverse=True)
    rules, lefts = [], []
    for column in distinct.T:
        left: Mapping[str, CaseFunction] = whole
        clauses, start = [], 0
        for take, cell in zip(takes, cells, strict=True):
            inside, values = np.split(column[start : start + len(cell)], [len(care_types)])
            start += len(cell)
            taken: Rule = {}
            if take is not None:
                active = [c for c, holds in zip(care_types, inside, strict=True) if holds]
                taken = {c: take.of_case(left[c], values.tolist()) for c in active}
                left = {c: f - taken[c] if c in taken else f for c, f in left.items()}
            clauses.append(taken)
        rules.append(tuple(clauses))
        lefts.append(dict(left))
    return CaseRules(pattern.reshape(shape).astype(np.int64), tuple(rules), tuple(lefts))


def combine(weights: FloatArray, claims: FloatArray) -> FloatArray:
    """Return the weighted sum of measures, (sim, year, member), added in order.

    Not a matrix product: its bits would depend on the size of the block.

    Parameters
    ----------
    weights
        Shape (measure,), or (measure, year, member).
    claims
        Shape (measure, sim, year, member).
    """
    total = np.zeros(claims.shape[1:])
    for place in np.flatnonzero(weights.reshape(len(weights), -1).any(axis=1)):
        weight = weights[place]
        total += claims[place] if np.ndim(weight) == 0 and weight == 1.0 else weight * claims[place]
    return total
