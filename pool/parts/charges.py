"""Charges: who pays for what the pot has paid out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.models.regions import Region
from solidair.models.schema import Config
from solidair.pool.parts.keys import AnyKey
from solidair.pool.parts.registry import Fault, part

FloatArray = npt.NDArray[np.float64]


class ChargeBase(Config, ABC):
    """A charge."""

    linear: ClassVar[bool] = False
    """Whether charges of a sum are sums of charges: then exact means can be settled."""

    @abstractmethod
    def spread(self, paid: FloatArray, region: Region) -> FloatArray:
        """Return what each member is charged, (sim, year, member) EUR, given what was paid, same shape."""

    def faults(self, region: Region) -> list[Fault]:
        """Return what this charge needs of the region and does not find."""
        return []

    @abstractmethod
    def words(self, language: str) -> str:
        """Return the charge as a sentence."""


@part("charge", "key")
class KeyCharge(ChargeBase):
    """Members pay the total by a key."""

    kind: Literal["key"] = "key"
    linear: ClassVar[bool] = True
    key: AnyKey

    def spread(self, paid: FloatArray, region: Region) -> FloatArray:  # noqa: D102
        total: FloatArray = paid.sum(axis=-1, keepdims=True)
        return total * self.key.weights(region)

    def faults(self, region: Region) -> list[Fault]:  # noqa: D102
        return [fault.under("key") for fault in self.key.faults(region)]

    def words(self, language: str) -> str:  # noqa: D102
        key = self.key.words(language)
        return {
            "nl": f"De gemeenten betalen het totaal samen, verdeeld naar {key}.",
            "en": f"The municipalities pay the total together, divided by {key}.",
        }[language]


AnyCharge = Annotated[KeyCharge, Field()]
