"""Who pays for whom: expected transfers per member, inequality and redistribution in the whole region."""

from __future__ import annotations

import numpy as np

from solidair.pool.metrics.base import SAME, Estimate, FloatArray, Sample, metric, ratio, row_blocks


def _transfer(sample: Sample, per: FloatArray | float = 1.0) -> Estimate:
    """Return E (X - H) / `per`, a constant of each member."""
    if sample.own_exact is not None and sample.contribution_exact is not None:
        return Estimate.exactly((sample.own_exact - sample.contribution_exact) / per, sample.sims)
    received = sample.own - sample.contribution
    value = received.mean(axis=0)
    received -= value
    return Estimate(value / per, received / per)


@metric(
    "net_transfer",
    unit="EUR",
    table="transfers",
    label={"nl": "Ontvangt per saldo", "en": "Receives on balance"},
    meaning={
        "nl": "Wat de gemeente gemiddeld per jaar van de andere gemeenten ontvangt; onder nul betaalt zij aan hen.",
        "en": "What the municipality receives from the others in an average year; below zero it pays them.",
    },
    controlled=True,
)
def net_transfer(sample: Sample) -> Estimate:
    """E (X - H)."""
    return _transfer(sample)


@metric(
    "net_transfer_per_youth",
    unit="EUR per youth",
    table="transfers",
    label={"nl": "Ontvangt per saldo per jeugdige", "en": "Receives on balance per youth"},
    meaning={
        "nl": "Wat de gemeente gemiddeld per jaar van de andere gemeenten ontvangt, per inwoner onder de 18.",
        "en": "What the municipality receives from the others in an average year, per inhabitant under 18.",
    },
    controlled=True,
)
def net_transfer_per_youth(sample: Sample) -> Estimate:
    """E (X - H) / youth."""
    return _transfer(sample, sample.youth)


@metric(
    "net_transfer_share_of_budget",
    unit="share",
    table="transfers",
    label={"nl": "Ontvangt per saldo, deel van de begroting", "en": "Receives on balance, share of budget"},
    meaning={
        "nl": "Wat de gemeente gemiddeld per jaar van de andere gemeenten ontvangt, als deel van haar begroting.",
        "en": "What the municipality receives from the others in an average year, as a share of its budget.",
    },
    controlled=True,
)
def net_transfer_share_of_budget(sample: Sample) -> Estimate:
    """E (X - H) / B."""
    return _transfer(sample, sample.budget)


@metric(
    "contribution_ratio",
    unit="ratio",
    table="transfers",
    label={"nl": "Bijdrage tegenover eigen kosten", "en": "Contribution over own cost"},
    meaning={
        "nl": "Wat de gemeente gemiddeld betaalt, gedeeld door wat haar eigen jeugdigen kosten; 1 is gelijk.",
        "en": "What the municipality pays on average, divided by what its own youths cost; 1 is equal.",
    },
    controlled=True,
)
def contribution_ratio(sample: Sample) -> Estimate:
    """E H / E X, a ratio of means; 1 where both are 0, not defined (NaN) where only E X is."""
    if sample.own_exact is not None and sample.contribution_exact is not None:
        return Estimate.exactly(_ratio_of_means(sample.contribution_exact, sample.own_exact), sample.sims)
    value = _ratio_of_means(sample.mean, sample.own_mean)
    influence = (sample.contribution - sample.mean) - value * (sample.own - sample.own_mean)
    influence *= ratio(np.ones_like(value), sample.own_mean)
    return Estimate(value, influence)


def _ratio_of_means(borne: FloatArray, own: FloatArray) -> FloatArray:
    value = ratio(borne, own, otherwise=1.0)
    value[(own == 0.0) & (borne != 0.0)] = np.nan
    return value


def weighted_gini(burden: FloatArray, weights: FloatArray) -> FloatArray:
    """Gini index of each year's burdens.

    G = sum_ij w_i w_j |b_i - b_j| / (2 b), w summing to 1 and b = sum_i w_i b_i, computed from the sorted
    burdens as sum_k (b_(k+1) - b_(k)) W_k (1 - W_k) / b with W_k the cumulative weight: n log n work, no term
    below 0, and exactly 0 when all are equal (Lerman & Yitzhaki 1989, Journal of Econometrics 42, 43, treat
    the weighted index).

    Parameters
    ----------
    burden
        Shape (sim, member), EUR per youth; may hold negative amounts, the index can then exceed 1.
    weights
        Shape (member,), above 0.

    Returns
    -------
    FloatArray
        Shape (sim,). 0 where all burdens are equal, also if all are 0; NaN where they differ about a mean
        that is not above 0, for which no index exists.
    """
    share = weights / weights.sum()
    value = np.empty(burden.shape[0])
    for rows in row_blocks(burden.shape[0]):
        block = burden[rows]
        order = np.argsort(block, axis=1)
        cumulative = np.cumsum(share[order], axis=1)[:, :-1]
        gaps = np.diff(np.take_along_axis(block, order, axis=1), axis=1)
        spread = (gaps * cumulative * np.maximum(1.0 - cumulative, 0.0)).sum(axis=1)
        average = (block * share).sum(axis=1)
        undefined = (spread > 0.0) & (average <= 0.0)
        value[rows] = np.where(undefined, np.nan, ratio(spread, np.where(spread > 0.0, average, 1.0)))
    return value


