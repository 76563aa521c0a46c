"""Overrides: 'key=value' on the command line, laid over the files of a study before they are checked.

===================================== ===============================================
``sims=5000``, ``seed=7``             settings of the study (also ``settings.sims``)
``region=holland-rijnland``           another region; likewise ``costs``
``agreements=own-use,half-half``      other agreements
``region.GM1842.need_index=1.2``      a value of one member
``costs.verblijf.clients_per_1000=6`` a number of the cost model
``costs.index=0.02``                  an optional key that the file leaves out
``costs.verblijf.tariff=+15%``        a number by a share of what it was, or what drives several at once: price,
                                      entries, clients, length or spread of a care type, or of all (``costs.price``)
``budget=-3%``                        the budgets of all members
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
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidair.models.problems import Problem, nearest, suggest
from solidair.models.regions import Region
from solidair.models.schema import Quantity, from_percent
from solidair.models.sources.regions import MOST_EUR, MOST_NEED, MOST_PEOPLE
from solidair.pool.known_keys import UNITS, place_of

_STUDY_KEYS = (
    "title", "region", "costs", "agreements", "reference", "open_cases", "history", "finance", "settings", "budget",
)  # fmt: skip

_DRIVERS = ("price", "tariff", "entries", "clients", "length", "spread")
_RELATIVE = re.compile(r"[+-].*%|[x×]\s*[0-9].*|[0-9.,]+\s*%", re.IGNORECASE)


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

    @property
    def relative(self) -> bool:
        """Whether it changes what is there, or a driver, rather than set the value of a key: see `pool.stress`."""
        if self.path[0] == "budget":
            return True
        share = isinstance(self.value, str) and bool(_RELATIVE.fullmatch(self.value.strip()))
        driver = self.path[-1] in _DRIVERS and len([part for part in self.path if part != "care_types"]) <= 3
        return self.path[0] == "costs" and len(self.path) > 1 and (share or driver)

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
            known = ["sims", "seed", "years", "first_year", *_STUDY_KEYS[1:-2], "budget"]
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
            _set(changed, path, override, problems, root)
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
            parts = _inside(override.path, root, name, document) or ()
            path = ".".join(parts)
            if path and f"{problem.where}.".startswith(f"{path}."):
                problem = replace(problem, file="--set", where=override.text)
        result.append(_half_given(problem, document, overrides, root, name))
    return result


class _Made(dict[str, Any]):
    """A table that the file does not have, made to hold the value of an override."""


def _half_given(
    problem: Problem, document: Mapping[str, Any], overrides: Sequence[Override], root: str, name: str
) -> Problem:
    """Return the problem of a missing key said of the override, if overrides have made the table that lacks it."""
    *table, key = problem.where.split(".")
    depth, node = len(table), document
    for part in table:
        node = node[part] if isinstance(node, Mapping) and part in node else {}
    inside = [(o, p) for o in overrides if (p := _inside(o.path, root, name, document)) and [*p[:depth]] == table]
    given = {path[depth]: (override, path) for override, path in inside if len(path) > depth}
    if not isinstance(node, _Made) or problem.value or key in node or not given:
        return problem
    override, path = next(iter(given.values()))
    beside = f"{_written(override, len(path) - depth)}.{key}"
    rule, hint = f"this needs '{key}' beside it", f"Add --set {beside}=VALUE."
    return Problem("--set", override.text, "", rule, hint)


_MEMBER_VALUES = {
    "inhabitants": (MOST_PEOPLE, True),
    "youth": (MOST_PEOPLE, True),
    "youth_budget_eur": (MOST_EUR, False),
    "need_index": (MOST_NEED, False),
    "youth_under_21": (MOST_PEOPLE, True),
    "capacity": (MOST_EUR, False),
    "buffer_eur": (MOST_EUR, False),
    "capacity_incidental_eur": (MOST_EUR, False),
    "capacity_structural_eur": (MOST_EUR, False),
    "certainty": (1, False),
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
    if column == "certainty":
        value = from_percent(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return refuse(value, "this must be a number", "Write it with a point as decimal mark.")
    if column == "certainty" and not 0 < value < 1:
        return refuse(value, "this must lie between 0 and 1, both ends excluded", "Write 0.9, or 90%.")
    may_be_zero = column.startswith(("buffer", "capacity"))
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
        return path if len(path) == 1 or path[0] in ("settings", "title", "open_cases", "history", "finance") else None
    if path[0] != root or len(path) == 1:
        return None
    if root == "agreements":
        return path[2:] if path[1] == name else None
    inside, top = path[1:], place_of("costs", ())
    is_top = inside[0] in document or (top is not None and inside[0] in top.keys)
    return inside if is_top else ("care_types", *inside)


def _set(
    document: dict[str, Any], path: tuple[str, ...], override: Override, problems: list[Problem], root: str
) -> None:
    """Set one value, or add why there is no such place."""
    added: list[tuple[dict[str, Any], str]] = []

    def refuse(part: str, rule: str, hint: str) -> None:
        for table, key in added[:1]:  # a table that was made on the way would be one more fault
            del table[key]
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
            if part not in node and not may_add:
                refused = _not_addable(document, path, depth, node, override, root)
                if refused:
                    return refuse(part, *refused)
            place = part
        else:
            return refuse(part, "this is a value, not a table", "Leave out what follows it.")
        if not last:
            if isinstance(node, dict) and place not in node:
                node[place] = _Made()
                added.append((node, place))
            node = node[place]
    old = node[place] if isinstance(node, list) else node.get(place)
    value = override.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and isinstance(old, float):
        value = float(value)
    # A bare number set on a quantity changes its value and says so in its pedigree.
    source = {"nl": f"door de gebruiker gezet: {override.text}", "en": f"set by the user: {override.text}"}
    pedigree = {"grade": "assumed", "source": source}
    here = place_of(root, path[:-1] if place == "value" else path) if old is None else None
    if here is not None and here.number and not isinstance(value, dict):
        unit = UNITS.get(path[-2] if place == "value" else path[-1], "number")
        number = {"value": float(value) if is_number else value, "unit": unit, **pedigree}
        node.update(number if place == "value" else {place: number})
    elif isinstance(old, dict) and "value" in old and not isinstance(value, dict):
        node[place] = {**old, "value": float(value) if is_number else value, **pedigree}
    elif place == "value" and "grade" in node:
        node.update({"value": value, **pedigree})
    elif place == "standard_error" and is_number:
        node[place] = float(value)
    else:
        node[place] = value
    return None


def _not_addable(
    document: Mapping[str, Any],
    path: tuple[str, ...],
    depth: int,
    node: Mapping[str, Any],
    override: Override,
    root: str,
) -> tuple[str, str] | None:
    """Return rule and hint if a key that a table lacks cannot be added to it; None if the schema knows it."""
    part, last = path[depth], depth == len(path) - 1
    if path[0] == part == "clauses":
        return "this agreement has no clauses", "Nothing of it can be set."
    known = _keys_of(root, path[:depth], node)
    added = place_of(root, path[: depth + 1]) if part in known else None
    if part not in known:
        # The table of care types is left out by users, so the tables beside it count too.
        at_top = depth == 1 and path[0] == "care_types"
        beside = [key for key in (*document, *_keys_of(root, (), document)) if key != path[0]] if at_top else []
        of_care = root == "costs" and path[0] == "care_types" and depth == 2 and last
        drivers = [driver for driver in _DRIVERS if of_care and nearest(part, _DRIVERS) == driver]
        return "unknown key", suggest(part, dict.fromkeys([*node, *known, *beside, *drivers]))
    if added is not None and added.free and not (last and isinstance(override.value, dict)):
        rule = "the file does not have this table, and what belongs in it depends on its family"
        return rule, "Write the whole table in a file of your own."
    if added is not None and added.number and not last and path[depth + 1] != "value":
        key = _written(override, len(path) - 1 - depth)
        return "this number is not in the file yet", f"Set it first: --set {key}=NUMBER."
    return None


def _written(override: Override, without: int) -> str:
    """Return the key of an override as the user wrote it, without its last parts."""
    parts = override.text.partition("=")[0].split(".")
    return ".".join(part.strip() for part in parts[: len(parts) - without])


def _keys_of(root: str, path: tuple[str, ...], node: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys that a table may have: those of the schema, and of a number below a law, which it leaves free."""
    if "value" in node and "grade" in node:
        return tuple(Quantity.model_fields)
    place = place_of(root, path)
    return () if place is None else place.keys
