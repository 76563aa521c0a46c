"""Tables of the report: one per member with every metric, the clauses, the anchors, the assumptions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from solidair.cli.card import whole_example
from solidair.cli.checks import REASONS, by_year
from solidair.cli.numbers import euro_short, money, number
from solidair.cli.report.cells import NOTHING, Scale, exact, figure, money_scale, rounded
from solidair.cli.report.promises import beyond_table, delay, example_beyond, known_from, later_years, pots_table
from solidair.pool.describe import described as described
from solidair.pool.metrics import METRICS, Metric
from solidair.pool.results import Results

GROUPS: dict[str, tuple[str, ...]] = {
    "group_stability": (
        "mean",
        "sd",
        "cv",
        "sd_chance",
        "sd_need",
        "stability_gain_chance",
        "stability_gain",
        "p_overrun_0",
        "p_overrun_5",
        "p_overrun_10",
        "expected_overrun",
        "capacity_80",
        "capacity_90",
        "capacity_95",
        "var_90",
        "var_95",
        "var_99",
        "tvar_90",
        "tvar_95",
        "tvar_99",
    ),
    "group_transfers": (
        "net_transfer",
        "net_transfer_per_youth",
        "net_transfer_share_of_budget",
        "contribution_ratio",
        "transfer_sd_chance",
        "transfer_sd_need",
    ),
}
"""The metrics of a member's table, in the order in which a reader asks for them; others come after them."""

_ITSELF = (
    "stability_gain",
    "stability_gain_chance",
    "net_transfer",
    "net_transfer_per_youth",
    "net_transfer_share_of_budget",
    "transfer_sd_chance",
    "transfer_sd_need",
)
"""Metrics that are themselves a comparison with own use: a difference would say the same again."""


def member_tables(
    results: Results, tables: Mapping[str, pd.DataFrame], text: Mapping[str, str], language: str
) -> list[dict[str, Any]]:
    """Return per member its name, facts and table rows, each row a metric with one cell per agreement."""
    found = []
    agreements = results.study.agreements
    groups = [(text[key], _metrics(key)) for key in GROUPS]
    by_member = {name: _rows(tables[name]) for name in ("stability", "transfers")}
    members = zip(results.study.region.members, _expected(results, tables), strict=True)
    for member, cost in members:
        sections = []
        for title, metrics in groups:
            rows = []
            for metric in metrics:
                records = [by_member[metric.table][a.name, member.code] for a in agreements]
                scale = _scale(metric, records, text, language)
                own = [not a.spec.clauses for a in agreements]
                cells = [
                    _cell(metric, record, scale, text, language, changes=not is_own)
                    for record, is_own in zip(records, own, strict=True)
                ]
                label, meaning = metric.label[language], metric.meaning[language]
                rows.append(
                    {
                        "name": metric.name,
                        "label": label,
                        "meaning": meaning,
                        "unit": "" if scale.unit == "%" and "%" in label else scale.unit,
                        "cells": cells,
                    }
                )
            sections.append({"title": title, "rows": rows})
        summary = text["details_member"].format(
            youths=number(member.youth, language),
            budget=euro_short(member.youth_budget_eur, language),
            derived=text["details_derived"] if member.budget_derived else "",
            cost=euro_short(cost, language),
        )
        found.append({"code": member.code, "name": member.name, "facts": summary, "sections": sections})
    return found


def _expected(results: Results, tables: Mapping[str, pd.DataFrame]) -> list[float]:
    """Return what own clients are expected to cost in the first year, EUR, known open stays included."""
    exact = results.sample(results.study.agreements[0].name).own_exact
    return [float(x) for x in (tables["members"]["expected_cost_eur"] if exact is None else np.asarray(exact))]


def _metrics(group: str) -> list[Metric]:
    """Return the metrics of a group; one that this page does not know yet comes last, rather than nowhere."""
    table = group.removeprefix("group_")
    known = [METRICS[name] for name in GROUPS[group] if name in METRICS]
    return known + [
        m for m in METRICS.values() if m.axis == "member" and m.table == table and m.name not in GROUPS[group]
    ]


