"""Blocks: from a compiled study to what a run keeps of some sims.

A block is a pure function of (compiled study, seed, first sim, number of sims). So it does not matter which thread,
process or machine computes it, or whether it was read back from a checkpoint. Its sums are taken per unit of 256 sims
and folded in the order of the sims, which gives them the same bits for any size and order of blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError, Problem
from solidair.pool.books import Laws
from solidair.pool.case_rules import combine
from solidair.pool.draw import DrawPlan
from solidair.pool.exactness import exact_known, exact_moments
from solidair.pool.measures import MeasureSet, measures_for
from solidair.pool.pilot import pilot
from solidair.pool.settlement import Plan
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]

UNIT = 256
"""Sims whose sums are taken together. Blocks are whole units, so sums have the same bits for any block size."""

BLOCK = 4 * UNIT
"""Sims of a block, unless the region is so large that fewer are enough work."""

MOST_MEASURES = 1_000
"""Measures of one run: the memory of a block grows with them."""

BLOCK_BYTES = 64 * 2**20
"""What the claims of a block may take; blocks of large regions are smaller."""

POWERS = 4
"""Central powers that are summed, so that the error of a simulated variance is known too."""


def measures_of(study: Study) -> MeasureSet:
    """Return the measures that all agreements of a study together need.

    Raises
    ------
    InputError
        If they are too many, as with a line of their own for hundreds of members.
    """
    looks = [rule for agreement in study.agreements for rule in agreement.looks(study.setting)]
    measures = measures_for(study.costs.ids, looks)
    if (count := len(measures.measures)) > MOST_MEASURES:
        rule = f"its agreements look at cases in {count:,} ways, and a run can keep {MOST_MEASURES:,} apart"
        hint = "Lines that differ by member suit a region; for the whole country use an amount, or fewer agreements."
        raise InputError([Problem(study.name, "agreements", "", rule, hint)])
    return measures


@dataclass(frozen=True, eq=False)
class Engine:
    """A compiled study: everything that a block is computed from, as plain data that can be sent to another process.

    Parameters
    ----------
    study, measures, plan
        What is run, what is kept of each simulated year, and the tables that the kernel draws from.
    exact_mean, exact_variance
        Exact moments of every measure, shape (measure, year, member), EUR or clients (squared).
    exact_known
        The part of `exact_mean` that is due to known open stays, which need does not move; same shape.
    plans
        Per agreement how it is settled.
    laws
        Per agreement what its clauses know beforehand of what will be handed in; only where one needs to.
    case_by_case
        Whether every case is drawn by itself, also where sums of cases could be drawn at once.
    """

    study: Study
    measures: MeasureSet
    plan: DrawPlan
    exact_mean: FloatArray
    exact_variance: FloatArray
    exact_known: FloatArray
    plans: tuple[Plan, ...]
    laws: Mapping[str, Laws]
    case_by_case: bool = False

    @property
    def years(self) -> int:
        """Number of years of a simulated path."""
        return self.study.settings.years

    @property
    def members(self) -> int:
        """Number of municipalities."""
        return len(self.study.region.members)

    @property
    def sharing(self) -> tuple[str, ...]:
        """Names of the agreements that share anything; under the others everybody bears own use."""
        return tuple(agreement.name for agreement in self.study.agreements if agreement.spec.clauses)

    @property
    def cases_per_path(self) -> float:
        """Expected number of clients in a simulated path, over all years and members."""
        counts = [place for place, m in enumerate(self.measures.measures) if m.attachment is None]
        return float(self.exact_mean[counts].sum())

    @property
    def block(self) -> int:
        """Sims of a block: whole units, fewer for a large region, so that working memory stays bounded."""
        per_unit = 8 * UNIT * len(self.measures.measures) * self.years * self.members
        return UNIT * max(1, min(BLOCK // UNIT, BLOCK_BYTES // per_unit))


def compile_study(study: Study, *, case_by_case: bool = False) -> Engine:
    """Compile a study.

    Raises
    ------
    InputError
        If the tables cannot carry a severity.
    """
    measures = measures_of(study)
    plan = DrawPlan.make(study, measures, case_by_case=case_by_case)
    mean, variance = exact_moments(study, measures)
    plans = tuple(Plan.make(agreement, measures, study.setting) for agreement in study.agreements)
    learns = [p for p in plans if p.agreement.needs_law]
    planned = study.planned
    years = plan if planned is study or not learns else DrawPlan.make(planned, measures, case_by_case=case_by_case)
    laws = {p.agreement.name: pilot(p, years, study=planned) for p in learns}
    return Engine(study, measures, plan, mean, variance, exact_known(study, measures), plans, laws, case_by_case)


@dataclass(frozen=True, eq=False)
class UnitSums:
    """Sums over the sims of each unit of a block.

    Parameters
    ----------
    first, sims
        First sim of the block, and how many.
    powers
        Sums of the first four powers of (simulated - exact mean), shape (unit, power, measure, year, member).
    paid, charged
        Per agreement the sums over sims and years of its ledger, shape (unit, clause, member), EUR.
    beyond
        Per agreement the sums over sims and years of what came in from outside and of what stayed in funds, shape
        (unit, clause, 2), EUR.
    """

    first: int
    sims: int
    powers: FloatArray
    paid: Mapping[str, FloatArray]
    charged: Mapping[str, FloatArray]
    beyond: Mapping[str, FloatArray]


@dataclass(frozen=True, eq=False)
class BlockResult:
    """What a run keeps of a block: arrays only, nothing that the receiver can work out cheaply.

    Parameters
    ----------
    own
        Cost of own cases, shape (sim, year, member), EUR.
    contributions
        Per agreement what each member bears, same shape. An agreement is left out where that equals `own`.
    sums
        Sums per unit.
    observed
        What pots were observed to do, shape (sim, year), by agreement, number of the clause and name: see `Flow`.
    """

    own: FloatArray
    contributions: Mapping[str, FloatArray]
    sums: UnitSums
    observed: Mapping[str, FloatArray]

    @property
    def first(self) -> int:
        """First sim."""
        return self.sums.first

    @property
    def sims(self) -> int:
        """Number of sims."""
        return self.sums.sims


def compute(engine: Engine, seed: int, first: int, sims: int) -> BlockResult:
    """Draw a block and settle every agreement over it.

    Parameters
    ----------
    first, sims
        First sim, a multiple of `UNIT`, and how many.

    Raises
    ------
    ConservationError
        If an agreement does not charge what it pays, in any simulated year.
    ValueError
        If the block does not start at a unit.
    """
    if first % UNIT:
        raise ValueError(f"a block starts at a multiple of {UNIT}, not at {first}")
    measures = engine.measures
    claims = engine.plan.draw(seed, first, sims)
    units = [slice(start, min(start + UNIT, sims)) for start in range(0, sims, UNIT)]
    powers = np.empty((len(units), POWERS, len(measures.measures), engine.years, engine.members))
    for unit, rows in enumerate(units):
        # With the sims first, numpy adds whole rows: a third of the time of sums over an axis in the middle.
        part = np.ascontiguousarray((claims[:, rows] - engine.exact_mean[:, np.newaxis]).swapaxes(0, 1))
        power = part.copy()
        for k in range(POWERS):
            powers[unit, k] = power.sum(axis=0)
            if k + 1 < POWERS:
                power *= part
    own = combine(measures.total_weights, claims)
    contributions, paid, charged, beyond, observed = {}, {}, {}, {}, {}
    for plan in engine.plans:
        name = plan.agreement.name
        ledger = plan.settle(claims, first, engine.laws.get(name))
        paid[name] = _unit_sums(ledger.paid, units)
        charged[name] = _unit_sums(ledger.charged, units)
        outside = [np.stack([clause.outside, clause.fund], axis=-1) for clause in ledger.clauses]
        beyond[name] = _unit_sums(np.array(outside).reshape(-1, sims, engine.years, 2), units)
        for number, clause in enumerate(ledger.clauses, 1):
            for what, values in clause.observed.items():
                observed[f"{name}/{number}/{what}"] = np.ascontiguousarray(values)
        if ledger.clauses and not np.array_equal(contribution := ledger.contribution, own):
            contributions[name] = contribution
    return BlockResult(own, contributions, UnitSums(first, sims, powers, paid, charged, beyond), observed)


def _unit_sums(ledger: FloatArray, units: Sequence[slice]) -> FloatArray:
    """Return sums over sims and years, (unit, clause, member); of copies, so that the order is that of a unit alone."""
    return np.array([np.ascontiguousarray(ledger[:, rows]).sum(axis=(1, 2)) for rows in units])


def expectations(engine: Engine, seed: int, first: int, sims: int) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return what own use, and every agreement that shares, is expected to cost in the first year, given the need.

    An agreement whose parts are all linear in the claims is settled over what the claims of a sim are expected to be
    given the need of its members, which gives the conditional expectation. The difference with the settled claims is
    chance. It needs no cases, so it costs a thousandth of the block itself. Other agreements are left out here; see
    `solidair.pool.given_need`.

    Returns
    -------
    tuple
        Own use, shape (sim, member) EUR, and the same per agreement that has clauses and is linear.
    """
    plan, measures = engine.plan, engine.measures
    # The exact mean stands for the member's own need where that is known, for need 1 where it is drawn.
    drawn = np.isnan(plan.need)
    # Where every need is known all sims are expected to cost the same: one is enough.
    needs = np.where(drawn, plan.needs(seed, first, sims), 1.0) if drawn.any() else np.ones((1, engine.members))
    mean, known = (x[:, np.newaxis, :1, :] for x in (engine.exact_mean, engine.exact_known))
    claims = (mean - known) * needs[np.newaxis, :, np.newaxis, :] + known
    shape = (sims, engine.members)
    own = np.broadcast_to(combine(measures.total_weights, claims)[:, 0], shape)
    linear = [p for p in engine.plans if p.agreement.spec.clauses and p.agreement.linear]
    borne = {p.agreement.name: p.settle(claims, first).contribution[:, 0] for p in linear}
    return own, {name: np.broadcast_to(contribution, shape) for name, contribution in borne.items()}


