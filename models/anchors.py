"""Model beside anchor: published figures that a cost model must reproduce, and what it says about each.

The figures and their sources stand in the cost model file; here is how the model's own value of each is computed.
Everything is exact: nothing on this page is simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.models.calendar import Calendar
from solidair.models.costs import AnchorSpec, CostModel
from solidair.models.exact.moments import Cohort, cohorts_of, product_nodes, volume_moment
from solidair.models.problems import InputError, Problem, suggest
from solidair.models.schema import in_language

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]
Quantity = Callable[[CostModel, float | str | None], float]
ANCHORS: dict[str, Quantity] = {}

_STEADY = Calendar(2001, 1, leap_days=False)
"""A single year of a population in steady state."""


def _anchor(function: Quantity) -> Quantity:
    ANCHORS[function.__name__.lstrip("_")] = function
    return function


def check_anchors(costs: CostModel) -> None:
    """Check that every anchor of a cost model names something that can be computed.

    Raises
    ------
    InputError
        With one problem per anchor that does not.
    """
    problems = []
    for number, anchor in enumerate(costs.spec.anchors, 1):
        if anchor.quantity not in ANCHORS:
            where, rule = f"anchors.{number}.quantity", "unknown quantity"
            problems.append(Problem(costs.file, where, anchor.quantity, rule, suggest(anchor.quantity, ANCHORS)))
            continue
        try:
            ANCHORS[anchor.quantity](costs, anchor.argument)
        except ArithmeticError:
            continue  # shown as not available: a model without any case is odd, but no fault of the anchor
        except (ValueError, KeyError):
            where, rule = f"anchors.{number}.argument", f"'{anchor.quantity}' cannot be computed of this"
            hint = "If it names a care type that is no longer there, remove this anchor or put the care type back."
            problems.append(Problem(costs.file, where, str(anchor.argument or ""), rule, hint))
    if problems:
        raise InputError(problems)


def anchor_table(costs: CostModel) -> pd.DataFrame:
    """Return one row per anchor: what was published, what the model gives, and whether it lies within the range."""
    import pandas as pd  # here, so that checking anchors at loading does not wait for it

    rows = [_row(anchor, _value(costs, anchor)) for anchor in costs.spec.anchors]
    columns = ["quantity", "argument", "label_nl", "label_en", "unit", "low", "high", "model", "within", "grade"]
    return pd.DataFrame(rows, columns=[*columns, "source_nl", "source_en"])


def _value(costs: CostModel, anchor: AnchorSpec) -> float:
    """Return the model's value of an anchor, NaN where it has none, such as a share of nothing."""
    try:
        return ANCHORS[anchor.quantity](costs, anchor.argument)
    except ArithmeticError:
        return math.nan


def _row(anchor: AnchorSpec, value: float) -> dict[str, object]:
    return {
        "quantity": anchor.quantity,
        "argument": "" if anchor.argument is None else str(anchor.argument),
        "label_nl": anchor.label.nl,
        "label_en": anchor.label.en,
        "unit": anchor.unit,
        "low": anchor.low,
        "high": anchor.high,
        "model": value,
        "within": bool(anchor.low <= value <= anchor.high),
        "grade": anchor.grade,
        "source_nl": in_language(anchor.source, "nl"),
        "source_en": in_language(anchor.source, "en"),
    }


def _clients(costs: CostModel, ids: list[str] | None = None) -> float:
    """Return clients a year in the country, counted once per care type."""
    rates = dict(zip(costs.ids, costs.clients_per_youth, strict=True))
    return float(costs.spec.national_youth.value * sum(rates[id_] for id_ in ids or costs.ids))


def _cost(costs: CostModel, stay_only: bool = False) -> float:
    """Return cost a year in the country, EUR."""
    means = [s.mean for s in costs.severities]
    return float(
        sum(
            _clients(costs, [c.id]) * m for c, m in zip(costs.care_types, means, strict=True) if c.stay or not stay_only
        )
    )


@_anchor
def _national_cost(costs: CostModel, _: object) -> float:
    return _cost(costs)


@_anchor
def _clients_of(costs: CostModel, argument: float | str | None) -> float:
    return _clients(costs, str(argument).split(" "))


@_anchor
def _persons_with_stay(costs: CostModel, _: object) -> float:
    ids = [c.id for c in costs.care_types if c.stay]
    return _clients(costs, ids) / costs.spec.persons.per_person_with_stay.value


@_anchor
def _persons(costs: CostModel, _: object) -> float:
    """Count persons: within care without stay, within stay, then over the groups and the court measures."""
    persons = costs.spec.persons
    without = [c.id for c in costs.care_types if not c.stay and not _is_measure(c.iv3)]
    measures = [c.id for c in costs.care_types if _is_measure(c.iv3)]
    groups = _clients(costs, without) / persons.per_person_without_stay.value
    groups += _persons_with_stay(costs, None) + (_clients(costs, measures) if measures else 0.0)
    return groups / persons.per_person_overall.value


def _is_measure(iv3: tuple[str, ...]) -> bool:
    """Return whether a care type is youth protection or probation (Iv3 taakvelden 6.82a and 6.82b)."""
    return bool(iv3) and all(code.startswith("6.82") for code in iv3)


