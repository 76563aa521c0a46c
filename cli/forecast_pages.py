"""A forecast for readers: one HTML page, and what the terminal shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from solidair.cli.checks import start_notes
from solidair.cli.console import new_console
from solidair.cli.numbers import Unit, euro_short, in_unit, number, points, signed, unit_for
from solidair.cli.texts.forecast import MONTHS, TEXTS
from solidair.cli.texts.screen import TEXTS as SCREEN
from solidair.cli.texts.settle import reader_note
from solidair.pool.forecast.marginal import described
from solidair.pool.forecast.result import STRANGE, Forecast, usual_doubt
from solidair.pool.forecast.update import ENOUGH
from solidair.pool.parts.words import listed
from solidair.pool.study import OWN_USE

if TYPE_CHECKING:
    from rich.table import Table

MOST_ON_SCREEN = 5
"""Agreements beside one another in the terminal: what fits on 80 columns."""

OFTEN = 0.001
"""Share of paths below what has been spent from which it is told."""

_LEAD = {"mean": "", "p10": "_low", "p90": "_high"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Bar:
    """A row of the drawing: places of both ranges and of the budget, as percentages of its width."""

    prior: tuple[float, float]
    now: tuple[float, float]
    middle: float
    budget: float


@dataclass(frozen=True, eq=False)
class View:
    """What page and screen have in common."""

    found: Forecast
    language: str

    @property
    def text(self) -> dict[str, str]:
        """The words of the language."""
        return TEXTS[self.language]

    @property
    def year(self) -> int:
        """The year that is forecast."""
        return self.found.results.study.settings.first_year

    @property
    def month(self) -> str:
        """Name of the last month."""
        return MONTHS[self.language][self.found.month - 1]

    @property
    def accounts(self) -> bool:
        """Whether the year is over."""
        return self.found.month == 12

    def said(self, key: str, **words: object) -> str:
        """Return a sentence; that of the annual accounts if the year is over and there is one."""
        name = f"{key}_accounts" if self.accounts and f"{key}_accounts" in self.text else key
        return self.text[name].format(year=self.year, month=self.month, **words)

    @cached_property
    def rows(self) -> list[Row]:
        """The table of the forecast."""
        return _rows(self.found, "forecast")

    @cached_property
    def evidence(self) -> list[Row]:
        """The table of the evidence."""
        return _rows(self.found, "evidence")

    @cached_property
    def unit(self) -> Unit:
        """The unit of all amounts on the page."""
        unit = unit_for(max(abs(row["mean"]) for row in self.rows))
        return unit if unit.name != "million" else Unit("million", 1e6, 2)

    def of(self, agreement: str, year: int | None = None) -> list[Row]:
        """Return the rows of an agreement in a year."""
        year = self.year if year is None else year
        return [row for row in self.rows if row["agreement"] == agreement and row["year"] == year]

    def label(self, agreement: str) -> str:
        """Return the title of an agreement."""
        titles = {a.name: a.spec.title[self.language] for a in self.found.results.study.agreements}
        return titles.get(agreement, self.text["own"])

    def amount(self, value: float, error: float = 0.0) -> str:
        """Return an amount in the unit, with its error if it has one that is not rounding."""
        if math.isnan(value):
            return "–"
        return in_unit(value, error if error > 0.005 else 0.0, self.unit, self.language)

    def difference(self, value: float) -> str:
        """Return an amount with its sign."""
        return signed(value / self.unit.divisor, self.language, self.unit.decimals)

    @property
    def title(self) -> str:
        """Title of the page."""
        return self.said("title", study=self.found.results.study.title[self.language])

    @property
    def facts(self) -> str:
        """Sims, seed and unit."""
        results = self.found.results
        sims = number(results.sims, self.language)
        return self.said("facts", sims=sims, seed=results.seed, unit=self.text[self.unit.name])

    @property
    def lead(self) -> list[str]:
        """The answer in a few sentences."""
        own = self.found.results.own
        before, after = (np.asarray(x[:, 0]).sum(axis=1, keepdims=True) for x in (own, self.found.own))
        budget = self.found.results.study.setting.budgets[0].sum(keepdims=True)
        now = described(after, budget, before=before, pull=self.found.update.pull)
        prior = described(before, budget)
        words = {f"prior{name}": prior[key] for key, name in _LEAD.items()}
        words |= {name.removeprefix("_") or "mean": now[key] for key, name in _LEAD.items()}
        money = {name: euro_short(float(value[0]), self.language) for name, value in words.items()}
        chance = points(float(now["overrun_probability"][0]), self.language)
        known, members = int(self.found.seen.sum()), len(self.found.seen)
        lead = "lead_accounts_part" if self.accounts and known < members else "lead"
        lines = [self.said(lead, chance=chance, budget=euro_short(float(budget[0]), self.language), **money)]
        if known < members:
            lines.append(self.said("lead_known", count=known, members=members))
        return lines

    @property
    def notes(self) -> list[str]:
        """What a reader should know about the input."""
        study = self.found.results.study
        lines = [reader_note(note, self.language) for note in self.found.costs.notes]
        if derived := sum(member.budget_derived for member in study.region.members):
            members = self.said("members", count=len(study.region.members))
            lines.append(SCREEN[self.language]["derived_budget"].format(count=derived, members=members))
        return [*lines, *start_notes(study, self.language)]

    @property
    def warnings(self) -> list[str]:
        """What a reader must know before believing a figure."""
        lines = []
        strange = [row for row in self.evidence if abs(row["z"]) > STRANGE]
        if strange:
            names = [f"{row['name']} (z = {signed(row['z'], self.language, 1)})" for row in strange]
            key = "strange_many" if len(strange) > 1 else "strange"
            lines.append(self.said(key, names=listed(names, self.language)))
        if self.found.update.leaning > 0.0:
            enough = number(ENOUGH * int(self.found.seen.sum()), self.language)
            lines.append(self.said("few", enough=enough.replace(".", "").replace(",", "")))
        for row in self.evidence:
            if row["paid_binds"] >= OFTEN:
                share = points(row["paid_binds"], self.language, 1)
                lines.append(self.said("binds", share=share, name=row["name"]))
        return lines

    @property
    def how(self) -> list[str]:
        """Method and assumptions."""
        usual = points(float(usual_doubt(self.found.month, np.ones(1))[0]), self.language, 1)
        return [self.text[f"how_{n}"].format(usual=usual) for n in (1, 2, 3, 4)]

    def seen_rows(self) -> list[list[str]]:
        """Return the cells of the table of what has been spent."""
        cells = []
        for row in self.evidence:
            known = not math.isnan(row["cost_to_date"])
            cells.append(
                [
                    str(row["name"]),
                    self.amount(row["cost_to_date"]) if known else self.text["unknown"],
                    points(row["completeness"], self.language),
                    points(row["doubt"], self.language, 1),
                    self.amount(row["delivered"]),
                    self.amount(row["expected"], row["expected_se"]),
                    _score(row["z"], self.language),
                    points(row["percentile"], self.language),
                    points(max(row["weight"], 0.0), self.language),
                ]
            )
        return cells

    def end_rows(self, agreement: str) -> list[list[str]]:
        """Return the cells of the table of the year's end under an agreement."""
        return [
            [
                str(row["name"]),
                self.amount(row["budget"]),
                self.amount(row["prior_mean"], row["prior_mean_se"]),
                self.amount(row["mean"], row["mean_se"]),
                *(self.amount(row[level], row[f"{level}_se"]) for level in ("p10", "p50", "p90")),
                points(row["overrun_probability"], self.language),
                self.difference(row["to_pay"]),
                self.difference(row["net_receipt"]),
            ]
            for row in self.of(agreement)
        ]

    @property
    def later(self) -> range:
        """The years after the one that is forecast."""
        return range(self.year + 1, self.year + self.found.results.own.shape[1])

    def later_rows(self, agreement: str) -> list[list[str]]:
        """Return the cells of the table of later years under an agreement."""
        columns = [self.of(agreement, year) for year in self.later]
        return [
            [
                str(years[0]["name"]),
                *(
                    cell
                    for row in years
                    for cell in (
                        self.amount(row["prior_mean"]),
                        f"{self.amount(row['mean'])} ({self.amount(row['p10'])} – {self.amount(row['p90'])})",
                    )
                ),
            ]
            for years in zip(*columns, strict=True)
        ]

    def bars(self, agreement: str) -> list[Bar]:
        """Return the drawing of an agreement, each member relative to its budget: from 50 % of it to 150 %."""
        found = []
        for row in self.of(agreement):
            budget = row["budget"] if row["budget"] > 0.0 else max(row["prior_mean"], 1.0)
            ends = [row[key] for key in ("prior_p10", "prior_p90", "p10", "p90", "mean")]
            low, high, now_low, now_high, middle = (min(max(100.0 * x / budget - 50.0, 0.0), 100.0) for x in ends)
            found.append(Bar((low, high - low), (now_low, max(now_high - now_low, 0.6)), middle, 50.0))
        return found


