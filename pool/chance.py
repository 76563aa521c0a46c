"""Chance as arrays: the shocks of a cost model, with their tables and key words, as the kernel reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.costs import CostModel
from solidair.models.regions import Region
from solidair.models.shocks import Shock
from solidair.models.sites import ShockSite
from solidair.models.tables import HasQuantiles, constant_table, kept_table, quantile_table
from solidair.pool.streams import NATIONAL, REGIONAL, Stream, stream_key

if TYPE_CHECKING:
    from solidair.pool.kernels import Shocks

FloatArray = npt.NDArray[np.float64]
KeyArray = npt.NDArray[np.uint64]

TARGETS = ("volume", "price", "stay")

_STREAMS = {
    ("volume", "national"): Stream.NATIONAL_VOLUME,
    ("volume", "regional"): Stream.REGIONAL_VOLUME,
    ("volume", "local"): Stream.LOCAL_VOLUME,
    ("price", "national"): Stream.NATIONAL_PRICE,
    ("price", "regional"): Stream.REGIONAL_PRICE,
    ("price", "local"): Stream.LOCAL_PRICE,
    ("volume", "parameter"): Stream.VOLUME_PARAMETER,
    ("price", "parameter"): Stream.PRICE_PARAMETER,
    ("stay", "parameter"): Stream.STAY_PARAMETER,
}


def table_of(law: HasQuantiles | Shock) -> FloatArray:
    """Return the quantile table of a law; a shock that is switched off is the constant 1."""
    if isinstance(law, Shock) and law.variance == 0:
        return constant_table(1.0)
    return kept_table(law)


def region_ids(region: Region) -> tuple[str, ...]:
    """Return who the regional shocks of each member belong to."""
    return tuple(f"{REGIONAL}:{member.region}" if member.region else REGIONAL for member in region.members)


def _stream(site: ShockSite) -> Stream:
    """Return what the draws of a site are for; the over-dispersion of a care type has a stream of its own."""
    if site.target == "volume" and site.level == "local" and site.care_type is not None:
        return Stream.DISPERSION
    return _STREAMS[site.target, site.level]


def shock_arrays(costs: CostModel, region: Region) -> Shocks:
    """Return the shocks of a cost model for the members of a region, as the kernel reads them."""
    from solidair.pool.kernels import Shocks  # here, so that who draws nothing does not wait for numba

    sites = costs.sites
    who = region_ids(region)
    regions = sorted(set(who))

    def keys(owners: Sequence[str]) -> KeyArray:
        rows = [
            [
                stream_key(
                    _stream(site),
                    NATIONAL if site.level in ("national", "parameter") else owner,
                    "" if site.care_type is None else costs.ids[site.care_type],
                )
                for site in sites
            ]
            for owner in owners
        ]
        return np.array(rows, dtype=np.uint64).reshape(len(owners), len(sites))

    shocks = list(dict.fromkeys(site.shock for site in sites))
    tables = [table_of(shock) for shock in shocks]
    weights, degrees = np.array([0.0, 0.0, 1.0]), 0
    dependence = costs.spec.dependence
    if dependence is not None:
        members, types = dependence.between_members.value, dependence.between_care_types.value
        weights = np.sqrt([members, types, max(1.0 - members - types, 0.0)])
        if dependence.degrees_of_freedom is not None:
            degrees = int(dependence.degrees_of_freedom.value)
            tables.append(quantile_table(_Mix(degrees)))
    local = [n for n, site in enumerate(sites) if site.level == "local"]
    shared = [n for n, site in enumerate(sites) if site.level != "local"]
    return Shocks(
        tables=np.concatenate(tables) if tables else constant_table(1.0),
        table=np.array([shocks.index(site.shock) for site in sites], dtype=np.int64),
        persistence=np.array([site.persistence for site in sites], dtype=np.float64),
        target=np.array([TARGETS.index(site.target) for site in sites], dtype=np.int64),
        care_type=np.array([-1 if s.care_type is None else s.care_type for s in sites], dtype=np.int64),
        shared=np.array(shared, dtype=np.int64),
        local=np.array(local, dtype=np.int64),
        scored=np.array([site.scored for site in sites], dtype=np.bool_),
        shared_keys=keys(regions),
        local_keys=keys(list(region.codes)),
        region=np.array([regions.index(name) for name in who], dtype=np.int64),
        weights=weights,
        degrees=degrees,
        type_keys=np.array([stream_key(Stream.TYPE_FACTOR, NATIONAL, c) for c in costs.ids], dtype=np.uint64),
        member_keys=np.array([stream_key(Stream.MEMBER_FACTOR, code) for code in region.codes], dtype=np.uint64),
        mix_key=np.uint64(stream_key(Stream.COPULA_MIX, NATIONAL)),
        mix_table=len(shocks),
    )


class _Mix:
    """Chi-square over its degrees of freedom: what turns a normal score into one of Student's t."""

    def __init__(self, degrees: int) -> None:
        self.shape = degrees / 2

    def quantile(self, p: FloatArray) -> FloatArray:
        """inf{x: cdf(x) >= p}."""
        return np.asarray(special.gammaincinv(self.shape, p) / self.shape, dtype=np.float64)

    def isf(self, q: FloatArray) -> FloatArray:
        """Upper-tail quantile."""
        return np.asarray(special.gammainccinv(self.shape, q) / self.shape, dtype=np.float64)
