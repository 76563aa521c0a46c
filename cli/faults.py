"""How faults in the input are told: grouped where many are alike on a screen, one by one for a machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TypeVar

import click

from solidair.cli.wrapped import say
from solidair.models.problems import InputError, Problem

R = TypeVar("R")

FIRST = 3
"""Faults of one kind that are shown in full."""
_INDENT = "   "
NAMED = 8
"""Rows of the others that are named."""


class Faults:
    """Collects the faults of several steps, so that one step does not keep those of the next from being told."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def tried(self, step: Callable[[], R]) -> R | None:
        """Return what a step gives; None if it ends in faults, which are kept."""
        try:
            return step()
        except InputError as error:
            self._problems += error.problems
            return None

    def tell(self) -> None:
        """Stop if there are any.

        Raises
        ------
        InputError
            With all of them.
        """
        if self._problems:
            raise InputError(dict.fromkeys(self._problems))


def show_problems(error: InputError) -> None:
    """Print the problems with place, value, rule and what to do; of many that are alike in one file the first few."""
    count = len(error.problems)
    click.echo(
        click.style(f"{count} problem{'s' if count > 1 else ''} in the input; nothing was written.", bold=True),
        err=True,
    )
    list_problems(error.problems)


def list_problems(problems: Sequence[Problem]) -> None:
    """Print problems, numbered."""
    number = 1
    for group in grouped(problems):
        shown = FIRST if len(group) > FIRST + 1 else len(group)
        for place, problem in enumerate(group[:shown]):
            click.echo(f"\n{number + place}. {problem.file}: {problem.where}", err=True)
            say(f"{problem.rule[:1].upper()}{problem.rule[1:]}.", _INDENT)
            if problem.value:
                say(f"Found: {problem.value}", _INDENT)
            if problem.hint:
                say(problem.hint, _INDENT)
        if len(group) > shown:
            click.echo(err=True)
            say(_rest(group[shown:]), _INDENT)
        number += len(group)


def grouped(problems: Sequence[Problem]) -> list[list[Problem]]:
    """Return problems in groups of one file, column, rule and hint, in the order of the first of each group.

    Groups that are too small to shorten are taken apart again, so that few problems keep the order of the input.
    """
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:
        groups.setdefault(_kind(problem), []).append(problem)
    found = []
    for problem in problems:
        group = groups[_kind(problem)]
        if len(group) <= FIRST + 1:
            found.append([problem])
        elif problem is group[0]:
            found.append(group)
    return found


def problems_json(error: InputError) -> str:
    """Return all problems, not grouped, as JSON."""
    return json.dumps({"problems": [asdict(problem) for problem in error.problems]}, ensure_ascii=False)


def _kind(problem: Problem) -> tuple[str, ...]:
    """Return what problems that are alike have in common; keys of a TOML file have no column."""
    row, column = _parts(problem)
    return problem.file, "row" if row else "key", column, problem.rule, problem.hint


def _parts(problem: Problem) -> tuple[str, str]:
    """Return the number of the row and the column; both empty if the problem is not in a row of a table."""
    place, _, column = problem.where.partition(", ")
    row = place.removeprefix("row ")
    return (row, column) if place.startswith("row ") and row.isdecimal() else ("", "")


def _rest(problems: Sequence[Problem]) -> str:
    """Return the sentence about problems that are not shown in full."""
    rows = [_parts(problem)[0] for problem in problems]
    names = rows if rows[0] else [problem.where for problem in problems]
    if len(set(names)) == 1:  # one place with many faults: what was found tells them apart
        names = [problem.value or problem.where for problem in problems]
    more = ", ..." if len(names) > NAMED else ""
    return f"And {len(names):,} more {'rows' if rows[0] else 'places'}: {', '.join(names[:NAMED])}{more}"
