"""Amounts that are not about one child: of a whole fund, or for each inhabitant or youth."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field

from solidair.models.schema import RuleError
from solidair.pool.parts.lines import LEAST_EUR
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]

Per = Literal["inhabitant", "youth"]
Unit = Literal["total", "inhabitant", "youth"]
"""What an amount is for: all members that share together, or each inhabitant or youth of theirs."""


def whole_amount(amount: float) -> float:
    """Refuse an amount of a fund that was written with a point for thousands, which TOML reads as a decimal mark."""
    if 0 < amount < LEAST_EUR:
        hint = "A point is a decimal mark in TOML: write a hundred thousand as 100000 or 100_000."
        raise RuleError(f"an amount for all together must be at least {LEAST_EUR:.0f} euros, or 0", hint)
    return amount


Total = Annotated[float, Field(ge=0), AfterValidator(whole_amount)]
"""Money of all members together, in the currency of the agreement."""


def price_path(setting: Setting, *, indexed: bool) -> FloatArray:
    """Return what one unit of the agreement's money is in every year, (year,) EUR."""
    return setting.unit * (setting.growth if indexed else np.ones(setting.years))


def heads(setting: Setting, per: Per) -> FloatArray:
    """Return the inhabitants, or the youths, of each member, (member,); where members merge (year, member)."""
    return setting.merged(setting.inhabitants if per == "inhabitant" else setting.youth)


def amount_path(
    amount: float, per: Unit, setting: Setting, reach: npt.NDArray[np.bool_], *, indexed: bool
) -> FloatArray:
    """Return an amount of the members that share, (year,) EUR; 0 in a year in which nobody does.

    Parameters
    ----------
    reach
        Members that the clause is about in each year, (year, member).
    """
    many = reach.any(axis=1) if per == "total" else np.where(reach, heads(setting, per), 0.0).sum(axis=1)
    return np.asarray(amount * price_path(setting, indexed=indexed) * many, dtype=np.float64)


def small_money(amount: float, say: Wording) -> str:
    """Return an amount, with cents only if it has them."""
    if amount == int(amount):
        return say.money(amount)
    return say.money(0).replace("0", say.number(amount, 2))


def per_words(per: Per, say: Wording) -> str:
    """Return what an amount is for: 'per inhabitant'."""
    nl, en = {"inhabitant": ("per inwoner", "per inhabitant"), "youth": ("per jeugdige", "per youth")}[per]
    return say.pick(nl, en)


def unit_words(amount: float, per: Unit, say: Wording) -> str:
    """Return an amount with what it is for: 'EUR 40 per inhabitant'."""
    text = small_money(amount, say)
    return text if per == "total" else f"{text} {per_words(per, say)}"
