r"""Exact second moments of what members pay: variances and covariances of measures, and of own and borne cost.

Given the need of members, every measure is a compound mixed Poisson sum (see `solidair.models.exact.moments`). Two
measures of the same member share its clients, its shocks and its need; those of two members share the national and
regional shocks only. So three small tables say all:

.. math:: E[c_{mi} c_{m'i}] = s_i S_{mm'} + q_i L_{mm'}, \qquad
          \text{Cov}(c_{mi}, c_{m'j}) = s_i s_j K_{mm'} \quad (i \ne j)

with s_i the expected size of member i (need times youths) and q_i its second moment. S comes from
:math:`(x - a)_+ (x - b)_+ = (x - b)_+^2 + (b - a) (x - b)_+` for :math:`a \le b`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from solidair.models.calendar import Calendar
from solidair.models.costs import CostModel
from solidair.models.exact.moments import COARSE, EVERYONE, FINE, Cohort, cohorts_of, product_nodes, volume_moment
from solidair.pool.agreements import Agreement
from solidair.pool.exactness import attachment_paths
from solidair.pool.measures import Measure, MeasureSet
from solidair.pool.metrics.base import SAME, Squares
from solidair.pool.settlement import settle
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]

SHARED = tuple(level for level in EVERYONE if level != "local")
"""Levels of shocks that two members have in common."""

NODES = ((COARSE, COARSE, 8), (FINE, COARSE, 64))
"""Nodes of quadratures over the prices of one member; and over those that two have in common, and those of each.

