"""Municipalities and regions: who shares the cost, and how large each of them is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from solidair.models.problems import suggest


@dataclass(frozen=True)
class Municipality:
    """One member of a region. Its identity is its CBS code.

    Parameters
    ----------
    code
        CBS code: `GM` and four digits, such as `GM0518`.
    name
        Name as it is printed.
    inhabitants
        Number of inhabitants, persons.
    youth
        Number of inhabitants of 0 to 17 years, persons.
    youth_budget_eur
        Budget for youth care, EUR per year.
    need_index
        Need for youth care per youth relative to the average, 1 = average; None if unknown.
    buffer_eur
        Reserve that can bear an overrun, EUR; None if unknown.
    budget_derived
        Whether the budget was derived from the number of youths instead of read.
    region
        Region whose shocks the municipality shares, where a study spans several; empty where it has one.
    capacity
        Fiscal capacity of the whole municipality (Dutch: draagkracht), EUR a year; None if unknown.
    youth_under_21
        Number of inhabitants of 0 to 20 years, persons; None if unknown.
    capacity_incidental_eur, capacity_structural_eur
        What it can bear once, and every year again (Dutch: incidentele en structurele weerstandscapaciteit), EUR; None
        if unknown.
    certainty
        Certainty that its council asks for, where that is not what the study says.
    """

    code: str
    name: str
    inhabitants: int
    youth: int
    youth_budget_eur: float
    need_index: float | None = None
    buffer_eur: float | None = None
    budget_derived: bool = False
    region: str = ""
    capacity: float | None = None
    youth_under_21: int | None = None
    capacity_incidental_eur: float | None = None
    capacity_structural_eur: float | None = None
    certainty: float | None = None


@dataclass(frozen=True)
class Region:
    """An ordered set of municipalities. Every array follows the order of `members`.

    Parameters
    ----------
    name
        Short name, as in a file name.
    title
        Name as it is printed.
    members
        At least one municipality, each code once.
    source
        Where the figures come from; empty if the file does not say.
    file
        The file that was read, as the user named it.
    year
        Year of the figures; None if the file does not say.
    notes
        What a reader of results must know: notes of the file and of reading it.

    Raises
    ------
    ValueError
        If there is no member, or two members have the same code.
    """

    name: str
    title: str
    members: tuple[Municipality, ...]
    source: str
    file: str
    year: int | None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError(f"region '{self.name}' must have at least one member")
        if len({member.code for member in self.members}) < len(self.members):
            raise ValueError(f"region '{self.name}' has a code more than once")

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.members)

    @property
    def codes(self) -> npt.NDArray[np.str_]:
        """CBS codes, shape (member,)."""
        return np.array([member.code for member in self.members], dtype=np.str_)

    @property
    def names(self) -> npt.NDArray[np.str_]:
        """Names, shape (member,)."""
        return np.array([member.name for member in self.members], dtype=np.str_)

    @property
    def inhabitants(self) -> npt.NDArray[np.int64]:
        """Inhabitants, persons, shape (member,)."""
        return np.array([member.inhabitants for member in self.members], dtype=np.int64)

    @property
    def youth(self) -> npt.NDArray[np.int64]:
        """Inhabitants of 0 to 17 years, persons, shape (member,)."""
        return np.array([member.youth for member in self.members], dtype=np.int64)

    @property
    def budget(self) -> npt.NDArray[np.float64]:
        """Budget for youth care, EUR per year, shape (member,)."""
        return np.array([member.youth_budget_eur for member in self.members], dtype=np.float64)

    @property
    def budget_derived(self) -> npt.NDArray[np.bool_]:
        """Whether the budget was derived from the number of youths, shape (member,)."""
        return np.array([member.budget_derived for member in self.members], dtype=np.bool_)

    @property
    def need_index(self) -> npt.NDArray[np.float64]:
        """Need per youth relative to the average, 1 = average, nan where absent, shape (member,)."""
        return _or_nan(member.need_index for member in self.members)

    @property
    def buffer(self) -> npt.NDArray[np.float64]:
        """Reserve that can bear an overrun, EUR, nan where absent, shape (member,)."""
        return _or_nan(member.buffer_eur for member in self.members)

    @property
    def capacity(self) -> npt.NDArray[np.float64]:
        """Fiscal capacity of the whole municipality, EUR a year, nan where absent, shape (member,)."""
        return _or_nan(member.capacity for member in self.members)

    @property
    def youth_under_21(self) -> npt.NDArray[np.float64]:
        """Inhabitants of 0 to 20 years, persons, nan where absent, shape (member,)."""
        return _or_nan(member.youth_under_21 for member in self.members)

    @property
    def capacity_incidental(self) -> npt.NDArray[np.float64]:
        """What a member can bear once, EUR, nan where absent, shape (member,)."""
        return _or_nan(member.capacity_incidental_eur for member in self.members)

    @property
    def capacity_structural(self) -> npt.NDArray[np.float64]:
        """What a member can bear every year again, EUR a year, nan where absent, shape (member,)."""
        return _or_nan(member.capacity_structural_eur for member in self.members)

    @property
    def certainty(self) -> npt.NDArray[np.float64]:
        """Certainty that the council asks for, nan where it does not say, shape (member,)."""
        return _or_nan(member.certainty for member in self.members)

    def index(self, code: str) -> int:
        """Return the position of a member.

        Raises
        ------
        KeyError
            If no member has this code; the message names the nearest one.
        """
        codes = [member.code for member in self.members]
        if code not in codes:
            raise KeyError(f"'{code}' is not a member of {self.title}. {suggest(code, codes)}")
        return codes.index(code)

    def subset(self, codes: Iterable[str]) -> Region:
        """Return the region of these members only, in the order of this region.

        Raises
        ------
        KeyError
            If a code is not that of a member.
        ValueError
            If no code is given.
        """
        chosen = sorted({self.index(code) for code in codes})
        return replace(self, members=tuple(self.members[position] for position in chosen))


def _or_nan(values: Iterable[float | None]) -> npt.NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
