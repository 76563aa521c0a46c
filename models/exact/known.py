"""Exact means of stays that are really open at the start, instead of stays in steady state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.calendar import MONTH, Calendar
from solidair.models.costs import CostModel
from solidair.models.duration import Duration
from solidair.models.episodes import Episode
from solidair.models.exact.moments import product_nodes, spread_moved
from solidair.models.regions import Region
from solidair.models.severity import Severity
from solidair.models.severity.numeric import as_floats, legendre
from solidair.models.shocks import LognormalShock, NoShock, Shock
from solidair.models.sources.open_cases import OpenCases
from solidair.models.yearly import tariff_nodes

FloatArray = npt.NDArray[np.float64]

REACH = 8.0
"""Normal scores between which prices are integrated panel by panel: 1e-15 lies beyond."""

PANELS, BETWEEN = 4, 12
"""Panels apart from those that kinks make, and nodes in each."""


def known_means(
    costs: CostModel,
    region: Region,
    calendar: Calendar,
    scope: Sequence[str],
    attachments: Sequence[float] | FloatArray | None,
    known: OpenCases,
    *,
    monthly: bool = False,
) -> FloatArray:
    r"""Return what known open stays add to a measure on average, (year, member), EUR or clients.

    A stay that has lasted a days lasts x more with probability sf(a + x) / sf(a). With b the start of a year, seen
    from the reference date, and L its end, or the day on which the child leaves by age if that is earlier,

    .. math:: E[(p Z d - c)_+] = E\left[p Z \int_{c / (p Z)}^{L - b} \frac{P(D > a + b + x)}{P(D > a)}\, dx\right]

    Parameters
    ----------
    scope, attachments, monthly
        As in `solidair.models.exact.moments.measure_moments`; above a line per month of stay the mean is E[d] times
        the mean of what a day costs above it.
    """
    total = np.zeros((calendar.years, len(region.members)))
    codes, place_of = np.array(known.codes), {str(code): i for i, code in enumerate(region.codes)}
    types = np.array(known.care_types)
    for care_type in scope:
        place = costs.ids.index(care_type)
        episode = costs.episodes[place]
        mine = np.flatnonzero(types == care_type)
        if episode is None or not len(mine):
            continue
        # In an order of their own, so that the order of the rows of a file moves no bit of a sum.
        mine = mine[np.lexsort((known.tariffs[mine], known.days_to_leaving[mine], known.elapsed_days[mine]))]
        where = np.array([place_of[code] for code in codes[mine]])
        for t in range(calendar.years):
            line = None if attachments is None else float(attachments[t])
            one = _one_stay(costs, place, episode, calendar, t, line, known, mine, monthly)
            own = np.bincount(where, weights=one, minlength=len(region.members)).astype(np.float64)
            total[t] += spread_moved(own, (1.0 - costs.moves[place]) ** t, region)
    return total


def listed_cells(known: OpenCases, codes: Iterable[str], costs: CostModel) -> npt.NDArray[np.bool_]:
    """Return whose open stays are known, (member, care_type): those of payers in the file, unless they are withheld."""
    payers = set(known.codes)
    stays = [id_ for id_, episode in zip(costs.ids, costs.episodes, strict=True) if episode is not None]
    rows = [
        [code in payers and id_ in stays and (code, id_) not in known.withheld for id_ in costs.ids]
        for code in map(str, codes)
    ]
    return np.array(rows, dtype=np.bool_)


def seen_on(calendar: Calendar, known: OpenCases) -> float:
    """Return the reference date of known stays as a day of the calendar: 0 or less."""
    return float(min(calendar.day_of(known.reference), 0))


def _one_stay(
    costs: CostModel,
    place: int,
    episode: Episode,
    calendar: Calendar,
    t: int,
    line: float | None,
    known: OpenCases,
    mine: npt.NDArray[np.intp],
    monthly: bool,
) -> FloatArray:
    """Return what each stay adds to the measure in year t on average, (stay,)."""
    elapsed, leaves, tariffs = known.elapsed_days[mine], known.days_to_leaving[mine], known.tariffs[mine]
    begin, year = float(calendar.starts[t]) - seen_on(calendar, known), float(calendar.lengths[t])
    index = float(costs.index_path(calendar.years)[place, t])
    shocks = [s.shock for s in costs.sites if s.target == "price" and s.care_type in (None, place)]
    aged, given = np.isfinite(leaves), np.isfinite(tariffs)
    # A child whose birth date is known leaves on a day that is known, and not by the ages of the law.
    days = np.where(aged, np.clip(np.where(aged, leaves, 0.0) - begin, 0.0, year), year)
    mean = np.zeros(len(mine))
    for by_age, priced in product((False, True), repeat=2):
        at = np.flatnonzero((aged == by_age) & (given == priced) & (days > 0.0))
        if len(at):
            length = episode.duration.ageless if by_age else episode.duration
            stays = _Stays(length, elapsed[at], begin, days[at])
            tariff = tariffs[at] if priced else None
            if line is None:
                mean[at] = stays.present
            elif monthly:
                mean[at] = index * stays.mean * _above(episode.law, tariff, shocks, line / index / MONTH)
            else:
                mean[at] = index * _cost(stays, episode.law, tariff, shocks, line / index)
    return mean


@dataclass(frozen=True)
class _Stays:
    """Known stays of one law of lengths in one year.

    Parameters
    ----------
    length
        Law of the whole length.
    elapsed
        Days that they had lasted when they were seen, (n,).
    begin
        Days from then until the year starts.
    days
        Days of the year in which the child is not too old for this care, above 0, (n,).
    """

    length: Duration
    elapsed: FloatArray
    begin: float
    days: FloatArray

    @cached_property
    def alive(self) -> FloatArray:
        """P(a stay lasts longer than it had lasted when it was seen), (n,)."""
        return self.length.sf(self.elapsed)

    @property
    def present(self) -> FloatArray:
        """P(still in care when the year starts), (n,)."""
        return as_floats(self.length.sf(self.elapsed + self.begin) / self.alive)

    @cached_property
    def full(self) -> FloatArray:
        """P(in care on all those days), (n,)."""
        return as_floats(self.length.sf(self.elapsed + self.begin + self.days) / self.alive)

    @cached_property
    def _beyond(self) -> FloatArray:
        return self.length.excess(self.elapsed + self.begin + self.days)

    @property
    def mean(self) -> FloatArray:
        """Expected days in care in the year, (n,)."""
        return as_floats(self.after(np.zeros((len(self.days), 1)))[:, 0])

    def after(self, x: FloatArray) -> FloatArray:
        """Return the expected days in care from day x of the year on, (n, m) like x."""
        beyond = self.length.excess((self.elapsed + self.begin)[:, np.newaxis] + x)
        return as_floats((beyond - self._beyond[:, np.newaxis]) / self.alive[:, np.newaxis])


def _cost(stays: _Stays, law: Severity, tariff: FloatArray | None, shocks: Sequence[Shock], line: float) -> FloatArray:
    """Return E[(P Z d - c)+], (n,), EUR: of given day tariffs (n,), or of those that the law draws."""
    whole = stays.days[:, np.newaxis]
    if line <= 0.0:
        return stays.mean * (law.mean if tariff is None else tariff)
    if tariff is not None:
        price, weight = bent_nodes(shocks, line / (tariff[:, np.newaxis] * whole))
        days = stays.after(np.minimum(line / (tariff[:, np.newaxis] * price), whole))
        return as_floats(tariff * (weight * price * days).sum(axis=1))
    # A whole year has a probability of its own, for which the tariff's own formulas serve: nodes would meet a kink.
    lengths, where = np.unique(stays.days, return_inverse=True)
    lengths = lengths[:, np.newaxis]
    bends = np.union1d(law.atoms[0], law.kinks)
    price, weight = bent_nodes(shocks, line / (lengths * bends[bends > 0.0]))
    full_year = (weight * price * lengths * law.excess(line / (lengths * price))).sum(axis=1)
    mean = as_floats(stays.full * full_year[where])
    price, weight = (np.broadcast_to(part, (len(lengths), part.shape[1]))[where] for part in (price, weight))
    for z, chance in zip(*tariff_nodes(law), strict=True):
        first = np.minimum(line / (z * price), whole)
        if (first < whole).any():
            days = stays.after(first) - stays.full[:, np.newaxis] * (whole - first)
            mean += chance * z * (weight * price * days).sum(axis=1)
    return mean


def _above(law: Severity, tariff: FloatArray | None, shocks: Sequence[Shock], line: float) -> FloatArray:
    """Return E[(P Z - a)+], (n,) or (1,), EUR a day: of given day tariffs (n,), or of those that the law draws."""
    if tariff is not None:
        price, weight = bent_nodes(shocks, line / np.maximum(tariff, np.finfo(np.float64).tiny)[:, np.newaxis])
        return as_floats((weight * np.maximum(tariff[:, np.newaxis] * price - line, 0.0)).sum(axis=1))
    bends = np.union1d(law.atoms[0], law.kinks)
    price, weight = bent_nodes(shocks, line / bends[bends > 0.0][np.newaxis])
    return as_floats((weight * price * law.excess(line / price)).sum(axis=1))


def bent_nodes(shocks: Sequence[Shock], kinks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a quadrature for a product of mean-one shocks, for functions that are not smooth at the kinks.

    Gauss-Legendre rules between the kinks, on the normal scores of one factor: that of the lognormal ones together,
    if there are any. The plain rule where no kink can be reached.

    Parameters
    ----------
    kinks
        Values of the product at which the function bends, (n, k).

    Returns
    -------
    values, weights
        Shape (n, nodes), or (1, nodes) if no kink can be reached.
    """
    log_variance = sum(shock.sigma**2 for shock in shocks if isinstance(shock, LognormalShock))
    factors: list[Shock] = [s for s in shocks if not isinstance(s, LognormalShock | NoShock)]
    if log_variance > 0:
        factors.append(LognormalShock(float(np.sqrt(log_variance))))
    if not factors:
        return np.ones((1, 1)), np.ones((1, 1))
    *others, main = factors
    other, chance = product_nodes(others)
    other = np.maximum(other, np.finfo(np.float64).tiny)[:, np.newaxis]
    with np.errstate(over="ignore"):
        scores = special.ndtri(main.cdf(kinks[:, np.newaxis] / other))
    if not (np.abs(scores) < REACH).any():
        values, weights = product_nodes(shocks)
        return values[np.newaxis], weights[np.newaxis]
    u, w = legendre(BETWEEN)
    ends = np.broadcast_to(np.linspace(-REACH, REACH, PANELS + 1), (*scores.shape[:2], PANELS + 1))
    edges = np.sort(np.concatenate((ends, np.clip(scores, -REACH, REACH)), axis=-1), axis=-1)
    width = np.diff(edges)[..., np.newaxis]
    g = edges[..., :-1, np.newaxis] + width * u
    weights = (width * w * np.exp(-(g**2) / 2) * chance[:, np.newaxis, np.newaxis]).reshape(len(kinks), -1)
    tail = special.ndtr(-np.abs(g))
    values = np.where(g > 0, main.isf(tail), main.quantile(tail)) * other[..., np.newaxis]
    return values.reshape(len(kinks), -1), weights / weights.sum(axis=1, keepdims=True)
