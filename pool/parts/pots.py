"""Pots: what is paid out of what was handed in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import numpy as np
import numpy.typing as npt

from solidair.models.schema import Config
from solidair.pool.books import Books, Flow
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class PotBase(Config, ABC):
    """A pot."""

    @property
    def linear(self) -> bool:
        """Whether twice as much handed in is twice as much paid, and sums likewise: then exact means can be settled."""
        return False

    @property
    def needs_law(self) -> bool:
        """Whether it must know the law of what is handed in: `Books.fitted` then has a sample of a pilot run."""
        return False

    @property
    def bills(self) -> bool:
        """Whether it leaves anything for the charge of the clause to divide."""
        return True

    @abstractmethod
    def pay(self, handed_in: FloatArray, books: Books, reach: BoolArray) -> Flow:
        """Return what the pot does.

        Parameters
        ----------
        handed_in
            What each member handed in, (sim, year, member) EUR.
        reach
            Members that the clause is about in each year, (year, member).
        """

    def scopes(self) -> list[str | tuple[str, ...]]:
        """Return scopes of care types whose clients or cost keys of this pot look at."""
        return []

    def faults(self, setting: Setting, reach: BoolArray | None = None) -> list[Fault]:
        """Return what this pot needs of the setting and does not find.

        Parameters
        ----------
        reach
            Members that the clause is about in each year, (year, member); all of them if left out.
        """
        return []

    @abstractmethod
    def words(self, say: Wording) -> str:
        """Return the pot as a sentence."""


@part("pot", "full")
class FullPot(PotBase):
    """Everything that is handed in is paid."""

    kind: Literal["full"] = "full"

    @property
    def linear(self) -> bool:  # noqa: D102
        return True

    def pay(self, handed_in: FloatArray, books: Books, reach: BoolArray) -> Flow:  # noqa: D102
        return Flow(paid=handed_in, bill=handed_in.sum(axis=-1))

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick(
            "Alles wat is ingebracht, wordt gezamenlijk betaald.", "Everything that is handed in is paid jointly."
        )
