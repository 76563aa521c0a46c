r"""Reverse stress: the smallest change of a driver that makes a large overrun as likely as asked.

.. math:: \min \{ f : P(H(f) > (1 + X) B) \ge Y \}

In the same simulated years the chance is a step function of the factor f, and it reaches Y where the k-th largest cost,
k = ceil(N Y), passes (1 + X) B. That amount is nearly linear in f, so few worlds are needed to find where it passes, to
a thousandth; and one world serves all members and agreements.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError, Problem
from solidair.pool.blocks import compile_study
from solidair.pool.metrics.base import wilson_error
from solidair.pool.metrics.quantiles import exact_level, maritz_jarrett_error
from solidair.pool.stress.apply import stressed
from solidair.pool.stress.scenario import free_scenario
from solidair.pool.stress.trial import focused, tried
from solidair.pool.study import Study

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]
Status = Literal["found", "already", "out_of_reach"]

STEPS = 1_000
"""Factors are looked at in steps of one over this."""

LOW, HIGH = 0.5, 3.0
"""Range of factors in which is looked, unless told otherwise."""

_GRID = (0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2.0)
"""Factors that are always looked at, with 1 and both ends: is the driver monotone, and where does the answer lie?"""

_COARSE, _WIDE = 10, 50
"""In a bracket wider than 50 steps only tens are tried, so that members share the worlds."""

_NEAR = 10
"""Steps on either side, at least, between which the slope is taken for the error of the factor."""

_SURE = 3.0
"""A fall of the chance counts against a driver if it is this many times its paired error."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Parameters
    ----------
    driver
        What changes, as in a scenario: 'costs.price', 'costs.verblijf.clients', 'budget'.
    over
        Size of the overrun, a share of the budget: X.
    likely
        Chance of an overrun above that: Y.
    low, high
        Factors between which is looked.
    """

    driver: str
    over: float
    likely: float
    low: float = LOW
    high: float = HIGH

    def faults(self, study: Study) -> Iterator[Problem]:
        """Yield everything that is wrong with the question."""
        yield from self._driver_faults(study)
        if not (math.isfinite(self.over) and self.over >= 0.0):
            hint = "Write 10% for an overrun above a tenth of the budget, or 0% for any overrun."
            yield Problem("--over", f"{100 * self.over:g}%", "", "an overrun cannot be negative", hint)
        if not 0.0 < self.likely < 1.0:
            rule = "a chance lies between 0% and 100%, both ends excluded"
            yield Problem("--likely", f"{100 * self.likely:g}%", "", rule, "Write 25% for one year in four.")
        if not 0.0 <= self.low < self.high <= 100.0 or not self.low <= 1.0 <= self.high:
            rule = "the range must hold the factor 1, and end at 100 at most"
            hint = "Write for example 0.5:3, from half to three times."
            yield Problem("--between", f"{self.low:g}:{self.high:g}", "", rule, hint)

    def _driver_faults(self, study: Study) -> Iterator[Problem]:
        values = {f"costs.{key.removeprefix('care_types.')}": q.value for key, q in study.costs.quantities()}
        if values.get(self.driver) == 0.0:
            rule, hint = "this number is 0, so no factor changes it", "Ask about another number, or give it a value."
            yield Problem("--reverse", self.driver, "0", rule, hint)
            return
        found: list[Problem] = []
        for step in (1, -1):
            try:
                _world(study, self.driver, STEPS + step)
            except InputError as error:
                found = found or [
                    Problem("--reverse", self.driver, "", p.rule, p.hint if "by = " not in p.hint else "")
                    for p in error.problems
                ]
            else:
                return
        yield from dict.fromkeys(found)


@dataclass(frozen=True, eq=False)
class _Node:
    """What one factor does.

    Parameters
    ----------
    excess
        k-th largest cost over (1 + X) times the budget, less 1, (agreement, member): above 0 if the chance is reached.
    error
        Standard error of that, same shape.
    chance
        Share of the sims with an overrun above X, same shape.
    over
        Which sims those are, (agreement, sim, member); None outside the grid, where nobody asks.
    """

    excess: FloatArray
    error: FloatArray
    chance: FloatArray
    over: npt.NDArray[np.bool_] | None


def reverse(
    study: Study,
    question: Question,
    agreements: Sequence[str] = (),
    *,
    sims: int = 4_000,
    seed: int | None = None,
    horizon: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Find the smallest change for every member and agreement.

    Parameters
    ----------
    agreements
        Names of agreements of the study; all if left out.
    horizon
        Whether costs and budgets are those of all years together; else of the first.
    threads
        All cores if left out; results do not depend on it.
    progress
        Called with 1 after each world, from the calling thread.

    Returns
    -------
    pandas.DataFrame
        One row per agreement and member: agreement, code, name, driver, over, likely, chance_now, chance_now_se, status
        ('found', 'already' more likely without any change, 'out_of_reach' in the range), factor, factor_se, chance,
        chance_se (at that factor), monotone, low, high (the range in which was looked).

    Raises
    ------
    InputError
        With everything that is wrong with the question.
    """
    if problems := list(question.faults(study)):
        raise InputError(problems)
    names = tuple(dict.fromkeys(agreements)) or tuple(agreement.name for agreement in study.agreements)
    few = focused(study, names, horizon=horizon)
    seed = study.settings.seed if seed is None else seed
    search = _Search(few, question, names, sims, seed, horizon=horizon)
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:

        def look(places: Iterable[int]) -> None:
            todo = sorted({*places} - search.nodes.keys())
            for place, node in zip(todo, pool.map(search.node, todo), strict=True):
                search.nodes[place] = node
                if progress is not None:
                    progress(1)

        look(search.grid)
        while places := search.next_places():
            look(places)
    return search.table()


