"""The tables of a backtest, for people and for machines."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from solidair.cli.output import MANIFEST, write_json
from solidair.cli.settle_html import html_page
from solidair.cli.settle_pages import Cell, Document, Grid, Money, Page
from solidair.cli.settle_write import euros_plain
from solidair.cli.texts.settle import TEXTS
from solidair.pool.backtest import Backtest

FIGURES = ("own", "contribution", "transfer", "budget", "deviation")


def backtest_rows(result: Backtest, fewest: int) -> list[dict[str, Any]]:
    """Return one row per agreement, year and member; figures of a member that is hidden are None."""
    rows = []
    for year in result.years:
        hidden = result.hidden(year, fewest)
        for place, member in enumerate(result.region.members):
            cents = {name: round(100 * float(getattr(year, name)[place])) for name in FIGURES}
            # So that rounded figures close in every row.
            cents["contribution"] = cents["own"] + cents["transfer"]
            cents["deviation"] = cents["contribution"] - cents["budget"]
            shown = {f"{name}_eur": None if hidden[place] else cents[name] / 100 for name in FIGURES}
            rows.append(
                {"agreement": year.agreement, "year": year.year, "code": member.code, "name": member.name, **shown}
            )
    return rows


def backtest_document(result: Backtest, titles: Mapping[str, str], fewest: int, language: str) -> Document:
    """Return the backtest as pages: one table per agreement and year."""
    text = TEXTS[language]
    rows = backtest_rows(result, fewest)
    columns = (text["member"], *(text[name] for name in FIGURES))
    pages = []
    for name, title in titles.items():
        grids = []
        for year in (found for found in result.years if found.agreement == name):
            body: list[tuple[Cell, ...]] = []
            for row in (r for r in rows if (r["agreement"], r["year"]) == (name, year.year)):
                amounts = (row[f"{figure}_eur"] for figure in FIGURES)
                cells = (text["hidden"] if amount is None else Money(round(100 * amount)) for amount in amounts)
                body.append((row["name"], *cells))
            grids.append(Grid(f"{title}, {year.year}", columns, tuple(body)))
        skipped = [
            text["backtest_skipped"].format(what=f"{year}: {why}") for who, year, why in result.skipped if who == name
        ]
        pages.append(Page(name, title, (), tuple(grids), tuple(skipped)))
    lead = (text["backtest_text"], text["backtest_private"].format(fewest=fewest))
    return Document(text["backtest_title"], result.region.title, lead, tuple(pages))


def write_backtest(
    folder: Path, result: Backtest, document: Document, digests: Mapping[str, str], fewest: int, language: str
) -> None:
    """Write the files of a backtest into an empty folder."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = ("agreement", "year", "code", "name", *(f"{figure}_eur" for figure in FIGURES))
    writer.writerow(names)
    for row in backtest_rows(result, fewest):
        amounts = (row[f"{figure}_eur"] for figure in FIGURES)
        cells = ("" if amount is None else euros_plain(round(100 * amount)) for amount in amounts)
        writer.writerow([*(row[name] for name in names[:4]), *cells])
    (folder / "backtest.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    (folder / "backtest.html").write_text(html_page(document, language), encoding="utf-8")
    written = sorted(folder.iterdir())
    content = {
        "command": "backtest",
        "region": result.region.name,
        "fewest": fewest,
        "language": language,
        "skipped": [list(entry) for entry in result.skipped],
        "inputs_sha256": dict(sorted(digests.items())),
        "files_sha256": {path.name: sha256(path.read_bytes()).hexdigest() for path in written},
        "versions": {"solidair": version("solidair")},
    }
    write_json(folder / MANIFEST, content)
