"""Laws of the number of cases in a year.

Every function takes a number or an array and returns a float64 array of the same shape; counts are whole
numbers stored as floats. No unit.
"""

from __future__ import annotations

from solidair.models.frequency.base import Frequency
from solidair.models.frequency.counts import Binomial, NegativeBinomial, Poisson
from solidair.models.frequency.mixed import MixedPoisson, ZeroModified

__all__ = ["Binomial", "Frequency", "MixedPoisson", "NegativeBinomial", "Poisson", "ZeroModified"]
