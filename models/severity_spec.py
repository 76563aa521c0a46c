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
from collections.abc import Iterator, Mapping
from typing import Any

from solidair.models.problems import InputError, Problem, suggest
from solidair.models.schema import Quantity, parse
from solidair.models.severity import FAMILIES, Severity, require_finite_mean

_LIMITS = ("cap", "truncation")


def build_severity(table: Mapping[str, Any], file: str, where: str, problems: list[Problem]) -> Severity | None:
    """Return the severity of a table, or None after adding what is wrong with it to `problems`."""
    before = len(problems)
    family_name = table.get("family")
    if not isinstance(family_name, str) or family_name not in FAMILIES:
        rule = "unknown family of severities" if family_name else "this key is required"
        problems.append(
            Problem(file, f"{where}.family", str(family_name or ""), rule, suggest(str(family_name), FAMILIES))
        )
        return None
    family = FAMILIES[family_name]
    values = {
        key: _value(entry, file, f"{where}.{key}", problems)
        for key, entry in table.items()
        if key not in ("family", *_LIMITS)
    }
    limits = {key: _value(table[key], file, f"{where}.{key}", problems) for key in _LIMITS if key in table}
    fields = [field for field in dataclasses.fields(family) if field.init]
    by_moments = hasattr(family, "from_mean_cv") and {"mean", "cv"} & set(values) and "cv" in values
    names = ["mean", "cv"] if by_moments else [field.name for field in fields]
    optional = set() if by_moments else {f.name for f in fields if f.default is not dataclasses.MISSING}
    for key in values.keys() - set(names):
        hint = suggest(key, [*names, *_LIMITS])
        problems.append(Problem(file, f"{where}.{key}", "", f"unknown parameter of family '{family_name}'", hint))
    for key in names:
        if key not in values and key not in optional:
            hint = f"Family '{family_name}' takes {', '.join(names)}"
            hint += " (or mean and cv)." if hasattr(family, "from_mean_cv") and not by_moments else "."
            problems.append(Problem(file, f"{where}.{key}", "", "this parameter is required", hint))
    if len(problems) > before:
        return None
    try:
        maker: Any = family.from_mean_cv if by_moments else family  # type: ignore[attr-defined]
        severity: Severity = maker(**values)
        if "truncation" in limits:
            severity = severity.truncated(float(limits["truncation"]))
        if "cap" in limits:
            severity = severity.capped(float(limits["cap"]))
        require_finite_mean(severity, where)
    except ValueError as error:
        problems.append(Problem(file, where, family_name, str(error), "Change the parameter or add a cap."))
        return None
    return severity


def _value(entry: Any, file: str, where: str, problems: list[Problem]) -> Any:
    """Return a parameter: a number with pedigree, a list of numbers, a severity of its own, or a list of those."""
    if isinstance(entry, Mapping) and "family" in entry:
        return build_severity(entry, file, where, problems)
    if isinstance(entry, tuple) and entry and isinstance(entry[0], Mapping) and "family" in entry[0]:
        return tuple(build_severity(part, file, f"{where}.{n}", problems) for n, part in enumerate(entry, 1))
    if isinstance(entry, tuple):
        if all(isinstance(x, int | float) and not isinstance(x, bool) for x in entry):
            return tuple(float(x) for x in entry)
        problems.append(Problem(file, where, str(entry)[:60], "must be a list of numbers", "Write numbers only."))
        return None
    if not isinstance(entry, Mapping):
        hint = 'Write { value = ..., unit = "...", grade = "assumed", source = "..." }.'
        problems.append(Problem(file, where, str(entry)[:60], "a number must carry its pedigree", hint))
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
