"""Worlds: one or more scenarios at once, and the study as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from solidair.models.problems import InputError, Problem
from solidair.models.schema import Words
from solidair.pool.stress.apply import same_world, stressed
from solidair.pool.stress.scenario import FREE, Scenario, free_scenario, load_scenarios
from solidair.pool.study import Study
from solidair.pool.study_loader import builtin

PLUS = "+"
"""Stands between scenarios that hold together."""


@dataclass(frozen=True)
class World:
    """What turns out otherwise than planned.

    Parameters
    ----------
    scenarios
        One or more, that hold together.
    study
        The study in this world.
    """

    scenarios: tuple[Scenario, ...]
    study: Study

    @property
    def name(self) -> str:
        """The names of its scenarios, such as 'a+b'."""
        return PLUS.join(one.name for one in self.scenarios)

    @property
    def title(self) -> Words:
        """The titles of its scenarios."""
        titles = [one.spec.title for one in self.scenarios]
        return Words(nl=" + ".join(t.nl for t in titles), en=" + ".join(t.en for t in titles))

    @property
    def assumed(self) -> bool:
        """Whether the size of any of its changes has no source."""
        return any(one.spec.grade == "assumed" for one in self.scenarios)


@dataclass(frozen=True)
class LeftOut:
    """A scenario that comes with solidair and does not fit a study.

    Parameters
    ----------
    scenario
        Which.
    problems
        What does not fit; none if it would change nothing.
    """

    scenario: Scenario
    problems: tuple[Problem, ...] = ()


def shipped_worlds(study: Study) -> tuple[list[World], list[LeftOut]]:
    """Return every scenario that comes with solidair as a world of its own, and those that do not fit the study."""
    found: list[World] = []
    left: list[LeftOut] = []
    for name in builtin("scenarios"):
        (scenario,) = load_scenarios([name], shipped=True)
        try:
            world = World((scenario,), stressed(study, [scenario]))
        except InputError as error:
            left.append(LeftOut(scenario, error.problems))
            continue
        if same_world(world.study, study):
            left.append(LeftOut(scenario))
        else:
            found.append(world)
    return found, left


def asked_scenarios(
    names: Sequence[str], free: Sequence[str], problems: list[Problem], folder: Path | None = None
) -> list[tuple[Scenario, ...]]:
    """Return the scenarios of every world that a user asks for; adds what is wrong with them.

    Parameters
    ----------
    names
        Scenarios by name or path; 'a+b' is one world in which both hold.
    free
        Changes of the user's own, each 'key=value'; together they are one more world.
    folder
        Where files are looked for first; the current folder if left out.
    """
    found: list[tuple[Scenario, ...]] = []
    for name in names:
        parts = [part.strip() for part in name.split(PLUS)]
        if not all(parts):
            hint = "Write names, and a plus between those that hold together: --scenario a+b."
            problems.append(Problem("--scenario", name, "", "a name is missing here", hint))
            continue
        try:
            found.append(tuple(load_scenarios(parts, folder)))
        except InputError as error:
            problems += error.problems
    if free:
        try:
            found.append((free_scenario(free),))
        except InputError as error:
            problems += error.problems
            # What is wrong with one of them does not keep the others from being checked.
            if rest := [text for text in free if _well_formed(text)]:
                found.append((free_scenario(rest),))
    known = [frozenset(one.name for one in scenarios) for scenarios in found]
    for place, one in enumerate(known):
        if one in known[:place]:
            rule, hint = "this world is asked for twice", "Ask for each world once."
            problems.append(Problem("--scenario", PLUS.join(s.name for s in found[place]), "", rule, hint))
    return found


def _well_formed(text: str) -> bool:
    try:
        free_scenario([text])
    except InputError:
        return False
    return True


def asked_worlds(
    study: Study, names: Sequence[str], free: Sequence[str] = (), folder: Path | None = None
) -> list[World]:
    """Return the worlds that a user asks for; parameters as in `asked_scenarios`.

    Raises
    ------
    InputError
        With every fault of every world.
    """
    problems: list[Problem] = []
    found: list[World] = []
    for scenarios in asked_scenarios(names, free, problems, folder):
        try:
            found.append(World(scenarios, stressed(study, scenarios)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    return found


def is_change(text: str) -> bool:
    """Return whether a 'key=value' text changes what happens, rather than the study itself."""
    key = text.partition("=")[0].strip()
    return key == "budget" or key.startswith("costs.")


__all__ = ["FREE", "LeftOut", "World", "asked_scenarios", "asked_worlds", "is_change", "shipped_worlds"]
