"""The text for the paragraph on reserve capacity of a budget (Dutch: weerstandsvermogen en risicobeheersing)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solidair.pool.finance.capacity import MAXIMUM, chosen_levels, enough_paths, few_paths, level_before
from solidair.pool.finance.classes import CLASSES, CapacityClass, class_of
from solidair.pool.finance.paragraph_words import WORDS
from solidair.pool.metrics.quantiles import exact_level
from solidair.pool.parts.words import NO_BREAK, listed, money, number

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.results import Results

STEPS = (0.9, 0.95)
"""Certainties of which the text tells the step: from 80 to 90 %, and from 90 to 95 %."""

DECIDES = 0.5
"""A step of more than this share makes the chosen certainty decide the result. A choice, not a norm.

A normal loss about its budget has a step of 52 % from 80 to 90 %, and of 28 % from 90 to 95 %.
"""

CLEAR = 2.0
"""Standard errors by which a difference must differ from 0 to be named as one."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Paragraph:
    """What the budget of one member can say about its required capacity.

    Parameters
    ----------
    code, name
        The member.
    text
        Sentences on the member without an agreement.
    agreements
        A sentence per agreement.
    notes
        What must be known before these figures are used; often empty.
    """

    code: str
    name: str
    text: str
    agreements: tuple[str, ...]
    notes: tuple[str, ...]


def amount(value: float, language: str) -> str:
    """Return an amount with about three digits: € 18,7 miljoen, € 380.000, € 950."""
    sign, size = ("−" if value < 0 else ""), abs(value)
    if size >= 999_500:
        symbol, decimals = {"nl": "€", "en": "EUR"}[language], 1 if size < 99_950_000 else 0
        shown = number(size / 1e6, language, decimals)
        return f"{sign}{symbol}{NO_BREAK}{shown}{NO_BREAK}{WORDS[language]['million']}"
    return sign + money(round(size, -3) if size >= 9_999.5 else size, language)


def certainty_words(level: float, language: str) -> str:
    """Return a certainty as a percentage with all its decimals: 90%, 92,5%, 99,95%."""
    text = f"{float(100 * exact_level(level)):.10g}%"
    return text.replace(".", ",") if language == "nl" else text


def decides(step: float) -> bool:
    """Return whether a step in certainty changes the required capacity so much that the level decides the result."""
    return step > DECIDES


def paragraphs(results: Results, language: str) -> tuple[Paragraph, ...]:
    """Return the paragraph of every member, from the tables `capacity` and `certainty`.

    Parameters
    ----------
    language
        'nl' or 'en'.
    """
    first = str(results.study.settings.first_year)
    capacity: dict[str, dict[tuple[str, str], Row]] = defaultdict(dict)
    for row in _rows(results.table("capacity")):
        capacity[row["code"]][row["agreement"], row["period"]] = row
    steps: dict[str, dict[str, dict[float, Row]]] = defaultdict(lambda: defaultdict(dict))
    certainty = results.table("certainty")
    for row in _rows(certainty[certainty["period"] == first]):
        steps[row["code"]][row["agreement"]][row["certainty"]] = row
    return tuple(
        _Writer(results, place, language, capacity[code], steps[code]).paragraph()
        for place, code in enumerate(results.study.region.codes.tolist())
    )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