def _rows(table: pd.DataFrame) -> dict[tuple[Any, Any], dict[Any, Any]]:
    return {(row["agreement"], row["code"]): row for row in table.to_dict("records")}


def _scale(metric: Metric, records: Sequence[Mapping[Any, Any]], text: Mapping[str, str], language: str) -> Scale:
    if metric.unit == "EUR":
        return money_scale([float(record[metric.name]) for record in records], language)
    if metric.unit == "share":
        return Scale(0.01, text["unit_share"])
    return Scale(1.0, text["unit_youth"] if metric.unit == "EUR per youth" else text["unit_ratio"])


def _cell(
    metric: Metric, record: Mapping[Any, Any], scale: Scale, text: Mapping[str, str], language: str, *, changes: bool
) -> Markup:
    """Return value ± error, and below it the difference with own use ± its error, marked if it is clear."""
    value, error = (float(record[metric.name + ending]) / scale.divisor for ending in ("", "_se"))
    shown, doubt = rounded(value, error, language, sign=metric.name.startswith("net_transfer"))
    cell = Markup("{}<small> ± {}</small>").format(shown, doubt) if doubt else escape(shown)
    if not changes or metric.name in _ITSELF:
        return cell
    change, change_error = (float(record[metric.name + ending]) / scale.divisor for ending in ("_change", "_change_se"))
    shown, doubt = rounded(change, change_error, language, sign=True)
    if not doubt and abs(change) < NOTHING:
        return cell
    mark = Markup("")
    if metric.direction != "none" and abs(change) > 2.0 * change_error:
        kind = "good" if (change < 0) == (metric.direction == "lower") else "bad"
        mark = Markup('<i class="{}" title="{}">{}</i> ').format(kind, text[f"{kind}_word"], text[kind])
    tail = Markup("<small> ± {}</small>").format(doubt) if doubt else ""
    return cell + Markup(" <span>{}{}{}</span>").format(mark, shown, tail)


def agreement_rules(
    results: Results, tables: Mapping[str, pd.DataFrame], text: Mapping[str, str], language: str
) -> list[dict[str, Any]]:
    """Return per agreement its rules in words, the worked example, and what its clauses move."""
    study, found = results.study, []
    stability = _rows(tables["stability"])
    clauses = tables["clauses"]
    smallest = min(study.region.members, key=lambda member: member.youth).name  # the card is about this member
    for agreement in study.agreements:
        words = described(agreement, study, language, known_from(results, agreement))
        example, table = None, None
        shown = whole_example(asdict(words.example)) if words.example else {}
        if words.example:
            pays = shown["pays"]
            own = pays[words.example.member]
            rest = sum(pays.values()) - own
            others = text["example_others"].format(rest=money(rest, language)) if rest else ""
            example = text["example"].format(
                member=words.example.member,
                cost=money(words.example.cost, language),
                care=words.example.care_type[:1].lower() + words.example.care_type[1:],
                own=money(own, language),
                others=others,
            ) + example_beyond(shown, language)
        mine = clauses[clauses["agreement"] == agreement.name]
        if len(mine):
            pays = shown.get("pays", {})
            table = _clause_table(mine, stability, study.region.members, pays, language)
        found.append(
            {
                "name": agreement.name,
                "title": words.title,
                "summary": words.summary,
                "source": words.source,
                "articles": words.articles,
                "notes": words.notes,
                "example": example,
                "table": table,
                "later": later_years(asdict(words.example), language) if words.example else None,
                "card": words.card,
                "delays": delay(words.card, smallest, language) if words.example else "",
                "beyond": beyond_table(results, agreement, language),
                "pots": pots_table(tables["pots"], agreement, language),
            }
        )
    return found


