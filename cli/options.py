"""Options that several commands share, and what they accept."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from solidair.pool.study import Study

C = TypeVar("C", bound=Callable[..., Any])

AUTO = "auto"
MOST_SIMS = 100_000_000
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


class Count(click.IntRange):
    """A whole number in plain digits: a mark between thousands is explained, and never read as something else."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]+", value, re.ASCII):
            meant = _meant(value)
            advice = f"If you mean {meant}, write {meant}" if meant else "Write for example 20000"
            self.fail(f"'{value}' is not a whole number. {advice}: digits only, no point, comma or space.", param, ctx)
        return super().convert(value, param, ctx)


def _meant(text: str) -> str:
    """Return the digits of a whole number that has marks between thousands, a power or a unit; else nothing."""
    bare = text.strip().lower()
    marked = re.fullmatch(r"([0-9]{1,3})((?:[.,' _\u00a0\u202f\u2019][0-9]{3})+)(?:[.,]0{1,2})?", bare)
    if marked:
        return marked[1] + re.sub("[^0-9]", "", marked[2])
    scaled = re.fullmatch(r"([1-9][0-9]{0,3})(?:e\+?([0-9])|(k|m))", bare)
    if scaled:
        return scaled[1] + "0" * ({"k": 3, "m": 6}[scaled[3]] if scaled[3] else int(scaled[2]))
    whole = re.fullmatch(r"([0-9]+)[.,]0{1,2}", bare)
    return whole[1] if whole else ""


class Sims(Count):
    """A number of sims, or the word auto."""

    name = "sims"

    def __init__(self) -> None:
        super().__init__(min=100, max=MOST_SIMS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or 'auto'."""
        if isinstance(value, str) and value.strip().lower() == AUTO:
            return AUTO
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            raise click.BadParameter(f"{error.message.rstrip('.')}; or the word auto.", ctx, param) from None


class Size(click.ParamType[int]):
    """A number of bytes, such as 2GB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number of bytes."""
        if not isinstance(value, str):
            return value
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", value, re.IGNORECASE)
        if not found or found[2].upper() not in _UNITS:
            self.fail(f"'{value}' is not a size; write for example 2GB or 500MB.", param, ctx)
        return int(float(found[1]) * _UNITS[found[2].upper()])


class Percent(click.ParamType[float]):
    """A share, such as 1% or 0.01."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the share."""
        if not isinstance(value, str):
            return value
        found = re.fullmatch(r"\s*(\d*\.?\d+)\s*(%?)\s*", value)
        share = float(found[1]) / (100 if found[2] else 1) if found else 0.0
        if not 0.0 < share < 1.0:
            self.fail(f"'{value}' is not a share between 0% and 100%; write for example 1%.", param, ctx)
        return share


language = click.option(
    "--lang",
    type=click.Choice(["nl", "en"]),
    default="nl",
    show_default=True,
    help="Language of what is written.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine instead of tables.")
overrides = click.option(
    "--set",
    "overrides",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set a value on top of the files, for example costs.verblijf.clients_per_1000=6, or by a share of what it "
    "was, costs.verblijf.tariff=+15%. Repeatable.",
)
sims = click.option("--sims", type=Count(100, MOST_SIMS), help="Simulated paths (default: the study's own).")
sims_or_auto = click.option(
    "--sims",
    type=Sims(),
    metavar="N|auto",
    help="Simulated paths (default: the study's own); auto: as many as --precision asks for.",
)
precision = click.option(
    "--precision",
    type=Percent(),
    metavar="PERCENT",
    help="With --sims auto: largest relative standard error, for every member and agreement (default: 1%).",
)
metric = click.option(
    "--metric",
    "metrics",
    metavar="NAME",
    multiple=True,
    help="With --sims auto: a metric that must be that precise (default: mean and tvar_95). Repeatable.",
)
seed = click.option("--seed", type=Count(0, 2**64 - 1), help="Seed of all chance (default: the study's own).")
threads = click.option(
    "--threads",
    type=Count(min=1),
    help="Threads, or processes of a local cluster (default: all cores); no effect on results.",
)
checkpoint = click.option(
    "--checkpoint/--no-checkpoint",
    default=None,
    help="Keep finished blocks in OUTPUT.part until the run is done (default: if it takes over a minute).",
)
resume = click.option("--resume", is_flag=True, help="Go on with the finished blocks of a run that was broken off.")
members = click.option(
    "--members",
    metavar="all|CODE,...",
    help="Also write a fact sheet of one page for these municipalities: all, or codes and names with commas between.",
)
workbook = click.option("--workbook", is_flag=True, help="Also write workbook.xlsx: all tables and charts, for Excel.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what the run will need, and stop.")

_ENGINE = (
    click.option("--years", type=Count(1, 50), help="Years of every path (default: the study's own)."),
    click.option("--first-year", type=Count(1900, 2200), help="First year (default: the study's own)."),
    click.option("--case-by-case", is_flag=True, help="Draw every case by itself: slower, other luck, same law."),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Compute on dask workers: local, or a scheduler such as tcp://host:8786; no effect on results.",
    ),
    click.option(
        "--memory",
        type=Size(),
        metavar="SIZE",
        help="Results that may stay in memory (default: 2GiB), the rest goes to temporary files; no effect on results.",
    ),
)


def engine(command: C) -> C:
    """Add the options of the engine: years, first_year, case_by_case, cluster, memory."""
    return reduce(lambda function, option: option(function), reversed(_ENGINE), command)


def with_years(study: Study, years: int | None, first_year: int | None) -> Study:
    """Return a study with other years, if asked for."""
    return study if years is None and first_year is None else study.over(years, first_year)
