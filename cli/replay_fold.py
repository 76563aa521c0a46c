"""What of a replayed path may be shown when some of its stays are real children.

A sum over one child is that child. So no number that is printed, and none that follows from printed numbers by adding
and subtracting, is about 1 to 4 real stays: what is too small is shown together with something else, or not at all.
The total of a payer in a year is the one exception. It is always shown, and the drawn cases in it are what covers a
child: so of such a payer and year nothing else is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.layers import CaseFunction
    from solidair.pool.replay import Replay

FEWEST = 5
"""Fewest real stays that a number may be about."""


class Hidden(NamedTuple):
    """What of a payer and year is not shown apart.

    Parameters
    ----------
    care_types
        Care types of which no case, number of clients or cost is shown.
    real
        Those of them that have real stays.
    few
        Whether the payer has fewer than `FEWEST` real stays in all: then all care types are hidden.
    """

    care_types: frozenset[str] = frozenset()
    real: frozenset[str] = frozenset()
    few: bool = False


@dataclass(frozen=True, eq=False)
class Shown:
    """What of a payer and year may be shown.

    Parameters
    ----------
    hidden
        What is not in `cases`, `sums` and `known`.
    cases, sums, known, counts
        Rows as in `Replay`. In `counts` a hidden care type keeps what is expected; the uniform number, which gives
        the number drawn away, and the number drawn are missing.
    together
        Clients, and cost in EUR, of all hidden care types: real and drawn.
    total
        Clients, and cost in EUR, of everything.
    """

    hidden: Hidden
    cases: pd.DataFrame
    sums: pd.DataFrame
    known: pd.DataFrame
    counts: pd.DataFrame
    together: tuple[int, float]
    total: tuple[int, float]

    def of(self, care_type: str) -> tuple[int, float]:
        """Return clients, and cost in EUR, of a care type that is not hidden."""
        return _size(*(frame[np.asarray(frame["care_type"] == care_type)] for frame in self._frames))

    @property
    def _frames(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        return self.cases, self.sums, self.known


def shown_at(path: Replay, i: int, t: int) -> Shown:
    """Return what may be shown of a member and year: rows where nothing is at stake, sums for the rest.

    A care type with 1 to 4 real stays is folded with all others of that payer and year that have real stays. If that
    is still fewer than `FEWEST`, everything is folded and only the total is left.

    Parameters
    ----------
    i, t
        Positions of member and year.
    """
    code, year, hidden = path.study.region.codes[i], path.years[t], hidden_at(path, i, t)
    frames = [at(frame, code, year) for frame in (path.cases, path.sums, path.known)]
    apart = [np.asarray(~frame["care_type"].isin(hidden.care_types), dtype=np.bool_) for frame in frames]
    counts = at(path.counts, code, year)
    if hidden.care_types:
        covered = counts["care_type"].isin(hidden.care_types)
        counts = counts.assign(
            uniform=counts["uniform"].mask(covered), drawn=counts["drawn"].astype("Int64").mask(covered)
        )
    cases, sums, known = (frame[keep] for frame, keep in zip(frames, apart, strict=True))
    folded = (frame[~keep] for frame, keep in zip(frames, apart, strict=True))
    return Shown(hidden, cases, sums, known, counts, _size(*folded), _size(*frames))


def hidden_at(path: Replay, i: int, t: int) -> Hidden:
    """Return what is not shown apart of a member and year, given by position."""
    known = at(path.known, path.study.region.codes[i], path.years[t])
    real = dict(zip(known["care_type"], known["clients"], strict=True))
    if min(real.values(), default=FEWEST) >= FEWEST:
        return Hidden()
    few = sum(real.values()) < FEWEST
    return Hidden(frozenset(path.study.costs.ids if few else real), frozenset(real), few)


def settlement_shown(path: Replay, name: str, t: int) -> bool:
    """Return whether the settlement of an agreement in a year, given by position, may be shown.

    It is shown to all members or to none: bills are shares of one total, so what one member handed in follows from
    its own bill, or from that of any other.
    """
    agreement = next(a for a in path.study.agreements if a.name == name)
    rules = agreement.rules(path.study.setting)
    members = [hidden_at(path, i, t) for i in range(len(path.study.region.codes))]
    return all(
        _tells_nothing(rule, hidden, path.study.costs.ids)
        for i, hidden in enumerate(members)
        for rule in rules.of(t, i)
    )


def _tells_nothing(rule: dict[str, CaseFunction], hidden: Hidden, care_types: tuple[str, ...]) -> bool:
    """Return whether what is handed in under a rule says nothing about 1 to 4 real stays.

    That is so if it is a sum over everything that was folded, each case treated alike, or over nothing of it: two
    clauses that cut the fold in different places could be subtracted.
    """
    functions = {c: (f.attachments, f.weights, f.monthly) for c, f in rule.items() if f.attachments}
    if not hidden.few:
        return len({functions.get(c) for c in hidden.care_types}) <= 1
    alike = {functions.get(c) for c in care_types}
    if len(alike) == 1:
        only = alike.pop()
        return only is None or only[0] == (0.0,)  # the same share of everything: follows from the total
    # What counts from the first euro splits the total.
    return not hidden.real & functions.keys() and all(points[0] > 0.0 for points, *_ in functions.values())


def at(frame: pd.DataFrame, code: str, year: int) -> pd.DataFrame:
    """Return the rows of a member and year."""
    return frame[np.asarray((frame["code"] == code) & (frame["year"] == year))]


def _size(cases: pd.DataFrame, sums: pd.DataFrame, known: pd.DataFrame) -> tuple[int, float]:
    """Return clients and cost."""
    clients = len(cases) + int(sums["clients"].sum() + known["clients"].sum())
    return clients, float(cases["cost"].sum() + sums["cost"].sum() + known["cost"].sum())


__all__ = ["FEWEST", "Hidden", "Shown", "at", "hidden_at", "settlement_shown", "shown_at"]
