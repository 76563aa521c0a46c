"""Exact moments of every measure: mean and variance per budget year and member, whatever the shocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from solidair.models.calendar import MONTH, Calendar
from solidair.models.costs import LEVELS, CostModel
from solidair.models.duration import DaysInYear, Duration
from solidair.models.episodes import Episode
from solidair.models.regions import Region
from solidair.models.severity import Severity
from solidair.models.shocks import LognormalShock, NoShock, Shock
from solidair.models.sites import ShockSite, product_moment
from solidair.models.yearly import StayYear, tariff_nodes, whole_year

FloatArray = npt.NDArray[np.float64]

COARSE, FINE = 24, 512
"""Nodes of a quadrature: of smooth functions, and of one with a kink, of which 24 miss 1.7 % and 512 under 0.2 %."""

EVERYONE = (*LEVELS, "parameter")
"""Whose shocks count, unless only some are asked for."""

PRIVATE, PRIVATE_FINE = 5, 192
"""Nodes of a quadrature over what only one care type has: its own price shocks, a parameter that nobody knows; and
where such prices carry an atom, such as a cap, over a line: 5 nodes are up to 10 % off there, 192 under 0.1 %."""

RARE = 1e-7
"""Prices rarer than this cannot carry an atom over a line."""

TWO_FACTORS = 64
"""Nodes of each factor where a kink meets prices of more than one law: on a grid their errors cancel out."""

UNFELT = 1e-24
"""Least weight x value^2 of a node of a fine rule: beyond ten sigmas lie 350 of 512 nodes, which no sum can show."""


def product_nodes(shocks: Sequence[Shock], n: int = COARSE) -> tuple[FloatArray, FloatArray]:
    """Return values and weights of a quadrature for a product of independent mean-one shocks.

    Lognormal factors are merged into one first, since their product is lognormal; others make a tensor grid.
    """
    log_variance = sum(shock.sigma**2 for shock in shocks if isinstance(shock, LognormalShock))
    factors: list[Shock] = [s for s in shocks if not isinstance(s, LognormalShock | NoShock)]
    if log_variance > 0:
        factors.append(LognormalShock(float(np.sqrt(log_variance))))
    values, weights = np.ones(1), np.ones(1)
    for factor in factors:
        node, weight = factor.nodes(n)
        values = np.outer(values, node).ravel()
        weights = np.outer(weights, weight).ravel()
    return values, weights


def felt_nodes(shocks: Sequence[Shock], n: int) -> tuple[FloatArray, FloatArray]:
    """Return the nodes of `product_nodes` that can be felt in a second moment, and their weights."""
    values, weights = product_nodes(shocks, n)
    felt = weights * np.maximum(values, 1.0) ** 2 > UNFELT
    return values[felt], weights[felt]


@dataclass(frozen=True)
class Cohort:
    """Clients who came under the same volume shocks: those of a year, or the stays open at the start.

    Parameters
    ----------
    care_type
        Its position.
    year
        Position of the year of its shocks, 0 for the year before the first budget year.
    rate
        Expected number per youth at need 1, by node of what only the care type has, (private,).
    first, second
        Moments of what one client adds to the measure in the year looked at, (private, price).
    weight
        Weights of the private nodes, (private,).
    kept
        Share whose payer is still the first one.
    """

    care_type: int
    year: int
    rate: FloatArray
    first: FloatArray
    second: FloatArray
    weight: FloatArray
    kept: float = 1.0


def measure_moments(
    costs: CostModel,
    region: Region,
    calendar: Calendar,
    scope: Sequence[str],
    attachments: Sequence[float] | FloatArray | None,
    listed: npt.NDArray[np.bool_] | None = None,
    seen_on: float = 0.0,
    began_before: int | None = None,
    monthly: bool = False,
) -> tuple[FloatArray, FloatArray]:
    r"""Return mean and variance of a measure for each budget year and member, exactly.

    The clients of a year fall into cohorts k that came under the same volume shocks V. Given the price factor P a
    measure is a compound mixed Poisson sum, so with m1(P), m2(P) the first two moments of max(P X - a, 0)

    .. math:: E = \sum_k \lambda_k E[m_{1k}], \qquad
              V = \sum_k \lambda_k E[m_{2k}]
                + \sum_{kl} \lambda_k \lambda_l E[V_k V_l] E[m_{1k} m_{1l}] - E^2

    (Klugman, Panjer & Willmot, Loss Models, ch. 9, conditional on the shocks). Of a stay of D days in the year at a
    tariff T what is above a line of a per month is D (P T - a / 30.4375)+. Tariff and length are independent, so given
    P its moments are E[D^k] E[((P T - a / 30.4375)+)^k].

    Parameters
    ----------
    calendar
        The budget years.
    scope
        Care types of the measure.
    attachments
        EUR per case in each year; None for the number of clients.
    listed
        Members and care types, (member, care_type), whose open stays are known one by one: without these stays here,
        since `solidair.models.exact.known` adds them.
    seen_on
        Day on which these were seen, 0 or less; who entered since is counted here.
    began_before
        Only clients count whose care began before 1 January of this year, a position; None for all.
    monthly
        Whether attachments are EUR per month of stay; ValueError if a care type in scope is counted by the year.

    Returns
    -------
    mean, variance
        Shape (year, member), in EUR and EUR squared, or clients. The variance is inf where that of a cost is, and nan
        where it is not known in closed form: with a t copula, children whose payer changes, or known open stays.
    """
    places = [costs.ids.index(care_type) for care_type in scope]
    known = np.isfinite(region.need_index)
    need = np.where(known, region.need_index, 1.0)
    need_squared = np.where(known, need**2, costs.need_shock.moment(2))
    youth = np.asarray(region.youth, dtype=np.float64)
    size = need * youth
    mean, variance = np.empty((calendar.years, len(size))), np.empty((calendar.years, len(size)))
    for t in range(calendar.years):
        line = None if attachments is None else float(attachments[t]) / (MONTH if monthly else 1.0)
        price, weight = _common_prices(costs, places, calendar, t, line, monthly)
        looked = line, price, began_before, monthly
        cohorts = [k for place in places for k in cohorts_of(costs, calendar, place, t, *looked)]
        ones = [float(k.weight @ (k.rate * (k.first @ weight))) for k in cohorts]
        mean[t] = _spread([k.kept for k in cohorts], ones, size, region)
        variance[t] = _variance(costs, cohorts, weight, size, need_squared * youth**2) - mean[t] ** 2
        if listed is not None and listed.any():
            mean[t] = 0.0
            for k, one in zip(cohorts, ones, strict=True):
                drawn = np.where(listed[:, k.care_type], 0.0, size) if k.year == 0 else size
                mean[t] += _spread([k.kept], [one], drawn, region)
            for k in (k for place in places for k in _recent(costs, calendar, place, t, line, price, seen_on, monthly)):
                one = float(k.weight @ (k.rate * (k.first @ weight)))
                mean[t] += _spread([k.kept], [one], np.where(listed[:, k.care_type], size, 0.0), region)
            variance[t] = np.where(listed[:, places].any(axis=1), np.nan, variance[t])
    return mean, variance


def _spread(kept: Sequence[float], ones: Sequence[float], size: FloatArray, region: Region) -> FloatArray:
    """Return the mean per member: of its own children who have not moved, and of the others' who have."""
    total = float(np.sum(ones))
    return spread_moved(size * total, float(np.dot(kept, ones)) / total if total else 1.0, region)


