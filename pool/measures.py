"""Measures: what the engine must remember of a simulated year so that every agreement can be settled later.

A measure is a scope of care types with an attachment point: the sum over cases of max(cost - attachment,
0), or the number of clients. All agreements of a run together ask for the few that they need; care types
about which no agreement asks anything different share a measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from solidair.models.problems import suggest
from solidair.pool.layers import CaseFunction

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """What is summed over the cases of a member in a year.

    Parameters
    ----------
    scope
        Identifiers of the care types.
    attachment
        EUR per case and year above which cost counts; None counts the clients.
    indexed
        Whether the attachment grows with the price index every 1 January.
    """

    scope: tuple[str, ...]
    attachment: float | None
    indexed: bool = True

    @property
    def unit(self) -> str:
        """Return 'EUR' or 'clients'."""
        return "clients" if self.attachment is None else "EUR"


@dataclass(frozen=True)
class MeasureSet:
    """The measures of one run, and how a rule about a care type is computed from them.

    Parameters
    ----------
    groups
        Care types that every rule treats alike.
    attachments
        Attachment points of each group, ascending, the first one 0.
    fixed
        Attachment points of each group that no index moves, ascending; empty if no group has any.
    """

    groups: tuple[tuple[str, ...], ...]
    attachments: tuple[tuple[float, ...], ...]
    fixed: tuple[tuple[float, ...], ...] = ()

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """All measures: per group the number of clients, then one per attachment."""
        fixed = self.fixed or ((),) * len(self.groups)
        return tuple(
            measure
            for group, points, others in zip(self.groups, self.attachments, fixed, strict=True)
            for measure in (
                *(Measure(group, attachment) for attachment in (None, *points)),
                *(Measure(group, attachment, indexed=False) for attachment in others),
            )
        )

    @cached_property
    def _place(self) -> dict[Measure, int]:
        return {measure: place for place, measure in enumerate(self.measures)}

    def index(self, scope: tuple[str, ...], attachment: float | None, indexed: bool = True) -> int:
        """Return the position of a measure; what is summed from 0 on, or counted, has no index."""
        return self._place[Measure(scope, attachment, indexed or not attachment)]

    def weights(self, rules: Mapping[str, CaseFunction]) -> FloatArray:
        """Return the combination of measures that sums a rule over all cases, shape (measure,).

        Parameters
        ----------
        rules
            For each care type the function of the cost of a case; types left out count zero.

        Raises
        ------
        KeyError
            If a rule needs an attachment that was not asked for when the set was made.
        """
        weights = np.zeros(len(self.measures))
        for group in self.groups:
            rule = rules.get(group[0], CaseFunction.nothing())
            if any(rules.get(member, CaseFunction.nothing()) != rule for member in group):
                raise KeyError(f"the rule treats {', '.join(group)} differently, but the measures do not")
            for attachment, weight in zip(rule.attachments, rule.weights, strict=True):
                weights[self.index(group, attachment, rule.indexed)] += weight
        return weights

    @property
    def total_weights(self) -> FloatArray:
        """The combination that sums the whole cost of all cases, shape (measure,)."""
        return self.weights({care_type: CaseFunction.whole() for group in self.groups for care_type in group})


def measures_for(care_types: Sequence[str], rules: Iterable[Mapping[str, CaseFunction]]) -> MeasureSet:
    """Return the smallest set of measures that serves all rules.

    Parameters
    ----------
    care_types
        Identifiers of all care types of the cost model, in order.
    rules
        Functions of the cost of a case per care type, from every clause of every agreement.
    """
    rules = list(rules)
    nothing = CaseFunction.nothing()
    by_pattern: dict[tuple[CaseFunction, ...], list[str]] = {}
    for care_type in care_types:
        pattern = tuple(rule.get(care_type, nothing) for rule in rules)
        by_pattern.setdefault(pattern, []).append(care_type)
    groups = tuple(tuple(group) for group in by_pattern.values())

    def points(indexed: bool) -> tuple[tuple[float, ...], ...]:
        return tuple(
            tuple(sorted({p for rule in pattern if rule.indexed == indexed for p in rule.attachments if p > 0}))
            for pattern in by_pattern
        )

    fixed = points(indexed=False)
    return MeasureSet(groups, tuple((0.0, *line) for line in points(indexed=True)), fixed if any(fixed) else ())


def measure_cases(
    measures: MeasureSet, members: int, member: Sequence[int], care_type: Sequence[str], cost: Sequence[float]
) -> FloatArray:
    """Measure real cases instead of simulated ones, shape (measure, member).

    Parameters
    ----------
    measures
        What to keep.
    members
        Number of members.
    member, care_type, cost
        Per case: position of the member, identifier of the care type, EUR in the year.

    Raises
    ------
    KeyError
        If a case has a care type that no measure covers: its cost would vanish.
    """
    known = {kind for group in measures.groups for kind in group}
    for kind in care_type:
        if kind not in known:
            raise KeyError(f"the measures do not cover the care type '{kind}'. {suggest(kind, known)}")
    claims = np.zeros((len(measures.measures), members))
    for i, kind, amount in zip(member, care_type, cost, strict=True):
        for place, measure in enumerate(measures.measures):
            if kind in measure.scope:
                claims[place, i] += 1.0 if measure.attachment is None else max(amount - measure.attachment, 0.0)
    return claims
