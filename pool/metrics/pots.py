"""What pots did: the ratio paid, the balance of a fund, a call, as a table per budget year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.pool.metrics.quantiles import value_at_risk

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.agreements import Agreement

FloatArray = npt.NDArray[np.float64]

LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def pot_table(
    observed: Mapping[str, FloatArray], agreements: Sequence[Agreement], years: Sequence[int]
) -> pd.DataFrame:
    """Return one row per agreement, clause, figure and year: mean with its Monte Carlo error, P10, P50 and P90.

    Parameters
    ----------
    observed
        Values, (sim, year), by agreement, number of the clause and name of the figure, such as 'our-fund/2/ratio'.
    """
    import pandas as pd

    titles = {agreement.name: [clause.title for clause in agreement.spec.clauses] for agreement in agreements}
    rows = []
    for key, values in observed.items():
        agreement, clause, what = key.split("/")
        title = titles[agreement][int(clause) - 1]
        for t, year in enumerate(years):
            ordered = np.sort(values[:, t])
            row = {"agreement": agreement, "clause": int(clause), "title_nl": title.nl, "title_en": title.en}
            row |= {"what": what, "year": year, "mean": float(ordered.mean())}
            row |= {"mean_se": float(ordered.std() / np.sqrt(len(ordered)))}
            rows.append(row | {name: float(value_at_risk(ordered, level)) for name, level in LEVELS.items()})
    columns = ["agreement", "clause", "title_nl", "title_en", "what", "year", "mean", "mean_se", *LEVELS]
    return pd.DataFrame(rows, columns=columns)
