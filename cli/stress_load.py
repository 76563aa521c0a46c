"""What a stress test is of: the study, its worlds and the member to look at, with every fault of the input at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solidair.models.problems import InputError, Problem
from solidair.pool.stress.worlds import LeftOut, World, asked_scenarios, asked_worlds, is_change, shipped_worlds
from solidair.pool.study import Study


@dataclass(frozen=True)
class Loaded:
    """What is run.

    Parameters
    ----------
    study
        The study as planned.
    worlds
        What may happen instead.
    left_out
        Scenarios that come with solidair and do not fit the study; none if the user has chosen.
    chosen
        Whether the user has named the worlds.
    member
        CBS code of the member to look at; None for the region.
    asked, changes
        Worlds and changes of the user's own, as they were written.
    """

    study: Study
    worlds: tuple[World, ...]
    left_out: tuple[LeftOut, ...] = ()
    chosen: bool = True
    member: str | None = None
    asked: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


def load(study: str, scenarios: Sequence[str], overrides: Sequence[str], member: str | None) -> Loaded:
    """Load a study and its worlds.

    Parameters
    ----------
    scenarios
        Worlds by name; with none, and no change of the user's own, all that come with solidair and fit.
    overrides
        'key=value' texts: those that `is_change` are one more world, the others change the study.
    member
        Code or name of a member.

    Raises
    ------
    InputError
        With every fault.
    """
    changes = [text for text in overrides if is_change(text)]
    problems: list[Problem] = []
    try:
        plan = Study.load(study, [text for text in overrides if not is_change(text)])
    except InputError as error:
        # A fault of what is set on the study does not keep the worlds from being checked, on the study as written.
        problems += error.problems
        written = _as_written(study)
        if written is None:
            asked_scenarios(scenarios, changes, problems)
            raise InputError(dict.fromkeys(problems)) from None
        plan = written
    worlds: list[World] = []
    left: list[LeftOut] = []
    code = None
    try:
        if scenarios or changes:
            worlds = asked_worlds(plan, scenarios, changes)
        else:
            worlds, left = shipped_worlds(plan)
    except InputError as error:
        problems += error.problems
    try:
        code = None if member is None else _code(member, plan)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    return Loaded(plan, tuple(worlds), tuple(left), bool(scenarios or changes), code, tuple(scenarios), tuple(changes))


def _as_written(study: str) -> Study | None:
    """Return the study without anything set on it, or None if it has faults of its own."""
    try:
        return Study.load(study)
    except InputError:
        return None


def _code(member: str, study: Study) -> str:
    from solidair.cli.deliver import chosen_members

    try:
        found = chosen_members(member, study.region)
    except InputError as error:
        raise InputError(
            Problem("--member", p.where, p.value, p.rule, p.hint.removesuffix(" Or write all.")) for p in error.problems
        ) from None
    if len(found) != 1:
        raise InputError([Problem("--member", member, "", "the screen has room for one member", "Name one.")])
    return found[0]
