"""The workbook of a run: a guide, charts, and a sheet per table. Imported only when one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from solidair.cli.finance_rows import Finance
from solidair.cli.remarks import with_own_titles
from solidair.cli.report.build import LIBRARIES, repeat_command, worlds
from solidair.cli.texts import report_en, report_nl
from solidair.cli.texts.workbook import SHEETS, TEXTS
from solidair.cli.workbook.charts import Charts, summary_chart
from solidair.cli.workbook.paper import HEADER, Column, Paper
from solidair.cli.workbook.tables import TABLES, Sheets
from solidair.pool.exactness import verdict

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.results import Results


def workbook_bytes(
    results: Results, tables: Mapping[str, pd.DataFrame], language: str, digests: Mapping[str, str]
) -> bytes:
    """Return the workbook of a run, the same bytes for the same run.

    Parameters
    ----------
    results, tables
        What to show.
    language
        'nl' or 'en'.
    digests
        SHA-256 of the table files beside it.
    """
    results = with_own_titles(results)
    paper = Paper(results.study.title[language], TEXTS[language])
    sheets, finance = Sheets(results, tables, language), Finance(results, tables)
    content: dict[str, tuple[list[Column], list[dict[Any, Any]]]] = {"summary": sheets.summary(finance)}
    content |= {name: made for name in TABLES if (made := sheets.table(name))[1]}
    content |= {"agreements": sheets.agreements(), "members": sheets.members(), "assumptions": sheets.assumptions()}
    versions = [(name, version(name)) for name in (*LIBRARIES, "xlsxwriter")]
    command = f"{repeat_command(results, language)} --workbook"
    content["manifest"] = sheets.manifest(command, versions, digests)

    _guide(paper, results, tables, ["charts", *content], language)
    charts = Charts(paper, finance, {name: columns for name, (columns, _) in content.items()}, language)
    charts.write()
    for name, (columns, rows) in content.items():
        title, text = (words[language] for words in SHEETS[name])
        sheet = paper.sheet(title, title, text)
        keys = [column.key.partition("/")[0] for column in columns]
        fixed = keys.index("name") + 1 if "name" in keys else 1
        paper.table(sheet, columns, rows, fixed=fixed)
        if name == "summary":
            summary_chart(paper, sheet, columns, len(rows), finance.first, language)
    return paper.bytes()


def _guide(paper: Paper, results: Results, tables: Mapping[str, pd.DataFrame], names: list[str], language: str) -> None:
    """Write the first sheet: what this is, what to mind, and where what is."""
    study, text = results.study, TEXTS[language]
    title, _ = (words[language] for words in SHEETS["guide"])
    sheet = paper.sheet(title, study.title[language], study.region.title)
    words = {"nl": report_nl, "en": report_en}[language].TEXTS
    outcome = verdict(tables["check"])
    lines = [(text["alarm"], True)] if outcome["figures"] and not outcome["passed"] else []
    if study.overrides:
        lines.append((text["overrides"].format(overrides="; ".join(study.overrides)), True))
    lines.append((text["guide_runs"].format(worlds=worlds(results, words, language), seed=results.seed), False))
    derived = sum(member.budget_derived for member in study.region.members)
    if derived:
        lines.append((text["budget_derived"].format(count=derived, all=len(study.region)), False))
    lines += [(text[f"guide_{key}"], False) for key in ("error", "cells", "filter")]
    row = HEADER
    for line, warns in lines:
        properties: dict[str, Any] = {"bold": True, "font_color": "#9B2C12"} if warns else {}
        paper.write_text(sheet, row, 0, line, **properties)
        row += 1
    row += 1
    for column, key in enumerate(("guide_sheet", "guide_holds")):
        paper.write_text(sheet, row, column, text[key], bold=True, bottom=1)
    link = paper.format(font_color="#1F5F8B", underline=1)
    for number, name in enumerate(names, row + 1):
        label, told = (entry[language] for entry in SHEETS[name])
        sheet.write_url(number, 0, f"internal:'{label}'!A1", link, label)
        paper.write_text(sheet, number, 1, told)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
