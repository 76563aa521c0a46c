"""Apply scenarios to a study: what happens is otherwise, what was planned stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from solidair.models.departures import Departure, What
from solidair.models.problems import InputError, Problem, suggest
from solidair.pool.agreements import Agreement
from solidair.pool.changes import Exit
from solidair.pool.mergers import MergerSpec, merger_faults, named, placed
from solidair.pool.stress.amounts import Amount
from solidair.pool.stress.contradictions import contradictions
from solidair.pool.stress.parameters import BUDGET, ENTRIES, PRICE, MisfitError, Parameters, target
from solidair.pool.stress.scenario import FREE, Changed, Doubt, Leaving, Merging, NumberChange, ReplacedCare, Scenario
from solidair.pool.study import Study

_DEPARTURES: dict[str, What] = {PRICE: "price", ENTRIES: "volume", BUDGET: "budget"}
"""Drivers that may hold in some years only."""

_SIZES = ("largest", "second-largest", "smallest", "second-smallest")


def stressed(study: Study, scenarios: Sequence[Scenario]) -> Study:
    """Return the study in the world of all these scenarios together, applied in their order.

    Budgets, keys, lines and premiums stay those of the plan: see `Study.agreed`.

    Raises
    ------
    InputError
        With everything that does not fit, of all scenarios at once.
    """
    world = _World(study)
    problems = list(contradictions(scenarios))
    for scenario in scenarios:
        for number, change in enumerate(scenario.spec.changes, 1):
            place = _Place(scenario, number, change)
            world.places.append(place)
            world.parameters.begin(len(world.places) - 1)
            try:
                world.apply(change)
            except MisfitError as error:
                problems.append(place.problem(error.value, str(error), error.hint))
            except InputError as error:
                problems += [world.explained(problem) for problem in error.problems]
    made = study
    try:
        made = world.study()
    except InputError as error:
        problems += [world.explained(problem) for problem in error.problems]
    if problems:
        raise InputError(dict.fromkeys(problems))
    return made


@dataclass(frozen=True)
class _Place:
    """Where a change stands."""

    scenario: Scenario
    number: int
    change: Changed

    @property
    def said(self) -> str:
        """The change as it would be typed."""
        if isinstance(self.change, NumberChange):
            amount = self.change.by if self.change.by is not None else f"{self.change.to:g}"
            return f"{self.change.set}={amount}"
        return self.change.kind

    def problem(self, value: str, rule: str, hint: str) -> Problem:
        """Return what is wrong with this change."""
        if self.scenario.name == FREE:
            return Problem(FREE, self.said, "" if value in self.said else value, rule, hint)
        return Problem(self.scenario.file, f"changes.{self.number}", value or self.said, rule, hint)


class _World:
    """A study on its way to what scenarios make of it."""

    def __init__(self, study: Study) -> None:
        self.plan = study
        self.parameters = Parameters(study.costs)
        self.departures: list[Departure] = []
        self.budgets: list[Departure] = []
        self.leaving: dict[str, int] = {}
        self.merging: list[MergerSpec] = []
        self.replaced: dict[str, float] = {}
        self.places: list[_Place] = []

    def apply(self, change: Changed) -> None:
        """Apply one change.

        Raises
        ------
        MisfitError
            If the study has nothing that it could change.
        InputError
            If what it makes of a number cannot be.
        """
        if isinstance(change, NumberChange):
            self._number(change)
        elif isinstance(change, ReplacedCare):
            self._replace(change)
        elif isinstance(change, Doubt):
            self.parameters.doubt(change.error)
        elif isinstance(change, Leaving):
            self._leave(change)
        elif isinstance(change, Merging):
            self._merge(change)

    def study(self) -> Study:
        """Return the study in this world.

        Raises
        ------
        InputError
            If the cost model or an agreement cannot carry it.
        """
        plan, costs = self.plan, self.parameters.model()
        if self.departures:
            costs = replace(costs, departures=(*costs.departures, *self.departures))
        agreed = plan.agreed if costs is plan.costs or plan.agreed is not None else plan.costs
        changed = replace(plan, costs=costs, agreed=agreed, departures=(*plan.departures, *self.budgets))
        for kinds, action in ((Merging, self._merged), (Leaving, self._left)):
            try:
                changed = action(changed)
            except InputError as error:
                # Of several that merge, or leave, the last one: an agreement says what it cannot follow, not why.
                place = [place for place in self.places if isinstance(place.change, kinds)][-1]
                raise InputError(
                    place.problem(f"{problem.file}: {problem.where}", problem.rule, "Leave this scenario out.")
                    for problem in error.problems
                ) from None
        return changed

    def explained(self, problem: Problem) -> Problem:
        """Return a problem of a changed cost model as one of the change that brought it in."""
        if problem.file != self.plan.costs.file:
            return problem
        place = self.places[self.parameters.blamed(problem.where)]
        made = f"{problem.where.removeprefix('care_types.')} {problem.value}".rstrip()
        return place.problem("", f"this makes {made}: {problem.rule}", problem.hint)

    def _number(self, change: NumberChange) -> None:
        what, amount = target(change.set, self.plan.costs), change.amount
        said = self.places[-1].said
        if change.first > self.plan.settings.years:
            raise MisfitError(self._ends, "Run more years.", f"first = {change.first}")
        if what.driver in _DEPARTURES:
            if amount.value is not None:
                raise MisfitError("this changes by a share of what was planned, not to a value", "Write +15%.")
            if what.driver == BUDGET and amount.factor == 0.0:
                raise MisfitError("a budget cannot become nothing", "Write a smaller cut.")
            if what.driver == PRICE and amount.factor == 0.0:
                raise MisfitError("a price cannot become nothing", "Write a smaller cut.")
            care = None if what.care is None else (what.care,)
            last = None if change.last is None else change.last - 1
            made = Departure(_DEPARTURES[what.driver], amount.factor, change.first - 1, last, change.yearly, care)
            (self.budgets if what.driver == BUDGET else self.departures).append(made)
        elif change.first > 1 or change.last is not None or change.yearly:
            hint = "Leave out first, last and yearly, or change price, entries or budget."
            raise MisfitError("only prices, entries and budgets can change in some years", hint)
        else:
            self.parameters.apply(what, amount, said)

    def _replace(self, change: ReplacedCare) -> None:
        ids, said = self.plan.costs.ids, self.places[-1].said
        for id_ in (change.care, change.instead):
            if id_ not in ids:
                raise MisfitError("there is no such care type", suggest(id_, ids), id_)
        if change.care == change.instead:
            raise MisfitError("care cannot be replaced by itself", "Name another care type.", change.care)
        before = self.replaced.get(change.care, 0.0)
        share = before + change.share
        if share > 1.0 + 1e-12:
            rule = f"together with what was replaced before, this replaces {share:.0%} of '{change.care}'"
            raise MisfitError(f"{rule}, more than there is", "Lower a share, or leave a scenario out.")
        self.replaced[change.care] = share
        care = self.parameters.document["care_types"]
        left, there = (care[id_]["clients_per_1000"]["value"] for id_ in (change.care, change.instead))
        moved = left * change.share / (1.0 - before) if before < 1.0 else 0.0
        self.parameters.clients(change.care, Amount(value=max(left - moved, 0.0)), said)
        self.parameters.clients(change.instead, Amount(value=there + moved), said)

    def _leave(self, change: Leaving) -> None:
        code, year = self._member(change.member), self._year(change.first)
        if self.leaving.setdefault(code, year) != year:
            raise MisfitError(f"{code} leaves in {self.leaving[code]} already", "Leave one of the two out.")
        if any(code in spec.codes for spec in self.merging):
            raise MisfitError(f"{code} cannot both leave and merge", "Leave one of the two out.")

    def _merge(self, change: Merging) -> None:
        codes = tuple(self._member(member) for member in change.members)
        if len(set(codes)) < len(codes):
            raise MisfitError("these are one and the same member", "Name two different members.", ", ".join(codes))
        both = [code for code in codes if code in self.leaving]
        if both:
            raise MisfitError(f"{both[0]} cannot both leave and merge", "Leave one of the two out.")
        self.merging.append(MergerSpec(codes=codes, into=codes[0], year=self._year(change.first)))

    @property
    def _ends(self) -> str:
        return f"the study ends with budget year {self.plan.settings.years}"

    def _member(self, asked: str) -> str:
        """Return the CBS code of a member that is named by code or by size."""
        region = self.plan.region
        if asked in _SIZES:
            order = [str(region.codes[place]) for place in np.argsort(-region.youth, kind="stable")]
            return {"largest": order[0], "second-largest": order[min(1, len(order) - 1)],
                    "smallest": order[-1], "second-smallest": order[max(-2, -len(order))]}[asked]  # fmt: skip
        codes = [str(code) for code in region.codes]
        if asked not in codes:
            raise MisfitError(f"there is no such member in {region.title}", suggest(asked, [*codes, *_SIZES]), asked)
        return asked

    def _year(self, first: int) -> int:
        """Return the calendar year of a budget year.

        Raises
        ------
        MisfitError
            If the study does not reach it.
        """
        settings = self.plan.settings
        if first > settings.years:
            raise MisfitError(self._ends, "Run more years.", f"first = {first}")
        return settings.first_year + first - 1

    def _merged(self, study: Study) -> Study:
        """Return the study with mergers on top of those it has."""
        if not self.merging:
            return study
        settings, specs = study.settings, [*_specs(study), *self.merging]
        if wrong := merger_faults(specs, study.region, settings.first_year, settings.years):
            raise InputError(Problem("mergers", w.where, w.value, w.rule, w.hint) for w in wrong)
        mergers = placed(specs, study.region, settings.first_year)
        return _checked(replace(study, region=named(self.merging, study.region), mergers=mergers))

    def _left(self, study: Study) -> Study:
        """Return the study with members out of every agreement of which they are members."""
        if not self.leaving:
            return study
        return _checked(replace(study, agreements=tuple(_without(a, study, self.leaving) for a in study.agreements)))


def _specs(study: Study) -> Iterator[MergerSpec]:
    """Yield the mergers that the study has, as they would be written."""
    codes = [str(code) for code in study.region.codes]
    for merger in study.mergers:
        inside = (codes[merger.into], *(codes[place] for place in merger.gone))
        yield MergerSpec(codes=inside, into=inside[0], year=study.settings.first_year + merger.place)


def _without(agreement: Agreement, study: Study, leaving: Mapping[str, int]) -> Agreement:
    """Return an agreement without some members, each from a calendar year on."""
    changes = list(agreement.spec.changes)
    for code, year in leaving.items():
        place, t = study.region.index(code), year - study.settings.first_year
        inside = any(
            agreement.reach(clause, study.setting)[:, t:, place].any() and len(clause.named(study.setting)) > 0
            for clause in agreement.spec.clauses
        )
        if inside:
            changes.append(Exit(kind="exit", member=code, year=year))
    return replace(agreement, spec=agreement.spec.model_copy(update={"changes": tuple(changes)}))


def _checked(study: Study) -> Study:
    problems = [problem for agreement in study.agreements for problem in agreement.faults(study.setting)]
    if problems:
        raise InputError(problems)
    return study


def same_world(one: Study, other: Study) -> bool:
    """Return whether the same happens in two studies of the same members and agreements by name."""
    costs = all(getattr(one.costs, key) == getattr(other.costs, key) for key in ("spec", "departures"))
    rest = all(getattr(one, key) == getattr(other, key) for key in ("departures", "mergers"))
    return costs and rest and [a.spec for a in one.agreements] == [a.spec for a in other.agreements]
