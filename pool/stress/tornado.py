"""Sensitivity: which numbers of the cost model move the answer most (a tornado).

Every number goes down and up by its own standard error, or by a share of itself where nobody knows how sure it is, one
at a time; budgets, keys and lines stay as they were planned. All worlds see the same luck, so a change is due to the
number alone, and its error is that of the paired difference.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError
from solidair.pool.blocks import UNIT, Engine, compile_study, measures_of
from solidair.pool.finance.capacity import chosen_levels
from solidair.pool.metrics.base import SAME, Estimate
from solidair.pool.stress.compare import REGION
from solidair.pool.stress.moves import Move, World, moved, moves
from solidair.pool.stress.trial import (
    expected_borne,
    focused,
    known_mean,
    measured,
    period_budget,
    tried,
)
from solidair.pool.study import Study

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

SIMS = 4_000
"""Simulated paths of each world: paired differences need few."""

CLEAR = 2.0
"""Standard errors below which a change is not told from none."""

Change = tuple[FloatArray, FloatArray]
"""Change of a measure for all members together and for each, (1 + member,) EUR, and its standard error."""


@dataclass(frozen=True)
class Tornado:
    """What every number of a cost model does to an answer.

    Parameters
    ----------
    measure, agreements, sims, seed, horizon, share
        What was asked.
    table
        One row per number that does anything, agreement and member (`REGION` for the sum over all), the numbers first
        that move this sum most: columns parameter, path, care_type, unit, grade, source_nl, source_en, value,
        step ('standard_error' or 'share'), low, high, low_clipped, high_clipped, agreement, code, name, base, base_se,
        down, down_se, up, up_se (changes, EUR) and swing, the larger of both changes without its sign.
    still
        Keys of the numbers that change nothing for anybody.
    failed
        Keys of the numbers that could not be moved, with what the engine objects.
    simulated
        Number of worlds that were simulated.
    """

    measure: str
    agreements: tuple[str, ...]
    sims: int
    seed: int
    horizon: bool
    share: float
    table: pd.DataFrame
    still: tuple[str, ...]
    failed: Mapping[str, str]
    simulated: int

    def ranked(self, agreement: str, code: str = REGION) -> pd.DataFrame:
        """Return the rows of one agreement and member, the largest swing first."""
        rows = self.table[(self.table["agreement"] == agreement) & (self.table["code"] == code)]
        return rows.sort_values("swing", ascending=False, kind="stable", ignore_index=True)

    def clear(self, agreement: str, code: str = REGION) -> pd.DataFrame:
        """Return these rows without the numbers whose changes chance alone could give."""
        rows = self.ranked(agreement, code)
        sure = [rows[side].abs() > CLEAR * rows[f"{side}_se"] for side in ("down", "up")]
        return rows[sure[0] | sure[1]].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """A sensitivity that is ready to run: its base and one world are known, and so how long the others take."""

    plan: Study
    study: Study
    engine: Engine | None
    moves: tuple[Move, ...]
    measure: str
    sims: int
    seed: int
    horizon: bool
    share: float
    base: Mapping[str, Estimate]
    seconds_per_world: float

    @staticmethod
    def prepare(
        plan: Study,
        measure: str = "capacity",
        agreements: Sequence[str] = (),
        *,
        share: float = 0.1,
        sims: int = SIMS,
        seed: int | None = None,
        horizon: bool = False,
    ) -> Sensitivity:
        """Simulate the base, and see how long a world takes.

        Parameters
        ----------
        plan
            The study, or what scenarios made of it.
        measure
            One of `solidair.pool.stress.trial.MEASURES`.
        agreements
            Names of agreements of the study; the first of the study if left out.
        share
            Step of a number without a standard error, a share of it.
        horizon
            Whether the measure is of all years together; else of the first.

        Raises
        ------
        InputError
            If the tables cannot carry a law.
        """
        names = tuple(dict.fromkeys(agreements)) or (plan.agreements[0].name,)
        # Every number is moved by its error, so its doubt must not be drawn as well.
        known = replace(plan, costs=plan.costs.certain()) if plan.costs.uncertain else plan
        study = focused(known, names, horizon=horizon)
        exact = measure == "mean" and all(a.linear for a in study.agreements)
        engine = None if exact else compile_study(study)
        seed = plan.settings.seed if seed is None else seed
        if engine is not None:
            tried(engine, UNIT, seed, horizon=horizon)  # compiling is no part of what the others take
        ready = Sensitivity(
            plan, study, engine, tuple(moves(plan, share)), measure, sims, seed, horizon, share, {}, 0.0
        )
        base = ready.estimates(study, engine)
        if base is None:  # a law without a mean
            engine = compile_study(study)
            base = ready.estimates(study, engine)
        assert base is not None
        ready = replace(ready, engine=engine, base=base)
        started = time.perf_counter()
        ready._side(ready.moves[len(ready.moves) // 2], 1)  # a number of a care type, as nearly all are
        return replace(ready, seconds_per_world=time.perf_counter() - started)

    @property
    def worlds(self) -> int:
        """Number of worlds to try."""
        return 2 * len(self.moves)

    def seconds(self, threads: int) -> float:
        """Return about how long it takes."""
        return self.worlds * self.seconds_per_world / threads

    def run(self, threads: int | None = None, progress: Callable[[int], None] | None = None) -> Tornado:
        """Move every number down and up.

        Parameters
        ----------
        threads
            All cores if left out; results do not depend on it.
        progress
            Called with 1 after each world, from the calling thread.
        """
        todo = [(move, sign) for move in self.moves for sign in (-1, 1)]
        sides = []
        with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
            for side in pool.map(lambda one: self._side(*one), todo):
                sides.append(side)
                if progress is not None:
                    progress(1)
        return self._tornado(list(zip(self.moves, sides[::2], sides[1::2], strict=True)))

    def estimates(self, study: Study, engine: Engine | None) -> dict[str, Estimate] | None:
        """Return the measure in a world per agreement; None if that takes a simulation and there is no engine."""
        names = [agreement.name for agreement in study.agreements]
        found: dict[str, Estimate] = {}
        if self.measure == "mean":
            measures = measures_of(study) if engine is None else engine.measures
            exact = expected_borne(study, measures, horizon=self.horizon)
            found = {name: known_mean(expected) for name, expected in exact.items()}
        if all(name in found for name in names):
            return found
        if engine is None:
            return None
        trial = tried(engine, self.sims, self.seed, horizon=self.horizon)
        levels = chosen_levels(self.plan.region, self.plan.finance.certainty)
        for name in (name for name in names if name not in found):
            found[name] = measured(self.measure, trial.borne[name], trial.budget, levels)
        return found

    def _side(self, move: Move, sign: int) -> _Side:
        world = moved(self.study, move, sign)
        members = len(self.study.region)
        none = {name: (np.zeros(1 + members), np.zeros(1 + members)) for name in self.base}
        if world.study is None or world.study is self.study:
            return _Side(world, none)
        try:
            engine = None if self.engine is None else compile_study(world.study)
        except InputError as error:
            return _Side(world, none, failed=f"{error.problems[0].rule}")
        if engine is not None and self._same(engine):
            return _Side(world, none)
        estimates = self.estimates(world.study, engine)
        assert estimates is not None
        budget = period_budget(self.study, horizon=self.horizon)
        scale = np.concatenate([[budget.sum()], budget])
        changes = {name: _change(estimates[name], base, scale) for name, base in self.base.items()}
        return _Side(world, changes, simulated=engine is not None)

    def _same(self, engine: Engine) -> bool:
        """Return whether a world draws and settles the same to the last bit, so that nothing can change."""
        assert self.engine is not None
        now, then = (period_budget(one.study, horizon=self.horizon) for one in (self.engine, engine))
        return np.array_equal(now, then) and _equal(engine.plan, self.engine.plan)

    def _tornado(self, tried_moves: Sequence[tuple[Move, _Side, _Side]]) -> Tornado:
        import pandas as pd

        region = self.study.region
        codes = [REGION, *(member.code for member in region.members)]
        names = [region.title, *(member.name for member in region.members)]
        frames, still, failed = [], [], {}
        for move, low, high in tried_moves:
            if objection := low.failed or high.failed:
                failed[move.key] = objection
            elif not any(change.any() for side in (low, high) for change, _ in side.changes.values()):
                still.append(move.key)
            else:
                frames += [self._frame(move, low, high, name, codes, names) for name in self.base]
        table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
        # Sorted by the sum over the members under the first agreement; the rows of a number stay together.
        first = table[(table["agreement"] == next(iter(self.base))) & (table["code"] == REGION)]
        order = first.sort_values("swing", ascending=False, kind="stable")["parameter"]
        rank = {key: place for place, key in enumerate(order)}
        table = table.iloc[np.argsort(table["parameter"].map(rank).to_numpy(dtype=np.float64), kind="stable")]
        return Tornado(
            self.measure, tuple(self.base), self.sims, self.seed, self.horizon, self.share,
            table.reset_index(drop=True), tuple(still), failed,
            sum(side.simulated for _, *sides in tried_moves for side in sides),
        )  # fmt: skip

    def _frame(
        self, move: Move, low: _Side, high: _Side, agreement: str, codes: Sequence[str], names: Sequence[str]
    ) -> pd.DataFrame:
        import pandas as pd

        from solidair.models.schema import in_language

        base, quantity = self.base[agreement], move.quantity
        (down, down_se), (up, up_se) = low.changes[agreement], high.changes[agreement]
        return pd.DataFrame(
            {
                "parameter": move.key,
                "path": move.path,
                "care_type": move.care_type,
                "unit": quantity.unit,
                "grade": quantity.grade,
                "source_nl": in_language(quantity.source, "nl"),
                "source_en": in_language(quantity.source, "en"),
                "value": quantity.value,
                "step": "standard_error" if move.by_error else "share",
                "low": low.world.value,
                "high": high.world.value,
                "low_clipped": low.world.clipped,
                "high_clipped": high.world.clipped,
                "agreement": agreement,
                "code": codes,
                "name": names,
                "base": base.value,
                "base_se": base.standard_error,
                "down": down,
                "down_se": down_se,
                "up": up,
                "up_se": up_se,
                "swing": np.maximum(np.abs(down), np.abs(up)),
            }
        )


COLUMNS = (
    "parameter", "path", "care_type", "unit", "grade", "source_nl", "source_en", "value", "step", "low", "high",
    "low_clipped", "high_clipped", "agreement", "code", "name", "base", "base_se", "down", "down_se", "up", "up_se",
    "swing",
)  # fmt: skip
"""Columns of the table."""


@dataclass(frozen=True, eq=False)
class _Side:
    """What one step of a number did."""

    world: World
    changes: Mapping[str, Change]
    failed: str = ""
    simulated: bool = False


def _change(estimate: Estimate, base: Estimate, scale: FloatArray) -> Change:
    """Return a change, which is nothing where it is no more than rounding of amounts of this size."""
    change, error = estimate.minus(base)
    return np.where(np.abs(change) <= SAME * scale, 0.0, change), error


def _equal(one: Any, other: Any) -> bool:
    """Return whether two compiled plans are the same to the last bit."""
    if isinstance(one, np.ndarray):
        return bool(one.shape == other.shape and one.tobytes() == other.tobytes())
    if is_dataclass(one):
        return all(_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
