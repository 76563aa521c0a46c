"""Replay: one simulated path again, case by case, so that any figure can be followed down to the children behind it.

The compiled kernel adds cases up and forgets them. `solidair.pool.replay_path` makes the same draws one at a time and
writes them down; here they are added up, settled, and laid beside what the kernel has for that path.

Stays that a user's file lists are real children. They are drawn here too, but only sums leave this file. Those sums are
complete, also where they are about a single child: who calls this has the file anyway. What the command prints of them
is limited by `solidair.cli.replay_fold`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from solidair.models.calendar import MONTH
from solidair.pool.blocks import measures_of
from solidair.pool.draw import DrawPlan
from solidair.pool.exactness import attachment_paths
from solidair.pool.measures import MeasureSet
from solidair.pool.pilot import pilot
from solidair.pool.replay_path import Case, Count, Path, Sum
from solidair.pool.settlement import Ledger, Plan
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CENT = 0.005
"""Largest difference in EUR that counts as the same: half a cent. Both sides add the same costs in another order."""


@dataclass(frozen=True, eq=False)
class Settlement:
    """What an agreement did on this path.

    Parameters
    ----------
    handed_in
        (clause, year, member) EUR.
    ledger
        Own cost, paid, charged and contribution, with one sim.
    """

    handed_in: FloatArray
    ledger: Ledger


@dataclass(frozen=True, eq=False)
class Replay:
    """One path.

    Parameters
    ----------
    study, seed, sim
        What was replayed.
    measures, claims, kernel
        What a run keeps of a path: from the cases here and from the kernel, (measure, year, member).
    needs
        Need index, (member,).
    shocks
        One row per year, member and shock: target, level, care type ('' for all) and factor.
    factors
        Their products, (member, target, care_type, year); years as in the budget, targets as in `TARGETS`.
    counts, cases, sums
        Rows as in `Count`, `Case` and `Sum`.
    known
        Stays that are really open: clients and cost per year, payer and care type, however few. So are the claims and
        settlements, which count them too: show these to others as you would show the file.
    settlements
        Per agreement.
    """

    study: Study
    seed: int
    sim: int
    measures: MeasureSet
    claims: FloatArray
    kernel: FloatArray
    needs: FloatArray
    shocks: pd.DataFrame
    factors: FloatArray
    counts: pd.DataFrame
    cases: pd.DataFrame
    sums: pd.DataFrame
    known: pd.DataFrame
    settlements: Mapping[str, Settlement]

    @property
    def years(self) -> tuple[int, ...]:
        """The calendar years."""
        first = self.study.settings.first_year
        return tuple(range(first, first + self.study.settings.years))

    @property
    def difference(self) -> float:
        """Largest difference between replay and kernel in any sum of money, EUR."""
        return self._largest(counted=False)

    @property
    def reconciled(self) -> bool:
        """Whether every sum agrees to the cent, and every number of clients exactly."""
        return self.difference < CENT and self._largest(counted=True) == 0

    def _largest(self, counted: bool) -> float:
        rows = [n for n, m in enumerate(self.measures.measures) if (m.attachment is None) == counted]
        return float(np.abs(self.claims[rows] - self.kernel[rows]).max(initial=0.0))


def replay(study: Study, sim: int, seed: int | None = None, *, case_by_case: bool = False) -> Replay:
    """Draw one path case by case, settle every agreement over it, and lay it beside the kernel's.

    Parameters
    ----------
    sim
        Number of the simulated path, from 0.
    seed
        Seed of the run; the study's own setting if left out.
    case_by_case
        Whether the run drew every case by itself, also where sums of cases could be drawn at once.

    Raises
    ------
    InputError
        If the tables cannot carry a law.
    ValueError
        If there is no such sim.
    """
    seed = study.settings.seed if seed is None else seed
    measures = measures_of(study)
    plan = DrawPlan.make(study, measures, case_by_case=case_by_case)
    kernel = plan.draw(seed, sim, 1)
    drawn = Path(study, plan, seed, sim)
    drawn.run()
    money = {"days": np.float64, "tariff": np.float64, "cost": np.float64}  # said here, for paths without any case
    cases, real = (pd.DataFrame(rows, columns=Case._fields).astype(money) for rows in (drawn.cases, drawn.real))
    sums = pd.DataFrame(drawn.sums, columns=Sum._fields).astype({"clients": np.int64, "cost": np.float64})
    claims = study.setting.merged(_claims(study, measures, [cases, real], sums))
    settlements = {}
    for agreement in study.agreements:
        ready = Plan.make(agreement, measures, study.setting)
        laws = pilot(ready, plan, study=study) if agreement.needs_law else None
        ledger = ready.settle(claims[:, np.newaxis], sim, laws)
        handed_in = [clause.handed_in[0] for clause in ledger.clauses]
        settlements[agreement.name] = Settlement(np.array(handed_in).reshape(-1, *claims.shape[1:]), ledger)
    known = real.groupby(["year", "code", "care_type"], sort=False)["cost"].agg(clients="size", cost="sum")
    return Replay(
        study, seed, sim, measures, claims, kernel[:, 0], drawn.needs, pd.DataFrame(drawn.shocks),
        drawn.factors[..., 1:], pd.DataFrame(drawn.counts, columns=Count._fields), cases, sums, known.reset_index(),
        settlements,
    )  # fmt: skip


def _claims(study: Study, measures: MeasureSet, frames: list[pd.DataFrame], sums: pd.DataFrame) -> FloatArray:
    """Return the measures of a path, (measure, year, member): every case looked at on its own, sums as a whole."""
    codes, members = list(study.region.codes), len(study.region.members)
    cells = study.settings.years * members
    claims = np.zeros((len(measures.measures), cells))
    lines = attachment_paths(study, measures)
    for frame in [*frames, sums]:
        t = frame["year"].to_numpy(dtype=np.int64) - study.settings.first_year
        cell = t * members + np.array([codes.index(code) for code in frame["code"]], dtype=np.int64)
        cost = frame["cost"].to_numpy(dtype=np.float64)
        months = cost if frame is sums else np.nan_to_num(frame["days"].to_numpy(dtype=np.float64)) / MONTH
        began = t if frame is sums else _began(frame, t, study.settings.first_year)
        for place, (measure, line) in enumerate(zip(measures.measures, lines, strict=True)):
            if frame is sums and measure.attachment:
                continue  # no small case reaches an attachment
            one = sums["clients"].to_numpy(dtype=np.float64) if frame is sums else np.ones_like(cost)
            amount = one if line is None else np.maximum(cost - line[t] * (months if measure.monthly else 1.0), 0.0)
            if measure.began_before is not None:
                amount = amount * (began < measure.began_before)
            amount = amount * frame["care_type"].isin(measure.scope).to_numpy(dtype=np.float64)
            claims[place] += np.bincount(cell, weights=amount, minlength=cells)
    return claims.reshape(len(claims), study.settings.years, members)


def _began(cases: pd.DataFrame, years: IntArray, first_year: int) -> IntArray:
    """Return the year in which each case began, a position; -1 for a year before the first."""
    stays = cases["group"].isin(["open", "since", "known"]).to_numpy()
    entered = [first_year if since is None else since.year for since in cases["since"]]
    dated = np.array(entered, dtype=np.int64) - first_year
    return np.where(stays, -1, np.where(cases["group"].to_numpy() == "entered", dated, years))


__all__ = ["CENT", "Case", "Count", "Replay", "Settlement", "Sum", "replay"]
