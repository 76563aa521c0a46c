"""The exact law of what a clause shares in a year: from cost model, region and rule of a case to conditional means.

Given the shocks that members share and what each has by itself, what it hands in is a compound Poisson sum, so the
conditional means follow by Fourier transform. What is approximated:

- shared shocks are a set of `NODES` points of equal weight instead of their law;
- prices work through their effect on what a case adds on average, as more or fewer cases of the same cost: right for
  the mean, and to first order for all else (prices differ by 2 percent);
- what only a member has (need where it is drawn, local volume and price, over-dispersion) is one factor, of the
  variance that all of it together gives the year: the need times a gamma factor;
- costs lie on a lattice, with its mean kept.

Means are those of the simulation, in every year: with leap days, index and growth. A stay that lasts over years makes
two years depend on each other, which a rule that looks at one year's total has no use for: the law of each year by
itself is right, with children in care at the start, and those who entered in each year since, under their own shocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.costs import CostModel
from solidair.models.exact import Sharing
from solidair.models.exact.moments import COARSE, FINE, cohorts_of, product_nodes, volume_moment
from solidair.models.shocks import NoShock
from solidair.models.sites import ShockSite
from solidair.models.yearly import StayYear, tariff_nodes
from solidair.pool.chance import region_ids
from solidair.pool.exact_transform import NotExactError, Own, sharing_of, shock_at
from solidair.pool.layers import CaseFunction
from solidair.pool.settlement import Plan
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]
Excess = Callable[[FloatArray], FloatArray]
"""E[(X - a)+] of the cost of a case at lines of shape (n,), EUR."""

NODES = 32
"""Points for the shared shocks. With 128 the curves of the tests move by less than 0.1 percent of their spread."""
MEMBERS = 64
"""Most members: nine take some 4 s a year, and time grows with their number."""


@dataclass(frozen=True, eq=False)
class Taken:
    """What is taken of a case, given that it is anything: a piecewise linear function of its cost.

    Parameters
    ----------
    lines, slopes
        Where the slope changes, ascending, EUR, and the slope from there on, both of shape (piece,).
    cost
        Excesses of the cost of a case.
    chance
        Probability that anything is taken.
    """

    lines: FloatArray
    slopes: FloatArray
    cost: Excess
    chance: float

    @property
    def mean(self) -> float:
        """Expected amount, EUR."""
        return float(self._excess(np.zeros(1))[0])

    def _excess(self, level: FloatArray) -> FloatArray:
        """Return E[(amount - level)+] at levels of 0 or more, (n,), EUR."""
        total, value = np.zeros_like(level), 0.0
        ends = np.append(self.lines[1:], np.inf)
        for start, end, slope in zip(self.lines, ends, self.slopes, strict=True):
            if slope > 0.0:
                crossing = np.clip(start + (level - value) / slope, start, end)
                above = self.cost(np.array([end]))[0] if np.isfinite(end) else 0.0
                total += slope * np.maximum(self.cost(crossing) - above, 0.0)
            value += slope * (end - start) if np.isfinite(end) else 0.0
        return total / self.chance

    def discretise(self, step: float, n: int) -> FloatArray:
        """Return probabilities on 0, step, ..., (n - 1) step that keep the mean; see `Severity.discretise`."""
        cells = -np.diff(self._excess(step * np.arange(n, dtype=np.float64))) / step
        pmf = np.maximum(np.concatenate(([1.0 - cells[0]], cells[:-1] - cells[1:], cells[-1:])), 0.0)
        return np.asarray(pmf / pmf.sum(), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Part:
    """Cases of one care type that came under the same volume shocks and are treated alike.

    Parameters
    ----------
    pattern, care_type, year
        Number of the pattern of members, position of the care type, and position of the year of its shocks.
    mean
        What they add in a year per youth at need 1, EUR.
    taken
        What is taken of a case.
    whole
        E[f(p X)] at price factors p, (n,), EUR.
    """

    pattern: int
    care_type: int
    year: int
    mean: float
    taken: Taken
    whole: Excess


def exact_sharing(study: Study, plan: Plan, number: int, year: int) -> Sharing:
    """Return the exact conditional means of what members hand in under a clause in a year.

    Parameters
    ----------
    plan
        The agreement.
    number, year
        Position of the clause and of the year.

    Returns
    -------
    Sharing
        Of the members that share in that year, in their order.

    Raises
    ------
    NotExactError
        If the clause looks at more than cases, or the cost model has what has no such law.
    """
    costs, region = study.costs, study.region
    _require(study, plan, number)
    reach, setting = plan.pots[number][0].reach, plan.setting
    # A merged municipality is the sum of its parts, which keep shocks of their own; so is its conditional mean.
    inside, now = np.flatnonzero(setting.behind(reach)[year]), setting.stands(year)
    if len(inside) > MEMBERS:
        raise NotExactError(f"more than {MEMBERS} members share")
    rules = plan.agreement.rules(setting)
    pattern = rules.pattern[year, now[inside]]
    parts = []
    for p in np.unique(pattern):
        for id_, function in rules.rules[p][number].items():
            if function.monthly:
                raise NotExactError("a line is per month of stay")
            if function.attachments:
                parts += list(_parts(study, int(p), costs.ids.index(id_), function, year))
    if not parts:
        raise NotExactError("nothing is ever handed in")
    _require_plain(costs, {part.care_type for part in parts})
    need, youth = region.need_index[inside], np.asarray(region.youth, dtype=np.float64)[inside]
    size = youth * np.where(np.isfinite(need), need, 1.0)
    rate = np.array([part.mean / part.taken.mean for part in parts])
    mine = pattern[:, np.newaxis] == np.array([part.pattern for part in parts])
    rates = np.where(mine, np.outer(size, rate), 0.0)
    if not np.all(rates.sum(axis=1) > 0.0):
        raise NotExactError("a member never hands in anything")
    who = np.array(region_ids(region))[inside]
    regions = sorted(set(who.tolist()))
    weights, values = _shared(costs, parts, regions, year + 1)
    group = np.array([regions.index(name) for name in who.tolist()], dtype=np.intp)
    private = _private(costs, parts, pattern)
    laws = [costs.need_shock if drawn else NoShock() for drawn in np.isnan(need)]
    own = [Own.of(law, float(spread)) for law, spread in zip(laws, private, strict=True)]
    found = sharing_of(rates, weights, values, group, own, [part.taken for part in parts])
    return found.together(np.flatnonzero(reach[year])[:, np.newaxis] == now[inside])


def _require(study: Study, plan: Plan, number: int) -> None:
    """Raise NotExactError unless what is handed in is a sum over cases, of one law."""
    take = plan.agreement.spec.clauses[number].case_take
    if take is None or not take.linear:
        raise NotExactError("what is handed in is no sum over cases")
    if len(plan.agreement.cohorts(plan.setting)) > 1:
        raise NotExactError("members come or go")
    if study.open_cases is not None:
        raise NotExactError("the stays that are open at the start are known one by one")


def _require_plain(costs: CostModel, care_types: set[int]) -> None:
    if costs.spec.dependence is not None:
        raise NotExactError("the cost model links over-dispersion by a copula")
    if any(costs.moves[c] for c in care_types):
        raise NotExactError("children in care move to another payer")
    if any(site.target == "stay" and site.care_type in care_types for site in costs.sites):
        raise NotExactError("the length of stays is not known exactly")


def _parts(study: Study, pattern: int, place: int, function: CaseFunction, t: int) -> Iterator[Part]:
    """Yield the cohorts of a care type of which a rule takes anything in budget year t."""
    costs, calendar = study.costs, study.calendar
    index = float(costs.index_path(calendar.years)[place, t])
    growth = float(costs.amount_path(calendar.years)[t]) if function.indexed else 1.0
    lines, weights = growth * np.array(function.attachments), np.array(function.weights)
    price, chance = product_nodes(costs.price_shocks)
    if lines[-1] > 0.0 and len(price) <= COARSE:
        price, chance = product_nodes(costs.price_shocks, FINE)  # a cap may lie near a line: a kink
    each = [cohorts_of(costs, calendar, place, t, float(line), price) for line in lines]
    for number, cohort in enumerate(each[0]):
        mean = sum(
            w * float(k.weight @ (k.rate * (k.first @ chance)))
            for w, k in zip(weights, (found[number] for found in each), strict=True)
        )
        excess, reached = _case(study, place, cohort.year, t, index)
        above = reached(float(lines[0]))
        if above <= 0.0 or not mean > 0.0:
            continue
        taken = Taken(lines, np.maximum(np.cumsum(weights), 0.0), excess, above)

        def whole(p: FloatArray, excess: Excess = excess) -> FloatArray:
            return np.asarray(
                sum(w * p * excess(line / p) for w, line in zip(weights, lines, strict=True)), dtype=np.float64
            )

        yield Part(pattern, place, cohort.year, float(mean), taken, whole)


def _case(study: Study, place: int, cohort: int, t: int, index: float) -> tuple[Excess, Callable[[float], float]]:
    """Return excesses and survival of the cost of a case in year t, at price factor 1."""
    episode = study.costs.episodes[place]
    if episode is None:
        severity = study.costs.severities[place]
        return (
            lambda a: np.asarray(index * severity.excess(a / index), dtype=np.float64),
            lambda a: float(severity.sf(a / index)),
        )
    stay = StayYear(episode.days(study.calendar, cohort, t), episode.law, tariff_nodes(episode.law))
    return (
        lambda a: np.asarray(index * stay.moments(a / index)[0], dtype=np.float64),
        lambda a: float(stay.sf(np.array([a / index]))[0]),
    )


def _shared(costs: CostModel, parts: list[Part], regions: list[str], now: int) -> tuple[FloatArray, FloatArray]:
    """Return weights of the nodes of shared shocks, and their values, (node, region, part), mean 1."""
    draws = [
        (site, owner, sorted({_shock_year(site, part, now) for part in parts if site.touches(part.care_type)}))
        for site in costs.sites
        if site.level != "local" and site.target != "stay"
        for owner in ([-1] if site.level != "regional" else range(len(regions)))
    ]
    draws = [(site, owner, years) for site, owner, years in draws if years]
    width = sum(len(years) for *_, years in draws)
    if not width:
        return np.ones(1), np.ones((1, 1, 1)).repeat(len(regions), axis=1)
    scores = _scores(width)
    volume = np.ones((NODES, len(regions), len(parts)))
    price = np.ones_like(volume)
    column = 0
    for site, owner, years in draws:
        where = slice(None) if owner < 0 else slice(owner, owner + 1)
        score, before = scores[:, column], years[0]
        for y in years:
            kept = site.persistence ** (y - before)
            score = kept * score + np.sqrt(1.0 - kept**2) * scores[:, column] if y > before else score
            factor = shock_at(site.shock, score)[:, np.newaxis]
            for k, part in enumerate(parts):
                if site.touches(part.care_type) and _shock_year(site, part, now) == y:
                    (volume if site.target == "volume" else price)[:, where, k] *= factor
            column, before = column + 1, y
    for k, part in enumerate(parts):
        volume[..., k] *= part.whole(price[..., k].ravel()).reshape(price.shape[:2])
    return np.full(NODES, 1.0 / NODES), volume / volume.mean(axis=0)


def _shock_year(site: ShockSite, part: Part, now: int) -> int:
    """Return the year of whose shocks a part feels a site's; a parameter is the same in all."""
    return 0 if site.level == "parameter" else part.year if site.target == "volume" else now


