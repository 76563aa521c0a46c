"""The sharing rules of the literature: what each member of a pool bears, given the total of the pool.

Every rule is fitted once to a `Law`, what is known of the costs, and then shares any number of years. None of them
looks at anything but the total. The page on rules says what each charges and which to use when.
"""

from __future__ import annotations

from solidair.pool.rules.affine import Affine, Linear, MeanProportional, Tolerance, Uniform, VarianceProportional
from solidair.pool.rules.base import Rule
from solidair.pool.rules.conditional import ConditionalMean
from solidair.pool.rules.law import Law, LawError, RuleError, SmallSampleError, UncappedError
from solidair.pool.rules.quantile import Quantile
from solidair.pool.rules.spline import ShareSpline, fewest_years

RULES: dict[str, type[Rule]] = {
    "uniform": Uniform,
    "mean_proportional": MeanProportional,
    "linear": Linear,
    "variance_proportional": VarianceProportional,
    "tolerance": Tolerance,
    "quantile": Quantile,
    "conditional_mean": ConditionalMean,
}
"""All rules by name."""

__all__ = [
    "RULES",
    "Affine",
    "ConditionalMean",
    "Law",
    "LawError",
    "Linear",
    "MeanProportional",
    "Quantile",
    "Rule",
    "RuleError",
    "ShareSpline",
    "SmallSampleError",
    "Tolerance",
    "UncappedError",
    "Uniform",
    "VarianceProportional",
    "fewest_years",
]
