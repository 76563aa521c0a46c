"""Build the report: one HTML file that needs no network, no script and no other file.

The same run gives the same bytes: no date, no random id, nothing measured on the machine that made it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from solidair.cli.checks import prices_apart, start_notes
from solidair.cli.finance_rows import Finance
from solidair.cli.numbers import euro_short, number
from solidair.cli.remarks import report_remarks, with_own_titles
from solidair.cli.report.cells import money_scale, rounded, with_error
from solidair.cli.report.compared import compared_section
from solidair.cli.report.details import agreement_rules, anchor_rows, assumption_rows, check_rows, member_tables
from solidair.cli.report.figures import Figures
from solidair.cli.report.finance import finance_sections
from solidair.cli.report.headline import Verdict, answer, member_range, verdicts
from solidair.cli.report.years import Years
from solidair.cli.texts import report_en, report_nl
from solidair.cli.texts.properties import TEXTS as PROPERTIES
from solidair.cli.texts.report_open import OPEN_CASES
from solidair.pool.exactness import verdict
from solidair.pool.finance.paragraph import few_notes
from solidair.pool.metrics import METRICS
from solidair.pool.results import Results
from solidair.pool.study import builtin
from solidair.pool.study_spec import Settings

WORDS = {"nl": report_nl, "en": report_en}
LIBRARIES = ("solidair", "numpy", "scipy", "numba", "pandas", "altair", "vl-convert-python")
SHADE = (0x8F, 0xBC, 0xD9)
"""Darkest shade of the matrix; black text on it has a contrast of 9."""


def report_html(results: Results, tables: Mapping[str, pd.DataFrame], language: str) -> str:
    """Return the report of a run.

    Parameters
    ----------
    results
        What the run left behind.
    tables
        All tables of `solidair.pool.results.TABLES`, by name.
    language
        'nl' or 'en'.

    Returns
    -------
    str
        A whole HTML document.
    """
    words = WORDS[language]
    results = with_own_titles(results)
    study = results.study
    said = dict(words.TEXTS)
    if study.open_cases:  # one of which nothing may be used starts like any other
        said |= OPEN_CASES[language]
        stays = number(len(study.open_cases), language)
        said["colophon_license_text"] = said["colophon_license_text"].format(count=stays)
    text = _dated(said, study.settings.first_year, study.settings.years)
    found = verdicts(results)
    sharing = [a for a in study.agreements if a.spec.clauses]
    own_only = not sharing
    budget = sum(m.youth_budget_eur for m in study.region.members)
    count = len(study.region.members)
    facts = text["facts"].format(
        members=text["members"].format(count=count) if count > 1 else text["member_one"],
        youths=number(sum(m.youth for m in study.region.members), language),
        budget=euro_short(budget, language),
        worlds=worlds(results, text, language),
    )
    assumptions = tables["assumptions"]
    figures = Figures(results, tables, found, text, language)
    years = Years(results, tables, figures, text, language)
    capacity, outlook = finance_sections(Finance(results, tables), figures, language)
    context = {
        "language": language,
        "t": text,
        "p": PROPERTIES[language],
        "css": Markup(_file("style.css")),
        "title": study.title[language],
        "kicker": text["kicker"].format(region=study.region.title),
        "facts": facts,
        "overrides": study.overrides,
        "answer": answer(results, tables, found, text, language),
        "range": member_range(results, tables, found, text, language),
        "matrix": None if own_only else _matrix(results, tables, found, text, language),
        "measures": {"mean": METRICS["mean"].label[language], "swing": METRICS["sd_chance"].label[language]},
        "million": money_scale([1e6], language).unit,
        "euro": {"nl": "€", "en": "EUR"}[language],
        "plain": _plain(results, tables, language) if own_only else None,
        "notes": _notes(results, text, language),
        "luck": [text["luck"], _need(results, text)],
        "figures": figures.all(),
        "years": years.section(),
        "capacity": capacity,
        "outlook": outlook,
        "compared": compared_section(results, tables, language),
        "known": years.known(),
        "agreements": [a.spec.title[language] for a in study.agreements],
        "rules": agreement_rules(results, tables, text, language),
        "members": member_tables(results, tables, text, language),
        "details_text": text["details_text"].format(good=text["good"], bad=text["bad"]),
        "meanings": [(m.label[language], m.meaning[language]) for m in METRICS.values()],
        "error_text": text["sure_error_text"].format(worlds=worlds(results, text, language)),
        "exact": _exact(tables["check"], text, language),
        "check": check_rows(tables["check"], text, language),
        "anchors": anchor_rows(tables["anchors"], words.UNITS, language),
        "anchors_text": text["anchors_text"].format(
            within=int(tables["anchors"]["within"].sum()), all=len(tables["anchors"])
        ),
        "missing": _missing(results, text, language),
        "assumptions": assumption_rows(results, assumptions, words.UNITS, words.INPUTS, language),
        "assumptions_text": _counted(assumptions, text, language),
        "errors_given": bool(assumptions["standard_error"].notna().any()),
        "assumptions_show": text["assumptions_show"].format(all=number(len(assumptions), language)),
        "region_source": _region_source(results, text),
        "region_notes": study.region.notes,
        "glossary": words.GLOSSARY,
        "command": repeat_command(results, language),
        "study_name": study.name,
        "worlds": worlds(results, text, language),
        "seed": str(results.seed),
        "versions": [f"{name} {version(name)}" for name in LIBRARIES],
        "inputs": [(name, digest[:12]) for name, digest in sorted(study.inputs.items())],
    }
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_file("template.html.j2")).render(context) + "\n"


def _dated(texts: Mapping[str, str], first: int, years: int) -> dict[str, str]:
    """Return texts with the budget years filled in."""
    last = str(first + years - 1)
    return {key: text.replace("{first}", str(first)).replace("{last}", last) for key, text in texts.items()}


def worlds(results: Results, text: Mapping[str, str], language: str) -> str:
    """Return how much was simulated: so many paths of so many years."""
    first, years = results.study.settings.first_year, results.study.settings.years
    span = str(first) if years == 1 else f"{first}–{first + years - 1}"
    key = "worlds_single" if years == 1 else "worlds"
    return text[key].format(sims=number(results.sims, language), years=years, span=span)


def _file(name: str) -> str:
    return files("solidair.cli.report").joinpath(name).read_text(encoding="utf-8")


def _matrix(
    results: Results,
    tables: Mapping[str, pd.DataFrame],
    found: Sequence[Verdict],
    text: Mapping[str, str],
    language: str,
) -> dict[str, Any]:
    """Return the table of the first minute: agreements as columns; the region above, its members below."""
    study = results.study
    sharing = [a for a in study.agreements if a.spec.clauses]
    region = {name: v.gain for v in found for name in v.names}
    fairness: dict[str, dict[Any, Any]] = {str(r["agreement"]): r for r in tables["fairness"].to_dict("records")}
    rows = {(r["agreement"], r["code"]): r for r in tables["stability"].to_dict("records")}
    gains = [float(rows[a.name, m.code]["stability_gain_chance"]) for a in sharing for m in study.region.members]
    top = max([*gains, 0.2])

    def shaded(value: float, error: float) -> dict[str, str]:
        shown, doubt = rounded(100 * value, 100 * error, language, most=1)
        return {"value": f"{shown}%", "error": doubt, "shade": _shade(value / top)}

    def euro(name: str, column: str) -> dict[str, str]:
        value, error = (float(fairness[name][f"{column}{ending}"]) for ending in ("", "_se"))
        shown, doubt = rounded(value / 1e6, error / 1e6, language, most=2)
        unit = {"nl": ("€\u00a0", "\u00a0mln"), "en": ("EUR\u00a0", "\u00a0m")}[language]
        return {"value": f"{unit[0]}{shown}{unit[1]}", "error": doubt, "shade": ""}

    def gini(name: str) -> dict[str, str]:
        value, error = (float(fairness[name][f"gini_ex_post{ending}"]) for ending in ("", "_se"))
        shown, doubt = rounded(value, error, language, most=3)
        return {"value": shown, "error": doubt, "shade": ""}

    names = [a.name for a in sharing]
    first = fairness[names[0]]
    own = float(first["gini_ex_post"]) - float(first["gini_ex_post_change"])
    return {
        "columns": [a.spec.title[language] for a in sharing],
        "region": [
            {
                "label": text["row_gain"],
                "note": "",
                "cells": [shaded(float(region[n].value), float(region[n].standard_error)) for n in names],
            },
            {"label": text["row_moved"], "note": "", "cells": [euro(n, "redistribution") for n in names]},
            {"label": text["row_need"], "note": "", "cells": [euro(n, "redistribution_need") for n in names]},
            {
                "label": text["row_chance"],
                "note": text["row_chance_note"],
                "cells": [euro(n, "redistribution_chance") for n in names],
            },
            {
                "label": text["row_gini"],
                "note": text["row_gini_note"].format(own=number(own, language, 3)),
                "cells": [gini(n) for n in names],
            },
        ],
        "members": [
            {
                "code": m.code,
                "name": m.name,
                "cells": [
                    shaded(rows[n, m.code]["stability_gain_chance"], rows[n, m.code]["stability_gain_chance_se"])
                    for n in names
                ],
            }
            for m in study.region.members
        ],
    }


def _shade(share: float) -> str:
    """Return a colour from white to `SHADE`; below zero, where sharing makes it worse, a warm one."""
    end = SHADE if share >= 0.0 else (0xF0, 0xC4, 0x8A)
    part = min(abs(share), 1.0)
    return "#" + "".join(f"{round(255 + part * (channel - 255)):02x}" for channel in end)


def _plain(results: Results, tables: Mapping[str, pd.DataFrame], language: str) -> list[dict[str, str]]:
    """Return mean and swing per member where there is nothing to compare."""
    rows = {r["code"]: r for r in tables["stability"].to_dict("records")}
    return [
        {
            "code": m.code,
            "name": m.name,
            "mean": with_error(rows[m.code]["mean"] / 1e6, rows[m.code]["mean_se"] / 1e6, language),
            "swing": with_error(rows[m.code]["sd_chance"] / 1e6, rows[m.code]["sd_chance_se"] / 1e6, language),
        }
        for m in results.study.region.members
    ]


def _identical(results: Results, language: str) -> list[str]:
    titles = {a.name: a.spec.title[language] for a in results.study.agreements}
    return [", ".join(titles[name] for name in group) for group in results.identical()]


def _notes(results: Results, text: Mapping[str, str], language: str) -> list[str]:
    """Return what a reader of the first minute must know."""
    members = results.study.region.members
    derived = sum(m.budget_derived for m in members)
    notes = [text["answer_weighted"]] if any(a.spec.clauses for a in results.study.agreements) else []
    for group, names in zip(results.identical(), _identical(results, language), strict=True):
        notes.append(text["identical"].format(names=names, both=text["both" if len(group) == 2 else "all_of_these"]))
    level = results.study.costs.spec.price_level
    if results.study.settings.years == 1:
        notes.append(text["prices_level"].format(level=level))
    if prices_apart(results.study):
        notes.append(text["prices_apart"].format(level=level))
    notes += start_notes(results.study, language)
    notes += few_notes(results, language)
    notes += report_remarks(results, language)
    if derived:
        key = "derived_budget_all" if derived == len(members) else "derived_budget"
        notes.append(text[key].format(count=derived, members=len(members)))
    return notes


def _need(results: Results, text: Mapping[str, str]) -> str:
    members = results.study.region.members
    unknown = sum(m.need_index is None for m in members)
    if not unknown:
        return text["luck_known"]
    return text["luck_unknown"] if unknown == len(members) else text["luck_partly"].format(count=unknown)


def _exact(check: pd.DataFrame, text: Mapping[str, str], language: str) -> dict[str, Any]:
    """Return whether simulated figures agree with exact ones, in words."""
    outcome = verdict(check)
    if not outcome["figures"]:
        key = "sure_exact_unknown" if check["exact_sd"].isna().any() else "sure_exact_none"
        return {"passed": False, "text": text[key], "rare": ""}
    key = "sure_exact_pass" if outcome["passed"] else "sure_exact_fail"
    words = text[key].format(
        figures=number(outcome["figures"], language),
        largest=number(outcome["largest_z"], language, 1),
        limit=number(outcome["limit"], language, 1),
    )
    rare = outcome["too_rare_to_judge"]
    return {
        "passed": outcome["passed"],
        "text": words,
        "rare": text["sure_exact_rare"].format(rare=number(rare, language)) if rare else "",
    }


def _missing(results: Results, text: Mapping[str, str], language: str) -> list[str]:
    members = results.study.region.members
    unknown = sum(m.need_index is None for m in members)
    derived = sum(m.budget_derived for m in members)
    found = [text["missing_year"]] if results.study.settings.years == 1 else []
    found += [] if results.study.finance.reserve else [text["missing_reserves"]]
    found.append(text["missing_behaviour"])
    if unknown:
        found.append(text["missing_need"].format(count=unknown))
    if derived:
        found.append(text["missing_budget"].format(count=derived))
    found += [text["missing_identical"].format(names=names) for names in _identical(results, language)]
    names = ", ".join(care.label[language].lower() for care in results.study.costs.unbounded)
    if names:
        found.append(text["missing_variance"].format(names=names))
    return [*found, text["missing_child"], text["missing_cost"]]


def _counted(table: pd.DataFrame, text: Mapping[str, str], language: str) -> list[str]:
    count = {grade: int((table["grade"] == grade).sum()) for grade in ("sourced", "derived", "assumed")}
    shown = {grade: number(n, language) if n else text["none"] for grade, n in count.items()}
    sentences = [text["assumptions_count"].format(all=number(len(table), language), **shown)]
    return [*sentences, *([text["assumptions_tariffs"]] if count["assumed"] else [])]


def _region_source(results: Results, text: Mapping[str, str]) -> str:
    region = results.study.region
    if not region.source:
        return text["region_unsourced"]
    return text["region_source"].format(source=region.source, year=f" ({region.year})" if region.year else "")


def repeat_command(results: Results, language: str) -> str:
    """Return the command line that repeats the run; a study of the user's own is named by its file."""
    study = results.study
    own = [name for name in study.inputs if name.endswith(".toml")]
    shipped = study.name in builtin("studies") or not own
    parts = ["solidair", "run", study.name if shipped else own[0]]
    parts += ["--sims", str(results.sims), "--seed", str(results.seed)]
    # Whether the file or an option has set the years is not known; studies that come with solidair leave the default.
    chosen, usual = study.settings, Settings()
    if not shipped or chosen.years != usual.years:
        parts += ["--years", str(chosen.years)]
    if not shipped or chosen.first_year != usual.first_year:
        parts += ["--first-year", str(chosen.first_year)]
    if results.case_by_case:
        parts.append("--case-by-case")
    for override in study.overrides:
        parts += ["--set", override]
    return shlex.join([*parts, "--lang", language])
