"""Read one CSV file as Excel and CBS really write them.

A fault does not stop the reading: it is noted in the table, so that a user sees all faults of a file at once.
Only what leaves nothing to read (no file, a workbook, no header) is raised straight away.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from solidair.models.problems import InputError, Problem, nearest, suggest
from solidair.models.sources.cells import EXCEL_ERROR, CellError, clean, shown

T = TypeVar("T")

SAVE_AS = "In Excel: File > Save As > 'CSV UTF-8 (comma delimited)'."
_BREAK = " ⏎ "
DELIMITERS = {";": "semicolon", "\t": "tab", ",": "comma"}
IGNORED = ("note", "opmerking", "source", "bron", "provincie", "province")
"""A column is passed over if its name starts with one of these, or with `_`."""

_ERROR_LINE = re.compile(rf'\s*"?{EXCEL_ERROR}"?\s*[;,\t]', re.IGNORECASE)
_MAGIC = {
    b"PK\x03\x04": ("an Excel workbook or a zip archive", f"{SAVE_AS} Unpack a zip archive first."),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", SAVE_AS),
    b"\x1f\x8b": ("a gzip archive", "Unpack it first."),
    b"%PDF": ("a PDF document", "Copy its table to Excel and save that as CSV UTF-8."),
    b"\xff\xfe": ("UTF-16 text, which Excel calls 'Unicode text'", SAVE_AS),
    b"\xfe\xff": ("UTF-16 text, which Excel calls 'Unicode text'", SAVE_AS),
}


@dataclass(frozen=True)
class Column:
    """A column that a reader knows: its name, other names for it, and whether a file must have it."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Comment:
    """The text of a comment line, without its `#`, and its 1-based line in the file."""

    line: int
    text: str


