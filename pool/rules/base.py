"""What every sharing rule of the literature does: look at the total of a pool and say who bears what of it."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.numeric import Floats, as_floats


class Rule(ABC):
    """A rule H_i = h_i(S): contributions depend on the total only, and add up to it (Denuit, Dhaene & Robert 2022).

    Rules are fitted once, with the classmethod `fit`, and then applied to any number of years.
    """

    @property
    @abstractmethod
    def members(self) -> int:
        """Number of members."""

    @abstractmethod
    def _apply(self, totals: Floats) -> Floats:
        """Return contributions, shape (total, member), EUR, of finite totals, shape (total,), EUR."""

    def share(self, amounts: ArrayLike) -> Floats:
        """Return what each member bears.

        Parameters
        ----------
        amounts
            What members bring in, shape (..., member), EUR.

        Returns
        -------
        Floats
            Shape (..., member), EUR. Along the last axis the sum is that of the amounts, within 1e-12 of the sum of
            absolute contributions.

        Raises
        ------
        ValueError
            If the last axis is not that of the members, or a total is not finite, or negative where the rule has no
            answer for that.
        """
        values = as_floats(amounts)
        if values.ndim < 1 or values.shape[-1] != self.members:
            raise ValueError(f"amounts have shape {values.shape}: the last axis must be the {self.members} members")
        return self.of_total(values.sum(axis=-1))

    def of_total(self, totals: ArrayLike) -> Floats:
        """Return what each member bears of totals, shape (..., member), EUR; ValueError as for `share`."""
        values = as_floats(totals)
        if not np.all(np.isfinite(values)):
            raise ValueError("totals must be finite")
        return self._apply(values.ravel()).reshape(*values.shape, self.members)


def not_negative(totals: Floats, rule: str) -> None:
    """Raise ValueError if a total is below 0."""
    if totals.min(initial=0.0) < 0.0:
        raise ValueError(f"the rule {rule} shares totals of at least 0, but one is {totals.min():g}")
