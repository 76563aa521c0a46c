"""Exact moments of every measure: mean and variance per budget year and member, whatever the shocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from solidair.models.calendar import Calendar
from solidair.models.costs import LEVELS, CostModel
from solidair.models.duration import DaysInYear, Duration
from solidair.models.episodes import Episode
from solidair.models.regions import Region
from solidair.models.shocks import LognormalShock, NoShock, Shock
from solidair.models.sites import ShockSite, product_moment
from solidair.models.yearly import StayYear, tariff_nodes

FloatArray = npt.NDArray[np.float64]

COARSE, FINE = 24, 512
"""Nodes of a quadrature: of smooth functions, and of one with a kink, of which 24 miss 1.7 % and 512 under 0.2 %."""

EVERYONE = (*LEVELS, "parameter")
"""Whose shocks count, unless only some are asked for."""

PRIVATE, PRIVATE_FINE = 5, 192
"""Nodes of a quadrature over what only one care type has: its own price shocks, a parameter that nobody knows; and
where such prices carry an atom, such as a cap, over a line: 5 nodes are up to 10 % off there, 192 under 0.1 %."""

MOST_LINES = 200
"""Lines at which the moments of a year of stays are computed; between them they are interpolated, within 1e-4."""

RARE = 1e-7
"""Prices rarer than this cannot carry an atom over a line."""

TWO_FACTORS = 64
"""Nodes of each factor where a kink meets prices of more than one law: on a grid their errors cancel out."""


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
) -> tuple[FloatArray, FloatArray]:
    r"""Return mean and variance of a measure for each budget year and member, exactly.

    The clients of a year fall into cohorts k that came under the same volume shocks V. Given the price factor P a
    measure is a compound mixed Poisson sum, so with m1(P), m2(P) the first two moments of max(P X - a, 0)

    .. math:: E = \sum_k \lambda_k E[m_{1k}], \qquad
              V = \sum_k \lambda_k E[m_{2k}]
                + \sum_{kl} \lambda_k \lambda_l E[V_k V_l] E[m_{1k} m_{1l}] - E^2

    (Klugman, Panjer & Willmot, Loss Models, ch. 9, conditional on the shocks).

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
        line = None if attachments is None else float(attachments[t])
        price, weight = _common_prices(costs, places, calendar, t, line)
        cohorts = [k for place in places for k in cohorts_of(costs, calendar, place, t, line, price)]
        ones = [float(k.weight @ (k.rate * (k.first @ weight))) for k in cohorts]
        mean[t] = _spread([k.kept for k in cohorts], ones, size, region)
        variance[t] = _variance(costs, cohorts, weight, size, need_squared * youth**2) - mean[t] ** 2
        if listed is not None and listed.any():
            mean[t] = 0.0
            for k, one in zip(cohorts, ones, strict=True):
                drawn = np.where(listed[:, k.care_type], 0.0, size) if k.year == 0 else size
                mean[t] += _spread([k.kept], [one], drawn, region)
            for k in (k for place in places for k in _recent(costs, calendar, place, t, line, price, seen_on)):
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
    costs: CostModel, places: Sequence[int], calendar: Calendar, t: int, line: float | None
) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights for the price factors that all care types have in common."""
    price, weight = product_nodes(costs.price_shocks)
    if line is not None and len(price) > 1:
        atoms = np.concatenate([costs.atoms(place, float(calendar.lengths[t])) for place in places])
        index = max(float(costs.index_path(calendar.years)[place, t]) for place in places)
        if np.any((atoms * index * price.min() < line) & (line < atoms * index * price.max())):
            # Prices carry an atom, such as a cap, over the attachment: a kink, where a Gauss rule is slow.
            return product_nodes(costs.price_shocks, FINE if len(price) <= COARSE else TWO_FACTORS)
    return price, weight


def _private_nodes(
    costs: CostModel, place: int, line: float | None, common: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return price factors, stretches of stays and weights of what only one care type has, each (private,)."""
    own = [site for site in costs.sites if site.care_type == place]
    atoms = costs.atoms(place, 365.0)
    shocks = [site.shock for site in own if site.target == "price"]
    low = common.min() * np.prod([float(shock.quantile(RARE)) for shock in shocks])
    high = common.max() * np.prod([float(shock.isf(RARE)) for shock in shocks])
    kinked = line is not None and bool(np.any((atoms * low < line) & (line < atoms * high)))
    price, weight = product_nodes(shocks, PRIVATE_FINE if kinked else PRIVATE)
    stretch, chance = product_nodes([site.shock for site in own if site.target == "stay"], PRIVATE)
    pairs = len(price), len(stretch)
    return (
        np.repeat(price, pairs[1]),
        np.tile(stretch, pairs[0]),
        np.outer(weight, chance).ravel(),
    )


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


