"""Mergers of municipalities during a study: from some year on, several members are one.

A merger belongs to the study, since every agreement sees the same world. Children, shocks and luck stay those of the
former municipalities; what they cost, and the sizes of keys and lines, are added up. So a rule by which two neighbours
together bear what the merged one bears (merger-neutral: keys by size, excess of single cases) changes nothing in
total, and one that looks at each member apart (equal shares, a corridor, the least of several lines) does. What a
clause carries over from earlier years (balances, windows, shares of the year before) is added up as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.models.problems import suggest
from solidair.models.regions import Region
from solidair.models.schema import Config
from solidair.pool.parts.registry import Fault
from solidair.pool.parts.words import Wording, listed

if TYPE_CHECKING:
    from solidair.pool.clauses import Clause
    from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_CODE = re.compile(r"GM\d{4}")


class MergerSpec(Config):
    """Municipalities that become one.

    Parameters
    ----------
    codes
        CBS codes of those that merge.
    into
        CBS code of the one of them under which results are shown; or a new name, which is shown with the first one.
    year
        First calendar year in which they are one: after the first year of the study.
    """

    codes: tuple[str, ...] = Field(min_length=2)
    into: str = Field(min_length=1)
    year: int = Field(ge=1900, le=2200)


@dataclass(frozen=True)
class Merger:
    """Positions of the members that merge.

    Parameters
    ----------
    into
        Who stands for all of them.
    gone
        The others.
    place
        Position of the first year in which they are one.
    """

    into: int
    gone: tuple[int, ...]
    place: int


def merge(values: FloatArray, mergers: Sequence[Merger]) -> FloatArray:
    """Return what members have, with that of merged ones added up; what is added up already stays so.

    Parameters
    ----------
    values
        (..., year, member).
    """
    if not mergers:
        return values
    total = np.array(values, dtype=np.float64)
    for merger in mergers:
        for member in merger.gone:
            total[..., merger.place :, merger.into] += total[..., merger.place :, member]
            total[..., merger.place :, member] = 0.0
    return total


def merge_variance(values: FloatArray, mergers: Sequence[Merger]) -> FloatArray:
    """Return variances, (..., year, member): nan for a sum, since members share shocks; 0 for those that are gone."""
    total = np.array(values, dtype=np.float64) if mergers else values
    for merger in mergers:
        total[..., merger.place :, merger.into] = np.nan
        total[..., merger.place :, list(merger.gone)] = 0.0
    return total


def there(mergers: Sequence[Merger], years: int, members: int) -> BoolArray:
    """Return who is a municipality of its own and when, (year, member)."""
    found = np.ones((years, members), dtype=np.bool_)
    for merger in mergers:
        found[merger.place :, list(merger.gone)] = False
    return found


def carried(values: FloatArray, mergers: Sequence[Merger], year: int) -> FloatArray:
    """Return what members carry into a year, with that of those who are one by then added up.

    Parameters
    ----------
    values
        (..., member): balances, or shares of the year before.
    year
        Position of the year.
    """
    due = [merger for merger in mergers if merger.place <= year]
    total = np.array(values, dtype=np.float64) if due else values
    for merger in due:
        for member in merger.gone:
            total[..., merger.into] += total[..., member]
            total[..., member] = 0.0
    return total


def stands(mergers: Sequence[Merger], members: int, year: int) -> npt.NDArray[np.intp]:
    """Return the position of who stands for each member in a year, (member,): itself, unless it has gone up."""
    found = np.arange(members)
    for merger in mergers:
        if merger.place <= year:
            found[np.isin(found, merger.gone)] = merger.into
    return found


def behind(reach: BoolArray, mergers: Sequence[Merger]) -> BoolArray:
    """Return those that share, (year, member), and with them those that have gone up in one of them by then."""
    whom = np.array(reach, dtype=np.bool_) if mergers else reach
    for merger in reversed(mergers):
        for member in merger.gone:
            whom[merger.place :, member] |= whom[merger.place :, merger.into]
    return whom


def shifted(merger: Merger, member: int) -> Merger:
    """Return a merger by the positions that are left when a member, who has no part in it, is not there."""

    def place(old: int) -> int:
        return old - (old > member)

    return replace(merger, into=place(merger.into), gone=tuple(map(place, merger.gone)))


def placed(specs: Sequence[MergerSpec], region: Region, first_year: int) -> tuple[Merger, ...]:
    """Return mergers by position, in the order of their years."""
    made = []
    for spec in sorted(specs, key=lambda spec: spec.year):
        into = region.index(spec.into if spec.into in spec.codes else spec.codes[0])
        gone = tuple(place for code in spec.codes if (place := region.index(code)) != into)
        made.append(Merger(into, gone, spec.year - first_year))
    return tuple(made)


def named(specs: Sequence[MergerSpec], region: Region) -> Region:
    """Return the region with new names beside those of the members that stand for merged ones."""
    new = {spec.codes[0]: spec.into for spec in specs if spec.into not in spec.codes}
    shown = (replace(m, name=f"{m.name} ({new[m.code]})") if m.code in new else m for m in region.members)
    return replace(region, members=tuple(shown))


def merger_faults(specs: Sequence[MergerSpec], region: Region, first_year: int, years: int) -> list[Fault]:
    """Return what is wrong with mergers, each under its number."""
    codes = [member.code for member in region.members]
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for number, spec in sorted(enumerate(specs, 1), key=lambda entry: entry[1].year):
        for place, code in enumerate(spec.codes, 1):
            where = f"{number}.codes.{place}"
            if code not in codes:
                rule = f"there is no member of this code in {region.title}"
                faults.append(Fault(where, code, rule, suggest(code, codes)))
            elif code in spec.codes[: place - 1]:
                faults.append(Fault(where, code, "this code is named twice", "Name each municipality once."))
            elif code in seen:
                rule = f"merger {seen[code]} has taken this municipality up already"
                faults.append(Fault(where, code, rule, "Name the municipality that it has become."))
        into = spec.into if spec.into in spec.codes else spec.codes[0]
        if _CODE.fullmatch(spec.into) and spec.into not in spec.codes:
            rule = "the merged municipality must go by the code of one that merges, or by a new name"
            faults.append(Fault(f"{number}.into", spec.into, rule, suggest(spec.into, spec.codes)))
        if not first_year < spec.year < first_year + years:
            rule = f"a merger must fall after the first year of the study and not after the last: {first_year + 1} to "
            hint = "Of an earlier merger, put the merged municipality in the region file."
            faults.append(Fault(f"{number}.year", str(spec.year), f"{rule}{first_year + years - 1}", hint))
        seen |= {code: number for code in spec.codes if code != into}
    return faults


NEUTRAL_KEYS = (
    "youth", "inhabitants", "budget", "need", "capacity", "under_21", "expected", "fixed", "clients", "cost",
)  # fmt: skip
"""Keys in proportion to a size: the share of a merged municipality is the sum of the shares."""


NEUTRAL_RULES = ("mean_proportional", "linear", "tolerance", "conditional_mean")
"""Rules of the literature by which a sum bears the sum of what its parts bear."""


def neutral(clause: Clause) -> bool:
    """Return whether what a merged municipality bears under a clause is what its parts would bear together."""
    return _neutral_take(clause) and _neutral_pot(clause) and _neutral_charge(clause.charge)


def _neutral_take(clause: Clause) -> bool:
    take: Any = clause.take
    if clause.case_take is None:
        return bool(take.kind == "none" or (take.kind == "deficit" and take.surplus))
    lines = [band.retention for band in take.layers] if take.kind == "excess" else []
    return take.linear and all(getattr(line, "kind", "amount") in ("amount", "drift", "mean") for line in lines)


def _neutral_pot(clause: Clause) -> bool:
    pot: Any = clause.pot
    match pot.kind:
        case "full" | "reinsurance":
            return True  # both look at the total only
        case "reserve":
            own = (key for key in (pot.call_key, pot.refund_key) if key is not None)
            # What is paid pro rata are claims, and a surplus of one part takes away from the claims of another.
            return (pot.calls or clause.take.kind != "deficit") and all(map(_neutral_key, own))
        case "fund":
            return clause.take.kind != "deficit"
        case "costs":
            return not pot.per_member
    return False


def _neutral_charge(charge: Any) -> bool:
    return _neutral_key(charge.key) if charge.kind == "key" else charge.rule in NEUTRAL_RULES


def _neutral_key(key: Any) -> bool:
    if key.kind == "mix":
        return all(_neutral_key(part.key) for part in key.parts)
    return key.kind in NEUTRAL_KEYS


def merger_words(mergers: Sequence[Merger], clauses: Sequence[Clause], setting: Setting, say: Wording) -> list[str]:
    """Return mergers as sentences, and which articles are not the same for a merged municipality."""
    members, words = setting.region.members, []
    for merger in mergers:
        gone = say.members([members[place].code for place in merger.gone])
        into, year = members[merger.into].name, setting.first_year + merger.place
        words.append(
            say.pick(
                f"Vanaf {year} zijn {into} en {gone} één gemeente. De uitkomsten staan bij {into}.",
                f"From {year} on {into} and {gone} are one municipality. Results stand with {into}.",
            )
        )
    other = [str(number) for number, clause in enumerate(clauses, 1) if not neutral(clause)]
    if mergers and other:
        which = listed(other, say.language)
        many = len(other) > 1
        words.append(
            say.pick(
                f"Voor {'de artikelen' if many else 'artikel'} {which} maakt die samenvoeging verschil: samen dragen "
                "zij daarna iets anders dan ieder voor zich.",
                f"For {'articles' if many else 'article'} {which} the merger makes a difference: together they then "
                "bear something else than apart.",
            )
        )
    return words
