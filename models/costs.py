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
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from solidair.models.care import CareCodes, CareType
from solidair.models.cost_spec import LEVELS, AnchorSpec, CostModelSpec, PersonsSpec, spec_shocks
from solidair.models.departures import Departure, What, departed
from solidair.models.episode_spec import build_episode, quantities_of_episode
from solidair.models.episodes import Episode
from solidair.models.problems import InputError, Problem
from solidair.models.schema import Quantity, frozen, parse
from solidair.models.severity_spec import build_severity, quantities_of
from solidair.models.shocks import GammaShock, LognormalShock, NoShock, Shock
from solidair.models.sites import ShockSite, Target
from solidair.models.yearly import YearlyCost, YearOfStays

FloatArray = npt.NDArray[np.float64]


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
    episodes
        The stays of each care type; None for a care type whose cases are of a single year.
    departures
        What nobody planned: factors on prices and clients in some years.
    """

    name: str
    file: str
    spec: CostModelSpec
    severities: tuple[YearlyCost, ...]
    episodes: tuple[Episode | None, ...]
    departures: tuple[Departure, ...] = ()

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
        # Laws are checked whatever else is wrong, so that all faults of a file come at once.
        cares = document.get("care_types")
        severities: list[YearlyCost | None] = []
        episodes: list[Episode | None] = []
        for id_, care in cares.items() if isinstance(cares, Mapping) else ():
            where = f"care_types.{id_}"
            if isinstance(care, Mapping) and isinstance(care.get("episode"), Mapping):
                episode = build_episode(frozen(care["episode"]), file, f"{where}.episode", problems)
                severities.append(None if episode is None else YearOfStays(episode))
                episodes.append(episode)
            elif isinstance(care, Mapping) and isinstance(care.get("severity"), Mapping):
                severities.append(build_severity(frozen(care["severity"]), file, f"{where}.severity", problems))
                episodes.append(None)
        if spec is not None and not problems:
            problems += _unusable_errors(spec, file)
        if problems or spec is None:
            raise InputError(problems)
        return cls(name, file, spec, tuple(s for s in severities if s is not None), tuple(episodes))

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
        return tuple(care for care, severity in pairs if not math.isfinite(severity.moment(2)))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Identifiers of the care types, in file order."""
        return tuple(self.spec.care_types)

    @cached_property
    def codes(self) -> CareCodes:
        """Iv3 and iJw codes of each care type, by identifier."""
        return {id_: (*care.iv3, *care.ijw) for id_, care in self.spec.care_types.items()}

    @cached_property
    def clients_per_youth(self) -> FloatArray:
        """Expected clients per youth and year at need 1, shape (care_type,)."""
        return np.array([care.clients_per_1000.value / 1000 for care in self.spec.care_types.values()])

    @cached_property
    def dispersions(self) -> tuple[Shock, ...]:
        """Gamma shocks that turn Poisson counts into negative binomial ones, per care type; none for Poisson."""
        sizes = [care.overdispersion_size for care in self.spec.care_types.values()]
        return tuple(NoShock() if size is None else GammaShock(size.value) for size in sizes)

    @cached_property
    def moves(self) -> tuple[float, ...]:
        """Share of the children in care whose payer changes on a 1 January, per care type."""
        return tuple(0.0 if care.moves is None else care.moves.value for care in self.spec.care_types.values())

    def atoms(self, place: int, days: float) -> FloatArray:
        """Return the costs that many clients of a care type have exactly, in a year of so many days, EUR."""
        episode = self.episodes[place]
        if episode is None:
            return self.severities[place].atoms[0]
        return np.asarray(days * episode.law.atoms[0], dtype=np.float64)

    @cached_property
    def need_shock(self) -> Shock:
        """Law of the need index of a municipality whose need nobody has measured."""
        return self.spec.need_spread.shock()

    @cached_property
    def price_shocks(self) -> tuple[Shock, ...]:
        """National, regional and local shock on the cost of a client."""
        return tuple(getattr(self.spec.price, level).shock() for level in LEVELS)

    @cached_property
    def sites(self) -> tuple[ShockSite, ...]:
        """All shocks that are switched on, those of need apart; in a fixed order."""
        sites = []
        for care_type, owner in ((None, self.spec), *enumerate(self.spec.care_types.values())):
            targets: tuple[Target, ...] = ("volume", "price")
            for target in targets:
                for level in LEVELS:
                    spec = getattr(getattr(owner, target), level, None)
                    if spec is not None:
                        kept = 0.0 if spec.persistence is None else spec.persistence.value
                        sites.append(ShockSite(target, level, care_type, spec.shock(), kept))
        for place, (care, law) in enumerate(zip(self.spec.care_types.values(), self.dispersions, strict=True)):
            kept = 0.0 if care.overdispersion_persistence is None else care.overdispersion_persistence.value
            linked = self.spec.dependence is not None
            sites.append(ShockSite("volume", "local", place, law, kept, scored=linked))
        sites += [
            ShockSite(target, "parameter", place, _around_one(quantity), 1.0)
            for place, target, quantity in self.uncertain
        ]
        return tuple(site for site in sites if not isinstance(site.shock, NoShock))

    @cached_property
    def uncertain(self) -> tuple[tuple[int, Target, Quantity], ...]:
        """Parameters with a standard error: position of the care type, what they multiply, the number."""
        found: list[tuple[int, Target, Quantity]] = []
        for key, quantity in self.quantities():
            if quantity.standard_error:
                id_, kind = key.split(".")[1], key.split(".", 2)[2]
                found.append((self.ids.index(id_), _UNCERTAIN[kind], quantity))
        return tuple(found)

    @property
    def planned(self) -> CostModel:
        """The same model without departures."""
        return replace(self, departures=()) if self.departures else self

    def certain(self) -> CostModel:
        """Return the same model with every parameter taken as known."""
        return replace(self, spec=_without_errors(self.spec))

    def index_path(self, years: int) -> FloatArray:
        """Return prices of each care type in each budget year, relative to the first one, (care_type, year)."""
        common = 0.0 if self.spec.index is None else self.spec.index.value
        own = [common if care.index is None else care.index.value for care in self.spec.care_types.values()]
        planned = (1.0 + np.array(own)[:, np.newaxis]) ** np.arange(years)
        return np.asarray(planned * self._departed("price", years), dtype=np.float64)

    def amount_path(self, years: int) -> FloatArray:
        """Return by how much budgets and indexed amounts have grown in each budget year, (year,)."""
        common = 0.0 if self.spec.index is None else self.spec.index.value
        return np.asarray((1.0 + common) ** np.arange(years), dtype=np.float64)

    def volume_path(self, years: int) -> FloatArray:
        """Return the growth of each care type and budget year relative to the first one, (care_type, year).

        It multiplies the clients of single-year types and those who enter a stay, so the number in stays grows later.
        """
        growth = 0.0 if self.spec.volume_growth is None else self.spec.volume_growth.value
        return np.asarray((1.0 + growth) ** np.arange(years) * self._departed("volume", years), dtype=np.float64)

    def _departed(self, what: What, years: int) -> FloatArray:
        """Return the factors of departures, (care_type, year)."""
        return np.array([departed(self.departures, what, years, id_) for id_ in self.ids])

    def quantities(self) -> Iterator[tuple[str, Quantity]]:
        """Yield every number of the model with its dotted key."""
        spec = self.spec
        yield "national_youth", spec.national_youth
        yield "budget_per_youth", spec.budget_per_youth
        for key in ("index", "volume_growth"):
            if getattr(spec, key) is not None:
                yield key, getattr(spec, key)
        for key, shock in spec_shocks(spec).items():
            yield f"{key}.sd", shock.sd
            if shock.persistence is not None:
                yield f"{key}.persistence", shock.persistence
        if spec.dependence is not None:
            for key in ("degrees_of_freedom", "between_members", "between_care_types"):
                if getattr(spec.dependence, key) is not None:
                    yield f"dependence.{key}", getattr(spec.dependence, key)
        for key in PersonsSpec.model_fields:
            yield f"persons.{key}", getattr(spec.persons, key)
        for id_, care in spec.care_types.items():
            where = f"care_types.{id_}"
            for key in ("clients_per_1000", "overdispersion_size", "overdispersion_persistence", "index", "moves"):
                if getattr(care, key) is not None:
                    yield f"{where}.{key}", getattr(care, key)
            if care.severity is not None:
                yield from quantities_of(care.severity, f"{where}.severity")
            if care.episode is not None:
                yield from quantities_of_episode(care.episode, f"{where}.episode")


