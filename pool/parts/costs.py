"""The cost of working together: an office or a lead municipality that is paid, and what it saves."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.models.problems import suggest
from solidair.models.schema import RuleError
from solidair.pool.books import Books, Flow
from solidair.pool.parts.amounts import Total, heads, price_path, small_money
from solidair.pool.parts.pots import PotBase
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.words import Wording, listed
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@part("pot", "costs")
class CostsPot(PotBase):
    """What working together costs and saves; what is handed in is paid besides, so it belongs with the take 'none'.

    Parameters
    ----------
    amount
        EUR a year for all together.
    per_inhabitant
        EUR a year for each inhabitant of the members that share.
    per_member
        EUR a year for each member that shares.
    lead
        CBS code of the lead municipality that is paid for it. If left out the money goes to an office outside.
    saving
        Share of its own cost that each member saves once the saving has grown in.
    grows_in
        In how many years the saving grows to its full size, by equal steps; 1 is at once. Years count from the first
        year of the clause that is settled.
    indexed
        Whether amounts follow the price index.
    """

    kind: Literal["costs"] = "costs"
    amount: Total = 0.0
    per_inhabitant: float = Field(default=0.0, ge=0)
    per_member: Total = 0.0
    lead: str | None = None
    saving: float = Field(default=0.0, ge=0, le=1)
    grows_in: int = Field(default=1, ge=1, le=30)
    indexed: bool = True

    @model_validator(mode="after")
    def _something(self) -> CostsPot:
        if not (self.amount or self.per_inhabitant or self.per_member or self.saving):
            hint = "Give amount, per_inhabitant, per_member or saving."
            raise RuleError("this article costs nothing and saves nothing", hint)
        return self

    def fees(self, setting: Setting, reach: BoolArray) -> FloatArray:
        """Return what it costs in each year, (year,) EUR."""
        people = np.where(reach, heads(setting, "inhabitant"), 0.0).sum(axis=1)
        whole = self.amount * reach.any(axis=1) + self.per_inhabitant * people + self.per_member * reach.sum(axis=1)
        return np.asarray(whole * price_path(setting, indexed=self.indexed))

    def savings(self, reach: BoolArray, start: int = 0) -> FloatArray:
        """Return the share of own cost that is saved in each year, (year, 1); the clause began in year `start`."""
        since = np.cumsum(reach.any(axis=1)) + max(-start, 0)
        return np.asarray(self.saving * np.minimum(since / self.grows_in, 1.0))[:, np.newaxis]

    def pay(self, handed_in: FloatArray, books: Books, reach: BoolArray) -> Flow:  # noqa: D102
        fees = np.broadcast_to(self.fees(books.setting, reach), books.shape[:2])
        saved = np.where(reach, self.savings(reach, books.start) * books.own, 0.0)
        paid, outside = handed_in + saved, saved.sum(axis=-1)
        codes = [str(code) for code in books.setting.region.codes]
        if self.lead in codes:
            whom = np.zeros(reach.shape)
            whom[:, codes.index(self.lead)] = 1.0
            # If the lead municipality has gone up in another one, that one is paid.
            paid += fees[..., np.newaxis] * books.setting.merged(whom)
        else:
            outside = outside - fees
        return Flow(paid, handed_in.sum(axis=-1) + fees, outside=outside, observed={"saved": saved.sum(axis=-1)})

    def faults(self, setting: Setting, reach: BoolArray | None = None) -> list[Fault]:  # noqa: D102
        codes = [str(code) for code in setting.region.codes]
        if self.lead is None or self.lead in codes:
            return []
        rule = f"the lead municipality is no member of {setting.region.title}"
        return [Fault("lead", self.lead, rule, suggest(self.lead, codes))]

    def words(self, say: Wording) -> str:  # noqa: D102
        return " ".join(text for text in (self._fee(say), self._saving(say)) if text)

    def _fee(self, say: Wording) -> str:
        parts = [say.money(self.amount)] if self.amount else []
        if self.per_inhabitant:
            parts.append(small_money(self.per_inhabitant, say) + say.pick(" per inwoner", " per inhabitant"))
        if self.per_member:
            parts.append(say.money(self.per_member) + say.pick(" per gemeente", " per municipality"))
        if not parts:
            return ""
        sum_ = listed(parts, say.language)
        who = say.pick("een uitvoeringsbureau", "an executive office")
        if self.lead is not None:
            who = say.members([self.lead])
        return say.pick(
            f"De samenwerking kost elk jaar {sum_}, te betalen aan {who}.",
            f"Working together costs {sum_} a year, to be paid to {who}.",
        )

    def _saving(self, say: Wording) -> str:
        if not self.saving:
            return ""
        share = say.percent(self.saving)
        when = ""
        if self.grows_in > 1:
            when = say.pick(f"; dat groeit in {self.grows_in} jaar", f"; that grows in over {self.grows_in} years")
        return say.pick(
            f"Elke gemeente bespaart er {share} van haar eigen kosten mee{when}.",
            f"Every municipality saves {share} of its own cost by it{when}.",
        )
