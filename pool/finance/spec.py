"""What a study file says for a finance department: its table ``[finance]``."""

from __future__ import annotations

from pydantic import Field, model_validator

from solidair.models.schema import Config, RuleError


class ReserveSpec(Config):
    """A reserve for youth care that every member keeps by itself (Dutch: egalisatiereserve).

    Parameters
    ----------
    opening
        Balance at the start, EUR per inhabitant; the column `buffer_eur` of the region if left out.
    contribution
        What is put in at the start of every year, a share of the youth budget.
    interest
        Interest a year on the balance of the start of the year and what was put in.
    cap
        Most that may be in it at the end of a year, EUR per inhabitant; what is above goes back to the member.
    floor
        Least that must be in it at the end of a year, EUR per inhabitant; below it the member is called to pay.
    safety
        Chance with which the reserve must last all years, for the opening balance that this requires.
    """

    opening: float | None = Field(default=None, ge=0, le=100_000)
    contribution: float = Field(default=0.0, ge=0, le=1)
    interest: float = Field(default=0.0, ge=-0.5, le=0.5)
    cap: float | None = Field(default=None, ge=0, le=100_000)
    floor: float = Field(default=0.0, ge=0, le=100_000)
    safety: float = Field(default=0.95, gt=0, lt=1)

    @model_validator(mode="after")
    def _in_order(self) -> ReserveSpec:
        if self.cap is not None and self.cap < self.floor:
            raise RuleError("the cap must not lie below the floor", "Raise cap or lower floor.", f"{self.cap:g}")
        return self


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
