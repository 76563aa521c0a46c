"""The search for counterexamples to the properties of an agreement, over random small models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from solidair.pool.agreements import Agreement
from solidair.pool.books import Laws
from solidair.pool.measures import measures_for
from solidair.pool.setting import Setting
from solidair.pool.settlement import Ledger, Plan
from solidair.pool.small_models import STEPS, Cases, Climbs, Trials, in_money, merged, random_climbs, random_trials

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

Verdict = Literal["holds", "fails", "not_applicable", "not_tested"]

SEED = 20_220_639
"""Seed of the random models: the same agreement always gets the same card."""

MODELS = 240
"""Random models of a card, if the region is small."""

ROOM = 2_000_000
"""Numbers that the claims of random models may hold together; a country gets fewer models."""

SCENARIOS = 3
"""Equally likely scenarios of the finite models on which 'no rip-off' is tried."""

CLIMBS = 12
"""Climbs of a card, on top of its random models."""

PAIRS = 4
"""Pairs of members that are merged."""

MONEY = 0.5
"""Units of another currency to the unit that an agreement is written in: exact in binary, so nothing is rounded."""

CENT = 0.01
"""EUR below which a difference is rounding, in models of up to some billions of euros."""


@dataclass(frozen=True)
class Case:
    """A case of a counterexample, or several that cost the same."""

    member: str
    care_type: str
    year: int
    cost: float
    count: int = 1


@dataclass(frozen=True)
class Counterexample:
    """The smallest model found in which a property fails.

    Parameters
    ----------
    cases
        The cases of the model; with `usual`, those on top of a year of usual size.
    usual
        Whether the year has usual cost behind it besides.
    extra
        The case that is then added, if the property is about one.
    member
        Name of the member to whom it happens; of a pair that merges, both.
    before, after
        What that member bears, EUR: without and with the extra case, or apart and merged; or what it could cost at
        most, and what it bears.
    year
        In which year.
    """

    cases: tuple[Case, ...]
    usual: bool
    extra: Case | None
    member: str
    before: float
    after: float
    year: int


@dataclass(frozen=True)
class Property:
    """What was found of one property.

    Parameters
    ----------
    name
        One of `solidair.pool.properties.PROPERTIES`.
    verdict
        'holds': not refuted, or exact where `tried` is 0. 'not_applicable' and 'not_tested' speak for themselves.
    tried
        Number of random cases that were tried.
    counterexample
        If it fails, and a model shows it; of a merger also if it fails only where there is no other care at all.
    facts
        Figures that words about it need.
    """

    name: str
    verdict: Verdict
    tried: int = 0
    counterexample: Counterexample | None = None
    facts: Mapping[str, float] = field(default_factory=dict)


class Trial:
    """One agreement on one set of random models."""

    def __init__(self, agreement: Agreement, setting: Setting, laws: Laws | None, models: int | None) -> None:
        self.agreement, self.setting, self.laws = agreement, setting, laws
        self.rng = np.random.default_rng(SEED)
        self.measures = measures_for(setting.care_types, agreement.looks(setting))
        self.plan = Plan.make(agreement, self.measures, setting)
        if models is None:
            each = len(self.measures.measures) * setting.years * setting.members
            models = SCENARIOS * max(8, min(MODELS, ROOM // each) // SCENARIOS)
        within, usual = agreement.within(setting), agreement.needs_law
        self.trials: Trials = random_trials(within, self.measures, self.rng, models, usual=usual)
        self.claims = self.trials.before.claims(self.measures, setting)
        self.ledger = self.plan.settle(self.claims, laws=laws)
        self.borne = self.ledger.contribution

    @cached_property
    def beyond(self) -> tuple[bool, bool]:
        """Whether money comes from outside, and whether it stays in funds, in any model."""
        amounts = [np.array([getattr(c, name) for c in self.ledger.clauses]) for name in ("outside", "fund")]
        return bool((np.abs(amounts[0]) > CENT).any()), bool((np.abs(amounts[1]) > CENT).any())

    @cached_property
    def more(self) -> Ledger:
        """What becomes of the models with one case more."""
        return self._added(self.trials.extra)

    @cached_property
    def rise(self) -> FloatArray:
        """By how much more each member bears then, in the year of that case, (model, member) EUR."""
        return self._rise(self.more, self.trials.extra)

    @cached_property
    def climbs(self) -> tuple[Climbs, FloatArray]:
        """Climbs, and what each member bears at each step in the year that gets dearer, (climb, step, member) EUR."""
        each = len(self.measures.measures) * self.setting.years * self.setting.members * STEPS
        climbs = random_climbs(self.plan.setting, self.rng, max(2, min(CLIMBS, ROOM // each)))
        borne = self.plan.settle(climbs.cases.claims(self.measures, self.setting), laws=self.laws).contribution
        years = np.repeat(climbs.step.year, STEPS)
        return climbs, borne[np.arange(len(borne)), years].reshape(-1, STEPS, self.setting.members)

    def _added(self, extra: Cases) -> Ledger:
        return self.plan.settle(self.claims + extra.claims(self.measures, self.setting), laws=self.laws)

    def _rise(self, more: Ledger, extra: Cases) -> FloatArray:
        change = more.contribution - self.borne
        return np.asarray(change[np.arange(len(change)), extra.year], dtype=np.float64)

    def _verdict(self, name: str, wrong: BoolArray, show: Callable[[int], Counterexample]) -> Property:
        """Return the verdict on trials of which some may be wrong, (model,); the first one is the smallest."""
        if not wrong.any():
            return Property(name, "holds", len(wrong))
        return Property(name, "fails", len(wrong), show(int(np.argmax(wrong))))

    def _about(
        self, model: int, member: int, year: int, before: float, after: float, *, extra: Cases | None = None
    ) -> Counterexample:
        """Return a model as a counterexample."""
        cases, usual = self._cases(self.trials.cases, model), model >= self.trials.bare
        added = None if extra is None else self._cases(extra, model)[0]
        name = self.setting.region.members[member].name
        return Counterexample(cases, usual, added, name, before, after, self.setting.first_year + year)

    def _cases(self, cases: Cases, model: int) -> tuple[Case, ...]:
        members, setting = self.setting.region.members, self.setting
        rows = np.flatnonzero(cases.model == model)
        return tuple(
            Case(
                members[cases.member[r]].name,
                setting.care_types[cases.kind[r]],
                setting.first_year + int(cases.year[r]),
                float(cases.cost[r]),
                int(cases.count[r]),
            )
            for r in rows
        )

    def _rising(self, name: str, wrong: BoolArray, member: npt.NDArray[np.intp]) -> Property:
        """Return the verdict on what one case more does, to some member of each model."""

        def show(model: int) -> Counterexample:
            who, year = int(member[model]), int(self.trials.extra.year[model])
            before = float(self.borne[model, year, who])
            after = float(self.more.contribution[model, year, who])
            return self._about(model, who, year, before, after, extra=self.trials.extra)

        return self._verdict(name, wrong, show)

    def full_allocation(self) -> Property:
        """Every euro is borne by somebody: members, somebody outside, or a fund."""
        outside, fund = (sum((getattr(c, name) for c in self.ledger.clauses), start=np.zeros(self.borne.shape[:2]))
                         for name in ("outside", "fund"))  # fmt: skip
        gap = self.borne.sum(axis=-1) + outside - self.ledger.own.sum(axis=-1) - fund
        wrong = np.abs(gap) > CENT
        year = np.argmax(wrong, axis=1)

        def show(model: int) -> Counterexample:
            t = int(year[model])
            return self._about(model, 0, t, float(self.ledger.own[model, t].sum()), float(self.borne[model, t].sum()))

        return self._verdict("full_allocation", wrong.any(axis=1), show)

    def translative(self) -> Property:
        """Whoever has a certain extra cost bears it.

        What rules that look at no law charge depends on what happens only, so a cost that is certain is one that is
        there. `below` of the facts is the largest size up to which no case was shared; 0 if even the smallest was.
        """
        if self.agreement.needs_law:
            return Property("translative", "not_tested")
        extra = self.trials.extra
        own = np.zeros_like(self.rise)
        own[np.arange(len(own)), extra.member] = extra.cost * extra.count
        off = np.abs(self.rise - own)
        wrong = np.asarray((off > CENT).any(axis=1))
        found = self._rising("translative", wrong, extra.member)
        if not wrong.any():
            return found
        unit, least = self.plan.setting.unit, float(extra.cost[wrong].min())
        held = extra.cost[extra.cost < least - 1e-6 * unit]
        return replace(found, facts={"below": float(held.max()) if len(held) else 0.0})

    def homogeneous(self) -> Property:
        """In another currency everything is the same, but for the unit."""
        if self.agreement.needs_law:
            return Property("homogeneous", "not_tested")
        agreement, setting = in_money(self.agreement, self.setting, MONEY)
        measures = measures_for(setting.care_types, agreement.looks(setting))
        claims = self.trials.before.scaled(MONEY).claims(measures, setting)
        other = Plan.make(agreement, measures, setting).settle(claims).contribution / MONEY
        wrong = np.abs(other - self.borne) > CENT
        place = np.argmax(wrong.reshape(len(wrong), -1), axis=1)

        def show(model: int) -> Counterexample:
            year, member = (int(x) for x in np.unravel_index(place[model], wrong.shape[1:]))
            at = (model, year, member)
            return self._about(model, member, year, float(self.borne[at]), float(other[at]))

        return self._verdict("homogeneous", np.asarray(wrong.any(axis=(1, 2))), show)

    def merger_neutral(self) -> Property:
        """Two members of one alliance that merge bear together what they bore apart, and nobody else notices.

        Keys of the past are equal shares where there is no past at all, and equal shares do not add up. So a model
        without usual years counts only if one with them fails too; it is shown in any case.
        """
        if self.agreement.needs_law:
            return Property("merger_neutral", "not_tested")
        tried, usual = 0, False
        found: list[Counterexample] = []
        part = {place for merger in self.setting.mergers for place in (merger.into, *merger.gone)}
        for keep, gone in self._pairs():
            if keep in part or gone in part:  # they merge anyhow, in some year
                continue
            try:
                agreement, setting = merged(self.agreement, self.setting, keep, gone)
            except ValidationError:  # what the agreement writes down about both cannot be added up
                continue
            if agreement.faults(setting):
                continue
            measures = measures_for(setting.care_types, agreement.looks(setting))
            claims = self.trials.before.merged(keep, gone).claims(measures, setting)
            after = Plan.make(agreement, measures, setting).settle(claims).contribution
            before = self.borne.copy()
            before[:, :, keep] += before[:, :, gone]
            before = np.delete(before, gone, axis=2)
            tried += len(after)
            wrong = np.abs(after - before) > CENT
            usual |= bool(wrong[self.trials.bare :].any())
            if wrong.any():
                found.append(self._merger(keep, gone, before, after, wrong))
        if not tried:
            return Property("merger_neutral", "not_applicable")
        if not found:
            return Property("merger_neutral", "holds", tried)
        smallest = min(found, key=lambda c: (c.usual, len(c.cases)))
        if usual:
            return Property("merger_neutral", "fails", tried, smallest)
        whole = self.trials.models
        return Property("merger_neutral", "holds", tried * (whole - self.trials.bare) // whole, smallest)

    def _merger(self, keep: int, gone: int, before: FloatArray, after: FloatArray, wrong: BoolArray) -> Counterexample:
        model = int(np.argmax(wrong.any(axis=(1, 2))))
        largest = np.where(wrong[model], np.abs(after[model] - before[model]), 0.0)
        year = int(np.argmax(largest.max(axis=1)))
        merged_at = keep - (gone < keep)
        who = merged_at if wrong[model, year, merged_at] else int(np.argmax(largest[year]))
        names = [m.name for place, m in enumerate(self.setting.region.members) if place != gone]
        if who == merged_at:
            names[who] = f"{names[who]} + {self.setting.region.members[gone].name}"
        at = (model, year, who)
        shown = self._about(model, 0, year, float(before[at]), float(after[at]))
        return replace(shown, member=names[who])

    def _pairs(self) -> list[tuple[int, int]]:
        """Return pairs of members for whom all clauses hold alike."""
        setting, clauses = self.plan.setting, self.agreement.spec.clauses
        reach = [self.agreement.reach(clause, setting) for clause in clauses]
        alike: dict[bytes, list[int]] = {}
        for member in range(setting.members):
            alike.setdefault(b"".join(r[..., member].tobytes() for r in reach), []).append(member)
        sets = [group for group in alike.values() if len(group) > 1]
        chosen: set[tuple[int, int]] = set()
        for turn in range(PAIRS * bool(sets)):
            keep, gone = self.rng.choice(sets[turn % len(sets)], 2, replace=False)
            chosen.add((int(keep), int(gone)))
        return sorted(chosen)

    def no_rip_off(self) -> Property:
        """Nobody bears more than it could have cost at most: in finite models of a few equally likely paths."""
        if self.agreement.needs_law:
            return Property("no_rip_off", "not_tested")
        shape = (-1, SCENARIOS, *self.borne.shape[1:])
        worst = np.repeat(self.ledger.own.reshape(shape).max(axis=1), SCENARIOS, axis=0)
        wrong = self.borne > worst + CENT
        place = np.argmax(wrong.reshape(len(wrong), -1), axis=1)

        def show(model: int) -> Counterexample:
            year, member = (int(x) for x in np.unravel_index(place[model], wrong.shape[1:]))
            at = (model, year, member)
            return self._about(model, member, year, float(worst[at]), float(self.borne[at]))

        found = self._verdict("no_rip_off", np.asarray(wrong.any(axis=(1, 2))), show)
        return replace(found, tried=found.tried // SCENARIOS)

    def monotone(self) -> Property:
        """Whoever costs more does not bear less in that year."""
        extra = self.trials.extra
        own = self.rise[np.arange(len(self.rise)), extra.member]
        found = self._rising("monotone", own < -CENT, extra.member)
        step = self.climbs[0].step
        return self._climbed(found, np.arange(self.setting.members) == step.member[:, np.newaxis])

    def comonotone(self) -> Property:
        """If only the total counts, nobody bears less where it rises."""
        if not self._aggregate():
            return Property("comonotone", "not_applicable")
        found = self._rising("comonotone", np.asarray((self.rise < -CENT).any(axis=1)), np.argmin(self.rise, axis=1))
        return self._climbed(found, np.ones((len(self.climbs[1]), self.setting.members), dtype=np.bool_))

    def _climbed(self, found: Property, whom: BoolArray) -> Property:
        """Return what was found, after climbs in which some members (climb, member) must not bear less at any step."""
        climbs, borne = self.climbs
        wrong = (np.diff(borne, axis=1) < -CENT) & whom[:, np.newaxis]
        tried = found.tried + len(borne)
        if found.verdict == "fails" or not wrong.any():
            return replace(found, tried=tried)
        climb, rung, member = (int(x) for x in np.argwhere(wrong)[0])
        (step,) = self._cases(climbs.step, climb)
        start = (replace(step, count=rung * step.count),) if rung else ()
        before, after = (float(borne[climb, rung + k, member]) for k in (0, 1))
        name = self.setting.region.members[member].name
        shown = Counterexample(start, True, step, name, before, after, step.year)
        return Property(found.name, "fails", tried, shown)

    def _aggregate(self) -> bool:
        """Return whether it makes no difference whose cost it is, nor of which care, in the year itself."""
        extra, setting = self.trials.extra, self.setting
        if setting.members < 2:
            return False
        count = len(extra)
        member = (extra.member + self.rng.integers(1, setting.members, count)) % setting.members
        kind = self.rng.integers(0, len(setting.care_types), count)
        moved = replace(extra, member=member, kind=kind)
        return bool((np.abs(self._rise(self._added(moved), moved) - self.rise) <= CENT).all())
