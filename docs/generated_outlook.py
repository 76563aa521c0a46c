"""What the page on the multi-year budget shows: columns with their meaning, and an example for one municipality."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from generated import code, generated, results, table

from solidair.cli.texts.outlook import TEXTS
from solidair.pool import Results, Study, simulate

MEMBER, RESERVE = "GM0503", ("finance.reserve.opening=28", "finance.reserve.cap=47")
SHOWN = ("own-use", "half-half", "heavy-care")


@generated
def finance_columns(name: str) -> str:
    """Return the columns of a table with what they are, in both languages."""
    columns = [c for c in results().table(name) if c in TEXTS["en"] and not c.endswith("_se")]
    rows = [(code(c), TEXTS["en"][c], TEXTS["nl"][c]) for c in columns]
    return table(("column", "what it is", "in Dutch"), rows)


@generated
def outlook_example() -> str:
    """Return the multi-year budget of one municipality."""
    found = results().table("outlook")
    rows = []
    for agreement in SHOWN[:2]:
        for _, row in found[(found["agreement"] == agreement) & (found["code"] == MEMBER)].iterrows():
            fan = " – ".join(_million(row[name]) for name in ("p10", "p50", "p90"))
            chances = [_percent(row[f"within_{name}probability"]) for name in ("", "every_year_", "cumulative_")]
            rows.append((code(agreement), row["year"], *(_million(row[n]) for n in ("budget", "mean")), fan, *chances))
    header = ("agreement", "year", "budget", "expected", "P10 – P50 – P90", "this year", "every year", "together")
    return table(header, rows, "lrrrrrrr")


@generated
def reserve_example() -> str:
    """Return the path of the reserve of one municipality."""
    run = replace(results(), study=Study.load("haaglanden", RESERVE))
    found = run.table("reserve")
    rows = []
    for _, row in found[(found["agreement"] == "own-use") & (found["code"] == MEMBER)].iterrows():
        amounts = [_million(row[n]) for n in ("opening", "result_expected", "call_expected", "refund_expected")]
        low_high = f"{_million(row['balance_p10'])} – {_million(row['balance_p90'])}"
        calls = (_percent(row["call_probability"]), _million(row["call_mean"]))
        gone = _percent(row["depletion_probability"])
        rows.append((row["period"], *amounts, _million(row["balance_mean"]), low_high, *calls, gone))
    header = ("period", "opening", "result", "calls", "refunds", "balance", "P10 – P90", "called", "if called",
              "runs out")  # fmt: skip
    return table(header, rows, "lrrrrrrrrr")


@cache
def _known() -> Results:
    codes = results().study.region.codes
    return simulate(Study.load("haaglanden", [f"region.{code}.need_index=1.0" for code in codes]), sims=5_000)


@generated
def required_example() -> str:
    """Return the opening that one municipality needs, with need unknown and known."""
    rows = []
    for agreement in SHOWN:
        cells = []
        for run in (results(), _known()):
            found = run.table("reserve").set_index(["agreement", "code", "period"])
            row = found.loc[(agreement, MEMBER)].iloc[-1]
            change = f"{_million(row['required_opening_change'])} ±{_million(row['required_opening_change_se'])}"
            value = f"{_million(row['required_opening'])} ±{_million(row['required_opening_se'])}"
            cells += [value, "" if agreement == "own-use" else change]
        rows.append((code(agreement), *cells))
    header = ("agreement", "need unknown", "against own use", "need known", "against own use")
    return table(header, rows, "lrrrr")


def _million(value: float) -> str:
    return f"{round(value / 1e6, 1) + 0.0:.1f}"  # no minus before a zero


def _percent(value: float) -> str:
    return f"{value:.0%}"