@metric(
    "gini_ex_ante",
    unit="index",
    table="fairness",
    axis="region",
    direction="lower",
    label={"nl": "Ongelijkheid van de verwachte lasten", "en": "Inequality of expected burdens"},
    meaning={
        "nl": "Hoe ongelijk de gemiddelde lasten per jeugdige zijn: 0 is overal gelijk, 1 is alles bij één.",
        "en": "How unequal the average burdens per youth are: 0 is the same everywhere, 1 is all on one.",
    },
)
def gini_ex_ante(sample: Sample) -> Estimate:
    """Gini of E H_i / youth_i, weighted by youth.

    Delta method with D = G b: dG/db_i = w_i [sum_j w_j sign(b_i - b_j) - G] / b. Where burdens are equal the
    index has a kink; it is then 0 and so is the influence.
    """
    exact = sample.contribution_exact
    share = sample.youth / sample.youth.sum()
    burden = (sample.mean if exact is None else exact) / sample.youth
    value = weighted_gini(burden[np.newaxis, :], sample.youth)[0]
    if exact is not None:
        return Estimate.exactly(np.asarray(value if value > SAME else 0.0), sample.sims)
    average = float((share * burden).sum())
    signs = np.sign(burden[:, np.newaxis] - burden[np.newaxis, :])
    slope = share * ((signs * share).sum(axis=1) - value) / (average if average > 0.0 else 1.0) / sample.youth
    # einsum rather than matmul: the order of summation must not depend on how many threads the BLAS takes.
    influence = np.einsum("sm,m->s", sample.contribution, slope)
    return Estimate(np.asarray(value), influence - influence.mean())


@metric(
    "gini_ex_post",
    unit="index",
    table="fairness",
    axis="region",
    direction="lower",
    label={"nl": "Ongelijkheid van de lasten in een jaar", "en": "Inequality of burdens within a year"},
    meaning={
        "nl": "Hoe ongelijk de lasten per jeugdige in een jaar uitvallen, pech en geluk meegerekend.",
        "en": "How unequal the burdens per youth turn out in an average year, good and bad luck included.",
    },
)
def gini_ex_post(sample: Sample) -> Estimate:
    """Mean over the years of the Gini of H_i / youth_i, over those years in which an index exists."""
    index = np.empty(sample.sims)
    for rows in row_blocks(sample.sims):
        index[rows] = weighted_gini(sample.contribution[rows] / sample.youth, sample.youth)
    known = ~np.isnan(index)
    count = int(known.sum())
    if count == 0:
        return Estimate(np.asarray(np.nan), index)
    value = index[known].mean()
    return Estimate(np.asarray(value), np.where(known, (index - value) * (sample.sims / count), 0.0))


@metric(
    "redistribution",
    unit="EUR",
    table="fairness",
    axis="region",
    label={"nl": "Herverdeling per jaar", "en": "Redistribution per year"},
    meaning={
        "nl": "Hoeveel geld in een gemiddeld jaar van de ene naar de andere gemeente gaat.",
        "en": "How much money goes from one municipality to another in an average year.",
    },
)
def redistribution(sample: Sample) -> Estimate:
    """E sum_i |X_i - H_i| / 2."""
    moved = np.empty(sample.sims)
    for rows in row_blocks(sample.sims):
        moved[rows] = 0.5 * np.abs(sample.own[rows] - sample.contribution[rows]).sum(axis=1)
    value = moved.mean()
    return Estimate(np.asarray(value), moved - value)


@metric(
    "redistribution_expected",
    unit="EUR",
    table="fairness",
    axis="region",
    label={"nl": "Waarvan vooraf bekend", "en": "Of which known beforehand"},
    meaning={
        "nl": "Het deel van de herverdeling dat al vaststaat voordat iemand de behoefte of het toeval kent.",
        "en": "The part of the redistribution that stands before anybody knows need or luck.",
    },
)
def redistribution_expected(sample: Sample) -> Estimate:
    """sum_i |E (X_i - H_i)| / 2.

    Where means are only estimated, the absolute value lies a little too high when a transfer is near 0: by about
    0.4 of the standard error of each such member's transfer.
    """
    if sample.own_exact is not None and sample.contribution_exact is not None:
        known = 0.5 * np.abs(sample.own_exact - sample.contribution_exact).sum()
        return Estimate.exactly(np.asarray(known), sample.sims)
    transfer = np.zeros(sample.contribution.shape[1])
    for rows in row_blocks(sample.sims):
        transfer += (sample.own[rows] - sample.contribution[rows]).sum(axis=0)
    transfer /= sample.sims
    sign = 0.5 * np.sign(transfer)
    influence = np.einsum("sm,m->s", sample.own, sign) - np.einsum("sm,m->s", sample.contribution, sign)
    return Estimate(np.asarray(0.5 * np.abs(transfer).sum()), influence - influence.mean())
