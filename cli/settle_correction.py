"""The pages and rows of a statement that corrects an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from solidair.cli.settle_grid import Cell, Grid, Money, Page
from solidair.cli.texts.settle import line_label
from solidair.pool.statement.correction import Correction

if TYPE_CHECKING:
    from solidair.cli.settle_pages import Statement


def closing(statement: Statement, code: str) -> dict[str, Cell]:
    """Return what a party receives or pays, by the key of its name.

    Of a correction also what was settled before: only the difference is still to be paid.
    """
    balance = statement.settled.lines().of("balance", code)
    if statement.correction is None:
        return {"receives": Money(max(balance, 0)), "pays": Money(max(-balance, 0))}
    left = statement.correction.lines.of("balance", code)
    return {
        "new_balance": Money(balance),
        "settled": Money(balance - left),
        "receives_still": Money(max(left, 0)),
        "pays_still": Money(max(-left, 0)),
    }


def only_earlier(statement: Statement) -> tuple[str, ...]:
    """Return parties that only the earlier statement has: what they received or paid is repaid."""
    if statement.correction is None:
        return ()
    return tuple(code for code in statement.correction.lines.codes if code not in statement.settled.parties)


def correction_page(statement: Statement, correction: Correction) -> Page:
    """Return the page with every figure that changed."""
    text = statement.text
    if not correction.changes:
        return Page(text["correction"], text["correction"], (text["correction_none"],))
    rows = tuple(
        (
            statement.name(change.code),
            line_label(change.line, statement.language),
            Money(change.was),
            Money(change.now),
            Money(change.difference),
        )
        for change in correction.changes
    )
    columns = tuple(text[name] for name in ("member", "line", "was", "now", "difference"))
    return Page(
        text["correction"], text["correction"], (text["correction_text"],), (Grid(text["correction"], columns, rows),)
    )


def correction_rows(statement: Statement, correction: Correction) -> Sequence[tuple[str, str, str, int]]:
    """Return code, name, line and cents of what every changed figure was, is, and differs."""
    text, rows = statement.text, []
    for change in correction.changes:
        line = f"{text['correction']}: {line_label(change.line, statement.language)}"
        for word, cents in (("was", change.was), ("now", change.now), ("difference", change.difference)):
            rows.append((change.code, statement.name(change.code), f"{line}: {text[word].lower()}", cents))
    return rows
