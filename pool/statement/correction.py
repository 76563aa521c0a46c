"""A correction: what changes between an earlier statement of a year and a later one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.pool.statement.errors import StatementError, sorted_by_code

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines of a statement, or of a correction to one.

    Parameters
    ----------
    year
        The year that is settled.
    codes
        CBS codes of the members, each once.
    lines
        Names of the lines, each once.
    cents
        (line, member) whole cents.

    Raises
    ------
    StatementError
        If the shape does not fit, amounts are not whole, or a code or line occurs twice.
    """

    year: int
    codes: tuple[str, ...]
    lines: tuple[str, ...]
    cents: IntArray

    def __post_init__(self) -> None:
        if self.cents.shape != (len(self.lines), len(self.codes)) or not np.issubdtype(self.cents.dtype, np.integer):
            raise StatementError(f"a statement needs whole cents, {len(self.lines)} lines by {len(self.codes)} members")
        sorted_by_code(self.codes, len(self.codes))
        sorted_by_code(self.lines, len(self.lines), "lines")

    def of(self, line: str, code: str) -> int:
        """Return the cents of a line and member; 0 if the statement has no such line or member."""
        if line not in self.lines or code not in self.codes:
            return 0
        return int(self.cents[self.lines.index(line), self.codes.index(code)])


@dataclass(frozen=True)
class Change:
    """One figure that changed; `difference` is `now` less `was`, cents."""

    line: str
    code: str
    was: int
    now: int
    difference: int


@dataclass(frozen=True, eq=False)
class Correction:
    """What turns the earlier statement into the later one.

    Parameters
    ----------
    lines
        Differences, (line, member) cents: lines and members of the later statement, then those that only the earlier
        one had.
    changes
        The figures that differ, in the order of `lines`.
    """

    lines: Lines
    changes: tuple[Change, ...]


def correct(earlier: Lines, later: Lines, closing: Iterable[str] = ()) -> Correction:
    """Return the differences between two statements of the same year, checked.

    A line or member that one of them lacks counts as zero there, so a member that left is repaid in full. What is
    checked: each figure of the earlier statement plus its correction is that of the later one; the corrections of a
    line sum to the difference of its sums; and closing lines sum to zero over members in both statements and in the
    correction.

    Parameters
    ----------
    earlier, later
        Statements of one year. If the earlier one was corrected before, give the latest version: corrections then add
        up.
    closing
        Names of lines that sum to zero over members, such as the balance that transfers settle.

    Raises
    ------
    StatementError
        If the years differ, a closing line is in neither statement or does not sum to zero, or a check fails.
    """
    if earlier.year != later.year:
        raise StatementError(
            f"a correction needs two statements of one year, these are of {earlier.year} and {later.year}"
        )
    names = tuple(dict.fromkeys(later.lines + earlier.lines))
    codes = tuple(dict.fromkeys(later.codes + earlier.codes))
    was, now = _on(earlier, names, codes), _on(later, names, codes)
    difference = now - was
    changes = tuple(
        Change(names[i], codes[j], int(was[i, j]), int(now[i, j]), int(difference[i, j]))
        for i, j in np.argwhere(difference)
    )
    result = Correction(Lines(later.year, codes, names, difference), changes)
    _check(earlier, later, result)
    for line in closing:
        if line not in names:
            raise StatementError(f"closing line '{line}' is in neither statement")
        for name, lines in (("earlier statement", earlier), ("later statement", later), ("correction", result.lines)):
            left_over = sum(lines.of(line, code) for code in codes)
            if left_over:
                raise StatementError(f"line '{line}' of the {name} sums to {left_over} cents instead of 0")
    return result


def add_correction(statement: Lines, correction: Correction) -> Lines:
    """Return the statement with the correction added: what the members owe after it, on the lines of the correction.

    Raises
    ------
    StatementError
        If the correction is of another year, or lacks a line or member of the statement.
    """
    lines = correction.lines
    if statement.year != lines.year:
        raise StatementError(f"the correction is of {lines.year} and the statement of {statement.year}")
    missing = [*(set(statement.lines) - set(lines.lines)), *(set(statement.codes) - set(lines.codes))]
    if missing:
        raise StatementError(f"the correction was made for another statement: it lacks {', '.join(sorted(missing))}")
    return Lines(lines.year, lines.codes, lines.lines, _on(statement, lines.lines, lines.codes) + lines.cents)


def _on(statement: Lines, names: tuple[str, ...], codes: tuple[str, ...]) -> IntArray:
    """Return the cents of a statement on given lines and members, zero where it has none."""
    cents = np.zeros((len(names), len(codes)), dtype=np.int64)
    rows = [names.index(line) for line in statement.lines]
    columns = [codes.index(code) for code in statement.codes]
    cents[np.ix_(rows, columns)] = statement.cents
    return cents


def _check(earlier: Lines, later: Lines, correction: Correction) -> None:
    """Look every figure up by name, apart from the arithmetic on arrays, and compare."""
    lines = correction.lines
    for line in lines.lines:
        for code in lines.codes:
            if earlier.of(line, code) + lines.of(line, code) != later.of(line, code):
                raise StatementError(f"line '{line}' of {code}: earlier statement plus correction is not the later one")
    added: dict[str, int] = {}
    for change in correction.changes:
        added[change.line] = added.get(change.line, 0) + change.difference
    for line in lines.lines:
        sums = [sum(statement.of(line, code) for code in statement.codes) for statement in (earlier, later)]
        if added.get(line, 0) != sums[1] - sums[0]:
            raise StatementError(f"line '{line}': changes do not sum to the difference of the two statements")
