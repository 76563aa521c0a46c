"""``solidair run``: from a study to a report."""

from __future__ import annotations

import os
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from solidair.cli import options

if TYPE_CHECKING:
    from solidair.pool.precision import Precision


@click.command("run")
@click.argument("study")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for the report and tables (default: out/STUDY).",
)
@options.sims_or_auto
@options.precision
@options.metric
@options.seed
@options.engine
@options.threads
@options.checkpoint
@options.resume
@options.dry_run
@options.overrides
@options.members
@options.workbook
@options.language
@options.as_json
def command(
    study: str,
    output: Path | None,
    sims: int | str | None,
    precision: float | None,
    metrics: tuple[str, ...],
    seed: int | None,
    years: int | None,
    first_year: int | None,
    case_by_case: bool,
    cluster: str | None,
    memory: int | None,
    threads: int | None,
    checkpoint: bool | None,
    resume: bool,
    dry_run: bool,
    overrides: tuple[str, ...],
    members: str | None,
    workbook: bool,
    lang: str,
    as_json: bool,
) -> None:
    """Run STUDY, a name from `solidair list` or a path, and write its report.

    The folder gets report.html, tables/*.csv, tables/*.parquet and manifest.json; for finance paragraph.nl.md or
    paragraph.en.md, and risk-register.csv. --members adds factsheets/CODE.html, --workbook adds workbook.xlsx. Nothing
    is written if anything is wrong with the input. With --sims auto, exit code 1 says that the precision was not
    reached.
    """
    started = time.perf_counter()
    if resume and checkpoint is False:
        raise click.UsageError("--resume needs the checkpoints that --no-checkpoint switches off.")
    if sims != options.AUTO and (precision is not None or metrics):
        raise click.UsageError("--precision and --metric go with --sims auto.")
    from solidair.cli import output as out
    from solidair.cli import progress
    from solidair.cli.ahead import Ready
    from solidair.cli.deliver import Wanted, chosen_members, deliver
    from solidair.cli.faults import Faults
    from solidair.pool.study import Study

    amount = _amount(sims, precision, metrics)
    faults = Faults()
    found = faults.tried(lambda: options.with_years(Study.load(study, overrides), years, first_year))
    chosen = None if found is None else faults.tried(lambda: chosen_members(members, found.region))
    target = output or Path("out") / ("" if found is None else found.name)
    if output is not None or found is not None:
        faults.tried(lambda: out.check_target(target))
    faults.tell()
    assert found is not None
    loaded, wanted = found, Wanted(chosen or (), workbook)
    from solidair.pool import preflight
    from solidair.pool.blocks import compile_study
    from solidair.pool.checkpoint import Checkpoint
    from solidair.pool.precision import FIRST
    from solidair.pool.run import simulate
    from solidair.pool.store import MEMORY

    clock = time.perf_counter()
    timing = {"load": clock - started}
    engine = compile_study(loaded, case_by_case=case_by_case)
    workers, limit = threads or os.cpu_count() or 1, MEMORY if memory is None else memory
    count = amount if isinstance(amount, int) else loaded.settings.sims if amount is None else FIRST
    speed = preflight.time_per_case(engine)
    where: dict[str, Any] = {"cluster": cluster, "grows": sims == options.AUTO}
    plan = preflight.needs(engine, count, workers=workers, memory=limit, nanoseconds=speed, **where)
    scratch, part = out.existing_parent(target), target.with_name(f"{target.name}.part")
    # How long it takes until the result is precise nobody knows: then blocks are kept too.
    keep = bool(checkpoint or resume or (checkpoint is None and (plan.is_long or sims == options.AUTO)))
    limits = where | {"memory": limit, "scratch": scratch, "checkpoint": part if keep else None}
    most = preflight.most_sims(engine, workers=workers, **limits) if sims == options.AUTO else None
    timing["prepare"], clock = time.perf_counter() - clock, time.perf_counter()
    if not (dry_run and as_json):
        progress.show_needs(plan, most, lang, keep=keep)
    preflight.check(engine, plan, **limits)
    if dry_run:
        if as_json:
            click.echo(
                out.json_text(
                    {**asdict(plan), "seconds": plan.seconds, "total_seconds": plan.total_seconds, "most_sims": most}
                )
            )
        return
    kept = Checkpoint(part, resume=resume) if keep else None
    ready = Ready(engine)
    label, total = {"nl": "Simuleren", "en": "Simulating"}[lang], None if most else count
    with out.full_disk_told(kept, lang), kept or nullcontext():
        with progress.progress_bar(label, total) as advance:
            results = simulate(
                engine, amount, seed, threads,
                memory=limit, scratch=scratch, checkpoint=kept, cluster=cluster, progress=advance,
            )  # fmt: skip
            if loaded.costs.uncertain:
                from solidair.pool.parameters import with_known

                again: dict[str, Any] = {"case_by_case": case_by_case, "cluster": cluster}
                again |= {"memory": limit, "scratch": scratch}
                results = with_known(results, lambda known: simulate(known, results.sims, seed, threads, **again))
        if resume and kept is not None:
            progress.show_reused(kept, lang)
        results = ready.given(results)
        timing["simulate"] = time.perf_counter() - clock
        how = {"threads": workers, "cluster": cluster, "memory": limit, "reused_sims": kept.reused if kept else 0}
        content, tables = deliver(target, results, lang, timing=timing, how=how, wanted=wanted, started=started)
    if as_json:
        click.echo(out.json_text({"output": str(target), **content}))
    else:
        from solidair.cli.screen import show_run

        show_run(results, tables, target, lang)
    if results.convergence is not None:
        progress.show_precision(results, lang)
        sys.exit(0 if results.convergence.reached else 1)


def _amount(sims: int | str | None, precision: float | None, metrics: tuple[str, ...]) -> int | Precision | None:
    """Return the number of sims, or how precise the result must be."""
    if not isinstance(sims, str):
        return sims
    from solidair.pool.precision import DEFAULT_METRICS, Precision

    return Precision(0.01 if precision is None else precision, metrics or DEFAULT_METRICS)