@dataclass(frozen=True)
class Row:
    """The 1-based line on which a row starts in the file, and its clean cells by the name of the `Column`."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """What `read_table` found.

    Parameters
    ----------
    file
        The file as the user named it.
    delimiter, decimal
        What separates cells, and whole numbers from their decimals.
    headers
        For each known column that is present: its header as the user wrote it.
    rows
        Rows with a right number of cells, in the order of the file.
    comments
        Comment lines above the header.
    notes
        What a user should know about the reading, such as an encoding that was guessed.
    found
        Problems so far, each with its line; further checks add to it through `report` and `read`.
    """

    file: str
    delimiter: str
    decimal: str
    headers: dict[str, str]
    rows: Sequence[Row]
    comments: Sequence[Comment]
    notes: tuple[str, ...]
    found: list[tuple[int, Problem]]

    def report(self, line: int, place: str, value: str, rule: str, hint: str) -> None:
        """Note a problem on a line of the file; `place` is added to the line number."""
        where = f"row {line}, {place}" if place else f"row {line}"
        self.found.append((line, Problem(self.file, where, shown(value), rule, hint)))

    def read(self, row: Row, column: str, parse: Callable[[str], T]) -> T | None:
        """Return the parsed cell, or None after noting the problem that `parse` raised as a CellError.

        Also None if the file lacks the column, which `read_table` has noted if it is a required one.
        """
        if column not in row.cells:
            return None
        text = row.cells[column]
        try:
            return parse(text)
        except CellError as error:
            self.report(row.line, f"column {self.headers[column]}", text, error.rule, error.hint)
            return None

    def raise_problems(self) -> None:
        """Raise one InputError with all problems in the order of the file, if there is any."""
        if self.found:
            raise InputError(problem for _, problem in sorted(self.found, key=lambda pair: pair[0]))


def read_table(path: str | Path | Traversable, columns: Sequence[Column]) -> Table:
    """Read a CSV file with a header row.

    Accepts UTF-8 with or without a byte order mark, else Windows-1252; cells separated by `,` `;` or tab
    (sniffed from the header; a line `sep=;` is obeyed); comment lines that start with `#`; blank lines, empty
    columns; quoted and padded cells; headers in any case, with spaces or dashes for underscores.

    Parameters
    ----------
    path
        The file.
    columns
        The columns that the caller knows; others are a problem, except `_...` and those of `IGNORED`.

    Returns
    -------
    Table
        Rows and what was wrong so far; call `raise_problems` after all further checks.

    Raises
    ------
    InputError
        If there is no table to read: no such file, a folder, a workbook, empty, no header.
    """
    source: Path | Traversable = Path(path) if isinstance(path, str) else path
    file = str(path)
    text, notes = _decode(file, _load(file, source))
    lines = _Lines(io.StringIO(text, newline=None).readlines())
    names = {_key(name): column.name for column in columns for name in (column.name, *column.aliases)}
    delimiter = lines.find_header(names)
    if delimiter is None:
        required = ", ".join(column.name for column in columns if column.required)
        raise _fatal(file, "must have a header row", "", f"Name the columns in the first row: {required}.")
    rows: list[Row] = []
    decimal = "." if delimiter == "," else ","
    table = Table(file, delimiter, decimal, {}, rows, tuple(lines.comments), notes, [])
    records = _records(table, lines)
    line, head = next(records, (lines.start, []))
    table.raise_problems()  # a header that cannot be read leaves nothing to check
    _know_headers(table, line, head, columns, names)
    known = {name: head.index(header) for name, header in table.headers.items()}
    needed = max(known.values(), default=-1) + 1
    before = len(table.found)
    body = list(records)
    if not body and len(table.found) == before:
        rule = "there must be at least one row below the header"
        table.report(line, "", "only a header", rule, "Add the rows.")
    for place, header in enumerate(head):
        if not header and any(place < len(cells) and cells[place] for _, cells in body):
            rule = "a column with values must have a name"
            table.report(line, f"column {place + 1}", "", rule, "Name it, or clear its cells.")
    for line, cells in body:
        if needed <= len(cells) <= len(head):
            row = Row(line, {name: cells[place] for name, place in known.items()})
            broken = next((name for name, cell in row.cells.items() if _BREAK in cell), None)
            if broken is None:
                rows.append(row)
            else:  # most often a stray quote, which has swallowed the rows up to the next one
                rule, hint = "a cell must be on one line", "Look for a double quote too many."
                table.report(line, f"column {table.headers[broken]}", row.cells[broken], rule, hint)
            continue
        rule = f"a row must have {len(head)} cells, like the header"
        hint = "Write '-' in a cell that has no value."
        if len(cells) > len(head):
            mark = DELIMITERS[delimiter]
            hint = f"Remove a {mark} too many, or put double quotes around a cell that contains a {mark}."
        table.report(line, "", f"{len(cells)} cells", rule, hint)
    return table


def _know_headers(
    table: Table, line: int, head: list[str], columns: Sequence[Column], names: Mapping[str, str]
) -> None:
    """Fill `table.headers`; report columns that are unknown, double or missing."""
    headers = table.headers
    strange: list[str] = []
    known = [column.name for column in columns]
    for header in filter(None, head):
        name = names.get(_key(header))
        place = f"column {shown(header)}"
        if name in headers:
            rule = f"column {name} must be there once, but '{shown(headers[name])}' is one as well"
            table.report(line, place, header, rule, "Remove one of them.")
        elif name is not None:
            headers[name] = header
        elif not header.startswith("_") and not _key(header).startswith(IGNORED):
            strange.append(header)
    missing = [column for column in columns if column.required and column.name not in headers]
    meant = {column.name: _meant(column, strange) for column in missing}
    # What must be renamed is told once, with the name that it must have.
    for header in strange:
        if shown(header) not in [pair[0] for pair in meant.values() if pair]:
            near = nearest(shown(_key(header)), names)
            hint = f"Did you mean '{near}'?" if near else suggest(shown(header), known)
            hint += " A name that starts with '_' is passed over."
            table.report(line, f"column {shown(header)}", header, "the column must be a known one", hint)
    if len(head) == 1 and sum(column.required for column in columns) > 1:
        rule = "the header must name columns with a comma, semicolon or tab between them"
        hint = f"Save as CSV with one of these. Needed: {', '.join(c.name for c in columns if c.required)}."
        table.found.clear()
        table.report(line, "", head[0], rule, hint)
        table.raise_problems()
    for column in missing:
        pair = meant[column.name]
        hint = f"Is it '{pair[0]}'? Then rename that to '{pair[1]}'." if pair else f"Add a column '{column.name}'."
        table.report(line, f"column {column.name}", "", "the column must be there", hint)


def _meant(column: Column, strange: Sequence[str]) -> tuple[str, str] | None:
    """Return an unknown header that looks like a column, and its name that comes nearest; None if none does."""
    names = (column.name, *column.aliases)
    near = next(filter(None, (nearest(name, map(shown, strange)) for name in names)), None)
    return None if near is None else (near, nearest(near, names) or column.name)


def _key(header: str) -> str:
    """Return a header as it is compared: `Jeugd 0-17` becomes `jeugd_0_17`."""
    return re.sub(r"\W+", "_", clean(header).casefold()).strip("_")


def _fatal(file: str, rule: str, value: str, hint: str) -> InputError:
    return InputError([Problem(file, "file", value, rule, hint)])


def _load(file: str, source: Path | Traversable) -> bytes:
    """Return the bytes of a file that can be text."""
    try:
        if source.is_dir():
            raise _fatal(file, "must be a CSV file", "a folder", "Name the file in it.")
        if not source.is_file():
            beside = [path.name for path in source.parent.iterdir()] if isinstance(source, Path) else []
            near = nearest(source.name, beside)
            hint = f"Did you mean '{near}'?" if near else "Check the name and the folder."
            raise _fatal(file, "the file must exist", "", hint)
        data = source.read_bytes()
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            raise _fatal(file, "the file must exist", "", "Check the name and the folder.") from error
        hint = "Check that you may read it and that no other program has locked it."
        raise _fatal(file, "must be readable", error.strerror or "", hint) from error
    for magic, (what, hint) in _MAGIC.items():
        if data.startswith(magic):
            raise _fatal(file, "must be a CSV file", what, hint)
    if not data.removeprefix(b"\xef\xbb\xbf").strip():
        raise _fatal(file, "must not be empty", "an empty file", "Export it again, or give another file.")
    if (place := data.find(b"\0")) >= 0:
        row = data.count(b"\n", 0, place) + 1
        raise InputError(
            [Problem(file, f"row {row}", "a null byte", "must be text", f"The file is damaged. {SAVE_AS}")]
        )
    return data


def _decode(file: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text, and a note if the encoding was guessed."""
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        note = f"{file} is not UTF-8; read as Windows-1252. Check names with accents."
    try:
        return data.decode("cp1252"), (note,)
    except UnicodeDecodeError:
        return data.decode("latin-1"), (note.replace("Windows-1252", "Latin-1"),)


