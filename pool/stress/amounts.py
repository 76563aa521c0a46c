"""How much a number changes: '+15%', '-10%', 'x1.2', or a new value."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from solidair.models.schema import RuleError

_PERCENT = re.compile(r"([+-])\s*(\d+(?:[.,]\d+)?)\s*%")
_TIMES = re.compile(r"[x×]\s*(\d+(?:[.,]\d+)?)", re.IGNORECASE)


@dataclass(frozen=True)
class Amount:
    """A change of a number: a factor on what it was, or a new value.

    Parameters
    ----------
    factor
        Factor, 0 or more; 1 if there is a new value.
    value
        The new value; None if there is a factor.
    """

    factor: float = 1.0
    value: float | None = None

    def of(self, old: float) -> float:
        """Return the changed number."""
        return old * self.factor if self.value is None else self.value


def looks_relative(text: str) -> bool:
    """Return whether a text is meant as a change of what was, right or wrong."""
    return bool(re.match(r"\s*([+-].*%|[x×]\s*\d)", text, re.IGNORECASE))


def parse_factor(text: str) -> Amount:
    """Return the factor that a text means.

    Raises
    ------
    RuleError
        If it is no change of what was, or takes away more than there is.
    """
    bare = text.strip()
    hint = "Write '+15%', '-10%' or 'x1.2'."
    if found := _PERCENT.fullmatch(bare):
        share = float(found[2].replace(",", ".")) / 100
        factor = 1.0 + share if found[1] == "+" else 1.0 - share
    elif found := _TIMES.fullmatch(bare):
        factor = float(found[1].replace(",", "."))
    elif re.fullmatch(r"\d+(?:[.,]\d+)?\s*%", bare):
        raise RuleError(
            "a percentage needs a sign, which says whether it comes on top or off",
            f"Write '+{bare}' or '-{bare}'.",
            bare,
        )
    else:
        raise RuleError("this is not a change of a number", hint, bare)
    if factor < 0.0:
        raise RuleError("a cut cannot take away more than 100%", hint, bare)
    if not math.isfinite(factor) or factor > 1_000:
        raise RuleError("a change of more than a thousand times cannot be meant", hint, bare)
    return Amount(factor)
