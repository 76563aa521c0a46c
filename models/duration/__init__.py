"""How long children stay: the law of the length of a stay, and of what is left of it."""

from __future__ import annotations

from solidair.models.duration.classes import DurationClasses, exponential
from solidair.models.duration.lengths import YEAR, Ages, Duration
from solidair.models.duration.remaining import Remaining, Residual
from solidair.models.duration.window import DaysInYear

__all__ = ["YEAR", "Ages", "DaysInYear", "Duration", "DurationClasses", "Remaining", "Residual", "exponential"]