class _Lines:
    """Hands lines to csv.reader; between records it passes over blank lines and keeps comments.

    Only here is it known on which line a record starts: csv.reader counts lines, but cannot skip any.
    """

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.position = 0
        self.start = 0
        self.between = True
        self.unclosed = False
        self.comments: list[Comment] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while self.position < len(self.lines):
            line = self.lines[self.position]
            self.position += 1
            if self.between and self._passed_over(line):
                continue
            if self.between:
                self.start = self.position
                self.between = False
            return line
        self.unclosed = not self.between
        raise StopIteration

    def _passed_over(self, line: str) -> bool:
        bare = clean(line).rstrip(";, ")
        if bare.startswith('"') and bare.endswith('"') and not _ERROR_LINE.match(line):
            bare = bare[1:-1].replace('""', '"').strip()
        if not bare.startswith("#") or _ERROR_LINE.match(line):
            return not clean(line).strip(';," ')
        self.comments.append(Comment(self.position, shown(bare.lstrip("# "), 2000)))
        return True

    def find_header(self, names: Mapping[str, str]) -> str | None:
        """Go to the header row and return the delimiter, or None if there is no such row."""
        chosen = None
        for line in self:
            self.between = True
            if chosen is None and (match := re.fullmatch('"?sep=([;,\t])"?', line.strip("\ufeff\r\n "))):
                chosen = match[1]
                continue
            self.position -= 1
            return chosen or max(DELIMITERS, key=lambda mark: self._fit(line, mark, names))
        return None

    @staticmethod
    def _fit(line: str, delimiter: str, names: Mapping[str, str]) -> tuple[int, int, bool]:
        """Return how well a delimiter fits a header: known names, then cells; a tie is for the comma."""
        cells = [cell.strip(' "\n') for cell in line.split(delimiter)]
        return sum(_key(cell) in names for cell in cells), len(cells), delimiter == ","


def _records(table: Table, lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the clean cells of each record, without empty cells beyond the header."""
    reader = csv.reader(lines, delimiter=table.delimiter, skipinitialspace=True)
    width = 0
    while True:
        lines.between = True
        try:
            cells = [clean(cell.strip().replace("\n", _BREAK)) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            rule = "cells must be separated and quoted as in CSV"
            table.report(lines.start, "", str(error), rule, "Look for a double quote that is not closed.")
            return
        if lines.unclosed:
            rule = "a double quote that opens a cell must be closed"
            table.report(lines.start, "", next(filter(None, cells), ""), rule, "Close it or remove it.")
            return
        while len(cells) > width and not cells[-1]:
            cells.pop()
        width = width or len(cells)
        yield lines.start, cells