def spread_moved(own: FloatArray, kept: float, region: Region) -> FloatArray:
    """Return what members pay of what their children add, if a share `kept` has not moved; (member,)."""
    if kept >= 1.0 or len(own) < 2:
        return own
    to = np.asarray(region.youth, dtype=np.float64)
    leaving = (1.0 - kept) * own / (to.sum() - to)
    return np.asarray(kept * own + to * (leaving.sum() - leaving), dtype=np.float64)


def _variance(
    costs: CostModel, cohorts: Sequence[Cohort], weight: FloatArray, size: FloatArray, square: FloatArray
) -> FloatArray:
    """Return the second moment per member, (member,)."""
    closed = costs.spec.dependence is None or costs.spec.dependence.law == "gaussian"
    if not closed or any(k.kept < 1.0 for k in cohorts):
        return np.full_like(size, np.nan)
    if not all(np.all(np.isfinite(k.second)) for k in cohorts):
        return np.full_like(size, np.inf)
    single = sum(float(k.weight @ (k.rate * (k.second @ weight))) for k in cohorts)
    amounts = [k.rate[:, np.newaxis] * k.first for k in cohorts]
    averages = [k.weight @ amount for k, amount in zip(cohorts, amounts, strict=True)]
    pairs = 0.0
    for a, one in enumerate(cohorts):
        for b, other in enumerate(cohorts[: a + 1]):
            if one.care_type == other.care_type:
                product = one.weight @ ((amounts[a] * amounts[b]) @ weight)
            else:
                product = (averages[a] * averages[b]) @ weight
            together = volume_moment(costs, one.care_type, one.year, other.care_type, other.year)
            pairs += (1.0 if a == b else 2.0) * float(product) * together
    return size * single + square * pairs


