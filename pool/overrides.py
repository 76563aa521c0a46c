"""Overrides: 'key=value' on the command line, laid over the files of a study before they are checked.

===================================== ===============================================
``sims=5000``, ``seed=7``             settings of the study (also ``settings.sims``)
``region=holland-rijnland``           another region; likewise ``costs``
``agreements=own-use,half-half``      other agreements
``region.GM1842.need_index=1.2``      a value of one member
``costs.verblijf.clients_per_1000=6`` a number of the cost model
``agreements.case-excess.clauses.1.take.retention=75000``
                                      a value of an agreement; clauses count from 1
===================================== ===============================================

A number of the cost model that is set this way counts as assumed, with the override as its source. A need
index may be set for one member while the file gives none: its need is then known, that of the others stays
drawn. A budget that was derived from the number of youths follows a new number of youths.
"""

from __future__ import annotations

import copy
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidair.models.problems import Problem, suggest
from solidair.models.regions import Region
from solidair.models.sources.regions import MOST_EUR, MOST_NEED, MOST_PEOPLE

_STUDY_KEYS = ("title", "region", "costs", "agreements", "open_cases", "settings")


@dataclass(frozen=True)
class Override:
    """One value to set.

    Parameters
    ----------
    text
        As the user wrote it.
    path
        Where it goes; the first part says which document.
    value
        The value, read as TOML where it is TOML and as text otherwise.
    """

    text: str
    path: tuple[str, ...]
    value: Any

    @staticmethod
    def parse(text: str, problems: list[Problem]) -> Override | None:
        """Read 'key=value'; add a problem and return None if it is not one."""
        key, equals, raw = text.partition("=")
        path = tuple(part.strip() for part in key.strip().split("."))
        if not equals or not all(path) or not raw.strip():
            hint = "Write key=value, for example --set sims=5000."
            problems.append(Problem("--set", text, "", "this is not of the form key=value", hint))
            return None
        try:
            value = tomllib.loads(f"value = {raw.strip()}")["value"]
        except tomllib.TOMLDecodeError:
            value = raw.strip()
        if path[0] in ("sims", "seed", "years", "first_year"):
            path = ("settings", *path)
        if path[0] not in _STUDY_KEYS:
            known = ["sims", "seed", "years", "first_year", "region", "costs", "agreements", "open_cases"]
            problems.append(Problem("--set", text, path[0], "unknown key", suggest(path[0], known)))
            return None
        if path[0] == "agreements" and len(path) == 2:
            rule = "this is a whole agreement, not one of its values"
            hint = f"Write for example agreements.{path[1]}.clauses.1.take.share=0.5."
            problems.append(Problem("--set", text, "", rule, hint))
            return None
        if path == ("agreements",) and isinstance(value, str):
            value = [name.strip() for name in value.split(",") if name.strip()]
        return Override(text, path, value)


def apply_overrides(
    document: Mapping[str, Any], overrides: Iterable[Override], root: str, name: str, problems: list[Problem]
) -> dict[str, Any]:
    """Return a document with the overrides that are meant for it.

    Parameters
    ----------
    root
        'study', 'costs' or 'agreements'.
    name
        Name of the agreement, where the root is 'agreements'.
    """
    changed = copy.deepcopy(dict(document))
    for override in overrides:
        path = _inside(override.path, root, name, changed)
        if path is not None:
            _set(changed, path, override, problems)
    return changed


def blamed(
    found: Iterable[Problem],
    document: Mapping[str, Any],
    overrides: Sequence[Override],
    root: str,
    name: str,
) -> list[Problem]:
    """Return the problems of a document, with those that an override brought in said of the override."""
    result = []
    for problem in found:
        for override in overrides:
            path = ".".join(_inside(override.path, root, name, document) or ())
            if path and f"{problem.where}.".startswith(f"{path}."):
                problem = replace(problem, file="--set", where=override.text)
        result.append(problem)
    return result


_MEMBER_VALUES = {
    "inhabitants": (MOST_PEOPLE, True),
    "youth": (MOST_PEOPLE, True),
    "youth_budget_eur": (MOST_EUR, False),
    "need_index": (MOST_NEED, False),
    "buffer_eur": (MOST_EUR, False),
}
"""What may be set of a member: the highest value, as in a region file, and whether it is a whole number."""


