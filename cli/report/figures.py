"""Figures of the report: which numbers go into which plot, what to see in it, and how to say it without sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from solidair.cli.numbers import euro_short, number, points, signed
from solidair.cli.remarks import beyond
from solidair.cli.report.cells import with_error
from solidair.cli.report.headline import CLEAR, Verdict, leaders
from solidair.cli.report.plots import Axis, Row, labelled, scatter, strips
from solidair.pool.results import Results

QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
NOTHING = 1e-6
"""EUR per youth that are none."""

VISIBLE = 0.5
"""EUR per youth: a bar shorter than this is not there."""


@dataclass(frozen=True)
class Panel:
    """One plot: what stands above it, the member that it is about, if any, and the SVG with its description."""

    title: str
    code: str
    svg: Markup


@dataclass(frozen=True)
class Figure:
    """A figure: title, caption, and its plots."""

    name: str
    title: str
    caption: str | Markup
    panels: Sequence[Panel]


class Figures:
    """Makes the figures of one report.

    Parameters
    ----------
    results, tables
        What to show.
    verdicts
        Per sharing agreement what it does to the region.
    text
        Words in the language of the report.
    language
        'nl' or 'en'.
    """

    def __init__(
        self,
        results: Results,
        tables: Mapping[str, pd.DataFrame],
        verdicts: Sequence[Verdict],
        text: Mapping[str, str],
        language: str,
    ) -> None:
        self.results, self.study, self.verdicts = results, results.study, verdicts
        self.text, self.language = text, language
        self.titles = {a.name: a.spec.title[language] for a in self.study.agreements}
        self.own = {a.name: not a.spec.clauses for a in self.study.agreements}
        self.members = self.study.region.members
        self.stability = _by_member(tables["stability"])
        self.transfers = _by_member(tables["transfers"])
        table = tables["distribution"]
        chosen = table[table["probability"].isin(list(QUANTILES.values()))]
        self.quantiles: dict[tuple[Any, Any, float], float] = {
            (agreement, code, round(float(p), 3)): float(value)
            for agreement, code, p, value in zip(
                chosen["agreement"], chosen["code"], chosen["probability"], chosen["contribution"], strict=True
            )
        }
        best = verdicts[leaders([v.gain for v in verdicts])[0]] if verdicts else None
        self.best = best.names[0] if best and best.is_clear else None
        self.base = next((name for name, own in self.own.items() if own), None)

    def all(self) -> list[Figure]:
        """Return the figures in the order of the report; those that compare only if there is something to compare."""
        comparing = bool(self.verdicts) and len(self.members) > 1
        return [
            self.spread(),
            *([self.transfer(), self.scatter()] if comparing else []),
            self.reserve(),
        ]

    def spread(self) -> Figure:
        """Return the distribution of a year's result per member."""
        panels: list[list[Row]] = []
        for member in self.members:
            rows: list[Row] = []
            for name, title in self.titles.items():
                row = self.stability[name, member.code]
                marks = {
                    key: self.quantiles[name, member.code, p] / member.youth_budget_eur for key, p in QUANTILES.items()
                }
                note = points(row["p_overrun_10"], self.language)
                rows.append({"label": title, "note": note, "own": self.own[name], "name": name, **marks})
            panels.append(rows)
        low = min(row["p5"] for rows in panels for row in rows)
        high = max(row["p95"] for rows in panels for row in rows)
        axis = _axis(min(low, 1.0), max(high, 1.0), ".0%", 1.0)
        texts = [
            self._alt(
                member.name,
                [
                    self.text["alt_spread"].format(
                        agreement=row["label"],
                        low=points(row["p5"], self.language),
                        high=points(row["p95"], self.language),
                        middle=points(row["p50"], self.language),
                        chance=row["note"],
                    )
                    for row in rows
                ],
            )
            for member, rows in zip(self.members, panels, strict=True)
        ]
        widths = {
            name: number(100 * float(np.median([_width(rows, name) for rows in panels])), self.language)
            for name in self.titles
        }
        finding = f"{self._finding('fig_spread_find', widths)} {self._doubt()}".strip()
        caption = self.text["fig_spread_text"].format(finding=finding)
        svgs = strips("spread", panels, axis, self.language)
        return Figure("spread", self.text["fig_spread"], caption, self._per_member(svgs, texts))

    def transfer(self) -> Figure:
        """Return what each member receives or pays, per agreement."""
        # Agreements that come to the same thing share a panel.
        groups = {verdict.names[0]: verdict.names for verdict in self.verdicts}
        names = list(groups)
        titles = {name: " = ".join(self.titles[twin] for twin in groups[name]) for name in names}
        panels: list[list[Row]] = []
        texts, clear, doubtful = [], 0, 0
        for name in names:
            rows: list[Row] = []
            words = []
            # The table gives the spread by need about zero; here it is about the mean: what nobody knows yet.
            sample = self.results.sample(name)
            unknown = (sample.own_structure - sample.structure).std(axis=0)
            for place, member in enumerate(self.members):
                row = self.transfers[name, member.code]
                mean, error = row["net_transfer_per_youth"], row["net_transfer_per_youth_se"]
                chance = row["transfer_sd_chance"] / member.youth
                need = float(unknown[place]) / member.youth
                # An amount that is nothing but rounding is none, also where it is known without error.
                clear += abs(mean) > max(CLEAR * error, NOTHING)
                doubtful += error > 0.0
                # Three decimals would read as thousands.
                note = with_error(mean, error, self.language, sign=True, most=1)
                spans = {"need": need, "chance": chance, "error": error}
                marks = {f"{key}_low": mean - size for key, size in spans.items()}
                marks |= {f"{key}_high": mean + size for key, size in spans.items()}
                rows.append({"label": member.name, "note": note, "own": False, "mean": mean, **marks})
                words.append(
                    self.text["alt_transfer"].format(
                        member=member.name,
                        mean=signed(mean, self.language),
                        chance=number(chance, self.language),
                        need=number(need, self.language),
                    )
                )
            panels.append(rows)
            texts.append(self._alt(titles[name], words))
        ends = [row[f"{key}_{end}"] for rows in panels for row in rows for key in ("need", "chance") for end in _ENDS]
        axis = _axis(min([*ends, 0.0]), max([*ends, 0.0]), ",d", 0.0)
        key = "fig_transfer_find" if doubtful else "fig_transfer_exact" if clear else "fig_transfer_zero"
        finding = self.text[key].format(
            clear=number(clear, self.language),
            all=number(len(names) * len(self.members), self.language),
            luck=number(0.0455 * doubtful, self.language),  # beyond two errors of a normal law
        )
        svgs = strips("transfer", panels, axis, self.language)
        found = [
            Panel(titles[name], "", Markup(labelled(svg, words)))
            for name, svg, words in zip(names, svgs, texts, strict=True)
        ]
        doubt = max(row["need_high"] - row["mean"] for rows in panels for row in rows)
        words_on_need = self.text["fig_transfer_need"] if doubt > VISIBLE else ""
        error = self.text["fig_transfer_error"] if doubtful else ""
        others = self.text["others_beyond" if beyond(self.results) else "others"]
        caption = self.text["fig_transfer_text"].format(error=error, need=words_on_need, finding=finding, others=others)
        return Figure("transfer", self.text["fig_transfer"], caption, found)

    def scatter(self) -> Figure:
        """Return swing reduction against money moved."""
        rows: list[Row] = []
        words = []
        for verdict in self.verdicts:
            gain, moved = verdict.gain, verdict.moved
            lines = [self.titles[name] for name in verdict.names]
            rows.append(
                {
                    "x": float(moved.value) / 1e6,
                    "x_error": float(moved.standard_error) / 1e6,
                    "y": float(gain.value),
                    "y_error": float(gain.standard_error),
                    "lines": [line if i == 0 else f"= {line}" for i, line in enumerate(lines)],
                }
            )
            words.append(
                self.text["alt_scatter"].format(
                    agreement=f" {self.text['and']} ".join(lines),
                    gain=points(float(gain.value), self.language, 1),
                    moved=euro_short(float(moved.value), self.language),
                )
            )
        titles = self.text["fig_scatter_x"], self.text["fig_scatter_y"]
        svg = labelled(scatter(rows, titles, self.language), self._alt(self.text["fig_scatter"], words))
        thrifty = leaders([v.gain_per_euro for v in self.verdicts])
        finding = ""
        if len(thrifty) == 1 and len(self.verdicts) > 1:
            name = self.titles[self.verdicts[thrifty[0]].names[0]]
            finding = self.text["fig_scatter_find"].format(name=name)
        caption = self.text["fig_scatter_text"].format(finding=finding)
        return Figure("scatter", self.text["fig_scatter"], caption, [Panel("", "", Markup(svg))])

    def reserve(self) -> Figure:
        """Return the capacity needed per member at three levels of certainty."""
        panels: list[list[Row]] = []
        totals = dict.fromkeys(self.titles, 0.0)
        for member in self.members:
            rows: list[Row] = []
            for name, title in self.titles.items():
                row = self.stability[name, member.code]
                shares = {
                    key: row[f"capacity_{level}"] / member.youth_budget_eur
                    for key, level in (("a", 80), ("b", 90), ("c", 95))
                }
                totals[name] += row["capacity_90"]
                note = euro_short(row["capacity_90"], self.language)
                rows.append({"label": title, "note": note, "own": self.own[name], **shares})
            panels.append(rows)
        axis = _axis(0.0, max([row["c"] for rows in panels for row in rows] + [0.01]), ".0%", None)
        texts = [
            self._alt(
                member.name,
                [
                    self.text["alt_reserve"].format(
                        agreement=row["label"], **{key: points(row[key], self.language, 1) for key in ("a", "b", "c")}
                    )
                    for row in rows
                ],
            )
            for member, rows in zip(self.members, panels, strict=True)
        ]
        sums = {name: euro_short(total, self.language) for name, total in totals.items()}
        finding = f"{self._finding('fig_reserve_find', sums)} {self._doubt()}".strip()
        caption = self.text["fig_reserve_text"].format(finding=finding)
        svgs = strips("reserve", panels, axis, self.language)
        return Figure("reserve", self.text["fig_reserve"], caption, self._per_member(svgs, texts))

    def _finding(self, key: str, figures: Mapping[str, str]) -> str:
        """Return what to see: own use beside the agreement that steadies most, as far as they are there."""
        if self.best and self.base:
            return self.text[key].format(own=figures[self.base], shared=figures[self.best], best=self.titles[self.best])
        return self.text[f"{key}_none"].format(own=figures[self.base]) if self.base else ""

    def _doubt(self) -> str:
        """Return how much of the spread is there because nobody has measured need."""
        name = self.base or next(iter(self.titles))
        rows = [self.stability[name, member.code] for member in self.members]
        if _median(rows, "sd_need") < 1e-9:
            return ""
        return self.text["fig_need_most" if self.need_is_most() else "fig_need_also"]

    def need_is_most(self) -> bool:
        """Return whether members differ from their mean by unknown need more than by chance."""
        name = self.base or next(iter(self.titles))
        rows = [self.stability[name, member.code] for member in self.members]
        return _median(rows, "sd_need") > _median(rows, "sd_chance")

    def _per_member(self, svgs: Sequence[str], texts: Sequence[str]) -> list[Panel]:
        return [
            Panel(member.name, member.code, Markup(labelled(svg, words)))
            for member, svg, words in zip(self.members, svgs, texts, strict=True)
        ]

    def _alt(self, title: str, sentences: Sequence[str]) -> str:
        return " ".join([f"{title}.", *sentences])


_ENDS = ("low", "high")


def _median(rows: Sequence[Mapping[str, Any]], key: str) -> float:
    """Return the median of a metric as a share of the mean; 0 where nobody bears anything."""
    return float(np.median([row[key] / row["mean"] for row in rows if row["mean"] > 0] or [0.0]))


def _width(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return next(float(row["p95"] - row["p5"]) for row in rows if row["name"] == name)


def _by_member(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (str(row["agreement"]), str(row["code"])): {str(k): v for k, v in row.items()}
        for row in table.to_dict("records")
    }


def _axis(low: float, high: float, form: str, reference: float | None) -> Axis:
    """Return an axis a little wider than its figures, so that no mark is cut."""
    room = 0.03 * (high - low) or 0.05 * max(abs(high), 1.0)
    return Axis(low if low == 0.0 and reference is None else low - room, high + room, form, reference)
