"""What the report tells of an agreement besides its articles: properties, later years, funds, money from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from solidair.cli.card import amount, example_rows, lasting
from solidair.cli.numbers import euro_short, money
from solidair.cli.report.cells import exact, money_scale, rounded
from solidair.cli.texts.properties import TEXTS
from solidair.pool.agreements import Agreement
from solidair.pool.describe import with_past
from solidair.pool.fair import Known, gaps_of, known_of
from solidair.pool.property_words import CardRow
from solidair.pool.results import Results

SMALL = 0.5
"""EUR a year below which no money comes from outside or stays in a fund."""


def known_from(results: Results, agreement: Agreement) -> Known:
    """Return what a run knows of an agreement; rules that need a law learn it again, from the same pilot run."""
    gaps = gaps_of(results, agreement)
    if not agreement.needs_law:
        return Known(gaps)
    return Known(gaps, known_of(with_past(results.study), [agreement], sims=1)[agreement.name].laws)


def example_beyond(example: Mapping[str, Any], language: str) -> str:
    """Return what of the example comes from outside or out of a fund in its year, as a sentence; empty if nothing."""
    beyond = example["outside"][0] - example["fund"][0]
    return TEXTS[language]["example_rest"].format(rest=money(beyond, language)) if abs(beyond) > SMALL else ""


def later_years(example: dict[str, Any], language: str) -> dict[str, Any] | None:
    """Return who pays for the example in its year and the years after it; None if nothing happens then."""
    if not lasting(example):
        return None
    rows = example_rows(example, language)
    totals = [sum(column) for column in zip(*(values for _, values in rows), strict=True)]
    return {
        "years": example["years"],
        "rows": [{"name": name, "cells": [amount(x, language) for x in values]} for name, values in rows],
        "total": [amount(x, language) for x in totals],
    }


def beyond_table(results: Results, agreement: Agreement, language: str) -> dict[str, Any] | None:
    """Return per article what comes from outside and what stays in funds; None if nothing does."""
    totals, text = results.clauses[agreement.name], TEXTS[language]
    if not (np.abs(totals.outside) > SMALL).any() and not (np.abs(totals.fund) > SMALL).any():
        return None
    columns = np.stack([totals.paid.sum(axis=1), totals.charged.sum(axis=1), totals.outside, totals.fund], axis=1)
    scale = money_scale(columns.ravel(), language)

    def cell(value: float) -> str:
        return f"{'−' if value < 0 else ''}{exact(abs(value) / scale.divisor, language, 3)}"

    rows = [
        {"label": f"{number}. {clause.title[language]}", "cells": [cell(float(x)) for x in row]}
        for number, (clause, row) in enumerate(zip(agreement.spec.clauses, columns, strict=True), 1)
    ]
    more = float(totals.fund.sum() - totals.outside.sum())
    words = text["beyond_text"].format(
        total=euro_short(abs(more), language), more=text["more" if more >= 0 else "less"]
    )
    return {"unit": scale.unit, "rows": rows, "text": words}


def pots_table(pots: pd.DataFrame, agreement: Agreement, language: str) -> dict[str, Any] | None:
    """Return what the pots of an agreement did in every budget year; None where there is nothing to tell.

    Figures that never move, such as a call that never comes, are left out.
    """
    text, rows = TEXTS[language], []
    mine = pots[pots["agreement"] == agreement.name]
    for (clause, what), group in mine.groupby(["clause", "what"], sort=False):
        values = group[["mean", "p10", "p50", "p90"]].to_numpy()
        share = what == "ratio"
        if np.all(np.abs(values - (1.0 if share else 0.0)) < (1e-9 if share else SMALL)):
            continue
        scale, unit = (0.01, "%") if share else _unit(values, language)
        label = text.get(f"pot_{what}", str(what))
        # In years in which a fund does not pay, or pays everything for certain, the part paid says nothing.
        kept = group[(group["p10"] < 1.0) | (group["mean"] < 1.0 - 1e-9)] if share else group
        for place, row in enumerate(kept.to_dict("records")):
            mean, doubt = rounded(row["mean"] / scale, row["mean_se"] / scale, language)
            rows.append(
                {
                    "label": f"{clause}. {label} ({unit})" if place == 0 else "",
                    "span": len(kept),
                    "year": row["year"],
                    "mean": mean,
                    "doubt": doubt,
                    "cells": [exact(row[level] / scale, language, 3) for level in ("p10", "p50", "p90")],
                }
            )
    return {"rows": rows} if rows else None


def delay(card: Sequence[CardRow], member: str, language: str) -> str:
    """Return a sentence that an agreement delays more than it shares; empty if it does not."""
    rows = {row.name: row for row in card}
    if "lifetime" not in rows or rows["lifetime"].state != "delays":
        return ""
    now, later = rows["same_year"].verdict, rows["lifetime"].verdict
    return TEXTS[language]["delays"].format(member=member, now=now, later=later)


def _unit(values: Any, language: str) -> tuple[float, str]:
    scale = money_scale([float(x) for x in np.ravel(values)], language)
    return scale.divisor, scale.unit
