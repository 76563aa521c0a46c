"""Groups of open stays: only large ones are used, so that no figure can be followed to a child; what that leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from solidair.models.sources.open_cases import OpenCases

FEWEST = 5
"""Smallest group of real stays whose sum may be used: a figure that rests on fewer could be followed to a child."""


def in_groups(known: OpenCases) -> OpenCases:
    """Return the stays without those of a payer and care type that has fewer than `FEWEST`.

    Exact means, and simulated figures at a known seed, follow from the stays without any noise. So a small group would
    show a child's tariff to the cent. What is left out starts in steady state instead; `withheld` counts it.
    """
    cells = list(zip(known.codes, known.care_types, strict=True))
    sizes = Counter(cells)
    keep = np.array([sizes[cell] >= FEWEST for cell in cells], dtype=np.bool_)
    if keep.all():
        return known
    return replace(
        known,
        codes=tuple(code for code, kept in zip(known.codes, keep, strict=True) if kept),
        care_types=tuple(id_ for id_, kept in zip(known.care_types, keep, strict=True) if kept),
        elapsed_days=known.elapsed_days[keep],
        days_to_leaving=known.days_to_leaving[keep],
        tariffs=known.tariffs[keep],
        withheld={cell: size for cell, size in sizes.items() if size < FEWEST},
    )


@dataclass(frozen=True)
class ListedStays:
    """What a file of open stays lists, counts only: small groups, which are not used, are counted too.

    Parameters
    ----------
    payers
        CBS codes of the payers with at least one stay in the file.
    by_type
        Stays per care type, of all these payers together; a care type without a stay is absent.
    withheld
        Stays that are not used, being of a payer and care type with fewer than `FEWEST`.
    withheld_payers
        Payers with at least one such stay.
    """

    payers: frozenset[str] = field(repr=False)
    by_type: Mapping[str, int] = field(repr=False)
    withheld: int
    withheld_payers: int

    def __len__(self) -> int:
        """Return the number of stays in the file."""
        return sum(self.by_type.values())


def listed_stays(known: OpenCases) -> ListedStays:
    """Return the counts of a file of open stays, whether `in_groups` has been applied to it or not."""
    by_type = Counter(known.care_types)
    for (_, care_type), size in known.withheld.items():
        by_type[care_type] += size
    return ListedStays(
        payers=frozenset(known.codes) | {code for code, _ in known.withheld},
        by_type=dict(by_type),
        withheld=sum(known.withheld.values()),
        withheld_payers=len({code for code, _ in known.withheld}),
    )
