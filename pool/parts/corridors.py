"""The corridor: a member keeps its result near a reference, and hands in what falls outside of it, band by band.

With one band above the budget it is an aggregate stop-loss. With a band on either side of the mean per inhabitant it is
the equalisation of the canton of St. Gallen; with a trigger it is the Dutch 'vangnetuitkering' of social assistance.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.models.schema import Config, RuleError
from solidair.pool.books import Books
from solidair.pool.parts.amounts import Per, heads, per_words, price_path, small_money
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.results import ResultTake, Trigger
from solidair.pool.parts.shares import Share
from solidair.pool.parts.windows import Past, moving_sum
from solidair.pool.parts.words import Wording, listed
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class ResultBand(Config):
    """A band on one side of the reference.

    Parameters
    ----------
    beyond, until
        How far from the reference it begins and ends, in the unit of the corridor; without end if `until` is left out.
    share
        Share of what falls in it.
    """

    beyond: float = Field(default=0.0, ge=0)
    until: float | None = Field(default=None, gt=0)
    share: Share = 1.0

    @model_validator(mode="after")
    def _ascending(self) -> ResultBand:
        if self.until is not None and self.until <= self.beyond:
            raise RuleError("a band must end above where it begins", "Swap beyond and until, or leave until out.")
        return self


@part("take", "corridor")
class CorridorTake(ResultTake):
    """What a member bears outside of a corridor around a reference; what it bears too little is handed in as a surplus.

    Parameters
    ----------
    reference
        'budget': its own budget. 'expected': what the cost model expects its care to cost. 'mean': what the members
        that share bear on average per inhabitant, or per youth.
    unit
        What lines of bands are: 'share' of the reference, 'head': EUR per inhabitant or youth, or 'euro'.
    per
        Whose number counts for the mean, and for lines by the head: 'inhabitant' or 'youth'.
    above, below
        Bands above and below the reference, ascending, each `{ beyond = ..., until = ..., share = ... }`: how far from
        the reference it begins and ends (without end if left out), and the share of it.
    trigger
        A second condition over several years, `{ window = 3, share = 0.075 }`; none if left out.
    indexed
        Whether lines in EUR follow the price index.
    """

    kind: Literal["corridor"] = "corridor"
    reference: Literal["budget", "expected", "mean"] = "budget"
    unit: Literal["share", "head", "euro"] = "share"
    per: Per = "inhabitant"
    above: tuple[ResultBand, ...] = ()
    below: tuple[ResultBand, ...] = ()
    trigger: Trigger | None = None
    indexed: bool = True

    @model_validator(mode="after")
    def _apart(self) -> CorridorTake:
        if not self.above and not self.below:
            hint = "Write above = [{ beyond = 0.1, share = 0.8 }], or below, or both."
            raise RuleError("a corridor needs at least one band", hint)
        furthest = max(band.beyond for band in (*self.above, *self.below))
        if self.unit == "share" and furthest > 1:
            rule = f"a band must begin at most 1 (100%) from the reference, and not {furthest:g} ({furthest:.0%})"
            hint = 'Write 5% as beyond = 0.05, or set unit = "euro" or "head" if it is an amount.'
            raise RuleError(rule, hint)
        for side in (self.above, self.below):
            if any(before.until is None or after.beyond < before.until for before, after in pairwise(side)):
                rule = "bands of a corridor must follow each other without overlap"
                raise RuleError(rule, "End each band at or before the line where the next one begins.")
        return self

    @property
    def longest(self) -> int:  # noqa: D102
        return max(self.window, 0 if self.trigger is None else self.trigger.window)

    def due(self, setting: Setting, past: Past, start: int) -> BoolArray:  # noqa: D102
        due = super().due(setting, past, start)
        # What the cost model expects is not known of years that really were.
        return due if self.reference != "expected" else due & (np.arange(setting.years) >= self.window - 1)

    def taken(self, net: FloatArray, past: Past, books: Books, reach: BoolArray) -> FloatArray:  # noqa: D102
        middle = self._middle(net, past, books, reach)
        gap, size = net - middle, self._size(middle, books.setting)
        total = _banded(gap, size, self.above) - _banded(-gap, size, self.below)
        return total if self.trigger is None else np.where(self.trigger.met(past, books), total, 0.0)

    def _middle(self, net: FloatArray, past: Past, books: Books, reach: BoolArray) -> FloatArray:
        """Return the reference of each window, (sim, year, member) or what broadcasts to it, EUR."""
        setting = books.setting
        if self.reference == "budget":
            return self.budgets(setting, past)
        if self.reference == "expected":
            assert setting.expected_cost is not None  # see faults
            expected = np.outer(setting.growth, setting.expected_cost.sum(axis=1))
            return setting.merged(moving_sum(expected, expected[:0], self.window))
        many = np.where(reach, heads(setting, self.per), 0.0)
        total = np.where(reach, net, 0.0).sum(axis=-1, keepdims=True)
        # In a year in which nobody shares the mean does not matter.
        return np.asarray(total / np.maximum(many.sum(axis=-1, keepdims=True), 1.0) * heads(setting, self.per))

    def _size(self, middle: FloatArray, setting: Setting) -> FloatArray:
        """Return what a line of 1 is, EUR, in a shape that broadcasts to (sim, year, member)."""
        if self.unit == "share":
            return np.maximum(middle, 0.0)
        prices = price_path(setting, indexed=self.indexed)
        many = heads(setting, self.per) if self.unit == "head" else np.ones(setting.members)
        return np.asarray(prices[:, np.newaxis] * many)

    def faults(self, setting: Setting, start: int, stop: int) -> list[Fault]:  # noqa: D102
        if self.reference == "expected" and setting.expected_cost is None:
            rule = "a corridor around the expected cost needs a cost model, and there is none here"
            return [Fault("reference", self.reference, rule, 'Write reference = "budget" or "mean".')]
        faults = super().faults(setting, start, stop)
        if self.trigger is not None and not faults:
            known = self.past(setting).years + stop
            if known < self.trigger.window:
                rule = f"the window of {self.trigger.window} years is never full in the years that are settled"
                before = setting.first_year - self.trigger.window + 1
                hint = f"Give a history file with cost_eur and budget_eur from {before} on, or settle more years."
                faults.append(Fault("trigger.window", str(self.trigger.window), rule, hint))
        return faults

    def words(self, say: Wording) -> str:  # noqa: D102
        text = " ".join(
            self._side(say, bands, above=above) for bands, above in ((self.above, True), (self.below, False)) if bands
        )
        return text + ("" if self.trigger is None else self.trigger.words(say)) + self.remainder(say)

    def _side(self, say: Wording, bands: tuple[ResultBand, ...], *, above: bool) -> str:
        what = say.pick(*_REFERENCES[self.reference]).format(per=per_words(self.per, say))
        parts = listed([self._band(say, band) for band in bands], say.language)
        period = self.period(say)
        if above:
            return say.pick(
                f"Draagt een gemeente {period} meer dan {what}, dan brengt zij van het meerdere in: {parts}.",
                f"If a municipality bears more than {what} {period}, of what is above it hands in: {parts}.",
            )
        return say.pick(
            f"Draagt zij {period} minder dan {what}, dan staat zij van het mindere af: {parts}.",
            f"If it bears less than {what} {period}, of what is below it gives up: {parts}.",
        )

    def _band(self, say: Wording, band: ResultBand) -> str:
        share, lower = say.percent(band.share), self._line(say, band.beyond)
        of = say.pick(" van dat bedrag", " of that amount") if self.unit == "share" else ""
        if band.until is not None:
            upper = self._line(say, band.until)
            return say.pick(
                f"{share} van het deel tussen {lower} en {upper}{of}",
                f"{share} of the part between {lower} and {upper}{of}",
            )
        if not band.beyond:
            return share
        return say.pick(f"{share} van wat verder gaat dan {lower}{of}", f"{share} of what goes beyond {lower}{of}")

    def _line(self, say: Wording, line: float) -> str:
        if self.unit == "share":
            return say.percent(line)
        return small_money(line, say) + (f" {per_words(self.per, say)}" if self.unit == "head" else "")


def _banded(gap: FloatArray, size: FloatArray, bands: tuple[ResultBand, ...]) -> FloatArray:
    """Return the shares of what falls in the bands of one side, in the shape of the gap."""
    total = np.zeros_like(gap)
    for band in bands:
        beyond = np.maximum(gap - band.beyond * size, 0.0)
        width = np.inf if band.until is None else (band.until - band.beyond) * size
        total += band.share * np.minimum(beyond, width)
    return total


_REFERENCES = {
    "budget": ("haar jeugdbudget", "its youth budget"),
    "expected": ("wat haar zorg naar verwachting kost", "what its care is expected to cost"),
    "mean": ("het gemiddelde {per} van de gemeenten die delen", "the mean {per} of the municipalities that share"),
}
