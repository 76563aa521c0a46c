"""What a finance department takes over from a run: the text of a paragraph, and lines of a risk register."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from solidair.cli.checks import prices_apart, start_notes
from solidair.cli.numbers import number
from solidair.cli.remarks import with_own_titles
from solidair.cli.texts.capacity import REGISTER, TEXTS
from solidair.cli.texts.screen import TEXTS as SCREEN

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.results import Results

RISK_REGISTER = "risk-register.csv"

_EUROS = ("probability", "maximum_effect", "expected_effect", "conditional_effect", "required")


def finance_files(
    results: Results, tables: Mapping[str, pd.DataFrame], language: str
) -> dict[str, Callable[[], bytes]]:
    """Return the files by name, each made when it is written."""
    titled = with_own_titles(results)
    return {
        f"paragraph.{language}.md": lambda: paragraph_page(titled, language).encode(),
        # With a byte order mark Excel reads the accents.
        RISK_REGISTER: lambda: register_csv(titled, tables["register"], language).encode("utf-8-sig"),
    }


def paragraph_page(results: Results, language: str) -> str:
    """Return the paragraphs of all members as Markdown, which also reads as plain text."""
    from solidair.pool.finance.classes import SOURCE
    from solidair.pool.finance.paragraph import paragraphs

    text, study = TEXTS[language], results.study
    intro = text["paragraph_text"].format(
        study=study.title[language], sims=number(results.sims, language), seed=results.seed, source=f"<{SOURCE}>"
    )
    found = paragraphs(results, language)
    common = [note for note in found[0].notes if all(note in paragraph.notes for paragraph in found)]
    warnings = [*start_notes(study, language), *common]
    if prices_apart(study):
        first, level = study.settings.first_year, study.costs.spec.price_level
        warnings.insert(0, SCREEN[language]["prices_apart"].format(first=first, level=level))
    pieces = [f"# {text['paragraph_title']}", intro, *warnings]
    for paragraph in found:
        pieces += [f"## {paragraph.name} ({paragraph.code})", paragraph.text]
        pieces += ["\n".join(f"- {sentence}" for sentence in paragraph.agreements)] if paragraph.agreements else []
        pieces += [note for note in paragraph.notes if note not in common]
    return "\n\n".join(pieces) + "\n"


def register_csv(results: Results, register: pd.DataFrame, language: str) -> str:
    """Return the risk register for Dutch Excel: semicolons, decimal commas, whole euros.

    Standard errors stay in the plain table; a register has no place for them.
    """
    words = REGISTER[language]
    titles = {agreement.name: agreement.spec.title[language] for agreement in results.study.agreements}
    points = [name for name in register.columns if name[0] == "p" and name[1:].isdecimal()]
    header = [words[name] for name in ("code", "name", "agreement", "period", "risk", "cause", "unit", "certainty")]
    header += [words[name] for name in _EUROS] + [words["point"].format(percent=name[1:]) for name in points]
    lines = io.StringIO()
    write = csv.writer(lines, delimiter=";", lineterminator="\r\n").writerow
    write(header)
    for row in register.to_dict("records"):
        write(
            [
                *(_safe(row[name]) for name in ("code", "name")),
                *(_safe(text) for text in (titles[row["agreement"]], row["period"])),
                *(_safe(row[f"{name}_{language}"]) for name in ("risk", "cause")),
                row["unit"],
                _plain(row["certainty"], 6),
                _plain(row["probability"], 6),
                *(_plain(row[name], 0) for name in (*_EUROS[1:], *points)),
            ]
        )
    return lines.getvalue()


def _plain(value: float, decimals: int) -> str:
    """Return a number as Dutch Excel reads it: a decimal comma, nothing between thousands, no trailing zeros."""
    if math.isnan(value):
        return ""
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return "0" if text in ("-0", "") else text.replace(".", ",")


def _safe(text: str) -> str:
    """Return a text that a spreadsheet does not take for a formula."""
    return f" {text}" if text[:1] in "=+-@\t\r" else text
