"""What a cost model file says: its tables, keys and rules. What the numbers mean is in `solidair.models.costs`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field, field_validator, model_validator

from solidair.models.schema import Config, Quantity, RuleError, Source, Words
from solidair.models.shocks import GammaShock, LognormalShock, NoShock, Shock
from solidair.models.sites import Level

LEVELS: tuple[Level, ...] = ("national", "regional", "local")


def _between(low: float, high: float, hint: str) -> AfterValidator:
    """Return a check of the value of a quantity, both ends allowed."""

    def check(quantity: Quantity) -> Quantity:
        if not low <= quantity.value <= high:
            rule = f"the value must lie between {low:g} and {high:g}"
            raise RuleError(rule, hint, f"{quantity.value:g}")
        return quantity

    return AfterValidator(check)


def _above_zero(quantity: Quantity) -> Quantity:
    if quantity.value <= 0:
        raise RuleError("the value must be above 0", f"Write {quantity.unit}.", f"{quantity.value:g}")
    return quantity


def _whole(quantity: Quantity) -> Quantity:
    if quantity.value != int(quantity.value):
        raise RuleError("the value must be a whole number", "Write 4.0, for example.", f"{quantity.value:g}")
    return quantity


Spread = Annotated[Quantity, _between(0, 2, "0 switches the shock off; 0.05 is five percent.")]
Share = Annotated[Quantity, _between(0, 1, "0.05 is five percent.")]
Persistence = Annotated[Quantity, _between(0, 1, "0: every year anew; 1: one draw for all years of a path.")]
Growth = Annotated[Quantity, _between(-0.5, 1, "0.03 is three percent a year.")]
Rate = Annotated[Quantity, _between(0, 1000, "Write clients per 1,000 youths a year; check the sign and the unit.")]
Positive = Annotated[Quantity, AfterValidator(_above_zero)]
# Below 0.01 nearly all years have no client at all; above 1e6 the law is Poisson to the last digit that matters.
DispersionSize = Annotated[Quantity, _between(0.01, 1e6, "1 is very dispersed; 1000000 is as good as Poisson.")]
Degrees = Annotated[Quantity, _between(2, 60, "3 or 4 has much tail dependence; above 30 it is nearly Gaussian.")]


class ShockSpec(Config):
    """A mean-one shock: its law, its standard deviation, and how much of a year's shock is left a year later."""

    law: Literal["gamma", "lognormal"] = "lognormal"
    sd: Spread
    persistence: Persistence | None = None

    def shock(self) -> Shock:
        """Return the distribution."""
        if self.sd.value == 0:
            return NoShock()
        if self.law == "gamma":
            return GammaShock(1.0 / self.sd.value**2)
        return LognormalShock(float(np.sqrt(np.log1p(self.sd.value**2))))


class ShockLevels(Config):
    """Shocks of the country, of a region and of one municipality."""

    national: ShockSpec
    regional: ShockSpec
    local: ShockSpec


class TypeVolume(Config):
    """Shocks on the clients of one care type; the local one is its over-dispersion."""

    national: ShockSpec | None = None
    regional: ShockSpec | None = None


class TypePrice(TypeVolume):
    """Shocks on the price of one care type."""

    local: ShockSpec | None = None


