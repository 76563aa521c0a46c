"""``solidair run``: from a study to a report."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from solidair.cli import options


@click.command("run")
@click.argument("study")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for the report and tables (default: out/STUDY).",
)
@options.sims
@options.seed
@options.threads
@options.overrides
@options.language
@options.as_json
def command(
    study: str,
    output: Path | None,
    sims: int | None,
    seed: int | None,
    threads: int | None,
    overrides: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Run STUDY, a name from `solidair list` or a path, and write its report.

    The folder gets report.html, tables/*.csv, tables/*.parquet and manifest.json. Nothing is written if anything is
    wrong with the input.
    """
    started = time.perf_counter()
    from solidair.cli import output as out
    from solidair.cli.progress import progress_bar
    from solidair.pool.study import Study

    loaded = Study.load(study, overrides)
    target = output or Path("out") / loaded.name
    out.check_target(target)
    from solidair.pool.run import simulate

    clock = time.perf_counter()
    timing = {"load": clock - started}
    total = sims or loaded.settings.sims
    with progress_bar({"nl": "Simuleren", "en": "Simulating"}[lang], total) as advance:
        results = simulate(loaded, sims, seed, threads, progress=advance)
    timing["simulate"], clock = time.perf_counter() - clock, time.perf_counter()
    from solidair.pool.results import TABLES

    tables = {name: results.table(name) for name in TABLES}
    timing["metrics"], clock = time.perf_counter() - clock, time.perf_counter()
    with out.replaced_folder(target) as work:
        from solidair.cli.report.build import report_html

        digests = out.write_tables(work / "tables", tables)
        timing["write"], clock = time.perf_counter() - clock, time.perf_counter()
        (work / "report.html").write_text(report_html(results, tables, lang), encoding="utf-8")
        timing["report"] = time.perf_counter() - clock
        timing["total"] = time.perf_counter() - started
        content = out.manifest(results, timing, digests)
        out.write_json(work / out.MANIFEST, content)
    if as_json:
        click.echo(json.dumps({"output": str(target), **content}, ensure_ascii=False))
        return
    from solidair.cli.screen import show_run

    show_run(results, tables, target, lang)
