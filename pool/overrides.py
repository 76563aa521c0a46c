"""Overrides: 'key=value' on the command line, laid over the files of a study before they are checked.

===================================== ===============================================
``sims=5000``, ``seed=7``             settings of the study (also ``settings.sims``)
``region=holland-rijnland``           another region; likewise ``costs``, ``agreements``
``region.GM1842.need_index=1.2``      a value of one member
``costs.verblijf.clients_per_1000=6`` a number of the cost model
``agreements.case-excess.clauses.1.take.retention=75000``
                                      a value of an agreement; clauses count from 1
===================================== ===============================================
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solidair.models.problems import Problem, suggest

_STUDY_KEYS = ("title", "region", "costs", "agreements", "settings")


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
        if path[0] in ("sims", "seed"):
            path = ("settings", *path)
        if path[0] not in _STUDY_KEYS:
            known = ["sims", "seed", "region", "costs", "agreements"]
            problems.append(Problem("--set", text, path[0], "unknown key", suggest(path[0], known)))
            return None
        return Override(text, path, value)


def apply_overrides(
    document: Mapping[str, Any], overrides: Sequence[Override], root: str, name: str, problems: list[Problem]
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


def _inside(path: tuple[str, ...], root: str, name: str, document: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the path within this document, or None if the override is for another one."""
    if root == "study":
        return path if len(path) == 1 or path[0] == "settings" else None
    if path[0] != root or len(path) == 1:
        return None
    if root == "agreements":
        return path[2:] if path[1] == name and len(path) > 2 else None
    inside = path[1:]
    return inside if inside[0] in document else ("care_types", *inside)


def _set(document: dict[str, Any], path: tuple[str, ...], override: Override, problems: list[Problem]) -> None:
    node: Any = document
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(node, list):
            if not part.isdigit() or not 1 <= int(part) <= len(node):
                hint = f"Write a number from 1 to {len(node)}."
                problems.append(Problem("--set", override.text, part, "there is no such entry", hint))
                return
            place: Any = int(part) - 1
        elif isinstance(node, dict):
            may_add = last and path[0] in ("settings", "clauses")
            if part not in node and not may_add and not (depth == 0 and part == "settings"):
                hint = suggest(part, node)
                problems.append(Problem("--set", override.text, part, "unknown key", hint))
                return
            place = part
        else:
            rule = "this is a value, not a table"
            problems.append(Problem("--set", override.text, part, rule, "Leave out what follows it."))
            return
        if not last:
            node = node.setdefault(place, {}) if isinstance(node, dict) else node[place]
            continue
        old = node[place] if isinstance(node, list) else node.get(place)
        # A bare number set on a quantity changes its value and says so in its pedigree.
        if isinstance(old, dict) and "value" in old and not isinstance(override.value, dict):
            is_number = isinstance(override.value, int | float) and not isinstance(override.value, bool)
            value = float(override.value) if is_number else override.value
            node[place] = {**old, "value": value, "grade": "assumed", "source": f"set by the user: {override.text}"}
        elif isinstance(old, float) and isinstance(override.value, int) and not isinstance(override.value, bool):
            node[place] = float(override.value)
        else:
            node[place] = override.value
