"""Takes on a member's result: what it bears in total after the earlier clauses, beside its own budget.

A clause with such a take works on amounts, not on children. So its place in the agreement matters: it sees what the
clauses before it have left and charged.

Where a take looks at a window of years, years before the first one that is settled come from the history file: the cost
of all care, before any agreement. Without one they are assumed as expected if the setting allows it. Otherwise they are
not known, and nothing is handed in before the window is full.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from solidair.models.schema import Config, RuleError
from solidair.pool.books import Books
from solidair.pool.parts.amounts import Per, heads, per_words, price_path, small_money
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.shares import Shares, share_faults, share_path, share_words
from solidair.pool.parts.takes import TakeBase
from solidair.pool.parts.windows import Past, block_ends, full, moving_sum
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST_WINDOW = 10
"""Longest window in years."""


class ResultTake(TakeBase):
    """A take that looks at what a member bears in total.

    Parameters
    ----------
    scope
        Always 'all': a budget is not divided by form of care.
    share
        Share of the amount that is handed in, from 0 to 1; or one for each year from the first year of the clause on.
    window
        Number of years that are looked at together.
    rolling
        False: the years of the clause are cut into blocks of `window` years, and a block is settled in its last year.
        True: every year looks at itself and the years before it, and hands in one part in `window` of what it finds, so
        that no euro counts more than once.
    """

    share: Shares = 1.0
    window: int = Field(default=1, ge=1, le=MOST_WINDOW)
    rolling: bool = False

    @field_validator("scope")
    @classmethod
    def _whole(cls, scope: object) -> object:
        if scope != "all":
            rule = "this article looks at the whole result of a member, for which there is one budget for all care"
            raise RuleError(rule, 'Leave scope out, or write "all".')
        return scope

    @property
    def longest(self) -> int:
        """The number of years that it must know to settle one."""
        return self.window

    @abstractmethod
    def taken(self, net: FloatArray, past: Past, books: Books, reach: BoolArray) -> FloatArray:
        """Return what is handed in of each window before the share, (sim, year, member) EUR.

        Parameters
        ----------
        net
            What each member bears in the window that ends with each year, (sim, year, member) EUR.
        past
            Years before the first one.
        reach
            Members that the clause is about in each year, (year, member).
        """

    def due(self, setting: Setting, past: Past, start: int) -> BoolArray:
        """Return the years in which something can be handed in, (year,)."""
        due = full(setting.years, self.window, past.years)
        return due if self.rolling else due & block_ends(setting.years, self.window, start)

    def past(self, setting: Setting, whom: BoolArray | None = None) -> Past:
        """Return the years before the first one, as many as the window needs and are known of `whom` (member,)."""
        return Past.of(setting, self.longest - 1, whom)

    def of_results(self, books: Books, reach: BoolArray, start: int) -> FloatArray:
        """Return what every member hands in, (sim, year, member) EUR.

        Parameters
        ----------
        reach
            Members that the clause is about in each year, (year, member).
        start
            Position of the first year of the clause; negative if it began before the first year that is settled.
        """
        setting = books.setting
        past = self.past(setting, np.asarray(setting.behind(reach).any(axis=0)))
        # Of a merged municipality a window also holds what its parts bore before.
        net = setting.merged(moving_sum(books.net, past.cost, self.window))
        found = self.taken(net, past, books, reach)
        part_ = share_path(self.share, setting, start) / (self.window if self.rolling else 1)
        return np.where(self.due(setting, past, start)[:, np.newaxis], part_ * found, 0.0)

    def hand_in(self, books: Books, weights: FloatArray, reach: BoolArray) -> FloatArray:  # noqa: D102
        return self.of_results(books, reach, books.start)

    def budgets(self, setting: Setting, past: Past) -> FloatArray:
        """Return the budget of the window that ends with each year, (year, member) EUR."""
        return setting.merged(moving_sum(setting.budgets, past.budget, self.window))

    def faults(self, setting: Setting, start: int, stop: int) -> list[Fault]:  # noqa: D102
        faults = share_faults(self.share, setting, start, stop)
        past = self.past(setting)
        if stop > max(start, 0) and not self.due(setting, past, start)[max(start, 0) : stop].any():
            before = setting.first_year - (self.longest - 1)
            rule = f"the window of {self.longest} years is never full in the years that are settled"
            hint = f"Give a history file with cost_eur and budget_eur from {before} on, or settle more years."
            faults.append(Fault("window", str(self.window), rule, hint))
        return faults

    def period(self, say: Wording) -> str:
        """Return the window in words: 'in a year'."""
        if self.window == 1:
            return say.pick("in een jaar", "in a year")
        if self.rolling:
            return say.pick(f"in {self.window} jaar tot en met dat jaar", f"in the {self.window} years up to that year")
        return say.pick(f"in {self.window} jaar", f"in {self.window} years")

    def remainder(self, say: Wording) -> str:
        """Return the sentences about windows and about the share, to follow the first one."""
        text = ""
        if self.window > 1 and self.rolling:
            text += say.pick(
                f" Elk jaar telt daarvan één {self.window}e deel.",
                f" Each year one part in {self.window} of it counts.",
            )
        elif self.window > 1:
            text += say.pick(
                " Dat wordt in het laatste jaar van elke periode verrekend.",
                " It is settled in the last year of each period.",
            )
        if self.share != 1.0:
            portion = share_words(self.share, say)
            text += say.pick(f" Daarvan telt {portion}.", f" Of that {portion} counts.")
            if isinstance(self.share, tuple):
                text = text[:-1] + say.pick(", per jaar achtereenvolgens.", ", in successive years.")
        return text


@part("take", "deficit")
class DeficitTake(ResultTake):
    """What a member bears above its own budget.

    Parameters
    ----------
    surplus
        Whether a member that bears less than its budget hands in that surplus, so that others have it.
    """

    kind: Literal["deficit"] = "deficit"
    surplus: bool = False

    def taken(self, net: FloatArray, past: Past, books: Books, reach: BoolArray) -> FloatArray:  # noqa: D102
        gap = net - self.budgets(books.setting, past)
        return gap if self.surplus else np.maximum(gap, 0.0)

    def words(self, say: Wording) -> str:  # noqa: D102
        period = self.period(say)
        text = say.pick(
            f"Draagt een gemeente {period} meer dan haar jeugdbudget, dan brengt zij dat tekort in.",
            f"If a municipality bears more than its youth budget {period}, it hands in that deficit.",
        )
        if self.surplus:
            text += say.pick(
                " Draagt zij minder, dan brengt zij dat overschot in.", " If it bears less, it hands in that surplus."
            )
        return text + self.remainder(say)


@part("take", "franchise")
class FranchiseTake(ResultTake):
    """A deficit against the own budget, once it is above an amount per inhabitant.

    Parameters
    ----------
    amount
        EUR per inhabitant, or per youth, over the whole window; at prices of its last year if `indexed`.
    per
        'inhabitant' or 'youth'.
    whole
        True: above the amount the whole deficit is handed in. False: only what is above the amount.
    indexed
        Whether the amount follows the price index.
    """

    kind: Literal["franchise"] = "franchise"
    amount: float = Field(ge=0)
    per: Per = "inhabitant"
    whole: bool = True
    indexed: bool = True

    def taken(self, net: FloatArray, past: Past, books: Books, reach: BoolArray) -> FloatArray:  # noqa: D102
        setting = books.setting
        gap = net - self.budgets(setting, past)
        prices = price_path(setting, indexed=self.indexed)
        line = (self.amount * prices)[:, np.newaxis] * heads(setting, self.per)
        return np.where(gap > line, gap if self.whole else gap - line, 0.0)

    def words(self, say: Wording) -> str:  # noqa: D102
        line, period = f"{small_money(self.amount, say)} {per_words(self.per, say)}", self.period(say)
        nl, en = ("het hele tekort", "the whole deficit") if self.whole else ("het meerdere", "what is above that")
        return say.pick(
            f"Is het tekort van een gemeente {period} groter dan {line}, dan brengt zij {nl} in.",
            f"If the deficit of a municipality {period} is above {line}, it hands in {en}.",
        ) + self.remainder(say)


class Trigger(Config):
    """A second condition: the deficit over several years must be large too.

    Parameters
    ----------
    window
        Number of years, the last one included.
    share
        The sum of their deficits and surpluses must be above this share of the budget of the last year.
    """

    window: int = Field(default=3, ge=2, le=MOST_WINDOW)
    share: float = Field(ge=0)

    def met(self, past: Past, books: Books) -> BoolArray:
        """Return where it is met, (sim, year, member); nowhere before its window is full."""
        setting = books.setting
        deficits = setting.merged(moving_sum(books.net - setting.budgets, past.cost - past.budget, self.window))
        known = full(setting.years, self.window, past.years)[:, np.newaxis]
        return np.asarray(known & (deficits > self.share * setting.budgets))

    def words(self, say: Wording) -> str:
        """Return the condition as a sentence."""
        share = say.percent(self.share)
        return say.pick(
            f" Dat geldt alleen als ook het tekort van de laatste {self.window} jaren samen groter is dan {share} van "
            "het budget van het laatste jaar.",
            f" This holds only if the deficit of the last {self.window} years together, too, is above {share} of the "
            "budget of the last year.",
        )


@part("take", "none")
class NoneTake(TakeBase):
    """Nothing is handed in: for an article about contributions or costs only."""

    kind: Literal["none"] = "none"

    @property
    def linear(self) -> bool:  # noqa: D102
        return True

    def hand_in(self, books: Books, weights: FloatArray, reach: BoolArray) -> FloatArray:  # noqa: D102
        return np.zeros(books.shape)

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick("Gemeenten brengen hiervoor geen kosten in.", "Municipalities hand in no cost for this.")
