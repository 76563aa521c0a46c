"""The reserve as a table: balances, calls and refunds of every year, depletion, and the opening that is required."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError
from solidair.pool.finance.reserve_path import (
    BoolArray,
    FloatArray,
    ReserveRules,
    ReserveYear,
    opening_needed,
    reserve_years,
)
from solidair.pool.finance.spec import ReserveSpec
from solidair.pool.metrics.base import Estimate
from solidair.pool.metrics.chunks import MAX_BYTES, over_members
from solidair.pool.metrics.plain import Figure, mean_if, mean_of, quantile_of, share_of
from solidair.pool.metrics.quantiles import quantile_rank, sparsity
from solidair.pool.metrics.stability import floored
from solidair.pool.metrics.year_table import Paths, periods
from solidair.pool.study_checks import missing_openings

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.study import Study

FLOWS = ("interest", "result", "call", "refund")

COLUMNS = (
    "opening",
    "contribution",
    "interest_expected",
    "result_expected",
    "call_expected",
    "refund_expected",
    "balance_mean",
    "balance_p10",
    "balance_p50",
    "balance_p90",
    "call_probability",
    "call_mean",
    "call_p95",
    "calls_per_ten_years",
    "refund_probability",
    "refund_mean",
    "depletion_probability",
    "depletion_probability_change",
    "required_opening",
    "required_opening_change",
)
"""Columns of figures; each has its standard error beside it, save `contribution`, which is known."""

SURE = ("contribution",)

Columns = Mapping[str, FloatArray]
Borne = Callable[[int], FloatArray]
Where = tuple[int, slice, int]


def reserve_rules(study: Study, years: int) -> ReserveRules:
    """Return the rules of the reserve of every member in EUR; without a reserve those of one that only has an opening.

    Raises
    ------
    InputError
        If nothing says with what the reserve of some member opens.
    """
    spec, setting = study.finance.reserve, study.setting
    size, budgets = (years, setting.members), setting.budgets[:years]
    moves = tuple((m.place, gone, m.into) for m in study.mergers for gone in m.gone if m.place < years)
    people = setting.merged(np.broadcast_to(setting.inhabitants, (setting.years, size[1])))[:years]
    if spec is None:
        zero = np.zeros(size)
        return ReserveRules(np.full(size[1], np.nan), budgets, zero, 0.0, zero, np.full(size, np.inf), moves)
    problems = missing_openings(study.region, study.finance, study.name)
    if problems:
        raise InputError(problems)
    opening = study.region.buffer if spec.opening is None else spec.opening * setting.inhabitants
    put_in = spec.contribution * budgets
    cap = np.full(size, np.inf) if spec.cap is None else spec.cap * people
    return ReserveRules(opening, budgets, put_in, spec.interest, spec.floor * people, cap, moves)


def reserve_table(
    study: Study, paths: Paths, *, max_bytes: int = MAX_BYTES, threads: int | None = None
) -> pd.DataFrame:
    """Return the path of the reserve of every member under every agreement.

    Parameters
    ----------
    study
        Whose reserve it is.
    paths
        What all agreements did over the same simulated paths.
    max_bytes, threads
        As in `solidair.pool.metrics.tables.metric_tables`.

    Returns
    -------
    pandas.DataFrame
        One row per agreement, member and period; columns agreement, code, name, period, safety and `COLUMNS` with their
        standard errors. In the row of all years flows are summed, chances are those of at least once. Depletion is
        about all years up to and with the period, the required opening about all years, so it stands in the last row
        only. Without a reserve there is nothing else.

    Raises
    ------
    InputError
        If nothing says with what the reserve of some member opens.
    """
    import pandas as pd

    sims, years, members = paths.own.shape
    rules, spec = reserve_rules(study, years), study.finance.reserve
    labels = periods(paths.first_year, years)
    shape = (len(paths.contributions), members, len(labels))
    columns = {name: np.full(shape, np.nan) for name in COLUMNS}
    columns |= {f"{name}_se": np.full(shape, np.nan) for name in COLUMNS if name not in SURE}
    safety = (spec or ReserveSpec()).safety

    def work(chunk: slice) -> None:
        _fill(columns, paths, rules, chunk, safety, with_paths=spec is not None)

    # Balances move between members that merge, so these are computed together.
    at_once = over_members if not rules.moves else _all_members
    at_once(work, members, sims, len(paths.contributions), max_bytes=max_bytes, threads=threads)
    merging = sorted({member for _, gone, into in rules.moves for member in (gone, into)})
    for name in columns:
        if name.startswith("required_opening"):
            columns[name][:, merging] = np.nan
    codes, names = study.region.codes, study.region.names
    rows: dict[str, object] = {
        "agreement": np.repeat(np.array(list(paths.contributions), dtype=object), members * len(labels)),
        "code": np.tile(np.repeat(np.array(codes, dtype=object), len(labels)), shape[0]),
        "name": np.tile(np.repeat(np.array(names, dtype=object), len(labels)), shape[0]),
        "period": labels * (shape[0] * members),
        "safety": safety,
    }
    ordered = [name for base in COLUMNS for name in (base, f"{base}_se") if name in columns]
    return pd.DataFrame(rows | {name: columns[name].ravel() for name in ordered})


def _all_members(work: Callable[[slice], None], *_: int, **__: int | None) -> None:
    work(slice(None))


def _fill(
    columns: Columns, paths: Paths, rules: ReserveRules, members: slice, safety: float, *, with_paths: bool
) -> None:
    """Fill in the columns of a few members."""
    rules, years = rules.of(members), len(rules.put_in)
    last = columns["opening"].shape[2] - 1

    def of(money: FloatArray) -> Borne:
        # Not kept: a plan of fifty years would take fifty arrays.
        return lambda year: np.asfortranarray(money[:, year, members])

    alone = of(paths.own)
    needed = required_opening(opening_needed(alone, rules), safety)
    # A little twice where an agreement is own use, so that no study needs to have it.
    depleted = [year.depleted for year in reserve_years(alone, rules)] if with_paths else []
    for row, contribution in enumerate(paths.contributions.values()):
        borne = of(contribution)
        same = np.all([(borne(year) == alone(year)).all(axis=0) for year in range(years)], axis=0)
        estimate = needed if same.all() else required_opening(opening_needed(borne, rules), safety)
        _put_compared(columns, "required_opening", (row, members, last), estimate, needed, same)
        if not with_paths:
            continue
        gone = _fill_paths(columns, reserve_years(borne, rules), rules, (row, members))
        for place in range(last + 1):
            year = min(place, years - 1)
            where = (row, members, place)
            chance, base = _chance(gone[year]), _chance(depleted[year])
            _put_compared(columns, "depletion_probability", where, chance, base, same)


def _put(columns: Columns, name: str, where: Where, figure: Figure) -> None:
    columns[name][where], columns[f"{name}_se"][where] = figure


def _put_compared(
    columns: Columns, name: str, where: Where, estimate: Estimate, base: Estimate, same: BoolArray
) -> None:
    """Put in a figure and its difference with own use, which has no error where either of the two is infinite."""
    _put(columns, name, where, (estimate.value, estimate.standard_error))
    with np.errstate(invalid="ignore"):
        change, error = estimate.minus(base)
    error = np.where(np.isfinite(change), error, np.nan)
    # Bearing one's own cost is own use: no doubt is left, though the error of a share would say so.
    _put(columns, f"{name}_change", where, (np.where(same, 0.0, change), np.where(same, 0.0, error)))


def _fill_paths(
    columns: Columns, walk: Iterable[ReserveYear], rules: ReserveRules, where: tuple[int, slice]
) -> list[BoolArray]:
    """Fill in the columns about balances, calls and refunds; return what is depleted up to each year."""
    years, depleted, first = len(rules.put_in), [], (rules.opening, np.zeros_like(rules.opening))
    sums: dict[str, npt.NDArray[Any]] = {}
    for place, year in enumerate(walk):
        here = {name: getattr(year, name) for name in FLOWS}
        here |= {"calls": year.call > 0.0, "refunds": year.refund > 0.0}
        sums = here if place == 0 else {name: np.add(sums[name], x, dtype=np.float64) for name, x in here.items()}
        opening = mean_of(year.start) if place else first
        ordered = np.sort(year.before, axis=0)
        calls = np.maximum(rules.floor[place] - ordered[::-1], 0.0)
        balances = _balances(year.end, np.clip(ordered, rules.floor[place], rules.cap[place]))
        _fill_row(columns, (*where, place), here, calls, rules.put_in[place], 1, {"opening": opening, **balances})
        depleted.append(year.depleted)
    if years > 1:
        calls, put_in = np.sort(sums["call"], axis=0), rules.put_in.sum(axis=0)
        _fill_row(columns, (*where, years), sums, calls, put_in, years, {"opening": first, **balances})
    return depleted


def _balances(end: FloatArray, ordered: FloatArray) -> dict[str, Figure]:
    levels = {"balance_p10": 0.1, "balance_p50": 0.5, "balance_p90": 0.9}
    return {"balance_mean": mean_of(end)} | {name: quantile_of(ordered, level) for name, level in levels.items()}


def _fill_row(
    columns: Columns,
    where: Where,
    flows: Mapping[str, npt.NDArray[Any]],
    calls: FloatArray,
    put_in: FloatArray,
    years: int,
    balances: Mapping[str, Figure],
) -> None:
    """Fill in one period: what moves in it and what stands at its ends.

    Parameters
    ----------
    flows
        Of the period, (sim, member): those of `FLOWS` in EUR, and in how many years there is a call or refund.
    calls
        The calls in ascending order along axis 0.
    years
        Length of the period.
    """
    columns["contribution"][where] = put_in
    for name, figure in balances.items():
        _put(columns, name, where, figure)
    for name in FLOWS:
        _put(columns, f"{name}_expected", where, mean_of(flows[name]))
    value, error = share_of(flows["calls"] > 0.0) if years == 1 else mean_of(flows["calls"])
    _put(columns, "calls_per_ten_years", where, (10.0 / years * value, 10.0 / years * error))
    _put(columns, "call_p95", where, quantile_of(calls, 0.95))
    for name in ("call", "refund"):
        event = flows[f"{name}s"] > 0.0
        _put(columns, f"{name}_probability", where, share_of(event))
        _put(columns, f"{name}_mean", where, mean_if(flows[name], event))


def required_opening(needed: FloatArray, safety: float) -> Estimate:
    """Return the least opening, 0 or more, with which at least a share `safety` of the paths is not depleted.

    It is the value at risk of what paths need. Infinite where no opening is enough; there is then no error (NaN). In
    the error of another, paths that no opening saves count as the dearest one that an opening does save.

    Parameters
    ----------
    needed
        From `opening_needed`, (sim, member) EUR.
    safety
        Between 0 and 1.
    """
    known = np.isfinite(needed)
    if known.all():
        return _floored_quantile(needed, safety)
    dearest = np.where(known, needed, 0.0).max(axis=0)
    found = _floored_quantile(np.minimum(needed, dearest), safety)
    hopeless = np.count_nonzero(known, axis=0) < quantile_rank(len(needed), safety)
    value, error = np.where(hopeless, np.inf, found.value), np.where(hopeless, np.nan, found.standard_error)
    return Estimate(value, found.influence, error)


def _floored_quantile(x: FloatArray, level: float) -> Estimate:
    ordered = np.sort(x, axis=0)
    plain, se = quantile_of(ordered, level)
    value, error, weight = floored(plain, se)
    return Estimate(value, ((float(level) - (x <= plain)) * sparsity(ordered, level)) * weight, error)


def _chance(event: BoolArray) -> Estimate:
    """Return a share of the sims with its influence, to compare it."""
    value = np.count_nonzero(event, axis=0) / len(event)
    return Estimate(value, event - value, is_share=True)
