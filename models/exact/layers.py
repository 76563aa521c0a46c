"""Exact mean, variance and covariance of bands of a compound mixed Poisson sum, and of an excess pool of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.base import Severity
from solidair.models.severity.numeric import Floats, as_floats


@dataclass(frozen=True)
class Band:
    """What is paid of a case: share x min(max(cost - attachment, 0), width).

    Parameters
    ----------
    attachment
        EUR per case, at least 0.
    width
        EUR per case, above 0; math.inf for no upper end.
    share
        Any finite number.
    """

    attachment: float
    width: float = math.inf
    share: float = 1.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.attachment < math.inf and self.width > 0.0 and math.isfinite(self.share)):
            raise ValueError(f"{self}: attachment must be at least 0, width above 0, share finite")


class CaseMoments(NamedTuple):
    """Moments of several payments on one case."""

    first: Floats
    """E[g_j], shape (payment,), EUR."""
    second: Floats
    """E[g_j g_k], shape (payment, payment), EUR squared; inf where it is infinite."""


class Aggregate(NamedTuple):
    """Moments of yearly sums of members."""

    mean: Floats
    """Shape (member, payment), EUR."""
    covariance: Floats
    """Shape (member, payment, member, payment), EUR squared."""


def band_moments(severity: Severity, bands: Sequence[Band]) -> CaseMoments:
    r"""Return the moments of what each band pays on a case; bands may overlap.

    The bands are cut at all their ends into elementary bands e_l of width w_l. Above a full elementary band lies the
    next, so

    .. math:: E[e_l e_m] = w_l E[e_m] \quad (l < m)

    and each band is a sum of elementary ones (Klugman, Panjer & Willmot, Loss Models, section 8.5).
    """
    return _combined(severity, _cuts(bands), lambda edges: _coefficients(bands, edges))


def split_moments(severity: Severity, bands: Sequence[Band]) -> CaseMoments:
    """Return the moments of (retained, ceded) on a case: ceded is the sum of the bands, retained the rest of the cost.

    The covariance of the two is not zero: with a rate of r cases their yearly sums have covariance r E[retained ceded].
    """

    def rows(edges: Floats) -> Floats:
        ceded = _coefficients(bands, edges).sum(axis=0)
        return np.stack((1.0 - ceded, ceded))

    return _combined(severity, np.union1d(_cuts(bands), [0.0, math.inf]), rows)


def _cuts(bands: Sequence[Band]) -> Floats:
    if not bands:
        return np.empty(0)
    return np.unique([end for band in bands for end in (band.attachment, band.attachment + band.width)])


def _coefficients(bands: Sequence[Band], edges: Floats) -> Floats:
    """Return the share of each elementary band that each band pays, shape (band, elementary)."""
    low = edges[:-1]
    rows = [np.where((low >= b.attachment) & (low < b.attachment + b.width), b.share, 0.0) for b in bands]
    return np.array(rows).reshape(len(bands), len(low))


def _combined(severity: Severity, edges: Floats, rows: Callable[[Floats], Floats]) -> CaseMoments:
    paid = rows(edges)
    low, width = edges[:-1], np.diff(edges)
    mean = severity.layer_mean(low, width)
    square = severity.layer_second_moment(low, width)
    # Only the last elementary band may be endless, and it never stands below another.
    finite = np.where(np.isfinite(width), width, 0.0)
    mixed = np.triu(np.outer(finite, mean), 1)
    mixed = mixed + mixed.T + np.diag(square)
    first = _product(paid, mean[:, None])[:, 0]
    return CaseMoments(first, _product(_product(paid, mixed), paid.T))


def _product(left: Floats, right: Floats) -> Floats:
    """Matrix product in which 0 x inf is 0: what is not paid does not matter."""
    with np.errstate(invalid="ignore"):
        terms = left[:, :, None] * right[None, :, :]
    terms = np.where((left[:, :, None] == 0.0) | (right[None, :, :] == 0.0), 0.0, terms)
    return as_floats(terms.sum(axis=1))


def aggregate_moments(rates: ArrayLike, cases: Sequence[CaseMoments], shock_covariance: ArrayLike = 0.0) -> Aggregate:
    r"""Return mean and covariance of yearly sums of members whose numbers of cases are mixed Poisson.

    Given mean-one shocks Z_i the sums of member i are compound Poisson with rates \lambda_{ic} Z_i, so

    .. math:: Cov(S_{ij}, S_{i'k}) = 1_{i = i'} \sum_c \lambda_{ic} E[g_{cj} g_{ck}] + Cov(Z_i, Z_{i'}) m_{ij} m_{i'k}

    (Klugman, Panjer & Willmot, Loss Models, ch. 9, conditional on the shocks).

    Parameters
    ----------
    rates
        Expected cases a year, shape (member, care type), or (member,) with one care type.
    cases
        Moments on a case of each care type, of the same payments.
    shock_covariance
        Covariance of the shocks, shape (member, member); a number v for one shared shock of variance v (1 / size if it
        is gamma); `v * np.eye(members)` for a shock of each member by itself.

    Raises
    ------
    ValueError
        If a rate is negative or not finite, or the shapes do not match.
    """
    rate = as_floats(rates)
    rate = rate[:, None] if rate.ndim == 1 else rate
    if rate.ndim != 2 or rate.shape[1] != len(cases):
        raise ValueError(f"rates have shape {rate.shape}, but there are {len(cases)} care types with moments")
    if not (np.all(np.isfinite(rate)) and rate.min(initial=0.0) >= 0.0):
        raise ValueError("rates must be finite numbers of at least 0")
    members, payments = len(rate), len(cases[0].first)
    first = np.stack([case.first for case in cases])
    second = np.stack([case.second for case in cases])
    mean = _product(rate, first)
    own = _product(rate, second.reshape(len(cases), -1)).reshape(members, payments, payments)
    shocks = np.broadcast_to(as_floats(shock_covariance), (members, members))
    covariance = shocks[:, None, :, None] * np.multiply.outer(mean, mean)
    here = np.arange(members)
    covariance[here, :, here, :] += own
    return Aggregate(mean, as_floats(covariance))


class ExcessPool(NamedTuple):
    """What members of an excess pool bear, exactly; arrays of shape (member,), EUR."""

    own_mean: Floats
    own_sd: Floats
    contribution_mean: Floats
    contribution_sd: Floats
    net_transfer: Floats
    """Mean of contribution minus own cost; its sum is 0."""
    pooled_mean: float
    pooled_sd: float


def excess_pool(
    rates: ArrayLike,
    severities: Sequence[Severity],
    bands: Sequence[Band],
    key: ArrayLike,
    shock_covariance: ArrayLike = 0.0,
) -> ExcessPool:
    """Return mean and SD of what members bear who pay their retained cost and a fixed share of all that is ceded.

    H_i = retained_i + key_i x sum over j of ceded_j, whose moments follow from those of (retained, ceded).

    Parameters
    ----------
    rates, shock_covariance
        As in `aggregate_moments`.
    severities
        Law of the cost of a case of each care type.
    bands
        What of each case is ceded to the pool.
    key
        Share of each member, shape (member,), at least 0, with sum 1.

    Raises
    ------
    ValueError
        If the key does not sum to 1 within 1e-9, or has a negative share or another length.
    """
    whole = aggregate_moments(rates, [split_moments(law, bands) for law in severities], shock_covariance)
    share = as_floats(key)
    members = len(whole.mean)
    if share.shape != (members,) or share.min() < 0.0 or abs(float(share.sum()) - 1.0) > 1e-9:
        raise ValueError(f"key has shape {share.shape} and sum {share.sum()}: one share of at least 0 a member, sum 1")
    ceded = whole.covariance[:, 1, :, 1]
    crossed = whole.covariance[:, 0, :, 1].sum(axis=1)  # of retained_i with all that is ceded
    total = float(ceded.sum())
    diagonal = np.arange(members)
    kept = whole.covariance[diagonal, 0, diagonal, 0]
    own = kept + ceded[diagonal, diagonal] + 2.0 * whole.covariance[diagonal, 0, diagonal, 1]
    own_mean = whole.mean.sum(axis=1)
    borne = whole.mean[:, 0] + share * whole.mean[:, 1].sum()
    return ExcessPool(
        own_mean=own_mean,
        own_sd=np.sqrt(own),
        contribution_mean=borne,
        contribution_sd=np.sqrt(kept + 2.0 * share * crossed + share**2 * total),
        net_transfer=borne - own_mean,
        pooled_mean=float(whole.mean[:, 1].sum()),
        pooled_sd=math.sqrt(total),
    )