def _clause_table(
    mine: pd.DataFrame,
    stability: Mapping[tuple[Any, Any], Mapping[Any, Any]],
    members: Sequence[Any],
    pays: Mapping[str, float],
    language: str,
) -> dict[str, Any]:
    """Return what each clause takes from and charges to each member, with the digits that their budgets support."""
    numbers = sorted({int(n) for n in mine["clause"]})
    scale = money_scale([*mine["paid_mean"], *mine["charged_mean"]], language)
    amounts = {(int(row["clause"]), row["code"]): row for row in mine.to_dict("records")}
    rows, columns = [], [f"{part}_mean" for part in ("paid", "charged")]
    for member in members:
        # A part of what a member pays is at least as precise as the whole.
        error = float(stability[mine["agreement"].iloc[0], member.code]["mean_se"]) / scale.divisor
        cells = [
            rounded(float(amounts[n, member.code][column]) / scale.divisor, error, language)[0]
            for n in numbers
            for column in columns
        ]
        example = number(pays[member.name], language) if member.name in pays else ""
        rows.append({"code": member.code, "name": member.name, "cells": cells, "example": example})
    total = [
        exact(float(mine.loc[mine["clause"] == n, column].sum()) / scale.divisor, language, 3)
        for n in numbers
        for column in columns
    ]
    example = number(sum(pays.values()), language) if pays else ""
    return {"numbers": numbers, "unit": scale.unit, "rows": rows, "total": total, "example": example}


def check_rows(table: pd.DataFrame, text: Mapping[str, str], language: str) -> dict[str, Any]:
    """Return simulated beside exact per budget year; only those reasons for no verdict that occur."""
    checks = by_year(table)
    reasons = [key for key in REASONS if any(check.not_judged[key] for check in checks)]
    rows = [
        {
            "label": text["check_whole"] if check.year is None else str(check.year),
            "cells": [
                number(check.figures, language),
                "–" if math.isnan(check.largest) else number(check.largest, language, 1),
                *(number(check.not_judged[key], language) for key in reasons),
            ],
        }
        for check in checks
    ]
    columns = [text["check_figures"], text["check_largest"], *(text[f"check_{key}"] for key in reasons)]
    return {"columns": columns, "rows": rows}


def anchor_rows(table: pd.DataFrame, units: Mapping[str, str], language: str) -> list[dict[str, Any]]:
    """Return the model beside published figures."""
    rows = []
    for row in table.to_dict("records"):
        size = float(row["high"])
        low, high, model = (figure(float(row[key]), size, language) for key in ("low", "high", "model"))
        rows.append(
            {
                "label": row[f"label_{language}"],
                "unit": units.get(row["unit"], row["unit"]),
                "range": f"{low} – {high}",
                "model": model,
                "within": bool(row["within"]),
                "grade": row["grade"],
                "source": row[f"source_{language}"],
            }
        )
    return rows


def assumption_rows(
    results: Results, table: pd.DataFrame, units: Mapping[str, str], inputs: Mapping[str, str], language: str
) -> list[dict[str, Any]]:
    """Return every number that goes in, named for readers, with its key for those who want to set it."""
    care = {c.id: c.label[language] for c in results.study.costs.care_types}
    names = {m.code: m.name for m in results.study.region.members}
    return [
        {
            "key": row["input"],
            "label": input_label(row["input"], care, names, inputs),
            "value": "" if pd.isna(row["value"]) else exact(float(row["value"]), language, 6),
            "error": "" if pd.isna(row["standard_error"]) else exact(float(row["standard_error"]), language, 3),
            "unit": units.get(row["unit"], row["unit"]),
            "year": "" if pd.isna(row["year"]) else str(row["year"]),
            "grade": row["grade"],
            "source": row[f"source_{language}"],
        }
        for row in table.to_dict("records")
    ]


def input_label(key: str, care: Mapping[str, str], names: Mapping[str, str], inputs: Mapping[str, str]) -> str:
    """Return a name such as 'Pleegzorg: hoogste tarief'; the key itself where there is no word for it."""
    if key in inputs:
        return inputs[key]
    kind, _, rest = key.partition(".")
    owner, _, what = rest.partition(".")
    known = {"care_types": care, "region": names}.get(kind, {})
    if owner not in known:
        return key
    # An entry of a list ends on its place in it.
    base, _, place = what.rpartition(".")
    words = f"{inputs[base]} {place}" if place.isdigit() and base in inputs else inputs.get(what, what)
    return f"{known[owner]}: {words[:1].lower()}{words[1:]}"
