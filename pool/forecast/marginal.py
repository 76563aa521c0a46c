r"""What is shown of one amount by itself: mean, quantiles and the chance of an overrun, each with its error.

The linear rule leaves every observation with the same spread. Costs are not like that: what is dear varies more, since
shocks and margins multiply. So the spread of one amount is made to fit the level to which it has moved. Over the paths
the squared residual R^2 of the linear forecast is regressed on the forecast F itself (the auxiliary regression of
Breusch & Pagan 1979, Econometrica 47), and the residuals are stretched by

.. math:: \rho^2 = 1 + \frac{\beta\, (F(o) - E F)}{E R^2}, \qquad \beta = \frac{\text{Cov}(R^2, F)}{\text{Var}\, F}

For a Gaussian law beta is zero. Means do not change, and neither do the paths themselves, so that these go on adding
up; amounts that are proportional, as under a pool, are stretched alike.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solidair.pool.metrics.base import Estimate
from solidair.pool.metrics.quantiles import sparsity, value_at_risk

FloatArray = npt.NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.9)
"""Quantiles that are shown."""

CENT = 0.01
"""Differences below this are rounding, EUR."""

LEAST, MOST = 0.25, 4.0
"""Between these a variance is stretched: further the straight line of the regression is not to be trusted."""


def stretch(before: FloatArray, after: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how much wider amounts lie than the linear rule says, and how much each path pulls that.

    Parameters
    ----------
    before, after
        Amounts of the paths, and what the linear rule made of them, (sim, member) EUR.

    Returns
    -------
    factor, influence
        Shape (member,) and (sim, member); 1 and 0 where nothing is left to stretch.
    """
    left = after - after.mean(axis=0)
    level = before - after
    level -= level.mean(axis=0)
    moved = after.mean(axis=0) - before.mean(axis=0)
    squares = left**2
    variance, spread = squares.mean(axis=0), (level**2).mean(axis=0)
    sure = (np.sqrt(variance) < CENT) | (np.sqrt(spread) < CENT)
    variance, spread = np.where(sure, 1.0, variance), np.where(sure, 1.0, spread)
    beta = (squares * level).mean(axis=0) / spread
    wanted = 1.0 + beta * moved / variance
    plain = sure | (wanted <= LEAST) | (wanted >= MOST)
    factor = np.sqrt(np.where(sure, 1.0, np.clip(wanted, LEAST, MOST)))
    pulls = level * (squares - variance - beta * level) / spread * (moved / variance)
    pulls -= (squares - variance) * (beta * moved / variance**2)
    pulls -= level * (beta / variance)  # how far the amount has moved is counted from a mean that is estimated too
    return factor, np.where(plain, 0.0, pulls / (2.0 * factor))


def described(
    amounts: FloatArray,
    budget: FloatArray,
    *,
    before: FloatArray | None = None,
    pull: FloatArray | None = None,
    least: FloatArray | None = None,
) -> dict[str, FloatArray]:
    """Return mean, quantiles and overrun of amounts (sim, member), each (member,) with its error.

    Of updated amounts the error includes that of the estimated slopes and of the stretch: a path whose residual is r
    and pull u moves a mean and a quantile by r u, and the chance of an overrun by that times the density at the budget.

    Parameters
    ----------
    before, pull
        Of updated amounts: what they were, and the pulls of the paths, (sim,); see `Update.pull`.
    least
        What is certain, so that no stretch goes below it, (member,) EUR.
    """
    mean = amounts.mean(axis=0)
    apart = amounts - mean
    shift = np.zeros_like(apart)
    pulls = np.zeros_like(apart)
    factor = np.ones_like(mean)
    if before is not None and pull is not None:
        shift = apart * pull[:, np.newaxis]
        factor, pulls = stretch(before, amounts)
    found: dict[str, FloatArray] = {"mean": mean, "mean_se": Estimate(mean, apart + shift).standard_error}
    amounts = mean + factor * apart
    if least is not None:
        amounts = np.maximum(amounts, least)
    ordered = np.sort(amounts, axis=0)
    for level in LEVELS:
        value = value_at_risk(ordered, level)
        influence = (level - (amounts <= value)) * sparsity(ordered, level) + shift
        influence += pulls * ((value - mean) / factor)
        name = f"p{round(100 * level)}"
        found |= {name: value, f"{name}_se": Estimate(value, influence).standard_error}
    limit = budget + CENT
    over = (amounts > limit).astype(np.float64)
    chance = over.mean(axis=0)
    density = np.zeros_like(chance)
    for i in np.flatnonzero((chance > 0.0) & (chance < 1.0)):
        width = float(sparsity(ordered[:, i], 1.0 - float(chance[i])))
        density[i] = 1.0 / width if width > 0.0 else 0.0
    influence = over - chance + (shift + pulls * ((limit - mean) / factor)) * density
    found["overrun_probability"] = chance
    found["overrun_probability_se"] = Estimate(chance, influence, is_share=True).standard_error
    return found
