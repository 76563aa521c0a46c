"""What a run hands over: a folder with a report, tables and a manifest, and what else was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solidair.cli import output as out
from solidair.models.problems import InputError, Problem, suggest

if TYPE_CHECKING:
    import pandas as pd

    from solidair.cli.sheet.build import Sheets
    from solidair.models.regions import Region
    from solidair.pool.results import Results


@dataclass(frozen=True)
class Wanted:
    """What is written besides the report and its tables.

    Parameters
    ----------
    members
        CBS codes of the municipalities that get a fact sheet.
    workbook
        Whether an Excel workbook is written.
    """

    members: tuple[str, ...] = ()
    workbook: bool = False


def chosen_members(option: str | None, region: Region) -> tuple[str, ...]:
    """Return the CBS codes that an option means: none, 'all', or codes and names with commas between them.

    Raises
    ------
    InputError
        With every name or code that no member has.
    """
    codes = [member.code for member in region.members]
    if option is None:
        return ()
    if option.strip().casefold() == "all":
        return tuple(codes)
    # 'Rijswijk' will do for 'Rijswijk (ZH.)', as long as it is one member only.
    short = [member.name.partition(" (")[0].casefold() for member in region.members]
    by_name = {name: code for name, code in zip(short, codes, strict=True) if short.count(name) == 1}
    by_name |= {member.name.casefold(): member.code for member in region.members}
    asked = [part.strip() for part in option.split(",") if part.strip()]
    found = [by_name.get(part.casefold(), part.upper()) for part in asked]
    known = [*codes, *(member.name for member in region.members)]
    rule = f"there is no such municipality in {region.title}"
    problems = [
        Problem("--members", part, "", rule, f"{suggest(part, known)} Or write all.")
        for part, code in zip(asked, found, strict=True)
        if code not in codes
    ]
    if not asked:
        problems.append(Problem("--members", option, "", "this names nobody", "Write all, or codes such as GM0518."))
    if problems:
        raise InputError(problems)
    return tuple(code for code in codes if code in found)


def deliver(
    target: Path,
    results: Results,
    language: str,
    *,
    timing: dict[str, float],
    how: Mapping[str, Any],
    wanted: Wanted | None = None,
    started: float | None = None,
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Write the folder of a run, and return its manifest and tables. Nothing is there until all of it is.

    Parameters
    ----------
    timing
        Seconds of the steps so far; those of writing are added.
    how
        How the run was carried out, for the manifest; without effect on any figure.
    wanted
        What is written besides the report.
    started
        Reading of `time.perf_counter` when the command began.
    """
    from solidair.pool.results import TABLES

    clock = time.perf_counter()
    started = clock if started is None else started

    def took(step: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        timing[step], clock = now - clock, now

    tables = {name: results.table(name) for name in TABLES}
    took("metrics")
    with out.replaced_folder(target) as work:
        from solidair.cli.report.build import report_html

        digests = out.write_tables(work / "tables", tables)
        took("write")
        (work / "report.html").write_text(report_html(results, tables, language), encoding="utf-8")
        took("report")
        besides = {}
        for name, content in _besides(results, tables, language, wanted or Wanted(), digests).items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content())
            besides[name] = sha256(path.read_bytes()).hexdigest()
        took("besides")
        timing["total"] = time.perf_counter() - started
        page = sha256((work / "report.html").read_bytes()).hexdigest()
        manifest = out.manifest(results, timing, digests, how) | {"files_sha256": {"report.html": page, **besides}}
        out.write_json(work / out.MANIFEST, manifest)
    return manifest, tables


def _besides(
    results: Results, tables: Mapping[str, pd.DataFrame], language: str, wanted: Wanted, digests: Mapping[str, str]
) -> dict[str, Callable[[], bytes]]:
    """Return the other files by name, each made when it is written."""
    from solidair.cli.finance_files import finance_files

    found = finance_files(results, tables, language)
    if wanted.members:
        from solidair.cli.sheet.build import Sheets

        sheets = Sheets(results, tables, language)
        found |= {f"factsheets/{code}.html": partial(_sheet, sheets, code) for code in wanted.members}
    if wanted.workbook:
        from solidair.cli.workbook.build import workbook_bytes

        found["workbook.xlsx"] = partial(workbook_bytes, results, tables, language, digests)
    return found


def _sheet(sheets: Sheets, code: str) -> bytes:
    return sheets.html(code).encode("utf-8")
