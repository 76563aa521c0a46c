"""Exact means of stays that are really open at the start, instead of stays in steady state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from solidair.models.calendar import Calendar
from solidair.models.costs import CostModel
from solidair.models.episodes import Episode
from solidair.models.exact.moments import COARSE, product_nodes, spread_moved
from solidair.models.regions import Region
from solidair.models.sources.open_cases import OpenCases
from solidair.models.yearly import tariff_nodes

FloatArray = npt.NDArray[np.float64]

FINE_PRICES = 192
"""Nodes of a quadrature over prices where the tariff is given: 24 are 3 % off near a whole year of it."""


def known_means(
    costs: CostModel,
    region: Region,
    calendar: Calendar,
    scope: Sequence[str],
    attachments: Sequence[float] | FloatArray | None,
    known: OpenCases,
) -> FloatArray:
    r"""Return what known open stays add to a measure on average, (year, member), EUR or clients.

    A stay that has lasted a days lasts x more with probability sf(a + x) / sf(a). With b the start of a year, seen
    from the reference date, and L its end, or the day on which the child leaves by age if that is earlier,

    .. math:: E[(p Z d - c)_+] = E\left[p Z \int_{c / (p Z)}^{L - b} \frac{P(D > a + b + x)}{P(D > a)}\, dx\right]

    Parameters
    ----------
    scope, attachments
        As in `solidair.models.exact.moments.measure_moments`.
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
            one = _one_stay(costs, place, episode, calendar, t, line, known, mine)
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
) -> FloatArray:
    """Return what each stay adds to the measure in year t on average, (stay,)."""
    whole, ageless = episode.duration, episode.duration.ageless
    elapsed, leaves = known.elapsed_days[mine], known.days_to_leaving[mine]
    seen = seen_on(calendar, known)
    begin = float(calendar.starts[t]) - seen
    length = np.full(len(mine), float(calendar.lengths[t]))
    aged = np.isfinite(leaves)
    length = np.where(aged, np.clip(np.where(aged, leaves, 0.0) - begin, 0.0, length), length)

    def after(x: FloatArray) -> FloatArray:
        return np.where(aged[:, None], ageless.excess(x), whole.excess(x))

    alive = np.where(aged, ageless.sf(elapsed), whole.sf(elapsed))
    start = (elapsed + begin)[:, None]
    if line is None:
        present = np.where(aged, ageless.sf(start[:, 0]), whole.sf(start[:, 0])) / alive
        return np.asarray(np.where(length > 0, present, 0.0), dtype=np.float64)
    shocks = [s.shock for s in costs.sites if s.target == "price" and s.care_type in (None, place)]
    index = costs.index_path(calendar.years)[place, t]
    given = np.isfinite(known.tariffs[mine])
    values, chances = tariff_nodes(episode.law)
    # A given tariff has a kink where a whole year of it meets the line; drawn tariffs smooth it away.
    cases = [(np.where(given, known.tariffs[mine], 1.0), np.where(given, 1.0, 0.0), FINE_PRICES)]
    if not given.all():
        cases += [
            (np.full(len(mine), z), np.where(given, 0.0, w), COARSE) for z, w in zip(values, chances, strict=True)
        ]
    mean = np.zeros(len(mine))
    for tariff, chance, nodes in cases:
        price, weight = product_nodes(shocks, nodes)
        rate = tariff[:, None] * price * index
        first = np.minimum(line / rate, length[:, None])
        inside = (after(start + first) - after(start + length[:, None])) / alive[:, None]
        mean += chance * ((rate * inside) @ weight)
    return mean
