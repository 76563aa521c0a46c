"""What a run is made of, as arrays: the border between the compiled core and the rest."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from solidair.pool.kernels.random import BATCH


class Shocks(NamedTuple):
    """The mean-one factors of a path. A site is one law of shocks, such as the national shock on prices.

    Position 0 of the years is the year before the first budget year, whose volume the stays open at the start have.
    """

    tables: Any  # flat quantile tables of the sites
    table: Any  # (site,) int64: number of the table
    persistence: Any  # (site,) correlation of the normal scores of a year and the next; 1: one draw for the path
    target: Any  # (site,) int64: 0 volume, 1 price, 2 length of stay
    care_type: Any  # (site,) int64; -1 for all types together
    shared: Any  # int64: sites that the members of a region have in common
    local: Any  # int64: sites that each member has for itself
    scored: Any  # (site,) bool: drawn by the factors of dependence
    shared_keys: Any  # (region, site) uint64
    local_keys: Any  # (member, site) uint64
    region: Any  # (member,) int64
    weights: Any  # (3,) loadings: what a care type has in common, what a member has in common, the rest
    degrees: int  # of freedom of the t copula; 0 for the Gaussian one
    type_keys: Any  # (care_type,) uint64
    member_keys: Any  # (member,) uint64
    mix_key: Any  # uint64
    mix_table: int  # number of the table of chi-square / degrees


class Care(NamedTuple):
    """How many clients there are, and what they cost."""

    expected: Any  # (member, care_type) clients a year, at need 1 and factors 1
    need: Any  # (member,), NaN where it is drawn
    need_table: Any
    need_keys: Any  # (member,) uint64
    stays: Any  # (care_type,) int64: number of the stay tables, -1 for cases of a single year
    tables: Any  # flat, per care type: cost of a case in EUR, or tariff of a stay in EUR a day
    lengths: Any  # flat, per type of stay: length in days
    residuals: Any  # flat, per type of stay: days that an open stay still lasts
    mean_length: Any  # (care_type,) days
    keys: Any  # (draw, member, care_type) uint64, in the order of the constants below


class Known(NamedTuple):
    """Stays that are really open at the start, instead of drawn ones."""

    listed: Any  # (member, care_type) bool: whose open stays are known
    seen_on: float  # day on which they were seen, 0 or less
    first: Any  # (member * care_type + 1,) int64
    row: Any  # int64: number of the table of its length
    elapsed: Any  # days so far
    alive: Any  # probability that a stay lasts longer than that
    most: Any  # days that are left at most
    tariff: Any  # EUR a day, NaN where it is drawn


class Moves(NamedTuple):
    """Children whose payer changes on a 1 January."""

    share: Any  # (care_type,) share of the children in care that move
    weights: Any  # (member,) where to
    keys: Any  # (member,) uint64


class Years(NamedTuple):
    """The budget years."""

    starts: Any  # (year + 1,) days since the start
    volume: Any  # (year,) growth of the number of clients
    index: Any  # (care_type, year) price index


class Looks(NamedTuple):
    """The measures: what is looked at in a case."""

    first: Any  # (care_type + 1,) int64 into the next two
    attachments: Any  # (year, attachment) EUR, that of the whole case (0) first
    lowest: Any  # (year, care_type) EUR: lowest attachment above 0, inf if there is none
    measure: Any  # (attachment,) int64
    count: Any  # (care_type,) int64: measure of the number of clients


class Bulk(NamedTuple):
    """Care types whose small cases are drawn as one sum; see `solidair.models.sums` and `solidair.models.guides`."""

    row: Any  # (care_type,) int64: number of the tables, -1 for case by case
    beyond: Any  # (care_type,) share of the cases that is drawn one by one
    mean: Any  # (care_type,) EUR, of a small case
    sd: Any
    sums: Any  # flat, per row: standardised quantiles of sums
    size: int  # of one row's tables
    places: Any  # (1025,) uint64: place of the table of a number of cases
    weights: Any  # (1025,) weight of the table after it
    large: Any  # flat, per row: cost of a large case, EUR
    guide: Any  # (member, care_type) int64: number of the guide of the small count, the next one of the large; or -1
    limits: Any
    guides: Any
    starts: Any
    shifts: Any
    offsets: Any


class Scratch(NamedTuple):
    """Room to work in, one per thread."""

    words: Any
    cells: Any
    costs: Any
    high: Any
    starts: Any
    stops: Any
    tariffs: Any
    moved: Any
    path: Any  # (year + 1,)
    shared: Any  # (region, target, care_type, year + 1)
    factors: Any  # (member, target, care_type, year + 1)


def scratch(regions: int, members: int, care_types: int, years: int) -> Scratch:
    """Return room for a run of this size."""
    batch = 2 * BATCH
    return Scratch(
        np.empty(batch, np.uint64), np.empty(batch, np.uint64), np.empty(batch), np.empty(batch, np.int64),
        np.empty(batch), np.empty(batch), np.empty(batch), np.empty(batch, np.int64), np.empty(years + 1),
        np.empty((regions, 3, care_types, years + 1)), np.empty((members, 3, care_types, years + 1)),
    )  # fmt: skip


COUNT, COST, OPEN, RESIDUAL, OPEN_TARIFF, ENTRIES, ENTRY, LENGTH, TARIFF, MOVE, OPEN_MOVE = range(11)
KNOWN_RESIDUAL, KNOWN_TARIFF, KNOWN_MOVE, LARGE_COUNT, LARGE_COST, SUM = range(11, 17)

VOLUME, PRICE, STAY = 0, 1, 2
BEFORE = np.uint64(0xFFFF)
"""Stands for the year before the first budget year."""
