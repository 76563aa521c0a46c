"""Small random models: a few years of cases, on which agreements are tried out.

A model is one path of years with its cases. Some hold up to three cases and nothing else, so that what goes wrong in
them can be read; others have the cost of a usual year behind them, so that lines against budgets are passed too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from solidair.models.regions import Municipality, Region
from solidair.pool.agreements import Agreement, AgreementSpec
from solidair.pool.measures import MeasureSet
from solidair.pool.mergers import shifted
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SIZES = (1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6)
"""EUR that cases of random models cost: steps of about two, so that lines written by people lie between them."""

USUAL_CASE = 10_000.0
"""EUR that a case of a usual year costs where no cost model says so."""


@dataclass(frozen=True, eq=False)
class Cases:
    """Cases of several models; all arrays have shape (case,).

    Parameters
    ----------
    models
        Number of models.
    model, year, member, kind
        Positions: of the model, the year that is settled, the member that pays, and the care type.
    cost
        EUR of one case in the year.
    count
        How many such cases there are; what stands for a usual year need not be whole.
    """

    models: int
    model: IntArray
    year: IntArray
    member: IntArray
    kind: IntArray
    cost: FloatArray
    count: FloatArray

    @staticmethod
    def of(models: int, model: Any, year: Any, member: Any, kind: Any, cost: Any, count: Any = 1.0) -> Cases:
        """Return cases of whatever broadcasts together."""
        places = np.broadcast_arrays(model, year, member, kind, cost, count)
        flat = [np.ravel(x) for x in places]
        at = [x.astype(np.int64) for x in flat[:4]]
        return Cases(models, at[0], at[1], at[2], at[3], flat[4].astype(np.float64), flat[5].astype(np.float64))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.model)

    def __add__(self, other: Cases) -> Cases:
        """Return the cases of both, model by model."""
        names = ("model", "year", "member", "kind", "cost", "count")
        return Cases(self.models, *(np.concatenate([getattr(self, n), getattr(other, n)]) for n in names))

    def scaled(self, factor: float) -> Cases:
        """Return the same cases in money of which one unit is `factor` as much."""
        return replace(self, cost=factor * self.cost)

    def merged(self, keep: int, gone: int) -> Cases:
        """Return the cases after one member has taken over another."""
        member = np.where(self.member == gone, keep, self.member)
        return replace(self, member=member - (member > gone))

    def claims(self, measures: MeasureSet, setting: Setting) -> FloatArray:
        """Return what they amount to, (measure, model, year, member).

        A case counts as one that began in the year in which it is settled, and as a whole year of stay.
        """
        shape = (self.models, setting.years, setting.members)
        place = np.ravel_multi_index((self.model, self.year, self.member), shape)
        claims = np.zeros((len(measures.measures), *shape))
        prices = setting.growth[self.year]
        for number, measure in enumerate(measures.measures):
            inside = np.isin(self.kind, [setting.care_types.index(kind) for kind in measure.scope])
            if measure.began_before is not None:
                inside &= self.year < measure.began_before
            if measure.attachment is None:
                amount = self.count
            else:
                line = measure.attachment * (prices if measure.indexed else 1.0) * (12.0 if measure.monthly else 1.0)
                amount = self.count * np.maximum(self.cost - line, 0.0)
            sums = np.bincount(place[inside], weights=amount[inside], minlength=int(np.prod(shape)))
            claims[number] = sums.reshape(shape)
        return claims


def usual_years(setting: Setting, models: int, factors: FloatArray | float = 1.0) -> Cases:
    """Return the cost of usual years, in every model and year: what the cost model expects, else the budget.

    Parameters
    ----------
    factors
        By how much a year is dearer than usual, of a shape that broadcasts to (model, year, member).
    """
    clients, each = setting.expected_clients, np.full((setting.members, 1), USUAL_CASE)
    if clients is None or setting.expected_cost is None:
        clients = setting.region.budget[:, np.newaxis] / each
    else:
        some = clients > 0
        each = np.where(some, setting.expected_cost / np.where(some, clients, 1.0), 0.0)
    model, year, member, kind = np.indices((models, setting.years, *clients.shape))
    shown = np.broadcast_to(factors, (models, setting.years, setting.members))[..., np.newaxis]
    return Cases.of(models, model, year, member, kind, each, clients * shown)


def _usual_cost(setting: Setting) -> FloatArray:
    """Return the cost of a usual year, (member,) EUR."""
    expected = setting.expected_cost
    return np.asarray(setting.region.budget if expected is None else expected.sum(axis=1), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Trials:
    """Random models, each with one case more that is added to it.

    Parameters
    ----------
    bare
        How many of the models, the first ones, hold a few cases only.
    background
        What the other models hold besides.
    cases
        A few cases of every model.
    extra
        One case of every model, in the order of the models; several of the kind where there is a usual year, so that
        lines against a whole budget are passed.
    """

    bare: int
    background: Cases
    cases: Cases
    extra: Cases

    @property
    def models(self) -> int:
        """Number of models."""
        return self.cases.models

    @property
    def before(self) -> Cases:
        """Everything but the extra case."""
        return self.background + self.cases


def random_trials(
    setting: Setting, measures: MeasureSet, rng: np.random.Generator, models: int, *, usual: bool = False
) -> Trials:
    """Return random models for the members and years of a setting.

    Half of them hold nothing but up to three cases; they come first, those with fewest cases before others. Half have
    a year behind them that is between a third of the usual cost and three times as dear, for each member by itself.

    Parameters
    ----------
    usual
        Whether all of them have a usual year behind them: for what was learnt from such years.
    """
    bare = 0 if usual else models // 2
    few = np.concatenate([np.arange(bare) * 4 // max(bare, 1), rng.integers(1, 4, models - bare)])
    owner = np.repeat(np.arange(models), few)
    groups = [[setting.care_types.index(kind) for kind in group] for group in measures.groups]

    def some(owner: IntArray) -> Cases:
        count = len(owner)
        chosen = rng.integers(0, len(groups), count)
        kind = np.array(
            [groups[g][r % len(groups[g])] for g, r in zip(chosen, rng.integers(0, 10**6, count), strict=True)]
        )
        year, member = rng.integers(0, setting.years, count), rng.integers(0, setting.members, count)
        return Cases.of(models, owner, year, member, kind, setting.unit * rng.choice(SIZES, count))

    cases, extra = some(owner), some(np.arange(models))
    # Rules that compare members need the case beside those that are there already, as often as not.
    first = np.concatenate([[0], np.cumsum(few)[:-1]])
    near = (rng.random(models) < 0.5) & (few > 0)
    extra = replace(extra, year=np.where(near, cases.year[first], extra.year))
    rest = models - bare
    # Up to half of the usual cost of the member, in half of the models that have a usual year.
    yearly = _usual_cost(setting)[extra.member] * rng.uniform(0.0, 0.5, models)
    large = (np.arange(models) >= bare) & (rng.random(models) < 0.5)
    extra = replace(extra, count=np.where(large, np.maximum(np.round(yearly / extra.cost), 1.0), 1.0))
    factors = np.exp(rng.uniform(-np.log(3.0), np.log(3.0), (rest, setting.years, setting.members)))
    background = usual_years(setting, rest, factors)
    return Trials(bare, replace(background, models=models, model=background.model + bare), cases, extra)


STEPS = 40
"""Steps of a climb, each of 1 % of the usual cost of a member: it passes every line near its budget."""


@dataclass(frozen=True, eq=False)
class Climbs:
    """Years that are near the usual ones, in which the cost of one member rises step by step.

    Parameters
    ----------
    cases
        Everything, over (climb x step) models, the steps of a climb one after another.
    step
        What is added at each step, one row for each climb; models are climbs.
    """

    cases: Cases
    step: Cases


def random_climbs(setting: Setting, rng: np.random.Generator, climbs: int) -> Climbs:
    """Return random climbs: from a year that is 25 % cheaper than usual to 5 % dearer, up by 40 %."""
    member, year = rng.integers(0, setting.members, climbs), rng.integers(0, setting.years, climbs)
    kind, each = rng.integers(0, len(setting.care_types), climbs), setting.unit * USUAL_CASE
    count = np.maximum(np.round(0.01 * _usual_cost(setting)[member] / each), 1.0)
    step = Cases.of(climbs, np.arange(climbs), year, member, kind, each, count)
    factors = rng.uniform(0.75, 1.05, (climbs, 1, setting.years, setting.members))
    models = climbs * STEPS
    shape = (climbs, STEPS, setting.years, setting.members)
    usual = usual_years(setting, models, np.broadcast_to(factors, shape).reshape(models, *shape[2:]))
    rung = np.tile(np.arange(STEPS), climbs)
    at = {name: np.repeat(getattr(step, name), STEPS) for name in ("year", "member", "kind", "cost", "count")}
    up = Cases.of(models, np.arange(models), at["year"], at["member"], at["kind"], at["cost"], rung * at["count"])
    return Climbs(usual + up, step)


def in_money(agreement: Agreement, setting: Setting, factor: float) -> tuple[Agreement, Setting]:
    """Return an agreement and its setting with every amount of money in units of which one is `factor` as much."""
    spec, history = agreement.spec, setting.history
    if spec.money is not None:
        spec = spec.model_copy(update={"money": spec.money.model_copy(update={"euro": factor * spec.money.euro})})
    members = tuple(
        replace(
            m,
            youth_budget_eur=factor * m.youth_budget_eur,
            buffer_eur=None if m.buffer_eur is None else factor * m.buffer_eur,
            capacity=None if m.capacity is None else factor * m.capacity,
        )
        for m in setting.region.members
    )
    if history is not None:
        history = replace(history, cost=factor * history.cost, budget=factor * history.budget)
    cost = None if setting.expected_cost is None else factor * setting.expected_cost
    region = replace(setting.region, members=members)
    unit = factor * setting.unit
    return replace(agreement, spec=spec), replace(
        setting, region=region, expected_cost=cost, history=history, unit=unit
    )


def merged(agreement: Agreement, setting: Setting, keep: int, gone: int) -> tuple[Agreement, Setting]:
    """Return agreement and setting after one member has taken over another: what is counted in both is added up.

    Amounts and shares that the agreement writes down by CBS code are added up too.
    """
    region, history = setting.region, setting.history
    one, two = region.members[keep], region.members[gone]
    members = tuple(_union(m, two) if m is one else m for m in region.members if m is not two)
    if history is not None:
        a, b = history.codes.index(one.code), history.codes.index(two.code)
        codes = tuple(code for code in history.codes if code != two.code)
        clients, cost, budget = (_summed(x, a, b, 1) for x in (history.clients, history.cost, history.budget))
        history = replace(history, codes=codes, clients=clients, cost=cost, budget=budget)
    figures = (setting.expected_clients, setting.expected_cost)
    many, each = (None if values is None else _summed(values, keep, gone, 0) for values in figures)
    written = _without(agreement.spec.model_dump(exclude_unset=True), one.code, two.code)
    spec = AgreementSpec.model_validate(written)
    whole = Region(region.name, region.title, members, region.source, region.file, region.year, region.notes)
    mergers = tuple(shifted(merger, gone) for merger in setting.mergers)
    return replace(agreement, spec=spec), replace(
        setting, region=whole, history=history, expected_clients=many, expected_cost=each, mergers=mergers
    )


def _summed(values: FloatArray, keep: int, gone: int, axis: int) -> FloatArray:
    """Return values of members with those of one added to those of another."""
    rows = np.moveaxis(np.array(values), axis, 0)
    rows[keep] += rows[gone]
    return np.moveaxis(np.delete(rows, gone, axis=0), 0, axis)


def _union(one: Municipality, two: Municipality) -> Municipality:
    def total(name: str) -> Any:
        a, b = getattr(one, name), getattr(two, name)
        return None if a is None or b is None else a + b

    names = ("inhabitants", "youth", "youth_budget_eur", "buffer_eur", "capacity", "youth_under_21")
    need, youth = None, one.youth + two.youth
    if one.need_index is not None and two.need_index is not None and youth:
        need = (one.need_index * one.youth + two.need_index * two.youth) / youth
    return replace(one, need_index=need, **{name: total(name) for name in names})


def _without(value: Any, keep: str, gone: str) -> Any:
    """Return a document in which a member has gone up in another."""
    if isinstance(value, Mapping):
        kept = {key: _without(entry, keep, gone) for key, entry in value.items() if key != gone}
        if gone in value and isinstance(value[gone], int | float):
            kept[keep] = value.get(keep, 0.0) + value[gone]
        return kept
    if isinstance(value, str):
        return keep if value == gone else value
    if isinstance(value, Sequence):
        return (
            tuple(dict.fromkeys(_without(v, keep, gone) for v in value))
            if gone in value
            else tuple(_without(v, keep, gone) for v in value)
        )
    return value
