"""Apply scenarios to a study: what happens is otherwise, what was planned stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from solidair.models.departures import Departure, What
from solidair.models.problems import InputError, Problem, nearest, suggest
from solidair.models.regions import Region
from solidair.pool.agreements import Agreement
from solidair.pool.changes import Exit
from solidair.pool.mergers import MergerSpec, merger_faults, named, placed
from solidair.pool.stress.amounts import Amount
from solidair.pool.stress.contradictions import contradictions
from solidair.pool.stress.parameters import WHOLE_RUN, MisfitError, Parameters, drivers
from solidair.pool.stress.scenario import Changed, Doubt, Leaving, Merging, NumberChange, ReplacedCare, Scenario
from solidair.pool.study import Study

_DEPARTURES: dict[str, What] = {"price": "price", "tariff": "price", "entries": "volume"}
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
                problems.append(place.problem(error))
    if not problems:
        try:
            return world.study()
        except InputError as error:
            problems += [world.explained(problem) for problem in error.problems]
    raise InputError(dict.fromkeys(problems))


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
            return f"{self.scenario.name}: {self.change.set}={amount}"
        return f"{self.scenario.name}: changes.{self.number}"

    def problem(self, fault: MisfitError, key: str = "") -> Problem:
        """Return a fault as a problem of the scenario."""
        where = f"changes.{self.number}"
        if isinstance(self.change, NumberChange):
            where += f".{key or 'set'}"
            value = fault.value or (self.change.set if not key else str(getattr(self.change, key)))
        else:
            value = fault.value
        return Problem(self.scenario.file, where, value, str(fault), fault.hint)


class _World:
    """A study on its way to what a scenario makes of it."""

    def __init__(self, study: Study) -> None:
        self.plan = study
        self.parameters = Parameters(study.costs)
        self.departures: list[Departure] = []
        self.budgets: list[Departure] = []
        self.leaving: list[tuple[str, int]] = []
        self.merging: list[MergerSpec] = []
        self.places: list[_Place] = []

    @property
    def said(self) -> str:
        """The change at hand."""
        return self.places[-1].said

    def apply(self, change: Changed) -> None:
        """Apply one change.

        Raises
        ------
        MisfitError
            If the study has nothing that it could change.
        """
        if isinstance(change, NumberChange):
            self._number(change)
        elif isinstance(change, ReplacedCare):
            self._replace(change)
        elif isinstance(change, Doubt):
            self.parameters.doubt(change.error)
        elif isinstance(change, Leaving):
            self.leaving.append((self._member(change.member), self._year(change.first)))
        elif isinstance(change, Merging):
            codes = tuple(self._member(member) for member in change.members)
            if len(set(codes)) < len(codes):
                raise MisfitError("these are one and the same member", "Name two different members.", ", ".join(codes))
            self.merging.append(MergerSpec(codes=codes, into=codes[0], year=self._year(change.first)))

    def study(self) -> Study:
        """Return the study in this world.

        Raises
        ------
        InputError
            If the cost model or an agreement cannot carry it.
        """
        costs = self.parameters.model()
        costs = replace(costs, departures=(*costs.departures, *self.departures)) if self.departures else costs
        plan = self.plan
        changed = replace(
            plan,
            costs=costs,
            agreed=plan.agreed or plan.costs if costs is not plan.costs else plan.agreed,
            departures=(*plan.departures, *self.budgets),
        )
        changed = _merged(changed, self.merging) if self.merging else changed
        return _left(changed, self.leaving) if self.leaving else changed

    def explained(self, problem: Problem) -> Problem:
        """Return a problem of a changed cost model as one of the change that brought it in."""
        place = self.places[self.parameters.blamed(problem.where)]
        if problem.file != self.plan.costs.file:
            return problem
        where = f"changes.{place.number}"
        rule = f"this makes {problem.where.removeprefix('care_types.')} {problem.value}".rstrip() + f": {problem.rule}"
        value = place.said.partition(": ")[2]
        return Problem(place.scenario.file, where, value, rule, problem.hint)

    def _number(self, change: NumberChange) -> None:
        parts = change.set.split(".")
        ids, amount = self.plan.costs.ids, change.amount
        timed = change.first > 1 or change.last is not None or change.yearly
        if parts == ["budget"]:
            self.budgets.append(self._departure("budget", change, amount, None))
            return
        care = ids if len(parts) == 2 else (parts[1],) if len(parts) == 3 and parts[1] in ids else ()
        driver = parts[-1]
        if parts[0] == "costs" and care and driver in _DEPARTURES:
            scope = None if len(parts) == 2 else care
            self.departures.append(self._departure(_DEPARTURES[driver], change, amount, scope))
            return
        if timed:
            hint = "Leave out first, last and yearly, or change price, entries or budget."
            raise MisfitError("only prices, entries and budgets can change in some years", hint)
        if parts[0] == "costs" and care and driver in WHOLE_RUN:
            for id_ in care:
                if len(parts) == 3 or self._has(id_, driver):
                    self._whole_run(driver)(id_, amount, self.said)
            return
        self.parameters.set(self._key(change.set), amount, self.said)

    def _whole_run(self, driver: str) -> Callable[[str, Amount, str], None]:
        found: Callable[[str, Amount, str], None] = getattr(self.parameters, driver)
        return found

    def _has(self, id_: str, driver: str) -> bool:
        """Return whether a care type has what a driver of all care types changes."""
        return driver != "length" or self.plan.costs.episodes[self.plan.costs.ids.index(id_)] is not None

    def _key(self, path: str) -> str:
        """Return the key of a number of the cost model.

        Raises
        ------
        MisfitError
            If there is none; names the nearest one.
        """
        root, _, rest = path.partition(".")
        known = self.parameters.keys()
        for key in (rest, f"care_types.{rest}"):
            if root == "costs" and (key in known or key in ("index", "volume_growth")):
                return key
        near = nearest(path, drivers(self.plan.costs))
        hint = f"Did you mean '{near}'?" if near else (
            "Write 'budget', or 'costs.' and a key of the cost model, such as costs.verblijf.price."
        )  # fmt: skip
        raise MisfitError("there is no such number to change", hint, path)

    def _departure(self, what: What, change: NumberChange, amount: Amount, care: tuple[str, ...] | None) -> Departure:
        if amount.value is not None:
            raise MisfitError("this changes by a share of what was planned, not to a value", "Write by = '+15%'.")
        last = None if change.last is None else change.last - 1
        if what == "budget" and amount.factor == 0.0:
            raise MisfitError("a budget cannot become nothing", "Write a smaller cut.", change.by or "")
        return Departure(what, amount.factor, change.first - 1, last, change.yearly, care)

    def _replace(self, change: ReplacedCare) -> None:
        ids = self.plan.costs.ids
        for id_ in (change.care, change.instead):
            if id_ not in ids:
                raise MisfitError("there is no such care type", suggest(id_, ids), id_)
        if change.care == change.instead:
            raise MisfitError("care cannot be replaced by itself", "Name another care type.", change.care)
        care = self.parameters.document["care_types"]
        moved = change.share * care[change.care]["clients_per_1000"]["value"]
        there = care[change.instead]["clients_per_1000"]["value"]
        self.parameters.clients(change.care, Amount(1.0 - change.share), self.said)
        self.parameters.clients(change.instead, Amount(value=there + moved), self.said)

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
            raise MisfitError(f"the study has {settings.years} budget years only", "Run more years.", str(first))
        return settings.first_year + first - 1


def _merged(study: Study, specs: Sequence[MergerSpec]) -> Study:
    """Return the study with mergers on top of those it has.

    Raises
    ------
    InputError
        If they do not fit, or an agreement cannot follow them.
    """
    settings = study.settings
    before = tuple(_specs(study))
    wrong = merger_faults([*before, *specs], study.region, settings.first_year, settings.years)
    if wrong:
        raise InputError(Problem("scenario", f"mergers.{w.where}", w.value, w.rule, w.hint) for w in wrong)
    mergers = placed([*before, *specs], study.region, settings.first_year)
    region: Region = named(specs, study.region)
    return _checked(replace(study, region=region, mergers=mergers))


def _specs(study: Study) -> Iterator[MergerSpec]:
    """Yield the mergers that the study has, as they would be written."""
    codes = [str(code) for code in study.region.codes]
    for merger in study.mergers:
        inside = (codes[merger.into], *(codes[place] for place in merger.gone))
        yield MergerSpec(codes=inside, into=inside[0], year=study.settings.first_year + merger.place)


def _left(study: Study, leaving: Sequence[tuple[str, int]]) -> Study:
    """Return the study with members out of every agreement of which they are members.

    Raises
    ------
    InputError
        If an agreement cannot do without one of them.
    """
    return _checked(replace(study, agreements=tuple(_without(a, study, leaving) for a in study.agreements)))


def _without(agreement: Agreement, study: Study, leaving: Sequence[tuple[str, int]]) -> Agreement:
    changes = list(agreement.spec.changes)
    for code, year in leaving:
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
