"""A charge by a sharing rule of the literature: who bears what of a total, whoever brought it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.models.exact.sharing import Sharing
from solidair.models.problems import suggest
from solidair.models.schema import RuleError
from solidair.pool.books import Books, Charged
from solidair.pool.parts.charges import ChargeBase, Outside
from solidair.pool.parts.keys import sharing
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.rule_words import rule_words
from solidair.pool.parts.words import Wording
from solidair.pool.rules import RULES, Affine, ConditionalMean, Law, LawError, Rule, Tolerance, Uniform, fewest_years
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

Name = Literal[
    "uniform", "mean_proportional", "linear", "variance_proportional", "tolerance", "quantile", "conditional_mean"
]

FINEST = 2.0**-20
"""EUR to which amounts of a year without cost are rounded, so that what some pay and others receive sums to 0."""


@dataclass(frozen=True, eq=False)
class YearRule:
    """A rule for the members that share in one year.

    Parameters
    ----------
    rule
        The rule, fitted.
    usual
        Share of each member in a total of the expected size, (member,), sum 1.
    """

    rule: Rule
    usual: FloatArray

    @staticmethod
    def of(rule: Rule, total: float) -> YearRule:
        """Return a rule with its shares in a total above 0."""
        return YearRule(rule, np.asarray(rule.of_total(total) / total, dtype=np.float64))

    def divide(self, bill: FloatArray, amounts: FloatArray) -> FloatArray:
        """Return who pays a bill, (sim, member) EUR.

        What the rule says of the sum of the amounts, times bill over sum. Where nothing was handed in a bill is divided
        by the usual shares, and without a bill the rule stands as it is: a linear rule lets some pay others then.

        Parameters
        ----------
        bill
            (sim,) EUR.
        amounts
            What members handed in, (sim, member) EUR.
        """
        total = amounts.sum(axis=-1)
        # A rule that only knows totals of at least 0 may meet one below, although the pilot run had none.
        known = np.ones(total.shape, np.bool_) if isinstance(self.rule, Affine) else total >= 0.0
        borne: FloatArray = self.rule.of_total(np.where(known, total, 0.0))
        # What rounding leaves of the sum is spread evenly; a linear rule may add up millions to little.
        borne = borne + ((np.where(known, total, 0.0) - borne.sum(axis=-1)) / borne.shape[-1])[:, np.newaxis]
        some = known & (total != 0.0)
        borne *= np.where(some, bill / np.where(some, total, 1.0), 1.0)[:, np.newaxis]
        none = np.flatnonzero(~some)
        if len(none):
            level = np.rint(borne[none] / FINEST) * FINEST
            level[:, 0] -= level.sum(axis=-1)
            owed = bill[none, np.newaxis]
            borne[none] = np.where(owed != 0.0, owed * self.usual, level)
        return borne


@part("charge", "rule")
class RuleCharge(ChargeBase):
    """Members pay by a rule that looks at the total only, whoever brought it in; see the page on rules.

    The rule is fitted for each year to what the members that share hand in over the years of a pilot run. Where the
    bill is not the total of what they hand in, as with a capped pot or an outside payer, what the rule says of the
    total is scaled to the bill. If nothing is ever handed in, all pay the same.

    Parameters
    ----------
    rule
        'uniform', 'mean_proportional', 'linear', 'variance_proportional', 'tolerance', 'quantile' or
        'conditional_mean'.
    method
        For the conditional mean: 'spline' estimates it from the pilot run, 'exact' computes it by Fourier transform,
        'auto' does the latter where the cost model allows.
    tolerances
        For the rule by tolerance: how much risk each member can stand, EUR by CBS code; in proportion to the youth
        budget if left out. Only their proportions matter.
    capped
        For the rule by tolerance: says that what a child adds to the total has an upper end. The rule must not be used
        without: the utility that it comes from is minus infinity then.
    outside
        Who bears a share before members do.
    """

    kind: Literal["rule"] = "rule"
    rule: Name
    method: Literal["auto", "exact", "spline"] = "auto"
    tolerances: dict[str, Annotated[float, Field(gt=0)]] | None = Field(default=None, min_length=1)
    capped: bool = False
    outside: Outside | None = None

    @model_validator(mode="after")
    def _fits(self) -> RuleCharge:
        tolerant = self.rule == "tolerance"
        if tolerant and not self.capped:
            raise RuleError(
                "the rule by tolerance needs costs with an upper end: with a heavy tail its utility is minus infinity",
                "Give the take a limit, or cap the severities, and then write capped = true; or take another rule.",
            )
        if not tolerant and (self.capped or self.tolerances is not None):
            raise RuleError("'tolerances' and 'capped' belong to the rule by tolerance", 'Write rule = "tolerance".')
        if self.method != "auto" and self.rule != "conditional_mean":
            raise RuleError("'method' belongs to the conditional mean", "Leave it out.", self.method)
        return self

    @property
    def needs_law(self) -> bool:
        """Equal parts need to know nothing; every other rule does."""
        return self.rule != "uniform"

    def years_needed(self, members: int) -> int:
        """Return how many years of the pilot run must have a cost, so that the rule can be fitted to them."""
        return fewest_years(members) if self.rule == "conditional_mean" else 2

    def learnt(self, sample: FloatArray, setting: Setting, year: int, inside: npt.NDArray[np.intp]) -> YearRule:
        """Return the rule of a year, from a pilot run.

        Parameters
        ----------
        sample
            What members handed in, (sim, year, member) EUR.
        inside
            Positions of the members that share in the year.

        Raises
        ------
        solidair.pool.rules.RuleError
            If the sample is too small, or of no use for this rule.
        """
        if self.method == "exact":
            raise LawError("only a study can compute it exactly: it knows the cost model")
        amounts = np.ascontiguousarray(sample[:, year][:, inside])
        if not amounts.any():
            return YearRule.of(Uniform.fit(Law(np.zeros(len(inside)))), 1.0)
        law = Law.of_sample(amounts)
        if self.rule == "tolerance":
            rule: Rule = Tolerance.fit(law, self._tolerances(setting)[year, inside], capped=self.capped)
        else:
            rule = RULES[self.rule].fit(law)  # type: ignore[attr-defined]
        return YearRule.of(rule, float(law.means.sum()))

    @staticmethod
    def known(exact: Sharing) -> YearRule:
        """Return the conditional mean of a year from its exact law."""
        return YearRule.of(ConditionalMean.fit(Law.of_exact(exact)), float(exact.means.sum()))

    @staticmethod
    def name_of(year: int) -> str:
        """Return the name under which the rule of a year is kept; see `Books.fitted`."""
        return f"rule of year {year}"

    def spread(self, bill: FloatArray, handed_in: FloatArray, books: Books, reach: BoolArray) -> Charged:  # noqa: D102
        outside = 0.0 if self.outside is None else self.outside.share * bill
        rest, borne = bill - outside, np.zeros(handed_in.shape)
        for year in range(handed_in.shape[1]):
            inside = np.flatnonzero(reach[year])
            if len(inside):
                rule = self._rule(books, year, inside)
                amounts = np.ascontiguousarray(handed_in[:, year][:, inside])
                borne[:, year, inside] = rule.divide(rest[:, year], amounts)
        return Charged(borne, outside)

    def _rule(self, books: Books, year: int, inside: npt.NDArray[np.intp]) -> YearRule:
        if not self.needs_law:
            return YearRule.of(Uniform.fit(Law(np.zeros(len(inside)))), 1.0)
        return books.fitted(self.name_of(year), lambda sample: self.learnt(sample, books.setting, year, inside))

    def _tolerances(self, setting: Setting) -> FloatArray:
        """Return the tolerance of each year and member, (year, member), in any unit."""
        if self.tolerances is None:
            return setting.budgets
        own = [self.tolerances.get(str(code), 0.0) for code in setting.region.codes]
        return np.broadcast_to(setting.merged(np.array(own)), setting.budgets.shape)

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        if self.rule != "tolerance":
            return []
        members, title = sharing(setting, reach), setting.region.title
        if self.tolerances is None:
            poor = ", ".join(m.name for m, budget in zip(setting.region.members, setting.region.budget, strict=True)
                             if m in members and not budget > 0)  # fmt: skip
            rule = f"tolerances follow the youth budget, which is not above 0 for {poor}"
            return [Fault("tolerances", "", rule, "Write the tolerances down, EUR by CBS code.")] if poor else []
        codes = [str(code) for code in setting.region.codes]
        rule = f"a tolerance is given for a municipality that is no member of {title}"
        faults = [Fault(f"tolerances.{c}", c, rule, suggest(c, codes)) for c in self.tolerances if c not in codes]
        missing = ", ".join(f"{m.code} ({m.name})" for m in members if str(m.code) not in self.tolerances)
        if missing:
            rule = f"there is no tolerance for {missing}"
            faults.append(Fault("tolerances", "", rule, "Add it, EUR above 0; or leave all out to follow the budgets."))
        return faults

    def words(self, say: Wording) -> str:  # noqa: D102
        text = rule_words(self.rule, say, by_budget=self.tolerances is None)
        if self.outside is None:
            return text
        name, share = self.outside.name[say.language], say.percent(self.outside.share)
        first = say.pick(f"{name} betaalt {share} van het totaal.", f"{name} pays {share} of the total.")
        return first if self.outside.share == 1 else f"{first} {say.pick('Van de rest geldt:', 'Of the rest:')} {text}"


__all__ = ["RuleCharge", "YearRule"]
