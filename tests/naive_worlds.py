"""Small worlds as arrays, for tests of the compiled pass: no cost model, every number by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.guides import GuideTables
from solidair.models.severity import Lognormal
from solidair.models.shocks import LognormalShock
from solidair.models.sums import SumTables, sum_chords
from solidair.models.tables import SIDE, constant_table, quantile_table
from solidair.pool import kernels
from solidair.pool.streams import Stream, stream_key

TARGETS = {"volume": 0, "price": 1, "stay": 2}
DRAWS = (
    Stream.COUNT, Stream.SEVERITY, *(Stream(number) for number in range(Stream.OPEN_STAYS, Stream.NEW_PAYER)),
    Stream.LARGE_COUNT, Stream.LARGE_COST, Stream.BULK_SUM,
)  # fmt: skip
NEVER_LEAP = 365.0


@dataclass(frozen=True)
class Site:
    """A law of shocks: on what, of which care type (-1 for all), in common or not, and how long it lasts."""

    target: str
    law: Any
    persistence: float = 0.0
    care_type: int = -1
    shared: bool = True
    scored: bool = False


class _Mix:
    def __init__(self, degrees: int) -> None:
        self.shape = degrees / 2

    def quantile(self, p: Any) -> Any:
        return special.gammaincinv(self.shape, p) / self.shape

    def isf(self, q: Any) -> Any:
        return special.gammainccinv(self.shape, q) / self.shape


@dataclass(frozen=True)
class World:
    """The arguments of `draw_block`, and how many measures there are."""

    shocks: Any
    care: Any
    bulk: Any
    known: Any
    moves: Any
    years: Any
    looks: Any
    measures: int

    @property
    def parts(self) -> tuple[Any, ...]:
        """The arrays, in the order of the kernel."""
        return self.shocks, self.care, self.bulk, self.known, self.moves, self.years, self.looks

    def plain(self) -> list[Any]:
        """Return the arrays as nested lists of Python numbers, for the slow twin."""
        return [
            SimpleNamespace(**{n: v.tolist() if isinstance(v, np.generic | np.ndarray) else v for n, v in fields})
            for fields in (part._asdict().items() for part in self.parts)
        ]

    def draw(self, sims: int, *, seed: int = 5, first: int = 0) -> npt.NDArray[np.float64]:
        """Return claims, (measure, sim, year, member)."""
        out = np.zeros((self.measures, sims, self.years.volume.shape[1], len(self.care.need)))
        room = kernels.scratch(len(self.shocks.shared_keys), *self.care.expected.shape, self.years.volume.shape[1])
        kernels.draw_block(np.uint64(seed), first, *self.parts, room, out)
        return out


def world(
    expected: Any,
    *,
    years: int = 1,
    names: Sequence[str] | None = None,
    need: Sequence[float] | None = None,
    need_law: Any = None,
    costs: Sequence[Any] | None = None,
    points: Sequence[Sequence[float]] = ((0.0,),),
    joint: bool = False,
    sites: Sequence[Site] = (),
    weights: Sequence[float] = (0.0, 0.0, 1.0),
    degrees: int = 0,
    bulk: Mapping[int, SumTables] | None = None,
    guided: bool = False,
    stays: Mapping[int, tuple[Any, Any, float]] | None = None,
    known: Mapping[tuple[int, int], Sequence[tuple[float, ...]]] | None = None,
    seen_on: float = 0.0,
    other_lengths: Sequence[Any] = (),
    move: Mapping[int, float] | None = None,
    where: Sequence[float] | None = None,
    starts: Sequence[float] | None = None,
    growth: Sequence[float] | None = None,
    index: Any = None,
    earlier: Mapping[int, Sequence[tuple[int, float]]] | None = None,
    months: Mapping[int, Sequence[tuple[int, float]]] | None = None,
) -> World:
    """Return a world.

    Parameters
    ----------
    expected
        Clients a year, (member, care_type).
    names
        Identity of the members, on which alone their luck hangs.
    need
        Need of each member, nan where it is drawn from `need_law`; 1 if left out.
    costs
        Per care type the law of the cost of a case, EUR, or of the tariff of a stay, EUR a day.
    points
        Per care type its attachments, EUR, the first one 0; the last entry stands for all further types.
    joint
        Whether the n-th attachments of all types add to one measure.
    sites, weights, degrees
        Shocks, and the loadings and degrees of freedom of the copula between those that are scored.
    bulk, guided
        Per care type that is drawn in bulk its tables; whether counts come from guides, for worlds without shocks,
        growth or unknown need.
    stays
        Per care type with stays: laws of length and of what is left of open stays, and mean length, days.
    known, seen_on, other_lengths
        Per (member, care type) the stays that are open: days so far, probability to last longer, most days left,
        tariff (nan: drawn), and number of the table of its length if not that of its care type; the day on which they
        were seen; laws of length beside those of the care types. A member with an entry has no drawn open stays, in
        any care type.
    move, where
        Per care type the share of children that move a year; weights of the members they move to.
    starts, growth, index
        Days to each 1 January, growth of the number of clients, price index (care_type, year).
    earlier
        Per care type pairs of a year and an attachment: measures of what began before that year.
    months
        The same with attachments a day, of measures of stays by the month.
    """
    expected = np.array(expected, dtype=np.float64)
    members, types = expected.shape
    names = names or [f"member {i}" for i in range(members)]
    costs = costs or [Lognormal(9.0 - c / 4, 1.1 + c / 10) for c in range(types)]
    stays, known, move = stays or {}, known or {}, move or {}

    def keys(stream: Stream, *also: str) -> npt.NDArray[np.uint64]:
        return np.array([stream_key(stream, name, *also) for name in names], dtype=np.uint64)

    def tables(laws: Sequence[Any]) -> npt.NDArray[np.float64]:
        shown = [constant_table(law) if isinstance(law, float) else quantile_table(law) for law in laws]
        return np.concatenate(shown) if shown else np.zeros(0)

    def site_keys(stream: Stream, owner: str) -> list[int]:
        return [stream_key(stream, owner, f"site {n}") for n in range(len(sites))]

    laws = [*(site.law for site in sites), *([_Mix(degrees)] if degrees else [])]
    shocks = kernels.Shocks(
        tables=tables(laws or [1.0]),
        table=np.arange(len(sites)),
        persistence=np.array([site.persistence for site in sites]),
        target=np.array([TARGETS[site.target] for site in sites], dtype=np.int64),
        care_type=np.array([site.care_type for site in sites], dtype=np.int64),
        shared=np.array([n for n, site in enumerate(sites) if site.shared], dtype=np.int64),
        local=np.array([n for n, site in enumerate(sites) if not site.shared], dtype=np.int64),
        scored=np.array([site.scored for site in sites], dtype=np.bool_),
        shared_keys=np.array([site_keys(Stream.NATIONAL_VOLUME, "all")], dtype=np.uint64).reshape(1, -1),
        local_keys=np.array([site_keys(Stream.LOCAL_VOLUME, n) for n in names], dtype=np.uint64).reshape(members, -1),
        region=np.zeros(members, dtype=np.int64),
        weights=np.array(weights, dtype=np.float64),
        degrees=degrees,
        type_keys=np.array([stream_key(Stream.TYPE_FACTOR, "all", str(c)) for c in range(types)], dtype=np.uint64),
        member_keys=keys(Stream.MEMBER_FACTOR),
        mix_key=np.uint64(stream_key(Stream.COPULA_MIX, "all")),
        mix_table=len(sites),
    )
    number = {c: n for n, c in enumerate(stays)}
    care = kernels.Care(
        expected=expected,
        need=np.ones(members) if need is None else np.array(need, dtype=np.float64),
        need_table=quantile_table(need_law or LognormalShock(0.2)),
        need_keys=keys(Stream.NEED),
        stays=np.array([number.get(c, -1) for c in range(types)], dtype=np.int64),
        tables=tables(costs),
        lengths=tables([*(law for law, _, _ in stays.values()), *other_lengths]),
        residuals=tables([law for _, law, _ in stays.values()]),
        mean_length=np.array([stays[c][2] if c in stays else 0.0 for c in range(types)]),
        keys=np.array([[[stream_key(d, n, str(c)) for c in range(types)] for n in names] for d in DRAWS], np.uint64),
    )
    listed = [(c, known.get((i, c), ())) for i in range(members) for c in range(types)]
    rows = [(*stay, number[c])[:5] for c, group in listed for stay in group]
    elapsed, alive, most, tariff, row = np.array(rows, dtype=np.float64).reshape(-1, 5).T.copy()
    begun = kernels.Known(
        listed=np.array([[any(i == of for of, _ in known)] * types for i in range(members)], dtype=np.bool_),
        seen_on=seen_on,
        first=np.cumsum([0, *(len(group) for _, group in listed)]),
        row=row.astype(np.int64),
        elapsed=elapsed,
        alive=alive,
        most=most,
        tariff=tariff,
    )
    moves = kernels.Moves(
        share=np.array([move.get(c, 0.0) for c in range(types)]),
        weights=np.ones(members) if where is None else np.array(where, dtype=np.float64),
        keys=keys(Stream.NEW_PAYER),
    )
    starts = [NEVER_LEAP * t for t in range(years + 1)] if starts is None else starts
    calendar = kernels.Years(
        starts=np.array(starts, dtype=np.float64),
        stops=np.array(starts[1:], dtype=np.float64),
        volume=np.ones((types, years)) * (1.0 if growth is None else np.array(growth, dtype=np.float64)),
        index=np.ones((types, years)) if index is None else np.array(index, dtype=np.float64),
    )
    looks, measures = _looks(
        [points[min(c, len(points) - 1)] for c in range(types)], years, joint, earlier or {}, months or {}
    )
    return World(shocks, care, _bulk(care, bulk or {}, guided), begun, moves, calendar, looks, measures)


def _bulk(care: Any, tables: Mapping[int, SumTables], guided: bool) -> Any:
    """Return what is drawn in bulk."""
    members, types = care.expected.shape
    number = {c: n for n, c in enumerate(tables)}
    guide = np.full((members, types), -1, dtype=np.int64)
    rates: list[float] = []
    for i, c in product(range(members if guided else 0), tables):
        guide[i, c], beyond = len(rates), tables[c].beyond
        rates += [care.expected[i, c] * care.need[i] * share for share in (1.0 - beyond, beyond)]
    guides = GuideTables.make(rates, kernels.poisson_quantile)

    def each(values: Mapping[int, float]) -> npt.NDArray[np.float64]:
        return np.array([values.get(c, 0.0) for c in range(types)])

    places, weights = sum_chords()
    return kernels.Bulk(
        row=np.array([number.get(c, -1) for c in range(types)], dtype=np.int64),
        beyond=each({c: one.beyond for c, one in tables.items()}),
        mean=each({c: one.mean for c, one in tables.items()}),
        sd=each({c: one.sd for c, one in tables.items()}),
        sums=np.concatenate([np.zeros(0), *(one.tables.ravel() for one in tables.values())]),
        size=next(iter(tables.values())).tables.size if tables else 0,
        places=places.astype(np.uint64) * np.uint64(2 * SIDE),
        weights=weights,
        large=np.concatenate([np.zeros(0), *(one.large for one in tables.values())]),
        guide=guide,
        limits=guides.limits,
        guides=guides.guides,
        starts=guides.starts,
        shifts=guides.shifts,
        offsets=guides.offsets,
    )


def _looks(
    points: Sequence[Sequence[float]], years: int, joint: bool, earlier: Mapping[int, Sequence[tuple[int, float]]],
    months: Mapping[int, Sequence[tuple[int, float]]],
) -> tuple[Any, int]:  # fmt: skip
    """Return what is looked at, and the number of measures: attachments, clients, what began before some year, months.

    Attachments rise by a tenth every year, so that a mix-up of years shows.
    """
    if joint:
        place = [n for group in points for n in range(len(group))]
        counts = [max(place) + 1] * len(points)
    else:
        place = list(range(sum(map(len, points))))
        counts = [len(place) + c for c in range(len(points))]
    amounts = [[a * 1.1**t for group in points for a in group] for t in range(years)]
    lowest = [[min([a * 1.1**t for a in group[1:]], default=np.inf) for group in points] for t in range(years)]
    begun = [entry for c in range(len(points)) for entry in earlier.get(c, ())]
    daily = [entry for c in range(len(points)) for entry in months.get(c, ())]
    looks = kernels.Looks(
        first=np.cumsum([0, *map(len, points)]),
        attachments=np.array(amounts),
        lowest=np.array(lowest),
        measure=np.array(place, dtype=np.int64),
        count=np.array(counts, dtype=np.int64),
        begun_first=np.cumsum([0, *(len(earlier.get(c, ())) for c in range(len(points)))]),
        begun_years=np.array([year for year, _ in begun], dtype=np.int64),
        begun_attachments=np.array([[a * 1.1**t for _, a in begun] for t in range(years)]).reshape(years, len(begun)),
        begun_measure=max(counts) + 1 + np.arange(len(begun)),
        month_first=np.cumsum([0, *(len(months.get(c, ())) for c in range(len(points)))]),
        month_before=np.array([year for year, _ in daily], dtype=np.int64),
        month_attachments=np.array([[a * 1.1**t for _, a in daily] for t in range(years)]).reshape(years, len(daily)),
        month_measure=max(counts) + 1 + len(begun) + np.arange(len(daily)),
    )
    return looks, max(counts) + 1 + len(begun) + len(daily)
