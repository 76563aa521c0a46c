"""Draw: from a study to claims, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from solidair.models.calendar import MONTH
from solidair.models.costs import CostModel
from solidair.models.exact.known import listed_cells, seen_on
from solidair.models.problems import InputError, Problem
from solidair.models.tables import kept_table, table_mean
from solidair.pool.bulk import bulk_arrays
from solidair.pool.chance import KeyArray, shock_arrays, table_of
from solidair.pool.exactness import attachment_paths
from solidair.pool.measures import MeasureSet
from solidair.pool.mergers import Merger, merge
from solidair.pool.streams import Stream, stream_key
from solidair.pool.study import Study

if TYPE_CHECKING:
    from solidair.pool.kernels import Bulk, Care, Known, Looks, Moves, Shocks, Years

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_DRAWS = (
    Stream.COUNT, Stream.SEVERITY, Stream.OPEN_STAYS, Stream.RESIDUAL, Stream.OPEN_TARIFF, Stream.ENTRIES,
    Stream.ENTRY_DAY, Stream.LENGTH, Stream.TARIFF, Stream.MOVE, Stream.OPEN_MOVE, Stream.KNOWN_RESIDUAL,
    Stream.KNOWN_TARIFF, Stream.KNOWN_MOVE, Stream.LARGE_COUNT, Stream.LARGE_COST, Stream.BULK_SUM,
)  # fmt: skip
"""What the draws of a member and care type are for, in the order in which the kernel finds their keys."""


@dataclass(frozen=True)
class DrawPlan:
    """Everything the kernel needs, as plain arrays; the meaning of each is in `solidair.pool.kernels`."""

    shocks: Shocks
    care: Care
    bulk: Bulk
    known: Known
    moves: Moves
    calendar: Years
    looks: Looks
    measures: int
    mergers: tuple[Merger, ...] = ()

    @staticmethod
    def make(study: Study, measures: MeasureSet, *, case_by_case: bool = False) -> DrawPlan:
        """Compile a study and the measures asked for.

        Parameters
        ----------
        case_by_case
            Draw every single case, also where a sum would do.

        Raises
        ------
        InputError
            If the tables cannot carry a law.
        RuntimeError
            If two identities share a random stream (a collision of 64-bit hashes).
        """
        from solidair.pool.kernels import Care, Moves, Years  # here, so that who draws nothing does not wait for numba

        region, costs, years = study.region, study.costs, study.settings.years
        shocks = shock_arrays(costs, region)
        need_keys = np.array([stream_key(Stream.NEED, code) for code in region.codes], dtype=np.uint64)
        keys = np.array(
            [[[stream_key(draw, code, c) for c in costs.ids] for code in region.codes] for draw in _DRAWS],
            dtype=np.uint64,
        )
        move_keys = np.array([stream_key(Stream.NEW_PAYER, code) for code in region.codes], dtype=np.uint64)
        _check_keys(need_keys, keys, move_keys, shocks)
        stays, lengths, residuals, mean_length = _stay_tables(costs, ageless=study.open_cases is not None)
        looks = _looks(study, measures)
        return DrawPlan(
            shocks=shocks,
            care=Care(
                expected=np.outer(region.youth, costs.clients_per_youth),
                need=np.array(region.need_index, dtype=np.float64),
                need_table=table_of(costs.need_shock),
                need_keys=need_keys,
                stays=stays,
                tables=_cost_tables(costs),
                lengths=lengths,
                residuals=residuals,
                mean_length=mean_length,
                keys=keys,
            ),
            bulk=bulk_arrays(study, shocks, looks.lowest, case_by_case),
            known=_known(study, stays),
            moves=Moves(np.array(costs.moves), np.asarray(region.youth, dtype=np.float64), move_keys),
            calendar=Years(
                study.calendar.starts, study.calendar.starts[1:], costs.volume_path(years), costs.index_path(years)
            ),
            looks=looks,
            measures=len(measures.measures),
            mergers=study.setting.mergers,
        )

    @property
    def need(self) -> FloatArray:
        """Need index of every member, NaN where it is drawn, shape (member,)."""
        return self.care.need

    @property
    def years(self) -> int:
        """Number of budget years."""
        return int(self.calendar.volume.shape[1])

    def draw(self, seed: int, first_sim: int, sims: int) -> FloatArray:
        """Return the claims of one block, shape (measure, sim, year, member): EUR, or clients for counts.

        Raises
        ------
        ValueError
            If a sim or year does not fit in the counter: 2^48 sims of 65,000 years.
        """
        if not (0 <= first_sim <= 2**48 - sims and 1 <= self.years <= 65_000):
            raise ValueError("a run has at most 2^48 sims of at most 65,000 years")
        from solidair.pool import kernels  # compiled on first use, so that nothing else waits for it

        claims = np.zeros((self.measures, sims, self.years, len(self.need)))
        members, types = self.care.expected.shape
        room = kernels.scratch(len(self.shocks.shared_keys), members, types, self.years)
        kernels.draw_block(
            np.uint64(seed), first_sim, self.shocks, self.care, self.bulk, self.known, self.moves, self.calendar,
            self.looks, room, claims,
        )  # fmt: skip
        return merge(claims, self.mergers)

    def needs(self, seed: int, first_sim: int, sims: int) -> FloatArray:
        """Return the need index of every member in every sim of a block, shape (sim, member)."""
        from solidair.pool.kernels import draw_needs

        needs = np.empty((sims, len(self.need)))
        draw_needs(np.uint64(seed), first_sim, self.need, self.care.need_table, self.care.need_keys, needs)
        return needs


def _check_keys(need: KeyArray, keys: KeyArray, moves: KeyArray, shocks: Shocks) -> None:
    local = shocks.local_keys[:, shocks.local]
    shared = np.unique(shocks.shared_keys[:, shocks.shared])
    factors = [shocks.type_keys, shocks.member_keys, np.array([shocks.mix_key])]
    everyone = np.concatenate([array.ravel() for array in (need, keys, moves, local, shared, *factors)])
    if len(np.unique(everyone)) != len(everyone):
        raise RuntimeError("two identities share a random stream; rename a care type")  # pragma: no cover


def _looks(study: Study, measures: MeasureSet) -> Looks:
    """Return what the kernel looks at in a case of each care type."""
    from solidair.pool.kernels import Looks

    paths = attachment_paths(study, measures)
    places: list[int] = []
    starts, counts = [0], []
    for care_type in study.costs.ids:
        mine = [
            n
            for n, m in enumerate(measures.measures)
            if care_type in m.scope and m.began_before is None and not m.monthly
        ]  # those of cases that began before some year come apart, and those per month of stay
        counts += [n for n in mine if paths[n] is None]
        whole = [n for n in mine if measures.measures[n].attachment == 0.0]
        places += whole + [n for n in mine if measures.measures[n].attachment]
        starts.append(len(places))
    amounts = np.array([paths[n] for n in places], dtype=np.float64).T
    begun = [
        [
            n
            for n, m in enumerate(measures.measures)
            if care_type in m.scope and m.began_before is not None and not m.monthly
        ]
        for care_type in study.costs.ids
    ]
    earlier = [n for mine in begun for n in mine]
    begun_starts = np.cumsum([0, *map(len, begun)])
    begun_amounts = np.array([paths[n] for n in earlier], dtype=np.float64).reshape(len(earlier), len(amounts)).T
    above = np.where(begun_amounts > 0.0, begun_amounts, np.inf)
    lowest = [
        [
            min(row[a + 1 : b].min(initial=np.inf), other[c:d].min(initial=np.inf))
            for (a, b), (c, d) in zip(pairwise(starts), pairwise(begun_starts), strict=True)
        ]
        for row, other in zip(amounts, above, strict=True)
    ]
    monthly = [
        [n for n, m in enumerate(measures.measures) if care_type in m.scope and m.monthly]
        for care_type in study.costs.ids
    ]
    months = [n for mine in monthly for n in mine]
    befores = [measures.measures[n].began_before for n in months]
    daily = np.array([paths[n] for n in months], dtype=np.float64).reshape(len(months), len(amounts)).T / MONTH
    return Looks(
        first=np.array(starts, dtype=np.int64),
        attachments=np.ascontiguousarray(amounts),
        lowest=np.array(lowest),
        measure=np.array(places, dtype=np.int64),
        count=np.array(counts, dtype=np.int64),
        begun_first=begun_starts.astype(np.int64),
        begun_years=np.array([measures.measures[n].began_before for n in earlier], dtype=np.int64),
        begun_attachments=np.ascontiguousarray(begun_amounts),
        begun_measure=np.array(earlier, dtype=np.int64),
        month_first=np.cumsum([0, *map(len, monthly)]).astype(np.int64),
        month_before=np.array([len(amounts) if year is None else year for year in befores], dtype=np.int64),
        month_attachments=np.ascontiguousarray(daily),
        month_measure=np.array(months, dtype=np.int64),
    )


FAITHFUL = 1e-3
"""Largest relative difference between the mean that a table draws and the mean of its law."""


def _cost_tables(costs: CostModel) -> FloatArray:
    """Return the tables of all severities, or of the day tariffs of stays, one after the other."""
    laws = []
    for id_, severity, episode in zip(costs.ids, costs.severities, costs.episodes, strict=True):
        if episode is None:
            laws.append((f"care_types.{id_}.severity", severity, severity.mean))
        else:
            laws.append((f"care_types.{id_}.episode.tariff", episode.law, episode.law.mean))
    return _faithful(costs, laws)


def _stay_tables(costs: CostModel, ageless: bool) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Return the number of each care type's stay tables (-1: no stays), lengths, residual lengths and mean lengths.

    With `ageless` the lengths are followed by those of children whose age is known one by one.
    """
    stays = np.full(len(costs.ids), -1, dtype=np.int64)
    mean = np.zeros(len(costs.ids))
    lengths: list[tuple[str, Any, float]] = []
    residuals: list[tuple[str, Any, float]] = []
    for place, (id_, episode) in enumerate(zip(costs.ids, costs.episodes, strict=True)):
        if episode is not None:
            stays[place], mean[place] = len(lengths), episode.duration.mean
            where = f"care_types.{id_}.episode.duration"
            lengths.append((where, episode.duration, episode.duration.mean))
            residuals.append((where, episode.duration.residual, episode.duration.residual.mean))
    if ageless:
        for id_, episode in zip(costs.ids, costs.episodes, strict=True):
            if episode is not None:
                law = episode.duration.ageless
                lengths.append((f"care_types.{id_}.episode.duration", law, law.mean))
    return stays, _faithful(costs, lengths), _faithful(costs, residuals), mean


