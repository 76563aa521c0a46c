"""The answer in one sentence, made from the figures: which agreement steadies budgets most, and what it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from solidair.cli.numbers import euro_short, points
from solidair.cli.remarks import beyond
from solidair.cli.report.cells import with_error
from solidair.pool.metrics import METRICS, Estimate
from solidair.pool.results import Results

CLEAR = 2.0
"""Differences smaller than this many standard errors are not called differences."""


@dataclass(frozen=True)
class Verdict:
    """What one agreement does to the region as a whole.

    Parameters
    ----------
    names
        The agreement, and those that charge everybody the same in every year.
    gain
        Reduction of the swing by chance, mean over the members weighted by youth, share.
    moved
        Money that goes from one municipality to another in an average year, EUR.
    """

    names: tuple[str, ...]
    gain: Estimate
    moved: Estimate

    @property
    def is_clear(self) -> bool:
        """Whether the reduction is more than the chance of the simulation explains."""
        return float(self.gain.value) > CLEAR * float(self.gain.standard_error)

    @property
    def gain_per_euro(self) -> Estimate:
        """Reduction per euro moved, with the error of that ratio; nothing moved gives 0."""
        moved = float(self.moved.value)
        if moved <= 0.0:
            return Estimate(np.asarray(0.0), np.zeros_like(self.gain.influence))
        value = float(self.gain.value) / moved
        return Estimate(np.asarray(value), (self.gain.influence - value * self.moved.influence) / moved)


def verdicts(results: Results) -> list[Verdict]:
    """Return one verdict per sharing agreement, those that come to the same thing taken together."""
    youth = np.asarray(results.study.region.youth, dtype=np.float64)
    weights = youth / youth.sum()
    twins = {name: tuple(group) for group in results.identical() for name in group}
    found = []
    for agreement in results.study.agreements:
        group = tuple(n for n in twins.get(agreement.name, (agreement.name,)) if _shares(results, n))
        if not group or group[0] != agreement.name:
            continue
        sample = results.sample(agreement.name)
        gain = METRICS["stability_gain_chance"].function(sample)
        region = Estimate(np.asarray(gain.value @ weights), gain.influence @ weights)
        found.append(Verdict(group, region, METRICS["redistribution"].function(sample)))
    return found


def _shares(results: Results, name: str) -> bool:
    return any(a.name == name and a.spec.clauses for a in results.study.agreements)


def leaders(estimates: Sequence[Estimate]) -> list[int]:
    """Return the position of the highest estimate, and of those that cannot be told from it."""
    best = max(range(len(estimates)), key=lambda i: float(estimates[i].value))
    found = [best]
    for i, other in enumerate(estimates):
        difference, error = estimates[best].minus(other)
        if i != best and float(difference) <= CLEAR * float(error):
            found.append(i)
    return found


def answer(
    results: Results,
    tables: Mapping[str, pd.DataFrame],
    found: Sequence[Verdict],
    text: Mapping[str, str],
    language: str,
) -> list[Markup]:
    """Return the sentences that answer the question of the report."""
    titles = {a.name: a.spec.title[language] for a in results.study.agreements}
    stability = tables["stability"]
    if not found:
        swing = stability["sd_chance"] / stability["mean"]
        return [
            Markup(text["answer_none"]).format(
                name=_bold([next(iter(titles.values()))], text),
                low=points(float(swing.min()), language, 1),
                high=points(float(swing.max()), language, 1),
            )
        ]
    first = leaders([v.gain for v in found])
    best = found[first[0]]
    if not best.is_clear:
        return [Markup(text["answer_nothing"])]
    budget = float(sum(m.youth_budget_eur for m in results.study.region.members))
    row = next(r for r in tables["fairness"].to_dict("records") if r["agreement"] == best.names[0])
    unknown = any(m.need_index is None for m in results.study.region.members)
    values = {
        "between": text["between_beyond" if best.names[0] in beyond(results) else "between"],
        "assumed": text["answer_assumed"] if unknown else "",
        "best": _named(best, titles, text),
        "gain": _gain(best, language),
        "moved": euro_short(float(row["redistribution"]), language),
        "share": points(float(row["redistribution"]) / budget, language, 1),
        "need": euro_short(float(row["redistribution_need"]), language),
        "luck": euro_short(float(row["redistribution_chance"]), language),
    }
    sentences = []
    if len(first) == 1:
        sentences.append(Markup(text["answer_best"]).format(**values))
    else:
        rivals = _bold([titles[n] for i in first for n in found[i].names], text)
        sentences.append(Markup(text["answer_tied"]).format(rivals=rivals, **values))
    sentences.append(Markup(text["answer_moved"]).format(**values))
    thrifty = leaders([v.gain_per_euro for v in found])
    if len(thrifty) == 1 and thrifty[0] not in first:
        other = found[thrifty[0]]
        sentences.append(
            Markup(text["answer_thrifty"]).format(
                name=_named(other, titles, text),
                gain=_gain(other, language),
                moved=euro_short(float(other.moved.value), language),
            )
        )
    return sentences


def member_range(
    results: Results, tables: Mapping[str, pd.DataFrame], found: Sequence[Verdict], text: Mapping[str, str], lang: str
) -> Markup | None:
    """Return the sentence on who gains least and most under the agreement that steadies most, if that can be told."""
    if not found or len(results.study.region.members) < 2:
        return None
    best = found[leaders([v.gain for v in found])[0]]
    if not best.is_clear:
        return None
    table = tables["stability"]
    rows = table[table["agreement"] == best.names[0]].sort_values("stability_gain_chance", kind="stable")
    low, high = rows.iloc[0], rows.iloc[-1]
    doubt = CLEAR * float(np.hypot(low["stability_gain_chance_se"], high["stability_gain_chance_se"]))
    if high["stability_gain_chance"] - low["stability_gain_chance"] <= doubt:
        return None
    return Markup(text["answer_range"]).format(
        name=next(a.spec.title[lang] for a in results.study.agreements if a.name == best.names[0]),
        least=low["name"],
        low=points(float(low["stability_gain_chance"]), lang),
        most=high["name"],
        high=points(float(high["stability_gain_chance"]), lang),
    )


def _gain(verdict: Verdict, language: str) -> str:
    value, error = 100 * float(verdict.gain.value), 100 * float(verdict.gain.standard_error)
    return with_error(value, error, language, unit="%", most=1)


def _named(verdict: Verdict, titles: Mapping[str, str], text: Mapping[str, str]) -> Markup:
    name = _bold([titles[verdict.names[0]]], text)
    if len(verdict.names) == 1:
        return name
    others = _bold([titles[n] for n in verdict.names[1:]], text)
    return Markup(text["same_as"]).format(name=name, others=others)


def _bold(names: Sequence[str], text: Mapping[str, str]) -> Markup:
    """Return titles in bold, as an enumeration."""
    bold = [Markup("<strong>{}</strong>").format(escape(name)) for name in names]
    joiner = Markup(" {} ").format(text["and"])
    return bold[0] if len(bold) == 1 else Markup(", ").join(bold[:-1]) + joiner + bold[-1]
