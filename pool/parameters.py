"""With and without doubt about parameters: the same luck, drawn once around best estimates and once at them.

A parameter that nobody knows exactly is drawn once per path, so its doubt does not average out over years or members.
What it adds is shown by a second run with the same seed in which every parameter is taken as known. Both have the same
luck, so the difference is known far better than either figure: its error is that of the difference in every path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from solidair.pool.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.metrics.base import FloatArray
    from solidair.pool.results import Results

METRICS = ("mean", "sd", "var_95", "tvar_95")
"""Metrics that are shown with and without."""

COLUMNS = [
    "agreement",
    "code",
    "name",
    *(f"{metric}{end}" for metric in METRICS for end in ("", "_se", "_known", "_known_se", "_added", "_added_se")),
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
    """Return one row per agreement and member: metrics of the first year with doubt, and `_known` without, EUR.

    The difference is `_added`; its error is paired, sd(influence with - influence without) / sqrt(sims).
    """
    import pandas as pd

    if unsure is None or known is None:
        return pd.DataFrame({column: pd.Series(dtype=object if n < 3 else float) for n, column in enumerate(COLUMNS)})
    drawn, fixed = unsure.table("stability"), known.table("stability")
    columns: dict[str, Any] = {key: drawn[key] for key in COLUMNS[:3]}
    for metric in METRICS:
        for ending in ("", "_se"):
            columns[f"{metric}{ending}"] = drawn[f"{metric}{ending}"]
            columns[f"{metric}_known{ending}"] = fixed[f"{metric}{ending}"]
        columns[f"{metric}_added"] = drawn[metric] - fixed[metric]
    errors = [_paired_errors(unsure, known, agreement) for agreement in unsure.contributions]
    for n, metric in enumerate(METRICS):
        columns[f"{metric}_added_se"] = np.concatenate([error[n] for error in errors])
    return pd.DataFrame(columns)[COLUMNS]


def _paired_errors(unsure: Results, known: Results, agreement: str) -> FloatArray:
    """Return the errors of what doubt adds to each metric, shape (metric, member), EUR."""
    from solidair.pool.metrics import METRICS as REGISTERED
    from solidair.pool.metrics.control import controlled

    both = [results.sample(agreement) for results in (unsure, known)]
    both = [
        sample if results.control else sample.simulated for sample, results in zip(both, (unsure, known), strict=True)
    ]
    members = both[0].own.shape[1]
    errors = np.empty((len(METRICS), members))
    for i in range(members):  # one by one, so that no more than the years of one member are held twice
        one, other = (sample.of(slice(i, i + 1)) for sample in both)
        for n, name in enumerate(METRICS):
            metric = REGISTERED[name]
            _, error = controlled(metric, one).minus(controlled(metric, other))
            errors[n, i] = error[0]
    return errors
