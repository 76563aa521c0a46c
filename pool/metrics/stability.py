"""How steady an agreement makes a member's budget."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import special

from solidair.pool.metrics.base import Estimate, FloatArray, Sample, metric, ratio
from solidair.pool.metrics.quantiles import (
    maritz_jarrett_error,
    sparsity,
    tail_error,
    tail_size,
    tail_value_at_risk,
    value_at_risk,
)


@metric(
    "mean",
    unit="EUR",
    table="stability",
    direction="lower",
    label={"nl": "Gemiddelde per jaar", "en": "Average per year"},
    meaning={
        "nl": "Wat de gemeente in een gemiddeld jaar betaalt.",
        "en": "What the municipality pays in an average year.",
    },
    controlled=True,
)
def mean(sample: Sample) -> Estimate:
    """E H; influence H - E H."""
    if sample.contribution_exact is not None:
        return Estimate.exactly(sample.contribution_exact, sample.sims)
    return Estimate(sample.mean, sample.contribution - sample.mean)


@metric(
    "sd",
    unit="EUR",
    table="stability",
    direction="lower",
    label={"nl": "Schommeling (standaardafwijking)", "en": "Swing (standard deviation)"},
    meaning={
        "nl": "Zoveel wijkt een jaar gewoonlijk af van het gemiddelde, naar boven of naar beneden.",
        "en": "How far a year usually lies from the average, above or below.",
    },
)
def sd(sample: Sample) -> Estimate:
    """SD H with divisor N - 1."""
    return Estimate(sample.sd, sd_influence(sample.contribution, sample.mean, sample.sd))


def sd_influence(x: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Influence ((x - mean)^2 - sd^2) / (2 sd) on an sd, shape (sim, member); 0 where the sd is 0."""
    deviation = x - mean
    deviation *= deviation
    deviation -= sd**2
    deviation *= ratio(np.ones_like(sd), 2.0 * sd)
    return deviation


@metric(
    "cv",
    unit="ratio",
    table="stability",
    direction="lower",
    label={"nl": "Schommeling tegenover het gemiddelde", "en": "Swing relative to the average"},
    meaning={
        "nl": "De schommeling gedeeld door het gemiddelde: zo zijn groot en klein te vergelijken.",
        "en": "The swing divided by the average: so large and small can be compared.",
    },
)
def cv(sample: Sample) -> Estimate:
    """SD H / E H; not defined (NaN) where H varies about a mean that is not above 0."""
    inverse = ratio(np.ones_like(sample.mean), np.maximum(sample.mean, 0.0))
    inverse[(inverse == 0.0) & (sample.sd > 0.0)] = np.nan
    value = sample.sd * inverse
    influence = sd_influence(sample.contribution, sample.mean, sample.sd) * inverse
    influence -= (sample.contribution - sample.mean) * (value * inverse)
    return Estimate(value, influence)


def var_influence(sample: Sample, level: float) -> FloatArray:
    """Influence (level - 1{H <= VaR}) / density on the value at risk, shape (sim, member), EUR."""
    below = sample.contribution <= value_at_risk(sample.ordered, level)
    return (float(level) - below) * sparsity(sample.ordered, level)


def value_at_risk_metric(sample: Sample, level: float) -> Estimate:
    """VaR of H; its own error is that of Maritz & Jarrett, the paired one uses the influence."""
    value = value_at_risk(sample.ordered, level)
    return Estimate(value, var_influence(sample, level), maritz_jarrett_error(sample.ordered, level))


def tail_value_at_risk_metric(sample: Sample, level: float) -> Estimate:
    """TVaR of H; influence (H - VaR)+ / (1 - level) + VaR - TVaR, which needs no density."""
    value, tail = value_at_risk(sample.ordered, level), tail_value_at_risk(sample.ordered, level)
    influence = np.maximum(sample.contribution - value, 0.0)
    influence *= sample.sims / tail_size(sample.sims, level)
    influence -= tail - value
    return Estimate(tail, influence, tail_error(sample.ordered, level))


def capacity_metric(sample: Sample, level: float) -> Estimate:
    """max(VaR of H - B, 0), the reserve with which a share `level` of the years can be borne.

    The kink at 0 would let a VaR just below the budget claim an error of 0. So the error is that of max(Z, 0)
    for Z normal about VaR - B with the error of the VaR, and the influence that of its mean: the influence on
    the VaR times P(Z > 0). Far above the budget this is the error of the VaR, far below it is 0.
    """
    gap = value_at_risk(sample.ordered, level) - sample.budget
    value, error, weight = floored(gap, maritz_jarrett_error(sample.ordered, level))
    return Estimate(value, var_influence(sample, level) * weight, error)


