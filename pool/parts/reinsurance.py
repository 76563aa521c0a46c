"""External reinsurance: somebody outside pays a part of what was handed in, for a premium.

What is reinsured is what the take of the article picks: the excess of single cases, the corridor of a member's result,
or, with a retention, the total of all members.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.models.premiums import Reinstatements
from solidair.models.schema import RuleError
from solidair.pool.books import Books, Flow
from solidair.pool.parts.amounts import Total, price_path
from solidair.pool.parts.pots import PotBase
from solidair.pool.parts.premiums import AgreedPremium, LinePremium, Premium, PrinciplePremium
from solidair.pool.parts.registry import part
from solidair.pool.parts.words import Wording, listed

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Rate = Annotated[float, Field(ge=0)]


@part("pot", "reinsurance")
class ReinsurancePot(PotBase):
    """Everything that is handed in is paid; an outside reinsurer bears the layer of the total that it has taken on.

    Members divide the rest, the premium, and the premiums for reinstatement, by the charge of the article.

    Parameters
    ----------
    premium
        What the reinsurer asks each year: `{ kind = "amount", amount = 250000 }`,
        `{ kind = "rate_on_line", rate = 0.1 }`, or a principle, `{ kind = "expected_value", loading = 0.2 }`. With
        reinstatements it is the initial premium; a principle then asks what is expected for them less.
    retention
        EUR of what all members hand in in a year that they bear together.
    limit
        EUR above it that the reinsurer pays, once; without end if left out.
    reinstatements
        How often the limit is there again in the same year: per time the premium for it, as a share of the initial one
        for the whole limit, such as [0.0, 1.0] for one that is free and one at the full price.
    indexed
        Whether amounts follow the price index.
    """

    kind: Literal["reinsurance"] = "reinsurance"
    premium: Premium
    retention: Total = 0.0
    limit: Total | None = None
    reinstatements: tuple[Rate, ...] = ()
    indexed: bool = True

    @model_validator(mode="after")
    def _limited(self) -> ReinsurancePot:
        if self.limit == 0:
            raise RuleError("a limit of 0 leaves nothing to reinsure", "Give a limit, or leave it out.")
        if self.limit is None and self.reinstatements:
            raise RuleError(
                "there is nothing to reinstate without a limit", "Give a limit, or leave reinstatements out."
            )
        if self.limit is None and isinstance(self.premium, LinePremium):
            raise RuleError("a rate on line is a share of the limit, and there is none", "Give a limit.")
        return self

    @property
    def needs_law(self) -> bool:  # noqa: D102
        return isinstance(self.premium, PrinciplePremium)

    def recovered(self, total: FloatArray, prices: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what the reinsurer pays, EUR, and the premium for reinstatement as a share of the initial one.

        Parameters
        ----------
        total
            What all members hand in, (sim, year) EUR.
        prices
            EUR per unit of the agreement's money in each year, (year,).
        """
        losses = np.maximum(total - self.retention * prices, 0.0)
        if self.limit is None:
            return losses, np.zeros_like(losses)
        # At prices of the first year, so that one layer serves all years.
        found = Reinstatements(self.limit, self.reinstatements).settle(losses / prices)
        return found.recovered * prices, found.premium

    def premiums(self, books: Books) -> FloatArray:
        """Return the initial premium of each year, (year,) EUR.

        Raises
        ------
        LawError
            If it follows from a principle, and there was no pilot run.
        """
        prices = price_path(books.setting, indexed=self.indexed)
        match self.premium:
            case AgreedPremium(amount=amount):
                return amount * prices
            case LinePremium(rate=rate):
                assert self.limit is not None  # see _limited
                return rate * self.limit * prices
            case PrinciplePremium() as premium:
                principle = premium.principle(books.setting.unit)

                def fit(sample: FloatArray) -> FloatArray:
                    long = price_path(books.setting, indexed=self.indexed)
                    total = sample.sum(axis=-1)[:, : len(long)]
                    paid, share = self.recovered(np.maximum(total, 0.0), long)
                    return np.asarray(principle.of_sample(paid, axis=0) / (1.0 + share.mean(axis=0)))

                return books.fitted("premium", fit)[: books.shape[1]]

    def pay(self, handed_in: FloatArray, books: Books, reach: BoolArray) -> Flow:  # noqa: D102
        prices = price_path(books.setting, indexed=self.indexed)
        total = handed_in.sum(axis=-1)
        recovered, share = self.recovered(total, prices)
        initial = np.where(reach.any(axis=1), self.premiums(books), 0.0)
        premium = initial * (1.0 + share)
        observed = {"recovered": recovered, "premium": np.broadcast_to(premium, total.shape)}
        return Flow(handed_in, total - recovered + premium, outside=recovered - premium, observed=observed)

    def words(self, say: Wording) -> str:  # noqa: D102
        premium = self.premium.words(say)
        above = say.pick("het totaal", "the total")
        if self.retention:
            retention = say.money(self.retention)
            above = say.pick(f"wat het totaal meer is dan {retention}", f"what the total is above {retention}")
        if self.limit is not None:
            limit = say.money(self.limit)
            above += say.pick(f", tot {limit} in een jaar", f", up to {limit} in a year")
        text = say.pick(
            f"Alles wat is ingebracht wordt betaald. Een verzekeraar betaalt daarvan {above}; zij vraagt elk jaar een "
            f"premie van {premium}. De rest en de premie dragen de gemeenten samen.",
            f"Everything that is handed in is paid. Of that an insurer pays {above}; every year it asks a premium of "
            f"{premium}. The rest and the premium the municipalities bear together.",
        )
        if self.reinstatements:
            times = len(self.reinstatements)
            rates = listed([say.percent(rate) for rate in self.reinstatements], say.language)
            text += say.pick(
                f" Is dat bedrag op, dan is het {times} keer opnieuw beschikbaar, tegen {rates} van de premie naar "
                "rato van wat ervan is gebruikt.",
                f" If that amount is used up it is available again {times} times, for {rates} of the premium pro rata "
                "of what was used.",
            )
        return text
