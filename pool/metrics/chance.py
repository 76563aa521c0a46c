"""Luck or structure: how much of what varies is chance, and how much is a need that nobody has measured.

With E(H | need) known in every sim, Var H = E Var(H | need) + Var E(H | need): chance within a given need, and
difference in need between the worlds that are possible (law of total variance).
"""

from __future__ import annotations

import numpy as np

from solidair.pool.metrics.base import Estimate, FloatArray, Sample, column_mean, metric, ratio, row_blocks


def _root_mean_square(deviation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return sqrt(E d^2) and its influence (d^2 - E d^2) / (2 sqrt(E d^2)); 0 where d is 0 throughout."""
    square = deviation * deviation
    mean = column_mean(square)
    value = np.sqrt(mean)
    square -= mean
    square *= ratio(np.ones_like(value), 2.0 * value)
    return value, square


@metric(
    "sd_chance",
    unit="EUR",
    table="stability",
    direction="lower",
    label={"nl": "Schommeling door toeval", "en": "Swing by chance"},
    meaning={
        "nl": "Zoveel wijkt een jaar gewoonlijk af door geluk en pech, bij een gegeven behoefte van elke gemeente.",
        "en": "How far a year usually lies off by luck, at a given need of every municipality.",
    },
)
def sd_chance(sample: Sample) -> Estimate:
    """Sqrt E (H - E(H | need))^2."""
    return Estimate(*_root_mean_square(sample.contribution - sample.structure))


@metric(
    "sd_need",
    unit="EUR",
    table="stability",
    direction="lower",
    label={"nl": "Onzekerheid door onbekende behoefte", "en": "Doubt by unknown need"},
    meaning={
        "nl": "Zoveel scheelt het gewoonlijk dat niemand de behoefte heeft gemeten; nul als die bekend is.",
        "en": "How much it usually matters that nobody has measured need; zero if it is known.",
    },
)
def sd_need(sample: Sample) -> Estimate:
    """SD of E(H | need)."""
    return Estimate(*_root_mean_square(sample.structure - column_mean(sample.structure)))


@metric(
    "stability_gain_chance",
    unit="share",
    table="stability",
    direction="higher",
    label={"nl": "Minder schommeling door toeval", "en": "Less swing by chance"},
    meaning={
        "nl": "Hoeveel kleiner de schommeling door geluk en pech is dan bij eigen gebruik.",
        "en": "How much smaller the swing by luck is than under own use.",
    },
)
def stability_gain_chance(sample: Sample) -> Estimate:
    """1 - sd_chance(H) / sd_chance(X); 0 where X does not vary by chance."""
    shared, shared_influence = _root_mean_square(sample.contribution - sample.structure)
    own, own_influence = _root_mean_square(sample.own - sample.own_structure)
    inverse = ratio(np.ones_like(own), own)
    left = ratio(shared, own, otherwise=1.0)  # by division, so that own use leaves exactly 1
    return Estimate(1.0 - left, (own_influence * left - shared_influence) * inverse)


@metric(
    "transfer_sd_chance",
    unit="EUR",
    table="transfers",
    label={"nl": "Verrekening door toeval", "en": "Transfer by chance"},
    meaning={
        "nl": "Zoveel ontvangt of betaalt de gemeente gewoonlijk per jaar door geluk en pech.",
        "en": "What the municipality usually receives or pays in a year by luck.",
    },
)
def transfer_sd_chance(sample: Sample) -> Estimate:
    """Sqrt E (T - E(T | need))^2 with T = X - H."""
    chance = sample.own - sample.own_structure
    chance -= sample.contribution - sample.structure
    return Estimate(*_root_mean_square(chance))


@metric(
    "transfer_sd_need",
    unit="EUR",
    table="transfers",
    label={"nl": "Verrekening door behoefte", "en": "Transfer by need"},
    meaning={
        "nl": "Zoveel ontvangt of betaalt de gemeente gewoonlijk elk jaar weer door een andere behoefte.",
        "en": "What the municipality usually receives or pays year after year because needs differ.",
    },
)
def transfer_sd_need(sample: Sample) -> Estimate:
    """Sqrt E E(T | need)^2 with T = X - H."""
    return Estimate(*_root_mean_square(sample.own_structure - sample.structure))


@metric(
    "redistribution_chance",
    unit="EUR",
    table="fairness",
    axis="region",
    label={"nl": "Herverdeling door toeval alleen", "en": "Redistribution by chance alone"},
    meaning={
        "nl": "Hoeveel geld geluk en pech in een gemiddeld jaar verschuiven, los van verschil in behoefte.",
        "en": "How much money luck moves in an average year, apart from differences in need.",
    },
)
def redistribution_chance(sample: Sample) -> Estimate:
    """E sum_i |T_i - E(T_i | need)| / 2 with T = X - H.

    Together with `redistribution_need` it is more than `redistribution`: luck and need may cancel out.
    """
    return _moved(sample.own, sample.own_structure, sample.contribution, sample.structure)


@metric(
    "redistribution_need",
    unit="EUR",
    table="fairness",
    axis="region",
    label={"nl": "Herverdeling door behoefte alleen", "en": "Redistribution by need alone"},
    meaning={
        "nl": "Het deel van de herverdeling dat ook zonder geluk en pech zou bestaan, doordat de behoefte verschilt.",
        "en": "The part of the redistribution that would be there without any luck, because needs differ.",
    },
)
def redistribution_need(sample: Sample) -> Estimate:
    """E sum_i |E(X_i - H_i | need)| / 2."""
    return _moved(sample.own_structure, sample.structure)


def _moved(*terms: FloatArray) -> Estimate:
    """Return the mean over sims of half the sum over members of |a - b - c + d|, of |a - b| if there are two terms."""
    moved = np.empty(terms[0].shape[0])
    for rows in row_blocks(len(moved)):
        transfer = terms[0][rows] - terms[1][rows]
        if len(terms) == 4:
            transfer = transfer - (terms[2][rows] - terms[3][rows])
        moved[rows] = 0.5 * np.abs(transfer).sum(axis=1)
    value = moved.mean()
    return Estimate(np.asarray(value), moved - value)
