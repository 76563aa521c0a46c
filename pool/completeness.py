r"""Whether a file of open stays can be complete: what it lists beside what the cost model expects to be open.

The stays of a care type that are open at a moment in steady state are a mixed Poisson number. With :math:`\lambda_i`
the expected number of member i at need 1, n its need and V the volume shocks,

.. math:: E[N] = \sum_i \lambda_i E[n_i], \qquad
          \mathrm{Var}\,N = E[N] + \sum_{ij} \lambda_i \lambda_j E[n_i n_j] E[V_i V_j] - E[N]^2

(Klugman, Panjer & Willmot, Loss Models, ch. 9). Of the laws with these moments the negative binomial is taken. Its
lower tail is that of a gamma mixture, which is heavier than that of lognormal shocks and of sums of unequal gammas.
So a complete file is suspected even less often than `SUSPECTED` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solidair.models.costs import CostModel
    from solidair.models.regions import Region
    from solidair.pool.study import Study

SUSPECTED = 0.001
"""Chance that a complete file is called incomplete, over all its care types together."""


@dataclass(frozen=True)
class Shortfall:
    """A care type of which a file lists fewer open stays than chance explains.

    Parameters
    ----------
    care_type
        Its identifier.
    listed
        Stays in the file, of all payers in it together.
    expected
        Stays that the cost model expects these payers to have open.
    least
        Smallest number that chance explains.
    """

    care_type: str
    listed: int
    expected: float
    least: int


def shortfalls(study: Study) -> tuple[Shortfall, ...]:
    """Return the care types of which the file of open stays lists too few, in the order of the cost model.

    Payers that are not in the file are not counted: they start in steady state, as they should.
    """
    if study.listed is None:
        return ()
    costs, listed = study.costs, study.listed
    region = study.region.subset(listed.payers)
    places = [place for place, episode in enumerate(costs.episodes) if episode is not None]
    found = []
    for place in places:
        mean, variance = open_moments(costs, region, place)
        count = listed.by_type.get(costs.ids[place], 0)
        least = least_explained(mean, variance, SUSPECTED / len(places))
        if count < least:
            found.append(Shortfall(costs.ids[place], count, mean, least))
    return tuple(found)


def least_explained(mean: float, variance: float, chance: float) -> int:
    """Return the smallest n with P(N <= n) of at least a chance, N being (mixed) Poisson with these moments."""
    from scipy import stats

    if mean <= 0.0:
        return 0
    size = mean**2 / (variance - mean) if variance > mean else np.inf
    law = stats.nbinom(size, size / (size + mean)) if size < MOST_SIZE else stats.poisson(mean)
    return int(law.ppf(chance))


MOST_SIZE = 1e9
"""A negative binomial of this size is Poisson to the last digit that matters."""


def open_moments(costs: CostModel, region: Region, place: int) -> tuple[float, float]:
    """Return mean and variance of the open stays of a care type, all members together, in steady state.

    Parameters
    ----------
    place
        Position of the care type, which must be one with episodes.
    """
    from solidair.models.exact.moments import PRIVATE, product_nodes, stretched, volume_moment

    episode = costs.episodes[place]
    if episode is None:
        raise ValueError(f"open_moments: {costs.ids[place]}: has no stays")
    factors, weight = product_nodes([s.shock for s in costs.sites if s.target == "stay" and s.touches(place)], PRIVATE)
    stays = [stretched(episode, float(factor)) for factor in factors]
    share = np.array([stay.entries_per_client * stay.duration.mean / 365.0 for stay in stays])
    rate = float(costs.clients_per_youth[place]) * np.asarray(region.youth, dtype=np.float64)
    need = np.where(np.isfinite(region.need_index), region.need_index, 1.0)
    square = np.where(np.isfinite(region.need_index), need**2, costs.need_shock.moment(2))
    mean = float(weight @ share) * float(rate @ need)
    together = np.outer(rate * need, rate * need)
    np.fill_diagonal(together, rate**2 * square)
    regions = np.array([member.region for member in region.members])
    near, far = (_common(costs, place, same_region=near) for near in (True, False))
    shocks = np.where(regions[:, None] == regions, near, far)
    np.fill_diagonal(shocks, volume_moment(costs, place, 0, place, 0))
    second = float(weight @ share**2) * float((together * shocks).sum())
    return mean, mean + second - mean**2


def _common(costs: CostModel, place: int, *, same_region: bool) -> float:
    """Return E[V V'] of the volume shocks of one care type in two members and the same year."""
    from solidair.models.sites import product_moment

    dependence, moment = costs.spec.dependence, 1.0
    for site in costs.sites:
        if site.target != "volume" or not site.touches(place):
            continue
        if site.level in ("national", "parameter") or (site.level == "regional" and same_region):
            moment *= site.product_moment(0)
        elif site.scored and dependence is not None:
            # Scores of a t copula have no closed form here; the same shock for all is the widest that there can be.
            linked = dependence.between_members.value if dependence.law == "gaussian" else 1.0
            moment *= product_moment(site.shock, site.shock, linked)
    return moment
