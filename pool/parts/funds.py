"""The capped fund: what is handed in is paid as far as the fund reaches, and pro rata where it falls short.

A fund of fixed size decays into pro rata as cost grows: then the line above which it pays says little, and the ratio
that it pays says all. So the ratio is observed.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.pool.books import Books, Flow
from solidair.pool.parts.amounts import Unit, amount_path, unit_words, whole_amount
from solidair.pool.parts.pots import PotBase
from solidair.pool.parts.registry import part
from solidair.pool.parts.windows import block_ends
from solidair.pool.parts.words import Wording

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def pro_rata(handed_in: FloatArray, available: FloatArray, least: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Return what is paid where only so much is available, and the ratio.

    Surpluses, which are handed in as negative amounts, come in in full and can be paid out with the rest.

    Parameters
    ----------
    handed_in
        (sim, member) or (sim, year, member) EUR.
    available
        Of the same shape without its last axis, or what broadcasts to it, EUR, not below 0.
    least
        Ratio that is paid in any case.

    Returns
    -------
    paid, ratio
        EUR in the shape of `handed_in`, and the part of claims that is paid, without its last axis; 1 where nothing was
        claimed.
    """
    claims, surpluses = np.maximum(handed_in, 0.0), np.minimum(handed_in, 0.0)
    total, there = claims.sum(axis=-1), available - surpluses.sum(axis=-1)
    short = total > there
    ratio = np.where(short, there / np.where(short, total, 1.0), 1.0)
    ratio = np.maximum(ratio, least)
    return ratio[..., np.newaxis] * claims + surpluses, ratio


@part("pot", "fund")
class FundPot(PotBase):
    """What is handed in is paid from a fund of fixed size, pro rata if the fund is too small; the charge fills it.

    The charge is about what is paid: what the fund does not need is not asked for.

    Parameters
    ----------
    size
        EUR that can be paid at once, each time that the fund pays; see `per`.
    per
        'total': the size is for all members together. 'inhabitant' or 'youth': for each of the members that share.
    least
        Ratio of what is handed in that is paid in any case, even if the fund is then larger than its size: the charge
        pays that too.
    every
        In how many years the fund pays once, for all years since the last time. Years count from the first year of the
        clause, also if that lies before the first year that is settled: what was handed in before is then not known and
        not paid. Of a clause without a first year they count from the first settled year in which anybody shares. What
        is handed in after the last time is not paid.
    indexed
        Whether the size follows the price index.
    """

    kind: Literal["fund"] = "fund"
    size: float = Field(ge=0)
    per: Unit = "total"
    least: float = Field(default=0.0, ge=0, le=1)
    every: int = Field(default=1, ge=1, le=10)
    indexed: bool = True

    @model_validator(mode="after")
    def _thousands(self) -> FundPot:
        if self.per == "total":
            whole_amount(self.size)
        return self

    def pay(self, handed_in: FloatArray, books: Books, reach: BoolArray) -> Flow:  # noqa: D102
        size = amount_path(self.size, self.per, books.setting, reach, indexed=self.indexed)
        claims = handed_in
        if self.every > 1:
            claims = books.setting.merged(self._collected(handed_in, reach, books.start))
        paid, ratio = pro_rata(claims, size, self.least)
        return Flow(paid=paid, bill=paid.sum(axis=-1), observed={"ratio": ratio})

    def _collected(self, handed_in: FloatArray, reach: BoolArray, start: int) -> FloatArray:
        """Return what has been handed in since the last time, in years in which the fund pays, else 0."""
        years = handed_in.shape[1]
        held = reach.any(axis=1)
        claims = np.zeros_like(handed_in)
        if held.any():
            first = start if start < 0 else int(np.argmax(held))
            # In a year in which nobody shares there is nobody to charge.
            for end in np.flatnonzero(block_ends(years, self.every, first) & held):
                claims[:, end] = handed_in[:, max(end + 1 - self.every, 0) : end + 1].sum(axis=1)
        return claims

    def words(self, say: Wording) -> str:  # noqa: D102
        size = unit_words(self.size, self.per, say)
        when = say.pick("Per jaar", "In a year")
        if self.every > 1:
            when = say.pick(
                f"Eens in de {self.every} jaar, geteld vanaf het eerste jaar van dit artikel,",
                f"Once in {self.every} years, counted from the first year of this article,",
            )
        text = say.pick(
            f"{when} wordt daarvan samen hoogstens {size} betaald. Is dat te weinig, dan krijgt ieder naar rato.",
            f"{when} at most {size} of that is paid altogether. If that is too little, everyone gets a part pro rata.",
        )
        if self.least:
            least = say.percent(self.least)
            text += say.pick(
                f" Ten minste {least} wordt altijd betaald, ook als het fonds daarvoor te klein is.",
                f" At least {least} is always paid, even if the fund is too small for it.",
            )
        return text
