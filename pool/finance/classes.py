"""The ratio of available to required capacity, and the class that Dutch municipalities give it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.models.regions import Region
from solidair.models.schema import Words

FloatArray = npt.NDArray[np.float64]

SOURCE = "https://stein.jaarverslag-2021.nl/p20967"
"""Annual report 2021 of the municipality of Stein: the table of classes, with its limits and words."""


@dataclass(frozen=True)
class CapacityClass:
    """A class of the ratio.

    Parameters
    ----------
    letter
        'A' to 'F'.
    lowest
        Lowest ratio of the class; it belongs to the class, except for A, which lies above it.
    words
        What the class is called.
    """

    letter: str
    lowest: float
    words: Words


CLASSES = (
    CapacityClass("A", 2.0, Words(nl="uitstekend", en="excellent")),
    CapacityClass("B", 1.4, Words(nl="ruim voldoende", en="amply sufficient")),
    CapacityClass("C", 1.0, Words(nl="voldoende", en="sufficient")),
    CapacityClass("D", 0.8, Words(nl="matig", en="moderate")),
    CapacityClass("E", 0.6, Words(nl="onvoldoende", en="insufficient")),
    CapacityClass("F", 0.0, Words(nl="ruim onvoldoende", en="amply insufficient")),
)
"""From the best to the worst; see `SOURCE`. A ratio of exactly 2.0 is B, of exactly 1.4 also B, and so on."""


def class_of(ratio: float) -> CapacityClass | None:
    """Return the class of a ratio; None if there is no ratio.

    Raises
    ------
    ValueError
        If the ratio is below 0.
    """
    if ratio < 0.0:
        raise ValueError(f"ratio = {ratio}: a capacity cannot be negative, nor can a ratio of two")
    if np.isnan(ratio):
        return None
    best, *others = CLASSES
    return best if ratio > best.lowest else next(c for c in others if ratio >= c.lowest)


def letters(ratios: FloatArray) -> npt.NDArray[np.object_]:
    """Return the letter of the class of every ratio, empty where there is no ratio; shape of `ratios`."""
    found = [c.letter if (c := class_of(float(ratio))) else "" for ratio in ratios.ravel()]
    return np.array(found, dtype=object).reshape(ratios.shape)


def capacity_ratio(available: FloatArray, required: FloatArray) -> FloatArray:
    """Return available over required capacity; infinite where nothing is required, NaN where available is unknown."""
    top, bottom = np.broadcast_arrays(available, required)
    ratio = np.full(top.shape, np.inf)
    np.divide(top, bottom, out=ratio, where=bottom > 0.0)
    return np.where(np.isnan(top), np.nan, ratio)


def available_capacity(region: Region, years: int) -> FloatArray:
    """Return what each member can bear over a number of years, shape (member,), EUR; NaN where nobody knows.

    Incidental capacity can be spent once, structural capacity returns every year. Of a member that gives one of the
    two the other is nothing; one that gives neither has its buffer, once.
    """
    once, yearly = region.capacity_incidental, region.capacity_structural
    neither = np.isnan(once) & np.isnan(yearly)
    return np.where(neither, region.buffer, np.nan_to_num(once) + years * np.nan_to_num(yearly))
