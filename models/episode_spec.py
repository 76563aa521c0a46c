"""Episodes written down in a cost model file: how long a stay lasts, at which age it ends, what a day costs.

.. code-block:: toml

    [care_types.verblijf.episode.duration]
    family = "exponential"
    mean = { value = 1.0, unit = "year", grade = "assumed", source = "..." }

    [care_types.verblijf.episode.ages]
    low = { value = 4.0, unit = "year", grade = "assumed", source = "..." }
    high = { value = 17.5, unit = "year", grade = "assumed", source = "..." }

    [care_types.verblijf.episode.tariff]
    family = "lognormal"
    mean = { value = 290.0, unit = "EUR per day", grade = "assumed", source = "..." }
    cv = { value = 0.3, unit = "ratio", grade = "assumed", source = "..." }

A duration of family 'classes' is a published table: `edges_days` and `shares` are lists with one pedigree,
``{ values = [91, 182, 365], unit = "day", grade = "sourced", source = "..." }``, and `mean_of_open_class` is a number
in days. All other lengths and ages are in years.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import Field

from solidair.models.duration import Ages, Duration, DurationClasses, exponential
from solidair.models.episodes import Episode
from solidair.models.problems import InputError, Problem, suggest
from solidair.models.schema import Config, Quantity, Source, frozen, parse
from solidair.models.severity import Gamma, Lognormal, Severity, Weibull
from solidair.models.severity.numeric import check_above
from solidair.models.severity_spec import build_severity, quantities_of

ROUNDING = 0.005
"""Largest error of a share that was published in whole percents."""

_UNITS = {"mean": "year", "scale": "year", "edges_days": "day", "mean_of_open_class": "day"}
_AGES = ("low", "high", "leaves_at")
_LISTS = ("edges_days", "shares")
_MOST_YEARS = 100.0  # no stay lasts longer on average: a number above it is in days or months


class Quantities(Config):
    """Numbers of one table with one pedigree; the fields are those of `Quantity`."""

    values: tuple[float, ...] = Field(min_length=1)
    unit: str = Field(min_length=1)
    grade: Literal["sourced", "derived", "assumed"]
    source: Source
    year: int | None = None


@dataclass(frozen=True)
class _Family:
    """A family of durations: which sets of parameters give its law in years, the first being the usual one."""

    forms: Mapping[tuple[str, ...], Callable[..., Severity]]

    @property
    def names(self) -> list[str]:
        """Every parameter of some form, in order."""
        return list(dict.fromkeys(name for form in self.forms for name in form))

    def chosen(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the form that the given parameters fit best."""
        return max(self.forms, key=lambda form: len(given.keys() & set(form)) - len(given.keys() - set(form)))


def _weibull_of_mean(mean: float, shape: float) -> Weibull:
    check_above("Weibull", "mean", mean)
    check_above("Weibull", "shape", shape)
    return Weibull(shape, mean / math.gamma(1.0 + 1.0 / shape))


def _gamma_of_mean(mean: float, shape: float) -> Gamma:
    check_above("Gamma", "mean", mean)
    check_above("Gamma", "shape", shape)
    return Gamma(shape, mean / shape)


def _classes(edges_days: tuple[float, ...], shares: tuple[float, ...], mean_of_open_class: float) -> DurationClasses:
    if edges_days:  # in days here, so that the message is
        check_above("DurationClasses", "mean_of_open_class", mean_of_open_class, max(edges_days))
    total = math.fsum(shares)
    if total > 0.0 and abs(total - 1.0) <= ROUNDING * len(shares):
        shares = tuple(share / total for share in shares)
    return DurationClasses.from_days(edges_days, shares, mean_of_open_class)


DURATIONS: dict[str, _Family] = {
    "exponential": _Family({("mean",): exponential}),
    "weibull": _Family(
        {
            ("mean", "shape"): _weibull_of_mean,
            ("scale", "shape"): lambda scale, shape: Weibull(shape, scale),
            ("mean", "cv"): Weibull.from_mean_cv,
        }
    ),
    "gamma": _Family({("mean", "shape"): _gamma_of_mean, ("mean", "cv"): Gamma.from_mean_cv}),
    "lognormal": _Family({("mean", "cv"): Lognormal.from_mean_cv}),
    "classes": _Family({("edges_days", "shares", "mean_of_open_class"): _classes}),
}
"""Families of durations by name."""