def forecast_page(found: Forecast, language: str) -> str:
    """Return the forecast as a whole HTML page that needs no network and no script."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

    def small(cell: str) -> Markup:
        """Return a cell with its error in small print."""
        amount, mark, error = cell.partition(" ±")
        return Markup("{}<small>{}{}</small>").format(amount, mark, error) if mark else Markup("{}").format(cell)

    environment.filters["small"] = small
    template = environment.from_string((files("solidair.cli") / "forecast.html.j2").read_text(encoding="utf-8"))
    css = Markup((files("solidair.cli.report") / "style.css").read_text(encoding="utf-8"))
    return template.render(view=View(found, language), css=css, language=language) + "\n"


def show_forecast(found: Forecast, target: Path, language: str) -> None:
    """Print what has been spent, where the year will end, and what is still to be paid under each agreement."""
    from rich.text import Text

    view, console = View(found, language), new_console()
    text = view.text
    console.print(Text(view.title, style="bold"))
    console.print(view.said("kicker"))
    for line in view.lead:
        console.print(line)
    for line in view.warnings:
        console.print(Text(line, style="bold red"))
    rows = view.of(OWN_USE)
    unit = unit_for(max(row["mean"] for row in rows))
    heads, cells = _accounts(view, unit) if view.accounts else _ends(view, unit)
    table = _table(view, view.said("screen_end", unit=text[unit.name]), heads)
    for row, figures in zip(rows, cells, strict=True):
        table.add_row(str(row["name"]), *figures)
    console.print(table)
    error = max(row[f"{key}_se"] for row in rows for key in ("p10", "p50", "p90"))
    if error > 0.005:
        console.print(view.said("screen_error", error=euro_short(error, language)))
    shown = [name for name in found.agreements if name != OWN_USE][:MOST_ON_SCREEN]
    pays = [view.of(name) for name in (OWN_USE, *shown)]
    unit = unit_for(max(abs(row["to_pay"]) for column in pays for row in column))
    heads_ = [f"({n})" for n in range(1, len(pays) + 1)]
    table = _table(view, view.said("screen_pay", unit=text[unit.name]), heads_)
    for columns in zip(*pays, strict=True):
        due = [signed(row["to_pay"] / unit.divisor, language, unit.decimals) for row in columns]
        table.add_row(str(columns[0]["name"]), *due)
    console.print(table)
    for n, name in enumerate((OWN_USE, *shown), 1):
        console.print(f"({n}) {view.label(name)}")
    console.print(view.said("screen_pay_note"))
    if view.accounts:
        console.print(text["end_accounts"])
    for line in view.notes:
        console.print(line)
    console.print()
    path = target / "forecast.html"
    console.print(Text(view.said("report", path=path), style="bold"), soft_wrap=True)


def _ends(view: View, unit: Unit) -> tuple[list[str], list[list[str]]]:
    """Return headers and cells of the table of the year's end."""
    heads = ["screen_seen", "z", "p10", "p50", "p90", "budget", "screen_over"]
    cells = []
    for seen, row in zip(view.evidence, view.of(OWN_USE), strict=True):
        amounts = [_plain(row[key], unit, view.language) for key in ("p10", "p50", "p90", "budget")]
        score = _score(seen["z"], view.language)
        chance = points(row["overrun_probability"], view.language)
        cells.append([_plain(seen["delivered"], unit, view.language), score, *amounts, chance])
    return [view.said(key, short=view.month[:3]) for key in heads], cells


