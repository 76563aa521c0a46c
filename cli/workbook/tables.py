"""Which columns and rows the sheets of a workbook have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from solidair.cli.finance_rows import Finance
from solidair.cli.report.details import assumption_rows
from solidair.cli.texts import report_en, report_nl
from solidair.cli.texts.outlook import TEXTS as OUTLOOK
from solidair.cli.texts.properties import TEXTS as PROPERTIES
from solidair.cli.texts.workbook import COLUMNS, KIND_UNITS, OUTLOOK_KINDS, TEXTS
from solidair.cli.workbook.paper import Column
from solidair.pool.describe import in_words
from solidair.pool.metrics import METRICS
from solidair.pool.metrics.years import YEAR_METRICS

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.results import Results

Rows = list[dict[Any, Any]]

KINDS = {"EUR": "eur", "EUR per youth": "eur2", "share": "share", "ratio": "ratio", "index": "ratio"}
ENDINGS = {"_change_se": "change_error", "_change": "change", "_se": "error"}
TABLES = (
    "certainty",
    "capacity",
    "outlook",
    "reserve",
    "years",
    "stability",
    "transfers",
    "compared",
    "clauses",
    "pots",
    "register",
)
"""Tables of a run that become sheets as they are; one without rows is left out."""

POT_FIGURES = ("mean", "p10", "p50", "p90")
"""Columns of pots that are shares in some rows and amounts in others; `kind` of a row says which."""

SUMMARY_NAMES = {
    f"{name}{ending}": f"{column}{ending}"
    for name, column in {"sd": "swing", "within_cumulative_probability": "holds"}.items()
    for ending in ("", "_se")
}
"""Columns of the summary that are about something else there."""

_OTHER_LANGUAGE = {"nl": "_en", "en": "_nl"}


class Sheets:
    """The columns and rows of the sheets.

    Parameters
    ----------
    results, tables
        What to show.
    language
        'nl' or 'en'.
    """

    def __init__(self, results: Results, tables: Mapping[str, pd.DataFrame], language: str) -> None:
        self.results, self.study, self.tables, self.language = results, results.study, tables, language
        self.text, self.words = TEXTS[language], {"nl": report_nl, "en": report_en}[language]
        self.titles = {a.name: a.spec.title[language] for a in self.study.agreements}
        self.metrics = {m.name: m for m in METRICS.values()}
        self.year_metrics = {m.name: m for m in YEAR_METRICS}

    def column(self, key: str, table: str = "", when: str = "") -> Column:
        """Return a column by the name that it has in its table; errors and differences are those of its metric.

        Parameters
        ----------
        when
            Period that the header names; empty for none.
        """
        base, ending = next(((key.removesuffix(e), e) for e in ENDINGS if key.endswith(e)), (key, ""))
        kind, label, note = self._named(base, table)
        unit = f" ({KIND_UNITS[kind][self.language]})" if kind in KIND_UNITS else ""
        told = "change_other" if table == "compared" and ending == "_change" else ENDINGS.get(ending, "")
        tail = f": {self.text[told]}" if ending else ""
        span = f" {when.replace('-', '–')}" if when else ""
        return Column(key, kind, f"{label}{span}{tail}{unit}", "" if ending else note)

    def _named(self, key: str, table: str) -> tuple[str, str, str]:
        if table == "pots" and key in POT_FIGURES:
            return "plain", COLUMNS["pot_mean" if key == "mean" else key][1][self.language], ""
        known: Mapping[str, Any] = self.year_metrics if table == "years" else self.metrics
        if table in ("years", "stability", "transfers", "compared") and key in known:
            metric = known[key]
            return KINDS[metric.unit], metric.label[self.language], metric.meaning[self.language]
        if table == "compared" and key not in COLUMNS:
            return self._compared(key)
        if table == "register" and key[0] == "p" and key[1:].isdigit():
            return "eur", f"{COLUMNS['loss'][1][self.language].split()[0]} {key.upper()}", ""
        if table in ("outlook", "reserve") and key in OUTLOOK[self.language]:
            return OUTLOOK_KINDS.get(key) or COLUMNS[key][0], OUTLOOK[self.language][key], ""
        kind, words = COLUMNS[key]
        return kind, words[self.language], ""

    def _compared(self, key: str) -> tuple[str, str, str]:
        """Return a column such as mean_2027 or sd_all_years."""
        name, _, period = key.partition("_")
        when = period if period.isdigit() else self.words.TEXTS["check_whole"].lower()
        return "eur", f"{self.metrics[name].label[self.language]} {when}", ""

    def table(self, name: str) -> tuple[list[Column], Rows]:
        """Return a table of the run: agreements by title, texts in the language of the workbook."""
        found = self.tables[name]
        keys = [str(key) for key in found.columns if not str(key).endswith(_OTHER_LANGUAGE[self.language])]
        columns = []
        for key in keys:
            plain = key.removesuffix(f"_{self.language}")
            made = self.column(plain, name)
            columns.append(Column(key, made.kind, made.header, made.note))
        rows = [dict(row) for row in found.to_dict("records")]
        for row in rows:
            for key in ("agreement", "reference"):
                if key in row:
                    row[key] = self.titles[row[key]]
            if name == "pots":
                row["kind"] = "share" if row["what"] == "ratio" else "eur"
                row["what"] = PROPERTIES[self.language].get(f"pot_{row['what']}", str(row["what"]))
        if name == "reserve" and self.study.finance.reserve is None:
            # Without a reserve there is only the opening that one would need, over all years.
            keep = {"agreement", "code", "name", "period", "safety"}
            columns = [c for c in columns if c.key in keep or c.key.startswith("required_opening")]
            rows = [row for row in rows if row["period"] == rows[-1]["period"]]
        return columns, rows

    def summary(self, finance: Finance) -> tuple[list[Column], Rows]:
        """Return one row per member: the core, under the agreement of the base."""
        base, first, span = finance.base, finance.first, finance.span
        rows: Rows = []
        for member in self.study.region.members:
            row: dict[Any, Any] = {}
            years = finance.all("outlook", base, member.code)
            row |= _kept(vars(member), "", "code", "name", "inhabitants", "youth")
            row |= _kept(years[0], first, "budget") | _kept(vars(member), "", "budget_derived")
            row |= _kept(years[0], first, "mean")
            row |= _kept(finance.one("stability", base, member.code), first, "sd")
            capacity = {period: finance.one("capacity", base, member.code, period) for period in finance.periods}
            row |= _kept(capacity[first], first, "overrun_probability")
            row |= _kept(years[-1], span, "within_cumulative_probability") | _kept(capacity[first], "", "certainty")
            for period, found in capacity.items():
                row |= _kept(found, period, "required")
            for period, found in capacity.items():
                row |= _kept(found, period, "available", "ratio", "class")
            if finance.shared:
                saved = [finance.one("capacity", name, member.code, span) for name in finance.shared]
                best = max(saved, key=lambda found: found["saved"])
                row |= {f"best/{span}": self.titles[best["agreement"]]} | _kept(best, span, "saved")
            rows.append(row)
        columns = []
        for key in map(str, rows[0]):
            name, _, when = key.partition("/")
            column = self.column(SUMMARY_NAMES.get(name, name), when=when)
            columns.append(Column(key, column.kind, column.header, column.note))
        return columns, rows

    def members(self) -> tuple[list[Column], Rows]:
        """Return what is entered on each member."""
        given = [
            "need_index", "buffer_eur", "capacity_incidental_eur", "capacity_structural_eur", "certainty", "capacity",
            "youth_under_21",
        ]  # fmt: skip
        known = {row["code"]: row for row in self.tables["members"].to_dict("records")}
        keys = ["code", "name", "inhabitants", "youth", "youth_budget_eur", "budget_derived", *given]
        keys += [key for key in self.tables["members"].columns if key not in keys]
        rows: Rows = [{**known[m.code], **{key: getattr(m, key) for key in given}} for m in self.study.region.members]
        return [self.column(key) for key in keys], rows

    def agreements(self) -> tuple[list[Column], Rows]:
        """Return what every agreement says, article by article."""
        rows: Rows = []
        for agreement in self.study.agreements:
            words = in_words(agreement, self.study, self.language)
            entry = {"agreement": words.title, "source": words.source}
            rows.append({**entry, "clause": None, "title": "", "rule": words.summary})
            for number, article in enumerate(words.articles, 1):
                rule = " ".join(article.sentences)
                rows.append({**entry, "clause": number, "title": article.title, "rule": rule})
            rows += [{**entry, "clause": None, "title": "", "rule": note} for note in words.notes]
        return [self.column(key) for key in ("agreement", "clause", "title", "rule", "source")], rows

    def assumptions(self) -> tuple[list[Column], Rows]:
        """Return every number that goes in: of the cost model and the region, then what the council asks."""
        shown = assumption_rows(
            self.results, self.tables["assumptions"], self.words.UNITS, self.words.INPUTS, self.language
        )
        rows: Rows = []
        for row, told in zip(self.tables["assumptions"].to_dict("records"), shown, strict=True):
            entry = {"label": told["label"], "input": row["input"], "unit": told["unit"], "source": told["source"]}
            entry |= {"value": row["value"], "standard_error": row["standard_error"], "grade": row["grade"]}
            rows.append({**entry, "year": int(told["year"]) if told["year"] else None})
        rows += self._finance()
        for row in rows:
            row["grade"] = self.words.TEXTS[f"grade_{row['grade']}"]
        keys = ("label", "value", "unit", "grade", "source", "year", "standard_error", "input")
        return [self.column(key) for key in keys], rows

    def _finance(self) -> Rows:
        """Return the rules of the reserve, and the certainties that councils have chosen."""
        text = self.text
        found: list[tuple[str, str, float | None, set[str]]] = []
        reserve = self.study.finance.reserve
        if reserve is not None:
            units = dict.fromkeys(("opening", "floor", "cap"), "eur_unit")
            units |= dict.fromkeys(("contribution", "interest", "safety"), "share_unit")
            found += [(f"reserve.{k}", u, getattr(reserve, k), reserve.model_fields_set) for k, u in units.items()]
        rows: Rows = []
        empty = {"grade": "assumed", "year": None, "standard_error": None}
        for key, unit, value, chosen in found:
            if value is None:
                continue
            name = key.removeprefix("reserve.")
            source = text["from_study" if name in chosen else "from_nobody"]
            row = {"label": text[f"finance_{name}"], "input": f"finance.{key}", "value": value, "unit": text[unit]}
            rows.append({**empty, **row, "source": source})
        region = self.study.region
        source = region.source or text["from_region"].format(file=region.file)
        for member in region.members:
            if member.certainty is not None:
                label = text["finance_member"].format(name=member.name)
                row = {"label": label, "input": f"region.{member.code}.certainty", "value": member.certainty}
                grade = "sourced" if region.source else "assumed"
                rows.append({**empty, **row, "unit": text["share_unit"], "grade": grade, "source": source})
        return rows

    def manifest(self, command: str, versions: Sequence[tuple[str, str]], digests: Mapping[str, str]) -> Any:
        """Return what is needed to repeat the run."""
        study, text = self.study, self.text
        years = f"{study.settings.first_year}-{study.settings.first_year + study.settings.years - 1}"
        found: list[tuple[str, Any]] = [(text["study"], study.name), (text["region"], study.region.name)]
        found += [(text["costs"], study.costs.name), (text["agreements"], ", ".join(self.titles))]
        # As text: a seed may have more digits than a number in Excel keeps.
        found += [(text["sims"], self.results.sims), (text["seed"], str(self.results.seed)), (text["years"], years)]
        found += [(text["command"], command), *((text["override"], item) for item in study.overrides)]
        found += [(text["version"].format(name=name), number) for name, number in versions]
        found += [(text["input_digest"].format(name=name), d) for name, d in sorted(study.inputs.items())]
        found += [(text["table_digest"].format(name=name), d) for name, d in sorted(digests.items())]
        columns = [self.column("what_is"), Column("shown", "count", self.column("shown").header)]
        return columns, [{"what_is": name, "shown": value} for name, value in found]


def _kept(source: Mapping[Any, Any], when: str, *names: str) -> dict[Any, Any]:
    """Return some values of a row and their errors, with the period that they are about in their keys."""
    keys = [key for name in names for key in (name, f"{name}_se") if key in source]
    return {f"{key}/{when}": source[key] for key in keys}
