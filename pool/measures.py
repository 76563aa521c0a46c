"""Measures: what the engine must remember of a simulated year so that every agreement can be settled later.

A measure is a scope of care types with an attachment point: the sum over cases of max(cost - attachment,
0), or the number of clients. All agreements of a run together ask for the few that they need; care types
about which no agreement asks anything different share a measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

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
    began_before
        Only cases count that began before 1 January of this year, a position; None for all. Stays that are open at the
        start began before year 0; a case of a single year begins in it.
    monthly
        Whether the attachment is EUR per month of stay, of which a case counts as many as it lasts in the year.
    """

    scope: tuple[str, ...]
    attachment: float | None
    indexed: bool = True
    began_before: int | None = None
    monthly: bool = False

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
    begun
        Of each group what only cases that began before some year count for: that year, an attachment point, and
        whether it is indexed; ascending, empty if no group has any.
    monthly
        Of each group its attachments per month of stay: EUR, whether it is indexed, and before which year cases must
        have begun (None: all count); ascending, empty if no group has any.
    """

    groups: tuple[tuple[str, ...], ...]
    attachments: tuple[tuple[float, ...], ...]
    fixed: tuple[tuple[float, ...], ...] = ()
    begun: tuple[tuple[tuple[int, float, bool], ...], ...] = ()
    monthly: tuple[tuple[tuple[float, bool, int | None], ...], ...] = ()

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """All measures: per group the number of clients, then one per attachment."""
        none: tuple[tuple[Any, ...], ...] = ((),) * len(self.groups)
        parts = self.fixed or none, self.begun or none, self.monthly or none
        return tuple(
            measure
            for group, points, others, earlier, months in zip(self.groups, self.attachments, *parts, strict=True)
            for measure in (
                *(Measure(group, attachment) for attachment in (None, *points)),
                *(Measure(group, attachment, indexed=False) for attachment in others),
                *(Measure(group, attachment, indexed, year) for year, attachment, indexed in earlier),
                *(Measure(group, attachment, indexed, year, monthly=True) for attachment, indexed, year in months),
            )
        )

    @cached_property
    def _place(self) -> dict[Measure, int]:
        return {measure: place for place, measure in enumerate(self.measures)}

    def index(
        self,
        scope: tuple[str, ...],
        attachment: float | None,
        indexed: bool = True,
        began_before: int | None = None,
        monthly: bool = False,
    ) -> int:
        """Return the position of a measure; what is summed from 0 on, or counted, has no index."""
        return self._place[
            Measure(scope, attachment, indexed or not attachment, began_before, monthly and bool(attachment))
        ]

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
                place = self.index(group, attachment, rule.indexed, rule.began_before, rule.monthly)
                weights[place] += weight
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
            tuple(
                sorted(
                    {
                        p
                        for rule in pattern
                        if rule.indexed == indexed and rule.began_before is None and not rule.monthly
                        for p in rule.attachments
                        if p > 0
                    }
                )
            )
            for pattern in by_pattern
        )

    fixed = points(indexed=False)
    begun = tuple(
        tuple(
            sorted(
                {
                    (rule.began_before, p, rule.indexed or p == 0)
                    for rule in pattern
                    if rule.began_before is not None
                    for p in rule.attachments
                    if not (rule.monthly and p)
                }
            )
        )
        for pattern in by_pattern
    )
    monthly = tuple(
        tuple(
            sorted(
                {
                    (p, rule.indexed, rule.began_before)
                    for rule in pattern
                    if rule.monthly
                    for p in rule.attachments
                    if p
                },
                key=lambda entry: (entry[0], entry[1], entry[2] is None, entry[2] or 0),
            )
        )
        for pattern in by_pattern
    )
    return MeasureSet(
        groups,
        tuple((0.0, *line) for line in points(indexed=True)),
        fixed if any(fixed) else (),
        begun if any(begun) else (),
        monthly if any(monthly) else (),
    )


def measure_cases(
    measures: MeasureSet,
    members: int,
    member: Sequence[int],
    care_type: Sequence[str],
    cost: Sequence[float],
    began: Sequence[int] | None = None,
    months: Sequence[float] | None = None,
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
    began
        Per case the position of the year in which it began, negative for a year before the first; only needed where
        an agreement asks who was a member then.
    months
        Per case the months of stay in the year; only needed where a line is per month.

    Raises
    ------
    KeyError
        If a case has a care type that no measure covers: its cost would vanish.
    ValueError
        If it matters when cases began, or how many months they lasted, and that is not said.
    """
    if began is None and any(measure.began_before is not None for measure in measures.measures):
        raise ValueError("a change of membership on occurrence basis needs the year in which each case began")
    if months is None and any(measure.monthly for measure in measures.measures):
        raise ValueError("a line per month of stay needs the months of each case")
    known = {kind for group in measures.groups for kind in group}
    for kind in care_type:
        if kind not in known:
            raise KeyError(f"the measures do not cover the care type '{kind}'. {suggest(kind, known)}")
    claims = np.zeros((len(measures.measures), members))
    since = began if began is not None else [0] * len(cost)
    stay = months if months is not None else [0.0] * len(cost)
    for i, kind, amount, year, lasted in zip(member, care_type, cost, since, stay, strict=True):
        for place, measure in enumerate(measures.measures):
            if kind in measure.scope and (measure.began_before is None or year < measure.began_before):
                line = None if measure.attachment is None else measure.attachment * (lasted if measure.monthly else 1.0)
                claims[place, i] += 1.0 if line is None else max(amount - line, 0.0)
    return claims
