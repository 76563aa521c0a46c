"""``solidair stress``: the same luck in worlds that turn out otherwise than planned."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from solidair.cli import options
from solidair.cli.stress_ask import Asked, Run, answer, questions, refuse_without_question


@click.command("stress")
@click.argument("study")
@click.option(
    "--scenario",
    "scenarios",
    metavar="NAME",
    multiple=True,
    help="A scenario by name or file; a+b applies both at once. Repeatable, to see several beside each other "
    "(default: all that come with solidair and fit the study).",
)
@click.option("--member", metavar="CODE", help="Show one member on the screen, by code or name (default: the region).")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for the page and tables (default: out/STUDY-stress).",
)
@options.sims
@options.seed
@options.threads
@click.option(
    "--set",
    "overrides",
    metavar="KEY=VALUE",
    multiple=True,
    help="A change of your own, for example costs.verblijf.tariff=+15% or budget=-5%; all of them together are one "
    "more world. Other keys, such as agreements or region, change the study itself. Repeatable.",
)
@questions
@options.language
@options.as_json
def command(
    study: str,
    scenarios: tuple[str, ...],
    member: str | None,
    output: Path | None,
    sims: int | None,
    seed: int | None,
    threads: int | None,
    overrides: tuple[str, ...],
    lang: str,
    as_json: bool,
    **asked: Any,
) -> None:
    """Run STUDY as planned and in other worlds, and show what changes for whom.

    Every world has the same luck as the plan, so that differences are known well. Budgets and agreements stay as they
    were planned. The folder gets stress.html, tables/stress.csv and .parquet, and manifest.json.
    With --tornado or --reverse it answers that question instead, of the study as planned or in one world, and writes
    out/STUDY-tornado or out/STUDY-reverse.
    """
    question = Asked(**asked)
    refuse_without_question(click.get_current_context(), question)
    if question.anything:
        run = Run(output, sims, seed, threads, member, lang, as_json, scenarios, overrides)
        answer(study, question, run)
        return
    started = time.perf_counter()
    from solidair.cli import output as out
    from solidair.cli.faults import Faults
    from solidair.cli.stress_load import load
    from solidair.cli.stress_run import run_worlds

    faults = Faults()
    loaded = faults.tried(lambda: load(study, scenarios, overrides, member))
    name = "" if loaded is None else f"{loaded.study.name}-stress"
    target = output or Path("out") / name
    if output is not None or name:
        faults.tried(lambda: out.check_target(target))
    faults.tell()
    assert loaded is not None
    found = run_worlds(loaded, sims, seed, threads, lang)
    from solidair.cli.stress_deliver import deliver_stress

    content = deliver_stress(target, found, lang, started)
    if as_json:
        click.echo(out.json_text({"output": str(target), **content}))
        return
    from solidair.cli.stress_screen import show_stress

    show_stress(found, target, lang)
