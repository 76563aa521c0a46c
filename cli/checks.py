"""The check of a run per budget year: figures that were judged, how far off the worst is, why others were not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

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