@dataclass
class _Reader:
    """Notes problems of one file."""

    file: str
    problems: list[Problem]

    def note(self, where: str, value: object, rule: str, hint: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(self.file, where, str(value), rule, hint))

    def table(self, entry: Any, where: str, known: tuple[str, ...]) -> Mapping[str, Any]:
        """Return a table without its unknown keys, which are noted; empty if the entry is no table."""
        if not isinstance(entry, Mapping):
            keys = ", ".join(f"{key} = ..." for key in known)
            self.note(where, str(entry)[:60], "this must be a table", f"Write {{ {keys} }}.")
            return {}
        for key in entry:
            if key not in known:
                self.note(f"{where}.{key}", "", f"unknown key '{key}'", suggest(key, known))
        return {key: value for key, value in entry.items() if key in known}

    def number(self, entry: Any, where: str, unit: str = "") -> Any:
        """Return a number or a list of them, or None after noting what is wrong; it must be in the unit, if one."""
        several = where.rsplit(".", 1)[-1] in _LISTS
        model: type[Quantity | Quantities] = Quantities if several else Quantity
        if not isinstance(entry, Mapping):
            key = "values" if several else "value"
            rule = "a number must carry its pedigree: unit, grade and source"
            shown = list(entry) if isinstance(entry, tuple) else entry
            hint = f'Write {{ {key} = {shown}, unit = "{unit or "ratio"}", grade = "assumed", source = "..." }}.'
            self.note(where, str(shown)[:60], rule, hint)
            return None
        try:
            found = parse(model, entry, self.file)
        except InputError as error:
            self.problems += [replace(p, where=f"{where}.{p.where}") for p in error.problems]
            return None
        if unit and not re.match(rf"{unit}s?\b", found.unit.strip(), re.IGNORECASE):
            hint = f'Convert the number, and write unit = "{unit}".'
            self.note(f"{where}.unit", found.unit, f"the unit must be '{unit}'", hint)
            return None
        return found.value if isinstance(found, Quantity) else found.values


def build_episode(table: Mapping[str, Any], file: str, where: str, problems: list[Problem]) -> Episode | None:
    """Return the episode of a table, or None after adding what is wrong with it to `problems`.

    Parameters
    ----------
    table
        Keys duration, tariff and, if children age out, ages. Lists may be lists or tuples.
    file, where
        The file, and the dotted key of the table in it.
    problems
        Gains one problem per fault: dotted key, value, rule, and what to do.

    Returns
    -------
    Episode | None
        With the length in days; shares of duration classes that are rounded to whole percents are made to sum to 1.
    """
    reader = _Reader(file, problems)
    before = len(problems)
    parts = reader.table(frozen(table), where, ("duration", "ages", "tariff"))
    for key in ("duration", "tariff"):
        if key not in parts:
            hint = f"Add a table [{where}.{key}] with a family."
            reader.note(f"{where}.{key}", "", "this key is required", hint)
    law = _law(reader, parts["duration"], f"{where}.duration") if "duration" in parts else None
    ages = _ages(reader, parts["ages"], f"{where}.ages") if "ages" in parts else None
    tariff = _tariff(reader, parts["tariff"], f"{where}.tariff") if "tariff" in parts else None
    if len(problems) > before or law is None or tariff is None:
        return None
    try:
        return Episode(Duration(law, ages), tariff)
    except (ValueError, ArithmeticError) as error:
        # What is left is a tariff that is no price: the law and the ages have been made already.
        reader.note(f"{where}.tariff", "", str(error), "Change this tariff.")
        return None


