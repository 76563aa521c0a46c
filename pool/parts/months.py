"""Lines per month of stay: what they may be, on which care, and beside which other articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from solidair.models.calendar import MONTH
from solidair.models.schema import RuleError
from solidair.pool.parts.lines import DriftLine, LineBase
from solidair.pool.parts.registry import Fault
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

BoolArray = npt.NDArray[np.bool_]

PER_MONTH = {"nl": " per maand verblijf", "en": " per month of stay"}


def require_amounts(retentions: Sequence[Any], unit: str) -> None:
    """Refuse lines per month that are more than an amount, or of a household.

    Raises
    ------
    RuleError
        If a retention follows from a mean or a budget, which are of a year, or children are added up.
    """
    if any(isinstance(line, LineBase) and not isinstance(line, DriftLine) for line in retentions):
        rule = "a retention per month of stay must be an amount: means and budgets are of a year"
        raise RuleError(rule, 'Write an amount, such as retention = 15000, or per = "year".')
    if unit == "household":
        rule = "a line per month of stay is per child or per care spell: a household has no months"
        raise RuleError(rule, 'Write unit = "child" or "spell", or per = "year".')


def stay_faults(scope: str | Sequence[str], setting: Setting) -> list[Fault]:
    """Return a fault that names the care types in scope that have no months of stay, if there are any."""
    if setting.stays is None:
        return []
    others = [id_ for id_ in setting.types(scope) if id_ not in setting.stays]
    if not others:
        return []
    rule = f"a line per month of stay is for care with stays, and these are counted by the year: {', '.join(others)}"
    left = [id_ for id_ in setting.types(scope) if id_ in setting.stays] or list(setting.stays)
    named = ", ".join(f'"{id_}"' for id_ in left)
    return [Fault("scope", "", rule, f"Give scope = [{named}], or fewer of them." if left else 'Write per = "year".')]


def mixed_lines(takes: Sequence[Any], reach: Sequence[Sequence[BoolArray]]) -> Iterator[Fault]:
    """Yield a fault for each article that lays a line on care beside a line per month of stay.

    Lines per month look at what a day costs and lines per year at what a year costs. One after the other they would
    depend on both, and no sum over cases that the simulation keeps could tell what they take. Shares do no harm.

    Parameters
    ----------
    takes
        Per article its take if that looks at cases, else None.
    reach
        Per article for whom it holds and when, (care_type, year, member), for each cohort of cases.
    """
    for later, take in enumerate(takes):
        for earlier, other in enumerate(takes[:later]):
            both = [one for one in (take, other) if one is not None and one.kind != "share"]
            if len(both) < 2 or all(getattr(one, "per", "year") == "year" for one in both):
                continue
            if any((a & b).any() for a, b in zip(reach[earlier], reach[later], strict=True)):
                rule = (
                    f"this article and article {earlier + 1} lay lines on the same care, at least one per month of stay"
                )
                hint = (
                    "Give each care of its own by scope. Beside a line per month only shares can look at the same care."
                )
                yield Fault(f"clauses.{later + 1}.take", "", rule, hint)


def month_words(say: Wording) -> str:
    """Return how long a month is, as a sentence."""
    days = say.number(MONTH, 4)
    return say.pick(f" Een maand is {days} dagen (365,25 / 12).", f" A month is {days} days (365.25 / 12).")


__all__ = ["PER_MONTH", "mixed_lines", "month_words", "require_amounts", "stay_faults"]
