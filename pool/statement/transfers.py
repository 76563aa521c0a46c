"""Who pays whom: balances settled with the fewest transfers.

Members whose balances sum to zero among themselves can settle with one transfer fewer than they are. So the fewest
transfers are the number of members with a balance less the largest number of groups, each summing to zero, into which
they can be divided (Verhoeff 2004, *Settling multiple debts efficiently*). Finding those groups is hard in general;
up to 16 members all subsets are gone through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.pool.statement.errors import StatementError, sorted_by_code

IntArray = npt.NDArray[np.int64]
Balance = tuple[str, int]

EXACT_UP_TO = 16
"""Members for which all subsets are gone through: 65,536 of them."""


@dataclass(frozen=True)
class Transfer:
    """One payment of `cents`, more than zero, from one CBS code to another."""

    payer: str
    receiver: str
    cents: int


@dataclass(frozen=True)
class Transfers:
    """All payments of a settlement.

    Parameters
    ----------
    transfers
        Sorted by payer and receiver.
    proven_fewest
        Whether it is proven that no settlement has fewer.
    """

    transfers: tuple[Transfer, ...]
    proven_fewest: bool


def who_pays_whom(balances_in_cents: Sequence[int] | IntArray, codes: Sequence[str]) -> Transfers:
    """Return the payments that settle balances: the fewest if that can be proven, at most one fewer than members.

    1. Two members with opposite balances settle with each other. That never costs a transfer: were they in two
       groups, the two rests form one group; in one group, the rest is a group.
    2. Up to 16 members that are left are divided into the largest number of groups that sum to zero, by dynamic
       programming over subsets.
    3. More members are settled one by one, the largest payer with the largest receiver, opposite balances first. That
       is proven fewest only if it meets a lower bound: a group has a payer, a receiver and, after step 1, three
       members at least.

    Parameters
    ----------
    balances_in_cents
        (member,) what each receives if positive and pays if negative, whole cents that sum to zero.
    codes
        (member,) CBS codes, each once. They decide between settlements with as many transfers.

    Raises
    ------
    StatementError
        If balances are not whole, do not sum to zero, or a code is missing or occurs twice.
    """
    cents = np.asarray(balances_in_cents)
    if cents.ndim != 1 or (cents.size and not np.issubdtype(cents.dtype, np.integer)):
        raise StatementError("balances must be whole cents, one per member")
    order = sorted_by_code(codes, len(cents))
    members = [(codes[place], int(cents[place])) for place in order if cents[place] != 0]
    left_over = sum(amount for _, amount in members)
    if left_over:
        raise StatementError(f"balances sum to {left_over} cents instead of 0")
    transfers, members = _opposites(members)
    if len(members) <= EXACT_UP_TO:
        groups, proven = _most_groups(members), True
    else:
        groups, proven = [members], False
    for group in groups:
        transfers += _largest_first(group)
    if not proven:
        payers = sum(amount < 0 for _, amount in members)
        most = min(payers, len(members) - payers, len(members) // 3)
        paired = (len(codes) - int(np.count_nonzero(cents == 0)) - len(members)) // 2
        proven = len(transfers) - paired == len(members) - most
    return Transfers(tuple(sorted(transfers, key=lambda paid: (paid.payer, paid.receiver))), proven)


def _opposites(members: list[Balance]) -> tuple[list[Transfer], list[Balance]]:
    """Return transfers between members with opposite balances, first codes first, and the members that are left."""
    waiting: dict[int, list[str]] = {}
    transfers = []
    for code, amount in members:
        others = waiting.get(-amount, [])
        if others:
            transfers.append(_between(code, others.pop(0), amount))
        else:
            waiting.setdefault(amount, []).append(code)
    left = {code for codes in waiting.values() for code in codes}
    return transfers, [member for member in members if member[0] in left]


def _between(code: str, other: str, amount: int) -> Transfer:
    """Return the transfer by which `code` receives an amount from the other, or pays it if it is negative."""
    return Transfer(other, code, amount) if amount > 0 else Transfer(code, other, -amount)


def _most_groups(members: list[Balance]) -> list[list[Balance]]:
    """Return a division into the largest number of groups that sum to zero.

    Take members away one at a time: the largest number of times that those who are left sum to zero is the number of
    groups. So most(set) = max over a member of most(set without it), plus 1 if the set sums to zero.
    """
    count = len(members)
    sets = np.arange(1 << count)
    sums = np.zeros(1 << count, dtype=np.int64)
    size = np.zeros(1 << count, dtype=np.int64)
    for place, (_, amount) in enumerate(members):
        inside = (sets >> place & 1).astype(bool)
        sums[inside] += amount
        size[inside] += 1
    most = np.zeros(1 << count, dtype=np.int64)
    for level in range(1, count + 1):
        chosen = sets[size == level]
        for place in range(count):
            inside = chosen[(chosen >> place & 1).astype(bool)]
            most[inside] = np.maximum(most[inside], most[inside ^ (1 << place)])
        most[chosen] += sums[chosen] == 0
    groups: list[list[Balance]] = []
    rest = (1 << count) - 1
    while rest:
        if sums[rest] == 0:
            groups.append([])
        # A set that sums to zero was counted itself; what is below it has one group fewer.
        wanted = most[rest] - (sums[rest] == 0)
        place = next(p for p in range(count) if rest >> p & 1 and most[rest ^ (1 << p)] == wanted)
        groups[-1].append(members[place])
        rest ^= 1 << place
    return groups


def _largest_first(members: list[Balance]) -> list[Transfer]:
    """Return transfers that settle a group: opposite balances first, else the largest payer with the largest receiver.

    Every transfer settles a member and the last one two, so there are fewer transfers than members.
    """
    open_ = dict(members)
    transfers = []
    while open_:
        by_size = sorted(open_, key=lambda code: (-abs(open_[code]), code))
        payers = [code for code in by_size if open_[code] < 0]
        receivers = {open_[code]: code for code in reversed(by_size) if open_[code] > 0}
        payer = next((code for code in payers if -open_[code] in receivers), payers[0])
        receiver = receivers.get(-open_[payer]) or receivers[max(receivers)]
        cents = min(-open_[payer], open_[receiver])
        transfers.append(Transfer(payer, receiver, cents))
        open_[payer] += cents
        open_[receiver] -= cents
        open_ = {code: amount for code, amount in open_.items() if amount}
    return transfers