def override_member(region: Region, override: Override, per_youth: float, problems: list[Problem]) -> Region:
    """Return the region with one value of a member changed, or as it was after adding a problem.

    Parameters
    ----------
    per_youth
        EUR per youth and year, for a budget that is derived.
    """
    code, column, value = override.path[1], ".".join(override.path[2:]), override.value
    members = {member.code: member for member in region.members}

    def refuse(what: object, rule: str, hint: str) -> Region:
        problems.append(Problem("--set", override.text, str(what), rule, hint))
        return region

    if code not in members:
        return refuse(code, "there is no such member in this region", suggest(code, members))
    if column not in _MEMBER_VALUES:
        return refuse(column, "there is no such column of a region", suggest(column, _MEMBER_VALUES))
    highest, whole = _MEMBER_VALUES[column]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return refuse(value, "this must be a number", "Write it with a point as decimal mark.")
    may_be_zero = column == "buffer_eur"
    if not 0 <= value <= highest or (value == 0 and not may_be_zero):
        rule = f"this must be {'at least' if may_be_zero else 'above'} 0 and at most {highest:,.0f}"
        return refuse(value, rule, "Check the sign, the unit and the zeros.")
    if whole and value != int(value):
        return refuse(value, "this must be a whole number", "Write whole persons.")
    old = members[code]
    changes: dict[str, Any] = {column: int(value) if whole else float(value)}
    if column == "youth_budget_eur":
        changes["budget_derived"] = False
    elif column == "youth" and old.budget_derived:
        changes["youth_budget_eur"] = int(value) * per_youth
    new = replace(old, **changes)
    if new.youth > new.inhabitants:
        rule = f"a member cannot have more youths ({new.youth:,}) than inhabitants ({new.inhabitants:,})"
        return refuse("", rule, "Set the other number too, before this one if need be.")
    return replace(region, members=tuple(new if member is old else member for member in region.members))


def _inside(path: tuple[str, ...], root: str, name: str, document: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the path within this document, or None if the override is for another one."""
    if root == "study":
        return path if len(path) == 1 or path[0] in ("settings", "title", "open_cases") else None
    if path[0] != root or len(path) == 1:
        return None
    if root == "agreements":
        return path[2:] if path[1] == name else None
    inside = path[1:]
    return inside if inside[0] in document else ("care_types", *inside)


def _set(document: dict[str, Any], path: tuple[str, ...], override: Override, problems: list[Problem]) -> None:
    """Set one value, or add why there is no such place."""

    def refuse(part: str, rule: str, hint: str) -> None:
        problems.append(Problem("--set", override.text, part, rule, hint))

    node: Any = document
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(node, list):
            if not part.isdecimal() or not 1 <= int(part) <= len(node):
                return refuse(part, "there is no such entry", f"Write a number from 1 to {len(node)}.")
            place: Any = int(part) - 1
        elif isinstance(node, dict):
            may_add = last and path[0] in ("settings", "clauses")
            if part not in node and not may_add and not (depth == 0 and part == "settings"):
                if path[0] == part == "clauses":
                    return refuse(part, "this agreement has no clauses", "Nothing of it can be set.")
                # The table of care types is left out by users, so the tables beside it count too.
                beside = document if depth == 1 and path[0] == "care_types" else {}
                return refuse(part, "unknown key", suggest(part, [*node, *(k for k in beside if k != path[0])]))
            place = part
        else:
            return refuse(part, "this is a value, not a table", "Leave out what follows it.")
        if not last:
            node = node.setdefault(place, {}) if isinstance(node, dict) else node[place]
    old = node[place] if isinstance(node, list) else node.get(place)
    value = override.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and isinstance(old, float):
        value = float(value)
    # A bare number set on a quantity changes its value and says so in its pedigree.
    source = {"nl": f"door de gebruiker gezet: {override.text}", "en": f"set by the user: {override.text}"}
    pedigree = {"grade": "assumed", "source": source}
    if isinstance(old, dict) and "value" in old and not isinstance(value, dict):
        node[place] = {**old, "value": float(value) if is_number else value, **pedigree}
    elif place == "value" and "grade" in node:
        node.update({"value": value, **pedigree})
    else:
        node[place] = value
    return None
