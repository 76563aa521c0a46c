"""Figures of a stress test by world, agreement, member and metric, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from solidair.cli.numbers import number, percent
from solidair.cli.report.cells import rounded, with_error
from solidair.cli.stress_run import Found
from solidair.cli.texts.stress import TEXTS
from solidair.pool.metrics.year_table import periods

CLEAR = 2.0
"""Standard errors below which a change is not told from none."""


@dataclass(frozen=True)
class Change:
    """A figure that changes, with the error of the change; NaN where the world has no such member."""

    base: float
    change: float
    error: float

    @property
    def there(self) -> bool:
        """Whether the world has this figure: a member that merges into another one has none."""
        return self.change == self.change

    @property
    def clear(self) -> bool:
        """Whether it is told from none."""
        return abs(self.change) > 0.0 and abs(self.change) >= CLEAR * self.error


NONE = Change(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Figures:
    """All figures of a stress test.

    Parameters
    ----------
    found
        What it found.
    language
        'nl' or 'en'.
    """

    found: Found
    language: str

    @property
    def text(self) -> Mapping[str, str]:
        """Words in the language."""
        return TEXTS[self.language]

    @cached_property
    def periods(self) -> list[str]:
        """Names of all periods; the last one is all years together."""
        settings = self.found.base.study.settings
        return periods(settings.first_year, settings.years)

    @cached_property
    def _all(self) -> dict[tuple[str, ...], Change]:
        table = self.found.table
        keys = zip(*(table[key] for key in ("scenario", "agreement", "code", "metric", "period")), strict=True)
        values = zip(table["base"], table["change"], table["change_se"], strict=True)
        return {key: Change(*map(float, three)) for key, three in zip(keys, values, strict=True)}

    def of(self, world: str, agreement: str, code: str, metric: str, period: str | None = None) -> Change:
        """Return a figure, of all years together if no period is named."""
        return self._all.get((world, agreement, code, metric, period or self.periods[-1]), NONE)

    def budget(self, code: str) -> float:
        """Return the planned budget of a member over all years, EUR."""
        study = self.found.base.study
        return float(study.setting.budgets[:, study.region.index(code)].sum())

    @property
    def certainty(self) -> str:
        """The certainty that councils ask for, in words."""
        study = self.found.base.study
        if any(member.certainty is not None for member in study.region.members):
            return self.text["per_council"]
        return percent(study.finance.certainty, self.language)

    @property
    def worlds(self) -> str:
        """How many worlds were run."""
        count = len(self.found.worlds)
        return self.text["world_one" if count == 1 else "world_many"].format(count=number(count, self.language))

    def short(self, change: Change, divisor: float) -> str:
        """Return a change with about two digits; one that chance alone could give is about 0."""
        value, error = change.change / divisor, change.error / divisor
        if not change.there:
            return "–"
        if error > 0.0 and not change.clear:
            return "≈ 0"
        return rounded(value, error, self.language, sign=True, most=1 if abs(value) < 9.95 else 0)[0]

    def long(self, change: Change, divisor: float) -> str:
        """Return a change with its standard error."""
        return with_error(change.change / divisor, change.error / divisor, self.language, sign=True)
