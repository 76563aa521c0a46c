"""What a run is made of, as arrays: the border between the compiled core and the rest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solidair.pool.kernels.random import BATCH

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


class Shocks(NamedTuple):
    """The mean-one factors of a path. A site is one law of shocks, such as the national shock on prices.

    Position 0 of the years is the year before the first budget year, whose volume the stays open at the start have.
    """

    tables: Floats  # flat quantile tables of the sites
    table: Ints  # (site,) number of the table
    persistence: Floats  # (site,) correlation of the normal scores of a year and the next; 1: one draw for the path
    target: Ints  # (site,) 0 volume, 1 price, 2 length of stay
    care_type: Ints  # (site,) -1 for all types together
    shared: Ints  # sites that the members of a region have in common
    local: Ints  # sites that each member has for itself
    scored: Flags  # (site,) drawn by the factors of dependence
    shared_keys: Words  # (region, site)
    local_keys: Words  # (member, site)
    region: Ints  # (member,)
    weights: Floats  # (3,) loadings: what a care type has in common, what a member has in common, the rest
    degrees: int  # of freedom of the t copula; 0 for the Gaussian one
    type_keys: Words  # (care_type,)
    member_keys: Words  # (member,)
    mix_key: np.uint64
    mix_table: int  # number of the table of chi-square / degrees


class Care(NamedTuple):
    """How many clients there are, and what they cost."""

    expected: Floats  # (member, care_type) clients a year, at need 1 and factors 1
    need: Floats  # (member,), NaN where it is drawn
    need_table: Floats
    need_keys: Words  # (member,)
    stays: Ints  # (care_type,) number of the stay tables, -1 for cases of a single year
    tables: Floats  # flat, per care type: cost of a case in EUR, or tariff of a stay in EUR a day
    lengths: Floats  # flat, per type of stay: length in days
    residuals: Floats  # flat, per type of stay: days that an open stay still lasts
    mean_length: Floats  # (care_type,) days
    keys: Words  # (draw, member, care_type), in the order of the constants below


class Known(NamedTuple):
    """Stays that are really open at the start, instead of drawn ones."""

    listed: Flags  # (member, care_type) whose open stays are known
    seen_on: float  # day on which they were seen, 0 or less
    first: Ints  # (member * care_type + 1,)
    row: Ints  # number of the table of its length
    elapsed: Floats  # days so far
    alive: Floats  # probability that a stay lasts longer than that
    most: Floats  # days that are left at most
    tariff: Floats  # EUR a day, NaN where it is drawn


class Moves(NamedTuple):
    """Children whose payer changes on a 1 January."""

    share: Floats  # (care_type,) share of the children in care that move
    weights: Floats  # (member,) where to
    keys: Words  # (member,)


class Years(NamedTuple):
    """The budget years."""

    starts: Floats  # (year + 1,) days since the start
    stops: Floats  # (year,) day on which counting ends: the next start, or a day within the year
    volume: Floats  # (care_type, year) growth of the clients of single-year types, and of those who enter a stay
    index: Floats  # type: ignore[assignment]  # (care_type, year) price index


class Looks(NamedTuple):
    """The measures: what is looked at in a case."""

    first: Ints  # (care_type + 1,) into the next two
    attachments: Floats  # (year, attachment) EUR, that of the whole case (0) first
    lowest: Floats  # (year, care_type) EUR: lowest attachment above 0, inf if there is none
    measure: Ints  # (attachment,)
    count: Ints  # type: ignore[assignment]  # (care_type,) measure of the number of clients
    begun_first: Ints  # (care_type + 1,) into the next three: measures of cases that began before some year
    begun_years: Ints  # (begun,) that year
    begun_attachments: Floats  # (year, begun) EUR
    begun_measure: Ints  # (begun,)
    month_first: Ints  # (care_type + 1,) into the next three: measures of stays with an attachment per month
    month_before: Ints  # (month,) only stays that began before this year
    month_attachments: Floats  # (year, month) EUR a day
    month_measure: Ints  # (month,)


class Bulk(NamedTuple):
    """Care types whose small cases are drawn as one sum; see `solidair.models.sums` and `solidair.models.guides`."""

    row: Ints  # (care_type,) number of the tables, -1 for case by case
    beyond: Floats  # (care_type,) share of the cases that is drawn one by one
    mean: Floats  # (care_type,) EUR, of a small case
    sd: Floats
    sums: Floats  # flat, per row: standardised quantiles of sums
    size: int  # of one row's tables
    places: Words  # (1025,) place of the table of a number of cases
    weights: Floats  # (1025,) weight of the table after it
    large: Floats  # flat, per row: cost of a large case, EUR
    guide: Ints  # (member, care_type) number of the guide of the small count, the next one of the large; or -1
    limits: Words  # this and the following as in `solidair.models.guides`
    guides: npt.NDArray[np.uint32]
    starts: Words
    shifts: Words
    offsets: Ints


class Scratch(NamedTuple):
    """Room to work in, one per thread."""

    words: Words
    cells: Words
    costs: Floats
    high: Ints
    starts: Floats
    stops: Floats
    tariffs: Floats
    moved: Ints
    path: Floats  # (year + 1,)
    shared: Floats  # (region, target, care_type, year + 1)
    factors: Floats  # (member, target, care_type, year + 1)


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
