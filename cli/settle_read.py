"""What `solidair settle` and `solidair backtest` read: everything is tried, so that all problems are told at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from solidair.cli.output import MANIFEST
from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem
from solidair.models.regions import Region
from solidair.models.sources.advances import read_advances
from solidair.models.sources.cases import COLUMNS, Cases, read_cases
from solidair.models.sources.discreet import read_private_table
from solidair.models.sources.history import History, read_history
from solidair.models.sources.regions import read_region
from solidair.pool.agreements import Agreement
from solidair.pool.statement.correction import Lines
from solidair.pool.study import Study
from solidair.pool.study_loader import Loader

T = TypeVar("T")

STATEMENT = "statement.json"
MEMBERS = "members"
SHARED_LINES = ("advance", "balance")
"""Lines that all members see whatever is hidden, and by which statements are corrected."""


@dataclass
class Reader:
    """Reads files one after another, and keeps what is wrong with them and their digests.

    Digests are told to all members. Of a file about few children somebody who knows all rows but one could try all
    amounts of that one until the digest fits, so there is none of cases, of past years, and of open stays.
    """

    overrides: Sequence[str] = ()
    problems: list[Problem] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def tried(self, action: Callable[[], T]) -> T | None:
        """Return what an action gives, or None after keeping its problems."""
        try:
            return action()
        except InputError as error:
            self.problems += error.problems
            return None

    def rules(
        self, agreements: Sequence[str], region: str, costs: str, study: str | None
    ) -> tuple[list[Agreement], Region | None, CostModel | None, Study | None]:
        """Return agreements, region and cost model, each by name or path, as far as they are right.

        With a study its cost model counts.
        """
        chosen = self.tried(lambda: Study.load(study)) if study is not None else None
        loader = Loader(self.overrides)
        model, ids = (chosen.costs, chosen.costs.codes) if chosen else loader.costs(costs, Path(), "")
        place = loader.region(region, Path(), "", model)
        loaded = [loader.agreement(name, Path(), "", number, ids) for number, name in enumerate(agreements, 1)]
        loader.refuse_other_agreements([name for name, _ in loaded if name])
        self.problems += map(_without_other_file, loader.problems)
        studied = dict(chosen.inputs) if chosen else {}  # of which tables may be about few children
        self.digests |= loader.inputs | {name: digest for name, digest in studied.items() if name.endswith(".toml")}
        if chosen and place and list(chosen.region.codes) != list(place.codes):
            rule, hint = "the study must be of the same members, in the same order", "Settle with the study's region."
            self.problems.append(Problem(str(study), "--study", chosen.region.name, rule, hint))
        return [agreement for _, agreement in loaded if agreement], place, model, chosen

    def cases(self, path: Path, region: Region, costs: CostModel, year: int | None) -> Cases | None:
        """Return a file of cases."""
        codes = [str(code) for code in region.codes]
        before = len(self.problems)
        found = self.tried(lambda: read_cases(path, codes=codes, care_types=costs.care_types, year=year))
        if year is None:
            hint = "Give a file for each year, and --cases once for each."
            for place, problem in enumerate(self.problems[before:], before):
                if problem.rule.startswith("rows must be of one year"):
                    self.problems[place] = replace(problem, rule="rows must be of one year", hint=hint)
        return found

    def history(self, path: Path | None, region: Region, costs: CostModel) -> History | None:
        """Return a file of past years."""
        if path is None:
            return None
        codes = [str(code) for code in region.codes]
        return self.tried(lambda: read_history(path, codes=codes, care_types=costs.care_types))

    def advances(self, path: Path | None, region: Region) -> dict[str, int] | None:
        """Return a file of advances."""
        if path is None:
            return None
        return self.kept(path, self.tried(lambda: read_advances(path, codes=[str(code) for code in region.codes])))

    def exist(self, *paths: Path | None) -> None:
        """Report files that are not there, where their content cannot be judged without a region and a cost model."""
        for path in paths:
            if path is not None and not path.is_file():
                self.problems.append(
                    Problem(str(path), "file", "", "the file must exist", "Check the name and the folder.")
                )

    def kept(self, path: Path, found: T | None) -> T | None:
        """Keep the digest of a file that was read."""
        if found is not None:
            self.digests[str(path)] = sha256(path.read_bytes()).hexdigest()
        return found

    def finish(self) -> None:
        """Raise all problems that were kept, if there is any."""
        if self.problems:
            raise InputError(dict.fromkeys(map(of_real_year, self.problems)))


def names_children(path: Path) -> bool:
    """Return whether a file of cases, which can be read, tells which rows are of one child."""
    return "child" in read_private_table(path, COLUMNS).headers


def of_real_year(problem: Problem) -> Problem:
    """Return a problem without advice about studies: nothing is assumed of the past of a real year."""
    return replace(problem, hint=re.sub(r",? or write assumed = true under \[history\]", "", problem.hint))


def _without_other_file(problem: Problem) -> Problem:
    """Return a problem of a region that is not there without the guess of a file beside it that holds no region."""
    guess = re.match(r"Did you mean '([^']+\.csv)'\? ?", problem.hint)
    if problem.where != "region" or guess is None:
        return problem
    try:
        read_region(Path(problem.file).parent / guess[1])
    except InputError:
        return replace(problem, hint=problem.hint[guess.end() :])
    return problem


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier statement, as it was written.

    Parameters
    ----------
    shared
        Lines that all members saw, of all parties.
    members
        Per member all its lines.
    """

    shared: Lines
    members: Mapping[str, Lines]


def read_earlier(folder: Path, agreement: str, year: int) -> Earlier:
    """Read what an earlier `solidair settle` wrote.

    Raises
    ------
    InputError
        If the folder holds no statement, or one of another agreement or year.
    """

    def refuse(file: Path, rule: str, hint: str, value: str = "") -> InputError:
        return InputError([Problem(str(file), "--earlier", value, rule, hint)])

    path = folder / STATEMENT
    if not path.is_file() or not (folder / MANIFEST).is_file():
        raise refuse(folder, "this folder holds no statement", "Name the folder that 'solidair settle' wrote.")
    document = _json(path)
    for key, wanted in (("agreement", agreement), ("year", year)):
        if document.get(key) != wanted:
            hint = "Name the folder of the earlier statement of the same agreement and year."
            raise refuse(path, f"the earlier statement must be of {key} {wanted}", hint, str(document.get(key, "")))
    try:
        parties = tuple(document["parties"])
        cents = np.array([document["lines_cents"][line] for line in SHARED_LINES], dtype=np.int64)
        shared = Lines(year, parties, SHARED_LINES, cents)
        members = {}
        for file in sorted((folder / MEMBERS).glob("*.json")):
            own = _json(file)
            names = tuple(own["lines_cents"])
            column = np.array([[own["lines_cents"][name]] for name in names], dtype=np.int64)
            members[str(own["code"])] = Lines(year, (str(own["code"]),), names, column)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        hint = "The file was changed after it was written; name the folder as it was."
        raise refuse(path, "this statement cannot be read", hint) from error
    return Earlier(shared, members)


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        rule, hint = "this statement cannot be read", "Name the folder as 'solidair settle' wrote it."
        raise InputError([Problem(str(path), "--earlier", "", rule, hint)]) from error
    return document if isinstance(document, dict) else {}
