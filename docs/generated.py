"""The tables and blocks that the pages ask for, computed from the code when the site is built."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from solidair.cli.main import cli, show_problems
from solidair.cli.screen import show_run
from solidair.models.problems import InputError
from solidair.models.regions import Municipality
from solidair.models.sources.regions import COLUMNS, read_region
from solidair.pool import Results, Study, simulate
from solidair.pool.reference import documented
from solidair.pool.results import TABLES
from solidair.pool.study import builtin

GENERATED: dict[str, Callable[..., str]] = {}
ROOT = Path(__file__).resolve().parent.parent


def generated(function: Callable[..., str]) -> Callable[..., str]:
    """Register a function under its name, with dashes."""
    GENERATED[function.__name__.replace("_", "-")] = function
    return function


# --- small pieces


def table(header: Sequence[str], rows: Sequence[Sequence[object]], align: str = "") -> str:
    """Return a Markdown table; `align` has a letter per column, 'r' for right."""
    marks = ["--:" if mark == "r" else "---" for mark in (align or "l" * len(header))]
    lines = [header, marks, *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(value: object) -> str:
    pieces = " ".join(str(value).split()).split("`")
    # Every second piece is code, which stands as it is.
    return "`".join(piece if n % 2 else piece.replace("|", "&#124;") for n, piece in enumerate(pieces))


def code(text: object) -> str:
    """Return a cell set as code."""
    return f"`{text}`"


def figure(value: float) -> str:
    """Return a number with about four digits, thousands apart."""
    size = abs(value)
    if size >= 1e9:
        return f"{value / 1e9:,.2f} billion"
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def block(text: str) -> str:
    """Return what a terminal shows, without blanks at the ends of lines."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```"


# --- running the program


@cache
def results(name: str = "haaglanden") -> Results:
    """Return the results of a study that comes with solidair, at its own settings."""
    return simulate(Study.load(name))


def shown(run: Results, target: str) -> str:
    """Return what `solidair run` prints, in English."""
    out = io.StringIO()
    with redirect_stdout(out):
        show_run(run, {name: run.table(name) for name in TABLES}, Path(target), "en")
    return block(out.getvalue())


@contextmanager
def folder() -> Iterator[Path]:
    """Go to an empty folder for a while."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as made:
        os.chdir(made)
        try:
            yield Path(made)
        finally:
            os.chdir(before)


def invoked(*arguments: str) -> str:
    """Return what a command prints; what is wrong with the input is printed as the program does."""
    outcome = CliRunner().invoke(cli, list(arguments))
    if isinstance(outcome.exception, InputError):
        out = io.StringIO()
        with redirect_stderr(out):
            show_problems(outcome.exception)
        return block(out.getvalue())
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return block(outcome.output)


@generated
def run(name: str) -> str:
    """Return what `solidair run NAME` prints."""
    return shown(results(name), f"out/{name}")


@generated
def command(*arguments: str) -> str:
    """Return what a command prints, in an empty folder."""
    with folder():
        return invoked(*arguments)


@generated
def own_project(*changes: str) -> str:
    """Return what `solidair run .` prints in a fresh project, after changes 'old:new' in its agreement."""
    return shown(_own_project(changes), "out/my-region")


@cache
def _own_project(changes: tuple[str, ...]) -> Results:
    with folder() as made:
        invoked("init", "my-region", "--lang", "en")
        file = made / "my-region" / "agreements" / "our-agreement.toml"
        text = file.read_text(encoding="utf-8")
        for change in changes:
            old, new = change.split(":")
            if old not in text.partition("[[clauses]]")[2]:
                raise ValueError(f"the template has no '{old}' any more")
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        return simulate(Study.load("my-region"))


@generated
def gain(agreement: str, member: str, *changes: str) -> str:
    """Less swing by chance, in percent; with changes (or 'own') that of the fresh project."""
    run_ = _own_project(tuple(c for c in changes if c != "own")) if changes else results()
    return f"{100 * _value(run_, 'stability', 'stability_gain_chance', agreement, member):.0f}%"


@generated
def moved(agreement: str, metric: str, *changes: str) -> str:
    """Return a metric of the region, in millions of euro."""
    run_ = _own_project(tuple(c for c in changes if c != "own")) if changes else results()
    return f"EUR {_value(run_, 'fairness', metric, agreement) / 1e6:.1f} million"


@generated
def member(metric: str, agreement: str, code_: str) -> str:
    """Return a metric of one member of Haaglanden, in thousands of euro."""
    for name in ("stability", "transfers"):
        if metric in results().table(name):
            return f"EUR {_value(results(), name, metric, agreement, code_) / 1e3:,.0f} thousand"
    raise ValueError(f"there is no metric '{metric}'")


def _value(run_: Results, name: str, metric: str, agreement: str, member_: str = "") -> float:
    rows = run_.table(name)
    rows = rows[rows["agreement"] == agreement]
    return float((rows[rows["code"] == member_] if member_ else rows)[metric].iloc[0])


# --- files


BAD_REGION = """\
# titel: Onze regio
code;naam;inwoners;jeugdigen;begroting
GM0518;'s-Gravenhage;548.260;109949;267.396.000
637;Zoetermeer;125270;25417;61.814.144
GM1783;Westland;111380;125000;1-1-2024
GM0503;Delft;;16345;#N/B
"""


@generated
def bad_region() -> str:
    """Return a region file with faults."""
    return f'```text title="region.csv"\n{BAD_REGION}```'


@generated
def bad_region_errors() -> str:
    """Return what solidair says about it."""
    with folder() as made:
        invoked("init", "my-region")
        (made / "my-region" / "region.csv").write_text(BAD_REGION, encoding="utf-8")
        os.chdir("my-region")
        return invoked("check", ".")


@generated
def bad_agreement_errors() -> str:
    """Return what solidair says about an agreement with two faults."""
    with folder() as made:
        invoked("init", "my-region")
        file = made / "my-region" / "agreements" / "our-agreement.toml"
        text = file.read_text(encoding="utf-8")
        head, mark, rest = text.partition("[[clauses]]")
        rest = rest.replace("share = 1.0", "share = 60")
        rest = rest.replace("retention = 75000.0", "retension = 75000.0")
        file.write_text(head + mark + rest, encoding="utf-8")
        os.chdir("my-region")
        return invoked("check", ".")


@generated
def region_columns() -> str:
    """Every column of a region file."""
    said = documented(Municipality)
    rows = [
        (
            code(column.name),
            "yes" if column.required else "no",
            ", ".join(map(code, column.aliases)),
            said[column.name].replace("None if", "empty if"),
        )
        for column in COLUMNS
    ]
    return table(("column", "required", "also accepted", "what it is"), rows)


@generated
def regions() -> str:
    """Return the regions that come with solidair."""
    parts = []
    for name, file in builtin("regions").items():
        region = read_region(file)
        rows = [(code(m.code), m.name, f"{m.inhabitants:,}", f"{m.youth:,}") for m in region.members]
        parts.append(f"**{region.title}** (`{name}`), {region.year}. {region.source}.\n")
        parts.append(table(("code", "name", "inhabitants", "youth"), rows, "llrr"))
    return "\n".join(parts)