def _accounts(view: View, unit: Unit) -> tuple[list[str], list[list[str]]]:
    """Return headers and cells of the table of a year that is over."""
    heads = ["screen_spent", "budget", "screen_gap", "prior", "z", "percentile"]
    cells = []
    for seen, row in zip(view.evidence, view.of(OWN_USE), strict=True):
        gap = signed((row["mean"] - row["budget"]) / unit.divisor, view.language, unit.decimals)
        spent, budget, prior = (_plain(row[key], unit, view.language) for key in ("mean", "budget", "prior_mean"))
        below = points(seen["percentile"], view.language)
        cells.append([spent, budget, gap, prior, _score(seen["z"], view.language), below])
    return [view.said(key) for key in heads], cells


def _rows(found: Forecast, name: str) -> list[Row]:
    return [{str(key): value for key, value in row.items()} for row in found.table(name).to_dict("records")]


def _plain(value: float, unit: Unit, language: str) -> str:
    return "–" if math.isnan(value) else number(value / unit.divisor, language, unit.decimals)


def _score(z: float, language: str) -> str:
    return "–" if math.isnan(z) else signed(z, language, 1)


def _table(view: View, title: str, heads: Sequence[str]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    table.add_column(view.text["member"], no_wrap=True, max_width=18)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table
