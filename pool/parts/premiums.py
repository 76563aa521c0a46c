"""What a reinsurer asks: an amount that was agreed, a rate on line, or a premium by a principle.

A premium by a principle follows from the law of what the reinsurer pays, which a pilot run tells; see
`solidair.models.premiums` for the principles.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.models.premiums import (
    ExpectedValue,
    Principle,
    ProportionalHazard,
    StandardDeviation,
    Variance,
    WangTransform,
)
from solidair.models.schema import Config
from solidair.pool.parts.amounts import Total
from solidair.pool.parts.words import Wording

FloatArray = npt.NDArray[np.float64]


class AgreedPremium(Config):
    """A premium that was agreed.

    Parameters
    ----------
    amount
        EUR a year.
    """

    kind: Literal["amount"] = "amount"
    amount: Total

    def words(self, say: Wording) -> str:
        """Return the premium, to follow 'a premium of'."""
        return say.money(self.amount)


class LinePremium(Config):
    """A rate on line: a share of the limit.

    Parameters
    ----------
    rate
        Premium a year as a share of the limit.
    """

    kind: Literal["rate_on_line"] = "rate_on_line"
    rate: float = Field(ge=0, le=1)

    def words(self, say: Wording) -> str:
        """Return the premium, to follow 'a premium of'."""
        rate = say.percent(self.rate)
        return say.pick(f"{rate} van wat zij hoogstens per keer betaalt", f"{rate} of the most that it pays at a time")


class PrinciplePremium(Config):
    """A premium by a principle, in the same money as the loss.

    Parameters
    ----------
    kind
        'expected_value', 'standard_deviation', 'variance', 'proportional_hazard' or 'wang'.
    loading
        0 is the expected loss for every principle. Else a share of it, a number of standard deviations, per EUR of
        variance, rho - 1 of the proportional hazard, or the market price of risk of the Wang transform.
    """

    kind: Literal["expected_value", "standard_deviation", "variance", "proportional_hazard", "wang"]
    loading: float = Field(ge=0)

    def principle(self, unit: float) -> Principle:
        """Return the principle for EUR, where one unit of the agreement's money is `unit` EUR."""
        match self.kind:
            case "expected_value":
                return ExpectedValue(self.loading)
            case "standard_deviation":
                return StandardDeviation(self.loading)
            case "variance":
                return Variance(self.loading / unit)
            case "proportional_hazard":
                return ProportionalHazard(1.0 + self.loading)
            case "wang":
                return WangTransform(self.loading)

    def words(self, say: Wording) -> str:
        """Return the premium, to follow 'a premium of'."""
        loss = say.pick("wat zij naar verwachting betaalt", "what it is expected to pay")
        if not self.loading:
            return loss
        if self.kind == "expected_value":
            return f"{loss} {say.pick('plus', 'plus')} {say.percent(self.loading)}"
        much = f"{self.loading:g}" if say.language == "en" else f"{self.loading:g}".replace(".", ",")
        nl, en = _PRINCIPLES[self.kind]
        return loss + say.pick(f" met een opslag voor risico ({nl} {much})", f" with a loading for risk ({en} {much})")


_PRINCIPLES = {
    "standard_deviation": ("aantal standaardafwijkingen", "number of standard deviations"),
    "variance": ("per euro variantie", "per euro of variance"),
    "proportional_hazard": ("proportional hazard, rho min 1:", "proportional hazard, rho minus 1:"),
    "wang": ("Wang-transformatie, lambda", "Wang transform, lambda"),
}

Premium = Annotated[AgreedPremium | LinePremium | PrinciplePremium, Field(discriminator="kind")]
"""Any premium of an agreement file, told apart by its kind."""
