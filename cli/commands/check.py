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
@options.threads
@options.overrides
@options.language
@options.as_json
def command(
    study: str,
    sims: int | None,
    seed: int | None,
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

    loaded = Study.load(study, overrides)
    from solidair.pool.exactness import verdict
    from solidair.pool.run import simulate

    with progress_bar({"nl": "Simuleren", "en": "Simulating"}[lang], sims or loaded.settings.sims) as advance:
        results = simulate(loaded, sims, seed, threads, progress=advance)
    table, anchors = results.table("check"), results.table("anchors")
    outcome = verdict(table)
    if as_json:
        content = {
            "study": loaded.name,
            "sims": results.sims,
            "seed": results.seed,
            **outcome,
            "anchors": json.loads(anchors.to_json(orient="records")),
            "check": json.loads(table.to_json(orient="records", double_precision=15)),
        }
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        from solidair.cli.screen import show_check

        show_check(results, table, anchors, outcome, lang)
    sys.exit(0 if outcome["passed"] else 1)