def _law(reader: _Reader, table: Any, where: str) -> Severity | None:
    """Return the law of the length in years."""
    if not isinstance(table, Mapping):
        reader.table(table, where, ("family", "mean"))
        return None
    before = len(reader.problems)
    name = table.get("family")
    if not isinstance(name, str) or name not in DURATIONS:
        rule = "this key is required" if name is None else "unknown family of durations"
        hint = suggest(name, DURATIONS) if isinstance(name, str) else f"Known: {', '.join(DURATIONS)}."
        reader.note(f"{where}.family", "" if name is None else name, rule, hint)
        return None
    family = DURATIONS[name]
    given = {key: entry for key, entry in table.items() if key != "family"}
    form = family.chosen(given)
    takes = f"Family '{name}' takes {' or '.join(' and '.join(names) for names in family.forms)}."
    for key in given:
        if key in form:
            continue
        if key in family.names:
            rule = f"this parameter cannot stand beside {' and '.join(k for k in form if k in given)}"
            reader.note(f"{where}.{key}", "", rule, takes)
        else:
            rule = f"unknown parameter '{key}' of family '{name}'"
            reader.note(f"{where}.{key}", "", rule, suggest(key, family.names))
    for key in form:
        if key not in given:
            reader.note(f"{where}.{key}", "", "this parameter is required", takes)
    values = {
        key: reader.number(entry, f"{where}.{key}", _UNITS.get(key, ""))
        for key, entry in given.items()
        if key in family.names
    }
    for key in ("mean", "scale"):
        value = values.get(key)
        if value is not None and value > _MOST_YEARS:
            rule = f"the {key} of a length must be at most {_MOST_YEARS:g} years"
            reader.note(f"{where}.{key}", f"{value:g}", rule, "Write years, not days or months.")
    if len(reader.problems) > before:
        return None
    renamed = {"edges": "edges_days"}
    made = _made(reader, lambda: family.forms[form](**values), where, values, renamed)
    return made if isinstance(made, Severity) else None


def _ages(reader: _Reader, table: Any, where: str) -> Ages | None:
    """Return the ages at entry and of leaving."""
    before = len(reader.problems)
    given = reader.table(table, where, _AGES)
    for key in ("low", "high"):
        if key not in given and isinstance(table, Mapping):
            hint = "Give the lowest and the highest age at entry, in years."
            reader.note(f"{where}.{key}", "", "this key is required", hint)
    values = {key: reader.number(entry, f"{where}.{key}", "year") for key, entry in given.items()}
    if len(reader.problems) > before:
        return None
    made = _made(reader, lambda: Ages(**values), where, values, {})
    return made if isinstance(made, Ages) else None


def _tariff(reader: _Reader, table: Any, where: str) -> Severity | float | None:
    """Return the law of the day tariff, or one tariff."""
    if isinstance(table, Mapping) and "value" in table and "family" not in table:
        value = reader.number(table, where)
        if value is not None and value <= 0.0:
            reader.note(where, f"{value:g}", "a day tariff must be above 0", "Write EUR per day.")
            return None
        return None if value is None else float(value)
    if not isinstance(table, Mapping):
        reader.number(table, where, "EUR per day")
        return None
    return build_severity(table, reader.file, where, reader.problems)


def _made(
    reader: _Reader, maker: Callable[[], object], where: str, values: Mapping[str, Any], renamed: Mapping[str, str]
) -> object | None:
    """Return what the maker makes, or None after noting why it cannot, at the parameter that it names."""
    try:
        return maker()
    except (ValueError, ArithmeticError) as error:
        said = re.fullmatch(r"\w+: (\w+) = (.+?): (must .+)", str(error))
        key = renamed.get(said[1], said[1]) if said else ""
        if said and (key in values or key in _AGES):
            value = values.get(key, said[2])
            shown = f"{value:g}" if isinstance(value, float) else said[2]
            shown = f"[{', '.join(f'{x:g}' for x in value)}]" if isinstance(value, tuple) else shown
            reader.note(f"{where}.{key}", shown, f"this {said[3]}", "Change this parameter.")
        else:
            reader.note(where, "", str(error), "Change these parameters.")
        return None


def quantities_of_episode(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, Quantity]]:
    """Yield every number of a checked episode table with its dotted key; entries of lists count from 1."""
    for part in ("duration", "ages"):
        for key, entry in table.get(part, {}).items():
            if not isinstance(entry, Mapping):
                continue
            pedigree = {name: value for name, value in entry.items() if name not in ("value", "values")}
            if "values" in entry:
                for number, value in enumerate(entry["values"], 1):
                    place = f"{where}.{part}.{key}.{number}"
                    yield place, Quantity.model_validate({"value": float(value), **pedigree})
            else:
                yield f"{where}.{part}.{key}", Quantity.model_validate(dict(entry))
    tariff = table.get("tariff", {})
    if "value" in tariff and "family" not in tariff:
        yield f"{where}.tariff", Quantity.model_validate(dict(tariff))
    else:
        yield from quantities_of(tariff, f"{where}.tariff")
