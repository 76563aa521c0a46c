"""Lines: the amount per case above which an agreement looks at it, for each year and member.

A line is known before the year starts: an amount, a multiple of the mean case, a share of the member's own budget, or
the least of several. A share of the own budget is the one that suits small members.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field

from solidair.models.schema import Config, RuleError
from solidair.pool.parts.registry import Fault
from solidair.pool.parts.scopes import Scope
from solidair.pool.parts.words import Wording, listed
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]

ROUNDING = 1e-9
"""Relative distance between the end of a band and the start of the next that is rounding."""

LEAST_EUR = 1_000.0
"""Smallest amount per child and year, other than 0, that somebody can mean."""


def not_in_thousands(amount: float) -> float:
    """Refuse an amount that was written with a point for thousands, which TOML reads as a decimal mark."""
    if 0 < amount < LEAST_EUR:
        hint = "A point is a decimal mark in TOML: write a hundred thousand as 100000 or 100_000."
        rule = f"an amount per child must be at least {LEAST_EUR:.0f} euros, or 0 for a retention of nothing"
        raise RuleError(rule, hint)
    return amount


Amount = Annotated[float, Field(ge=0), AfterValidator(not_in_thousands)]
"""Money per child and year in the currency of the agreement."""


Limit = Annotated[float, Field(gt=0), AfterValidator(not_in_thousands)]
"""The most per child and year, in the currency of the agreement."""


class LineBase(Config, ABC):
    """A line that is more than an amount."""

    @abstractmethod
    def amounts(self, setting: Setting, *, indexed: bool) -> FloatArray:
        """Return the line, (year, member) EUR; if `indexed`, what the price index makes of it is left out."""

    def faults(self, setting: Setting) -> list[Fault]:
        """Return what the line needs of the setting and does not find."""
        return []

    @abstractmethod
    def words(self, say: Wording) -> str:
        """Return the line as the amount that it is."""


class DriftLine(LineBase):
    """An amount that drifts: it rises faster, or slower, than the price index.

    Parameters
    ----------
    amount
        Money per child and year in the first year that is settled.
    drift
        Rise a year on top of the index, such as 0.01.
    """

    kind: Literal["amount"] = "amount"
    amount: Amount
    drift: float = Field(default=0.0, gt=-0.5, lt=0.5)

    def amounts(self, setting: Setting, *, indexed: bool) -> FloatArray:  # noqa: D102
        path = setting.unit * self.amount * (1.0 + self.drift) ** np.arange(setting.years)
        return np.repeat(path[:, np.newaxis], setting.members, axis=1)

    def words(self, say: Wording) -> str:  # noqa: D102
        drift = say.number(100 * self.drift, 1)
        beyond = say.pick(f", elk jaar {drift}% bovenop de index", f", each year {drift}% on top of the index")
        return say.money(self.amount) + (beyond if self.drift else "")


class MeanLine(LineBase):
    """A multiple of what a client of the scope costs on average in all members together.

    Parameters
    ----------
    times
        How many times the mean.
    scope
        Care types whose clients count.
    basis
        The mean that the cost model expects, or that of the last year of the history file.
    """

    kind: Literal["mean"] = "mean"
    times: float = Field(gt=0)
    scope: Scope = "all"
    basis: Literal["expected", "history"] = "expected"

    def amounts(self, setting: Setting, *, indexed: bool) -> FloatArray:  # noqa: D102
        types = setting.scope(self.scope)
        if self.basis == "expected":
            assert setting.expected_cost is not None and setting.expected_clients is not None  # see faults
            cost, clients = setting.expected_cost[:, types].sum(), setting.expected_clients[:, types].sum()
        else:
            assert setting.history is not None  # see faults
            counted, paid = setting.history.window(setting.first_year - 1, 1, setting.types(self.scope))
            cost, clients = paid.sum(), counted.sum()
        growth = np.ones(setting.years) if indexed else setting.growth
        return np.repeat((self.times * cost / clients * growth)[:, np.newaxis], setting.members, axis=1)

    def faults(self, setting: Setting) -> list[Fault]:  # noqa: D102
        if self.basis == "expected" and setting.expected_cost is None:
            rule = "a multiple of the expected mean case needs a cost model, and there is none here"
            return [Fault("basis", self.basis, rule, 'Write basis = "history" and give a history file.')]
        if self.basis == "history":
            last = setting.first_year - 1
            if setting.history is None or last not in setting.history.years:
                rule = f"a multiple of last year's mean case needs the history of {last}"
                return [Fault("basis", self.basis, rule, "Give a history file with that year.")]
            if not setting.history.window(last, 1, setting.types(self.scope))[0].sum() > 0:
                rule = f"in {last} the history has no client of this scope: a mean of nothing"
                return [Fault("basis", self.basis, rule, "Choose a wider scope, or an amount.")]
        return []

    def words(self, say: Wording) -> str:  # noqa: D102
        times, decimals = self.times, 0 if self.times == int(self.times) else 1
        whose = say.pick("de verwachte gemiddelde kosten", "the expected mean cost")
        if self.basis == "history":
            whose = say.pick("de gemiddelde kosten van het vorige jaar", "last year's mean cost")
        of = say.pick(f"van een cliënt in {say.scope(self.scope)}", f"of a client in {say.scope(self.scope)}")
        return f"{say.number(times, decimals)} {say.pick('maal', 'times')} {whose} {of}"


LARGEST_SHARE = 0.5
"""Largest share of a youth budget that a line for one child can be: no child costs half of what a town has."""


def _of_a_case(share: float) -> float:
    """Refuse a share of the budget that no case can pass."""
    if share > LARGEST_SHARE:
        rule = f"a line per child must be at most {LARGEST_SHARE:g} of the youth budget"
        raise RuleError(rule, "Write 1% of the budget as share = 0.01.")
    return share


class BudgetLine(LineBase):
    """A share of the member's own youth budget.

    Parameters
    ----------
    share
        Share of the budget, such as 0.01.
    """

    kind: Literal["budget"] = "budget"
    share: Annotated[float, Field(gt=0, le=1), AfterValidator(_of_a_case)]

    def amounts(self, setting: Setting, *, indexed: bool) -> FloatArray:  # noqa: D102
        growth = np.ones(setting.years) if indexed else setting.growth
        return setting.merged(np.outer(growth, self.share * setting.region.budget))

    def words(self, say: Wording) -> str:  # noqa: D102
        share = say.percent(self.share)
        return say.pick(f"{share} van het eigen jeugdbudget", f"{share} of its own youth budget")


class LeastLine(LineBase):
    """The least of several lines.

    Parameters
    ----------
    lines
        At least two.
    """

    kind: Literal["least"] = "least"
    lines: tuple[Line, ...] = Field(min_length=2)

    def amounts(self, setting: Setting, *, indexed: bool) -> FloatArray:  # noqa: D102
        several = [line_amounts(line, setting, indexed=indexed) for line in self.lines]
        return np.asarray(np.min(several, axis=0), dtype=np.float64)

    def faults(self, setting: Setting) -> list[Fault]:  # noqa: D102
        numbered = enumerate(self.lines, 1)
        return [fault.under(f"lines.{n}") for n, line in numbered for fault in line_faults(line, setting)]

    def words(self, say: Wording) -> str:  # noqa: D102
        lines = say.pick(" of ", " or ").join(line_words(line, say) for line in self.lines)
        return say.pick(f"het laagste van {lines}", f"the least of {lines}")


AnyLine = Annotated[DriftLine | MeanLine | BudgetLine | LeastLine, Field(discriminator="kind")]
Line = Amount | AnyLine
"""An amount in the currency of the agreement, or a table with a kind."""

LeastLine.model_rebuild()


def gaps(bands: Sequence[tuple[Line, float | None]]) -> list[tuple[float, float]]:
    """Return where bands of amounts leave a gap: end of one band and start of the next.

    A line that is more than an amount differs from year to year and between members, so it is passed over.

    Parameters
    ----------
    bands
        Start and width of each, in any order; None for a width without end.

    Raises
    ------
    RuleError
        If two of them overlap: then a euro would be handed in twice.
    """
    amounts = [(line, np.inf if width is None else line + width) for line, width in bands if isinstance(line, float)]
    found = []
    for (start, end), (following, _) in pairwise(sorted(amounts)):
        if following < end * (1.0 - ROUNDING):
            rule = f"the bands from {start:,.0f} and from {following:,.0f} overlap"
            raise RuleError(rule, f"Give the first limit = {following - start:.0f}, or start the second higher.")
        if following > end * (1.0 + ROUNDING):
            found.append((float(end), following))
    return found


def gap_words(found: Sequence[tuple[float, float]], say: Wording) -> str:
    """Return gaps between bands in words, to follow the sentence that the rest is not shared."""
    if not found:
        return ""
    between = say.pick("{} tot {}", "{} to {}")
    apart = listed([between.format(say.money(low), say.money(high)) for low, high in found], say.language)
    return say.pick(f", ook het deel van {apart}", f", also the part from {apart}")


def line_amounts(line: Line, setting: Setting, *, indexed: bool) -> FloatArray:
    """Return a line for each year and member, (year, member) EUR at prices of the first year if `indexed`."""
    if isinstance(line, LineBase):
        return line.amounts(setting, indexed=indexed)
    return np.full((setting.years, setting.members), setting.unit * line)


def line_faults(line: Line, setting: Setting) -> list[Fault]:
    """Return what a line needs of the setting and does not find."""
    return line.faults(setting) if isinstance(line, LineBase) else []


def line_words(line: Line, say: Wording) -> str:
    """Return a line in words."""
    return line.words(say) if isinstance(line, LineBase) else say.money(line)