class Totals:
    """Sums over all sims, folded unit by unit in the order of the sims, in whatever order blocks arrive."""

    def __init__(self) -> None:
        self.sims = 0
        self._sums: UnitSums | None = None
        self._waiting: dict[int, UnitSums] = {}

    def add(self, sums: UnitSums) -> None:
        """Add the sums of a block; a block whose turn has not come waits, which costs its sums only.

        Raises
        ------
        ValueError
            If the block was there before.
        """
        if sums.first < self.sims or sums.first in self._waiting:
            raise ValueError(f"the block at sim {sums.first} is added twice")
        self._waiting[sums.first] = sums
        while (turn := self._waiting.pop(self.sims, None)) is not None:
            self._fold(turn)

    def _fold(self, block: UnitSums) -> None:
        old = self._sums
        self._sums = UnitSums(
            0,
            self.sims + block.sims,
            _fold(old.powers if old else None, block.powers),
            {name: _fold(old.paid[name] if old else None, units) for name, units in block.paid.items()},
            {name: _fold(old.charged[name] if old else None, units) for name, units in block.charged.items()},
            {name: _fold(old.beyond[name] if old else None, units) for name, units in block.beyond.items()},
        )
        self.sims += block.sims

    @property
    def sums(self) -> UnitSums:
        """Sums over all sims so far, without the axis of units.

        Raises
        ------
        ValueError
            If there is none, or a block is missing in between.
        """
        if self._sums is None or self._waiting:
            raise ValueError(f"the block at sim {self.sims} is missing")
        return self._sums


def _fold(total: FloatArray | None, units: FloatArray) -> FloatArray:
    """Add units to a total one by one, in order."""
    total = np.zeros(units.shape[1:]) if total is None else total
    for unit in units:
        total = total + unit
    return total