def _known(study: Study, stays: IntArray) -> Known:
    """Return the stays that are really open, in an order that does not depend on the rows of the file."""
    from solidair.pool.kernels import Known

    codes, ids = [str(code) for code in study.region.codes], study.costs.ids
    known = study.open_cases
    if known is None:
        none, counts = np.zeros(0), np.zeros(len(codes) * len(ids) + 1, np.int64)
        return Known(np.zeros((len(codes), len(ids)), np.bool_), 0.0, counts, counts[:0], none, none, none, none)
    listed = listed_cells(known, codes, study.costs)
    cell = np.array(
        [codes.index(m) * len(ids) + ids.index(c) for m, c in zip(known.codes, known.care_types, strict=True)]
    )
    leaves = np.nan_to_num(known.days_to_leaving, nan=np.inf)
    order = np.lexsort((np.nan_to_num(known.tariffs, nan=-1.0), leaves, known.elapsed_days, cell))
    cell, leaves, elapsed = cell[order], leaves[order], known.elapsed_days[order]
    kind = cell % len(ids)
    aged = np.isfinite(leaves)
    rows = stays[kind] + np.where(aged, np.count_nonzero(stays >= 0), 0)
    alive = np.empty(len(cell))
    for place in np.unique(kind):
        episode = study.costs.episodes[place]
        assert episode is not None  # the reader takes stays only
        mine = kind == place
        laws = episode.duration.ageless.sf(elapsed[mine]), episode.duration.sf(elapsed[mine])
        alive[mine] = np.where(aged[mine], *laws)
    first = np.searchsorted(cell, np.arange(len(codes) * len(ids) + 1))
    return Known(
        listed=listed,
        seen_on=seen_on(study.calendar, known),
        first=first.astype(np.int64),
        row=rows.astype(np.int64),
        elapsed=elapsed,
        alive=alive,
        most=leaves,
        tariff=known.tariffs[order],
    )


def _faithful(costs: CostModel, laws: Sequence[tuple[str, Any, float]]) -> FloatArray:
    """Return the quantile tables of laws, one after the other.

    Raises
    ------
    InputError
        If a table cannot carry its law: a tail so heavy that what lies beyond probability 2^-53 matters, or gaps
        between the values that are possible, which the table would fill.
    """
    tables, problems = [np.zeros(0)], []
    for where, law, mean in laws:
        table = kept_table(law)
        miss = table_mean(table) / mean - 1 if mean > 0 else 0.0
        if abs(miss) > FAITHFUL:
            rule = f"the simulation cannot follow this law: its mean would be {100 * miss:+.2f} percent off"
            hint = "Give a heavy tail a cap; spread out a law of a few fixed amounts."
            problems.append(Problem(costs.file, where, "", rule, hint))
        tables.append(table)
    if problems:
        raise InputError(problems)
    return np.concatenate(tables)