The second row is for prices that carry an atom, such as a cap, over the line of a measure: a kink.
"""

CLOSE, FAINT = 1e-4, 1e-6
"""Mean and variance of every measure must agree so well with those of `exactness`: of its own, and of the largest."""


@dataclass(frozen=True, eq=False)
class Covariances:
    """Second moments of all measures in one year, by the formula above.

    Parameters
    ----------
    mean
        Per unit of size, shape (measure,), EUR or clients.
    single, alone, between
        S, L and K, shape (measure, measure): K is a covariance, L is not.
    size, square
        s and q, shape (member,).
    """

    mean: FloatArray
    single: FloatArray
    alone: FloatArray
    between: FloatArray
    size: FloatArray
    square: FloatArray

    @property
    def variance(self) -> FloatArray:
        """Variance of every measure, shape (measure, member)."""
        second = np.outer(np.diag(self.single), self.size) + np.outer(np.diag(self.alone), self.square)
        return second - np.outer(self.mean, self.size) ** 2

    def of(self, one: FloatArray, other: FloatArray) -> FloatArray:
        """Return the covariances of pairs of sums of measures, (pair,), EUR squared.

        Parameters
        ----------
        one, other
            Weights of the measures of each member in the first and the second sum, (measure, member, pair).
        """
        first, second = (np.einsum("i,mip->mp", self.size, x) for x in (one, other))
        total = np.einsum("mp,mp->p", first, self.between @ second)
        # Of a member with itself: its own law instead of that of two members.
        outer = np.outer(self.mean, self.mean) + self.between
        for i, (size, square) in enumerate(zip(self.size, self.square, strict=True)):
            own = size * self.single + square * self.alone - size**2 * outer
            total += np.einsum("mp,mp->p", one[:, i], own @ other[:, i])
        return np.asarray(total)


def covariances(study: Study, measures: MeasureSet, t: int, nodes: tuple[int, int, int]) -> Covariances | None:
    """Return the second moments of all measures in budget year t, or None where these are not known in closed form.

    That is so with a copula between members or care types, known open stays, children whose payer has changed, prices
    or stays of a care type that strike one member alone, and costs without a fourth moment: a square is a control only
    if it has a variance.

    Parameters
    ----------
    nodes
        One of `NODES`.
    """
    costs, region = study.costs, study.region
    private = any(s.care_type is not None and s.target != "volume" and s.level == "local" for s in costs.sites)
    heavy = any(not np.isfinite(severity.moment(4)) for severity in costs.severities)
    monthly = any(measure.monthly for measure in measures.measures)  # products of two kinds of lines
    if study.open_cases is not None or costs.spec.dependence is not None or private or heavy or monthly:
        return None
    lines = [None if path is None else float(path[t]) for path in attachment_paths(study, measures)]
    price, weight = product_nodes(costs.price_shocks, nodes[0])
    own = _Rows.of(costs, study.calendar, measures.measures, lines, t, price)
    common, odds = product_nodes(costs.price_shocks[:2], nodes[1])
    local, chance = product_nodes(costs.price_shocks[2:], nodes[2])
    both = _Rows.of(costs, study.calendar, measures.measures, lines, t, np.outer(common, local).ravel())
    if own is None or both is None:
        return None
    shared = replace(both, amounts=[a.reshape(*a.shape[:-1], len(common), -1) @ chance for a in both.amounts])
    known = np.isfinite(region.need_index)
    need, need_square = np.where(known, region.need_index, 1.0), costs.need_shock.moment(2)
    youth = np.asarray(region.youth, dtype=np.float64)
    mean = shared.mean(odds)
    return Covariances(
        own.mean(weight),
        own.single(lines, weight),
        own.pairs(costs, EVERYONE, weight),
        shared.pairs(costs, SHARED, odds) - np.outer(mean, mean),
        need * youth,
        np.where(known, need**2, need_square) * youth**2,
    )


@dataclass(frozen=True, eq=False)
class _Rows:
    """All cohorts of all care types of all measures, at nodes of the price.

    Parameters
    ----------
    count
        Number of measures.
    places, cohorts
        Of each row the measure and the cohort.
    amounts
        Of each row what the clients of a unit of size add to the measure on average, (private, price).
    """

    count: int
    places: tuple[int, ...]
    cohorts: tuple[Cohort, ...]
    amounts: Sequence[FloatArray]

    @classmethod
    def of(
        cls,
        costs: CostModel,
        calendar: Calendar,
        measures: Sequence[Measure],
        lines: Sequence[float | None],
        t: int,
        price: FloatArray,
    ) -> _Rows | None:
        """Return the rows; None where payers have changed, or private prices need nodes that do not match."""
        rows = [
            (n, cohort)
            for n, (measure, line) in enumerate(zip(measures, lines, strict=True))
            for care_type in measure.scope
            for cohort in cohorts_of(costs, calendar, costs.ids.index(care_type), t, line, price, measure.began_before)
        ]
        widths = {(k.care_type, len(k.weight)) for _, k in rows}
        if any(k.kept < 1.0 for _, k in rows) or len(widths) > len({c for c, _ in widths}):
            return None
        places, cohorts = zip(*rows, strict=True)
        return cls(len(measures), places, cohorts, [k.rate[:, np.newaxis] * k.first for k in cohorts])

    @property
    def _added(self) -> FloatArray:
        """Which rows belong to a measure, (measure, row)."""
        return np.asarray((np.array(self.places) == np.arange(self.count)[:, np.newaxis]), dtype=np.float64)

    def mean(self, weight: FloatArray) -> FloatArray:
        """Return the mean of each measure per unit of size, given the weights of the prices."""
        each = [k.weight @ amount @ weight for k, amount in zip(self.cohorts, self.amounts, strict=True)]
        return np.asarray(self._added @ np.array(each))

    def pairs(self, costs: CostModel, levels: Sequence[str], weight: FloatArray) -> FloatArray:
        """Return E of products of what two cohorts add on average, summed, with the shocks of some levels."""
        pooled = np.array([k.weight @ amount for k, amount in zip(self.cohorts, self.amounts, strict=True)])
        product = (pooled * weight) @ pooled.T
        for care_type in {k.care_type for k in self.cohorts if len(k.weight) > 1}:
            mine = [n for n, k in enumerate(self.cohorts) if k.care_type == care_type]
            each, chance = np.array([self.amounts[n] for n in mine]), self.cohorts[mine[0]].weight
            each = each * np.sqrt(np.outer(chance, weight))
            product[np.ix_(mine, mine)] = np.tensordot(each, each, ((1, 2), (1, 2)))
        sites = sorted({(k.care_type, k.year) for k in self.cohorts})
        together = np.array([[volume_moment(costs, *a, *b, levels) for b in sites] for a in sites])
        at = [sites.index((k.care_type, k.year)) for k in self.cohorts]
        return np.asarray(self._added @ (product * together[np.ix_(at, at)]) @ self._added.T)

    def single(self, lines: Sequence[float | None], weight: FloatArray) -> FloatArray:
        """Return the expected sum over clients of what one adds to a measure times what it adds to another."""
        total = np.zeros((self.count, self.count))
        for a, (n, one) in enumerate(zip(self.places, self.cohorts, strict=True)):
            for m, other in zip(self.places[a:], self.cohorts[a:], strict=True):
                if (one.care_type, one.year) == (other.care_type, other.year):
                    total[n, m] += _together(one, lines[n], other, lines[m], weight)
        return np.triu(total) + np.triu(total, 1).T


def _together(one: Cohort, line: float | None, other: Cohort, other_line: float | None, weight: FloatArray) -> float:
    """Return the expected sum over clients, per unit of size, of what one adds to a measure times to the other."""
    if line is None or other_line is None:
        # A client counts once, so it adds to the product what it adds to the other measure.
        product = other.first if line is None else one.first
    else:
        high, gap = (one, line - other_line) if line > other_line else (other, other_line - line)
        product = high.second + gap * high.first
    return float(one.weight @ (one.rate * (product @ weight)))


def squares(
    study: Study, measures: MeasureSet, exact_mean: FloatArray, exact_variance: FloatArray, t: int
) -> Mapping[str, Squares]:
    """Return the exact second moments of own and borne cost in budget year t, per linear agreement.

    Parameters
    ----------
    exact_mean, exact_variance
        Exact moments of every measure, shape (measure, year, member): these judge the second moments.

    Returns
    -------
    Mapping[str, Squares]
        Empty where second moments are not known.
    """
    if not np.all(np.isfinite(exact_variance[:, t])):
        return {}
    for nodes in NODES:
        found = covariances(study, measures, t, nodes)
        if found is None:
            return {}
        mean = np.outer(found.mean, found.size)
        if all(
            np.allclose(ours, theirs[:, t], rtol=CLOSE, atol=FAINT * theirs[:, t].max())
            for ours, theirs in ((mean, exact_mean), (found.variance, exact_variance))
        ):
            return _settled(study, measures, found, exact_mean, t)
    return {}


def squares_of_years(
    study: Study, measures: MeasureSet, exact_mean: FloatArray, exact_variance: FloatArray
) -> list[Mapping[str, Squares]]:
    """Return `squares` of every year."""
    return [squares(study, measures, exact_mean, exact_variance, t) for t in range(exact_mean.shape[1])]


def _settled(
    study: Study, measures: MeasureSet, found: Covariances, exact_mean: FloatArray, t: int
) -> dict[str, Squares]:
    """Return the second moments of own and borne cost per agreement."""
    members = len(study.region.members)
    own = measures.total_weights[:, np.newaxis, np.newaxis] * np.eye(members)
    variance = found.of(own, own)
    mean = np.einsum("m,mip,i->p", found.mean, own, found.size)
    fourth = _fourth(study.costs, measures, t)
    shocks = replace(found, single=np.zeros_like(found.single)).of(own, own) / mean**2
    kurtosis = _kurtosis(measures, found, fourth, own, variance, shocks)
    result = {agreement.name: Squares(variance, kurtosis) for agreement in study.agreements}
    for agreement in (a for a in study.agreements if a.linear):
        borne = _charges(study, agreement, measures, exact_mean, t)
        if borne is None:
            continue
        moved = own - borne
        spread = found.of(moved, moved)
        tail = _kurtosis(measures, found, fourth, moved, spread, shocks)
        result[agreement.name] = Squares(variance, kurtosis, found.of(own, moved), spread, tail)
    return result


def _fourth(costs: CostModel, measures: MeasureSet, t: int) -> FloatArray:
    """Return the sum of fourth powers of the cost of a client, per group of care types and unit of size, EUR^4."""
    years = t + 1
    each = np.array([severity.moment(4) for severity in costs.severities]) * costs.index_path(years)[:, t] ** 4
    each = each * costs.clients_per_youth * costs.volume_path(years)[:, t]
    return np.array([each[[costs.ids.index(c) for c in group]].sum() for group in measures.groups])


def _kurtosis(
    measures: MeasureSet,
    found: Covariances,
    fourth: FloatArray,
    weights: FloatArray,
    variance: FloatArray,
    square_cv: FloatArray,
) -> FloatArray:
    """Return about the kurtosis of sums of measures, (pair,): of a lognormal law for shocks, and of single clients.

    Parameters
    ----------
    fourth
        From `_fourth`, (group,).
    weights
        Of the measures of each member, (measure, member, pair).
    variance, square_cv
        Variance of the sums, and the squared coefficient of variation of own cost by shocks alone, (pair,).
    """
    w = 1.0 + square_cv
    law = w**4 + 2.0 * w**3 + 3.0 * w**2 - 3.0
    clients = np.zeros_like(variance)
    for group, power in zip(measures.groups, fourth, strict=True):
        mine = [n for n, m in enumerate(measures.measures) if m.scope == group and m.attachment is not None]
        mine.sort(key=lambda n: float(measures.measures[n].attachment or 0.0))
        steepest = np.abs(np.cumsum(weights[mine], axis=0)).max(axis=0)
        clients += power * np.einsum("i,ip->p", found.size, steepest**4)
    # Who passes nothing on has no use for a square; inf keeps it out.
    return law + np.divide(clients, variance**2, out=np.full_like(clients, np.inf), where=variance > 0.0)


def _charges(
    study: Study, agreement: Agreement, measures: MeasureSet, exact_mean: FloatArray, t: int
) -> FloatArray | None:
    """Return what one unit of a measure of a member makes everybody bear, (measure, member, who bears it).

    None where that is not all that is borne in the year, because an amount is fixed or comes from another year: then
    exact means do not settle as they must.
    """
    members, count = len(study.region.members), len(measures.measures)
    borne = np.empty((count, members, members))
    for place in range(count):
        claims = np.zeros((count, members, t + 1, members))
        claims[place, :, t] = np.eye(members)
        borne[place] = settle(agreement, claims, measures, study.setting).contribution[:, t]
    mean = exact_mean[:, np.newaxis, : t + 1]
    settled = settle(agreement, mean, measures, study.setting).contribution[0, t]
    found = np.einsum("mi,mij->j", exact_mean[:, t], borne)
    return borne if np.allclose(found, settled, rtol=SAME, atol=SAME * np.abs(settled).max()) else None
