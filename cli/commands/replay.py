"""``solidair replay``: one simulated path again, case by case."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from solidair.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solidair.pool.study import Study


def _case_count(_context: click.Context, _option: click.Parameter, value: str) -> int:
    """Return how many cases to list; 'all' is more than there can be."""
    if value == "all":
        return sys.maxsize
    if not value.isdecimal():
        raise click.BadParameter(f"'{value}' is not 'all' or a whole number.")
    return int(value)


@click.command("replay")
@click.argument("study")
@click.option("--sim", type=click.IntRange(0, 2**48 - 1), required=True, help="Number of the simulated path, from 0.")
@options.seed
@click.option("--agreement", metavar="NAME", help="Only this agreement, and what it takes of every case.")
@click.option("--member", metavar="CODE|NAME", help="Only this municipality, by CBS code or name.")
@click.option("--year", metavar="YEAR", help="Only this calendar year.")
@click.option(
    "--cases",
    metavar="all|N",
    default="10",
    show_default=True,
    callback=_case_count,
    help="List the N most expensive cases of each municipality and year, or all.",
)
@click.option("--years", type=click.IntRange(1, 50), help="Years of the path, if the run was given --years.")
@click.option("--first-year", type=click.IntRange(1900, 2200), help="First year, if the run was given --first-year.")
@click.option("--case-by-case", is_flag=True, help="Every case by itself, if the run was given --case-by-case.")
@options.overrides
@options.language
@options.as_json
def command(
    study: str,
    sim: int,
    seed: int | None,
    agreement: str | None,
    member: str | None,
    year: str | None,
    cases: int,
    years: int | None,
    first_year: int | None,
    case_by_case: bool,
    overrides: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Draw one simulated path of STUDY again, and show every case behind its figures.

    Shows per municipality and year the shocks, the clients, the most expensive cases and the settlement. The sums are
    compared with what `solidair run` has for this path; a difference of a cent ends with exit code 1. Children from a
    file of your own are only counted.
    """
    from solidair.pool.study import Study

    loaded = options.with_years(Study.load(study, overrides), years, first_year)
    place = chosen_places(loaded, member, year)
    agreements = chosen_agreements(loaded, agreement)
    from solidair.pool.replay import replay

    path = replay(loaded, sim, seed, case_by_case=case_by_case)
    if as_json:
        from solidair.cli.output import json_text
        from solidair.cli.replay_data import replay_data

        click.echo(json_text(replay_data(path, place, agreements, cases)))
    else:
        from solidair.cli.replay_screen import show_replay

        show_replay(path, place, agreements, cases, lang, alone=agreement is not None)
    sys.exit(0 if path.reconciled else 1)


def chosen_places(study: Study, member: str | None, year: str | None) -> list[tuple[int, int]]:
    """Return the positions of members and years that are asked for.

    Raises
    ------
    InputError
        If there is no such member or year.
    """
    from solidair.models.problems import InputError

    problems, members = [], study.region.members
    chosen = list(range(len(members)))
    if member is not None:
        wanted = member.strip().casefold()
        chosen = [i for i, m in enumerate(members) if wanted in (m.code.casefold(), m.name.casefold())]
        if not chosen:
            names = [name for m in members for name in (m.name, m.code)]
            problems.append(_unknown("--member", member, "there is no such municipality in this study", names))
    first = study.settings.first_year
    years = [str(first + t) for t in range(study.settings.years)]
    if year is not None and year.strip() not in years:
        problems.append(_unknown("--year", year, "this year is not simulated", years))
    if problems:
        raise InputError(problems)
    picked = range(len(years)) if year is None else [years.index(year.strip())]
    return [(i, t) for i in chosen for t in picked]


def chosen_agreements(study: Study, name: str | None) -> list[str]:
    """Return the agreements to show: the one that is asked for, else all.

    Raises
    ------
    InputError
        If there is no such agreement in the study.
    """
    from solidair.models.problems import InputError

    names = [agreement.name for agreement in study.agreements]
    if name is None:
        return names
    if name not in names:
        raise InputError([_unknown("--agreement", name, "there is no such agreement in this study", names)])
    return [name]


def _unknown(option: str, value: str, rule: str, known: Sequence[str]) -> Any:
    from solidair.models.problems import Problem, suggest

    return Problem("solidair replay", option, value, rule, suggest(value, known))
