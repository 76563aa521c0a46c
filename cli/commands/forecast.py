"""``solidair forecast``: the year's end and the settlement, given what the first months have cost."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from solidair.cli import options

FILE = click.Path(path_type=Path)


@click.command("forecast")
@click.argument("study")
@click.option("--costs", type=FILE, required=True, help="CSV of what each member has spent: code, cost_eur and more.")
@click.option(
    "--month",
    type=options.Count(1, 12),
    required=True,
    help="Last month that the costs cover; 12 for the annual accounts.",
)
@click.option("-o", "--output", type=FILE, help="Folder to write (default: out/STUDY-YEAR-MONTH).")
@click.option("--first-year", type=options.Count(1900, 2200), help="Year of the costs (default: the study's first).")
@options.sims
@options.seed
@options.threads
@options.overrides
@options.language
@options.as_json
def command(
    study: str,
    costs: Path,
    month: int,
    output: Path | None,
    first_year: int | None,
    sims: int | None,
    seed: int | None,
    threads: int | None,
    overrides: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Forecast the first year of STUDY from its costs until the end of a month, and update the later years.

    The folder gets forecast.html, tables/*.csv, tables/*.parquet and manifest.json. A member that has no row in the
    file, or no cost, is one of which nothing is known yet.
    """
    started = time.perf_counter()
    from solidair.cli import output as out
    from solidair.cli import progress
    from solidair.cli.faults import Faults
    from solidair.cli.forecast_read import load

    faults = Faults()
    read = faults.tried(lambda: load(study, costs, overrides, first_year))
    if output is not None and read is None:
        faults.tried(lambda: out.check_target(output))
    faults.tell()
    assert read is not None
    loaded, known, digest = read
    year = loaded.settings.first_year
    target = output or Path("out") / f"{loaded.name}-{year}-{month:02d}"
    out.check_target(target)
    from solidair.cli.forecast_pages import forecast_page, show_forecast
    from solidair.pool import preflight
    from solidair.pool.blocks import compile_study
    from solidair.pool.forecast.result import TABLES, forecast
    from solidair.pool.run import simulate
    from solidair.pool.store import MEMORY

    clock = time.perf_counter()
    timing = {"load": clock - started}
    engine = compile_study(loaded)
    count = loaded.settings.sims if sims is None else sims
    plan = preflight.needs(engine, count, workers=threads or os.cpu_count() or 1, memory=MEMORY)
    preflight.check(engine, plan, memory=MEMORY, scratch=out.existing_parent(target))
    with out.full_disk_told(None, lang):
        with progress.progress_bar({"nl": "Simuleren", "en": "Simulating"}[lang], count) as advance:
            results = simulate(
                engine, sims, seed, threads, scratch=out.existing_parent(target), progress=advance
            )  # fmt: skip
        timing["simulate"], clock = time.perf_counter() - clock, time.perf_counter()
        found = forecast(results, known, month, threads)
        tables = {name: found.table(name) for name in TABLES}
        timing["forecast"], clock = time.perf_counter() - clock, time.perf_counter()
        with out.replaced_folder(target) as work:
            digests = out.write_tables(work / "tables", tables)
            (work / "forecast.html").write_text(forecast_page(found, lang), encoding="utf-8")
            timing["write"] = time.perf_counter() - clock
            timing["total"] = time.perf_counter() - started
            content = {
                **out.manifest(results, timing, digests, {"threads": threads}),
                "month": month,
                "costs_to_date": {"file": str(costs), "sha256": digest, "members": int(found.seen.sum())},
                "leaning": found.update.leaning,
                "files_sha256": out.digests_of_files(work),
            }
            out.write_json(work / out.MANIFEST, content)
    if as_json:
        rows = {name: table.to_dict("records") for name, table in tables.items()}
        click.echo(out.json_text({"output": str(target), "month": month, "year": year, **rows}))
        return
    show_forecast(found, target, lang)
