"""Charges: who pays for what the pot has paid out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.models.schema import Config, Words
from solidair.pool.books import Books, Charged
from solidair.pool.parts.combined_keys import AnyKey
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Outside(Config):
    """A payer who is no member, such as the state.

    Parameters
    ----------
    name
        Who it is.
    share
        Share of the bill that it bears.
    """

    name: Words
    share: float = Field(gt=0, le=1)


class ChargeBase(Config, ABC):
    """A charge."""

    @property
    def linear(self) -> bool:
        """Whether charges of a sum are sums of charges: then exact means can be settled."""
        return False

    @property
    def needs_law(self) -> bool:
        """Whether it must know the law of what is handed in: `Books.fitted` then has a sample of a pilot run."""
        return False

    @abstractmethod
    def spread(self, bill: FloatArray, handed_in: FloatArray, books: Books, reach: BoolArray) -> Charged:
        """Return who pays the bill.

        Parameters
        ----------
        bill
            What is to be paid, (sim, year) EUR.
        handed_in
            What each member handed in, (sim, year, member) EUR.
        reach
            Members that the clause is about in each year, (year, member).
        """

    def scopes(self) -> list[str | tuple[str, ...]]:
        """Return scopes of care types whose clients or cost this charge looks at."""
        return []

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:
        """Return what this charge needs of the setting and does not find."""
        return []

    @abstractmethod
    def words(self, say: Wording) -> str:
        """Return the charge as a sentence."""


@part("charge", "key")
class KeyCharge(ChargeBase):
    """Members pay the total by a key; an outside payer may bear a share of it first.

    Parameters
    ----------
    key
        How members divide it.
    outside
        Who bears a share before members do.
    """

    kind: Literal["key"] = "key"
    key: AnyKey
    outside: Outside | None = None

    @property
    def linear(self) -> bool:  # noqa: D102
        return self.key.fixed

    def spread(self, bill: FloatArray, handed_in: FloatArray, books: Books, reach: BoolArray) -> Charged:  # noqa: D102
        weights = self.key.weights(books, reach)
        if self.outside is None:
            return Charged(bill[..., np.newaxis] * weights)
        borne = self.outside.share * bill
        return Charged((bill - borne)[..., np.newaxis] * weights, borne)

    def scopes(self) -> list[str | tuple[str, ...]]:  # noqa: D102
        return self.key.scopes()

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        return [fault.under("key") for fault in self.key.faults(setting, reach)]

    def words(self, say: Wording) -> str:  # noqa: D102
        key = self.key.words(say)
        if self.outside is None:
            return say.pick(
                f"De gemeenten betalen het totaal samen, verdeeld naar {key}.",
                f"The municipalities pay the total together, divided by {key}.",
            )
        name, share = self.outside.name[say.language], say.percent(self.outside.share)
        if self.outside.share == 1:
            return say.pick(f"{name} betaalt het totaal.", f"{name} pays the total.")
        return say.pick(
            f"{name} betaalt {share} van het totaal; de gemeenten betalen de rest samen, verdeeld naar {key}.",
            f"{name} pays {share} of the total; the municipalities pay the rest together, divided by {key}.",
        )
