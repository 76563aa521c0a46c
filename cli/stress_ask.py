"""Questions to a stress test: which numbers matter most (a tornado), and what makes an overrun likely (reverse)."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from solidair.models.problems import InputError, Problem, suggest

if TYPE_CHECKING:
    from solidair.pool.stress.reverse import Question
    from solidair.pool.study import Study

_LEFT_OUT = click.core.ParameterSource.DEFAULT

C = TypeVar("C", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--tornado", is_flag=True, help="Instead: which numbers of the cost model move the answer most."),
    click.option(
        "--measure",
        type=click.Choice(["capacity", "overrun", "mean", "p95"]),
        default="capacity",
        show_default=True,
        help="With --tornado: required capacity, expected overrun, mean cost, or cost of 1 year in 20.",
    ),
    click.option(
        "--by",
        default="10%",
        show_default=True,
        metavar="PERCENT",
        help="With --tornado: step of a number that has no standard error.",
    ),
    click.option(
        "--reverse",
        metavar="DRIVER",
        help="Instead: the smallest change of a driver, such as costs.price, costs.verblijf.clients or budget, that "
        "makes an overrun --over PERCENT as likely as --likely PERCENT.",
    ),
    click.option("--over", default="10%", show_default=True, metavar="PERCENT", help="With --reverse: overrun above."),
    click.option("--likely", default="25%", show_default=True, metavar="PERCENT", help="With --reverse: its chance."),
    click.option(
        "--between", default="0.5:3", show_default=True, metavar="LOW:HIGH", help="With --reverse: factors to look at."
    ),
    click.option(
        "--agreement",
        "agreements",
        metavar="NAME",
        multiple=True,
        help="With --tornado or --reverse: an agreement of the study. Repeatable (default: the first one with "
        "--tornado, all with --reverse).",
    ),
    click.option("--all-years", is_flag=True, help="With --tornado or --reverse: all years together, not the first."),
)


@dataclass(frozen=True)
class Asked:
    """What was asked, as it was typed."""

    tornado: bool
    measure: str
    by: str
    reverse: str | None
    over: str
    likely: str
    between: str
    agreements: tuple[str, ...]
    all_years: bool

    @property
    def anything(self) -> bool:
        """Whether there is a question; without one the scenarios are run."""
        return self.tornado or self.reverse is not None


@dataclass(frozen=True)
class Run:
    """How a question is run and told."""

    output: Path | None
    sims: int | None
    seed: int | None
    threads: int | None
    member: str | None
    language: str
    as_json: bool
    scenarios: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()

    @property
    def world(self) -> str:
        """The world that is asked about, as it was typed; empty for the plan."""
        from solidair.pool.stress.worlds import is_change

        return ", ".join([*self.scenarios, *filter(is_change, self.overrides)])

    def facts(self, study: Study, asked: Asked, digests: Mapping[str, str], started: float) -> dict[str, Any]:
        """Return what the manifests of both questions say."""
        from importlib.metadata import version

        return {
            "study": study.name,
            "region": study.region.name,
            "costs": study.costs.name,
            "first_year": study.settings.first_year,
            "years": study.settings.years if asked.all_years else 1,
            "scenarios": list(self.scenarios),
            "overrides": list(self.overrides),
            "inputs_sha256": dict(sorted(study.inputs.items())),
            "tables_sha256": dict(digests),
            "solidair": version("solidair"),
            "seconds": round(time.perf_counter() - started, 3),
        }


def questions(command: C) -> C:
    """Add the options of both questions."""
    return reduce(lambda function, option: option(function), reversed(_OPTIONS), command)


_BELONGS = {
    "--tornado": ("measure", "by"),
    "--reverse": ("over", "likely", "between"),
    "--tornado or --reverse": ("agreements", "all_years"),
}
"""Options that mean nothing without a question, by that question."""


def refuse_without_question(context: click.Context, asked: Asked) -> None:
    """Refuse options that would have no effect, since who gives one expects that it does something.

    Raises
    ------
    click.UsageError
        With all of them.
    """
    there = {
        "--tornado": asked.tornado,
        "--reverse": asked.reverse is not None,
        "--tornado or --reverse": asked.anything,
    }
    typed = {name for name in asked.__dataclass_fields__ if context.get_parameter_source(name) is not _LEFT_OUT}
    options = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    said = [
        f"{options[name]} belongs to {question}."
        for question, names in _BELONGS.items()
        for name in names
        if name in typed and not there[question]
    ]
    if said:
        raise click.UsageError(" ".join(said))


def answer(study: str, asked: Asked, run: Run) -> None:
    """Answer a question: print it, and write its folder.

    Raises
    ------
    InputError
        With everything that is wrong with the question.
    """
    started = time.perf_counter()
    if asked.tornado and asked.reverse is not None:
        raise click.UsageError("--tornado and --reverse are two questions: ask them one after the other.")
    from solidair.cli import output as out

    world = _world(study, run.scenarios, run.overrides)
    problems: list[Problem] = []
    names = tuple(agreement.name for agreement in world.agreements)
    for name in asked.agreements:
        if name not in names:
            rule = "this study has no such agreement"
            problems.append(Problem("--agreement", name, "", rule, suggest(name, names)))
    code = _member(world, run.member, problems)
    kind = "tornado" if asked.tornado else "reverse"
    target = run.output or Path("out") / f"{world.name}-{kind}"
    try:
        out.check_target(target)
    except InputError as error:
        problems += error.problems
    threads = run.threads or os.cpu_count() or 1
    if asked.tornado:
        share = _share(asked.by, "--by", problems)
        if share is not None and not 0.0 < share < 1.0:
            hint = "Write for example 10%."
            problems.append(Problem("--by", asked.by, "", "the step must lie between 0% and 100%", hint))
        if problems or share is None:
            raise InputError(problems)
        from solidair.cli.stress_tornado import tornado

        tornado(world, asked, share, code, target, run, threads, started)
        return
    question = _question(world, asked, problems)
    if problems or question is None:
        raise InputError(dict.fromkeys(problems))
    from solidair.cli.stress_reverse import reversed_stress

    reversed_stress(world, question, asked, code, target, run, threads, started)


def _world(study: str, scenarios: Sequence[str], overrides: Sequence[str]) -> Study:
    """Return the study that is asked about: as planned, or in one world."""
    from solidair.pool.stress.worlds import asked_worlds, is_change
    from solidair.pool.study import Study

    changes = [text for text in overrides if is_change(text)]
    plan = Study.load(study, [text for text in overrides if not is_change(text)])
    if not scenarios and not changes:
        return plan
    worlds = asked_worlds(plan, scenarios, changes)
    if len(worlds) > 1:
        raise click.UsageError("A question is about one world: write --scenario a+b, or ask for each apart.")
    return worlds[0].study


def _member(study: Study, member: str | None, problems: list[Problem]) -> str | None:
    if member is None:
        return None
    from solidair.cli.deliver import chosen_members

    try:
        found = chosen_members(member, study.region)
    except InputError as error:
        problems += [
            Problem("--member", p.where, p.value, p.rule, p.hint.removesuffix(" Or write all.")) for p in error.problems
        ]
        return None
    if len(found) != 1:
        problems.append(Problem("--member", member, "", "the screen has room for one member", "Name one."))
    return found[0]


def _question(study: Study, asked: Asked, problems: list[Problem]) -> Question | None:
    """Return the question; adds everything that is wrong with it."""
    from solidair.pool.stress.reverse import HIGH, LOW, Question

    over, likely = (
        _share(text, f"--{key}", problems) for key, text in (("over", asked.over), ("likely", asked.likely))
    )
    ends: list[float] = []
    with suppress(ValueError):
        ends = [float(part.replace(",", ".")) for part in asked.between.split(":")]
    if len(ends) != 2 or not all(map(math.isfinite, ends)):
        rule, hint = "these are not two factors", "Write for example 0.5:3, from half to three times."
        problems.append(Problem("--between", asked.between, "", rule, hint))
        ends = [LOW, HIGH]
    # A share that cannot be read counts as a good one, so that what else is wrong is told in one go.
    question = Question(
        (asked.reverse or "").strip(), 0.1 if over is None else over, 0.25 if likely is None else likely, *ends
    )
    problems += question.faults(study)
    return question


def _share(text: str, option: str, problems: list[Problem]) -> float | None:
    """Return a percentage, or a share in decimals; None after adding a problem."""
    bare = text.strip().removesuffix("%").strip().replace(",", ".")
    try:
        value = float(bare)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        problems.append(Problem(option, text, "", "this is not a percentage", "Write for example 10%."))
        return None
    if "%" not in text and value >= 1.0:
        rule = "is this a percentage, or so many times?"
        problems.append(Problem(option, text, "", rule, f"Write {bare}% if that is what you mean."))
        return None
    return value / 100.0 if "%" in text else value
