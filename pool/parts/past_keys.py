"""Keys that look at clients or cost of earlier years, or of the year itself.

Such a key does not share luck, it delays it: a euro more in one year raises the shares of the years after it. With a
window of K years its owner pays nearly all of it back within K years (see the page on agreements).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.models.sources.history import MissingHistoryError
from solidair.pool.books import Books
from solidair.pool.parts.keys import KeyBase, normalised
from solidair.pool.parts.registry import Fault, part
from solidair.pool.parts.scopes import Scope, scope_faults
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Figure = Literal["clients", "cost"]

MOST_YEARS = 20
"""Longest lag, and longest window: a history that reaches further back than both says nothing of today."""


class PastKey(KeyBase):
    """A key by figures of a window of years.

    Parameters
    ----------
    scope
        Care types that count: 'all', or a list of identifiers, Iv3 codes or iJw codes.
    lag
        How many years before the year that is settled the window ends; 0 is the same year.
    window
        Number of years in it.
    method
        'ratio_of_sums': the share in the sum of its years. 'mean_of_shares': the mean of the shares of its years,
        in which every year weighs the same.
    """

    figure: ClassVar[Figure]
    """What is looked at, which is also the kind by which files name the key."""

    scope: Scope = "all"
    lag: int = Field(default=1, ge=0, le=MOST_YEARS)
    window: int = Field(default=1, ge=1, le=MOST_YEARS)
    method: Literal["ratio_of_sums", "mean_of_shares"] = "ratio_of_sums"

    @property
    def fixed(self) -> bool:
        """Shares follow from what happens."""
        return False

    @property
    def before(self) -> int:
        """Years before the first one that is settled, at which the key may look."""
        return self.lag + self.window - 1

    @abstractmethod
    def _booked(self, books: Books) -> FloatArray:
        """Return the figures of the years that are settled, (sim, year, member)."""

    def sizes(self, books: Books) -> FloatArray:  # noqa: D102
        return self.weights(books, books.everyone)

    def weights(self, books: Books, reach: BoolArray) -> FloatArray:
        """Return the share of each member, (sim, year, member).

        Where the members that share have nothing in the whole window, the shares are equal; with 'mean_of_shares' a
        year in which they have nothing counts with equal shares. Years of a history file are refused if they do so;
        see `faults`.

        Raises
        ------
        MissingHistoryError
            If figures of past years are needed that neither the history gives nor the setting allows to assume.
        """
        setting, booked = books.setting, self._booked(books)
        past = past_figures(setting, self.figure, self.scope, self.before)
        self._refuse_unknown(setting, past, reach)
        # What is not known is of members that do not share.
        past = np.broadcast_to(np.nan_to_num(past), (len(booked), *past.shape))
        series, years = np.concatenate([past, booked], axis=1), booked.shape[1]
        total = np.zeros(booked.shape)
        for step in range(self.window):
            # Of every settled year at once the year that lies `lag` + `step` before it.
            start = self.before - self.lag - step
            figures = setting.merged(series[:, start : start + years])
            total += figures if self.method == "ratio_of_sums" else normalised(figures, reach)
        return normalised(total, reach)

    def _refuse_unknown(self, setting: Setting, past: FloatArray, reach: BoolArray) -> None:
        """Raise if a figure is needed that nobody gave: a share of it would be a share of nothing."""
        unknown, whom = np.zeros_like(past, dtype=np.bool_), setting.behind(reach)
        for place, windows in self.places(reach).items():
            for back in windows:
                if back < 0:
                    unknown[back] |= np.isnan(past[back]) & whom[place]
        if unknown.any():
            years, members = (np.flatnonzero(unknown.any(axis=axis)) for axis in (1, 0))
            calendar = [setting.first_year - self.before + int(year) for year in years]
            codes = [setting.region.members[member].code for member in members]
            raise MissingHistoryError(calendar, codes, setting.types(self.scope))

    def places(self, reach: BoolArray) -> dict[int, list[int]]:
        """Return the places of the window of each year in which anybody shares; of past years they are negative."""
        steps = range(self.lag, self.lag + self.window)
        return {int(year): [int(year) - step for step in steps] for year in np.flatnonzero(reach.any(axis=1))}

    def scopes(self) -> list[str | tuple[str, ...]]:  # noqa: D102
        return [self.scope]

    def faults(self, setting: Setting, reach: BoolArray) -> list[Fault]:  # noqa: D102
        if unknown := scope_faults(self.scope, setting):
            return unknown
        windows = self.places(reach)
        needed = sorted({place for places in windows.values() for place in places if place < 0})
        if not needed:
            return []
        return self._lacking(setting, reach, needed) or self._empty(setting, reach, windows)

    def _lacking(self, setting: Setting, reach: BoolArray, needed: list[int]) -> list[Fault]:
        """Return a fault if years are needed of which nothing is known, or not of every member that shares."""
        calendar = {place: setting.first_year + place for place in needed}
        what = f"the key '{self.figure}' looks at {self.figure} of {_spans(calendar.values())}"
        given = set() if setting.history is None else set(setting.history.years)
        absent = [year for year in calendar.values() if year not in given]
        if absent and not setting.assumed:
            hint = (
                'Give a history file in the study under [history], with file = "history.csv", or write assumed = true.'
            )
            if setting.history is None:
                return [Fault("", self.figure, f"{what}, and there is no history", hint)]
            hint = f"Add {'it' if len(absent) == 1 else 'them'} to the file, or write assumed = true under [history]."
            rule = f"{what}, but the history lacks {_spans(absent)}"
            return [Fault("", self.figure, rule, hint)]
        past = past_figures(setting, self.figure, self.scope, -needed[0])
        shares = setting.behind(reach).any(axis=0)
        hollow = [(place, np.isnan(past[place]) & shares) for place in needed]
        years = [calendar[place] for place, missing in hollow if missing.any()]
        if not years:
            return []
        if setting.history is None:
            rule = f"{what}, which cannot be assumed without a cost model"
            return [Fault("", self.figure, rule, "Give a history file in the study under [history].")]
        whom = np.flatnonzero(np.logical_or.reduce([missing for _, missing in hollow]))
        names = ", ".join(f"{m.code} ({m.name})" for m in (setting.region.members[i] for i in whom))
        rule = f"{what}, but the history has no figure for {names} in {_spans(years)}"
        return [Fault("", self.figure, rule, "Fill these figures in; write 0 where there was nobody.")]

    def _empty(self, setting: Setting, reach: BoolArray, windows: dict[int, list[int]]) -> list[Fault]:
        """Return a fault if past years in which nobody that shares had anything make a share of nothing."""
        past, whom = np.nan_to_num(past_figures(setting, self.figure, self.scope, self.before)), setting.behind(reach)
        for year, places in windows.items():
            before = [place for place in places if place < 0]
            nothing = {place: not past[place][whom[year]].sum() > 0 for place in before}
            if self.method == "mean_of_shares":
                empty = [place for place in before if nothing[place]]
            else:
                empty = before if len(before) == self.window and all(nothing.values()) else []
            if empty:
                when = _spans(setting.first_year + place for place in empty)
                rule = f"in {when} the members that share have no {self.figure} in this scope: a share of nothing"
                hint = "Choose a wider scope, or a longer window."
                if self.method == "mean_of_shares":
                    hint = 'Choose a wider scope, or method = "ratio_of_sums".'
                return [Fault("", self.figure, rule, hint)]
        return []

    def words(self, say: Wording) -> str:  # noqa: D102
        clients, share = self.figure == "clients", self.method == "mean_of_shares"
        nl = "aantal cliënten van" if clients else "kosten van"
        en = "number of clients of" if clients else "cost of"
        if share:
            nl = f"gemiddeld jaarlijks aandeel in {'het' if clients else 'de'} {nl}"
            en = f"mean yearly share in the {en}"
        text = f"{say.pick(nl, en)} {say.scope(self.scope)} {self._when(say)}"
        if self.scope == "all":
            return text
        return text + say.pick(" (zijn die er niet: gelijke delen)", " (if there are none: equal shares)")

    def _when(self, say: Wording) -> str:
        lag, window = self.lag, self.window
        if window == 1 and lag == 0:
            return say.pick("in hetzelfde jaar", "in the same year")
        if window == 1 and lag == 1:
            return say.pick("in het jaar ervoor", "in the year before")
        if window == 1:
            return say.pick(f"van {lag} jaar eerder", f"of {lag} years earlier")
        if lag == 0:
            return say.pick(
                f"in de {window} jaren tot en met hetzelfde jaar", f"in the {window} years up to and with the same year"
            )
        if lag == 1:
            return say.pick(f"in de {window} jaren ervoor", f"in the {window} years before")
        return say.pick(
            f"in de {window} jaren tot en met {lag} jaar eerder", f"in the {window} years up to {lag} years earlier"
        )


@part("key", "clients")
class ClientsKey(PastKey):
    """In proportion to the number of clients in a window of years; a child with care of two types counts twice.

    With lag 0 it is the mean price times the own volume: luck in price is shared, luck in volume is not.
    """

    figure: ClassVar[Figure] = "clients"
    kind: Literal["clients"] = "clients"

    def _booked(self, books: Books) -> FloatArray:
        return books.clients(books.setting.types(self.scope))


@part("key", "cost")
class CostKey(PastKey):
    """In proportion to cost in a window of years, before any article of the agreement; at prices of each year."""

    figure: ClassVar[Figure] = "cost"
    kind: Literal["cost"] = "cost"

    def _booked(self, books: Books) -> FloatArray:
        return books.cost(books.setting.types(self.scope))


def past_figures(setting: Setting, figure: Figure, scope: str | tuple[str, ...], years: int) -> FloatArray:
    """Return clients, or cost in EUR, of years before the first one that is settled.

    A year that the history file has comes from there, as it stands. Any other is what the cost model expects of a year
    at the prices of the first one, if the setting allows to assume that.

    Parameters
    ----------
    years
        How many, the last one being the year before the first.

    Returns
    -------
    array
        Shape (year, member), ascending; NaN where there is no figure.
    """
    history, members = setting.history, setting.members
    found = np.full((years, members), np.nan)
    expected = setting.expected_clients if figure == "clients" else setting.expected_cost
    if setting.assumed and expected is not None:
        found[:] = expected[:, setting.scope(scope)].sum(axis=-1)
    if history is None:
        return found
    place = {code: i for i, code in enumerate(history.codes)}
    types = setting.types(scope)
    for row, year in enumerate(range(setting.first_year - years, setting.first_year)):
        if year in history.years:
            clients, cost = history.window(year, 1, types, need=())
            given = (clients if figure == "clients" else cost)[0]
            found[row] = [given[place[code]] if code in place else np.nan for code in map(str, setting.region.codes)]
    return found


def _spans(years: Iterable[int]) -> str:
    """Return calendar years in a few words: '2024 to 2026', or '2024, 2026'."""
    listed = sorted(years)
    if len(listed) > 2 and listed[-1] - listed[0] == len(listed) - 1:
        return f"{listed[0]} to {listed[-1]}"
    return ", ".join(map(str, listed))


__all__ = ["ClientsKey", "CostKey", "PastKey", "past_figures"]