def volume_moment(
    costs: CostModel, one: int, year: int, other: int, other_year: int, levels: Sequence[str] = EVERYONE
) -> float:
    """Return E[V V'] of the volume factors of two care types and years of one member, need apart."""
    moment = 1.0
    for site in costs.sites:
        if site.target == "volume" and site.level in levels and site.touches(one) and site.touches(other):
            moment *= site.product_moment(abs(year - other_year))
    if one != other and costs.spec.dependence is not None and "local" in levels:
        first, second = (next((s for s in costs.sites if s.scored and s.care_type == c), None) for c in (one, other))
        if first is not None and second is not None:
            linked = costs.spec.dependence.between_care_types.value * _linked(first, year, second, other_year)
            moment *= product_moment(first.shock, second.shock, linked)
    return moment


def _linked(one: ShockSite, year: int, other: ShockSite, other_year: int) -> float:
    """Return the correlation of two sites' normal scores over that of their innovations."""
    r, q = one.persistence, other.persistence
    roots = np.sqrt((1 - r**2) * (1 - q**2))
    later = sum(r ** (year - u) * q ** (other_year - u) for u in range(1, min(year, other_year) + 1))
    return float(r**year * q**other_year + roots * later)


def _common_prices(
    costs: CostModel, places: Sequence[int], calendar: Calendar, t: int, line: float | None, daily: bool
) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights for the price factors that all care types have in common."""
    price, weight = product_nodes(costs.price_shocks)
    if line is not None and len(price) > 1:
        days = 1.0 if daily else float(calendar.lengths[t])
        atoms = np.concatenate([costs.atoms(place, days) for place in places])
        index = max(float(costs.index_path(calendar.years)[place, t]) for place in places)
        if np.any((atoms * index * price.min() < line) & (line < atoms * index * price.max())):
            # Prices carry an atom, such as a cap, over the attachment: a kink, where a Gauss rule is slow.
            return felt_nodes(costs.price_shocks, FINE if len(price) <= COARSE else TWO_FACTORS)
    return price, weight


@dataclass(frozen=True)
class _Private:
    """Quadrature over what only one care type has: factors of its prices, and of the lengths of its stays.

    Parameters
    ----------
    factors
        Price factors at the nodes of its own and the common prices, index included, (own, price).
    stretches
        Factors of lengths, (stretch,).
    weight
        Weights of the pairs (stretch, own), the latter fastest, (private,).
    """

    factors: FloatArray
    stretches: FloatArray
    weight: FloatArray

    def all(self, parts: Sequence[FloatArray]) -> FloatArray:
        """Return arrays (own, price), one per stretch, as one of shape (private, price)."""
        return np.concatenate(parts)

    def rate(self, rates: Sequence[float]) -> FloatArray:
        """Return numbers per stretch at every private node, (private,)."""
        return np.repeat(np.asarray(rates, dtype=np.float64), len(self.factors))


def _private_nodes(costs: CostModel, place: int, line: float | None, common: FloatArray, daily: bool) -> _Private:
    """Return the private nodes of a care type; `common` are the factors of common prices, index included, (price,)."""
    own = [site for site in costs.sites if site.care_type == place]
    atoms = costs.atoms(place, 1.0 if daily else 365.0)
    shocks = [site.shock for site in own if site.target == "price"]
    low = common.min() * np.prod([float(shock.quantile(RARE)) for shock in shocks])
    high = common.max() * np.prod([float(shock.isf(RARE)) for shock in shocks])
    kinked = line is not None and bool(np.any((atoms * low < line) & (line < atoms * high)))
    price, weight = felt_nodes(shocks, PRIVATE_FINE) if kinked else product_nodes(shocks, PRIVATE)
    stretches, chance = product_nodes([site.shock for site in own if site.target == "stay"], PRIVATE)
    return _Private(np.outer(price, common), stretches, np.outer(chance, weight).ravel())


@lru_cache(maxsize=1024)
def stretched(episode: Episode, factor: float) -> Episode:
    """Return an episode whose effective lengths are all `factor` times as long, ages and all."""
    if factor == 1.0:
        return episode
    ages = episode.duration.ages
    longer = (
        None
        if ages is None
        else replace(ages, low=ages.low * factor, high=ages.high * factor, leaves_at=ages.leaves_at * factor)
    )
    return replace(episode, duration=Duration(episode.duration.law.scaled(factor), longer))


@lru_cache(maxsize=4096)
def _stay_year(episode: Episode, calendar: Calendar, cohort: int, year: int) -> StayYear:
    return StayYear(episode.days(calendar, cohort, year), episode.law, _tariff_nodes(episode.law))


@lru_cache(maxsize=256)
def _tariff_nodes(tariff: Severity) -> tuple[FloatArray, FloatArray]:
    return tariff_nodes(tariff)


def _looked_at(
    stays: Sequence[StayYear], line: float | None, private: _Private, daily: bool
) -> tuple[FloatArray, FloatArray]:
    """Return two moments of what one child adds to a measure, (private, price); a law of days per stretch."""
    factors = private.factors
    if line is None:
        present = private.all([np.full_like(factors, stay.present) for stay in stays])
        return present, present
    lines = line / factors
    if daily:
        tariff = stays[0].tariff
        one, two = factors * tariff.excess(lines), factors**2 * tariff.layer_second_moment(lines)
        return private.all([s.days[0] * one for s in stays]), private.all([s.days[1] * two for s in stays])
    # Who stays all year costs a year of the tariff, however long the stays are: once for all stretches.
    whole = whole_year(stays[0].tariff, stays[0].length, lines)
    moments = [stay.moments(lines, whole) for stay in stays]
    return private.all([factors * one for one, _ in moments]), private.all([factors**2 * two for _, two in moments])


def cohorts_of(
    costs: CostModel,
    calendar: Calendar,
    place: int,
    t: int,
    line: float | None,
    price: FloatArray,
    began_before: int | None = None,
    daily: bool = False,
) -> list[Cohort]:
    """Return the cohorts of a care type that can be in care in year t; the line is EUR in it or, if `daily`, a day."""
    latest = t + 1 if began_before is None else min(t + 1, began_before)
    private = _private_nodes(costs, place, line, price * costs.index_path(calendar.years)[place, t], daily)
    factors, weight = private.factors, private.weight
    clients = float(costs.clients_per_youth[place])
    growth = costs.volume_path(calendar.years)[place]
    episode = costs.episodes[place]
    if episode is None:
        if daily:
            raise ValueError(f"a line per month is for stays, and '{costs.ids[place]}' is counted by the year")
        if latest < t + 1:
            return []
        severity = costs.severities[place]
        first, second = np.ones_like(factors), np.ones_like(factors)
        if line is not None:
            first = factors * severity.excess(line / factors)
            second = factors**2 * severity.layer_second_moment(line / factors)
        return [Cohort(place, t + 1, private.rate([clients * growth[t]]), first, second, weight)]
    moves = costs.moves[place]
    stays = [stretched(episode, float(factor)) for factor in private.stretches]
    cohorts = []
    for cohort in range(latest + 1):
        grown = growth[cohort - 1] if cohort else 1.0
        rate = [clients * s.entries_per_client * s.cohort_size(calendar, cohort) * grown for s in stays]
        first, second = _looked_at([_stay_year(s, calendar, cohort, t) for s in stays], line, private, daily)
        kept = (1.0 - moves) ** (t - max(cohort - 1, 0))
        cohorts.append(Cohort(place, cohort, private.rate(rate), first, second, weight, kept))
    return cohorts


def _recent(
    costs: CostModel, calendar: Calendar, place: int, t: int, line: float | None, price: FloatArray, seen_on: float,
    daily: bool,
) -> list[Cohort]:  # fmt: skip
    """Return the stays of a care type that entered after the known ones were seen and before the first year."""
    episode = costs.episodes[place]
    if episode is None or seen_on >= 0.0:
        return []
    private = _private_nodes(costs, place, line, price * costs.index_path(calendar.years)[place, t], daily)
    stays = [stretched(episode, float(factor)) for factor in private.stretches]
    clients = float(costs.clients_per_youth[place])
    rate = [clients * stay.entries_per_client * -seen_on / 365.0 for stay in stays]
    first, second = _looked_at([_recent_year(stay, calendar, t, seen_on) for stay in stays], line, private, daily)
    kept = (1.0 - costs.moves[place]) ** t
    return [Cohort(place, 0, private.rate(rate), first, second, private.weight, kept)]


@lru_cache(maxsize=1024)
def _recent_year(episode: Episode, calendar: Calendar, year: int, seen_on: float) -> StayYear:
    """Return a year of a child that entered at a uniform moment between `seen_on` and day 0."""
    length, begin = episode.duration, float(calendar.starts[year])

    def chance(d: FloatArray) -> FloatArray:
        return np.asarray((length.excess(begin + d) - length.excess(begin - seen_on + d)) / -seen_on)

    edges = np.concatenate((length.panels.edges - begin, length.panels.edges - begin + seen_on))
    days = DaysInYear(float(calendar.lengths[year]), chance, edges)
    return StayYear(days, episode.law, _tariff_nodes(episode.law))