class _Writer:
    """Puts one member into words."""

    def __init__(
        self,
        results: Results,
        place: int,
        language: str,
        capacity: Mapping[tuple[str, str], Row],
        steps: Mapping[str, Mapping[float, Row]],
    ) -> None:
        study = results.study
        self.results, self.language, self.words = results, language, WORDS[language]
        self.member, self.budget = study.region.members[place], float(study.setting.budgets[0, place])
        self.first = str(study.settings.first_year)
        self.rows, self.steps = capacity, steps
        horizons = [period for _, period in capacity if period != self.first]
        self.horizon = horizons[0] if horizons else ""
        self.titles = {a.name: a.spec.title[language] for a in study.agreements}
        self.shared = [a.name for a in study.agreements if a.spec.clauses]
        alone = [a.name for a in study.agreements if not a.spec.clauses]
        self.alone = alone[0] if alone else None

    def paragraph(self) -> Paragraph:
        any_agreement = next(iter(self.titles))
        now, later = self._pair(any_agreement)
        key = "budget_derived" if self.member.budget_derived else "budget"
        sentences = [self._say("open", budgeted=self._say(key, budget=amount(self.budget, self.language)))]
        if self.alone is not None:
            row = self.rows[self.alone, self.first]
            sentences.append(
                self._say(
                    "risk",
                    probability=self._chance(row["overrun_probability"]),
                    expected=amount(row["expected_effect"], self.language),
                    maximum=amount(row["maximum_effect"], self.language),
                    most=certainty_words(MAXIMUM, self.language),
                )
            )
        level = float(now["certainty"])
        sentences.append(
            self._both(
                "alone", now, later, certainty=certainty_words(level, self.language),
                required=lambda row: amount(row["required_own"], self.language),
                error=lambda row: amount(row["required_own_se"], self.language),
            )
        )  # fmt: skip
        sentences += [self.words[self._origin()], *self._need(), *self._kink(), self._available(now, later)]
        if not math.isnan(now["available"]):
            sentences.append(self.words["scope"])
        return Paragraph(
            self.member.code,
            self.member.name,
            " ".join(sentences),
            tuple(self._with(name) for name in self.shared),
            tuple(few_words(self.results.sims, [level], self.language)),
        )

    def _say(self, key: str, **figures: str) -> str:
        return self.words[key].format(year=self.first, horizon=self.horizon, **figures)

    def _both(self, key: str, now: Row, later: Row | None, **figures: Any) -> str:
        """Say something of the first year, and of the horizon if there is one; functions are called with their rows."""
        said = {name: figure(now) if callable(figure) else figure for name, figure in figures.items()}
        if later is None:
            return self._say(key, **said)
        said |= {f"{name}_all": figure(later) for name, figure in figures.items() if callable(figure)}
        return self._say(f"{key}_years", **said)

    def _pair(self, agreement: str) -> tuple[Row, Row | None]:
        later = self.rows[agreement, self.horizon] if self.horizon else None
        return self.rows[agreement, self.first], later

    def _origin(self) -> str:
        if self.member.certainty is not None:
            return "by_council"
        return "by_study" if "certainty" in self.results.study.finance.model_fields_set else "assumed"

    def _need(self) -> list[str]:
        drawn = self.member.need_index is None and self.results.study.costs.spec.need_spread.sd.value > 0
        return [self.words["need"]] if drawn else []

    def _kink(self) -> list[str]:
        """Say what more certainty costs, and whether it decides the result."""
        agreement = self.alone or self.shared[0]
        told, much = [], False
        for level in STEPS:
            row, before = self.steps[agreement][level], level_before(level)
            assert before is not None
            if math.isnan(row["step"]):
                continue
            low, high = (certainty_words(p, self.language) for p in (before, level))
            ends = [max(self.steps[agreement][p]["loss"], 0.0) for p in (before, level)]
            said = {"low": low, "high": high} | {
                name: amount(end, self.language) for name, end in zip(("before", "after"), ends, strict=True)
            }
            if row["step"] > CLEAR * row["step_se"]:  # else its percentage is noise over almost nothing
                said["times"] = f"{number(100 * row['step'], self.language)}%"
                said["error"] = f"±{NO_BREAK}{number(max(100 * row['step_se'], 1.0), self.language)}%"
                told.append(self._say("step", **said))
            else:
                told.append(self._say("step_rough", **said))
            much |= decides(row["step"])
        if not told:
            return []
        under = [] if self.alone else [self._say("steps_under", title=self.titles[agreement])]
        steps = self._say("steps", steps=listed(told, self.language))
        return [*under, steps, *([self.words["decides"]] if much else [])]

    def _available(self, now: Row, later: Row | None) -> str:
        if math.isnan(now["available"]):
            return self.words["unknown"]
        return self._both(
            "available", now, later,
            available=lambda row: amount(row["available"], self.language),
            ratio=lambda row: self._class(row["ratio_own"], row["ratio_own_se"]),
        )  # fmt: skip

    def _class(self, ratio: float, error: float) -> str:
        """Return a ratio with its class, and the best and worst class that it may have within its error."""
        found = class_of(ratio)
        assert found is not None
        shown = self.words["no_limit"] if math.isinf(ratio) else self._ratio(ratio, found)
        said = {"ratio": shown, "letter": found.letter, "words": found.words[self.language]}
        if math.isfinite(error):
            best, worst = (class_of(max(ratio + side * CLEAR * error, 0.0)) for side in (1, -1))
            if best is not None and worst is not None and best is not worst:
                return self._say("class_near", best=best.letter, worst=worst.letter, **said)
        return self._say("class", **said)

    def _ratio(self, ratio: float, found: CapacityClass) -> str:
        """Return two decimals, cut off rather than rounded, so that a ratio never seems to be in another class."""
        cut = math.ceil if found is CLASSES[0] else math.floor
        return number(cut(round(100.0 * ratio, 6)) / 100.0, self.language, 2)

    def _chance(self, share: float) -> str:
        if share < 0.005:
            return self.words["rarely"]
        return self.words["nearly"] if share > 0.995 else f"{number(100 * share, self.language)}%"

    def _with(self, agreement: str) -> str:
        now, later = self._pair(agreement)
        sentence = self._both(
            "with", now, later, title=self.titles[agreement],
            required=lambda row: amount(row["required"], self.language),
            saved=self._saved,
        )  # fmt: skip
        if not math.isnan(now["available"]):
            key = "with_ratio" if later is None else "with_ratios"
            ratios = {"ratio": self._class(now["ratio"], now["ratio_se"])}
            if later is not None:
                ratios["ratio_all"] = self._class(later["ratio"], later["ratio_se"])
            sentence += self._say(key, **ratios)
        return f"{sentence}."

    def _saved(self, row: Row) -> str:
        saved, error = row["saved"], row["saved_se"]
        if saved == error == 0.0:
            return self.words["same"]
        if abs(saved) < CLEAR * error:
            return self.words["unclear"]
        said = {"amount": amount(abs(saved), self.language), "error": amount(error, self.language)}
        return self._say("less" if saved > 0 else "more", **said)


def few_notes(results: Results, language: str) -> list[str]:
    """Return a warning for every certainty that a council asks for, and for 99 %, that has too few simulated paths."""
    study = results.study
    return few_words(results.sims, chosen_levels(study.region, study.finance.certainty).tolist(), language)


def few_words(sims: int, levels: Iterable[float], language: str) -> list[str]:
    """Return a warning for every one of these certainties, and for 99 %, beyond which too few simulated paths lie."""
    words = WORDS[language]
    return [
        words["few"].format(
            sims=number(sims, language),
            beyond=beyond,
            certainty=certainty_words(p, language),
            enough=number(enough_paths(p), language),
        )
        for p in sorted({*levels, MAXIMUM})
        if (beyond := few_paths(sims, p)) is not None
    ]
