"""Keys: how a shared amount is spread over members, as weights that are not negative and sum to 1."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from solidair.models.problems import suggest
from solidair.models.regions import Municipality
from solidair.models.schema import Config, RuleError
from solidair.pool.books import Books
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.scopes import Scope, scope_faults
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def sharing(setting: Setting, reach: BoolArray) -> list[Municipality]:
    """Return the members that share in any year."""
    return [setting.region.members[place] for place in np.flatnonzero(reach.any(axis=0))]


def column_faults(kind: str, column: str, setting: Setting, reach: BoolArray) -> list[Fault]:
    """Return a fault if a column of the region is empty for a member that shares."""
    members = sharing(setting, setting.behind(reach))
    missing = [member.name for member in members if getattr(member, column) is None]
    if not missing:
        return []
    whom = "all members" if len(missing) == len(members) else ", ".join(missing)
    rule = f"the key '{kind}' needs the column {column} of the region, which is empty for {whom}"
    return [Fault("", kind, rule, "Fill that column in the region file, or choose another key.")]


def normalised(sizes: FloatArray, reach: BoolArray) -> FloatArray:
    """Return shares in proportion to sizes, summing to 1 over the members in `reach`; all others get 0.

    Parameters
    ----------
    sizes
        Not negative, of a shape that broadcasts to (sim, year, member).
    reach
        Members that share in each year, (year, member).

    Returns
    -------
    array
        Shape (year, member) or (sim, year, member). Where nobody in `reach` has any size the shares are equal, and
        where `reach` has nobody they are 0.
    """
    sizes = np.where(reach, sizes, 0.0)
    total = sizes.sum(axis=-1, keepdims=True)
    if np.all(total > 0):
        return np.asarray(sizes / total, dtype=np.float64)
    many = np.maximum(reach.sum(axis=-1, keepdims=True), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, sizes / total, reach / many), dtype=np.float64)


class KeyBase(Config, ABC):
    """A key. Subclasses give the raw size of each member; shares follow."""

    @property
    def fixed(self) -> bool:
        """Whether the shares of every year are known beforehand: what it charges is then linear in the bill."""
        return True

    @abstractmethod
    def sizes(self, books: Books) -> FloatArray:
        """Return what the shares are proportional to, of a shape that broadcasts to (sim, year, member)."""

    def weights(self, books: Books, reach: BoolArray) -> FloatArray:
        """Return the share of each member, not negative, summing to 1 over members.

        Parameters
        ----------
        books
            The settlement.
        reach
            Members that share in each year, (year, member); all others get 0.

        Returns
        -------
        array
            Of a shape that broadcasts to (sim, year, member). In a year in which nobody that shares has any size the
            shares are equal.
        """
        return normalised(books.setting.merged(self.sizes(books)), reach)

    def scopes(self) -> list[str | tuple[str, ...]]:
        """Return scopes of care types whose clients or cost this key looks at."""
        return []

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:
        """Return what this key needs of the setting, for the members in `reach` (year, member), and does not find."""
        return []

    @abstractmethod
    def words(self, say: Wording) -> str:
        """Return what the key is, to follow 'by' or 'naar'."""


@part("key", "youth")
class YouthKey(KeyBase):
    """In proportion to the number of youths aged 0-17."""

    kind: Literal["youth"] = "youth"

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return books.setting.youth

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick("aantal jeugdigen (0-17 jaar)", "number of youths (aged 0-17)")


@part("key", "inhabitants")
class InhabitantsKey(KeyBase):
    """In proportion to the number of inhabitants."""

    kind: Literal["inhabitants"] = "inhabitants"

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return books.setting.inhabitants

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick("inwonertal", "number of inhabitants")


@part("key", "budget")
class BudgetKey(KeyBase):
    """In proportion to the youth budget of the member."""

    kind: Literal["budget"] = "budget"

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return books.setting.budgets

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick("aandeel in de jeugdbudgetten", "share of the youth budgets")


@part("key", "need")
class NeedKey(KeyBase):
    """In proportion to youths times the need index of the region file."""

    kind: Literal["need"] = "need"

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return np.asarray(books.setting.youth * books.setting.region.need_index, dtype=np.float64)

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        return column_faults("need", "need_index", setting, reach)

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick("aantal jeugdigen maal behoefte-index", "number of youths times need index")


@part("key", "capacity")
class CapacityKey(KeyBase):
    """In proportion to the fiscal capacity (Dutch: draagkracht) of the region file."""

    kind: Literal["capacity"] = "capacity"

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return books.setting.region.capacity

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        missing = column_faults("capacity", "capacity", setting, reach)
        if missing or any(member.capacity for member in sharing(setting, setting.behind(reach))):
            return missing
        rule = "the key 'capacity' needs a member with a capacity above 0, and there is none"
        return [Fault("", "capacity", rule, "Write what each municipality can bear, or choose another key.")]

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick("draagkracht", "fiscal capacity")


@part("key", "under_21")
class Under21Key(KeyBase):
    """In proportion to the number of youths aged 0-20."""

    kind: Literal["under_21"] = "under_21"

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return books.setting.region.youth_under_21

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        return column_faults("under_21", "youth_under_21", setting, reach)

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick("aantal jeugdigen onder de 21 jaar", "number of youths under 21")


@part("key", "expected")
class ExpectedKey(KeyBase):
    """In proportion to the expected cost of a scope, by the cost model at the prices of the first year.

    Need that nobody has measured counts as average.

    Parameters
    ----------
    scope
        Care types that count: 'all', or a list of identifiers, Iv3 codes or iJw codes.
    """

    kind: Literal["expected"] = "expected"
    scope: Scope = "all"

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return self._expected(books.setting)

    def _expected(self, setting: Setting) -> FloatArray:
        assert setting.expected_cost is not None  # see faults
        return np.asarray(setting.expected_cost[:, setting.scope(self.scope)].sum(axis=-1), dtype=np.float64)

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        if unknown := scope_faults(self.scope, setting):
            return unknown
        if setting.expected_cost is None:
            rule = "the key 'expected' needs a cost model, and there is none here"
            return [Fault("", "expected", rule, "Choose another key, or write the shares down in a key 'fixed'.")]
        if not self._expected(setting)[reach.any(axis=0)].sum() > 0:
            rule = "the key 'expected' needs cost to be expected, but the cost model has none in this scope"
            return [Fault("scope", "", rule, "Choose a wider scope, or another key.")]
        return []

    def words(self, say: Wording) -> str:  # noqa: D102
        scope = say.scope(self.scope)
        return say.pick(f"verwachte kosten van {scope}", f"expected cost of {scope}")


@part("key", "equal")
class EqualKey(KeyBase):
    """The same share for every member."""

    kind: Literal["equal"] = "equal"

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return np.ones(books.setting.members)

    def weights(self, books: Books, reach: BoolArray) -> FloatArray:  # noqa: D102
        return normalised(self.sizes(books), reach)  # a merged municipality counts once

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick("gelijke delen", "equal shares")


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

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return np.array([self.shares.get(code, 0.0) for code in books.setting.region.codes])

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        region, codes = setting.region, [member.code for member in setting.region.members]
        rule = f"the fixed key names a municipality that is no member of {region.title}"
        faults = [Fault(f"shares.{c}", c, rule, suggest(c, codes)) for c in self.shares if c not in codes]
        members = sharing(setting, reach)
        missing = ", ".join(f"{m.code} ({m.name})" for m in members if m.code not in self.shares)
        if missing:
            rule, hint = f"the fixed key has no share for {missing}", "Add it; write 0 if it pays nothing."
            faults.append(Fault("shares", "", rule, hint))
        return faults

    def words(self, say: Wording) -> str:  # noqa: D102
        shares = ", ".join(f"{say.names.get(code, code)} {say.percent(share)}" for code, share in self.shares.items())
        return say.pick(f"vaste aandelen ({shares})", f"fixed shares ({shares})")
