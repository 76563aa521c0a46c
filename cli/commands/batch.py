"""``solidair batch``: many studies, and one page that leads to all of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from solidair.cli import options
from solidair.cli.batch_work import Job, Outcome, Plan, failures, planned


@click.command("batch")
@click.argument("studies", metavar="FOLDER|LIST", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("out"),
    show_default=True,
    help="Folder for the overview; every study gets a folder in it.",
)
@options.members
@options.workbook
@click.option(
    "--jobs",
    type=options.Count(1, 256),
    default=1,
    show_default=True,
    help="Studies that run at the same time, each in a process of its own; no effect on results.",
)
@options.sims
@options.seed
@options.overrides
@click.option("--force", is_flag=True, help="Run every study again, also where nothing has changed.")
@click.option("--dry-run", is_flag=True, help="Say what would be run, and why; write nothing.")
@options.language
@options.as_json
def command(
    studies: Path,
    output: Path,
    members: str | None,
    workbook: bool,
    jobs: int,
    sims: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    force: bool,
    dry_run: bool,
    lang: str,
    as_json: bool,
) -> None:
    """Run all studies of FOLDER, or of a LIST such as studies.toml, and write an overview.

    A study of which nothing has changed since the last batch is left as it is. Exit code 1 says that a study failed;
    the others are there all the same. Options hold for every study and go before what the list says.
    """
    started = time.perf_counter()
    from solidair.cli.batch_pages import check_overview
    from solidair.models.problems import InputError
    from solidair.pool.batch import listed_studies, override_faults

    listed = listed_studies(studies)
    if problems := override_faults(overrides):
        raise InputError(problems)
    check_overview(output)
    plans = [
        planned(
            Job(
                name=one.name,
                study=one.study,
                folder=one.folder,
                overrides=(*one.overrides, *overrides),
                target=output / one.name,
                language=lang,
                members=one.members if members is None else members,
                workbook=workbook or bool(one.workbook),
                sims=sims,
                seed=seed,
            ),
            force=force,
        )
        for one in listed
    ]
    if dry_run:
        _show_dry(plans, lang, as_json=as_json)
        sys.exit(1 if any(plan.why == "refused" for plan in plans) else 0)
    outcomes = _outcomes(plans, jobs, lang)
    about: dict[str, Any] = {"source": str(studies), "jobs": jobs, "language": lang}
    about["seconds"] = round(time.perf_counter() - started, 1)
    _conclude(plans, outcomes, output, about, as_json=as_json)
    sys.exit(1 if failures(outcomes) else 0)


def _show_dry(plans: Sequence[Plan], lang: str, *, as_json: bool) -> None:
    """Say what would be done, and what is wrong with studies that cannot be run."""
    from solidair.cli import batch_screen as screen

    if as_json:
        from solidair.cli.output import json_text

        content = [
            {
                "name": plan.job.name,
                "runs": plan.runs,
                "why": plan.why,
                "details": plan.details,
                "problems": [asdict(problem) for problem in plan.problems],
            }
            for plan in plans
        ]
        click.echo(json_text({"studies": content}))
    else:
        screen.show_plans(plans, lang)
        click.echo(screen.counted_plans(plans, lang))
    for plan in plans:
        if plan.why == "refused":
            screen.show_failure(plan.left_alone(), lang)


def _outcomes(plans: Sequence[Plan], jobs: int, lang: str) -> list[Outcome]:
    """Run what is to be run, and return what came of every study, in the order of the plans."""
    from solidair.cli import batch_crew as crew
    from solidair.cli.batch_screen import watching
    from solidair.cli.texts.batch import TEXTS

    todo = [plan.job for plan in plans if plan.runs]
    workers = max(1, min(jobs, len(todo)))
    outcomes = {plan.job.name: plan.left_alone() for plan in plans if not plan.runs}
    try:
        with crew.stopped_by_terminate(), watching(len(plans), lang) as told:
            for outcome in outcomes.values():
                told(outcome)
            with closing(crew.outcomes_of([job.shared_by(workers) for job in todo], workers)) as events:
                for event in events:
                    told(event)
                    if isinstance(event, Outcome):
                        outcomes[event.name] = event
    except KeyboardInterrupt:
        ready = len(outcomes) - len(failures(list(outcomes.values())))
        click.echo(TEXTS[lang]["interrupted"].format(done=ready, count=len(plans)), err=True)
        sys.exit(130)
    return [outcomes[plan.job.name] for plan in plans]


def _conclude(
    plans: Sequence[Plan], outcomes: Sequence[Outcome], output: Path, about: dict[str, Any], *, as_json: bool
) -> None:
    """Write the overview, and say what came of all studies."""
    from solidair.cli import batch_pages as pages
    from solidair.cli import batch_screen as screen
    from solidair.cli.texts.batch import TEXTS

    lang = about["language"]
    rows = [
        pages.row_of(plan, outcome, screen.what_went_wrong(outcome, lang))
        for plan, outcome in zip(plans, outcomes, strict=True)
    ]
    gone = pages.no_longer_listed(output, [plan.job.name for plan in plans])
    said, now = screen.counted(outcomes, lang), datetime.now().astimezone()
    content = pages.record(rows, gone, {**about, "finished": now.isoformat(timespec="seconds")})
    page = pages.index_html(rows, gone, said, about["source"], now, lang)
    pages.write_overview(output, page, pages.summary_csv(rows), content)
    for outcome in outcomes:
        if outcome.status == "failed":
            screen.show_failure(outcome, lang)
    if failures(outcomes):
        click.echo(err=True)
    if gone:
        click.echo(TEXTS[lang]["gone"].format(names=", ".join(gone)), err=True)
    if as_json:
        from solidair.cli.output import json_text

        click.echo(json_text({"output": str(output), **content}))
    else:
        click.echo(said)
        click.echo(TEXTS[lang]["overview"].format(path=output / pages.INDEX))
