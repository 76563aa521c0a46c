"""Changes of membership: who joins or leaves an alliance, for which care, from which year, and who pays open cases.

A change takes effect on 1 January. Keys divide by the members of a year, so what is left of an alliance divides by
the same sizes over fewer members.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from solidair.models.problems import suggest
from solidair.models.schema import Config, RuleError
from solidair.pool.case_rules import Cohort
from solidair.pool.parts.registry import Fault
from solidair.pool.parts.scopes import Scope, scope_faults
from solidair.pool.parts.words import Wording
from solidair.pool.real_setting import RealSetting
from solidair.pool.setting import Setting

if TYPE_CHECKING:
    from solidair.pool.clauses import Clause

BoolArray = npt.NDArray[np.bool_]

EVERYTHING: Cohort = (None, None)


class ChangeBase(Config):
    """A change of membership.

    Parameters
    ----------
    member
        CBS code of who joins or leaves.
    year
        First calendar year in which the change holds.
    scope
        Care that it is about: 'all', or a list of identifiers, Iv3 codes or iJw codes.
    alliance
        Name of the alliance that it is about, as the clauses write it; every one if left out.
    open_cases
        'payment': from that year on every cost counts, whenever the case began. 'occurrence': a case is shared, for as
        long as it lasts, by those who were members when it began.
    """

    member: str
    year: int | None = Field(default=None, ge=1900, le=2200)
    scope: Scope = "all"
    alliance: str | None = None
    open_cases: Literal["payment", "occurrence"] = "payment"

    @property
    def first(self) -> int:
        """First calendar year in which it holds."""
        assert self.year is not None  # see the validators
        return self.year

    def place(self, setting: Setting) -> int:
        """Return the position of that year; negative before the first one, and it may lie past the last one."""
        return self.first - setting.first_year

    def touches(self, clause: Clause) -> bool:
        """Return whether it is about the alliance of a clause."""
        return self.alliance is None or self.alliance == clause.alliance

    def types(self, clause: Clause, setting: Setting) -> BoolArray:
        """Return the care types of a clause that it is about, (care_type,)."""
        inside = setting.scope(self.scope) & setting.scope(clause.take.scope)
        return inside if self.touches(clause) else np.zeros_like(inside)


class Exit(ChangeBase):
    """A member leaves, wholly or for some care.

    Parameters
    ----------
    announced
        Calendar year in which it gives notice, instead of `year`.
    notice
        Whole calendar years that it stays after the year in which it gave notice.
    """

    kind: Literal["exit"]
    announced: int | None = Field(default=None, ge=1900, le=2200)
    notice: int = Field(default=0, ge=0, le=50)

    @model_validator(mode="after")
    def _when(self) -> Exit:
        if (self.year is None) == (self.announced is None) or (self.year is not None and self.notice):
            rule = "an exit needs its first year out, or the year of the notice, and not both"
            raise RuleError(rule, "Write year = 2028, or announced = 2026 and notice = 1, which is the same.")
        return self

    @property
    def first(self) -> int:  # noqa: D102
        if self.announced is not None:
            return self.announced + self.notice + 1
        return super().first


class Entry(ChangeBase):
    """A member joins, also one that the clauses do not name."""

    kind: Literal["entry"]

    @model_validator(mode="after")
    def _when(self) -> Entry:
        if self.year is None:
            raise RuleError("an entry needs the first year of the membership", "Write year = 2028.")
        return self


Change = Annotated[Exit | Entry, Field(discriminator="kind")]


def ordered(changes: Sequence[ChangeBase]) -> list[tuple[int, ChangeBase]]:
    """Return changes in the order of their years, each with its number in the file, from 1."""
    return sorted(enumerate(changes, 1), key=lambda entry: (entry[1].first, entry[0]))


def cohorts(changes: Sequence[ChangeBase], setting: Setting) -> list[Cohort]:
    """Return the cohorts of cases that changes on occurrence basis tell apart, the oldest first; else one of all.

    Of real cases a file says when they began, so there a change of an earlier year still tells them apart.
    """
    earlier = isinstance(setting, RealSetting)
    places = {change.place(setting) for change in changes if change.open_cases == "occurrence"}
    breaks = sorted(place for place in places if (earlier or place >= 0) and place < setting.years)
    return list(zip([None, *breaks], [*breaks, None], strict=True))


def membership(
    changes: Sequence[ChangeBase], clause: Clause, setting: Setting, cohort: Cohort = EVERYTHING
) -> BoolArray:
    """Return for whom a clause holds and when, (care_type, year, member).

    Parameters
    ----------
    cohort
        Cases that began in these years: changes on occurrence basis leave those alone that began before them.
    """
    types, whom = setting.scope(clause.take.scope), clause.named(setting)
    inside = np.broadcast_to(whom, (len(types), setting.years, setting.members)).copy()
    seen = np.zeros((len(types), setting.members), dtype=np.bool_)
    codes = [str(code) for code in setting.region.codes]
    for _, change in ordered(changes):
        if change.member not in codes:
            continue  # see faults
        member, place = codes.index(change.member), change.place(setting)
        about = change.types(clause, setting)
        if isinstance(change, Entry):  # who joins was outside before, whatever the clause says
            inside[about & ~seen[:, member], :, member] = False
        seen[about, member] = True
        began_after = cohort[0] is not None and cohort[0] >= place
        if change.open_cases == "payment" or cohort == EVERYTHING or began_after:
            inside[about, max(place, 0) :, member] = isinstance(change, Entry)
    when = clause.when(setting)[:, np.newaxis]
    return np.asarray(inside & types[:, np.newaxis, np.newaxis] & when & setting.there, dtype=np.bool_)


def change_faults(changes: Sequence[ChangeBase], clauses: Sequence[Clause], setting: Setting) -> list[Fault]:
    """Return what is wrong with changes, each under its number: unknown names, and what contradicts another."""
    codes = [str(code) for code in setting.region.codes]
    faults = []
    for number, change in enumerate(changes, 1):
        faults += [fault.under(str(number)) for fault in _unknown(change, clauses, codes, setting)]
    if faults:
        return faults
    for number, change in enumerate(changes, 1):
        faults += [fault.under(str(number)) for fault in _unfit(change, clauses, setting)]
    return faults or list(_contradictions(changes, clauses, setting))


def _unknown(change: ChangeBase, clauses: Sequence[Clause], codes: Sequence[str], setting: Setting) -> Iterator[Fault]:
    if change.member not in codes:
        rule = f"there is no member of this code in {setting.region.title}"
        yield Fault("member", change.member, rule, suggest(change.member, codes))
    alliances = list(dict.fromkeys(clause.alliance for clause in clauses))
    if change.alliance is not None and change.alliance not in alliances:
        named = [alliance for alliance in alliances if alliance]
        rule, hint = "no article belongs to an alliance of this name", suggest(change.alliance, named)
        if not named:
            hint = 'No article names an alliance: leave alliance out, or give articles one with alliance = "...".'
        yield Fault("alliance", change.alliance, rule, hint)
    if change.alliance is None and isinstance(change, Entry) and len(alliances) > 1:
        rule = "this agreement has several alliances: the entry must say which one is joined"
        yield Fault("alliance", "", rule, f'Write alliance = "{next(filter(None, alliances))}", for example.')
    yield from scope_faults(change.scope, setting)


def _unfit(change: ChangeBase, clauses: Sequence[Clause], setting: Setting) -> Iterator[Fault]:
    """Yield faults of a change that its clauses cannot carry."""
    about = [(number, clause, change.types(clause, setting)) for number, clause in enumerate(clauses, 1)]
    if not any(types.any() for _, _, types in about):
        yield Fault("scope", "", "no article shares this care", "Name care that an article is about, or leave it out.")
    occurrence = change.open_cases == "occurrence"
    for number, clause, types in about:
        partly = types.any() and (setting.scope(clause.take.scope) & ~types).any()
        if not clause.divisible and (partly or (occurrence and types.any())):
            where, what = ("scope", "for some care only") if partly else ("open_cases", "on occurrence basis")
            rule = f"article {number} looks at totals, or charges otherwise than by a key: nobody can change {what}"
            hint = "Leave scope out, so that the change is about all care, or cut the article by care."
            if not partly:
                hint = 'Write open_cases = "payment": from that year on every cost counts, whenever the case began.'
            yield Fault(where, "" if partly else change.open_cases, rule, hint)
    if occurrence and change.place(setting) < 0 and not isinstance(setting, RealSetting):
        rule = f"on occurrence basis a change must fall in {setting.first_year} or later: when stays that are open"
        rule += " at the start began is not known"
        yield Fault("open_cases", "occurrence", rule, "Let the study begin in the year of the change, or earlier.")


def _contradictions(changes: Sequence[ChangeBase], clauses: Sequence[Clause], setting: Setting) -> Iterator[Fault]:
    """Yield a fault for each change that leaves what was not joined, joins what was not left, or meets another."""
    codes = [str(code) for code in setting.region.codes]
    inside: dict[tuple[int, int, int], bool] = {}
    last: dict[tuple[int, int, int], tuple[int, int]] = {}
    for number, change in ordered(changes):
        member, joins = codes.index(change.member), isinstance(change, Entry)
        cells = [
            (place, int(kind), member)
            for place, clause in enumerate(clauses)
            for kind in np.flatnonzero(change.types(clause, setting))
        ]
        for cell in cells:
            inside.setdefault(cell, not joins and bool(clauses[cell[0]].named(setting)[member]))
        name, where = setting.region.members[member].name, f"{number}.year"
        both = next((last[cell][1] for cell in cells if last.get(cell, (0, 0))[0] == change.first), None)
        value = str(change.first)
        if both is not None:
            rule = f"change {both} is about the same care of {name} in the same year"
            yield Fault(where, value, rule, "Keep one of them, or give them different years or care.")
        elif joins and all(inside[cell] for cell in cells):
            yield Fault(where, value, f"{name} is a member already", "Leave the entry out, or let it leave first.")
        elif not joins and not any(inside[cell] for cell in cells):
            left = any(cell in last for cell in cells)
            rule = f"{name} has left already" if left else f"{name} leaves what it never joined"
            yield Fault(where, value, rule, "Check the member, the alliance, the care and the years.")
        for cell in cells:
            inside[cell], last[cell] = joins, (change.first, number)


def change_words(change: ChangeBase, say: Wording) -> str:
    """Return a change as a sentence or two."""
    name, year = say.members([change.member]), change.first
    where = f" ({change.alliance})" if change.alliance else ""
    about = "" if change.scope == "all" else say.pick(
        f" voor {say.scope(change.scope)}", f" for {say.scope(change.scope)}"
    )  # fmt: skip
    if isinstance(change, Entry):
        text = say.pick(
            f"{name} doet{about} mee vanaf 1 januari {year}{where}.", f"{name} joins{about} on 1 January {year}{where}."
        )
    else:
        text = say.pick(
            f"{name} treedt{about} uit op 1 januari {year}{where}.",
            f"{name} leaves{about} on 1 January {year}{where}.",
        )
    if isinstance(change, Exit) and change.announced is not None:
        years, given = change.notice, change.announced
        text += say.pick(f" Opgezegd in {given}", f" Notice was given in {given}")
        if years:
            text += say.pick(
                f", met {years} {'heel jaar' if years == 1 else 'hele jaren'} opzegtermijn daarna",
                f", with {years} whole {'year' if years == 1 else 'years'} to serve after it",
            )
        text += "."
    return f"{text} {_open_cases(change, say)}"


def _open_cases(change: ChangeBase, say: Wording) -> str:
    year = change.first
    if change.open_cases == "occurrence":
        return say.pick(
            f"Zorg die voor die dag is begonnen, blijft gedeeld door wie toen lid was, ook na {year}, tot zij eindigt.",
            f"Care that began before that day stays shared by those who were members then, also after {year}, until it "
            "ends.",
        )
    if isinstance(change, Entry):
        return say.pick(
            "Ook zorg die dan al loopt, telt vanaf die dag mee.", "Care that is already open counts from that day on."
        )
    return say.pick(
        "Zorg die dan loopt, betaalt zij vanaf die dag zelf.", "Care that is open then it pays itself from that day on."
    )


def late_words(change: ChangeBase, last_year: int, say: Wording) -> str | None:
    """Return a note if a change falls after the last year that is looked at, so that nothing shows of it."""
    if change.first <= last_year:
        return None
    name = say.members([change.member])
    return say.pick(
        f"De wijziging voor {name} gaat pas in {change.first} in, na het laatste jaar ({last_year}): hier is er niets "
        "van te zien.",
        f"The change for {name} takes effect in {change.first}, after the last year ({last_year}): nothing of it "
        "shows here.",
    )
