"""Pots: what is paid out of what was handed in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.models.schema import Config
from solidair.pool.parts.registry import part

FloatArray = npt.NDArray[np.float64]


class PotBase(Config, ABC):
    """A pot."""

    linear: ClassVar[bool] = False
    """Whether twice as much handed in is twice as much paid, and sums likewise: then exact means can be settled."""

    @abstractmethod
    def pay(self, handed_in: FloatArray) -> FloatArray:
        """Return what is paid to each member for what it handed in, (sim, year, member) EUR."""

    @abstractmethod
    def words(self, language: str) -> str:
        """Return the pot as a sentence."""


@part("pot", "full")
class FullPot(PotBase):
    """Everything that is handed in is paid."""

    kind: Literal["full"] = "full"
    linear: ClassVar[bool] = True

    def pay(self, handed_in: FloatArray) -> FloatArray:  # noqa: D102
        return handed_in

    def words(self, language: str) -> str:  # noqa: D102
        return {
            "nl": "Alles wat is ingebracht, wordt gezamenlijk betaald.",
            "en": "Everything that is handed in is paid jointly.",
        }[language]


AnyPot = Annotated[FullPot, Field()]
