"""Slow, obvious twins of takes on results and of pots: plain Python, one path, year by year and member by member.

Nothing here imports what it is the twin of. Each is written from the documentation of its counterpart. Lists are by
year, then by member; amounts in EUR.
"""

from __future__ import annotations

from typing import Any

Row = list[float]
Rows = list[Row]


def deficits(take: Any, net: Rows, budget: Rows, before: list[tuple[Row, Row]], start: int) -> Rows:
    """Return what members hand in of a deficit or a franchise without growth.

    Parameters
    ----------
    before
        Cost and budget per member of the years before the first one, ascending, as many as are known.
    """
    gaps = [[c - b for c, b in zip(*pair, strict=True)] for pair in [*before, *zip(net, budget, strict=True)]]
    handed_in = []
    for year in range(len(net)):
        last = len(before) + year
        row = []
        for member in range(len(net[0])):
            years = [gaps[k][member] for k in range(max(last - take.window + 1, 0), last + 1)]
            if take.rolling:
                due, part = len(years) == take.window, 1 / take.window
            else:
                due = len(years) == take.window and year >= start and (year - start + 1) % take.window == 0
                part = 1.0
            gap = sum(years)
            if take.kind == "deficit" and not take.surplus:
                gap = max(gap, 0.0)
            share = take.share
            if isinstance(share, tuple):
                share = share[year - start] if 0 <= year - start < len(share) else 0.0
            row.append(share * part * gap if due else 0.0)
        handed_in.append(row)
    return handed_in


def banded(gap: float, unit: float, bands: Any) -> float:
    """Return the shares of what falls in bands, each given by two lines in units."""
    total = 0.0
    for band in bands:
        top = gap if band.until is None else min(gap, band.until * unit)
        total += band.share * max(top - band.beyond * unit, 0.0)
    return total


def corridor(take: Any, net: Rows, budget: Rows, heads: Row) -> Rows:
    """Return what members hand in outside of a corridor over single years."""
    handed_in = []
    for costs, budgets in zip(net, budget, strict=True):
        row = []
        for cost, own, many in zip(costs, budgets, heads, strict=True):
            middle = own if take.reference == "budget" else sum(costs) / sum(heads) * many
            unit = {"share": middle, "head": many, "euro": 1.0}[take.unit]
            row.append(banded(cost - middle, unit, take.above) - banded(middle - cost, unit, take.below))
        handed_in.append(row)
    return handed_in


def rationed(row: Row, there: float, least: float = 0.0) -> tuple[Row, float]:
    """Return what is paid of claims, and the ratio; surpluses come in first."""
    there -= sum(amount for amount in row if amount < 0)
    claimed = sum(amount for amount in row if amount > 0)
    ratio = max(least, 1.0 if claimed <= there else there / claimed)
    return [ratio * amount if amount > 0 else amount for amount in row], ratio


def fund(pot: Any, handed_in: Rows, heads: Row) -> tuple[Rows, Row]:
    """Return what is paid, and the ratio of every year."""
    size = pot.size * (1.0 if pot.per == "total" else sum(heads))
    paid, ratios = [], []
    for year in range(len(handed_in)):
        claims = [0.0 for _ in heads]
        if (year + 1) % pot.every == 0:
            years = handed_in[year + 1 - pot.every : year + 1]
            claims = [sum(column) for column in zip(*years, strict=True)]
        row, ratio = rationed(claims, size, pot.least)
        paid.append(row)
        ratios.append(ratio)
    return paid, ratios


def reserve(pot: Any, handed_in: Rows) -> dict[str, list[Any]]:
    """Return per year what is paid, the call, the refund, the interest and the balance at the end."""
    balance, book = pot.opening, {name: [] for name in ("paid", "call", "refund", "interest", "balance", "ratio")}
    for row in handed_in:
        balance += pot.contribution * (1 + pot.loading)
        paid, ratio = (row, 1.0) if pot.calls else rationed(row, max(balance - pot.floor, 0.0))
        balance -= sum(paid)
        call = pot.floor - balance if pot.calls and balance < pot.floor else 0.0
        balance += call
        refund = balance - pot.cap if pot.cap is not None and balance > pot.cap else 0.0
        balance -= refund
        interest = pot.interest * balance
        balance += interest
        for name, value in zip(book, (paid, call, refund, interest, balance, ratio), strict=True):
            book[name].append(value)
    return book


def own_reserve(pot: Any, handed_in: Rows, inhabitants: Row, mergers: Any = ()) -> tuple[Rows, Rows, Row]:
    """Return what is drawn, what is put in on balance, and the sum of balances at the end of every year.

    Parameters
    ----------
    mergers
        Year, who stands for both, and who goes up in it.
    """
    balances = [pot.opening * people for people in inhabitants]
    inhabitants = list(inhabitants)
    drawn, put_in, ends = [], [], []
    for year, row in enumerate(handed_in):
        for when, into, gone in mergers:
            if when == year:
                for counted in (balances, inhabitants):
                    counted[into] += counted[gone]
                    counted[gone] = 0.0
        out, kept = [], []
        for member, amount in enumerate(row):
            draw = min(max(amount, 0.0), balances[member])
            balances[member] -= draw
            surplus = max(-amount, 0.0)
            balances[member] += surplus
            most = float("inf") if pot.cap is None else pot.cap * inhabitants[member]
            over = max(balances[member] - most, 0.0)
            balances[member] = (balances[member] - over) * (1 + pot.interest)
            out.append(draw)
            kept.append(surplus - over)
        drawn.append(out)
        put_in.append(kept)
        ends.append(sum(balances))
    return drawn, put_in, ends


def reinsured(pot: Any, total: float, initial: float) -> tuple[float, float]:
    """Return what a reinsurer pays of the total of a year, and what it asks, spending one limit after the other."""
    left = max(total - pot.retention, 0.0)
    if pot.limit is None:
        return left, initial
    recovered = min(left, pot.limit)
    left -= recovered
    used, asked = recovered, initial
    for rate in pot.reinstatements:
        # What was used of this limit is restored, at a price pro rata; then the next loss can use it.
        asked += rate * initial * used / pot.limit
        used = min(left, pot.limit)
        recovered += used
        left -= used
    return recovered, asked
