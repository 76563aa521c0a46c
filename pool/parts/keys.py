"""Keys: how a shared amount is spread over members, as weights that are not negative and sum to 1."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from solidair.models.problems import suggest
from solidair.models.regions import Region
from solidair.models.schema import Config, RuleError
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.words import percent

FloatArray = npt.NDArray[np.float64]


class KeyBase(Config, ABC):
    """A key. Subclasses give the raw size of each member; shares follow."""

    @abstractmethod
    def sizes(self, region: Region) -> FloatArray:
        """Return what the shares are proportional to, shape (member,)."""

    def weights(self, region: Region) -> FloatArray:
        """Return the share of each member, shape (member,), not negative, summing to 1."""
        sizes = self.sizes(region)
        return np.asarray(sizes / sizes.sum(), dtype=np.float64)

    def faults(self, region: Region) -> list[Fault]:
        """Return what this key needs of the region and does not find."""
        return []

    @abstractmethod
    def words(self, language: str) -> str:
        """Return what the key is, to follow 'by' or 'naar'."""


@part("key", "youth")
class YouthKey(KeyBase):
    """In proportion to the number of youths aged 0-17."""

    kind: Literal["youth"] = "youth"

    def sizes(self, region: Region) -> FloatArray:  # noqa: D102
        return np.asarray(region.youth, dtype=np.float64)

    def words(self, language: str) -> str:  # noqa: D102
        return {"nl": "aantal jeugdigen (0-17 jaar)", "en": "number of youths (aged 0-17)"}[language]


@part("key", "inhabitants")
class InhabitantsKey(KeyBase):
    """In proportion to the number of inhabitants."""

    kind: Literal["inhabitants"] = "inhabitants"

    def sizes(self, region: Region) -> FloatArray:  # noqa: D102
        return np.asarray(region.inhabitants, dtype=np.float64)

    def words(self, language: str) -> str:  # noqa: D102
        return {"nl": "inwonertal", "en": "number of inhabitants"}[language]


@part("key", "budget")
class BudgetKey(KeyBase):
    """In proportion to the youth budget of the member."""

    kind: Literal["budget"] = "budget"

    def sizes(self, region: Region) -> FloatArray:  # noqa: D102
        return np.asarray(region.budget, dtype=np.float64)

    def words(self, language: str) -> str:  # noqa: D102
        return {"nl": "aandeel in de jeugdbudgetten", "en": "share of the youth budgets"}[language]


@part("key", "need")
class NeedKey(KeyBase):
    """In proportion to youths times the need index of the region file."""

    kind: Literal["need"] = "need"

    def sizes(self, region: Region) -> FloatArray:  # noqa: D102
        return np.asarray(region.youth * region.need_index, dtype=np.float64)

    def faults(self, region: Region) -> list[Fault]:  # noqa: D102
        missing = [m.name for m in region.members if m.need_index is None]
        if not missing:
            return []
        whom = "all members" if len(missing) == len(region.members) else ", ".join(missing)
        rule = f"the key 'need' needs the column need_index of the region, which is empty for {whom}"
        return [Fault("", "need", rule, "Fill that column in the region file, or choose another key.")]

    def words(self, language: str) -> str:  # noqa: D102
        return {"nl": "aantal jeugdigen maal behoefte-index", "en": "number of youths times need index"}[language]


@part("key", "equal")
class EqualKey(KeyBase):
    """The same share for every member."""

    kind: Literal["equal"] = "equal"

    def sizes(self, region: Region) -> FloatArray:  # noqa: D102
        return np.ones(len(region.members))

    def words(self, language: str) -> str:  # noqa: D102
        return {"nl": "gelijke delen", "en": "equal shares"}[language]


@part("key", "fixed")
class FixedKey(KeyBase):
    """Shares written down in the agreement, by CBS code; they sum to 1."""

    kind: Literal["fixed"] = "fixed"
    shares: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(min_length=1)

    @field_validator("shares")
    @classmethod
    def _complete(cls, shares: dict[str, float]) -> dict[str, float]:
        total = sum(shares.values())
        if abs(total - 1) > 1e-6:
            raise RuleError(f"the shares must sum to 1, but sum to {total:.7g}", "Change one or more of them.")
        return shares

    def sizes(self, region: Region) -> FloatArray:  # noqa: D102
        return np.array([self.shares.get(code, 0.0) for code in region.codes])

    def faults(self, region: Region) -> list[Fault]:  # noqa: D102
        codes = [member.code for member in region.members]
        rule = f"the fixed key names a municipality that is no member of {region.title}"
        faults = [Fault(f"shares.{c}", c, rule, suggest(c, codes)) for c in self.shares if c not in codes]
        missing = ", ".join(f"{m.code} ({m.name})" for m in region.members if m.code not in self.shares)
        if missing:
            rule, hint = f"the fixed key has no share for {missing}", "Add it; write 0 if it pays nothing."
            faults.append(Fault("shares", "", rule, hint))
        return faults

    def words(self, language: str) -> str:  # noqa: D102
        shares = ", ".join(f"{code} {percent(share, language)}" for code, share in self.shares.items())
        return {"nl": f"vaste aandelen ({shares})", "en": f"fixed shares ({shares})"}[language]


class MixPart(Config):
    """A key with its weight in a mixture."""

    weight: float = Field(ge=0, le=1)
    key: AnyKey


@part("key", "mix")
class MixKey(KeyBase):
    """A weighted mean of keys; the weights sum to 1."""

    kind: Literal["mix"] = "mix"
    parts: tuple[MixPart, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> MixKey:
        total = sum(part.weight for part in self.parts)
        if abs(total - 1) > 1e-6:
            rule = f"the weights of a mixed key must sum to 1, but sum to {total:.7g}"
            raise RuleError(rule, "Change one or more of them.")
        return self

    def sizes(self, region: Region) -> FloatArray:  # noqa: D102
        return np.asarray(
            np.sum([part.weight * part.key.weights(region) for part in self.parts], axis=0), dtype=np.float64
        )

    def faults(self, region: Region) -> list[Fault]:  # noqa: D102
        numbered = enumerate(self.parts, 1)
        return [fault.under(f"parts.{n}.key") for n, part in numbered for fault in part.key.faults(region)]

    def words(self, language: str) -> str:  # noqa: D102
        joiner = {"nl": " en ", "en": " and "}[language]
        return joiner.join(f"{100 * part.weight:g}% {part.key.words(language)}" for part in self.parts)


AnyKey = Annotated[
    YouthKey | InhabitantsKey | BudgetKey | NeedKey | EqualKey | FixedKey | MixKey,
    Field(discriminator="kind"),
]
MixPart.model_rebuild()
MixKey.model_rebuild()