_UNCERTAIN: dict[str, Target] = {
    "clients_per_1000": "volume",
    "severity.mean": "price",
    "severity.tariff.mean": "price",
    "episode.tariff.mean": "price",
    "episode.duration.mean": "stay",
}
"""Numbers of a care type that may carry a standard error, and what their uncertainty multiplies."""


def _unusable_errors(spec: CostModelSpec, file: str) -> list[Problem]:
    """Return a problem for each standard error that the engine could not use: silence would hide the doubt."""
    problems = []
    for key, quantity in CostModel("", file, spec, (), ()).quantities():
        kind = key.split(".", 2)[2] if key.startswith("care_types.") and key.count(".") >= 2 else key
        if quantity.standard_error and kind not in _UNCERTAIN:
            rule = "a standard error has no effect on this number"
            hint = f"It works on {', '.join(_UNCERTAIN)} of a care type; remove it here."
            problems.append(Problem(file, f"{key}.standard_error", f"{quantity.standard_error:g}", rule, hint))
        elif quantity.standard_error and quantity.value <= 0:
            rule, hint = "a standard error needs a value above 0", "Remove the standard error or mend the value."
            problems.append(Problem(file, f"{key}.standard_error", f"{quantity.standard_error:g}", rule, hint))
    return problems


def _around_one(quantity: Quantity) -> Shock:
    """Return the law of a parameter over its best estimate: lognormal with mean 1."""
    relative = (quantity.standard_error or 0.0) / quantity.value
    return LognormalShock(float(np.sqrt(np.log1p(relative**2))))


def _without_errors(spec: CostModelSpec) -> CostModelSpec:
    def stripped(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: stripped(entry) for key, entry in value.items() if key != "standard_error"}
        return tuple(stripped(entry) for entry in value) if isinstance(value, list | tuple) else value

    return CostModelSpec.model_validate(stripped(spec.model_dump()))


__all__ = ["LEVELS", "AnchorSpec", "CostModel", "CostModelSpec"]
