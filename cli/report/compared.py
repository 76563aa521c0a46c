"""The section that compares all agreements with one of them: who gains and who loses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from solidair.cli.report.cells import money_scale, rounded, with_error
from solidair.cli.texts.compared import TEXTS
from solidair.pool.metrics.compared import ALL_YEARS
from solidair.pool.results import Results


def compared_section(results: Results, tables: Mapping[str, pd.DataFrame], language: str) -> dict[str, Any] | None:
    """Return the section, its columns the other agreements; None where no agreement is named to compare with."""
    table = tables["compared"]
    if not len(table):
        return None
    study, text = results.study, TEXTS[language]
    titles = {a.name: a.spec.title[language] for a in study.agreements}
    rows = {(row["agreement"], row["code"]): row for row in table.to_dict("records")}
    others = list(dict.fromkeys(table["agreement"]))
    mean, swing = (f"{name}_{ALL_YEARS}_change" for name in ("mean", "sd"))
    scale = money_scale([1e4], language)  # a city and a village stand in one table: thousands suit both

    def cell(row: Mapping[Any, Any]) -> dict[str, str]:
        value, error = row[mean] / scale.divisor, row[f"{mean}_se"] / scale.divisor
        shown, doubt = rounded(value, error, language, sign=True, most=None if error > 0 else 1)
        spread = with_error(row[swing] / scale.divisor, row[f"{swing}_se"] / scale.divisor, language, sign=True)
        return {"value": shown, "error": doubt, "spread": text["swing"].format(value=spread)}

    reference = titles[table["reference"].iloc[0]]
    first, years = study.settings.first_year, study.settings.years
    when = text["when_one" if years == 1 else "when_all"].format(first=first, last=first + years - 1)
    return {
        "contents": text["contents"],
        "title": text["title"].format(reference=reference),
        "text": text["text"].format(when=when, where=text["where"].format(first=first)),
        "caption": text["caption"].format(reference=reference),
        "columns": [titles[name] for name in others],
        "unit": scale.unit,
        "rows": [
            {"code": m.code, "name": m.name, "cells": [cell(rows[name, m.code]) for name in others]}
            for m in study.region.members
        ],
    }
