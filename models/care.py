"""Care types: a form of youth care, with the codes under which Dutch administrations book it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solidair.models.schema import Words

CareCodes = Mapping[str, tuple[str, ...]]
"""Identifiers of care types with the Iv3 and iJw codes under which each is booked."""


@dataclass(frozen=True)
class CareType:
    """A form of care.

    Parameters
    ----------
    id
        Identifier in files and of random streams, such as 'pleegzorg'.
    label
        Name for readers.
    iv3
        Codes of the Iv3 taakvelden (statistical budget codes, from reporting year 2023).
    ijw
        Product categories of the iJw messages (code list JZ020).
    stay
        Whether the child stays outside the home.
    """

    id: str
    label: Words
    iv3: tuple[str, ...]
    ijw: tuple[str, ...]
    stay: bool
