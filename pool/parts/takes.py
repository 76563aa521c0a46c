"""Takes: what a member hands in. Those in this file look at single cases; others look at a member's whole result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.models.schema import Config, RuleError
from solidair.pool.books import Books
from solidair.pool.case_rules import combine
from solidair.pool.layers import CaseFunction
from solidair.pool.parts.lines import (
    Amount,
    Limit,
    Line,
    LineBase,
    gap_words,
    gaps,
    line_amounts,
    line_faults,
    line_words,
)
from solidair.pool.parts.months import PER_MONTH, month_words, require_amounts, stay_faults
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.scopes import Scope
from solidair.pool.parts.shares import Share, Shares, on_top_words, share_faults, share_path, share_words
from solidair.pool.parts.units import Unit, one, unit_words
from solidair.pool.parts.words import Wording, listed
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class TakeBase(Config, ABC):
    """A take.

    Parameters
    ----------
    scope
        'all', or identifiers, Iv3 codes or iJw codes of care types.
    """

    per_case: ClassVar[bool] = False
    """Whether it looks at single cases, so that what it leaves of a case matters for later clauses."""

    scope: Scope = Field(default="all")

    @property
    def linear(self) -> bool:
        """Whether twice the claims are twice as much handed in, and sums likewise: then exact means can be settled."""
        return False

    @abstractmethod
    def hand_in(self, books: Books, weights: FloatArray, reach: BoolArray) -> FloatArray:
        """Return what every member would hand in, (sim, year, member) EUR.

        Parameters
        ----------
        weights
            What of each measure the rule of a take on cases adds up; see `CaseRules.weights`.
        reach
            Members that the clause is about in each year, (year, member); what others hand in is left out afterwards.
        """

    def values(self, setting: Setting, start: int, *, indexed: bool) -> FloatArray:
        """Return the numbers that `of_case` needs in each year and member, (value, year, member).

        Parameters
        ----------
        start
            Position of the first year of the clause; negative if it began before the first year that is settled.
        indexed
            Whether amounts follow the price index by themselves.
        """
        return np.zeros((0, setting.years, setting.members))

    def scopes(self) -> list[str | tuple[str, ...]]:
        """Return scopes that must be measured apart, besides what the rules of cases need."""
        return []

    def faults(self, setting: Setting, start: int, stop: int) -> list[Fault]:
        """Return what this take needs of the setting in the years from `start` to before `stop` and does not find."""
        return []

    @abstractmethod
    def words(self, say: Wording) -> str:
        """Return the take as a sentence."""


class CaseTake(TakeBase, ABC):
    """A take that looks at single cases.

    Parameters
    ----------
    share
        Share of the amount that is handed in, from 0 to 1; or one for each year from the first year of the clause on.
    """

    per_case: ClassVar[bool] = True

    share: Shares = 1.0

    @property
    def linear(self) -> bool:
        """A sum over cases is linear in the claims."""
        return True

    @abstractmethod
    def of_case(self, left: CaseFunction, values: Sequence[float]) -> CaseFunction:
        """Return what is taken of a case of which `left` is left; `values` are those of its member and year."""

    def hand_in(self, books: Books, weights: FloatArray, reach: BoolArray) -> FloatArray:  # noqa: D102
        return combine(weights, books.claims)

    def shares(self, setting: Setting, start: int) -> FloatArray:
        """Return the share of every year, (year, 1); years that the list does not reach have 0."""
        return share_path(self.share, setting, start)

    def faults(self, setting: Setting, start: int, stop: int) -> list[Fault]:  # noqa: D102
        return share_faults(self.share, setting, start, stop)

    def portion(self, say: Wording) -> str:
        """Return the share in words: '80%', or '80%, 60%, 40%'."""
        return share_words(self.share, say)


@part("take", "share")
class ShareTake(CaseTake):
    """A share of the cost of the care types in scope."""

    kind: Literal["share"] = "share"

    def values(self, setting: Setting, start: int, *, indexed: bool) -> FloatArray:  # noqa: D102
        return np.broadcast_to(self.shares(setting, start), (1, setting.years, setting.members))

    def of_case(self, left: CaseFunction, values: Sequence[float]) -> CaseFunction:  # noqa: D102
        return left.times(values[0])

    def words(self, say: Wording) -> str:  # noqa: D102
        scope, portion = say.scope(self.scope), self.portion(say)
        if isinstance(self.share, tuple):
            return say.pick(
                f"Elke gemeente brengt een deel van de kosten van {scope} in: achtereenvolgens {portion} per jaar. De "
                "rest betaalt zij zelf.",
                f"Every municipality hands in part of the cost of {scope}: {portion} in successive years. The rest it "
                "pays itself.",
            )
        if self.share == 1:
            return say.pick(
                f"Elke gemeente brengt de volledige kosten van {scope} in.",
                f"Every municipality hands in the whole cost of {scope}.",
            )
        return say.pick(
            f"Elke gemeente brengt {portion} van de kosten van {scope} in en betaalt de rest zelf.",
            f"Every municipality hands in {portion} of the cost of {scope} and pays the rest itself.",
        )


class Band(Config):
    """A part of the cost of a case above a line.

    Parameters
    ----------
    retention
        Where the band begins, EUR per child (or other unit) and year, or a line.
    limit
        How wide it is, EUR; without end if left out.
    share
        Share of it that is handed in.
    """

    retention: Line
    limit: Limit | None = None
    share: Share = 1.0


@part("take", "excess")
class ExcessTake(CaseTake):
    """What a single child costs in a year above the retention, up to a limit if there is one.

    Parameters
    ----------
    retention
        What its municipality bears itself of a child in a year: an amount, or a line.
    limit
        The most that is handed in for one child in a year, EUR, before the share; none if left out.
    bands
        Several bands, each with a share of its own, instead of one retention. A share beside them, or one for each
        year, counts on top of those of the bands.
    deductible, most
        Of what a member would hand in over all its children in a year it bears the deductible itself, EUR, and hands in
        no more than `most`, EUR.
    unit
        What the lines are laid over. Per child, a real settlement first adds up all care in scope of a child in the
        year; per household that of its children; per care spell nothing: a spell is one child in one form of care from
        one start date, and has the line anew in every year. The simulation knows no children with several forms of
        care and no households: its cases are care spells.
    per
        Whether retention and limit are per year, or per month of stay: then they count times the months that the child
        stayed in the year, which are its days / (365.25 / 12), or the column months of a file of cases. Only for care
        that is stays, and beside no other article with lines on the same care.
    """

    kind: Literal["excess"] = "excess"
    retention: Line | None = None
    limit: Limit | None = None
    bands: tuple[Band, ...] = ()
    deductible: float = Field(default=0.0, ge=0)
    most: float | None = Field(default=None, gt=0)
    unit: Unit = "child"
    per: Literal["year", "month"] = "year"

    @model_validator(mode="after")
    def _either(self) -> ExcessTake:
        if (self.retention is None) == (not self.bands):
            rule = "an excess needs a retention, or bands, and not both"
            raise RuleError(rule, "Write retention = 100000, or bands = [{ retention = 100000, share = 0.5 }, ...].")
        if self.bands and self.limit is not None:
            raise RuleError("with bands, the limit belongs to each band", "Move it into the bands.")
        gaps([(band.retention, band.limit) for band in self.bands])  # refuses bands that overlap
        if self.per == "month":
            require_amounts([band.retention for band in self.layers], self.unit)
        return self

    @property
    def linear(self) -> bool:  # noqa: D102
        return not self.deductible and self.most is None

    @property
    def layers(self) -> tuple[Band, ...]:
        """The bands, of which there is one if the file writes a retention."""
        if self.retention is None:
            return self.bands
        return (Band.model_construct(retention=self.retention, limit=self.limit, share=1.0),)

    def values(self, setting: Setting, start: int, *, indexed: bool) -> FloatArray:  # noqa: D102
        shape, shares = (setting.years, setting.members), self.shares(setting, start)
        rows: list[FloatArray] = []
        for band in self.layers:
            width = np.inf if band.limit is None else setting.unit * band.limit
            line = line_amounts(band.retention, setting, indexed=indexed)
            rows += [line, np.full(shape, width), np.broadcast_to(shares * band.share, shape)]
        return np.array(rows)

    def of_case(self, left: CaseFunction, values: Sequence[float]) -> CaseFunction:  # noqa: D102
        left = left.per_month() if self.per == "month" else left.per_year()
        taken = CaseFunction.nothing(left.indexed)
        for line, width, share in zip(*[iter(values)] * 3, strict=True):
            taken = taken + left.layer(line, width if np.isfinite(width) else None).times(share)
        return taken

    def hand_in(self, books: Books, weights: FloatArray, reach: BoolArray) -> FloatArray:  # noqa: D102
        amount = combine(weights, books.claims)
        if self.linear:
            return amount
        unit = books.setting.unit * books.setting.growth[:, np.newaxis]
        above = np.maximum(amount - unit * self.deductible, 0.0)
        return above if self.most is None else np.minimum(above, unit * self.most)

    def faults(self, setting: Setting, start: int, stop: int) -> list[Fault]:  # noqa: D102
        faults = super().faults(setting, start, stop)
        for number, band in enumerate(self.layers, 1):
            where = "retention" if self.retention is not None else f"bands.{number}.retention"
            faults += [fault.under(where) for fault in line_faults(band.retention, setting)]
        return faults + (stay_faults(self.scope, setting) if self.per == "month" else [])

    def words(self, say: Wording) -> str:  # noqa: D102
        month = month_words(say) if self.per == "month" else ""
        return f"{self._rule(say)}{self._together(say)}{month}{unit_words(self.unit, say)}"

    def _rule(self, say: Wording) -> str:
        scope = say.scope(self.scope)
        if self.retention is None:
            return self._bands(say, scope)
        line = line_words(self.retention, say)
        # The limit counts before the share: 80% of at most EUR 250,000, not at most EUR 250,000 of the 80%.
        limit = say.money(self.limit) if self.limit is not None else ""
        whole, portion = self.share == 1, self.portion(say)
        rest = not whole or self.limit is not None
        told = isinstance(self.retention, LineBase)  # a line in words: 'the first ...' does not go with it
        monthly = self.per == "month"
        per = PER_MONTH[say.language] if monthly else ""
        single = one(self.unit, say)
        each = f" per {single}{say.pick(' en maand', ' and month') if monthly else ''}"
        if say.language == "nl":
            more = f"aan {scope} meer dan {line}" if told else f"meer dan {line}{per} aan {scope}"
            text = f"Kost één {single} in een jaar {more}, dan "
            if limit:
                text += f"telt van het meerdere hoogstens {limit}{each} mee; daarvan brengt zijn gemeente "
                text += "alles in" if whole else f"{portion} in"
            else:
                text += f"brengt zijn gemeente {'' if whole else f'{portion} van '}het meerdere in"
            below = "Wat onder die grens ligt" if told else f"De eerste {line}{each}"
            return f"{text}. {below}{' en de rest' if rest else ''}{',' if told else ''} betaalt zij zelf."
        text = f"If one {single} costs more than {line}{per} in a year of {scope}, "
        if limit:
            text += f"at most {limit}{each} of what is above counts; of that its municipality hands in "
            text += "everything" if whole else portion
        else:
            text += f"its municipality hands in {'' if whole else f'{portion} of '}what is above"
        below = "What is below that line" if told else f"The first {line}{each}"
        return f"{text}. {below}{' and the rest' if rest else ''} it pays itself."

    def _bands(self, say: Wording, scope: str) -> str:
        parts, per = [], PER_MONTH[say.language] if self.per == "month" else ""
        for band in self.bands:
            line, share = line_words(band.retention, say), say.percent(band.share)
            if band.limit is None:
                parts.append(
                    say.pick(f"{share} van het meerdere boven {line}{per}", f"{share} of what is above {line}{per}")
                )
            else:
                width = say.money(band.limit)
                nl, en = f"{share} van de {width} boven {line}{per}", f"{share} of the {width} above {line}{per}"
                parts.append(say.pick(nl, en))
        bands, single = listed(parts, say.language), one(self.unit, say)
        apart = gap_words(gaps([(band.retention, band.limit) for band in self.bands]), say)
        bands += on_top_words(self.share, say)
        return say.pick(
            f"Van wat één {single} in een jaar kost aan {scope} brengt zijn gemeente in: {bands}. De rest betaalt zij "
            f"zelf{apart}.",
            f"Of what one {single} costs in a year of {scope} its municipality hands in: {bands}. The rest it pays "
            f"itself{apart}.",
        )

    def _together(self, say: Wording) -> str:
        text = ""
        if self.deductible:
            amount = say.money(self.deductible)
            text += say.pick(
                f" Van het totaal van een jaar betaalt zij de eerste {amount} zelf.",
                f" Of the total of a year it pays the first {amount} itself.",
            )
        if self.most is not None:
            amount = say.money(self.most)
            text += say.pick(
                f" Zij brengt in een jaar hoogstens {amount} in.", f" It hands in no more than {amount} in a year."
            )
        return text


@part("take", "tier")
class TierTake(CaseTake):
    """The part of the full cost of a case between two lines, whatever other clauses take.

    The tiers of an agreement must cut a case into parts that neither overlap nor leave a gap.

    Parameters
    ----------
    lower
        Where the tier begins, EUR per child and year.
    upper
        Where it ends; without end if left out.
    """

    kind: Literal["tier"] = "tier"
    lower: Amount
    upper: Amount | None = None

    @model_validator(mode="after")
    def _ascending(self) -> TierTake:
        if self.upper is not None and self.upper <= self.lower:
            raise RuleError("a tier must end above where it begins", "Swap lower and upper, or leave upper out.")
        return self

    def values(self, setting: Setting, start: int, *, indexed: bool) -> FloatArray:  # noqa: D102
        shape = (setting.years, setting.members)
        width = np.inf if self.upper is None else setting.unit * (self.upper - self.lower)
        shares = np.broadcast_to(self.shares(setting, start), shape)
        return np.array([np.full(shape, setting.unit * self.lower), np.full(shape, width), shares])

    def of_case(self, left: CaseFunction, values: Sequence[float]) -> CaseFunction:  # noqa: D102
        line, width, share = values
        case = CaseFunction.whole(left.indexed)
        return case.layer(line, width if np.isfinite(width) else None).times(share)

    def words(self, say: Wording) -> str:  # noqa: D102
        scope, lower = say.scope(self.scope), say.money(self.lower)
        until = "" if self.upper is None else say.pick(f" tot {say.money(self.upper)}", f" to {say.money(self.upper)}")
        share = "" if self.share == 1 else say.pick(f"{self.portion(say)} van ", f"{self.portion(say)} of ")
        text = say.pick(
            f"Van de kosten van één kind in een jaar aan {scope} brengt zijn gemeente {share}het deel van "
            f"{lower}{until or ' af'} in.",
            f"Of the cost of one child in a year of {scope} its municipality hands in {share}the part from "
            f"{lower}{until or ' on'}.",
        )
        return f"{text}{unit_words('child', say)}"
