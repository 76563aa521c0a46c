"""Shares of an amount: one for all years, or one for each year of a clause, so that an agreement can phase out."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.pool.parts.registry import Fault
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]

Share = Annotated[float, Field(ge=0, le=1)]
Shares = Share | tuple[Share, ...]
"""One share, or one for each year from the first year of the clause on."""


def share_path(share: Shares, setting: Setting, start: int) -> FloatArray:
    """Return the share of every year, (year, 1); years that a list does not reach have 0.

    Parameters
    ----------
    start
        Position of the first year of the clause; negative if it began before the first year that is settled.
    """
    if not isinstance(share, tuple):
        return np.full((setting.years, 1), share)
    places = np.arange(setting.years) - start
    inside = (places >= 0) & (places < len(share))
    return np.where(inside, np.array(share)[np.clip(places, 0, len(share) - 1)], 0.0)[:, np.newaxis]


def share_faults(share: Shares, setting: Setting, start: int, stop: int) -> list[Fault]:
    """Return a fault if a list of shares ends before the last year, at `stop` - 1."""
    if not isinstance(share, tuple) or len(share) >= stop - start:
        return []
    ended = setting.first_year + start + len(share)
    rule = f"the list of shares ends before {ended}, but the clause holds until {setting.first_year + stop - 1}"
    return [Fault("share", ", ".join(f"{s:g}" for s in share), rule, "Add a share for each year, or end it.")]


def share_words(share: Shares, say: Wording) -> str:
    """Return shares in words: '80%', or '80%, 60%, 40%'."""
    return ", ".join(say.percent(one) for one in (share if isinstance(share, tuple) else (share,)))


def on_top_words(share: Shares, say: Wording) -> str:
    """Return what becomes of shares that were told before, as the end of a sentence: ', and of all that 80%'."""
    if share == 1:
        return ""
    part = share_words(share, say)
    if isinstance(share, tuple):
        return say.pick(f", en daarvan per jaar achtereenvolgens {part}", f", and of that {part} in successive years")
    return say.pick(f", en van dat alles {part}", f", and of all that {part}")
