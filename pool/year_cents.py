"""The money of a settled year in whole cents, such that every clause, every member and every total closes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.pool.statement.rounding import PARTS, round_table, round_to_cents

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

OUTSIDE = "OUTSIDE"
ACCOUNT = "ACCOUNT"
"""Parties of a settlement that are no members: payers from outside, and the joint account with funds and advances."""

_PER_EURO = 100 * PARTS


@dataclass(frozen=True, eq=False)
class ClauseCents:
    """What clauses moved, whole cents. Per clause: sum of paid + fund = sum of charged + outside.

    Parameters
    ----------
    handed_in, paid, charged
        (clause, member).
    outside, fund
        What came in from outside less what went out, and by how much funds rose, (clause,).
    """

    handed_in: IntArray
    paid: IntArray
    charged: IntArray
    outside: IntArray
    fund: IntArray


def clauses_in_cents(
    handed_in: FloatArray, paid: FloatArray, charged: FloatArray, outside: FloatArray, fund: FloatArray,
    codes: Sequence[str],
) -> ClauseCents:  # fmt: skip
    """Return the money of all clauses in cents, every amount less than a cent from what it was.

    Every clause is two rows of one table: who is charged, and who is paid with a minus. A column for the bill of each
    clause, with opposite signs in its two rows, makes both rows and that column sum to zero, so controlled rounding
    keeps them so: the clause closes. The column of a member is then its net transfer, less than a cent off as well.

    Parameters
    ----------
    handed_in, paid, charged
        (clause, member) EUR.
    outside, fund
        (clause,) EUR.
    codes
        CBS codes of the members.
    """
    clauses, members = paid.shape
    if not clauses:
        none = np.zeros((0, members), dtype=np.int64)
        return ClauseCents(none, none, none, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    table = np.zeros((2 * clauses, members + 2 + clauses), dtype=np.int64)
    table[0::2, :members], table[1::2, :members] = _parts(charged), -_parts(paid)
    table[0::2, members], table[1::2, members + 1] = _parts(outside), -_parts(fund)
    for clause in range(clauses):
        bill = members + 2 + clause
        table[2 * clause, bill] = -table[2 * clause].sum()
        table[2 * clause + 1, bill] = -table[2 * clause, bill]
        # Two sums of the same money differ by the last digits of a float: the largest amount takes them.
        row = table[2 * clause + 1, : members + 2]
        row[np.abs(row).argmax()] -= table[2 * clause + 1].sum()
    rows = [f"{clause:04d}-{side}" for clause in range(clauses) for side in ("charged", "paid")]
    columns = [*codes, OUTSIDE, ACCOUNT, *(f"bill-{clause:04d}" for clause in range(clauses))]
    cents = round_table(table / _PER_EURO, rows, columns).cells
    paid_cents, handed_parts = -cents[1::2, :members], _parts(handed_in)
    handed_cents = np.array([
        own if (parts == _parts(flow)).all() else round_to_cents(parts / _PER_EURO, codes)
        for parts, flow, own in zip(handed_parts, paid, paid_cents, strict=True)
    ])  # fmt: skip
    return ClauseCents(handed_cents, paid_cents, cents[0::2, :members], cents[0::2, members], -cents[1::2, members + 1])


def own_in_cents(own: FloatArray, care_types: Sequence[str], codes: Sequence[str]) -> IntArray:
    """Return cost by care type and member in cents, (care_type, member); rows and columns close."""
    return round_table(own, care_types, codes).cells


def _parts(amounts: FloatArray) -> IntArray:
    """Return EUR in millionths."""
    return np.rint(np.asarray(amounts) * _PER_EURO).astype(np.int64)
