"""What a long run says while it works, on standard error: what it needs, a bar in a terminal, what it reused."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from solidair.cli.wrapped import say

if TYPE_CHECKING:
    from solidair.pool.checkpoint import Checkpoint
    from solidair.pool.preflight import Preflight
    from solidair.pool.results import Results


@contextmanager
def progress_bar(label: str, total: int | None) -> Iterator[Callable[[int], None] | None]:
    """Yield a function that advances a bar on standard error, or None where nobody watches.

    Without a total the bar only shows that something moves.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.advance(task, done)


def show_needs(plan: Preflight, most: int | None, language: str, *, keep: bool) -> None:
    """Say what a run needs before it starts; `most` sims at most if it adds blocks, `keep` if it writes them down."""
    from solidair.cli.numbers import number
    from solidair.cli.texts.screen import TEXTS

    text = TEXTS[language]
    assert plan.seconds is not None and plan.total_seconds is not None
    key = "needs" if most is None else "needs_auto"
    # An estimate: three digits, and a decimal only where it is one of them.
    shown = float(f"{plan.cases:.3g}")
    cases = number(shown, language, 0 if shown >= 100 else 1)
    words = {"sims": number(plan.sims, language), "years": plan.years, "cases": cases}
    most_ = "" if most is None else number(most, language)
    say(text[key].format(most=most_, **words))
    files = plan.disk + (plan.checkpoint if keep else 0)
    disk = f", {text['needs_disk'].format(disk=bytes_in_words(files, language))}" if files else ""
    line = text["needs_of"].format(
        memory=bytes_in_words(plan.memory, language),
        disk=disk,
        time=time_in_words(plan.total_seconds, language),
        simulating=time_in_words(plan.seconds, language),
        workers=plan.workers,
    )
    say(line)


def show_reused(kept: Checkpoint, language: str) -> None:
    """Say what was read back from a checkpoint, and what was damaged there."""
    from solidair.cli.numbers import number
    from solidair.cli.texts.screen import TEXTS

    text = TEXTS[language]
    said = text["reused"].format(sims=number(kept.reused, language)) if kept.reused else text["reused_none"]
    if kept.damaged:
        said += " " + text["damaged"].format(count=len(kept.damaged), first=sorted(kept.damaged)[0])
    click.echo(said, err=True)


def show_precision(results: Results, language: str) -> None:
    """Say how many sims were used, and what was the last to become precise."""
    from solidair.cli.numbers import number
    from solidair.cli.texts.screen import TEXTS
    from solidair.pool.metrics import METRICS

    text, state = TEXTS[language], results.convergence
    assert state is not None
    study = results.study
    place = {a.name: a.spec.title[language] for a in study.agreements}[state.agreement]
    if state.code:
        place = f"{next(m.name for m in study.region.members if m.code == state.code)}, {place}"
    line = text["precise" if state.reached else "not_precise"].format(
        sims=number(state.sims, language),
        target=number(100 * state.target, language, 2),
        error=number(100 * state.error, language, 2),
        metric=METRICS[state.metric].label[language],
        place=place,
    )
    click.echo(line + (f" {text['near_zero']}" if state.near_zero else ""), err=True)


def bytes_in_words(count: float, language: str) -> str:
    """Return a number of bytes: 512 MB, 1,5 GB."""
    from solidair.cli.numbers import number

    if count < 999.5e6:
        return f"{number(max(count / 1e6, 1), language)} MB"
    return f"{number(count / 1e9, language, 1)} GB"


def time_in_words(seconds: float, language: str) -> str:
    """Return a duration with about two digits: 8 s, 12 min, 2,5 uur."""
    from solidair.cli.numbers import number

    if seconds < 99.5:
        return f"{number(max(seconds, 1), language)} s"
    if seconds < 99.5 * 60:
        return f"{number(seconds / 60, language)} min"
    return f"{number(seconds / 3600, language, 1)} {'uur' if language == 'nl' else 'hours'}"
