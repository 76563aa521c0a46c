"""Agreements: ordered clauses, each a take, a pot and a charge. `solidair.pool.settlement` settles them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from solidair.models.care import CareCodes
from solidair.models.problems import InputError, Problem
from solidair.models.schema import Config, Source, Words, parse
from solidair.pool.case_rules import CaseRules, Cohort, Rule, before, case_rules
from solidair.pool.changes import EVERYTHING, Change, change_faults, cohorts, membership
from solidair.pool.clauses import Clause
from solidair.pool.layers import CaseFunction
from solidair.pool.parts.months import mixed_lines
from solidair.pool.parts.registry import Fault
from solidair.pool.parts.scopes import suggest_care
from solidair.pool.setting import Setting

BoolArray = npt.NDArray[np.bool_]


class Money(Config):
    """The currency in which an agreement writes its amounts, and what they are here.

    Parameters
    ----------
    currency
        Code of the currency, such as 'CHF'.
    euro
        EUR per unit of the currency.
    level
        By how much prices rose from the year of the amounts to the first year that is settled, such as 1.35.
    source
        Where both come from.
    """

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    euro: float = Field(gt=0)
    level: float = Field(default=1.0, gt=0)
    source: Source


class AgreementSpec(Config):
    """An agreement file.

    Parameters
    ----------
    origin
        Where it is, or was, in force: in the 'netherlands' or 'abroad'; or that it is an 'example'.
    indexed
        Whether its amounts per child follow the price index of the cost model every 1 January.
    money
        The currency of its amounts; EUR of the first year if left out.
    clauses
        In the order in which they work.
    changes
        Who joins or leaves, for what and when; see `solidair.pool.changes`.
    """

    title: Words
    summary: Words
    source: Source
    origin: Literal["netherlands", "abroad", "example"] = "example"
    indexed: bool = True
    money: Money | None = None
    clauses: tuple[Clause, ...] = Field(default=())
    changes: tuple[Change, ...] = Field(default=())


@dataclass(frozen=True)
class Agreement:
    """A checked agreement.

    Parameters
    ----------
    name
        Name of the file, without ending.
    spec
        Its content. No clauses means that everybody pays own use.
    """

    name: str
    file: str
    spec: AgreementSpec

    @classmethod
    def from_document(cls, document: Mapping[str, Any], name: str, file: str) -> Agreement:
        """Return the checked agreement of a TOML document.

        Raises
        ------
        InputError
            With every problem of the file.
        """
        return cls(name, file, parse(AgreementSpec, document, file))

    @property
    def linear(self) -> bool:
        """Whether settling expected claims gives expected contributions, exactly: every part must be linear."""
        return all(clause.linear for clause in self.spec.clauses)

    @property
    def needs_law(self) -> bool:
        """Whether a clause must know beforehand how what is handed in is distributed: then a pilot run is made."""
        return any(clause.needs_law for clause in self.spec.clauses)

    @property
    def scopes(self) -> list[str | tuple[str, ...]]:
        """The scope of every take, as written."""
        return [clause.take.scope for clause in self.spec.clauses]

    def within(self, setting: Setting) -> Setting:
        """Return the setting in the money of the agreement."""
        money = self.spec.money
        return setting if money is None else replace(setting, unit=money.euro * money.level)

    def reach(self, clause: Clause, setting: Setting, cohort: Cohort = EVERYTHING) -> BoolArray:
        """Return for whom a clause holds and when, (care_type, year, member), for cases that began in some years."""
        return membership(self.spec.changes, clause, setting, cohort)

    def cohorts(self, setting: Setting) -> list[Cohort]:
        """Return the cohorts of cases that changes of membership tell apart, the oldest first; else one of all."""
        return cohorts(self.spec.changes, setting)

    def rules(self, setting: Setting, cohort: Cohort = EVERYTHING) -> CaseRules:
        """Return what every clause takes of a case, for each year and member.

        Clauses work in order: each sees of every case what the earlier ones left.

        Parameters
        ----------
        cohort
            Cases that began in these years; without it, changes of membership count as on payment basis.
        """
        setting, clauses = self.within(setting), self.spec.clauses
        indexed = self.spec.indexed
        reach = [self.reach(clause, setting, cohort) for clause in clauses]
        terms = [clause.terms(setting, r, indexed=indexed) for clause, r in zip(clauses, reach, strict=True)]
        shape = (setting.years, setting.members)
        takes = [clause.case_take for clause in clauses]
        return case_rules(setting.care_types, shape, takes, terms, indexed=indexed)

    def looks(self, setting: Setting) -> list[Rule]:
        """Return all that measures must serve: the rules of cases, and the scopes that parts look at."""
        scopes = [setting.types(scope) for clause in self.spec.clauses for scope in clause.scopes()]
        rules = [
            before(rule, bound)
            for cohort in self.cohorts(setting)
            for rule in self.rules(setting, cohort)
            for bound in (cohort[1], *([] if cohort[0] is None else [cohort[0]]))
        ]
        return [*rules, *(dict.fromkeys(types, CaseFunction.whole()) for types in scopes)]

    def faults(self, setting: Setting) -> list[Problem]:
        """Return what does not fit the members, the years or the cost model."""
        problems = unknown_scopes(self.scopes, self.file, setting.care_codes)
        own = self.within(setting)
        for number, clause in enumerate(self.spec.clauses, 1):
            for fault in clause.faults(own, np.asarray(self.reach(clause, own).any(axis=0))):
                problems.append(
                    Problem(self.file, f"clauses.{number}.{fault.where}", fault.value, fault.rule, fault.hint)
                )
        for fault in [] if problems else self._parted(own):
            problems.append(Problem(self.file, fault.where, fault.value, fault.rule, fault.hint))
        for fault in [] if problems else change_faults(self.spec.changes, self.spec.clauses, own):
            problems.append(Problem(self.file, f"changes.{fault.where}", fault.value, fault.rule, fault.hint))
        for fault in [] if problems else self._mixed(own):
            problems.append(Problem(self.file, fault.where, fault.value, fault.rule, fault.hint))
        return problems or [
            Problem(self.file, f"clauses.{number}.take", "", rule, hint)
            for number, rule, hint in self._clashes(own) or self._overlaps(own)
        ]

    def _mixed(self, setting: Setting) -> Iterator[Fault]:
        """Yield a fault for each clause whose lines cannot stand beside lines per month of stay."""
        takes = [clause.case_take for clause in self.spec.clauses]
        together = self.cohorts(setting)
        return mixed_lines(takes, [[self.reach(c, setting, cohort) for cohort in together] for c in self.spec.clauses])

    def _parted(self, setting: Setting) -> Iterator[Fault]:
        """Yield a fault for each clause that holds for some of the municipalities that merge, and not for others."""
        apart = replace(setting, mergers=())
        for number, clause in enumerate(self.spec.clauses, 1):
            reach = self.reach(clause, apart)
            for merger in setting.mergers:
                for member in merger.gone:
                    one, other = (reach[:, merger.place :, place] for place in (member, merger.into))
                    if not np.array_equal(one, other):
                        names = [setting.region.members[place].name for place in (member, merger.into)]
                        year = setting.first_year + merger.place
                        rule = f"in {year} {names[0]} merges into {names[1]}, but the article does not hold for both"
                        hint = "Let one of them join or leave in that year, by a change."
                        yield Fault(f"clauses.{number}.members", "", rule, hint)

    def _overlaps(self, setting: Setting) -> list[tuple[int, str, str]]:
        """Return clauses that take what earlier ones took already, each once: number, rule and hint."""
        found: dict[int, tuple[int, str, str]] = {}
        try:
            rules = self.rules(setting)
        except ValueError:
            rule = "this excess looks at what an earlier article left, which falls where that article takes more"
            return [(len(self.spec.clauses), rule, "Put the excess first, or cut the case into tiers.")]
        cells = zip(*np.unravel_index(np.unique(rules.pattern, return_index=True)[1], rules.pattern.shape), strict=True)
        for (year, member), clauses in zip(cells, rules.rules, strict=True):
            name, when = setting.region.members[member].name, setting.first_year + int(year)
            left = {c: CaseFunction.whole(self.spec.indexed) for c in setting.care_types}
            for number, takes in enumerate(clauses, 1):
                taken = {c: f for c, f in takes.items() if f.attachments}
                before = {c: left[c] for c in takes}
                left |= {c: left[c] - f for c, f in taken.items()}
                if any(not left[c].increasing for c in taken):
                    what = f"in {when} this article and earlier ones take more of a case in {name} than it costs"
                    found.setdefault(number, (number, what, "Do tiers overlap? Is a member in two alliances at once?"))
                elif takes and all(not f.attachments for f in before.values()):
                    what = f"in {when} earlier articles have taken all of this care in {name}: nothing is left"
                    found.setdefault(number, (number, what, "A member can share the same care in one alliance only."))
            for number, low, high in self._gaps(clauses):
                ends = " to ".join(f"{end / setting.unit:,.0f}" for end in sorted((low, high)))
                fault = "leave a gap" if high > low else "overlap"
                what = f"the tiers {fault} from {ends} in the cost of a case in {name}"
                found.setdefault(number, (number, what, "Let each tier begin where the one below it ends."))
        return list(found.values())

    def _gaps(self, rules: Sequence[Rule]) -> list[tuple[int, float, float]]:
        """Return where the tiers of one member do not follow each other: number of the upper tier, end, next start."""
        tiers: dict[str, list[tuple[float, float, int]]] = {}
        for number, (clause, rule) in enumerate(zip(self.spec.clauses, rules, strict=True), 1):
            if clause.take.kind == "tier":
                for care_type, f in rule.items():
                    if f.attachments:
                        top = f.attachments[-1] if len(f.attachments) > 1 else np.inf
                        tiers.setdefault(care_type, []).append((f.attachments[0], top, number))
        return [
            (upper[2], lower[1], upper[0])
            for several in tiers.values()
            for lower, upper in pairwise(sorted(several))
            if upper[0] != lower[1]
        ]

    def _clashes(self, setting: Setting) -> list[tuple[int, str, str]]:
        """Return clauses of one alliance that share care of a member with another: number, rule and hint.

        Tiers of one case may belong to different alliances: that is what they are for.
        """
        found = []
        reached = [self.reach(clause, setting) for clause in self.spec.clauses]
        for later, clause in enumerate(self.spec.clauses):
            for earlier, other in enumerate(self.spec.clauses[:later]):
                tiers = clause.take.kind == other.take.kind == "tier"
                if tiers or not clause.alliance or not other.alliance or clause.alliance == other.alliance:
                    continue
                both = (reached[later] & reached[earlier]).any(axis=0)
                if both.any():
                    year, member = np.argwhere(both)[0]
                    name, when = setting.region.members[member].name, setting.first_year + int(year)
                    what = f"in {when} {name} shares the same care in '{other.alliance}' and in '{clause.alliance}'"
                    found.append((later + 1, what, "A member can share the same care in one alliance only."))
                    break
        return found


def unknown_scopes(scopes: Sequence[Any], file: str, care_types: CareCodes) -> list[Problem]:
    """Return a problem for each care type or code that the cost model lacks, given every scope as written."""
    known = {*care_types, *(code for own in care_types.values() for code in own)}
    problems = []
    for number, scope in enumerate(scopes, 1):
        for place, entry in enumerate(scope if isinstance(scope, list | tuple) else (), 1):
            if isinstance(entry, str) and entry not in known:
                where, hint = f"clauses.{number}.take.scope.{place}", suggest_care(entry, care_types)
                problems.append(Problem(file, where, entry, "unknown care type", hint))
    return problems


__all__ = ["Agreement", "AgreementSpec", "Clause", "InputError", "Money", "unknown_scopes"]
