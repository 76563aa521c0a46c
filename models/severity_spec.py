"""Severities written down in a cost model file: a family, its parameters with pedigree, a cap.

.. code-block:: toml

    [care_types.verblijf.severity]
    family = "stay"
    mean_stay = { value = 0.8, unit = "year", grade = "assumed", source = "..." }

    [care_types.verblijf.severity.tariff]
    family = "lognormal"
    mean = { value = 290.0, unit = "EUR per day", grade = "assumed", source = "..." }
    cv = { value = 0.3, unit = "ratio", grade = "assumed", source = "..." }
    cap = { value = 600.0, unit = "EUR per day", grade = "assumed", source = "..." }
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from solidair.models.problems import InputError, Problem, suggest
from solidair.models.schema import Quantity, parse
from solidair.models.severity import FAMILIES, Severity

_LIMITS = ("cap", "truncation")


def build_severity(table: Mapping[str, Any], file: str, where: str, problems: list[Problem]) -> Severity | None:
    """Return the severity of a table, or None after adding what is wrong with it to `problems`."""
    before = len(problems)
    name = table.get("family")
    if not isinstance(name, str) or name not in FAMILIES:
        known = f"Known: {', '.join(FAMILIES)}."
        rule = "this key is required" if name is None else "unknown family of severities"
        hint = suggest(name, FAMILIES) if isinstance(name, str) else known
        problems.append(Problem(file, f"{where}.family", "" if name is None else str(name), rule, hint))
        return None
    family = FAMILIES[name]
    values = {
        key: _value(entry, file, f"{where}.{key}", problems)
        for key, entry in table.items()
        if key not in ("family", *_LIMITS)
    }
    limits = {key: _value(table[key], file, f"{where}.{key}", problems) for key in _LIMITS if key in table}
    fields = {field.name: field for field in dataclasses.fields(cast(Any, family)) if field.init}
    may_be_moments = hasattr(family, "from_mean_cv")
    by_moments = may_be_moments and ("cv" in values or ("mean" in values and "mean" not in fields))
    names = ["mean", "cv"] if by_moments else list(fields)
    required = [key for key in names if by_moments or fields[key].default is dataclasses.MISSING]
    for key in [key for key in values if key not in names]:
        hint = suggest(key, [*names, *_LIMITS])
        problems.append(Problem(file, f"{where}.{key}", "", f"unknown parameter '{key}' of family '{name}'", hint))
    for key in required:
        if key not in values:
            hint = f"Family '{name}' takes {', '.join(names)}"
            hint += " (or mean and cv)." if may_be_moments and not by_moments else "."
            problems.append(Problem(file, f"{where}.{key}", "", "this parameter is required", hint))
    for key, value in [*values.items(), *limits.items()]:
        if len(problems) == before:
            annotation = str(fields[key].type) if key in fields and key not in _LIMITS else "float"
            _check_type(value, annotation, file, f"{where}.{key}", problems)
    if len(problems) > before:
        return None
    return _made(family.from_mean_cv if by_moments else family, values, limits, file, where, problems)  # type: ignore[attr-defined]


def _made(
    maker: Any,
    values: Mapping[str, Any],
    limits: Mapping[str, float],
    file: str,
    where: str,
    problems: list[Problem],
) -> Severity | None:
    """Return the law with its limits, or None after adding why there is none."""
    try:
        severity: Severity = maker(**values)
        if "truncation" in limits:
            severity = severity.truncated(limits["truncation"])
        if "cap" in limits:
            severity = severity.capped(limits["cap"])
        infinite = not math.isfinite(severity.mean)
    except (ValueError, ArithmeticError) as error:
        # The laws say 'Lognormal: sigma = -1.0: must be ...'.
        said = re.fullmatch(r"\w+: (\w+) = (.+?): (must .+)", str(error))
        key = {"limit": "cap"}.get(said[1], said[1]) if said else ""
        if said and (key in values or key in limits):
            where, value, rule = f"{where}.{key}", said[2], f"this {said[3]}"
        else:
            value, rule = "", str(error)
        problems.append(Problem(file, where, value, rule, "Change this parameter."))
        return None
    if infinite:
        # Chen, Embrechts & Wang (2022), arXiv:2208.08471
        rule = (
            "the mean of this law is infinite: to pool such costs makes a large overrun more likely, "
            "not less, and no budget covers them"
        )
        hint = "Add a cap, the most that one client can cost in a year, or make the tail lighter (xi below 1)."
        problems.append(Problem(file, where, str(severity), rule, hint))
        return None
    return severity


def _check_type(value: Any, annotation: str, file: str, where: str, problems: list[Problem]) -> None:
    """Add a problem if a parameter is a number where the family needs a law, or the other way round."""
    several = isinstance(value, tuple)
    kinds = {isinstance(part, Severity) for part in value} if several else {isinstance(value, Severity)}
    wanted = "a list of " if "tuple" in annotation else ""
    laws = "Severity" in annotation
    numbers = not laws or "float" in annotation
    wrong = several != ("tuple" in annotation) or (True in kinds and not laws) or (False in kinds and not numbers)
    if wrong:
        rule = (
            f"this must be {wanted}{'severities' if wanted else 'a severity'}"
            if laws
            else (f"this must be {wanted or 'a '}{'numbers' if wanted else 'number'}")
        )
        hint = 'A severity is a table with a family, such as { family = "lognormal", mean = ..., cv = ... }.'
        number = "Write numbers in [square brackets]." if wanted else "Write one number with its pedigree."
        problems.append(Problem(file, where, "", rule, hint if laws else number))


def _value(entry: Any, file: str, where: str, problems: list[Problem]) -> Any:
    """Return a parameter: a number with pedigree, a list of numbers, a severity, or a list of those."""
    if isinstance(entry, Mapping) and "family" in entry:
        return build_severity(entry, file, where, problems)
    if isinstance(entry, tuple) and any(isinstance(part, Mapping) for part in entry):
        return tuple(
            build_severity(part if isinstance(part, Mapping) else {}, file, f"{where}.{n}", problems)
            for n, part in enumerate(entry, 1)
        )
    if isinstance(entry, tuple):
        if all(isinstance(x, int | float) and not isinstance(x, bool) for x in entry):
            return tuple(float(x) for x in entry)
        rule = "this must be a list of numbers"
        problems.append(Problem(file, where, str(list(entry))[:60], rule, "Write numbers only, without quotes."))
        return None
    if not isinstance(entry, Mapping):
        hint = f'Write {{ value = {entry}, unit = "...", grade = "assumed", source = "..." }}.'
        rule = "a number must carry its pedigree: unit, grade and source"
        problems.append(Problem(file, where, str(entry)[:60], rule, hint))
        return None
    try:
        return parse(Quantity, entry, file).value
    except InputError as error:
        problems += [dataclasses.replace(p, where=f"{where}.{p.where}") for p in error.problems]
        return None


def quantities_of(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, Quantity]]:
    """Yield every number of a checked severity table with its dotted key."""
    for key, entry in table.items():
        if isinstance(entry, Mapping) and "value" in entry:
            yield f"{where}.{key}", Quantity.model_validate(dict(entry))
        elif isinstance(entry, Mapping):
            yield from quantities_of(entry, f"{where}.{key}")
        elif isinstance(entry, tuple):
            for number, part in enumerate(entry, 1):
                if isinstance(part, Mapping):
                    yield from quantities_of(part, f"{where}.{key}.{number}")
