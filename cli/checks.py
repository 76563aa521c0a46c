"""What is checked for a reader: a run per budget year, beside its exact figures, and what the run starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solidair.cli.numbers import number
from solidair.cli.texts.history import HISTORY
from solidair.cli.texts.outside import OUTSIDE
from solidair.cli.texts.stays import STAYS
from solidair.models.sources.groups import FEWEST
from solidair.pool.changes import late_words
from solidair.pool.completeness import shortfalls
from solidair.pool.describe import names_of
from solidair.pool.parts.words import Wording

if TYPE_CHECKING:
    from solidair.pool.study import Study


@dataclass(frozen=True)
class YearCheck:
    """Simulated beside exact in one budget year, or in all of them.

    Parameters
    ----------
    year
        Calendar year; None for all years together.
    figures
        Means and spreads that were judged.
    largest
        Largest |z| of these; NaN if there are none.
    rare
        Figures of care so rare that too few paths make them up.
    spread
        Spreads alone for which this holds, while the mean could be judged.
    infinite
        Figures of measures whose spread is infinite.
    unknown
        Figures for which the exact spread is not known in closed form: with a t copula, children whose payer changes,
        or stays that are really open.
    """

    year: int | None
    figures: int
    largest: float
    rare: int
    spread: int
    infinite: int
    unknown: int

    @property
    def not_judged(self) -> dict[str, int]:
        """Figures that were not judged, by reason."""
        return {key: getattr(self, key) for key in REASONS}


REASONS = ("rare", "spread", "infinite", "unknown")


def prices_apart(study: Study) -> bool:
    """Return whether budgets of members' own are set beside costs of an earlier price level.

    An index does not help: it starts in the first budget year.
    """
    given = any(not member.budget_derived for member in study.region.members)
    return given and study.settings.first_year > study.costs.spec.price_level


def start_notes(study: Study, language: str) -> list[str]:
    """Return what a reader must know of what a run starts from, and of what never comes into it.

    That are open stays, past years that are assumed, and articles and changes that fall outside the years.
    """
    return [*_stay_notes(study, language), *_history_notes(study, language), *_outside_notes(study, language)]


def _outside_notes(study: Study, language: str) -> list[str]:
    """Return a note for each article that holds in no year of the study, and for each change after the last one."""
    setting, text, notes = study.setting, OUTSIDE[language], []
    say = Wording(language, {}, names_of(study.region))
    first, last = setting.calendar[0], setting.calendar[-1]
    span, key = (f"{first}", "one_year") if first == last else (f"{first}-{last}", "article")
    for agreement in study.agreements:
        title = agreement.spec.title[language]
        for place, clause in enumerate(agreement.spec.clauses, 1):
            if not clause.when(setting).any():
                notes.append(text[key].format(number=place, agreement=title, span=span))
        late = (late_words(change, last, say) for change in agreement.spec.changes)
        notes += [text["change"].format(agreement=title, late=note) for note in late if note]
    return notes


def _history_notes(study: Study, language: str) -> list[str]:
    """Return a note if agreements look at past years that nobody gave."""
    if not study.history_assumed:
        return []
    # Those that would have something to complain of if nothing might be assumed.
    strict, text = replace(study.setting, assumed=False), HISTORY[language]
    titles = [agreement.spec.title[language] for agreement in study.agreements if agreement.faults(strict)]
    if not titles:
        return []
    quoted, verb = text["and"].join(f"'{title}'" for title in titles), text["one" if len(titles) == 1 else "several"]
    return [text["assumed"].format(agreements=quoted, verb=verb, first=study.settings.first_year)]


def _stay_notes(study: Study, language: str) -> list[str]:
    """Return what a reader must know of a file of open stays: what of it is not used, and whether it looks complete.

    Stays per care type are said in fives, and below five not at all: else the totals would show the number of a small
    group, which may be one child.
    """
    listed, text = study.listed, STAYS[language]
    if listed is None:
        return []
    notes, stays = [], number(len(listed), language)
    if listed.withheld == len(listed):
        # The run starts as without the file, so it does not matter whether that is complete.
        return [text["withheld_all"].format(stays=stays, fewest=FEWEST)]
    if listed.withheld:
        counts = {"withheld": number(listed.withheld, language), "payers": listed.withheld_payers}
        notes.append(text["withheld"].format(stays=stays, fewest=FEWEST, **counts))
    labels = {care.id: care.label[language] for care in study.costs.care_types}
    types = []
    for found in shortfalls(study):
        key = "about" if found.listed >= FEWEST else "below" if found.listed else "none"
        count = text[key].format(fewest=FEWEST, count=number(FEWEST * round(found.listed / FEWEST), language))
        expected = number(found.expected, language)
        types.append(text["few_type"].format(name=labels[found.care_type], listed=count, expected=expected))
    if types:
        notes.append(text["few"].format(payers=len(listed.payers), types="; ".join(types)))
    return notes


def start_counts(study: Study) -> dict[str, Any] | None:
    """Return the same for a machine: stays in the file, those not used, and care types that look incomplete."""
    listed = study.listed
    if listed is None:
        return None
    few = [] if listed.withheld == len(listed) else [found.care_type for found in shortfalls(study)]
    counts = {"listed": len(listed), "not_used": listed.withheld, "not_used_payers": listed.withheld_payers}
    return {**counts, "too_few_of": few}


def not_judged(table: pd.DataFrame, key: str) -> dict[str, int]:
    """Return how many figures of one column, 'mean_z' or 'sd_z', were not judged, by reason."""
    found = table[table[key].isna()]
    infinite, unknown = np.isinf(found["exact_sd"]), found["exact_sd"].isna()
    other = found[~infinite & ~unknown]
    rare = int((other["mean_z"].isna() & other["sd_z"].isna()).sum())
    counts = (rare, len(other) - rare, int(infinite.sum()), int(unknown.sum()))
    return dict(zip(REASONS, counts, strict=True))


def by_year(table: pd.DataFrame) -> list[YearCheck]:
    """Return the check of every budget year and, if there are several, of all together; from the table `check`."""
    years = [_of(int(str(year)), rows) for year, rows in table.groupby("year", sort=True)]
    return years if len(years) == 1 else [*years, _of(None, table)]


def _of(year: int | None, table: pd.DataFrame) -> YearCheck:
    mean_z, sd_z = (table[key].abs() for key in ("mean_z", "sd_z"))
    size = np.concatenate([mean_z.dropna().to_numpy(), sd_z.dropna().to_numpy()])
    missing = mean_z.isna().astype(int) + sd_z.isna().astype(int)
    infinite, unknown = np.isinf(table["exact_sd"]), table["exact_sd"].isna()
    known = ~infinite & ~unknown
    return YearCheck(
        year,
        figures=len(size),
        largest=float(size.max()) if len(size) else float("nan"),
        rare=int(missing[known & (missing == 2)].sum()),
        spread=int(missing[known & (missing == 1)].sum()),
        infinite=int(missing[infinite].sum()),
        unknown=int(missing[unknown].sum()),
    )
