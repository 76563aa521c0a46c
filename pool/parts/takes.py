"""Takes: what a member hands in. Each is a function of what earlier clauses left of every single case."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from solidair.models.schema import Config, RuleError
from solidair.pool.layers import CaseFunction
from solidair.pool.parts.registry import part
from solidair.pool.parts.words import money, percent, scope_words

Labels = Mapping[str, str]

LEAST_EUR = 1_000.0
"""Smallest amount per child and year, other than 0, that somebody can mean."""


class TakeBase(Config, ABC):
    """A take on the cases of some care types.

    Parameters
    ----------
    scope
        'all', or identifiers of care types.
    share
        Share of the amount that is handed in, from 0 to 1.
    """

    linear: ClassVar[bool] = True
    """Whether what is handed in is a sum over cases: then exact means can be settled."""

    scope: Literal["all"] | tuple[str, ...] = Field(default="all")
    share: float = Field(default=1.0, ge=0, le=1)

    @field_validator("scope", mode="before")
    @classmethod
    def _scope(cls, scope: object) -> object:
        listed = isinstance(scope, tuple) and all(isinstance(entry, str) for entry in scope)
        if scope == "all" or (listed and scope):
            return scope
        example = scope if isinstance(scope, str) and scope else "verblijf"
        hint = f'Write "all", or a list such as ["{example}"].'
        raise RuleError('the scope must be "all" or a list of at least one care type', hint)

    def types(self, care_types: Sequence[str]) -> tuple[str, ...]:
        """Return the care types in scope, in the order of the cost model."""
        return tuple(c for c in care_types if self.scope == "all" or c in self.scope)

    @abstractmethod
    def of_case(self, left: CaseFunction) -> CaseFunction:
        """Return what is handed in of a case of which `left` is left."""

    def rules(self, left: Mapping[str, CaseFunction]) -> dict[str, CaseFunction]:
        """Return, per care type in scope, what is handed in as a function of the cost of a case."""
        return {care_type: self.of_case(left[care_type]) for care_type in self.types(tuple(left))}

    @abstractmethod
    def words(self, language: str, labels: Labels) -> str:
        """Return the take as a sentence; `labels` names the care types."""


@part("take", "share")
class ShareTake(TakeBase):
    """A share of the cost of the care types in scope."""

    kind: Literal["share"] = "share"

    def of_case(self, left: CaseFunction) -> CaseFunction:  # noqa: D102
        return left.times(self.share)

    def words(self, language: str, labels: Labels) -> str:  # noqa: D102
        scope = scope_words(self.scope, labels, language)
        portion = percent(self.share, language)
        if self.share == 1:
            return {
                "nl": f"Elke gemeente brengt de volledige kosten van {scope} in.",
                "en": f"Every municipality hands in the whole cost of {scope}.",
            }[language]
        return {
            "nl": f"Elke gemeente brengt {portion} van de kosten van {scope} in en betaalt de rest zelf.",
            "en": f"Every municipality hands in {portion} of the cost of {scope} and pays the rest itself.",
        }[language]


@part("take", "excess")
class ExcessTake(TakeBase):
    """What a single child costs in a year above the retention, up to a limit if there is one.

    Parameters
    ----------
    retention
        EUR per child and year that its municipality bears itself.
    limit
        The most that is handed in for one child in a year, EUR, before the share; none if left out.
    """

    kind: Literal["excess"] = "excess"
    retention: float = Field(ge=0)
    limit: float | None = Field(default=None, gt=0)

    @field_validator("retention", "limit")
    @classmethod
    def _not_in_thousands(cls, amount: float | None) -> float | None:
        # TOML reads the Dutch 100.000 as one hundred: far too cheap a slip to let pass.
        if amount is not None and 0 < amount < LEAST_EUR:
            hint = "A point is a decimal mark in TOML: write a hundred thousand as 100000 or 100_000."
            rule = f"an amount per child must be at least {LEAST_EUR:.0f} euros, or 0 for a retention of nothing"
            raise RuleError(rule, hint)
        return amount

    def of_case(self, left: CaseFunction) -> CaseFunction:  # noqa: D102
        return left.layer(self.retention, self.limit).times(self.share)

    def words(self, language: str, labels: Labels) -> str:  # noqa: D102
        scope = scope_words(self.scope, labels, language)
        line = money(self.retention, language)
        # The limit counts before the share: 80% of at most EUR 250,000, not at most EUR 250,000 of the 80%.
        limit = money(self.limit, language) if self.limit is not None else ""
        part_ = percent(self.share, language)
        rest = self.share < 1 or self.limit is not None
        if language == "nl":
            text = f"Kost één kind in een jaar meer dan {line} aan {scope}, dan "
            if limit:
                text += f"telt van het meerdere hoogstens {limit} per kind mee; daarvan brengt zijn gemeente "
                text += "alles in" if self.share == 1 else f"{part_} in"
            else:
                text += f"brengt zijn gemeente {'' if self.share == 1 else f'{part_} van '}het meerdere in"
            own = f"De eerste {line} per kind{' en de rest' if rest else ''} betaalt zij zelf."
            return f"{text}. {own} In de simulatie telt elke zorgvorm van een kind apart."
        text = f"If one child costs more than {line} in a year of {scope}, "
        if limit:
            text += f"at most {limit} per child of what is above counts; of that its municipality hands in "
            text += "everything" if self.share == 1 else part_
        else:
            text += f"its municipality hands in {'' if self.share == 1 else f'{part_} of '}what is above"
        own = f"The first {line} per child{' and the rest' if rest else ''} it pays itself."
        return f"{text}. {own} In the simulation each form of care of a child counts apart."


AnyTake = Annotated[ShareTake | ExcessTake, Field(discriminator="kind")]