def _scores(width: int) -> FloatArray:
    """Return normal scores that fill the space evenly, (node, width): scrambled points of Sobol, always the same."""
    from scipy.stats import qmc  # here: half a second that only an exact law has to wait for

    return np.asarray(special.ndtri(qmc.Sobol(width, rng=np.random.default_rng(2026)).random(NODES)))


def _private(costs: CostModel, parts: list[Part], pattern: npt.NDArray[np.int64]) -> FloatArray:
    """Return the variance of the mean-one factor that a member has by itself, need apart, (member,).

    It gives the year the variance of a sum of parts whose factors go together as their local shocks do.
    """
    step = 0.01
    ends = np.array([1.0 - step, 1.0, 1.0 + step])
    curves = [part.whole(ends) for part in parts]
    slope = [float((high - low) / (2.0 * step * middle)) for low, middle, high in curves]
    local = [site for site in costs.sites if site.target == "price" and site.level == "local"]
    found = np.zeros(len(pattern))
    for p in np.unique(pattern):
        mine = [(slope[k], part) for k, part in enumerate(parts) if part.pattern == p]
        square = 0.0
        for bend, one in mine:
            for other_bend, other in mine:
                both = [site for site in local if site.touches(one.care_type) and site.touches(other.care_type)]
                prices = 1.0 + bend * other_bend * sum(site.shock.variance for site in both)
                volumes = volume_moment(costs, one.care_type, one.year, other.care_type, other.year, ("local",))
                square += one.mean * other.mean * volumes * prices
        found[pattern == p] = max(square / sum(part.mean for _, part in mine) ** 2 - 1.0, 0.0)
    return found


__all__ = ["NotExactError", "exact_sharing"]
