"""The tables of a backtest, for people and for machines."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from solidair.cli.output import MANIFEST, write_json
from solidair.cli.settle_grid import Cell, Document, Grid, Money, Page
from solidair.cli.settle_html import html_page
from solidair.cli.settle_write import euros_plain
from solidair.cli.texts.settle import TEXTS, skipped_reason
from solidair.models.costs import CostModel
from solidair.models.problems import InputError
from solidair.models.regions import Region
from solidair.models.sources.cases import Cases
from solidair.models.sources.history import History
from solidair.pool.agreements import Agreement
from solidair.pool.backtest import Backtest, PastYear, history_of
from solidair.pool.settle_year import settle_year

IntArray = npt.NDArray[np.int64]

FIGURES = ("own", "contribution", "transfer", "budget", "deviation")


Cents = Mapping[tuple[str, int], tuple[IntArray, IntArray]]
"""Own cost and contribution, (member,) cents, by agreement and year."""


def settled_cents(
    result: Backtest,
    agreements: Sequence[Agreement],
    cases: Mapping[int, Cases],
    costs: CostModel,
    history: History | None,
) -> Cents:
    """Return the cents that a settlement of each year gives, so that both say the same.

    A year of which a settlement gives other amounts, such as one that goes on from the year before, is left out, and
    so is an agreement that must learn what could have been handed in: that would take as long as the backtest.
    """
    named = {agreement.name: agreement for agreement in agreements}
    past = history if history is not None or not cases else history_of(cases, result.region, costs)
    found = {}
    for year in result.years:
        if year.year not in cases or named[year.agreement].needs_law:
            continue
        budgets = zip(result.region.members, year.budget.tolist(), strict=True)
        members = tuple(replace(member, youth_budget_eur=budget) for member, budget in budgets)
        region = replace(result.region, members=members)
        try:
            made = settle_year(named[year.agreement], region, cases[year.year], year.year, costs, history=past)
        except InputError:
            continue
        pairs = ((made.own_cost, year.own), (made.contribution, year.contribution))
        # Each article moves two amounts, and rounding moves each by less than a cent.
        most = 2 * len(made.clauses) + 2
        if all(bool((np.abs(cents - 100 * euros) < most).all()) for cents, euros in pairs):
            found[year.agreement, year.year] = (made.own_cost, made.contribution)
    return found


def backtest_rows(result: Backtest, fewest: int, exact: Cents | None = None) -> list[dict[str, Any]]:
    """Return one row per agreement, year and member; figures of a member that is hidden are None."""
    rows = []
    for year in result.years:
        hidden = result.hidden(year, fewest)
        settled = (exact or {}).get((year.agreement, year.year))
        for place, member in enumerate(result.region.members):
            cents = {name: round(100 * float(getattr(year, name)[place])) for name in FIGURES}
            if settled is not None:
                cents["own"] = int(settled[0][place])
                cents["transfer"] = int(settled[1][place]) - cents["own"]
            # So that rounded figures close in every row.
            cents["contribution"] = cents["own"] + cents["transfer"]
            cents["deviation"] = cents["contribution"] - cents["budget"]
            shown = {f"{name}_eur": None if hidden[place] else cents[name] / 100 for name in FIGURES}
            rows.append(
                {"agreement": year.agreement, "year": year.year, "code": member.code, "name": member.name, **shown}
            )
    return rows


def backtest_document(
    result: Backtest,
    titles: Mapping[str, str],
    fewest: int,
    language: str,
    *,
    exact: Cents | None = None,
    notes: Sequence[str] = (),
) -> Document:
    """Return the backtest as pages: one table per agreement and year.

    Parameters
    ----------
    exact
        From `settled_cents`.
    notes
        What the readers of files have to say, in the language of the page.
    """
    text = TEXTS[language]
    rows = backtest_rows(result, fewest, exact)
    known = (text["member"], *(text[name] for name in FIGURES))
    pages = []
    for name, title in titles.items():
        grids, said = [], []
        for year in (found for found in result.years if found.agreement == name):
            body: list[tuple[Cell, ...]] = []
            for row in (r for r in rows if (r["agreement"], r["year"]) == (name, year.year)):
                amounts = (row[f"{figure}_eur"] for figure in FIGURES)
                cells = (text["hidden"] if amount is None else Money(round(100 * amount)) for amount in amounts)
                body.append((row["name"], *cells))
            derived = _derived(result.region, year)
            whole = len(derived) == len(result.region)
            named = text["backtest_all"] if whole else ", ".join(derived)
            said += [text["backtest_derived"].format(year=year.year, members=named)] if derived else []
            budget = f"{text['budget']} ({text['backtest_mark']})" if whole else text["budget"]
            columns = tuple(budget if column == text["budget"] else column for column in known)
            grids.append(Grid(f"{title}, {year.year}", columns, tuple(body)))
        skipped = [
            text["backtest_skipped"].format(what=f"{year}: {skipped_reason(why, language)}")
            for who, year, why in result.skipped
            if who == name
        ]
        pages.append(Page(name, title, (text["euro"],), tuple(grids), (*skipped, *said)))
    lead = (text["backtest_text"], text["backtest_private"].format(fewest=fewest), *notes)
    return Document(text["backtest_title"], result.region.title, lead, tuple(pages))


def _derived(region: Region, year: PastYear) -> list[str]:
    """Return the members whose budget was derived from their youths, unless the history gives one of that year."""
    pairs = zip(region.members, year.budget.tolist(), strict=True)
    return [member.name for member, budget in pairs if member.budget_derived and budget == member.youth_budget_eur]


def write_backtest(
    folder: Path,
    result: Backtest,
    document: Document,
    digests: Mapping[str, str],
    fewest: int,
    language: str,
    exact: Cents | None = None,
) -> None:
    """Write the files of a backtest into an empty folder."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = ("agreement", "year", "code", "name", *(f"{figure}_eur" for figure in FIGURES))
    writer.writerow(names)
    for row in backtest_rows(result, fewest, exact):
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
