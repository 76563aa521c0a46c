"""``solidair check``: whether everything is right, before somebody leans on it."""

from __future__ import annotations

import json
import sys

import click

from solidair.cli import options


@click.command("check")
@click.argument("study")
@options.sims
@options.seed
@options.engine
@options.threads
@options.overrides
@options.language
@options.as_json
def command(
    study: str,
    sims: int | None,
    seed: int | None,
    years: int | None,
    first_year: int | None,
    case_by_case: bool,
    cluster: str | None,
    memory: int | None,
    threads: int | None,
    overrides: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Check STUDY: every file, the model beside its anchors, and simulated means and SDs against exact ones.

    Ends with exit code 1 if a simulated figure lies further from the exact one than chance explains.
    """
    from solidair.cli.progress import progress_bar
    from solidair.pool.study import Study

    loaded = options.with_years(Study.load(study, overrides), years, first_year)
    from solidair.pool.exactness import verdict
    from solidair.pool.run import simulate
    from solidair.pool.store import MEMORY

    with progress_bar({"nl": "Simuleren", "en": "Simulating"}[lang], sims or loaded.settings.sims) as advance:
        results = simulate(
            loaded, sims, seed, threads,
            case_by_case=case_by_case, cluster=cluster, memory=MEMORY if memory is None else memory, progress=advance,
        )  # fmt: skip
    table, anchors = results.table("check"), results.table("anchors")
    outcome = verdict(table)
    if as_json:
        from solidair.cli.checks import by_year
        from solidair.cli.output import json_text

        not_judged = by_year(table)[-1].not_judged
        content = {
            "study": loaded.name,
            "sims": results.sims,
            "seed": results.seed,
            **outcome,
            "not_judged": not_judged,
            "anchors": json.loads(anchors.to_json(orient="records")),
            "check": json.loads(table.to_json(orient="records", double_precision=15)),
        }
        click.echo(json_text(content))
    else:
        from solidair.cli.screen import show_check

        show_check(results, table, anchors, outcome, lang)
    sys.exit(0 if outcome["passed"] else 1)