@_anchor
def _cost_per_person(costs: CostModel, _: object) -> float:
    return _cost(costs) / _persons(costs, None)


@_anchor
def _stay_share_of_cost(costs: CostModel, _: object) -> float:
    return _cost(costs, stay_only=True) / _cost(costs)


@_anchor
def _stay_share_of_persons(costs: CostModel, _: object) -> float:
    return _persons_with_stay(costs, None) / _persons(costs, None)


@_anchor
def _budget_per_youth(costs: CostModel, _: object) -> float:
    return _cost(costs) / costs.spec.national_youth.value


@_anchor
def _implied_index(costs: CostModel, argument: float | str | None) -> float:
    """Pareto-equivalent index (u + e) / e at a line u, with e the mean excess of all cases above it, prices shocked."""
    u = float(argument or 0)
    price, weight = product_nodes(costs.price_shocks)
    above, excess = 0.0, 0.0
    for rate, severity in zip(costs.clients_per_youth, costs.severities, strict=True):
        above += rate * float(weight @ severity.sf(u / price))
        excess += rate * float((weight * price) @ severity.excess(u / price))
    return (u + excess / above) / (excess / above)  # a ZeroDivisionError where no case passes the line


@_anchor
def _cases_above(costs: CostModel, argument: float | str | None) -> float:
    u = float(argument or 0)
    price, weight = product_nodes(costs.price_shocks)
    pairs = zip(costs.clients_per_youth, costs.severities, strict=True)
    return float(costs.spec.national_youth.value * sum(rate * (weight @ s.sf(u / price)) for rate, s in pairs))


@_anchor
def _heavy_count_size(costs: CostModel, argument: float | str | None) -> float:
    """Size of the negative binomial with the same variance as the yearly count of a care type in a municipality.

    All that differs between municipalities counts (need, regional and local volume, over-dispersion), the national
    shock does not.
    """
    place = costs.ids.index(str(argument))
    cohorts = cohorts_of(costs, _STEADY, place, 0, None, np.ones(1))
    counts = [float(k.weight @ (k.rate * k.first[:, 0])) for k in cohorts]
    square = costs.need_shock.moment(2) * _second_moment(costs, cohorts, counts, ("regional", "local"))
    return float(1.0 / (square / sum(counts) ** 2 - 1.0))


@_anchor
def _spread_of_cost_per_youth(costs: CostModel, argument: float | str | None) -> float:
    """SD of the logarithm of cost per youth between municipalities of the sizes given as youths, space separated.

    Chance of cases, need, regional and local shocks count; what is common to the country does not. For each size the
    squared CV gives the variance of the logarithm as log(1 + CV^2), as for a lognormal; then their mean.
    """
    cv2 = _squared_cv(costs, argument, levels=("regional", "local"), need=costs.need_shock.moment(2))
    return float(np.sqrt(np.log1p(cv2).mean()))


@_anchor
def _spread_of_yearly_cost(costs: CostModel, argument: float | str | None) -> float:
    """SD of a year's cost around its expectation, as a share of it, for municipalities of one region at known need.

    Only chance of cases and local shocks count: need and what is common to the region are in the expectation.
    """
    return float(np.sqrt(_squared_cv(costs, argument, levels=("local",), need=1.0).mean()))


def _squared_cv(costs: CostModel, argument: float | str | None, levels: tuple[str, ...], need: float) -> FloatArray:
    """Return the squared CV of the yearly cost of municipalities of the given sizes, shocks of some levels only."""
    youths = np.array([float(part) for part in str(argument).split(" ")])
    cohorts = [k for c in range(len(costs.ids)) for k in cohorts_of(costs, _STEADY, c, 0, 0.0, np.ones(1))]
    amounts = [float(k.weight @ (k.rate * k.first[:, 0])) for k in cohorts]
    squares = sum(float(k.weight @ (k.rate * k.second[:, 0])) for k in cohorts)
    price = math.prod(
        s.shock.moment(2) for s in costs.sites if s.target == "price" and s.level in levels and s.care_type is None
    )
    square = need * price * _second_moment(costs, cohorts, amounts, levels)
    return np.asarray(square / sum(amounts) ** 2 - 1.0 + price * squares / sum(amounts) ** 2 / youths)


def _second_moment(
    costs: CostModel, cohorts: Sequence[Cohort], amounts: Sequence[float], levels: tuple[str, ...]
) -> float:
    """Return E[(sum of amounts x volume factors)^2], the shocks of some levels only."""
    pairs = [
        (one, a, other, b)
        for one, a in zip(cohorts, amounts, strict=True)
        for other, b in zip(cohorts, amounts, strict=True)
    ]
    return sum(
        a * b * volume_moment(costs, one.care_type, one.year, other.care_type, other.year, levels)
        for one, a, other, b in pairs
    )


@_anchor
def _index_surprise(costs: CostModel, _: object) -> float:
    """SD of the national price shock, in percentage points."""
    return float(100 * np.sqrt(costs.price_shocks[0].variance))


__all__ = ["ANCHORS", "anchor_table", "check_anchors"]