class _Search:
    """The factors looked at so far, as places on the lattice of steps, and what they say."""

    def __init__(
        self, study: Study, question: Question, agreements: Sequence[str], sims: int, seed: int, *, horizon: bool
    ) -> None:
        self.study, self.question, self.agreements = study, question, agreements
        self.sims, self.seed, self.horizon = sims, seed, horizon
        self.nodes: dict[int, _Node] = {}
        self.rank = math.ceil(sims * exact_level(question.likely))
        self.low, self.high = self._reach(-1), self._reach(+1)
        inside = {round(STEPS * factor) for factor in _GRID if self.low < STEPS * factor < self.high}
        self.grid = sorted({self.low, STEPS, self.high} | inside)

    def _reach(self, sign: int) -> int:
        """Return the last place of the range that the cost model can carry."""
        asked = STEPS * (self.question.low if sign < 0 else self.question.high)
        end = math.ceil(asked - 1e-9) if sign < 0 else math.floor(asked + 1e-9)
        good, bad = STEPS, end
        if self._carries(end):
            return end
        while abs(good - bad) > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if self._carries(middle) else (good, middle)
        return good

    def _carries(self, place: int) -> bool:
        try:
            _world(self.study, self.question.driver, place)
        except InputError:
            return False
        return True

    def node(self, place: int) -> _Node:
        """Simulate one factor."""
        trial = tried(
            compile_study(_world(self.study, self.question.driver, place)), self.sims, self.seed, horizon=self.horizon
        )
        line = (1.0 + self.question.over) * trial.budget
        level = float(1 - exact_level(self.question.likely))
        excess, error, over = [], [], []
        for name in self.agreements:
            ordered = np.sort(trial.borne[name], axis=0)
            excess.append(ordered[self.sims - self.rank] / line - 1.0)
            error.append(maritz_jarrett_error(ordered, level) / line)
            over.append(trial.borne[name] > line)
        flags = np.array(over)
        kept = flags if place in self.grid else None
        return _Node(np.array(excess), np.array(error), flags.mean(axis=1), kept)

    def targets(self) -> Iterator[tuple[int, int]]:
        """Yield every agreement and member."""
        yield from np.ndindex(len(self.agreements), len(self.study.region))

    def reached(self, place: int, target: tuple[int, int]) -> bool:
        """Return whether the chance is as asked at a factor."""
        return bool(self.nodes[place].excess[target] > 0.0)

    def rises(self, target: tuple[int, int]) -> bool:
        """Return whether the cost over the budget rises with the factor, judged by the ends of the range."""
        first, last = (self.nodes[place].excess[target] for place in (self.low, self.high))
        return bool(first <= last)

    def bracket(self, target: tuple[int, int]) -> tuple[int, int] | None:
        """Return the nearest places, seen from 1, where the chance is not yet reached and where it is; None if nowhere.

        Looks the way in which costs rise first, and then the other way.
        """
        places = sorted(self.nodes)
        up = [place for place in places if place >= STEPS]
        down = [place for place in reversed(places) if place <= STEPS]
        for walk in (up, down) if self.rises(target) else (down, up):
            before = walk[0]
            for place in walk[1:]:
                if self.reached(place, target):
                    return before, place
                before = place
        return None

    def next_places(self) -> set[int]:
        """Return the factors to look at next; none if every answer is known to a step."""
        found: set[int] = set()
        for target in self.targets():
            if self.reached(STEPS, target):
                continue
            bracket = self.bracket(target)
            if bracket is not None and abs(bracket[1] - bracket[0]) > 1:
                found |= self._between(*bracket, target)
        return found

    def _between(self, start: int, end: int, target: tuple[int, int]) -> set[int]:
        """Return places between two, where the line through what they say passes zero."""
        low, high = min(start, end), max(start, end)
        before, after = self.nodes[start].excess[target], self.nodes[end].excess[target]
        zero = start + (end - start) * (-before / (after - before))
        if high - low > _WIDE:
            return {min(max(_COARSE * round(zero / _COARSE), low + 1), high - 1)}
        # The line may be off by more than a step: halving as well keeps the number of rounds small.
        both = {math.floor(zero), math.floor(zero) + 1, (low + high) // 2 if high - low > _COARSE else start}
        return {place for place in both if low < place < high} or {(low + high) // 2}

    def monotone(self, target: tuple[int, int]) -> bool:
        """Return whether the chance moves one way only along the factors of the grid, but for luck."""
        a, i = target
        sign = 1 if self.rises(target) else -1
        kept = [self.nodes[place].over for place in self.grid[::sign]]
        flags = [over[a, :, i] for over in kept if over is not None]
        for one, other in pairwise(flags):
            lost, gained = np.count_nonzero(one & ~other), np.count_nonzero(other & ~one)
            if lost - gained > _SURE * math.sqrt(lost + gained):
                return False
        return True

    def slope(self, place: int, target: tuple[int, int]) -> float:
        """Return by how much the excess rises per unit of the factor, from the nearest factors not too near."""
        below = max((p for p in self.nodes if p <= place - _NEAR), default=min(self.nodes))
        above = min((p for p in self.nodes if p >= place + _NEAR), default=max(self.nodes))
        change = self.nodes[above].excess[target] - self.nodes[below].excess[target]
        return float(abs(change) * STEPS / (above - below)) if above > below else 0.0

    def table(self) -> pd.DataFrame:
        """Return the answers."""
        import pandas as pd

        rows = []
        for target in self.targets():
            a, i = target
            member = self.study.region.members[i]
            now = self.nodes[STEPS].chance[target]
            status: Status = "already"
            place = STEPS
            if not self.reached(STEPS, target):
                bracket = self.bracket(target)
                status, place = ("out_of_reach", 0) if bracket is None else ("found", bracket[1])
            factor = factor_se = chance = np.nan
            if status == "found":
                factor, chance = place / STEPS, float(self.nodes[place].chance[target])
                slope = self.slope(place, target)
                factor_se = float(self.nodes[place].error[target]) / slope if slope > 0.0 else np.nan
            rows.append(
                {
                    "agreement": self.agreements[a],
                    "code": member.code,
                    "name": member.name,
                    "driver": self.question.driver,
                    "over": self.question.over,
                    "likely": self.question.likely,
                    "chance_now": now,
                    "chance_now_se": float(wilson_error(now * (1.0 - now), self.sims)),
                    "status": status,
                    "factor": factor,
                    "factor_se": factor_se,
                    "chance": chance,
                    "chance_se": float(wilson_error(chance * (1.0 - chance), self.sims)),
                    "monotone": self.monotone(target),
                    "low": self.low / STEPS,
                    "high": self.high / STEPS,
                }
            )
        return pd.DataFrame(rows)


def _world(study: Study, driver: str, place: int) -> Study:
    """Return the study with a driver at a factor."""
    if place == STEPS:
        return study
    return stressed(study, [free_scenario([f"{driver}=x{place / STEPS:.3f}"])])
