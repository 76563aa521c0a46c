"""What a stress test prints in a terminal, at 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from solidair.cli.console import new_console
from solidair.cli.numbers import number, unit_for
from solidair.cli.stress_figures import Figures
from solidair.cli.stress_run import Found
from solidair.pool.stress.compare import REGION

MOST = 6
"""Agreements beside one another: what fits on 80 columns."""


def show_stress(found: Found, target: Path, language: str) -> None:
    """Print a row per world: what changes in the mean, in the chance of an overrun and in what must be in reserve."""
    figures = Figures(found, language)
    text, console, study = figures.text, new_console(), found.base.study
    code = found.loaded.member or REGION
    who = study.region.title if code == REGION else study.region.members[study.region.index(code)].name
    console.print(Text(study.title[language], style="bold"))
    sims = number(found.base.sims, language)
    console.print(text["intro"].format(worlds=figures.worlds, sims=sims, seed=found.base.seed, who=who))
    names = [agreement.name for agreement in study.agreements]
    if not found.worlds:
        console.print(text["none"])
    for start in range(0, len(names) if found.worlds else 0, MOST):
        console.print(_table(figures, code, names[start : start + MOST], start))
    for place, agreement in enumerate(study.agreements, 1):
        console.print(Text(f"({place}) {agreement.spec.title[language]}"))
    note = text["note" if code == REGION else "note_member"]
    console.print(note.format(period=figures.periods[-1], first="(1)", certainty=figures.certainty))
    for world in found.worlds:
        if not figures.of(world.name, names[0], code, "mean").there:
            console.print(text["absorbed"].format(name=who, world=world.name))
    if found.loaded.changes:
        console.print(Text(f"--set: {', '.join(found.loaded.changes)}"))
    if any(world.assumed for world in found.worlds):
        console.print(text["assumed"])
    for left in found.left_out:
        console.print(text["left_out" if left.problems else "no_change"].format(name=left.scenario.name))
    console.print()
    console.print(Text(text["page"].format(path=target / "stress.html"), style="bold"), soft_wrap=True)


def _table(figures: Figures, code: str, names: Sequence[str], start: int) -> Table:
    found, text, own = figures.found, figures.text, figures.found.base.study.agreements[0].name
    worlds = [world.name for world in found.worlds]
    shown = [figures.of(world, name, code, "required") for world in worlds for name in names]
    shown += [figures.of(world, own, code, "mean") for world in worlds]
    unit = unit_for(max((abs(one.change) for one in shown if one.change == one.change), default=0.0))
    table = Table(
        title=text["title"].format(unit=text[unit.name], period=figures.periods[-1]),
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
            cells.append(figures.short(figures.of(world.name, own, code, "mean"), unit.divisor))
            cells.append(figures.short(figures.of(world.name, own, code, "overrun_probability"), 0.01))
        cells += [figures.short(figures.of(world.name, name, code, "required"), unit.divisor) for name in names]
        table.add_row(*cells)
    return table
