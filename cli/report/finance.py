"""The sections on reserve capacity, and on the multi-year estimate with the reserve."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from solidair.cli.finance_rows import Finance, Row, ratio_words
from solidair.cli.numbers import euro_short, percent, points
from solidair.cli.report.cells import Scale, exact, money_scale, rounded, with_error
from solidair.cli.report.figures import Figure, Figures, Panel
from solidair.cli.report.ladders import Line, ends_of, lines
from solidair.cli.report.plots import labelled
from solidair.cli.texts import capacity as capacity_words
from solidair.cli.texts import outlook as outlook_words
from solidair.cli.texts.finance import TEXTS
from solidair.pool.finance.capacity import LEVELS
from solidair.pool.finance.classes import SOURCE
from solidair.pool.finance.paragraph import certainty_words

MOST_COLUMNS = 8
"""Years that a table has at most."""

Cell = dict[str, str]


class FinanceSections:
    """Makes the sections that a finance department reads.

    Parameters
    ----------
    results, tables
        As in `Finance`.
    figures
        The figures of the first year: they know which agreement steadies budgets most.
    language
        'nl' or 'en'.
    """

    def __init__(self, finance: Finance, figures: Figures, language: str) -> None:
        self.finance, self.study, self.language = finance, finance.study, language
        self.text, self.capacity_text = TEXTS[language], capacity_words.TEXTS[language]
        self.members = self.study.region.members
        self.titles = {a.name: a.spec.title[language] for a in self.study.agreements}
        self.base = finance.base
        best = figures.best
        self.drawn = [self.base, *([best] if best and best != self.base else [])]

    def _say(self, key: str, **figures: Any) -> str:
        best = self.text["fig_shared"].format(best=self.titles[self.drawn[-1]]) if len(self.drawn) > 1 else ""
        shown = {"first": self.finance.first, "base": self.titles[self.base], "shared": best}
        return self.text[key].format(**shown | figures)

    # --- reserve capacity

    def capacity(self) -> dict[str, Any]:
        """Return the section on reserve capacity."""
        text, periods = self.capacity_text, self.finance.periods
        assumed = [m for m in self.members if self.finance.certainty_origin(m.code) == "assumed"]
        level = certainty_words(self.study.finance.certainty, self.language)
        notes = [text["text"].format(source=SOURCE.removeprefix("https://")), text["kink"]]
        if assumed:
            notes.append(text["assumed"].format(certainty=level))
        available = [self._row("capacity", self.base, m.code, periods[0])["available"] for m in self.members]
        known = sum(not math.isnan(value) for value in available)
        ratio = {"known": known, "all": len(self.members)}
        return {
            "title": self.text["capacity"],
            "notes": notes,
            "figure": self._ladder(),
            "required_text": self.text["required_text"],
            "required": [self._required(period) for period in periods],
            "ratio_text": self.text["ratio_text" if known else "ratio_unknown"].format(**ratio),
            "ratios": [self._ratios(period) for period in periods] if known else [],
            "certainty_text": self.text["certainty_text"],
            "certainty": [self._certainty(period) for period in periods],
        }

    def _row(self, table: str, agreement: str, code: str, period: str) -> Row:
        return self.finance.one(table, agreement, code, period)

    def _ladder(self) -> Figure:
        panels, words = [], []
        for member in self.members:
            panel, said = [], []
            for name in self.drawn:
                rows = [
                    r for r in self.finance.all("certainty", name, member.code) if r["period"] == self.finance.first
                ]
                # A certainty of the council's own lies between two steps of the axis: its ring is left out.
                steps = [row for row in rows if row["certainty"] in LEVELS]
                losses = [float(row["loss"]) / self._budget(member.code) for row in steps]
                ring = next((n for n, row in enumerate(steps) if row["chosen"]), None)
                panel.append(Line(name == self.base, losses, ring))
                shown = [
                    self._say(
                        "alt_point",
                        certainty=certainty_words(row["certainty"], self.language),
                        loss=_share(loss, self.language),
                    )
                    for row, loss in zip(steps, losses, strict=True)
                ]
                said.append(self._say("alt_ladder", agreement=self.titles[name], points=", ".join(shown)))
            panels.append(panel)
            words.append(" ".join([f"{member.name}.", *said]))
        labels = [certainty_words(level, self.language) for level in LEVELS]
        return self._figure("ladder", panels, labels, words, (0.0,))

    def _budget(self, code: str) -> float:
        """Return the budget of the first year, EUR; 1 where there is none, so that nothing is divided by 0."""
        return float(self.finance.all("outlook", self.base, code)[0]["budget"]) or 1.0

    def _figure(
        self,
        name: str,
        panels: Sequence[Sequence[Line]],
        labels: Sequence[str],
        words: Sequence[str],
        always: Sequence[float],
    ) -> Figure:
        axis = ends_of(panels, always)
        found = [
            Panel(m.name, m.code, Markup(labelled(lines(panel, labels, axis, self.language), alt)))
            for m, panel, alt in zip(self.members, panels, words, strict=True)
        ]
        return Figure(name, self.text[f"fig_{name}"], self._say(f"fig_{name}_text"), found)

    def _grid(self, caption: str, names: Sequence[str], unit: str, cell: Callable[[str, str], Cell]) -> dict[str, Any]:
        """Return a table with a row per member and a column per agreement."""
        rows = [{"code": m.code, "name": m.name, "cells": [cell(m.code, name) for name in names]} for m in self.members]
        return {"caption": caption, "columns": [self.titles[name] for name in names], "unit": unit, "rows": rows}

    def _required(self, period: str) -> dict[str, Any]:
        names = list(self.titles)
        found = {(n, m.code): self._row("capacity", n, m.code, period) for n in names for m in self.members}
        scale = money_scale([float(np.median([row["required"] for row in found.values()]))], self.language)

        def cell(code: str, name: str) -> Cell:
            row = found[name, code]
            return self._change(row, "required", scale, -row["saved"], row["saved_se"], same=name == self.base)

        return self._grid(self._say("required_caption", period=_dashed(period)), names, scale.unit, cell)

    def _amount(self, row: Row, name: str, scale: Scale) -> tuple[str, str]:
        """Return an amount and its error in the unit of a table."""
        value, error = (float(row[f"{name}{ending}"]) / scale.divisor for ending in ("", "_se"))
        most = 2 if scale.divisor >= 1e6 else 0
        return rounded(value, error if error > 0.5 * 10.0**-most else 0.0, self.language, most=most)

    def _change(self, row: Row, name: str, scale: Scale, change: float, error: float, *, same: bool) -> Cell:
        """Return an amount with its error, and its difference with own use."""
        value, doubt = self._amount(row, name, scale)
        told = "" if same or not math.isfinite(change) else self._say(
            "change", value=with_error(change / scale.divisor, error / scale.divisor, self.language, sign=True, most=2)
        )  # fmt: skip
        return {"value": value, "error": doubt, "spread": told}

    def _ratios(self, period: str) -> dict[str, Any]:
        def cell(code: str, name: str) -> Cell:
            row = self._row("capacity", name, code, period)
            there = "" if math.isnan(row["available"]) else euro_short(row["available"], self.language)
            told = self._say("available", amount=there) if there and name == self.base else ""
            return {"value": ratio_words(row["ratio"], row["ratio_se"], self.language), "error": "", "spread": told}

        return self._grid(self._say("ratio_caption", period=_dashed(period)), list(self.titles), "", cell)

    def _certainty(self, period: str) -> dict[str, Any]:
        found: dict[str, dict[float, Row]] = {}
        for member in self.members:
            rows = self.finance.all("certainty", self.base, member.code)
            found[member.code] = {row["certainty"]: row for row in rows if row["period"] == period}
        losses = [row["loss"] for rows in found.values() for row in rows.values()]
        levels = sorted({level for rows in found.values() for level in rows})
        scale = money_scale([float(np.median(np.abs(losses)))], self.language)

        def cell(rows: Mapping[float, Row], level: float) -> Cell:
            if level not in rows:
                return {"value": "", "error": "", "spread": ""}
            row = rows[level]
            told = self.text["chosen"] if row["chosen"] else ""
            value, doubt = self._amount(row, "loss", scale)
            return {"value": value, "error": doubt, "spread": told}

        return {
            "caption": self._say("certainty_caption", period=_dashed(period)),
            "columns": [certainty_words(level, self.language) for level in levels],
            "unit": scale.unit,
            "rows": [
                {"code": m.code, "name": m.name, "cells": [cell(found[m.code], level) for level in levels]}
                for m in self.members
            ],
        }

    # --- the multi-year estimate and the reserve

    def outlook(self) -> dict[str, Any]:
        """Return the section on the multi-year estimate and the reserve."""
        spec, words = self.study.finance.reserve, outlook_words.TEXTS[self.language]
        safety = certainty_words(float(self._last(self.base, self.members[0].code)["safety"]), self.language)
        opening = [] if spec else [words["not_in_study"]]
        opening.append(words["required_text"].format(safety=safety))
        if spec is None or "safety" not in spec.model_fields_set:
            opening.append(words["safety_assumed"].format(safety=safety))
        told = [words["reserve_text"], self._say("reserve_text", rules=self._rules())] if spec else []
        if spec and (spec.floor or spec.cap is not None):
            told.append(words["nominal"])
        return {
            "title": self.text["outlook"],
            "text": self._say("outlook_text" if self.study.settings.years > 1 else "outlook_one"),
            "growth": self._growth(),
            "table": self._estimates(),
            "figure": self._holds() if spec is None else self._balances(),
            "reserve_text": " ".join(told),
            "reserve": None if spec is None else self._reserves(),
            "opening_text": " ".join([*opening, self.text["opening_change"]]),
            "opening": self._openings(safety),
        }

    def _last(self, agreement: str, code: str) -> Row:
        return self.finance.all("reserve", agreement, code)[-1]

    def _steps(self, rows: Sequence[Row]) -> list[Row]:
        """Return rows of years; those of a long horizon in steps, the last one always."""
        return [*rows[:-1][:: -(-(len(rows) - 1) // (MOST_COLUMNS - 1)) or 1], rows[-1]]

    def _growth(self) -> str:
        """Return the planned growth, weighted by budget; nothing where there is none."""
        rows = [self.finance.all("outlook", self.base, m.code) for m in self.members]
        weights = np.array([[row["budget"] for row in found] for found in rows])
        weights = weights / weights.sum(axis=0)
        told = []
        means = {
            name: (weights * np.array([[row[name] for row in found] for found in rows])).sum(axis=0)
            for name in ("growth_index", "growth_volume")
        }
        if max(float(np.abs(values).max()) for values in means.values()) < 1e-9:
            return ""
        for place, row in enumerate(rows[0][1:], 1):
            index, volume = (_percent(float(means[name][place]), self.language) for name in means)
            told.append(self._say("growth_year", year=row["year"], index=index, volume=volume))
        return self._say("growth", years="; ".join(told)) if told else ""

    def _estimates(self) -> dict[str, Any]:
        rows, columns = [], []
        budgets = [row["budget"] for m in self.members for row in self.finance.all("outlook", self.base, m.code)]
        scale = money_scale([float(np.median(budgets))], self.language)
        for member in self.members:
            years = self.finance.all("outlook", self.base, member.code)
            shown = self._steps(years)
            columns = [str(row["year"]) for row in shown]
            cells = []
            for row in shown:
                value, doubt = rounded(
                    row["mean"] / scale.divisor, row["mean_se"] / scale.divisor, self.language, most=2
                )
                amount = rounded(row["budget"] / scale.divisor, 0.0, self.language, most=2)[0]
                cells.append({"value": value, "error": doubt, "spread": self._say("budgeted", amount=amount)})
            held = ("within_every_year_probability", "within_cumulative_probability")
            cells += [self._chance(years[-1], name) for name in held]
            rows.append({"code": member.code, "name": member.name, "cells": cells})
        columns += [self.text["every"], self.text["together"]]
        return {"caption": self._say("outlook_caption"), "columns": columns, "unit": scale.unit, "rows": rows}

    def _chance(self, row: Row, name: str) -> Cell:
        value, doubt = rounded(100.0 * row[name], 100.0 * row[f"{name}_se"], self.language, most=1)
        return {"value": f"{value}%", "error": doubt, "spread": ""}

    def _holds(self) -> Figure:
        panels, words, labels = [], [], []
        for member in self.members:
            panel, said = [], []
            for name in self.drawn:
                years = self.finance.all("outlook", name, member.code)
                values = [float(row["within_every_year_probability"]) for row in years]
                labels = [str(row["year"]) for row in years]
                panel.append(Line(name == self.base, values))
                shown = [
                    self._say("alt_held", year=year, chance=points(value, self.language))
                    for year, value in zip(labels, values, strict=True)
                ]
                said.append(self._say("alt_holds", agreement=self.titles[name], points=", ".join(shown)))
            panels.append(panel)
            words.append(" ".join([f"{member.name}.", *said]))
        return self._figure("holds", panels, labels, words, (0.0, 1.0))

    def _balances(self) -> Figure:
        panels, words, labels = [], [], []
        for member in self.members:
            panel, said, budget = [], [], self._budget(member.code)
            for name in self.drawn:
                years = self._years(name, member.code)
                labels = [row["period"] for row in years]
                low, middle, high = (
                    [float(row[f"balance_{level}"]) / budget for row in years] for level in ("p10", "p50", "p90")
                )
                panel.append(Line(name == self.base, middle, band=list(zip(low, high, strict=True))))
                shown = [
                    self._say("alt_balance", year=year, low=lo, middle=mid, high=hi)
                    for year, lo, mid, hi in zip(
                        labels, *([_share(v, self.language) for v in vs] for vs in (low, middle, high)), strict=True
                    )
                ]
                said.append(self._say("alt_balances", agreement=self.titles[name], points="; ".join(shown)))
            panels.append(panel)
            words.append(" ".join([f"{member.name}.", *said]))
        return self._figure("balances", panels, labels, words, (0.0,))

    def _years(self, agreement: str, code: str) -> list[Row]:
        return self.finance.all("reserve", agreement, code)[: self.study.settings.years]

    def _reserves(self) -> dict[str, Any]:
        rows, columns = [], []
        tops = [row["balance_p90"] for m in self.members for row in self._years(self.base, m.code)]
        scale = money_scale([float(np.median(tops))], self.language)
        for member in self.members:
            cells = []
            shown = self._steps(self._years(self.base, member.code))
            columns = [row["period"] for row in shown]
            for row in shown:
                middle, doubt = self._amount(row, "balance_p50", scale)
                low, high = (self._amount(row, name, scale)[0] for name in ("balance_p10", "balance_p90"))
                cells.append({"value": middle, "error": doubt, "spread": f"{low} – {high}"})
            last = self._last(self.base, member.code)
            cells += [self._chance(last, name) for name in ("call_probability", "depletion_probability")]
            rows.append({"code": member.code, "name": member.name, "cells": cells})
        columns += [self.text["call"], self.text["depleted"]]
        return {"caption": self._say("reserve_caption"), "columns": columns, "unit": scale.unit, "rows": rows}

    def _openings(self, safety: str) -> dict[str, Any]:
        names = list(self.titles)
        found = {(n, m.code): self._last(n, m.code) for n in names for m in self.members}
        finite = [v for row in found.values() if math.isfinite(v := row["required_opening"])]
        scale = money_scale([float(np.median(finite or [0.0]))], self.language)

        def cell(code: str, name: str) -> Cell:
            row = found[name, code]
            if math.isinf(row["required_opening"]):
                return {"value": self.text["endless"], "error": "", "spread": ""}
            change = row["required_opening_change"], row["required_opening_change_se"]
            return self._change(row, "required_opening", scale, *change, same=name == self.base)

        return self._grid(self._say("opening_caption", safety=safety), names, scale.unit, cell)

    def _rules(self) -> str:
        spec = self.study.finance.reserve
        assert spec is not None
        amounts = [("opening", spec.opening), ("floor", spec.floor or None), ("cap", spec.cap)]
        shares = [("contribution", spec.contribution), ("interest", spec.interest)]
        told = {name: exact(value, self.language) for name, value in amounts if value is not None}
        told |= {name: _percent(value, self.language) for name, value in shares if value}
        found = [self._say(f"rule_{name}", value=value) for name, value in told.items()]
        return ", ".join(found if spec.opening is not None else [self.text["rule_buffer"], *found])


def finance_sections(finance: Finance, figures: Figures, language: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the sections on reserve capacity, and on the multi-year estimate with the reserve."""
    sections = FinanceSections(finance, figures, language)
    return sections.capacity(), sections.outlook()


def _dashed(period: str) -> str:
    return period.replace("-", "–")


def _share(value: float, language: str) -> str:
    return f"{'−' if value < 0 else ''}{points(abs(value), language)}"


def _percent(value: float, language: str) -> str:
    return f"{'−' if value < 0 else ''}{percent(abs(value), language)}"
