"""``solidair warmup``: compile now, so that the first run does not wait."""

from __future__ import annotations

import time

import click

from solidair.cli import options

_SAID = {
    "nl": "Klaar: gecompileerd en bewaard in {seconds} s. De volgende keer begint een run meteen.",
    "en": "Done: compiled and cached in {seconds} s. From now on a run starts at once.",
}


@click.command("warmup")
@options.language
@options.as_json
def command(lang: str, as_json: bool) -> None:
    """Compile everything that is compiled, and cache it for the runs that follow."""
    started = time.perf_counter()
    from solidair.cli.numbers import number
    from solidair.pool.results import TABLES
    from solidair.pool.run import simulate
    from solidair.pool.study import Study

    study = Study.load("haaglanden")
    for case_by_case in (False, True):
        results = simulate(study, 100, 1, 1, case_by_case=case_by_case)
    for name in TABLES:
        results.table(name)
    seconds = time.perf_counter() - started
    if as_json:
        from solidair.cli.output import json_text

        click.echo(json_text({"seconds": round(seconds, 3)}))
    else:
        click.echo(_SAID[lang].format(seconds=number(seconds, lang, 1)))
