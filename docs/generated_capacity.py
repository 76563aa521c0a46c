"""What the page on reserve capacity shows: classes, columns, and the certainty table of a region."""

from __future__ import annotations

import math

from generated import code, figure, generated, results, table
from scipy import special

from solidair.pool.finance.capacity import FEWEST, LEVELS, enough_paths, level_before
from solidair.pool.finance.classes import CLASSES
from solidair.pool.finance.paragraph import certainty_words, paragraphs

_KEYS = {
    "agreement": "name of the agreement",
    "code": "CBS code",
    "name": "name of the member",
    "period": "the first calendar year, or all years together, such as `2027-2030`",
}
_WORDS = {
    "certainty": _KEYS
    | {
        "certainty": "certainty, as a share",
        "chosen": "whether this is what the council asks for",
        "loss": "the loss against budget that is not passed with this certainty, EUR; below 0 money is left",
        "step": "how much more is required than at twice the chance of falling short, as a share of that: at 90% "
        "beside 80%, at 95% beside 90%; infinite where nothing was required, empty where nothing is",
    },
    "capacity": _KEYS
    | {
        "certainty": "certainty that the council asks for",
        "required": "required capacity, EUR",
        "required_own": "the same without an agreement: each bears its own cost",
        "saved": "what the agreement saves of it, `required_own` less `required`; its error is the paired one",
        "available": "what the region file says is available for the period, EUR; empty if it says nothing",
        "ratio": "available over required; infinite where nothing is required",
        "class": "class of the ratio, A to F; empty without a ratio",
        "ratio_own": "ratio without an agreement",
        "class_own": "its class",
        "overrun_probability": "chance that the period costs more than its budget, as in the table `years`",
        "expected_effect": "mean amount above the budget, within it 0: `expected_overrun` of the table `years`",
        "maximum_effect": "amount above the budget that is not passed with 99% certainty, at least 0",
    },
    "register": _KEYS
    | {
        "risk_nl": "what the risk is called",
        "risk_en": "the same in English",
        "cause_nl": "where it comes from",
        "cause_en": "the same in English",
        "unit": "of all amounts",
        "certainty": "certainty of `required`",
        "probability": "chance of an overrun",
        "maximum_effect": "amount above the budget that is not passed with 99% certainty",
        "expected_effect": "mean amount above the budget over all paths: chance × mean effect",
        "required": "required capacity at the chosen certainty",
        "conditional_effect": "mean effect in the paths where it happens; empty if it never does",
        "p10": "the loss that one path in ten stays below; below 0 money is left",
        "p25": "a quarter",
        "p50": "half",
        "p75": "three quarters",
        "p80": "80%",
        "p90": "90%",
        "p95": "95%",
        "p99": "99%",
    },
}


@generated
def capacity_classes() -> str:
    """Return the classes of the ratio."""
    rows = []
    for better, found in zip((None, *CLASSES), CLASSES, strict=False):
        limit = f"above {found.lowest:g}" if better is None else f"{found.lowest:g} to {better.lowest:g}"
        rows.append((found.letter, limit, found.words.nl, found.words.en))
    return table(("class", "ratio", "in Dutch", "in English"), rows)


@generated
def capacity_columns(name: str) -> str:
    """Return the columns of a table of reserve capacity; one without words fails the build."""
    columns = [column for column in results().table(name).columns if not column.endswith("_se")]
    return table(("column", "what it is"), [(code(column), _WORDS[name][column]) for column in columns])


@generated
def certainty_example(agreement: str, member: str) -> str:
    """Return the certainty table of one member of Haaglanden, in millions of euro."""
    found = results().table("certainty")
    found = found[(found["agreement"] == agreement) & (found["code"] == member)]
    first, horizon = dict.fromkeys(found["period"])
    rows = []
    for level in LEVELS:
        cells = [certainty_words(level, "en")]
        for period in (first, horizon):
            row = found[(found["period"] == period) & (found["certainty"] == level)].iloc[0]
            cells += [f"{row['loss'] / 1e6:,.2f} ± {row['loss_se'] / 1e6:.2f}", _step(float(row["step"]))]
        rows.append(cells)
    header = ("certainty", f"{first}, EUR million", "step", f"{horizon}, EUR million", "step")
    return table(header, rows, "lrrrr")


def _step(step: float) -> str:
    return "from nothing" if math.isinf(step) else "" if math.isnan(step) else f"+{100 * step:.0f}%"


@generated
def normal_step(level: str) -> str:
    """Return the step of a normal loss with the budget at its mean."""
    before = level_before(float(level))
    assert before is not None
    return f"{100 * (special.ndtri(float(level)) / special.ndtri(before) - 1):.0f}%"


@generated
def paragraph_example(member: str) -> str:
    """Return the paragraph of one member of Haaglanden."""
    found = next(p for p in paragraphs(results(), "en") if p.code == member)
    return "\n\n".join([f"> {found.text}", *(f"> - {sentence}" for sentence in found.agreements)])


@generated
def paths_needed(level: str) -> str:
    """Return how many paths a certainty needs."""
    return figure(enough_paths(float(level)))


@generated
def fewest() -> str:
    """Return how many paths must lie beyond a certainty."""
    return str(FEWEST)
