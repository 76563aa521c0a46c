"""A reserve that a member keeps by itself, along every simulated path.

In every year, in this order: the contribution is put in; interest comes over the balance with it; at the end of the
year the result, budget less what the member bears, goes in or comes out. What then lies above the cap goes back to the
member (a refund); what is missing to the floor the member pays in (a call):

    R_t = (R_{t-1} + c_t) (1 + r) + B_t - H_t, then at most the cap and at least the floor.

A reserve is *depleted* if it would fall below 0 (0 itself is not depleted) at the end of some year with nobody called:
such a path counts from then on, whatever happens later. The *opening that a path needs* is the least with which that
does not happen. Without a cap R_t = (1 + r)^t (R_0 - D_t) with

    D_t = sum over s <= t of (H_s - B_s) (1 + r)^-s - c_s (1 + r)^-(s-1),

so it is the largest D_t of the path. With a cap, the balance is the lower of this line and the path that starts with
an endless reserve, which is at the cap after one year: both rules rise with the balance of before, and the lower of two
such paths is one. So if the endless reserve is depleted too, no opening is enough; if not, the largest D_t is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ReserveRules:
    """The rules of a reserve in EUR.

    Parameters
    ----------
    opening
        Balance before the first year, (member,).
    budgets
        What the member has for youth care in each year, (year, member).
    put_in
        What is put in at the start of each year, (year, member).
    interest
        Interest a year.
    floor, cap
        Least and most at the end of each year, (year, member); the cap may be infinite.
    moves
        Balances that move at the start of a year, when municipalities merge: (year, from, to), positions.
    """

    opening: FloatArray
    budgets: FloatArray
    put_in: FloatArray
    interest: float
    floor: FloatArray
    cap: FloatArray
    moves: tuple[tuple[int, int, int], ...] = ()

    def of(self, members: slice) -> ReserveRules:
        """Return the rules of some members; of all together if balances move."""
        assert not self.moves or len(self.opening[members]) == len(self.opening)
        yearly = {name: getattr(self, name)[:, members] for name in ("budgets", "put_in", "floor", "cap")}
        return replace(self, opening=self.opening[members], **yearly)


@dataclass(frozen=True, eq=False)
class ReserveYear:
    """One year of the reserve, every array (sim, member), EUR.

    Parameters
    ----------
    start, interest, result, before, call, refund, end
        Balance at the start of the year, before the contribution; interest and result; balance with these, before a
        call or refund; what comes in by a call and goes out by a refund; balance at the end.
    depleted
        Whether the reserve has been below 0 in this year or before it, if nobody is ever called.
    """

    start: FloatArray
    interest: FloatArray
    result: FloatArray
    before: FloatArray
    call: FloatArray
    refund: FloatArray
    end: FloatArray
    depleted: BoolArray


def reserve_years(borne: Callable[[int], FloatArray], rules: ReserveRules) -> Iterator[ReserveYear]:
    """Yield the years of a reserve one after the other.

    Parameters
    ----------
    borne
        Gives what members bear in a year, (sim, member) EUR.
    """
    # The sims of a member lie side by side, so that sums do not depend on how many members are worked on at once.
    balance = free = np.asfortranarray(np.broadcast_to(rules.opening, borne(0).shape))
    depleted = np.zeros(balance.shape, dtype=np.bool_, order="F")
    for year in range(len(rules.put_in)):
        start, free = _moved(balance, rules, year), _moved(free, rules, year)
        put_in, floor, cap = rules.put_in[year], rules.floor[year], rules.cap[year]
        result = rules.budgets[year] - borne(year)
        interest = rules.interest * (start + put_in)
        before = start + (put_in + interest + result)
        call, refund = np.maximum(floor - before, 0.0), np.maximum(before - cap, 0.0)
        balance = before + call - refund
        free = np.minimum((1.0 + rules.interest) * (free + put_in) + result, cap)
        depleted = depleted | (free < 0.0)
        yield ReserveYear(start, interest, result, before, call, refund, balance, depleted)


def opening_needed(borne: Callable[[int], FloatArray], rules: ReserveRules) -> FloatArray:
    """Return the opening with which a path is not depleted, (sim, member) EUR.

    Below 0 where a path could do with a debt, infinite where no opening is enough under the cap. For members whose
    balance moves there is no such figure: it depends on the reserve of others.

    Parameters
    ----------
    borne
        As in `reserve_years`.
    """
    factor = 1.0 + rules.interest
    capped = bool(np.isfinite(rules.cap).any())
    total, needed, endless, hopeless = 0.0, -np.inf, np.inf, False
    for year in range(len(rules.put_in)):
        result = rules.budgets[year] - borne(year)
        total = total - (rules.put_in[year] * factor + result) / factor ** (year + 1)
        needed = np.maximum(needed, total)
        if capped:
            endless = np.minimum(factor * (endless + rules.put_in[year]) + result, rules.cap[year])
            hopeless = hopeless | (endless < 0.0)
    return np.where(hopeless, np.inf, needed) if capped else np.asarray(needed)


def _moved(balance: FloatArray, rules: ReserveRules, year: int) -> FloatArray:
    moves = [(gone, into) for place, gone, into in rules.moves if place == year]
    if moves:
        balance = balance.copy(order="K")
        for gone, into in moves:
            balance[:, into] += balance[:, gone]
            balance[:, gone] = 0.0
    return balance
