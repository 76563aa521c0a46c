"""Keys that are made of other keys, and the union of all keys."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.models.schema import Config, RuleError
from solidair.pool.books import Books
from solidair.pool.parts.keys import (
    BudgetKey,
    CapacityKey,
    EqualKey,
    ExpectedKey,
    FixedKey,
    InhabitantsKey,
    KeyBase,
    NeedKey,
    Under21Key,
    YouthKey,
    normalised,
)
from solidair.pool.parts.past_keys import ClientsKey, CostKey
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


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

    @property
    def fixed(self) -> bool:  # noqa: D102
        return all(part.key.fixed for part in self.parts)

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return self.weights(books, books.everyone)

    def weights(self, books: Books, reach: BoolArray) -> FloatArray:  # noqa: D102
        total = np.zeros(())
        for part_ in self.parts:
            total = total + part_.weight * part_.key.weights(books, reach)
        return normalised(np.broadcast_to(total, (*total.shape[:-2], *reach.shape)), reach)

    def scopes(self) -> list[str | tuple[str, ...]]:  # noqa: D102
        return [scope for part in self.parts for scope in part.key.scopes()]

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        numbered = enumerate(self.parts, 1)
        return [fault.under(f"parts.{n}.key") for n, part in numbered for fault in part.key.faults(setting, reach)]

    def words(self, say: Wording) -> str:  # noqa: D102
        return say.pick(" en ", " and ").join(f"{100 * part.weight:g}% {part.key.words(say)}" for part in self.parts)


@part("key", "power")
class PowerKey(KeyBase):
    """In proportion to a power of the sizes of another key.

    Parameters
    ----------
    exponent
        Below 1 large members pay less than in proportion, above 1 more; 0 is equal shares, 1 the key itself.
    """

    kind: Literal["power"] = "power"
    key: AnyKey
    exponent: float = Field(ge=0, le=2)

    @property
    def fixed(self) -> bool:  # noqa: D102
        return self.key.fixed

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return self.weights(books, books.everyone)

    def weights(self, books: Books, reach: BoolArray) -> FloatArray:  # noqa: D102
        # Shares are sizes but for one factor, and a factor falls out; so keys without sizes can be raised too.
        return normalised(self.key.weights(books, reach) ** self.exponent, reach)

    def scopes(self) -> list[str | tuple[str, ...]]:  # noqa: D102
        return self.key.scopes()

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        return [fault.under("key") for fault in self.key.faults(setting, reach)]

    def words(self, say: Wording) -> str:  # noqa: D102
        key, decimals = self.key.words(say), len(f"{self.exponent:g}".partition(".")[2])
        exponent = say.number(self.exponent, decimals)
        return say.pick(f"{key}, tot de macht {exponent}", f"{key}, to the power {exponent}")


@part("key", "limited")
class LimitedKey(KeyBase):
    """Another key, whose shares change by no more than so much a year.

    In each year the share of the base key is cut to what the limit allows beside the share of the year before. What the
    shares then lack of 1 is given to those with room to rise, and what is too much is taken from those with room to
    fall, in proportion to that room. There is always room enough, so no share breaks its limit.

    A member that comes in later, or that had no share the year before where the limit is relative, enters with the
    share of the base key. The others are measured against their shares of the year before times what that leaves; so
    they are if a member goes. Members that merge are measured against the sum of their shares.

    Parameters
    ----------
    most
        Largest change in a year: of 0.1 a share of 20% may become 18 to 22% if relative, or 10 to 30% in points.
    measure
        'relative' to the share of the year before, or in 'points' of all shares together.
    start
        The key of the year before the first; if left out, the base key holds without limit in the first year.
    """

    kind: Literal["limited"] = "limited"
    key: AnyKey
    most: float = Field(gt=0, le=1)
    measure: Literal["relative", "points"] = "relative"
    start: AnyKey | None = None

    @property
    def fixed(self) -> bool:  # noqa: D102
        return self.key.fixed and (self.start is None or self.start.fixed)

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return self.weights(books, books.everyone)

    def weights(self, books: Books, reach: BoolArray) -> FloatArray:  # noqa: D102
        base = by_year(self.key.weights(books, reach), books)
        held = np.flatnonzero(reach.any(axis=-1))
        shares: list[FloatArray] = []
        inside, before = reach[held[:1]].any(axis=0), None
        if self.start is not None and len(held):
            before = by_year(self.start.weights(books, reach), books)[:, held[0]]
        for year in range(len(reach)):
            target = base[:, year]
            if year in held:
                if before is not None:
                    # Who is one now is measured against what its parts had together.
                    before = books.setting.carried(before, year)
                    inside = books.setting.carried(np.asarray(inside, dtype=np.float64), year) > 0
                    target = self._limited(target, before, reach[year] & inside, reach[year])
                inside, before = reach[year], target
            shares.append(target)
        return np.stack(np.broadcast_arrays(*shares), axis=1)

    def _limited(self, target: FloatArray, before: FloatArray, stays: BoolArray, reach: BoolArray) -> FloatArray:
        """Return the shares of a year, (sim, member).

        Parameters
        ----------
        target
            Shares of the base key, (sim, member).
        before
            Shares of the year before, same shape.
        stays
            Members that share now and did the year before, (member,).
        reach
            Members that share now, (member,).
        """
        measured = stays & ((before > 0) | (self.measure == "points"))
        free = np.where(reach & ~measured, target, 0.0)
        before = normalised(before, measured) * (1.0 - free.sum(axis=-1, keepdims=True))
        step = self.most * before if self.measure == "relative" else self.most
        lowest = np.where(measured, np.maximum(before - step, 0.0), free)
        highest = np.where(measured, np.minimum(before + step, 1.0), free)
        share = np.clip(target, lowest, highest)
        lack = 1.0 - share.sum(axis=-1, keepdims=True)
        room = np.where(lack > 0, highest - share, share - lowest)
        total = room.sum(axis=-1, keepdims=True)
        # Where nobody has any room the shares sum to 1 already, but for the last digit.
        return np.asarray(share + lack * room / np.where(total > 0, total, 1.0), dtype=np.float64)

    def scopes(self) -> list[str | tuple[str, ...]]:  # noqa: D102
        return [*self.key.scopes(), *(self.start.scopes() if self.start else [])]

    def _half_in(self, setting: Setting, reach: BoolArray) -> list[Fault]:
        """Return a fault for each merger of members of which only some had a share to be measured against."""
        faults, members = [], setting.region.members
        for merger in setting.mergers:
            before = np.flatnonzero(reach[: merger.place].any(axis=-1))
            if len(before) and setting.behind(reach)[merger.place :, merger.into].any():
                had = reach[before[-1]]
                odd = [gone for gone in merger.gone if had[gone] != had[merger.into]]
                names = [(members[merger.into].name, members[gone].name) for gone in odd]
                rule = "the year before {} and {} merge only one of them shares: there is no share of both to limit"
                hint = "Let the other one join or leave in another year."
                faults += [Fault("", "limited", rule.format(*both), hint) for both in names]
        return faults

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        faults = [fault.under("key") for fault in self.key.faults(setting, reach)]
        held = np.flatnonzero(reach.any(axis=-1))
        faults += self._half_in(setting, reach)
        if self.start is not None and len(held):
            first = reach & (np.arange(len(reach)) == held[0])[:, np.newaxis]
            faults += [fault.under("start") for fault in self.start.faults(setting, first)]
        return faults

    def words(self, say: Wording) -> str:  # noqa: D102
        key, most = self.key.words(say), say.number(100 * self.most, 0 if round(100 * self.most, 9) % 1 == 0 else 1)
        if self.measure == "relative":
            text = say.pick(
                f"{key}, waarbij een aandeel per jaar hoogstens {most}% van zichzelf stijgt of daalt",
                f"{key}, where a share rises or falls by at most {most}% of itself a year",
            )
        else:
            text = say.pick(
                f"{key}, waarbij een aandeel per jaar hoogstens {most} procentpunt stijgt of daalt",
                f"{key}, where a share rises or falls by at most {most} percentage points a year",
            )
        if self.start is None:
            return text
        start = self.start.words(say)
        return text + say.pick(f", te beginnen bij {start}", f", starting from {start}")


def by_year(weights: FloatArray, books: Books) -> FloatArray:
    """Return weights of any shape that a key may give as (sim, year, member), with one sim if all sims are alike."""
    return np.broadcast_to(weights, (len(weights) if weights.ndim == 3 else 1, *books.shape[1:]))


AnyKey = Annotated[
    YouthKey
    | Under21Key
    | InhabitantsKey
    | BudgetKey
    | NeedKey
    | CapacityKey
    | ExpectedKey
    | ClientsKey
    | CostKey
    | EqualKey
    | FixedKey
    | MixKey
    | PowerKey
    | LimitedKey,
    Field(discriminator="kind"),
]
"""Any key of an agreement file, told apart by its kind."""

MixPart.model_rebuild()
MixKey.model_rebuild()
PowerKey.model_rebuild()
LimitedKey.model_rebuild()
