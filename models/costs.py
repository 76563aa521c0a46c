r"""The cost model: what a year of youth care costs a municipality, with the pedigree of every number.

A care type has expected clients per 1,000 youths, over-dispersion, and the yearly cost of one client. The clients of
a municipality vary with its need and with shocks that it shares with its region and with the country; prices too.

.. math:: N_{ic} \sim \text{Poisson}(\lambda_c y_i\, n_i\, V^{nat} V^{reg} V^{loc}_i\, \Theta_{ic}),
          \qquad X = P^{nat} P^{reg} P^{loc}_i\, C_c

with youth y, need index n, mean-one shocks V (volume), P (price) and Θ (over-dispersion), and cost C of one client.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field

from solidair.models.care import CareType
from solidair.models.problems import InputError, Problem
from solidair.models.schema import Config, Quantity, RuleError, Source, Words, frozen, parse
from solidair.models.severity import Severity
from solidair.models.severity_spec import build_severity, quantities_of
from solidair.models.shocks import GammaShock, LognormalShock, NoShock, Shock

FloatArray = npt.NDArray[np.float64]

LEVELS = ("national", "regional", "local")


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


Spread = Annotated[Quantity, _between(0, 2, "0 switches the shock off; 0.05 is five percent.")]
Rate = Annotated[Quantity, _between(0, 1000, "Write clients per 1,000 youths a year; check the sign and the unit.")]
Positive = Annotated[Quantity, AfterValidator(_above_zero)]
# Below 0.01 nearly all years have no client at all; above 1e6 the law is Poisson to the last digit that matters.
DispersionSize = Annotated[Quantity, _between(0.01, 1e6, "1 is very dispersed; 1000000 is as good as Poisson.")]


class ShockSpec(Config):
    """A mean-one shock: its law and its standard deviation."""

    law: Literal["gamma", "lognormal"] = "lognormal"
    sd: Spread

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


class CareTypeSpec(Config):
    """One care type of a cost model file."""

    label: Words
    iv3: tuple[str, ...]
    ijw: tuple[str, ...]
    stay: bool
    clients_per_1000: Rate
    overdispersion_size: DispersionSize
    severity: dict[str, Any]


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
    need_spread: ShockSpec
    volume: ShockLevels
    price: ShockLevels
    persons: PersonsSpec
    care_types: dict[str, CareTypeSpec] = Field(min_length=1)
    anchors: tuple[AnchorSpec, ...] = Field(default=())


@dataclass(frozen=True)
class CostModel:
    """A checked cost model.

    Parameters
    ----------
    name
        Name of the file, without ending.
    spec
        The file's content.
    severities
        Yearly cost of one client in EUR of the price level, per care type, in file order.
    """

    name: str
    file: str
    spec: CostModelSpec
    severities: tuple[Severity, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any], name: str, file: str) -> CostModel:
        """Return the checked model of a TOML document.

        Raises
        ------
        InputError
            With every problem of the file.
        """
        problems: list[Problem] = []
        spec = None
        try:
            spec = parse(CostModelSpec, document, file)
        except InputError as error:
            problems += error.problems
        # Severities are checked whatever else is wrong, so that all faults of a file come at once.
        cares = document.get("care_types")
        severities = [
            build_severity(frozen(care["severity"]), file, f"care_types.{id_}.severity", problems)
            for id_, care in (cares.items() if isinstance(cares, Mapping) else ())
            if isinstance(care, Mapping) and isinstance(care.get("severity"), Mapping)
        ]
        if problems or spec is None:
            raise InputError(problems)
        return cls(name, file, spec, tuple(s for s in severities if s is not None))

    @cached_property
    def care_types(self) -> tuple[CareType, ...]:
        """The care types, in file order."""
        return tuple(
            CareType(id_, care.label, care.iv3, care.ijw, care.stay) for id_, care in self.spec.care_types.items()
        )

    @cached_property
    def unbounded(self) -> tuple[CareType, ...]:
        """Care types whose cost has no finite variance: no standard error of the simulation holds for them."""
        pairs = zip(self.care_types, self.severities, strict=True)
        return tuple(care for care, severity in pairs if not math.isfinite(severity.variance))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Identifiers of the care types, in file order."""
        return tuple(self.spec.care_types)

    @cached_property
    def clients_per_youth(self) -> FloatArray:
        """Expected clients per youth and year at need 1, shape (care_type,)."""
        return np.array([care.clients_per_1000.value / 1000 for care in self.spec.care_types.values()])

    @cached_property
    def dispersions(self) -> tuple[Shock, ...]:
        """Gamma shocks that turn Poisson counts into negative binomial ones, per care type."""
        return tuple(GammaShock(care.overdispersion_size.value) for care in self.spec.care_types.values())

    @cached_property
    def need_shock(self) -> Shock:
        """Law of the need index of a municipality whose need nobody has measured."""
        return self.spec.need_spread.shock()

    @cached_property
    def volume_shocks(self) -> tuple[Shock, ...]:
        """National, regional and local shock on the number of clients."""
        return tuple(getattr(self.spec.volume, level).shock() for level in LEVELS)

    @cached_property
    def price_shocks(self) -> tuple[Shock, ...]:
        """National, regional and local shock on the cost of a client."""
        return tuple(getattr(self.spec.price, level).shock() for level in LEVELS)

    def quantities(self) -> Iterator[tuple[str, Quantity]]:
        """Yield every number of the model with its dotted key."""
        spec = self.spec
        yield "national_youth", spec.national_youth
        yield "budget_per_youth", spec.budget_per_youth
        for key, shock in spec_shocks(spec).items():
            yield f"{key}.sd", shock.sd
        for key in PersonsSpec.model_fields:
            yield f"persons.{key}", getattr(spec.persons, key)
        for id_, care in spec.care_types.items():
            yield f"care_types.{id_}.clients_per_1000", care.clients_per_1000
            yield f"care_types.{id_}.overdispersion_size", care.overdispersion_size
            yield from quantities_of(care.severity, f"care_types.{id_}.severity")


def spec_shocks(spec: CostModelSpec) -> dict[str, ShockSpec]:
    """Return every shock of a cost model by its dotted key."""
    shocks = {"need_spread": spec.need_spread}
    for kind in ("volume", "price"):
        for level in LEVELS:
            shocks[f"{kind}.{level}"] = getattr(getattr(spec, kind), level)
    return shocks
