"""The worked example and the property card of an agreement, in a terminal of 80 columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from solidair.cli.numbers import money, number
from solidair.cli.texts.properties import TEXTS

SMALL = 0.5
"""EUR below which an amount is not shown."""


def whole(values: Sequence[float]) -> list[int]:
    """Return amounts in whole euros that add up to their rounded sum: the method of largest remainders."""
    # What rounding of floats leaves of a whole amount is no remainder.
    exact = [round(value, 6) for value in values]
    found = [math.floor(value) for value in exact]
    missing = round(sum(exact)) - sum(found)
    for place in sorted(range(len(exact)), key=lambda i: found[i] - exact[i])[:missing]:
        found[place] += 1
    return found


def whole_example(example: Mapping[str, Any]) -> dict[str, Any]:
    """Return the worked case with amounts in whole euros that add up in every year."""
    columns = []
    for place, year in enumerate([example["pays"], *example["later"]]):
        *members, outside, drawn = whole([*year.values(), example["outside"][place], -example["fund"][place]])
        columns.append((dict(zip(year, members, strict=True)), outside, -drawn))
    pays, outsides, funds = zip(*columns, strict=True)
    return {**example, "pays": pays[0], "later": pays[1:], "outside": outsides, "fund": funds}


def example_rows(example: Mapping[str, Any], language: str) -> list[tuple[str, list[int]]]:
    """Return who pays for the worked case, and what it changes in the years after it, whole EUR per year.

    Members first, the largest payer on top; then what comes from outside and out of a fund, where anything does.
    """
    text, example = TEXTS[language], whole_example(example)
    years = [example["pays"], *example["later"]]
    rows = [(name, [year[name] for year in years]) for name in sorted(years[0], key=lambda m: -years[0][m])]
    beyond = [("example_outside", list(example["outside"])), ("example_fund", [-x for x in example["fund"]])]
    rows += [(text[key], values) for key, values in beyond]
    return [(name, values) for name, values in rows if any(values)]


def lasting(example: Mapping[str, Any]) -> bool:
    """Return whether the case changes anything in later years."""
    return any(abs(x) >= SMALL for year in example["later"] for x in year.values())


def amount(value: float, language: str) -> str:
    """Return whole euros without a sign for the currency; nothing where there is nothing."""
    if abs(value) < SMALL:
        return "–"
    return f"{'−' if value < 0 else ''}{number(abs(value), language)}"


def show_example(console: Console, example: Mapping[str, Any], language: str) -> None:
    """Print the worked example: one column a year, or one column if nothing happens later."""
    text, rows = TEXTS[language], example_rows(example, language)
    cost, years = money(example["cost"], language), example["years"]
    care, first = example["care_type"], years[0]
    care = care if care[1:2].isupper() else care[:1].lower() + care[1:]
    console.print(text["example"].format(cost=cost, member=example["member"], care=care, first=first))
    if not lasting(example):
        for name, values in rows:
            console.print(f"  {name:<24}{money(values[0], language):>12}")
        if len(rows) > 1:
            console.print(f"  {text['total']:<24}{money(sum(v[0] for _, v in rows), language):>12}")
        if len(years) > 1:
            console.print(text["example_after_none"].format(count=len(years) - 1))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(text["member"], no_wrap=True, max_width=26)
    for year in years:
        table.add_column(str(year), justify="right")
    for name, values in rows:
        table.add_row(name, *(amount(value, language) for value in values))
    totals = [sum(column) for column in zip(*(values for _, values in rows), strict=True)]
    table.add_row(text["total"], *(amount(value, language) for value in totals))
    console.print(table)
    console.print(text["example_after"])


def show_card(console: Console, rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print the property card: one row for each property."""
    text = TEXTS[language]
    table = Table(title=text["card"], box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    table.add_column(text["card_property"], max_width=22)
    table.add_column(text["card_verdict"], max_width=13)
    table.add_column(text["card_sentence"])
    for row in rows:
        table.add_row(row["title"], row["verdict"], row["sentence"])
    console.print(table)
    console.print(text["card_note"])


def show_missing(console: Console, missing: Sequence[str], language: str) -> None:
    """Print why there is neither example nor card."""
    console.print(TEXTS[language]["missing"])
    for rule in missing:
        console.print(f"  - {rule}.")
