"""Metrics of every budget year, and of all years together.

Each period (a calendar year, or the whole horizon) is a sample like any other: what members bore, what their own
clients cost, what they had budgeted. The horizon is summed along each simulated path, never scaled up from a year, so
that a case that lasts and a reserve that empties are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from solidair.pool.metrics import fairness, stability
from solidair.pool.metrics.base import Direction, Estimate, FloatArray, Sample, Unit, column_mean, column_sd, ratio
from solidair.pool.metrics.control import controls, steadied
from solidair.pool.metrics.stability import sd_influence

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Period(Sample):
    """What one agreement did to its members in one period, over all simulated paths.

    Parameters
    ----------
    before
        What each member bore in the year before, (sim, member) EUR; None in the first year and over the horizon.
    every_year
        Whether the member has exceeded its budget in every year up to and with this one, (sim, member); over the
        horizon in all years. None if nobody kept count.
    """

    before: FloatArray | None = None
    every_year: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class YearMetric:
    """One number about an agreement in a period; fields as in `solidair.pool.metrics.base.Metric`.

    Parameters
    ----------
    change
        Whether the table has its difference with own use.
    """

    name: str
    unit: Unit
    label: Mapping[str, str]
    meaning: Mapping[str, str]
    function: Callable[[Period], Estimate]
    direction: Direction = "lower"
    controlled: bool = False
    change: bool = False

    def of(self, period: Period) -> Estimate:
        """Return the metric of a period, steadied by exact means if declared so and they are known."""
        estimate = self.function(period)
        return steadied(estimate, controls(period)) if self.controlled and estimate.se is None else estimate


def net_received_sd(period: Period) -> Estimate:
    """SD (X - H)."""
    received = period.own - period.contribution
    mean = column_mean(received)
    sd = column_sd(received, mean)
    return Estimate(sd, sd_influence(received, mean, sd))


def net_received_share(period: Period) -> Estimate:
    """E (X - H) / E X, a ratio of means; 0 where both are 0, not defined (NaN) where only E X is."""
    left = fairness.contribution_ratio(period)
    return Estimate(1.0 - left.value, -left.influence, left.se)


def net_received_sd_share(period: Period) -> Estimate:
    """SD (X - H) / E X; 0 where nothing is received or paid, not defined (NaN) where only E X is 0."""
    sd = net_received_sd(period)
    exact = period.own_exact
    own = period.own_mean if exact is None else exact
    inverse = ratio(np.ones_like(own), own)
    inverse[(own == 0.0) & (sd.value > 0.0)] = np.nan
    value = sd.value * inverse
    influence = sd.influence * inverse
    if exact is None:
        influence -= (period.own - own) * (value * inverse)
    return Estimate(value, influence)


def autocorrelation(period: Period) -> Estimate:
    """Correlation of H with H of the year before; not defined (NaN) without such a year, or where one is constant.

    Influence z y - r (z^2 + y^2) / 2 with z and y the two years less their means, in standard deviations (Devlin,
    Gnanadesikan & Kettenring 1975, Biometrika 62, 531).
    """
    if period.before is None:
        unknown = np.full(period.contribution.shape[1], np.nan)
        return Estimate.exactly(unknown, period.sims)
    now, then = _standard(period.contribution), _standard(period.before)
    product = now * then
    value = np.clip(column_mean(product), -1.0, 1.0)
    now *= now
    then *= then
    now += then
    now *= 0.5 * value
    product -= now
    value[~(_varies(period.contribution) & _varies(period.before))] = np.nan
    return Estimate(value, np.where(np.isnan(value), np.nan, product))


def _varies(x: FloatArray) -> BoolArray:
    return np.asarray((x != x[0]).any(axis=0))


def _standard(x: FloatArray) -> FloatArray:
    """Return x less its mean, over its standard deviation with divisor N; 0 where it does not vary."""
    deviation = x - column_mean(x)
    spread = np.sqrt(column_mean(deviation * deviation))
    deviation *= ratio(np.ones_like(spread), spread)
    return deviation


def overrun_every_year(period: Period) -> Estimate:
    """P(H > B in every year so far)."""
    if period.every_year is None:
        return stability.overrun_probability_metric(period, 0.0)
    value = period.every_year.mean(axis=0)
    return Estimate(value, period.every_year - value, is_share=True)


def _words(nl: str, en: str) -> dict[str, str]:
    return {"nl": nl, "en": en}


def _quantile(level: float, nl: str, en: str, name: str, label: tuple[str, str]) -> YearMetric:
    meaning = _words(
        f"In {nl} gesimuleerde paden betaalt de gemeente in deze periode hoogstens dit bedrag.",
        f"In {en} simulated paths the municipality pays at most this amount in this period.",
    )
    function = partial(stability.value_at_risk_metric, level=level)
    return YearMetric(name, "EUR", _words(*label), meaning, function)


YEAR_METRICS: tuple[YearMetric, ...] = (
    YearMetric(
        "mean",
        "EUR",
        _words("Gemiddelde", "Average"),
        _words(
            "Wat de gemeente in deze periode gemiddeld betaalt.",
            "What the municipality pays in this period on average.",
        ),
        stability.mean,
        controlled=True,
        change=True,
    ),
    YearMetric(
        "sd",
        "EUR",
        _words("Schommeling", "Swing"),
        _words(
            "Zoveel wijkt deze periode gewoonlijk af van het gemiddelde.",
            "How far this period usually lies from the average.",
        ),
        stability.sd,
        change=True,
    ),
    _quantile(0.1, "1 van de 10", "1 out of 10", "p10", ("Goedkoop (10%)", "Cheap (10%)")),
    _quantile(0.5, "de helft van de", "half of the", "p50", ("Midden (50%)", "Middle (50%)")),
    _quantile(0.9, "9 van de 10", "9 out of 10", "p90", ("Duur (90%)", "Expensive (90%)")),
    _quantile(0.95, "19 van de 20", "19 out of 20", "var_95", ("Duur (95%)", "Expensive (95%)")),
    YearMetric(
        "tvar_95",
        "EUR",
        _words("Gemiddelde van de duurste 5%", "Average of the most expensive 5%"),
        _words(
            "Wat de gemeente gemiddeld betaalt in het duurste van 20 paden.",
            "What the municipality pays on average in the dearest 1 out of 20 paths.",
        ),
        partial(stability.tail_value_at_risk_metric, level=0.95),
        change=True,
    ),
    YearMetric(
        "overrun_probability",
        "share",
        _words("Kans op overschrijding", "Chance of an overrun"),
        _words(
            "Het deel van de paden waarin de gemeente meer betaalt dan haar begroting voor deze periode.",
            "The share of paths in which the municipality pays more than its budget of this period.",
        ),
        partial(stability.overrun_probability_metric, over=0.0),
        change=True,
    ),
    YearMetric(
        "expected_overrun",
        "EUR",
        _words("Verwachte overschrijding", "Expected overrun"),
        _words(
            "Gemiddeld bedrag boven de begroting van deze periode; binnen de begroting telt als nul.",
            "Average amount above the budget of this period; within the budget counts as zero.",
        ),
        stability.expected_overrun,
        controlled=True,
    ),
    YearMetric(
        "overrun_every_year_probability",
        "share",
        _words("Kans op elk jaar overschrijding", "Chance of an overrun in every year"),
        _words(
            "Het deel van de paden waarin de gemeente tot en met dit jaar elk jaar boven haar begroting komt.",
            "The share of paths in which the municipality exceeds its budget in every year up to this one.",
        ),
        overrun_every_year,
    ),
    YearMetric(
        "net_received_mean",
        "EUR",
        _words("Ontvangt per saldo", "Receives on balance"),
        _words(
            "Wat de gemeente in deze periode gemiddeld van de andere ontvangt; onder nul betaalt zij aan hen.",
            "What the municipality receives from the others on average; below zero it pays them.",
        ),
        fairness.net_transfer,
        direction="none",
        controlled=True,
    ),
    YearMetric(
        "net_received_sd",
        "EUR",
        _words("Schommeling van het saldo", "Swing of the balance"),
        _words(
            "Zoveel wijkt dat saldo gewoonlijk af van zijn gemiddelde.",
            "How far that balance usually lies from its average.",
        ),
        net_received_sd,
        direction="none",
    ),
    YearMetric(
        "net_received_share",
        "share",
        _words("Saldo, deel van eigen kosten", "Balance, share of own cost"),
        _words(
            "Het gemiddelde saldo als deel van wat de eigen jeugdigen in deze periode kosten.",
            "The average balance as a share of what its own youths cost in this period.",
        ),
        net_received_share,
        direction="none",
        controlled=True,
    ),
    YearMetric(
        "net_received_sd_share",
        "share",
        _words("Schommeling van het saldo, deel van eigen kosten", "Swing of the balance, share of own cost"),
        _words(
            "Over meer jaren wordt dit kleiner voor zover meevallers en tegenvallers elkaar opheffen.",
            "Over more years this shrinks as far as good and bad years cancel out.",
        ),
        net_received_sd_share,
        direction="none",
    ),
    YearMetric(
        "autocorrelation",
        "index",
        _words("Samenhang met het jaar ervoor", "Correlation with the year before"),
        _words(
            "Nul als een duur jaar niets zegt over het volgende, 1 als het precies zo doorgaat.",
            "Zero if a dear year says nothing about the next, 1 if it simply goes on.",
        ),
        autocorrelation,
        direction="none",
    ),
)
"""All metrics of a period, in the order of the table's columns."""
