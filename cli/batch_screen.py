"""What a batch says in a terminal: a line per study while it works, then what came of it, and what was wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from solidair.cli.batch_work import Job, Outcome, Plan
from solidair.cli.faults import list_problems
from solidair.cli.progress import time_in_words
from solidair.cli.texts.batch import TEXTS

FEW = 3
"""Changed or damaged files that are named."""

Watch = Callable[[Job | Outcome | None], None]
"""Told of every study that begins (a job) or ends (an outcome); of None at the end."""


@contextmanager
def watching(total: int, language: str) -> Iterator[Watch]:
    """Yield a function that shows how far a batch is, on standard error: in a terminal with a bar below the lines."""
    text, place = TEXTS[language], 0

    def line(outcome: Outcome) -> str:
        nonlocal place
        place += 1
        return f"[{place}/{total}] {outcome.name}: {state(outcome, language)}"

    if not sys.stderr.isatty():

        def say(event: Job | Outcome | None) -> None:
            if isinstance(event, Outcome):
                click.echo(line(event), err=True)

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task, busy = bar.add_task(text["working"], total=total), list[str]()

        def show(event: Job | Outcome | None) -> None:
            if isinstance(event, Outcome):
                busy[:] = [name for name in busy if name != event.name]
                bar.console.print(line(event), markup=False, soft_wrap=True)
                bar.advance(task)
            elif event is not None:
                busy.append(event.name)
            bar.update(task, description=", ".join(busy)[:40] or text["working"])

        yield show


def state(outcome: Outcome, language: str) -> str:
    """Return what came of a study, in a few words."""
    return TEXTS[language][outcome.status].format(time=time_in_words(outcome.seconds, language))


def reason(plan: Plan, language: str) -> str:
    """Return why a study is run, or is not."""
    text = TEXTS[language]
    if plan.why in ("unchanged", "refused"):
        return ""
    named = [text.get(f"kind_{detail}", detail) for detail in plan.details]
    shown = ", ".join(named[:FEW])
    if len(named) > FEW:
        shown = text["more"].format(shown=shown, count=len(named) - FEW)
    return text[plan.why].format(details=shown)


def show_plans(plans: Sequence[Plan], language: str) -> None:
    """Print what would be done with every study."""
    text = TEXTS[language]
    for place, plan in enumerate(plans, 1):
        key = "would_fail" if plan.why == "refused" else "would_run" if plan.runs else "unchanged"
        why = reason(plan, language)
        click.echo(f"[{place}/{len(plans)}] {plan.job.name}: {text[key]}{f' ({why})' if why else ''}")


def sentence(counts: dict[str, list[str]], language: str) -> str:
    """Return how many studies there are of each kind, such as 'done', with the names of those that failed."""
    text, total = TEXTS[language], sum(map(len, counts.values()))
    parts = [text[f"count_{kind}"].format(count=len(n), names=", ".join(n)) for kind, n in counts.items() if n]
    return text["summary_one" if total == 1 else "summary"].format(count=total, parts=", ".join(parts))


def counted(outcomes: Sequence[Outcome], language: str) -> str:
    """Return what came of all studies."""
    kinds = ("done", "unchanged", "failed")
    return sentence({kind: [o.name for o in outcomes if o.status == kind] for kind in kinds}, language)


def counted_plans(plans: Sequence[Plan], language: str) -> str:
    """Return what would be done with all studies."""
    found = {
        "would_run": [plan.job.name for plan in plans if plan.runs],
        "unchanged": [plan.job.name for plan in plans if plan.why == "unchanged"],
        "would_fail": [plan.job.name for plan in plans if plan.why == "refused"],
    }
    return sentence(found, language)


def what_went_wrong(outcome: Outcome, language: str) -> list[str]:
    """Return what went wrong with a study, one sentence or problem an entry; empty if nothing did."""
    text = TEXTS[language]
    if outcome.problems:
        return [str(problem) for problem in outcome.problems]
    kind, _, said = outcome.error.partition(": ")
    if not kind:
        return []
    if kind == "ProcessDied":
        return [text["died"].format(how=said)]
    if kind == "MemoryError":
        return [text["memory"]]
    if kind in ("OSError", "PermissionError"):
        return [text["disk"].format(reason=said)]
    return [outcome.error, *([text["crash_place"].format(place=outcome.place)] if outcome.place else [])]


def show_failure(outcome: Outcome, language: str) -> None:
    """Print what was wrong with a study that failed, on standard error."""
    text, count = TEXTS[language], len(outcome.problems)
    if count:
        heading = text["fault" if count == 1 else "faults"].format(name=outcome.name, count=count)
        click.echo("\n" + click.style(heading, bold=True), err=True)
        list_problems(outcome.problems)
        return
    first, *rest = what_went_wrong(outcome, language)
    click.echo("\n" + click.style(text["crash"].format(name=outcome.name, error=first), bold=True), err=True)
    for line in rest:
        click.echo(line, err=True)
