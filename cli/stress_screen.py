"""What a stress test prints in a terminal, at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from solidair.cli.console import new_console
from solidair.cli.numbers import number, unit_for
from solidair.cli.report.cells import rounded
from solidair.cli.stress_run import Found
from solidair.cli.texts.stress import TEXTS
from solidair.pool.stress.compare import REGION

MOST = 6
"""Agreements beside one another: what fits on 80 columns."""


CLEAR = 2.0
"""Standard errors below which a change is not told from none."""


def show_stress(found: Found, target: Path, language: str) -> None:
    """Print a row per world: what changes in the mean, in the chance of an overrun and in what must be in reserve."""
    text, console, study = TEXTS[language], new_console(), found.base.study
    code = found.loaded.member or REGION
    rows: dict[tuple[str, str, str], Mapping[Any, Any]] = {
        (row["scenario"], row["agreement"], row["metric"]): row
        for row in found.table[(found.table["code"] == code) & (found.table["period"] == last_period(found))].to_dict(
            "records"
        )
    }
    who = study.region.title if code == REGION else study.region.members[study.region.index(code)].name
    console.print(Text(study.title[language], style="bold"))
    console.print(
        text["intro"].format(
            worlds=len(found.worlds), sims=number(found.base.sims, language), seed=found.base.seed, who=who
        )
    )
    names = [agreement.name for agreement in study.agreements]
    for start in range(0, len(names), MOST):
        console.print(_table(found, rows, names[start : start + MOST], start, language))
    for place, agreement in enumerate(study.agreements, 1):
        console.print(Text(f"({place}) {agreement.spec.title[language]}"))
    console.print(text["note" if code == REGION else "note_member"].format(period=last_period(found)))
    if any(world.assumed for world in found.worlds):
        console.print(text["assumed"])
    for left in found.left_out:
        console.print(text["left_out" if left.problems else "no_change"].format(name=left.scenario.name))
    console.print()
    console.print(Text(text["page"].format(path=target / "stress.html"), style="bold"), soft_wrap=True)


def last_period(found: Found) -> str:
    """Return the period of all years together, or the only year."""
    settings = found.base.study.settings
    first, last = settings.first_year, settings.first_year + settings.years - 1
    return str(first) if first == last else f"{first}-{last}"


def _table(
    found: Found,
    rows: Mapping[tuple[str, str, str], Mapping[Any, Any]],
    names: Sequence[str],
    start: int,
    language: str,
) -> Table:
    text = TEXTS[language]
    first = found.base.study.agreements[0].name
    amounts = [abs(row["change"]) for row in rows.values() if row["metric"] in ("mean", "required")]
    unit = unit_for(max(amounts, default=0.0))
    table = Table(
        title=text["title"].format(unit=text[unit.name], period=last_period(found)),
        box=SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column(text["world"], no_wrap=True, max_width=24)
    if not start:
        table.add_column(text["mean"], justify="right", no_wrap=True)
        table.add_column(text["chance"], justify="right", no_wrap=True)
    for place, _ in enumerate(names, start + 1):
        table.add_column(f"({place})", justify="right", no_wrap=True)
    for world in found.worlds:
        cells = [f"{world.name}{'*' if world.assumed else ''}"]
        if not start:
            mean, chance = rows[world.name, first, "mean"], rows[world.name, first, "overrun_probability"]
            cells += [_amount(mean, unit.divisor, language), _points(chance, language)]
        cells += [_amount(rows[world.name, name, "required"], unit.divisor, language) for name in names]
        table.add_row(*cells)
    return table


def _amount(row: Mapping[Any, Any], divisor: float, language: str) -> str:
    return shown_change(row["change"] / divisor, row["change_se"] / divisor, language)


def _points(row: Mapping[Any, Any], language: str) -> str:
    return shown_change(100 * row["change"], 100 * row["change_se"], language)


def shown_change(value: float, error: float, language: str) -> str:
    """Return a change with at most three digits; one that chance alone could give is about 0."""
    if abs(value) < CLEAR * error:
        return "≈ 0"
    return rounded(value, error, language, sign=True, most=1 if abs(value) < 99.95 else 0)[0]
