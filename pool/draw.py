"""Draw: from a region and a cost model to claims, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.models.costs import LEVELS, CostModel
from solidair.models.problems import InputError, Problem
from solidair.models.regions import Region
from solidair.models.shocks import Shock
from solidair.models.tables import HasQuantiles, constant_table, quantile_table, table_mean
from solidair.pool.measures import MeasureSet
from solidair.pool.streams import NATIONAL, REGIONAL, Stream, stream_key

FloatArray = npt.NDArray[np.float64]
KeyArray = npt.NDArray[np.uint64]

_VOLUME = (Stream.NATIONAL_VOLUME, Stream.REGIONAL_VOLUME, Stream.LOCAL_VOLUME)
_PRICE = (Stream.NATIONAL_PRICE, Stream.REGIONAL_PRICE, Stream.LOCAL_PRICE)


@dataclass(frozen=True)
class DrawPlan:
    """Everything the kernel needs, as plain arrays; the meaning of each is in `solidair.pool.kernels.draw_block`."""

    expected: FloatArray
    need: FloatArray
    need_table: FloatArray
    need_keys: KeyArray
    volume_tables: FloatArray
    volume_keys: KeyArray
    price_tables: FloatArray
    price_keys: KeyArray
    dispersion_tables: FloatArray
    dispersion_keys: KeyArray
    count_keys: KeyArray
    severity_tables: FloatArray
    severity_keys: KeyArray
    attachment_from: npt.NDArray[np.int64]
    attachments: FloatArray
    attachment_measure: npt.NDArray[np.int64]
    count_measure: npt.NDArray[np.int64]
    measures: int

    @staticmethod
    def make(region: Region, costs: CostModel, measures: MeasureSet) -> DrawPlan:
        """Compile a region, a cost model and the measures asked for.

        Raises
        ------
        RuntimeError
            If two identities share a random stream (a collision of 64-bit hashes).
        """
        codes = list(region.codes)
        ids = costs.ids

        def keys(stream: Stream) -> KeyArray:
            return np.array([[stream_key(stream, code, c) for c in ids] for code in codes], dtype=np.uint64)

        def shock_keys(streams: Sequence[Stream]) -> KeyArray:
            who = {
                "national": [NATIONAL] * len(codes),
                "regional": [REGIONAL] * len(codes),
                "local": codes,
            }
            rows = [[stream_key(s, w) for w in who[level]] for s, level in zip(streams, LEVELS, strict=True)]
            return np.array(rows, dtype=np.uint64)

        need_keys = np.array([stream_key(Stream.NEED, code) for code in codes], dtype=np.uint64)
        dispersion_keys, count_keys, severity_keys = map(keys, (Stream.DISPERSION, Stream.COUNT, Stream.SEVERITY))
        volume_keys, price_keys = shock_keys(_VOLUME), shock_keys(_PRICE)
        own = [need_keys, dispersion_keys, count_keys, severity_keys, volume_keys[2], price_keys[2]]
        shared = [volume_keys[:2, 0], price_keys[:2, 0]]  # national and regional: the same for all members
        everyone = np.concatenate([array.ravel() for array in own + shared])
        if len(np.unique(everyone)) != len(everyone):
            raise RuntimeError("two identities share a random stream; rename a care type")  # pragma: no cover

        group_of = {c: g for g, group in enumerate(measures.groups) for c in group}
        attachments: list[float] = []
        places: list[int] = []
        starts = [0]
        for care_type in ids:
            group = measures.groups[group_of[care_type]]
            for attachment in measures.attachments[group_of[care_type]]:
                attachments.append(attachment)
                places.append(measures.index(group, attachment))
            starts.append(len(attachments))
        counts = [measures.index(measures.groups[group_of[care_type]], None) for care_type in ids]
        return DrawPlan(
            expected=np.outer(region.youth, costs.clients_per_youth),
            need=np.array(region.need_index, dtype=np.float64),
            need_table=_table(costs.need_shock),
            need_keys=need_keys,
            volume_tables=np.array([_table(shock) for shock in costs.volume_shocks]),
            volume_keys=volume_keys,
            price_tables=np.array([_table(shock) for shock in costs.price_shocks]),
            price_keys=price_keys,
            dispersion_tables=np.array([_table(shock) for shock in costs.dispersions]),
            dispersion_keys=dispersion_keys,
            count_keys=count_keys,
            severity_tables=_severity_tables(costs),
            severity_keys=severity_keys,
            attachment_from=np.array(starts, dtype=np.int64),
            attachments=np.array(attachments),
            attachment_measure=np.array(places, dtype=np.int64),
            count_measure=np.array(counts, dtype=np.int64),
            measures=len(measures.measures),
        )

    def draw(self, seed: int, first_sim: int, sims: int, years: int = 1) -> FloatArray:
        """Return the claims of one block, shape (measure, sim, year, member): EUR, or clients for counts.

        Raises
        ------
        ValueError
            If a sim or year does not fit in the counter: 2^48 sims of 2^16 years.
        """
        if not (0 <= first_sim <= 2**48 - sims and 1 <= years <= 2**16):
            raise ValueError("a run has at most 2^48 sims of at most 2^16 years")
        from solidair.pool.kernels import (
            draw_block,
        )  # compiled on first use, so that nothing else waits for it

        claims = np.zeros((self.measures, sims, years, len(self.need)))
        draw_block(
            np.uint64(seed), first_sim, years, self.expected, self.need, self.need_table, self.need_keys,
            self.volume_tables, self.volume_keys, self.price_tables, self.price_keys,
            self.dispersion_tables, self.dispersion_keys, self.count_keys, self.severity_tables, self.severity_keys,
            self.attachment_from, self.attachments, self.attachment_measure, self.count_measure, claims,
        )  # fmt: skip
        return claims

    def needs(self, seed: int, first_sim: int, sims: int) -> FloatArray:
        """Return the need index of every member in every sim of a block, shape (sim, member)."""
        from solidair.pool.kernels import draw_needs

        needs = np.empty((sims, len(self.need)))
        draw_needs(np.uint64(seed), first_sim, self.need, self.need_table, self.need_keys, needs)
        return needs


FAITHFUL = 1e-3
"""Largest relative difference between the mean that a table draws and the mean of its law."""


def _severity_tables(costs: CostModel) -> FloatArray:
    """Return the tables of all severities, (care_type, cells).

    Raises
    ------
    InputError
        If a table cannot carry its law: a tail so heavy that what lies beyond probability 2^-53 matters, or gaps
        between the values that are possible, which the table would fill.
    """
    tables, problems = [], []
    for care_type, severity in zip(costs.ids, costs.severities, strict=True):
        table = quantile_table(severity)
        miss = table_mean(table) / severity.mean - 1 if severity.mean > 0 else 0.0
        if abs(miss) > FAITHFUL:
            rule = f"the simulation cannot follow this law: its mean would be {100 * miss:+.2f} percent off"
            hint = "Give a heavy tail a cap; spread out a law of a few fixed amounts."
            problems.append(Problem(costs.file, f"care_types.{care_type}.severity", "", rule, hint))
        tables.append(table)
    if problems:
        raise InputError(problems)
    return np.array(tables)


def _table(law: HasQuantiles | Shock) -> FloatArray:
    """Return the quantile table of a law; a shock that is switched off is the constant 1."""
    if isinstance(law, Shock) and law.variance == 0:
        return constant_table(1.0)
    return quantile_table(law)
