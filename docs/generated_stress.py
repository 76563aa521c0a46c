"""What the pages show of scenarios: keys of their files, those that come with solidair, figures compared."""

from __future__ import annotations

from typing import Any

from generated import code, generated, table
from pydantic import BaseModel

from solidair.models.schema import in_language
from solidair.pool import Study
from solidair.pool.stress.compare import COLUMNS, FIGURES
from solidair.pool.stress.parameters import DRIVERS
from solidair.pool.stress.scenario import (
    Doubt,
    Leaving,
    Merging,
    NumberChange,
    ReplacedCare,
    ScenarioSpec,
    load_scenarios,
)
from solidair.pool.stress.words import change_words
from solidair.pool.study import builtin

_KINDS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("", ScenarioSpec),
    ("change", NumberChange),
    ("replace", ReplacedCare),
    ("leave", Leaving),
    ("merge", Merging),
    ("doubt", Doubt),
)

_WORDS: dict[type[BaseModel], dict[str, str]] = {
    ScenarioSpec: {
        "title": "title in the two languages, or once",
        "summary": "what happens, in a sentence or two",
        "source": "where it and its size come from; for an assumption, why this size",
        "grade": "of the size: `sourced`, `derived` (arithmetic on sourced numbers) or `assumed`, and shown as such",
        "changes": "list of tables, each with a kind: at least one",
    },
    NumberChange: {
        "kind": "a number, or what drives several, is otherwise than planned",
        "set": "which: see [what can change](#what-can-change)",
        "by": "a change of what it was: `+15%`, `-10%` or `x1.2`",
        "to": "a new value, instead of `by`",
        "first": "first budget year in which it holds, 1 being the first; only of prices, entries and budgets",
        "last": "last budget year in which it holds",
        "yearly": "whether it comes anew every year, on top of the years before",
    },
    ReplacedCare: {
        "kind": "children get other care",
        "care": "care type that they would have had",
        "instead": "care type that they get, as many clients",
        "share": "share of the clients, from 0 to 1; of several replacements together at most 1",
    },
    Leaving: {
        "kind": "a member leaves every agreement of which it is a member",
        "member": "CBS code; or `largest`, `second-largest`, `second-smallest`, `smallest`, by youths",
        "first": "budget year from which it is out",
    },
    Merging: {
        "kind": "members become one municipality",
        "members": "codes or sizes, as of `leave`; results stand with the first one",
        "first": "budget year from which they are one, 2 or later",
    },
    Doubt: {
        "kind": "how well volumes, tariffs and lengths are known",
        "error": "standard error of each, a share of it; 0 takes every number as known",
    },
}

_DRIVER_WORDS = {
    "price": (
        "what every client costs, caps among it; `tariff` is the same word",
        "any years",
    ),
    "entries": (
        "clients of single-year care, and those who enter a stay; the number in stays follows later",
        "any years",
    ),
    "clients": ("clients, those in care at the start among them", "whole run"),
    "length": ("how long stays last; as many children enter, so more are in care", "whole run"),
    "spread": ("spread of the price of a client or a day, at the same mean; the cap moves along", "whole run"),
}


@generated
def scenario_keys() -> str:
    """Every key of a scenario file; one that has no words here stops the build."""
    rows = []
    for kind, model in _KINDS:
        for name, field in model.model_fields.items():
            default = field.get_default()
            need = "required" if field.is_required() else "none" if default is None else code(str(default).lower())
            rows.append((code(kind) if kind else "", code(name), need, _WORDS[model][name]))
    return table(("kind of change", "key", "default", "what it is"), rows)


@generated
def scenario_drivers() -> str:
    """Return what a change may set."""
    rows = [(f"{code(f'costs.CARE.{name}')}, {code(f'costs.{name}')}", *_DRIVER_WORDS[name]) for name in DRIVERS]
    rows.append((code("budget"), "what every member has budgeted", "any years"))
    rows.append((code("costs.KEY"), "any number of the [cost model](files.md#cost-models) by its key", "whole run"))
    return table(("path", "what it changes", "when"), rows)


@generated
def scenarios() -> str:
    """Return the scenarios that come with solidair."""
    labels: dict[str, str] = {care.id: care.label.en for care in Study.load("haaglanden").costs.care_types}
    rows: list[tuple[Any, ...]] = []
    for name in builtin("scenarios"):
        (one,) = load_scenarios([name], shipped=True)
        spec = one.spec
        changes = "; ".join(change_words(change, "en", labels) for change in spec.changes)
        rows.append((code(name), f"**{spec.title.en}**: {changes}", spec.grade, in_language(spec.source, "en")))
    return table(("name", "what happens", "grade of its size", "source"), rows)


@generated
def stress_figures() -> str:
    """Return the figures that are compared."""
    rows = [
        (
            code(figure.name),
            figure.meaning["en"],
            "sum of the members" if figure.together == "sum" else "of the total",
            "every year" if figure.every_year else "first year, all years",
        )
        for figure in FIGURES
    ]
    return table(("metric", "what it is", "in the row `region`", "periods"), rows)


@generated
def stress_columns() -> str:
    """Return the columns of the table."""
    return ", ".join(map(code, COLUMNS))
