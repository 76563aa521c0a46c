"""Moves: every number of a cost model a little down and a little up, one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from solidair.models.problems import InputError
from solidair.models.schema import Quantity
from solidair.pool.stress.apply import stressed
from solidair.pool.stress.scenario import free_scenario
from solidair.pool.study import Study

BUDGET = "budget_per_youth"
"""The number behind budgets that no region file gives: it is of the plan, so no scenario changes it."""

_DRIVERS = {
    "clients_per_1000": "clients",
    "severity.mean": "price",
    "severity.tariff.mean": "price",
    "episode.tariff.mean": "price",
    "episode.duration.mean": "length",
    "episode.duration.scale": "length",
    "severity.cv": "spread",
    "severity.tariff.cv": "spread",
    "episode.tariff.cv": "spread",
}
"""Numbers of a care type that say more with what goes with them: a price with its cap, a length with who is in care."""

_HALVINGS = 10
"""A step that does not fit is shortened to a thousandth of itself."""


@dataclass(frozen=True)
class Move:
    """A number of the cost model, and what is set to move it.

    Parameters
    ----------
    key
        Dotted key of the number.
    path
        What is set, as in a scenario: 'costs.verblijf.price'.
    care_type
        Identifier of the care type, empty for a number of the whole model.
    quantity
        The number with its pedigree.
    size
        How far it is moved down and up, in its unit.
    """

    key: str
    path: str
    care_type: str
    quantity: Quantity
    size: float

    @property
    def by_error(self) -> bool:
        """Whether it is moved by its own standard error."""
        return bool(self.quantity.standard_error)


@dataclass(frozen=True)
class World:
    """A study in which one number is otherwise.

    Parameters
    ----------
    study
        None if the number could not be moved at all.
    value
        The number as it is there.
    clipped
        Whether the whole step would have brought it out of its range.
    """

    study: Study | None
    value: float
    clipped: bool = False


def moves(study: Study, share: float) -> list[Move]:
    """Return a move of every number of the cost model.

    Parameters
    ----------
    share
        Size of the step of a number without a standard error, a share of it.
    """
    found = []
    for key, quantity in study.costs.quantities():
        care = key.split(".")[1] if key.startswith("care_types.") else ""
        rest = key.split(".", 2)[2] if care else ""
        bare = f"costs.{key.removeprefix('care_types.')}"
        path = f"costs.{care}.{_DRIVERS[rest]}" if rest in _DRIVERS else bare
        if path != bare and not _fits(study, path):
            path = bare
        found.append(Move(key, path, care, quantity, quantity.standard_error or share * abs(quantity.value)))
    return found


def _fits(study: Study, path: str) -> bool:
    """Return whether a driver works on this cost model; 'spread' asks for a law that is given by mean and cv."""
    try:
        stressed(study, [free_scenario([f"{path}=x1.01"])])
    except InputError:
        return False
    return True


def moved(study: Study, move: Move, sign: int) -> World:
    """Return the world in which a number is smaller (sign -1) or larger (sign +1).

    A step out of the range of the number ends at 0 or 1 where that is the end of its range, at the next whole number
    where it must be whole, and else where the cost model begins to object.
    """
    old = move.quantity.value
    if move.size == 0.0 or old == 0.0:
        return World(study, old)
    for value in _tries(old, old + sign * move.size):
        world = _at(study, move, value)
        if world is not None:
            return World(world, value, clipped=value != old + sign * move.size)
    low, high, best = 0.0, 1.0, World(None, old, clipped=True)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        value = old + sign * middle * move.size
        world = _at(study, move, value)
        if world is None:
            high = middle
        else:
            low, best = middle, World(world, value, clipped=True)
    return best


def _tries(old: float, target: float) -> Iterator[float]:
    """Yield the value that is meant, and then what may be meant if it is out of range."""
    yield target
    if 0.0 <= old <= 1.0 and not 0.0 <= target <= 1.0:
        yield min(max(target, 0.0), 1.0)
    elif target < 0.0 < old:
        yield 0.0
    if old == int(old) and target != int(target):
        yield float(math.floor(target) if target < old else math.ceil(target))


def _at(study: Study, move: Move, value: float) -> Study | None:
    """Return the world in which a number has a value; None if the cost model cannot carry it."""
    factor = value / move.quantity.value
    if move.key == BUDGET:
        return _budgeted(study, factor) if factor > 0.0 else None
    if factor < 0.0:
        return None
    try:
        return stressed(study, [free_scenario([f"{move.path}=x{factor:.15f}"])])
    except InputError:
        return None


def _budgeted(study: Study, factor: float) -> Study:
    """Return the study in which the budgets that were derived from the number of youths are larger or smaller."""
    members = tuple(
        replace(member, youth_budget_eur=factor * member.youth_budget_eur) if member.budget_derived else member
        for member in study.region.members
    )
    if members == study.region.members:
        return study
    return replace(study, region=replace(study.region, members=members))
