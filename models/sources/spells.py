"""Care spells in a file of cases: one child in one form of care from one start date (Dutch: traject).

Few agreements lay their lines per care spell. So a file in which spells cannot be told apart is read all the same, and
what is not clear is kept until an article asks for it. Only marks that contradict each other are a fault of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from solidair.models.severity.numeric import Floats, as_floats
from solidair.models.sources.case_rows import Entry, Sum, add_up
from solidair.models.sources.csvfile import Table

Ints = NDArray[np.int64]
Dates = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Spells:
    """Care spells in one year, in the order of the cases that they are of.

    Parameters
    ----------
    told_by
        Columns that tell spells apart and are filled in: 'spell', 'start', both or neither. Without any, all of a child
        in a care type is one spell.
    case
        Position of the case, (spell,).
    costs, months, starts
        As in `Cases`, of the spell, (spell,).
    unclear
        Number of a row of which it is not clear to which spell it belongs, or 0, (case,). Such a case stands here as
        one spell.
    """

    told_by: tuple[str, ...]
    case: Ints = field(repr=False)
    costs: Floats = field(repr=False)
    months: Floats = field(repr=False)
    starts: Dates = field(repr=False)
    unclear: Ints = field(repr=False)

    def __len__(self) -> int:
        """Return the number of care spells."""
        return len(self.case)


def spells_of(groups: Iterable[Sequence[Entry]]) -> Spells:
    """Return the care spells of cases.

    Parameters
    ----------
    groups
        The rows of each case.

    Notes
    -----
    Rows of a case with one mark are one spell. A row without a mark goes with the others if these have one mark only,
    and unless it gives a start date that they do not give. If no row of the case has a mark, rows with one start date
    are one spell, and a row without a date goes with the others if these give one date only.
    """
    case: list[int] = []
    sums: list[Sum] = []
    unclear: list[int] = []
    told_by: set[str] = set()
    for place, group in enumerate(groups):
        told_by |= {"spell"} if any(entry.spell for entry in group) else set()
        told_by |= {"start"} if any(entry.start for entry in group) else set()
        parts, row = _parts(group)
        found = [add_up(part) for part in parts]
        for part, each in zip(parts, found, strict=True):
            if not row and (each.cost < 0.0 or each.months < 0.0 or each.months > 12.0):
                row = max(entry.line for entry in part)  # a correction of another spell
        sums += [add_up(group)] if row else found
        case += [place] * (1 if row else len(found))
        unclear.append(row)
    return Spells(
        told_by=tuple(name for name in ("spell", "start") if name in told_by),
        case=np.array(case, dtype=np.int64),
        costs=as_floats([each.cost for each in sums]),
        months=as_floats([each.months for each in sums]),
        starts=np.array([each.start for each in sums], dtype="datetime64[D]"),
        unclear=np.array(unclear, dtype=np.int64),
    )


def _parts(group: Sequence[Entry]) -> tuple[list[list[Entry]], int]:
    """Return the rows of each spell of a case, and the number of a row that may be of several, or 0."""
    marked = any(entry.spell for entry in group)
    parts: dict[object, list[Entry]] = {}
    bare = []
    for entry in group:
        mark = entry.spell if marked else entry.start
        if mark:
            parts.setdefault(mark, []).append(entry)
        else:
            bare.append(entry)
    if not parts:
        return [bare], 0
    first, *others = parts.values()
    dates = {None, *(entry.start for entry in first)}
    lost = [entry.line for entry in bare if others or entry.start not in dates]
    if lost:
        return [list(group)], min(lost)
    return [[*first, *bare], *others], 0


def refuse_mixed_marks(table: Table, entries: Iterable[Entry]) -> None:
    """Report a mark of a care spell that two children or two care types of one payer share.

    Payers may number spells of their own, so a mark says nothing across payers.
    """
    first: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        other = first.setdefault((entry.key[0], entry.spell), entry)
        if not entry.spell or entry.key == other.key:
            continue
        where, rows = f"column {table.headers['spell']}", f"rows {other.line} and {entry.line}"
        if entry.key[2] != other.key[2]:
            rule = f"a care spell must be of one child, but {rows} give two"
            hint = "Choose one of them. Two spells of one payer must not have one mark."
            if "child" not in table.headers:
                hint = "Add a column 'child' with a pseudonym: without it every row is a child."
        else:
            rule = f"a care spell must be of one care type, but {rows} give two"
            hint = "Another form of care is another spell: give it a mark of its own."
        table.report(entry.line, where, "", rule, hint)


__all__ = ["Spells", "refuse_mixed_marks", "spells_of"]
