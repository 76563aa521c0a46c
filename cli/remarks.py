"""What a reader must know of single agreements of a run: same titles, money from outside, idle first years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from solidair.cli.texts.remarks import TEXTS
from solidair.models.schema import Words
from solidair.pool.agreements import Agreement
from solidair.pool.metrics.base import row_blocks
from solidair.pool.results import Results

SMALL = 0.5
"""EUR a year below which no money comes from outside or stays in a fund."""

CENT = 0.01


def with_own_titles(results: Results) -> Results:
    """Return results in which no two agreements have the same title: the file name then stands behind it in brackets.

    Where all titles differ these are the very same results.
    """
    study = results.study
    agreements = own_titles(study.agreements)
    if agreements == study.agreements:
        return results
    return replace(results, study=replace(study, agreements=agreements))


def own_titles(agreements: Sequence[Agreement]) -> tuple[Agreement, ...]:
    """Return agreements of which no two have the same title in either language."""
    counts = Counter(text for a in agreements for text in {a.spec.title.nl, a.spec.title.en})
    found = []
    for agreement in agreements:
        title = agreement.spec.title
        if max(counts[title.nl], counts[title.en]) > 1:
            title = Words(nl=f"{title.nl} ({agreement.name})", en=f"{title.en} ({agreement.name})")
            agreement = replace(agreement, spec=agreement.spec.model_copy(update={"title": title}))
        found.append(agreement)
    return tuple(found)


def beyond(results: Results) -> list[str]:
    """Return names of agreements under which money comes from outside, goes there, or moves in or out of a fund."""
    return [
        name
        for name, totals in results.clauses.items()
        if (np.abs(totals.outside) > SMALL).any() or (np.abs(totals.fund) > SMALL).any()
    ]


def idle(results: Results) -> list[str]:
    """Return names of agreements with articles that change nothing for anybody in the first year, in any path."""
    return [a.name for a in results.study.agreements if a.spec.clauses and _same(results, a.name)]


def own_reserves(results: Results) -> list[str]:
    """Return names of agreements with a reserve of each member's own, if the study lays another reserve behind it."""
    if results.study.finance.reserve is None:
        return []
    return [a.name for a in results.study.agreements if any(c.pot.kind == "own_reserve" for c in a.spec.clauses)]


def _same(results: Results, name: str) -> bool:
    """Return whether everybody pays its own cost in the first year, to the cent; part by part, to spare memory."""
    borne, own = results.contributions[name], results.own
    parts = row_blocks(own.shape[0])
    return all(np.allclose(borne[rows, 0], own[rows, 0], rtol=1e-9, atol=CENT) for rows in parts)


def screen_remarks(results: Results, language: str) -> list[str]:
    """Return remarks for beneath a table in which agreements have numbers, such as (4)."""
    text = TEXTS[language]
    shared = [a.name for a in results.study.agreements if a.spec.clauses]
    numbers = {name: f"({number})" for number, name in enumerate(shared, 1)}
    outside = [numbers[name] for name in beyond(results) if name in numbers]
    first, years = results.study.settings.first_year, results.study.settings.years
    found = [text["beyond"].format(names=", ".join(outside))] if outside else []
    found += [text["own_reserve"].format(name=numbers[name]) for name in own_reserves(results)]
    key = "idle_one" if years == 1 else "idle_screen"
    return found + [text[key].format(name=numbers[name], first=first) for name in idle(results)]


def report_remarks(results: Results, language: str) -> list[str]:
    """Return remarks for the report, in which agreements have titles."""
    text = TEXTS[language]
    titles = {a.name: a.spec.title[language] for a in results.study.agreements}
    first, years = results.study.settings.first_year, results.study.settings.years
    outside = [titles[name] for name in beyond(results)]
    found = [text["beyond_report"].format(names="; ".join(outside))] if outside else []
    found += [text["own_reserve"].format(name=titles[name]) for name in own_reserves(results)]
    key = "idle_one" if years == 1 else "idle_report"
    return found + [text[key].format(name=titles[name], first=first) for name in idle(results)]
