"""The default cost model in plain numpy, as far as an analyst gets in a day: cases of a year and stays over years.

Covered: Poisson counts, capped lognormal costs and day tariffs, stays that are open at the start in steady state, that
enter during the years and that last for years, what each costs in each year, and what of it lies above a line. Left
out, so that the comparison flatters numpy: shocks, over-dispersion, unknown need, the price index, all agreements.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from solidair.models.episodes import Episode
from solidair.models.severity import Capped, Lognormal
from solidair.pool import Study

FloatArray = npt.NDArray[np.float64]

GRID = np.concatenate([[0.0], (np.arange(4_096) + 0.5) / 4_096, [1.0 - 1e-9]])
"""Probabilities at which lengths of stay are tabulated once; in between they are interpolated."""


def own_costs(study: Study, paths: int, seed: int, line: float) -> tuple[FloatArray, FloatArray]:
    """Return what cases cost, and what of each case and year lies above a line, both (path, year, member) EUR."""
    rng = np.random.default_rng(seed)
    costs, starts = study.costs, study.calendar.starts
    cost, above = np.zeros((2, paths, len(starts) - 1, len(study.region.members)))
    tables = {id_: _lengths(e) for id_, e in zip(costs.ids, costs.episodes, strict=True) if e is not None}
    for i, member in enumerate(study.region.members):
        rates = member.youth * costs.clients_per_youth
        for id_, rate, severity, episode in zip(costs.ids, rates, costs.severities, costs.episodes, strict=True):
            if episode is None:
                for t in range(len(starts) - 1):
                    counts = rng.poisson(rate, paths)
                    path = np.repeat(np.arange(paths), counts)
                    _add(cost[:, t, i], above[:, t, i], path, _capped(rng, severity, len(path)), line)
                continue
            # Clients of a year are those open at its start and those who enter.
            entries = rate / (episode.duration.mean / 365.0 + 1.0)
            path, begin, end = _stays(rng, entries, episode, tables[id_], starts, paths)
            tariff = _capped(rng, episode.law, len(path))
            for t, (first, last) in enumerate(pairwise(starts)):
                days = np.maximum(np.minimum(end, last) - np.maximum(begin, first), 0.0)
                _add(cost[:, t, i], above[:, t, i], path, days * tariff, line)
    return cost, above


def _stays(
    rng: np.random.Generator,
    entries: float,
    episode: Episode,
    tables: tuple[FloatArray, FloatArray],
    starts: FloatArray,
    paths: int,
) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Return path, first and last day of every stay that touches the years, with `entries` a year."""
    lengths, residuals = tables
    open_counts = rng.poisson(entries * episode.duration.mean / 365.0, paths)
    counts = rng.poisson(entries * starts[-1] / 365.0, paths)
    opened, entered = open_counts.sum(), counts.sum()
    begin = np.concatenate([np.zeros(opened), rng.uniform(0.0, starts[-1], entered)])
    lasting = np.concatenate(
        [np.interp(rng.random(opened), GRID, residuals), np.interp(rng.random(entered), GRID, lengths)]
    )
    path = np.concatenate([np.repeat(np.arange(paths), open_counts), np.repeat(np.arange(paths), counts)])
    return path, begin, begin + lasting


def _lengths(episode: Episode) -> tuple[FloatArray, FloatArray]:
    duration = episode.duration
    return np.asarray(duration.quantile(GRID)), np.asarray(duration.residual.quantile(GRID))


def _capped(rng: np.random.Generator, law: object, n: int) -> FloatArray:
    """Return `n` capped lognormal amounts, EUR.

    Raises
    ------
    TypeError
        If the cost model has another law: this benchmark knows no other.
    """
    if not (isinstance(law, Capped) and isinstance(law.base, Lognormal)):
        raise TypeError(f"{law}: only capped lognormal laws are written out here")
    return np.minimum(rng.lognormal(law.base.mu, law.base.sigma, n), law.limit)


def _add(cost: FloatArray, above: FloatArray, path: npt.NDArray[np.int64], amounts: FloatArray, line: float) -> None:
    cost += np.bincount(path, amounts, len(cost))
    above += np.bincount(path, np.maximum(amounts - line, 0.0), len(above))
