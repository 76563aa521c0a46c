"""Scenarios: what a TOML file says of a world that turns out otherwise than planned.

.. code-block:: toml

    grade = "derived"
    title = { nl = "...", en = "..." }
    summary = { nl = "...", en = "..." }
    source = { nl = "...", en = "..." }

    [[changes]]
    kind = "change"
    set = "costs.gesloten.price"
    by = "+15.4%"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from solidair.models.problems import InputError, Problem
from solidair.models.schema import Config, Grade, RuleError, Words, parse
from solidair.models.schema import Source as Origin
from solidair.pool.stress.amounts import Amount, looks_relative, parse_factor
from solidair.pool.study_loader import Loader, Source, builtin

FREE = "--set"
"""Name of the scenario that the command line makes of its own changes."""


class NumberChange(Config):
    """A number that is otherwise than planned.

    Parameters
    ----------
    set
        Which: 'costs.' and a key of the cost model; or 'price' (or 'tariff', the same), 'entries', 'clients',
        'length' or 'spread' of one care type ('costs.gesloten.price') or of all ('costs.price'); or 'budget'.
    by
        Change of what it was: '+15%', '-10%' or 'x1.2'.
    to
        New value, instead of `by`.
    first, last
        First and last budget year in which it holds, 1 being the first; only of 'price', 'entries' and 'budget'.
    yearly
        Whether it comes anew every year, on top of the years before.
    """

    kind: Literal["change"]
    set: str = Field(min_length=1)
    by: str | None = None
    to: float | None = None
    first: int = Field(default=1, ge=1, le=50)
    last: int | None = Field(default=None, ge=1, le=50)
    yearly: bool = False

    @field_validator("by")
    @classmethod
    def _a_change(cls, by: str | None) -> str | None:
        if by is not None:
            parse_factor(by)
        return by

    @model_validator(mode="after")
    def _one_of_both(self) -> NumberChange:
        if (self.by is None) == (self.to is None):
            raise RuleError("a change needs by, or to, and not both", "Write by = '+15%', or to = 0.02.")
        if self.last is not None and self.last < self.first:
            raise RuleError("the last year lies before the first one", "Exchange first and last.", f"{self.last}")
        return self

    @property
    def amount(self) -> Amount:
        """How much it changes."""
        return parse_factor(self.by) if self.by is not None else Amount(value=self.to)


class ReplacedCare(Config):
    """Children who get other care.

    Parameters
    ----------
    care, instead
        Identifiers of the care type that they would have had, and of the one that they get.
    share
        Share of the children.
    """

    kind: Literal["replace"]
    care: str = Field(min_length=1)
    instead: str = Field(min_length=1)
    share: float = Field(ge=0, le=1)


class Leaving(Config):
    """A member leaves every agreement of which it is a member.

    Parameters
    ----------
    member
        CBS code; or 'largest' or 'smallest', by youths.
    first
        Budget year from which it is out, 1 being the first.
    """

    kind: Literal["leave"]
    member: str = Field(min_length=1)
    first: int = Field(default=1, ge=1, le=50)


class Merging(Config):
    """Members become one municipality.

    Parameters
    ----------
    members
        CBS codes; or 'largest', 'smallest', 'second-largest' and 'second-smallest', by youths.
    first
        Budget year from which they are one: 2 or later.
    """

    kind: Literal["merge"]
    members: tuple[str, ...] = Field(min_length=2)
    first: int = Field(default=2, ge=2, le=50)


class Doubt(Config):
    """How well volumes, tariffs and lengths of all care types are known.

    Parameters
    ----------
    error
        Standard error, a share of each number; 0 takes every number as known.
    """

    kind: Literal["doubt"]
    error: float = Field(ge=0, le=1)


Changed = Annotated[NumberChange | ReplacedCare | Leaving | Merging | Doubt, Field(discriminator="kind")]


class ScenarioSpec(Config):
    """A scenario file."""

    title: Words
    summary: Words
    source: Origin
    grade: Grade
    changes: tuple[Changed, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Scenario:
    """A checked scenario.

    Parameters
    ----------
    name
        Name of the file, without ending.
    file
        The file, as users know it.
    digest
        SHA-256 of its bytes, hexadecimal; empty if there is no file.
    """

    name: str
    file: str
    spec: ScenarioSpec
    digest: str = ""


def load_scenarios(names: Sequence[str], folder: Path | None = None, *, shipped: bool = False) -> list[Scenario]:
    """Load scenarios by name or path.

    Parameters
    ----------
    folder
        Where files are looked for first; the current folder if left out.
    shipped
        Whether to look only among those that come with solidair.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    loader = Loader(())
    found: list[Scenario] = []
    for name in names:
        if shipped:
            source: Source | None = Source(builtin("scenarios")[name], f"scenarios/{name}.toml")
        else:
            source = loader.locate("scenarios", name, folder or Path())
        document = loader.document(source, "scenarios", name) if source else None
        if source is None or document is None:
            continue
        try:
            spec = parse(ScenarioSpec, document, source.shown)
        except InputError as error:
            loader.problems += error.problems
            continue
        found.append(Scenario(source.name, source.shown, spec, loader.inputs[source.shown]))
    for twice in sorted({one.name for one in found if [other.name for other in found].count(one.name) > 1}):
        rule = "this scenario is named twice"
        loader.problems.append(Problem("--scenario", twice, "", rule, "Name each scenario once."))
    if loader.problems:
        raise InputError(dict.fromkeys(loader.problems))
    return found


def free_scenario(texts: Sequence[str]) -> Scenario:
    """Return the scenario that 'key=value' texts of the command line make together.

    Raises
    ------
    InputError
        With every text that is no change.
    """
    changes: list[dict[str, Any]] = []
    kept: list[str] = []
    problems: list[Problem] = []
    for text in texts:
        key, _, raw = (part.strip() for part in text.partition("="))
        change: dict[str, Any] = {"kind": "change", "set": key}
        if looks_relative(raw) or raw.endswith("%"):
            change["by"] = raw
        else:
            try:
                change["to"] = float(raw.replace(",", "."))
            except ValueError:
                hint = "Write for example costs.verblijf.price=+15%, or costs.index=0.02."
                problems.append(Problem(FREE, text, raw, "this is neither a change nor a number", hint))
                continue
        changes.append(change)
        kept.append(text)
    said = ", ".join(texts)
    document: Mapping[str, Any] = {
        "title": {"nl": f"Eigen combinatie: {said}", "en": f"Own combination: {said}"},
        "summary": {"nl": f"Door de gebruiker gezet: {said}.", "en": f"Set by the user: {said}."},
        "source": {"nl": "opdrachtregel", "en": "command line"},
        "grade": "assumed",
        "changes": changes,
    }
    if changes:
        try:
            spec = parse(ScenarioSpec, document, FREE)
        except InputError as error:
            for problem in error.problems:
                number = problem.where.split(".")[1]
                problems.append(replace(problem, where=kept[int(number) - 1] if number.isdecimal() else problem.where))
    if problems or not changes:
        raise InputError(problems or [Problem(FREE, "", "", "nothing is set", "Write --set KEY=VALUE.")])
    return Scenario(FREE, FREE, spec)