def floored(gap: FloatArray, se: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return max(gap, 0), its error for a normal gap with error `se`, and the chance that the gap is above 0."""
    value = np.maximum(gap, 0.0)
    z = np.clip(ratio(gap, se), -38.0, 38.0)  # beyond it the normal density is 0
    weight = np.where(se > 0.0, special.ndtr(z), np.where(gap > 0.0, 1.0, 0.0))
    density = se * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    # E (max(Z, 0) - value)^2, from the moments of a normal law cut off at 0, arranged so that little cancels.
    above = (gap - value) ** 2 * weight + se**2 * weight + (gap - 2.0 * value) * density
    error = np.sqrt(np.maximum(above + value**2 * (1.0 - weight), 0.0))
    return value, error, weight


def overrun_probability_metric(sample: Sample, over: float) -> Estimate:
    """P(H > (1 + over) B)."""
    beyond = (sample.contribution > (1.0 + over) * sample.budget).astype(np.float64)
    value = beyond.mean(axis=0)
    beyond -= value
    return Estimate(value, beyond, is_share=True)


def _register_families() -> None:
    """Register the metrics that come at several levels."""
    dear = {0.9: ("9 van de 10", "9 out of 10"), 0.95: ("19 van de 20", "19 out of 20")}
    dear[0.99] = ("99 van de 100", "99 out of 100")
    for level, (nl, en) in dear.items():
        percent = round(100 * level)
        metric(
            f"var_{percent}",
            unit="EUR",
            table="stability",
            direction="lower",
            label={"nl": f"Duur jaar ({percent}%)", "en": f"Expensive year ({percent}%)"},
            meaning={
                "nl": f"In {nl} jaren betaalt de gemeente hoogstens dit bedrag.",
                "en": f"In {en} years the municipality pays at most this amount.",
            },
        )(partial(value_at_risk_metric, level=level))
    for level in dear:
        percent = round(100 * level)
        one_in = round(1 / (1 - level))
        metric(
            f"tvar_{percent}",
            unit="EUR",
            table="stability",
            direction="lower",
            label={
                "nl": f"Gemiddelde van de duurste {100 - percent}% van de jaren",
                "en": f"Average of the most expensive {100 - percent}% of years",
            },
            meaning={
                "nl": f"Wat de gemeente gemiddeld betaalt in de duurste jaren, die van 1 op de {one_in}.",
                "en": f"What the municipality pays on average in the dearest years, those of 1 in {one_in}.",
            },
        )(partial(tail_value_at_risk_metric, level=level))
    for percent in (0, 5, 10):
        metric(
            f"p_overrun_{percent}",
            unit="share",
            table="stability",
            direction="lower",
            label={
                "nl": "Kans op overschrijding" + (f" met meer dan {percent}%" if percent else ""),
                "en": "Chance of an overrun" + (f" above {percent}%" if percent else ""),
            },
            meaning={
                "nl": "Het deel van de jaren waarin de gemeente meer betaalt dan haar begroting"
                + (f" plus {percent}%." if percent else "."),
                "en": "The share of years in which the municipality pays more than its budget"
                + (f" plus {percent}%." if percent else "."),
            },
        )(partial(overrun_probability_metric, over=percent / 100))


_register_families()


@metric(
    "expected_overrun",
    unit="EUR",
    table="stability",
    direction="lower",
    label={"nl": "Verwachte overschrijding", "en": "Expected overrun"},
    meaning={
        "nl": "Gemiddeld bedrag per jaar boven de begroting; een jaar binnen de begroting telt als nul.",
        "en": "Average amount per year above the budget; a year within the budget counts as zero.",
    },
    controlled=True,
)
def expected_overrun(sample: Sample) -> Estimate:
    """E (H - B)+; never below 0, nor below E H - B (Jensen)."""
    beyond = np.maximum(sample.contribution - sample.budget, 0.0)
    value = beyond.mean(axis=0)
    beyond -= value
    exact = sample.contribution_exact
    floor = np.zeros_like(value) if exact is None else np.maximum(exact - sample.budget, 0.0)
    return Estimate(value, beyond, floor=floor)


@metric(
    "stability_gain",
    unit="share",
    table="stability",
    direction="higher",
    label={"nl": "Winst aan rust", "en": "Gain in stability"},
    meaning={
        "nl": "Hoeveel kleiner de schommeling is dan bij alles zelf betalen; onder nul is ze groter.",
        "en": "How much smaller the swing is than when paying everything alone; below zero it is larger.",
    },
)
def stability_gain(sample: Sample) -> Estimate:
    """1 - SD H / SD X; 0 where neither varies, not defined (NaN) where H varies and X does not."""
    share = ratio(sample.sd, sample.own_sd, otherwise=1.0)
    share[(sample.own_sd == 0.0) & (sample.sd > 0.0)] = np.nan
    # In this form the influence of own use is exactly 0: the two terms are then the same numbers.
    influence = share * sd_influence(sample.own, sample.own_mean, sample.own_sd)
    influence -= sd_influence(sample.contribution, sample.mean, sample.sd)
    influence *= ratio(np.ones_like(share), sample.own_sd)
    return Estimate(1.0 - share, influence)


def _register_capacities() -> None:
    """Register the reserve needed at three levels of certainty."""
    certain = {0.8: ("4 van de 5", "4 out of 5"), 0.9: ("9 van de 10", "9 out of 10")}
    certain[0.95] = ("19 van de 20", "19 out of 20")
    for level, (nl, en) in certain.items():
        percent = round(100 * level)
        metric(
            f"capacity_{percent}",
            unit="EUR",
            table="stability",
            direction="lower",
            label={"nl": f"Nodige reserve ({percent}% zeker)", "en": f"Reserve needed ({percent}% certain)"},
            meaning={
                "nl": f"Wat er boven op de begroting klaar moet liggen om {nl} jaren te kunnen betalen.",
                "en": f"What must be in reserve on top of the budget to be able to pay {en} years.",
            },
        )(partial(capacity_metric, level=level))


_register_capacities()
