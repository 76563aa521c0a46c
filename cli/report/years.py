"""The section on all budget years: every year and the horizon, what persists, and what is received over the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from solidair.cli.numbers import number, percent, points
from solidair.cli.remarks import beyond
from solidair.cli.report.cells import NOTHING, Scale, money_scale, rounded, with_error
from solidair.cli.report.fans import Band, axis_of, fan
from solidair.cli.report.figures import Figure, Figures, Panel
from solidair.cli.report.plots import labelled
from solidair.pool import parameters
from solidair.pool.metrics import METRICS
from solidair.pool.results import Results

NUMBERS = {
    "nl": ("Twee", "Drie", "Vier", "Vijf", "Zes", "Zeven", "Acht", "Negen", "Tien"),
    "en": ("Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"),
}
ADDED = {
    "nl": "Daaronder staat het verschil, met zijn eigen fout: beide kennen hetzelfde toeval, dus die fout is kleiner.",
    "en": "Below stands the difference, with its own error: both have the same luck, so that error is smaller.",
}
MOST_COLUMNS = 8
"""Years that a table has at most, beside all of them together."""

LASTING = 0.3
"""Correlation of a year with the next above which one may say that bad years follow one another."""


class Years:
    """Makes the section on all budget years of one report.

    Parameters
    ----------
    results, tables
        What to show; the table `years` above all.
    figures
        The figures of the first year: they know which agreement steadies budgets most.
    text, language
        Words in the language of the report.
    """

    def __init__(
        self,
        results: Results,
        tables: Mapping[str, pd.DataFrame],
        figures: Figures,
        text: Mapping[str, str],
        language: str,
    ) -> None:
        self.results, self.study, self.figures = results, results.study, figures
        self.text, self.language = text, language
        self.table = tables["years"]
        self.parameters = tables.get("parameters")
        self.periods = list(dict.fromkeys(self.table["period"]))
        self.rows: dict[tuple[Any, Any, Any], dict[Any, Any]] = {
            (row["agreement"], row["code"], row["period"]): row for row in self.table.to_dict("records")
        }
        self.count = results.study.settings.years

    def section(self) -> dict[str, Any] | None:
        """Return the section, or None where there is one year only."""
        if self.count == 1:
            return None
        return {
            "title": self._title(),
            "text": self.text["years_text"],
            "notes": [" ".join([*self._start(), *self._prices()]), " ".join(self._persistence())],
            "figure": self._fans(),
            "columns": [period.replace("-", "–") for period in self._shown()],
            "tables": [self._agreement(a.name, a.spec.title[self.language]) for a in self.study.agreements],
            "net": self._net(),
        }

    def _title(self) -> str:
        names = NUMBERS[self.language]
        word = names[self.count - 2] if self.count - 2 < len(names) else str(self.count)
        return self.text["years"].format(count=word)

    def _shown(self) -> list[str]:
        """Return the periods of the tables: a long horizon is shown in steps, so that a table fits on a page."""
        each = self.periods[:-1]
        return [*each[:: -(-len(each) // MOST_COLUMNS)], self.periods[-1]]

    # --- what the years are

    def _start(self) -> list[str]:
        known = self.study.open_cases
        if not any(episode is not None for episode in self.study.costs.episodes):
            return []
        if known is None:
            return [self.text["years_start_steady"]]
        listed = len(set(known.codes))
        rest = len(self.study.region.members) - listed
        key = "years_start_both" if rest else "years_start_known"
        day = f"{known.reference:%d-%m-%Y}" if self.language == "nl" else f"{known.reference:%Y-%m-%d}"
        return [self.text[key].format(count=number(len(known), self.language), day=day, listed=listed, rest=rest)]

    def _prices(self) -> list[str]:
        costs, language = self.study.costs.planned, self.language
        prices, budget = costs.index_path(2)[:, 1] - 1.0, float(costs.amount_path(2)[1]) - 1.0
        volume = float(costs.volume_path(2)[0, 1]) - 1.0
        found = [self.text["prices_level"].format(level=costs.spec.price_level)]
        if np.any(np.abs(prices) > 1e-12) or abs(budget) > 1e-12:
            low, high, both = (_rate(float(v), language) for v in (prices.min(), prices.max(), budget))
            index = low if low == high else f"{low} – {high}"
            key = "years_indexed_same" if index == both else "years_indexed"
            found.append(self.text[key].format(index=index, budget=both))
        else:
            found.append(self.text["years_prices"])
        if abs(volume) > 1e-12:
            found.append(self.text["years_growth"].format(growth=_rate(volume, language)))
        return found

    def _persistence(self) -> list[str]:
        """Return what a dear year says about the next one, and why."""
        base, best = self.figures.base, self.figures.best
        first = base or next(iter(self.figures.titles))
        own = self._correlation(first)
        if np.isnan(own):
            return []
        shared = ""
        if base and best:
            value = number(self._correlation(best), self.language, 2)
            shared = self.text["years_persistence_shared"].format(value=value, best=self.figures.titles[best])
        lasting = own > LASTING
        key = "years_persistence" if lasting and base else "years_persistence_none"
        found = [self.text[key].format(own=number(own, self.language, 2), shared=shared)]
        if lasting and any(e is not None for e in self.study.costs.episodes):
            found.append(self.text["years_need" if self.figures.need_is_most() else "years_no_need"])
        return found

    def _correlation(self, agreement: str) -> float:
        values = self.table.loc[self.table["agreement"] == agreement, "autocorrelation"].dropna()
        return float(values.median()) if len(values) else float("nan")

    # --- pictures and tables

    def _fans(self) -> Figure:
        figures, language = self.figures, self.language
        names = [name for name in (figures.base, figures.best) if name] or [next(iter(figures.titles))]
        growth = self.study.costs.amount_path(self.count)
        panels, words = [], []
        for member in self.study.region.members:
            budgets = [*(growth * member.youth_budget_eur), float(growth.sum()) * member.youth_budget_eur]
            bands, said = [], []
            for name in names:
                shares = []
                for period, budget in zip(self.periods, budgets, strict=True):
                    row = self.rows[name, member.code, period]
                    low, middle, high = (float(row[key]) / budget for key in ("p10", "p50", "p90"))
                    shares.append((low, middle, high))
                    low_, middle_, high_ = (points(v, language) for v in (low, middle, high))
                    said.append(
                        self.text["alt_years"].format(
                            agreement=figures.titles[name], period=period, low=low_, middle=middle_, high=high_
                        )
                    )
                bands.append(Band(figures.own[name], shares[:-1], shares[-1]))
            panels.append(bands)
            words.append(" ".join([f"{member.name}.", *said]))
        axis = axis_of(panels)
        together = self.text["fig_years_together"]
        found = [
            Panel(m.name, m.code, Markup(labelled(fan(bands, self.periods[:-1], together, axis, language), alt)))
            for m, bands, alt in zip(self.study.region.members, panels, words, strict=True)
        ]
        best = figures.best if figures.base else None
        shared = self.text["fig_years_shared"].format(best=figures.titles[best]) if best else ""
        return Figure("years", self.text["fig_years"], self.text["fig_years_text"].format(shared=shared), found)

    def _agreement(self, name: str, title: str) -> dict[str, Any]:
        """Return the table of one agreement: members by periods."""
        mine = [self.rows[name, m.code, p] for m in self.study.region.members for p in self.periods]
        scale = money_scale([float(row["p90"]) for row in mine], self.language)
        rows = []
        for member in self.study.region.members:
            cells = []
            for period in self._shown():
                row = self.rows[name, member.code, period]
                chance = points(float(row["overrun_probability"]), self.language)
                amounts = self._amounts(row, ("p10", "p50", "p90"), scale)
                said = self.text["years_chance"].format(chance=chance)
                cells.append({"amounts": " – ".join(amounts), "chance": said})
            rows.append({"code": member.code, "name": member.name, "cells": cells})
        return {"title": self.text["years_caption"].format(title=title), "unit": scale.unit, "rows": rows}

    def _amounts(self, row: Mapping[Any, Any], keys: Sequence[str], scale: Scale) -> list[str]:
        """Return amounts with the digits that the largest of their errors supports; the errors are left out."""
        error = max(float(row[f"{key}_se"]) for key in keys)
        return [rounded(float(row[key]) / scale.divisor, error / scale.divisor, self.language)[0] for key in keys]

    def _net(self) -> dict[str, Any] | None:
        """Return the table of what members receive over all years, agreements as columns."""
        sharing = [a for a in self.study.agreements if a.spec.clauses]
        members = self.study.region.members
        if not sharing or len(members) < 2:
            return None
        last = self.periods[-1]
        scale = money_scale(
            [float(self.rows[a.name, m.code, last]["net_received_sd"]) for a in sharing for m in members], self.language
        )
        rows, means = [], []
        for member in members:
            cells = []
            for agreement in sharing:
                row = self.rows[agreement.name, member.code, last]
                mean, error = (float(row[f"net_received_mean{e}"]) / scale.divisor for e in ("", "_se"))
                spread = with_error(
                    float(row["net_received_sd"]) / scale.divisor,
                    float(row["net_received_sd_se"]) / scale.divisor,
                    self.language,
                )
                means.append(mean)
                shown, doubt = rounded(mean, error, self.language, sign=True, most=2)
                cells.append(
                    {"value": shown, "error": doubt, "spread": self.text["years_net_spread"].format(spread=spread)}
                )
            rows.append({"code": member.code, "name": member.name, "cells": cells})
        titles = [a.spec.title[self.language] for a in sharing]
        none = not any(m.need_index is not None for m in members) and max(map(abs, means)) < NOTHING
        others = self.text["others_beyond" if beyond(self.results) else "others"]
        told = self.text["years_net_text"].format(others=others)
        text = f"{told} {self.text['years_net_zero'] if none else ''}".strip()
        return {"text": text, "columns": titles, "unit": scale.unit, "rows": rows}

    def known(self) -> dict[str, Any] | None:
        """Return figures with uncertain parameters beside those with known ones, if the run computed both."""
        table = self.parameters
        if table is None or not len(table):
            return None
        found = []
        for agreement in self.study.agreements:
            mine = table[table["agreement"] == agreement.name]
            scale = money_scale(mine["tvar_95"].tolist(), self.language)
            rows = []
            for row in mine.to_dict("records"):
                cells = [
                    {"amounts": self._amounts(row, (key, f"{key}_known"), scale), "added": self._added(row, key, scale)}
                    for key in parameters.METRICS
                ]
                rows.append({"code": row["code"], "name": row["name"], "cells": cells})
            title = self.text["known_caption"].format(title=agreement.spec.title[self.language])
            found.append({"title": title, "unit": scale.unit, "rows": rows})
        count = len(self.study.costs.uncertain)
        columns = [METRICS[name].label[self.language] for name in parameters.METRICS]
        text = f"{self.text['known_text'].format(count=number(count, self.language))} {ADDED[self.language]}"
        return {"text": text, "columns": columns, "tables": found}

    def _added(self, row: Mapping[Any, Any], key: str, scale: Scale) -> str:
        """Return what doubt adds to a metric, with the error of the difference."""
        value, error = (float(row[f"{key}_added{ending}"]) / scale.divisor for ending in ("", "_se"))
        return with_error(value, error, self.language, sign=True)


def _rate(value: float, language: str) -> str:
    """Return a rise or fall a year as a percentage."""
    return f"{'−' if value < 0 else ''}{percent(abs(value), language)}"