def _looked_at(year: StayYear, line: float | None, factors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first two moments of what one child adds to a measure, at each price factor."""
    if line is None:
        return np.full_like(factors, year.present), np.full_like(factors, year.present)
    lines = line / factors
    if lines.size > MOST_LINES:
        # Many prices: the moments are smooth in the line, so a fine grid of it serves them all.
        grid = np.linspace(lines.min(), lines.max(), MOST_LINES)
        one, two = (np.interp(lines, grid, moment) for moment in year.moments(grid))
    else:
        one, two = year.moments(lines)
    return factors * one, factors**2 * two


@lru_cache(maxsize=4096)
def _stay_year(episode: Episode, calendar: Calendar, cohort: int, year: int) -> StayYear:
    return StayYear(episode.days(calendar, cohort, year), episode.law, _tariff_nodes(episode))


@lru_cache(maxsize=256)
def _tariff_nodes(episode: Episode) -> tuple[FloatArray, FloatArray]:
    return tariff_nodes(episode.law)


def cohorts_of(
    costs: CostModel, calendar: Calendar, place: int, t: int, line: float | None, price: FloatArray
) -> list[Cohort]:
    """Return the cohorts of a care type that can be in care in budget year t."""
    years = calendar.years
    own, stretch, weight = _private_nodes(costs, place, line, price * costs.index_path(calendar.years)[place, t])
    factors = np.outer(own, price) * costs.index_path(years)[place, t]
    clients = float(costs.clients_per_youth[place])
    growth = costs.volume_path(years)
    episode = costs.episodes[place]
    if episode is None:
        severity = costs.severities[place]
        first, second = np.ones_like(factors), np.ones_like(factors)
        if line is not None:
            first = factors * severity.excess(line / factors)
            second = factors**2 * severity.layer_second_moment(line / factors)
        return [Cohort(place, t + 1, np.full_like(own, clients * growth[t]), first, second, weight)]
    moves = costs.moves[place]
    cohorts = []
    for cohort in range(t + 2):
        first, second = np.empty_like(factors), np.empty_like(factors)
        rate = np.empty_like(own)
        for node, factor in enumerate(stretch):
            stay = stretched(episode, float(factor))
            entries = clients * stay.entries_per_client
            rate[node] = entries * stay.cohort_size(calendar, cohort) * (growth[cohort - 1] if cohort else 1.0)
            first[node], second[node] = _looked_at(_stay_year(stay, calendar, cohort, t), line, factors[node])
        kept = (1.0 - moves) ** (t - max(cohort - 1, 0))
        cohorts.append(Cohort(place, cohort, rate, first, second, weight, kept))
    return cohorts


def _recent(
    costs: CostModel, calendar: Calendar, place: int, t: int, line: float | None, price: FloatArray, seen_on: float
) -> list[Cohort]:
    """Return the stays of a care type that entered after the known ones were seen and before the first year."""
    episode = costs.episodes[place]
    if episode is None or seen_on >= 0.0:
        return []
    own, stretch, weight = _private_nodes(costs, place, line, price * costs.index_path(calendar.years)[place, t])
    factors = np.outer(own, price) * costs.index_path(calendar.years)[place, t]
    begin = float(calendar.starts[t])
    first, rate = np.empty_like(factors), np.empty_like(own)
    for node, factor in enumerate(stretch):
        stay = stretched(episode, float(factor))
        length = stay.duration
        rate[node] = float(costs.clients_per_youth[place]) * stay.entries_per_client * -seen_on / 365.0

        def chance(d: FloatArray, length: Duration = length) -> FloatArray:
            return np.asarray((length.excess(begin + d) - length.excess(begin - seen_on + d)) / -seen_on)

        edges = np.concatenate((length.panels.edges - begin, length.panels.edges - begin + seen_on))
        days = DaysInYear(float(calendar.lengths[t]), chance, edges)
        first[node] = _looked_at(StayYear(days, stay.law, _tariff_nodes(stay)), line, factors[node])[0]
    return [Cohort(place, 0, rate, first, first, weight, (1.0 - costs.moves[place]) ** t)]
