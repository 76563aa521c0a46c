"""``solidair settle``: the statement of a real year."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from solidair.cli import options

if TYPE_CHECKING:
    from solidair.cli.settle_read import Earlier
    from solidair.pool.settle_year import YearSettlement
    from solidair.pool.statement.correction import Correction
    from solidair.pool.statement.transfers import Transfers

FILE = click.Path(path_type=Path)


@click.command("settle")
@click.argument("agreement")
@click.option("--cases", type=FILE, required=True, help="CSV of what children really cost; see files.md.")
@click.option("--region", required=True, help="Region of that year, a name or a CSV file.")
@click.option("--year", type=options.Count(1990, 2099), required=True, help="Calendar year to settle.")
@click.option("--history", type=FILE, help="CSV of past years, if a key or line looks at them.")
@click.option("--advances", type=FILE, help="CSV of what members paid in advance: code, advance_eur.")
@click.option("--earlier", type=FILE, help="Folder of the earlier statement that this one corrects.")
@click.option("--study", help="Study for expected values and laws, if an article needs them.")
@click.option("--costs", help="Cost model whose care types and codes count (default: nl-2024).")
@click.option(
    "--fewest",
    type=options.Count(2, 1000),
    default=10,
    show_default=True,
    help="Children on which a figure must rest that all members see.",
)
@click.option("-o", "--output", type=FILE, help="Folder for the statement (default: out/AGREEMENT-YEAR).")
@click.option("--overwrite", is_flag=True, help="Replace a statement with other figures in that folder.")
@options.overrides
@options.language
@options.as_json
def command(
    agreement: str,
    cases: Path,
    region: str,
    year: int,
    history: Path | None,
    advances: Path | None,
    earlier: Path | None,
    study: str | None,
    costs: str | None,
    fewest: int,
    output: Path | None,
    overwrite: bool,
    overrides: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Settle a real year under AGREEMENT, a name from `solidair list` or a path.

    The folder gets statement.xlsx, .csv, .html and .json for all members, members/CODE.* for each member alone, and
    manifest.json. The same input gives the same bytes. Nothing is written if anything is wrong with the input.
    """
    if study is not None and costs is not None:
        raise click.UsageError("--study brings its own cost model: leave --costs out.")
    from solidair.cli import output as out
    from solidair.cli.settle_earlier import missing_advances, other_statement
    from solidair.cli.settle_pages import Statement
    from solidair.cli.settle_read import Reader, names_children, read_earlier
    from solidair.models.problems import Problem
    from solidair.pool.child_rules import counts_spells
    from solidair.pool.disclosure import disclose
    from solidair.pool.settle_year import settle_year
    from solidair.pool.year_setting import setting_of_year, year_problems

    model_name = costs or "nl-2024"
    reader = Reader(overrides)
    agreements, place, model, chosen = reader.rules([agreement], region, model_name, study)
    listed = past = paid = None
    if place is not None and model is not None:
        listed = reader.cases(cases, place, model, year)
        past = reader.history(history, place, model)
        paid = reader.advances(advances, place)
        for rules in agreements if history is None or past is not None else []:
            setting = setting_of_year(place, model, year, past, expected=chosen is not None)
            reader.problems += year_problems(rules, setting, laws=study is not None)
    else:
        reader.exist(cases, history, advances)
    name = agreements[0].name if agreements else Path(agreement).stem
    before = None
    if earlier is not None:
        before = reader.tried(lambda: read_earlier(earlier, name, year))
        if before is not None and advances is None:
            missing = missing_advances(earlier, before, [] if place is None else [str(code) for code in place.codes])
            reader.problems += [missing] if missing else []
    target = output or Path("out") / f"{name}-{year}"
    if earlier is not None and target.resolve() == earlier.resolve():
        rule, hint = "the earlier statement would be overwritten by its correction", "Choose another folder with -o."
        reader.problems.append(Problem(str(target), "-o", "", rule, hint))
    reader.tried(lambda: out.check_target(target))
    reader.finish()
    assert place is not None and model is not None and listed is not None
    settled = settle_year(agreements[0], place, listed, year, model, history=past, advances=paid, study=chosen)
    setting = setting_of_year(place, model, year, past, expected=chosen is not None)
    disclosure = disclose(settled, setting, fewest, corrects=before is not None)
    correction, own, transfers = (None, {}, settled.transfers()) if before is None else _corrected(settled, before)
    if earlier is not None:
        from solidair.cli.settle_read import STATEMENT

        reader.kept(earlier / STATEMENT, before)
    inputs = {
        "agreement": agreements[0].file, "region": place.file, "cases": str(cases), "costs": model.name,
        "history": history, "advances": advances, "study": study, "earlier": earlier,
    }  # fmt: skip
    # All members read this: names of files, not folders of whoever made it.
    named = {role: Path(value).name for role, value in inputs.items() if value is not None}
    notes = tuple(listed.notes) + (() if past is None else past.notes)
    spells_by = listed.spells.told_by if counts_spells(agreements[0]) else None
    statement = Statement(
        settled, disclosure, model, transfers, named, lang, correction, own, notes, names_children(cases), overrides,
        spells_by,
    )  # fmt: skip
    lost = None if overwrite else other_statement(target, statement)
    reader.problems += [lost] if lost else []
    reader.finish()
    from solidair.cli.settle_write import shared_summary, write_statement

    with out.full_disk_told(None, lang), out.replaced_folder(target) as work:
        write_statement(work, statement, reader.digests)
    if as_json:
        click.echo(out.json_text({"output": str(target), **shared_summary(statement)}))
    else:
        from solidair.cli.settle_screen import show_settlement

        show_settlement(statement, target)


def _corrected(settled: YearSettlement, before: Earlier) -> tuple[Correction, dict[str, Correction], Transfers]:
    """Return the correction that all see, that of each member, and who pays whom for it."""
    import numpy as np

    from solidair.cli.settle_read import SHARED_LINES
    from solidair.pool.statement.correction import Lines, correct
    from solidair.pool.statement.transfers import who_pays_whom

    lines = settled.lines()
    rows = [lines.lines.index(name) for name in SHARED_LINES]
    shared = correct(before.shared, Lines(settled.year, lines.codes, SHARED_LINES, lines.cents[rows]), SHARED_LINES)
    own = {}
    for place, code in enumerate(settled.codes):
        mine = Lines(settled.year, (code,), lines.lines, lines.cents[:, [place]])
        nothing = Lines(settled.year, (code,), (), np.zeros((0, 1), dtype=np.int64))
        own[code] = correct(before.members.get(code, nothing), mine)
    balance = shared.lines.cents[shared.lines.lines.index("balance")]
    return shared, own, who_pays_whom(balance, shared.lines.codes)
