"""With and without doubt about parameters: the same luck, drawn once around best estimates and once at them.

A parameter that nobody knows exactly is drawn once per path, so its doubt does not average out over years or members.
What it adds is shown by a second run with the same seed in which every parameter is taken as known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from solidair.pool.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.results import Results

METRICS = ("mean", "sd", "var_95", "tvar_95")
"""Metrics that are shown with and without."""

COLUMNS = [
    "agreement",
    "code",
    "name",
    *(f"{metric}{ending}" for metric in METRICS for ending in ("", "_se", "_known", "_known_se")),
]


def known_parameters(study: Study) -> Study | None:
    """Return the study with every parameter taken as known; None if no number of it carries a standard error."""
    return replace(study, costs=study.costs.certain()) if study.costs.uncertain else None


def with_known(results: Results, run: Callable[[Study], Results]) -> Results:
    """Return results that also say what they would be if every parameter were known.

    Parameters
    ----------
    results
        Of a study whose cost model carries standard errors; others come back as they are.
    run
        Runs a study with the same seed, number of sims and engine.
    """
    study = known_parameters(results.study)
    if study is None:
        return results
    return replace(results, parameters=parameter_table(results, run(study)))


def parameter_table(unsure: Results | None = None, known: Results | None = None) -> pd.DataFrame:
    """Return one row per agreement and member: metrics of the first year with doubt, and `_known` without, EUR."""
    import pandas as pd

    if unsure is None or known is None:
        return pd.DataFrame({column: pd.Series(dtype=object if n < 3 else float) for n, column in enumerate(COLUMNS)})
    drawn, fixed = unsure.table("stability"), known.table("stability")
    columns: dict[str, Any] = {key: drawn[key] for key in COLUMNS[:3]}
    for metric in METRICS:
        for ending in ("", "_se"):
            columns[f"{metric}{ending}"] = drawn[f"{metric}{ending}"]
            columns[f"{metric}_known{ending}"] = fixed[f"{metric}{ending}"]
    return pd.DataFrame(columns)[COLUMNS]
