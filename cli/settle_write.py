"""The files of a statement: for all members, and for each member alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from solidair.cli.output import MANIFEST, write_json
from solidair.cli.settle_correction import closing, correction_rows
from solidair.cli.settle_grid import Grid, Money
from solidair.cli.settle_html import html_page
from solidair.cli.settle_pages import Statement, documents
from solidair.cli.settle_read import MEMBERS, SHARED_LINES, STATEMENT
from solidair.cli.settle_xlsx import write_workbook
from solidair.cli.texts.settle import line_label
from solidair.pool.statement.correction import Correction

_LIBRARIES = ("solidair", "numpy", "pandas", "XlsxWriter")


def write_statement(folder: Path, statement: Statement, digests: Mapping[str, str]) -> dict[str, Any]:
    """Write all files of a statement into an empty folder, and return what the manifest says.

    Nothing that is written depends on the day, the machine or the name of the folder: the same input gives the same
    bytes.
    """
    (folder / MEMBERS).mkdir()
    for name, document in documents(statement):
        write_workbook(folder / f"{name}.xlsx", document)
        (folder / f"{name}.html").write_text(html_page(document, statement.language), encoding="utf-8")
        grids = [grid for page in document.pages for grid in page.grids]
        place = {code: n for n, code in enumerate(statement.settled.codes)}.get(Path(name).name)
        text = _own_csv(statement, place) if place is not None else _shared_csv(statement, grids[0])
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    write_json(folder / STATEMENT, _shared_json(statement))
    for code in statement.settled.codes:
        write_json(folder / MEMBERS / f"{code}.json", own_json(statement, code))
    content = _manifest(folder, statement, digests)
    write_json(folder / MANIFEST, content)
    return content


def shared_summary(statement: Statement) -> dict[str, Any]:
    """Return what all members may see, for a machine."""
    return _shared_json(statement)


def _shared_json(statement: Statement) -> dict[str, Any]:
    settled = statement.settled
    lines = settled.lines()
    return {
        "kind": "solidair-statement",
        "agreement": settled.agreement.name,
        "region": settled.region.name,
        "year": settled.year,
        "level": statement.disclosure.level,
        "fewest": statement.disclosure.fewest,
        "parties": list(settled.parties),
        "lines_cents": {name: [lines.of(name, code) for code in settled.parties] for name in SHARED_LINES},
        "transfers": [
            {"payer": t.payer, "receiver": t.receiver, "cents": t.cents} for t in statement.transfers.transfers
        ],
        "fewest_transfers_proven": statement.transfers.proven_fewest,
        "corrects": statement.correction is not None,
        "correction": _correction_json(statement),
        "notes": list(statement.reader_notes(exact=False)),
    }


def _correction_json(statement: Statement) -> dict[str, Any] | None:
    """Return by party what was settled before, and what is still to be received, or paid if negative."""
    if statement.correction is None:
        return None
    left, lines = statement.correction.lines, statement.settled.lines()
    return {
        "parties": list(left.codes),
        "settled_cents": [lines.of("balance", code) - left.of("balance", code) for code in left.codes],
        "still_cents": [left.of("balance", code) for code in left.codes],
    }


def own_json(statement: Statement, code: str) -> dict[str, Any]:
    """Return what one member may see of itself, for a machine."""
    settled, lines = statement.settled, statement.settled.lines()
    return {
        "kind": "solidair-member-statement",
        "agreement": settled.agreement.name,
        "year": settled.year,
        "code": code,
        "lines_cents": {name: lines.of(name, code) for name in lines.lines},
    }


def euros_plain(cents: int) -> str:
    """Return cents as euros for a machine: -1234.50."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _table(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _shared_csv(statement: Statement, overview: Grid) -> str:
    """Return the overview and the transfers: code, name, line, amount."""
    rows = [statement.text["csv_header"].split(",")]
    for cells in overview.rows[:-1]:
        for name, cell in zip(overview.columns[2:], cells[2:], strict=True):
            if isinstance(cell, Money):
                rows.append([str(cells[1]), str(cells[0]), name, euros_plain(cell.cents)])
    for paid in statement.transfers.transfers:
        pays = statement.text["pays" if statement.correction is None else "pays_still"]
        line = f"{pays}: {statement.name(paid.receiver)}"
        rows.append([paid.payer, statement.name(paid.payer), line, euros_plain(paid.cents)])
    if statement.correction is not None:
        rows += _changes(statement, statement.correction)
    return _table(rows)


def _changes(statement: Statement, correction: Correction) -> list[list[str]]:
    return [
        [code, name, line, euros_plain(cents)] for code, name, line, cents in correction_rows(statement, correction)
    ]


def _own_csv(statement: Statement, place: int) -> str:
    settled, lines = statement.settled, statement.settled.lines()
    code, name = settled.codes[place], settled.region.members[place].name
    named = [(line_label(line, statement.language), lines.of(line, code)) for line in lines.lines]
    if statement.correction is not None:
        found = closing(statement, code)
        keys = ("settled", "receives_still", "pays_still")
        named += [(statement.text[key], cell.cents) for key in keys if isinstance(cell := found[key], Money)]
    rows = [statement.text["csv_header"].split(",")]
    rows += [[code, name, line, euros_plain(cents)] for line, cents in named]
    if code in statement.own_corrections:
        rows += _changes(statement, statement.own_corrections[code])
    return _table(rows)


def _manifest(folder: Path, statement: Statement, digests: Mapping[str, str]) -> dict[str, Any]:
    # Not those of single members: of a file with few figures somebody could try all that are possible.
    written = sorted(path for path in folder.iterdir() if path.is_file())
    return {
        "command": "settle",
        "agreement": statement.settled.agreement.name,
        "region": statement.settled.region.name,
        "year": statement.settled.year,
        "level": statement.disclosure.level,
        "fewest": statement.disclosure.fewest,
        "language": statement.language,
        "inputs": dict(statement.inputs),
        "overrides": list(statement.overrides),
        "inputs_sha256": dict(sorted(digests.items())),
        "files_sha256": {path.name: sha256(path.read_bytes()).hexdigest() for path in written},
        "versions": {name: version(name) for name in _LIBRARIES},
    }
