"""``solidair backtest``: what agreements would have done in past years."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solidair.cli import options

if TYPE_CHECKING:
    from solidair.cli.settle_read import Reader
    from solidair.models.costs import CostModel
    from solidair.models.regions import Region
    from solidair.models.sources.cases import Cases

FILE = click.Path(path_type=Path)


@click.command("backtest")
@click.argument("agreements", metavar="AGREEMENT...", nargs=-1, required=True)
@click.option("--region", required=True, help="Region, a name or a CSV file.")
@click.option("--cases", type=FILE, multiple=True, help="CSV of the cases of one year. Repeat it for each year.")
@click.option("--history", type=FILE, help="CSV of sums of past years: settled if there are no cases, and for keys.")
@click.option("--study", help="Study for expected values and laws, if an article needs them.")
@click.option("--costs", help="Cost model whose care types and codes count (default: nl-2024).")
@click.option(
    "--fewest",
    type=options.Count(2, 1000),
    default=10,
    show_default=True,
    help="Children of a member in a year from which its figures are shown.",
)
@click.option("-o", "--output", type=FILE, default=Path("out/backtest"), show_default=True, help="Folder to write.")
@options.overrides
@options.language
@options.as_json
def command(
    agreements: tuple[str, ...],
    region: str,
    cases: tuple[Path, ...],
    history: Path | None,
    study: str | None,
    costs: str | None,
    fewest: int,
    output: Path,
    overrides: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Settle past years under each AGREEMENT, by cases of each year or by sums of a history file.

    The folder gets backtest.csv, backtest.html and manifest.json. The year of a file of cases is in its column year, or
    in its name, such as 2023.csv. Sums do not do for articles that look at single children.
    """
    if study is not None and costs is not None:
        raise click.UsageError("--study brings its own cost model: leave --costs out.")
    if not cases and history is None:
        raise click.UsageError("Give the past years: --cases 2023.csv, once for each year, or --history history.csv.")
    from solidair.cli import output as out
    from solidair.cli.settle_read import Reader, of_real_year
    from solidair.models.problems import InputError, Problem
    from solidair.pool.backtest import backtest

    reader = Reader(overrides)
    loaded, place, model, chosen = reader.rules(agreements, region, costs or "nl-2024", study)
    names = [agreement.name for agreement in loaded]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        hint = "Name each agreement once; give a variant a file of its own."
        reader.problems.append(Problem("command line", "AGREEMENT", twice, "agreement named twice", hint))
    years: dict[int, Cases] = {}
    past = None
    if place is not None and model is not None:
        years = _years(reader, cases, place, model)
        past = reader.history(history, place, model)
    else:
        reader.exist(*cases, history)
    reader.tried(lambda: out.check_target(output))
    reader.finish()
    assert place is not None and model is not None
    try:
        result = backtest(loaded, place, model, cases=years or None, history=past, study=chosen)
    except InputError as error:
        raise InputError(dict.fromkeys(map(of_real_year, error.problems))) from None
    from solidair.cli.settle_backtest import backtest_document, backtest_rows, settled_cents, write_backtest
    from solidair.cli.settle_read import names_children
    from solidair.cli.texts.settle import TEXTS, reader_note, spell_rule
    from solidair.pool.child_rules import counts_spells

    exact = settled_cents(result, loaded, years, model, past)
    notes = [reader_note(note, lang) for listed in years.values() for note in listed.notes]
    notes += [reader_note(note, lang) for note in (() if past is None else past.notes)]
    notes += [f"{path.name}: {TEXTS[lang]['rule_child_rows_note']}" for path in cases if not names_children(path)]
    if any(map(counts_spells, loaded)):
        told = ((Path(listed.file).name, listed.spells.told_by) for listed in years.values())
        notes += [f"{name}: {spell_rule(columns, lang)}" for name, columns in told]

    titles = {agreement.name: agreement.spec.title[lang] for agreement in loaded}
    document = backtest_document(result, titles, fewest, lang, exact=exact, notes=notes)
    with out.full_disk_told(None, lang), out.replaced_folder(output) as work:
        write_backtest(work, result, document, reader.digests, fewest, lang, exact)
    if as_json:
        skipped = [{"agreement": name, "year": year, "why": why} for name, year, why in result.skipped]
        content = {"output": str(output), "rows": backtest_rows(result, fewest, exact), "skipped": skipped}
        click.echo(out.json_text(content))
        return
    from solidair.cli.settle_screen import show_pages

    show_pages(document, document.pages, lang)
    for line in document.lead:
        click.echo(line)
    click.echo(str(output / "backtest.html"))


def _years(reader: Reader, paths: tuple[Path, ...], region: Region, costs: CostModel) -> dict[int, Cases]:
    """Return the cases of each year, as far as the files are right."""
    from solidair.models.problems import Problem

    found: dict[int, Cases] = {}
    for path in paths:
        listed = reader.cases(path, region, costs, None)
        if listed is None:
            continue
        in_name = re.findall(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])", path.stem)
        year = listed.year or (int(in_name[0]) if len(in_name) == 1 else None)
        if year is None:
            hint = "Add a column year, or name the file after its year, such as 2023.csv."
            reader.problems.append(
                Problem(str(path), "year", "", "it is not known of which year these cases are", hint)
            )
        elif year in found:
            rule, hint = f"there are two files with cases of {year}", "Put the cases of a year into one file."
            reader.problems.append(Problem(str(path), "year", str(year), rule, hint))
        else:
            found[year] = listed
    return found
