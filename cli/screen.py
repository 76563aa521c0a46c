"""What the commands print in a terminal, at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from solidair.cli.card import show_card, show_example, show_missing
from solidair.cli.checks import REASONS, by_year, not_judged, prices_apart, start_notes
from solidair.cli.console import new_console
from solidair.cli.numbers import in_unit, money, number, points, unit_for
from solidair.cli.remarks import screen_remarks, with_own_titles
from solidair.cli.report.cells import rounded
from solidair.cli.texts.screen import TEXTS
from solidair.pool.exactness import verdict
from solidair.pool.finance.paragraph import few_notes
from solidair.pool.metrics.compared import ALL_YEARS

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.results import Results
    from solidair.pool.study import Study

MOST_COMPARED = 4
"""Agreements beside one another in a table of differences: what fits on 80 columns."""

_MOVED = ("redistribution", "redistribution_need", "redistribution_chance")


def _members(study: Study, language: str) -> str:
    count = len(study.region.members)
    return TEXTS[language]["one_member" if count == 1 else "all_members"].format(count=count)


def _table(title: str) -> Table:
    return Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)


def show_run(results: Results, tables: Mapping[str, pd.DataFrame], target: Path, language: str) -> None:
    """Print what a reader wants first: how much steadier, what it costs whom, and where the report is."""
    text, console = TEXTS[language], new_console()
    results = with_own_titles(results)
    study = results.study
    stability = tables["stability"]
    shared = [a for a in study.agreements if a.spec.clauses]
    console.print(Text(study.title[language], style="bold"))
    console.print(
        text["years"].format(worlds=_worlds(results, language), seed=results.seed, members=_members(study, language))
    )
    if shared:
        table = _table(text["gain_title"].format(first=study.settings.first_year))
        table.add_column(text["member"], no_wrap=True, max_width=21)
        for number_, _ in enumerate(shared, 1):
            table.add_column(f"({number_})", justify="right")
        largest = 0.0
        for member in study.region.members:
            cells = []
            for agreement in shared:
                row = _row(stability, agreement.name, member.code)
                cells.append(points(row["stability_gain_chance"], language))
                largest = max(largest, row["stability_gain_chance_se"])
            table.add_row(member.name, *cells)
        console.print(table)
        error = number(max(100 * largest, 0.05), language, 1)
        console.print(text["gain_note"].format(error=error), soft_wrap=False)
        fairness: dict[str, Any] = {str(entry["agreement"]): entry for entry in tables["fairness"].to_dict("records")}
        unit = unit_for(max(row["redistribution"] for row in fairness.values()))
        table = _table(text["moved_title"].format(unit=text[unit.name], first=study.settings.first_year))
        table.add_column("")
        table.add_column(text["agreement"], no_wrap=True, max_width=36)
        start = "_start" if study.open_cases else ""
        for column in ("moved", f"by_need{start}", "by_luck"):
            table.add_column(text[column], justify="right")
        for number_, agreement in enumerate(shared, 1):
            row = fairness[agreement.name]
            table.add_row(
                f"({number_})",
                agreement.spec.title[language],
                *(in_unit(row[key], row[f"{key}_se"], unit, language) for key in _MOVED),
            )
        console.print(table)
        more = text["more_open"] if start else ""
        console.print(text["moved_note"].format(need=text[f"need{start}"], start=more))
        if any(row[f"{key}_se"] == 0 for row in fairness.values() if row["redistribution"] > 0 for key in _MOVED):
            console.print(text["exact_note"])
        for remark in screen_remarks(results, language):
            console.print(remark)
    _show_compared(console, results, tables["compared"], language)
    for group in results.identical():
        names = {a.name: a.spec.title[language] for a in study.agreements}
        console.print(text["identical"].format(names=", ".join(names[name] for name in group)))
    outcome = verdict(tables["check"])
    if outcome["failed"]:
        console.print(Text(text["alarm"].format(figure=_worst(study, tables["check"], language)), style="bold red"))
    unbounded = ", ".join(care.label[language].lower() for care in study.costs.unbounded)
    if unbounded:
        console.print(text["unbounded"].format(names=unbounded))
    derived = [m.name for m in study.region.members if m.budget_derived]
    if derived:
        console.print(text["derived_budget"].format(count=len(derived), members=_members(study, language)))
    if prices_apart(study):
        level, first = study.costs.spec.price_level, study.settings.first_year
        console.print(text["prices_apart"].format(first=first, level=level))
    for note in [*start_notes(study, language), *few_notes(results, language)]:
        console.print(note)
    console.print()
    console.print(Text(text["report"].format(path=target / "report.html"), style="bold"), soft_wrap=True)


def _show_compared(console: Console, results: Results, compared: pd.DataFrame, language: str) -> None:
    """Print what each agreement changes for each member, compared with the agreement that the study names."""
    if not len(compared):
        return
    text, study = TEXTS[language], results.study
    numbers = {a.name: f"({n})" for n, a in enumerate((a for a in study.agreements if a.spec.clauses), 1)}
    titles = {a.name: a.spec.title[language] for a in study.agreements}
    reference = str(compared["reference"].iloc[0])
    first, years = study.settings.first_year, study.settings.years
    others = list(dict.fromkeys(compared["agreement"]))
    for start in range(0, len(others), MOST_COMPARED):
        shown = others[start : start + MOST_COMPARED]
        table = _table(text["compared_title"].format(name=f"{numbers.get(reference, '')} {titles[reference]}".strip()))
        table.add_column(text["member"], no_wrap=True, max_width=21)
        for name in shown:
            table.add_column(numbers.get(name, text["compared_own"]), justify="right", no_wrap=True)
        for metric in ("mean", "sd"):
            column = f"{metric}_{ALL_YEARS}_change"
            rows = [
                (m.name, [_change(_row(compared, name, m.code), column, language) for name in shown])
                for m in study.region.members
            ]
            if {cell for _, cells in rows for cell in cells} == {"0"}:
                rows = [(text["compared_all"], rows[0][1])]
            table.add_row(Text(text[f"compared_{metric}"], style="italic"))
            for label, cells in rows:
                table.add_row(label, *cells)
            table.add_section()
        console.print(table)
    span = str(first) if years == 1 else f"{first}-{first + years - 1}"
    console.print(text["compared_note"].format(span=span))


def _change(row: Mapping[str, Any], column: str, language: str) -> str:
    """Return a difference in EUR 1,000 with its error, such as +0,6 ±0,1; one that is exact has none."""
    value, error = row[column] / 1e3, row[f"{column}_se"] / 1e3
    shown, doubt = rounded(value, error, language, sign=True, most=None if error > 0 else 1)
    return f"{shown} ±{doubt}" if doubt else shown


def show_check(
    results: Results, table: pd.DataFrame, anchors: pd.DataFrame, outcome: Mapping[str, Any], language: str
) -> None:
    """Print the model beside its anchors, and the largest z-scores of every measure."""
    text, console = TEXTS[language], new_console()
    study = results.study
    console.print(Text(study.title[language], style="bold"))
    console.print(text["check_files"].format(files=len(study.inputs), members=_members(study, language)))
    for note in start_notes(study, language):
        console.print(note)
    if len(anchors):
        shown = _table(text["anchors_title"])
        shown.add_column(text["anchor"], max_width=36)
        shown.add_column(text["range"], justify="right")
        shown.add_column(text["model"], justify="right")
        shown.add_column("")
        for row in anchors.to_dict("records"):
            low, high, model = (_figure(row[key], row["high"], language) for key in ("low", "high", "model"))
            mark = "✓" if row["within"] else text["outside"]
            shown.add_row(row[f"label_{language}"], f"{low} – {high}", model, mark)
        console.print(shown)
    console.print(_by_year(table, language))
    shown = _table(text["check_title"])
    shown.add_column(text["measure"], max_width=42)
    shown.add_column(text["z_mean"], justify="right")
    shown.add_column(text["z_sd"], justify="right")
    for _, group in table.groupby(["scope", "attachment_eur", "unit"], sort=False, dropna=False):
        cells = (_largest(group[key], _why_not(group, key, language), language) for key in ("mean_z", "sd_z"))
        shown.add_row(_measure(study, group.to_dict("records")[0], language), *cells)
    console.print(shown)
    if outcome["passed"] or outcome["failed"]:
        sentence = text["passed" if outcome["passed"] else "failed"].format(
            figures=outcome["figures"],
            worlds=_worlds(results, language),
            largest=number(outcome["largest_z"], language, 1),
            limit=number(outcome["limit"], language, 1),
        )
    else:
        sentence = text["not_known" if table["exact_sd"].isna().any() else "not_judged"]
    console.print(Text(sentence, style="bold" if outcome["passed"] else "bold red"))
    if outcome["failed"]:
        console.print(_worst(study, table, language))


def _by_year(table: pd.DataFrame, language: str) -> Table:
    """Return per budget year how many figures were judged, the largest |z|, and why others could not be judged."""
    text, checks = TEXTS[language], by_year(table)
    reasons = [key for key in REASONS if any(check.not_judged[key] for check in checks)]
    shown = _table(text["year_title"])
    shown.add_column(text["year"])
    for key in ("figures", "largest", *reasons):
        shown.add_column(text[f"year_{key}"], justify="right", max_width=14)
    for check in checks:
        largest = "–" if check.largest != check.largest else number(check.largest, language, 1)
        counts = (number(check.not_judged[key], language) for key in reasons)
        label = text["year_all"] if check.year is None else str(check.year)
        shown.add_row(label, number(check.figures, language), largest, *counts)
    return shown


def _why_not(group: pd.DataFrame, key: str, language: str) -> str:
    """Return why no figure of a column was judged; that of most figures if they differ."""
    reasons = not_judged(group, key)
    largest = max(reasons, key=lambda reason: reasons[reason])
    return TEXTS[language][f"why_{largest}"]


def _worlds(results: Results, language: str) -> str:
    """Return how much was simulated: so many paths of so many years."""
    first, years = results.study.settings.first_year, results.study.settings.years
    key = "worlds_single" if years == 1 else "worlds"
    sims = number(results.sims, language)
    return TEXTS[language][key].format(sims=sims, years=years, first=first, last=first + years - 1)


def _measure(study: Study, row: Mapping[Any, Any], language: str) -> str:
    """Return a measure in words: what, and of which care types."""
    text, labels = TEXTS[language], {c.id: c.label[language] for c in study.costs.care_types}
    types = str(row["scope"]).split(" ")
    name = labels[types[0]] if len(types) == 1 else text["types"].format(count=len(types), first=labels[types[0]])
    if row["unit"] == "clients":
        return f"{text['clients']}: {name}"
    line = float(row["attachment_eur"])
    what = text["cost"] if line == 0 else text["above"].format(line=money(line, language))
    return f"{what}: {name}"


def _worst(study: Study, table: pd.DataFrame, language: str) -> str:
    """Return the figure that lies furthest from the exact one, with its member."""
    size = table[["mean_z", "sd_z"]].abs().max(axis=1)
    row = table[size == size.max()].to_dict("records")[0]
    z = number(float(size.max()), language, 1)
    return TEXTS[language]["worst"].format(what=_measure(study, row, language), member=row["name"], z=z)


def show_description(text: Mapping[str, Any], language: str) -> None:
    """Print an agreement, a care type, or all of a study, in plain language."""
    words, console = TEXTS[language], new_console()
    if text["title"]:
        console.print(Text(text["title"], style="bold"))
        for sentence in text["facts"]:
            console.print(sentence)
        console.print()
    for position, agreement in enumerate(text["agreements"]):
        if position:
            console.print()
        console.print(Text(agreement["title"], style="bold"))
        console.print(agreement["summary"])
        for place, article in enumerate(agreement["articles"], 1):
            console.print()
            console.print(Text(words["article"].format(number=place, title=article["title"]), style="italic"))
            for sentence in article["sentences"]:
                console.print(Padding(sentence, (0, 0, 0, 2)))
        for note in agreement["notes"]:
            console.print()
            console.print(note)
        if agreement["example"]:
            console.print()
            show_example(console, agreement["example"], language)
        if agreement["card"]:
            console.print()
            show_card(console, agreement["card"], language)
        if agreement["missing"]:
            console.print()
            show_missing(console, agreement["missing"], language)
        console.print()
        console.print(words["source"].format(source=agreement["source"]), style="dim")
    if not text["agreements"]:
        for care in text["care_types"]:
            console.print(Text(f"{care['label']} ({care['name']})", style="bold"))
            for sentence in care["sentences"]:
                console.print(sentence)
    elif text["care_types"]:
        console.print()
        console.print(_care_types(text["care_types"], language))
        example = next((c for c in text["care_types"] if c["stay_years"] is not None), text["care_types"][0])
        console.print(words["care_more"].format(name=example["name"]))


def _care_types(cares: Sequence[Mapping[str, Any]], language: str) -> Table:
    """Return the care types of a study: how many, how long, at what price."""
    words = TEXTS[language]
    shown = _table(words["care_title"])
    shown.add_column(words["care"], max_width=32)
    for key in ("care_clients", "care_entries", "care_stay", "care_tariff", "care_cost"):
        shown.add_column(words[key], justify="right")
    for care in cares:
        stay, entries, tariff = care["stay_years"], care["entries"], care["tariff"]
        shown.add_row(
            care["label"],
            number(care["clients"], language, 0 if care["clients"] >= 9.95 else 1),
            "" if entries is None else number(entries, language, 0 if entries >= 9.95 else 1),
            "" if stay is None else number(stay, language, 1 if stay >= 0.95 else 2),
            "" if tariff is None else number(tariff, language),
            number(care["cost"], language),
        )
    return shown


def _row(table: pd.DataFrame, agreement: str, code: str) -> Mapping[str, Any]:
    chosen = table[(table["agreement"] == agreement) & (table["code"] == code)]
    return {str(key): value for key, value in chosen.iloc[0].items()}


def _largest(values: pd.Series[float], none: str, language: str) -> str:
    judged = values.dropna().abs()
    return number(float(judged.max()), language, 1) if len(judged) else none


def _figure(value: float, scale: float, language: str) -> str:
    """Return a figure with as many digits as its size deserves, a dash if there is none."""
    if value != value:
        return "–"
    if scale >= 1e8:
        return f"{number(value / 1e9, language, 2)} {'mld' if language == 'nl' else 'bn'}"
    return number(value, language, 0 if scale >= 100 else 1 if scale >= 10 else 2 if scale >= 1 else 3)