class DependenceSpec(Config):
    """A factor copula on the over-dispersion of care types: what goes together, beyond the shocks.

    Parameters
    ----------
    law
        'gaussian', or 't', whose extremes go together too.
    degrees_of_freedom
        Of the t copula; whole.
    between_members
        Correlation of the normal scores of one care type in two members.
    between_care_types
        Correlation of the normal scores of two care types in one member. Between care types of unlike persistence it
        holds in the year before the first, and is looser later.

    Notes
    -----
    The t copula divides the scores of a year by one number for the whole country, drawn anew every year. So extremes
    of a year go together everywhere, and a persistence of 1 keeps the scores, not the shocks.
    """

    law: Literal["gaussian", "t"] = "gaussian"
    degrees_of_freedom: Annotated[Degrees, AfterValidator(_whole)] | None = None
    between_members: Share
    between_care_types: Share

    @model_validator(mode="after")
    def _fits(self) -> DependenceSpec:
        together = self.between_members.value + self.between_care_types.value
        if together > 1:
            hint = "They share what two years have in common; lower one of them."
            raise RuleError("between_members and between_care_types together must be at most 1", hint, f"{together:g}")
        if (self.law == "t") != (self.degrees_of_freedom is not None):
            rule = "the t copula, and no other, takes degrees_of_freedom"
            raise RuleError(rule, 'Write law = "t" with degrees_of_freedom, or law = "gaussian" without.', self.law)
        return self


class CareTypeSpec(Config):
    """One care type of a cost model file: cases of a single year (severity), or stays over years (episode)."""

    label: Words
    iv3: tuple[str, ...]
    ijw: tuple[str, ...]
    stay: bool
    clients_per_1000: Rate
    overdispersion_size: DispersionSize | None = None
    overdispersion_persistence: Persistence | None = None
    volume: TypeVolume = TypeVolume()
    price: TypePrice = TypePrice()
    index: Growth | None = None
    moves: Share | None = None
    severity: dict[str, Any] | None = None
    episode: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_process(self) -> CareTypeSpec:
        if (self.severity is None) == (self.episode is None):
            rule = "a care type has either a severity (cost of a client in a year) or an episode (stays over years)"
            raise RuleError(rule, "Write one of the tables [...severity] and [...episode], not both.")
        if self.moves is not None and self.episode is None:
            rule = "only children who stay over years can move to another payer"
            raise RuleError(rule, "Remove moves, or write this care type as an episode.")
        return self


class PersonsSpec(Config):
    """How clients of care types, who may be one and the same child, add up to persons."""

    per_person_without_stay: Positive
    per_person_with_stay: Positive
    per_person_overall: Positive


class AnchorSpec(Config):
    """A published figure that the model must reproduce."""

    quantity: str
    label: Words
    low: float
    high: float
    unit: str
    grade: Literal["sourced", "derived", "assumed"]
    source: Source
    argument: float | str | None = None


class CostModelSpec(Config):
    """A cost model file."""

    title: Words
    price_level: int
    currency: Literal["EUR"] = "EUR"
    national_youth: Positive
    budget_per_youth: Positive
    index: Growth | None = None
    volume_growth: Growth | None = None
    need_spread: ShockSpec
    volume: ShockLevels
    price: ShockLevels
    dependence: DependenceSpec | None = None
    persons: PersonsSpec
    care_types: dict[str, CareTypeSpec] = Field(min_length=1)
    anchors: tuple[AnchorSpec, ...] = Field(default=())

    @field_validator("care_types")
    @classmethod
    def _plain_names(cls, care_types: dict[str, CareTypeSpec]) -> dict[str, CareTypeSpec]:
        for id_ in care_types:
            if not id_ or any(sign in id_ for sign in ". \t"):
                rule = "the identifier of a care type has no dot and no space"
                raise RuleError(rule, "Write a hyphen instead, as in maatwerk-24-uurs.", id_)
        return care_types


def spec_shocks(spec: CostModelSpec) -> dict[str, ShockSpec]:
    """Return every shock of a cost model by its dotted key."""
    shocks = {"need_spread": spec.need_spread}
    for kind in ("volume", "price"):
        for level in LEVELS:
            shocks[f"{kind}.{level}"] = getattr(getattr(spec, kind), level)
    for id_, care in spec.care_types.items():
        for kind in ("volume", "price"):
            for level in LEVELS:
                shock = getattr(getattr(care, kind), level, None)
                if shock is not None:
                    shocks[f"care_types.{id_}.{kind}.{level}"] = shock
    return shocks
