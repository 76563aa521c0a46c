"""What a study file says for a finance department: its table ``[finance]``."""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from solidair.models.schema import Config, RuleError, from_percent


class ReserveSpec(Config):
    """A reserve for youth care that every member keeps by itself (Dutch: egalisatiereserve).

    Timing, in every year: contribution, then interest, then the result of the year, then refund or call. Amounts per
    inhabitant are nominal: no index moves them, as reserves are capped in practice by a council's amount in euros.

    Parameters
    ----------
    opening
        Balance at the start, EUR per inhabitant; the column `buffer_eur` of the region if left out.
    contribution
        What is put in at the start of every year, a share of the youth budget. It comes on top of that budget, from
        other means of the member.
    interest
        Interest a year on the balance of the start of the year and what was put in.
    floor
        Least that must be in it at the end of a year, EUR per inhabitant; below it the member is called to pay.
    cap
        Most that may be in it at the end of a year, EUR per inhabitant; what is above goes back to the member. The
        opening may lie above it: it then serves the first year, and the rest goes back at the end of that.
    safety
        Chance with which the reserve must last all years, for the opening balance that this requires.
    """

    opening: float | None = Field(default=None, ge=0, le=100_000)
    contribution: float = Field(default=0.0, ge=0, le=1)
    interest: float = Field(default=0.0, ge=-0.5, le=0.5)
    floor: float = Field(default=0.0, ge=0, le=100_000)
    cap: float | None = Field(default=None, ge=0, le=100_000)
    safety: float = Field(default=0.95, gt=0, lt=1)

    @field_validator("cap")
    @classmethod
    def _above_the_floor(cls, cap: float | None, info: ValidationInfo) -> float | None:
        floor = info.data.get("floor")
        if cap is not None and floor is not None and cap < floor:
            rule = f"the cap must not lie below the floor ({floor:g})"
            raise RuleError(rule, "Raise cap or lower floor.", f"{cap:g}")
        return cap

    @field_validator("safety", mode="before")
    @classmethod
    def _as_a_share(cls, safety: Any) -> Any:
        return _within(safety)


class FinanceSpec(Config):
    """What a council asks of its finances.

    Parameters
    ----------
    certainty
        Certainty with which the required capacity suffices (Dutch: zekerheidspercentage).
    reserve
        The reserve that bears overruns; without it no path of a reserve is shown.
    """

    certainty: float = Field(default=0.9, gt=0, lt=1)
    reserve: ReserveSpec | None = None

    @field_validator("certainty", mode="before")
    @classmethod
    def _as_a_share(cls, certainty: Any) -> Any:
        return _within(certainty)


def _within(level: Any) -> Any:
    """Return a certainty as a share, whether it is written 0.9 or "90%".

    Raises
    ------
    RuleError
        If it is a number that is no certainty.
    """
    share = from_percent(level)
    if isinstance(share, int | float) and not isinstance(share, bool) and not 0 < share < 1:
        rule = "this must lie between 0 and 1, both ends excluded"
        raise RuleError(rule, 'Write 0.9, or "90%".', f"{level}")
    return share
