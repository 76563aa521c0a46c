"""Checked input from TOML documents: pydantic models in, all problems out, in words a user can act on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from solidair.models.problems import InputError, Problem, nearest, suggest

Grade = Literal["sourced", "derived", "assumed"]
M = TypeVar("M", bound="Config")
Place = tuple[int | str, ...]
Nodes = list[dict[str, Any]]


class Config(BaseModel):
    """A table of a TOML document: no unknown keys, no silent conversion, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class RuleError(ValueError):
    """A rule of one value is broken; raised in validators, to say also what the user can do about it."""

    def __init__(self, rule: str, hint: str, value: str = "") -> None:
        super().__init__(rule)
        self.hint = hint
        self.value = value


_PERCENT = re.compile(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*%\s*")


def from_percent(value: Any) -> Any:
    """Return a percentage that is written as a text, such as '90%', as a share; anything else as it is."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    # Through the digits, since 99.9 / 100 is 0.9990000000000001, which asks for one path more.
    return value if found is None else float(Fraction(found[1].replace(",", ".")) / 100)


class Words(Config):
    """A text in the two languages of the product; one that a file gives once serves both."""

    nl: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _once(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        if not given:
            raise RuleError("this text must not be empty", "Fill it in.")
        return {"nl": given, "en": given}

    def __getitem__(self, language: str) -> str:
        """Return the text in a language, 'nl' or 'en'."""
        return {"nl": self.nl, "en": self.en}[language]


Source = Annotated[str, Field(min_length=1)] | Words
"""Where something comes from: one text, or one in each language."""


def in_language(text: str | Words, language: str) -> str:
    """Return a text in a language, 'nl' or 'en'; a text that is given once serves both."""
    return text if isinstance(text, str) else text[language]


class Quantity(Config):
    """A number with its pedigree.

    Parameters
    ----------
    value
        The number.
    unit
        Its unit, in words.
    grade
        'sourced' (a text was read), 'derived' (arithmetic on sourced numbers) or 'assumed'.
    source
        Where it comes from; for an assumption, why this value.
    year
        Price level of an amount, or the year that a count is of.
    standard_error
        How well the number is known, in its unit; None if nobody says.
    """

    value: float
    unit: str = Field(min_length=1)
    grade: Grade
    source: Source
    year: int | None = None
    standard_error: float | None = Field(default=None, ge=0)


def parse(model: type[M], document: Mapping[str, Any], file: str) -> M:
    """Return the checked document.

    Raises
    ------
    InputError
        With one problem per fault: the dotted key (entries of lists count from 1), value, rule and hint.
    """
    try:
        return model.model_validate(frozen(document))
    except ValidationError as error:
        raise InputError(_problems(model.model_json_schema(), file, error)) from None


def frozen(value: Any) -> Any:
    """Return a TOML value with tuples for arrays, since a checked document does not change."""
    if isinstance(value, Mapping):
        return {key: frozen(entry) for key, entry in value.items()}
    return tuple(frozen(entry) for entry in value) if isinstance(value, list | tuple) else value


def dotted(place: Iterable[int | str]) -> str:
    """Return a place in a document as a user writes it: dots between, entries of lists counted from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _problems(schema: dict[str, Any], file: str, error: ValidationError) -> list[Problem]:
    problems: dict[str, Problem] = {}
    faults = [(*_walk(schema, fault["loc"]), fault) for fault in error.errors(include_url=False)]
    # Of a union, the branch of the right type knows best what is wrong with the value.
    meant = {place for place, _, fault in faults if not fault["type"].endswith("_type")}
    for place, nodes, fault in faults:
        if fault["type"].endswith("_type") and place in meant:
            continue
        where, value, rule, hint = _explained(schema, fault, place, nodes)
        where = where or "whole file"
        if where in problems and problems[where].rule != rule:
            # The branches of a union each have their own objection to one value.
            rule, hint = f"{problems[where].rule} or {rule.removeprefix('this must be ')}", problems[where].hint
        problems[where] = Problem(file, where, value, rule, hint)
    # Of the branches of a union that one was meant whose fault lies deepest.
    return [p for p in problems.values() if not any(other.startswith(f"{p.where}.") for other in problems)]


def _explained(schema: dict[str, Any], fault: ErrorDetails, place: Place, nodes: Nodes) -> tuple[str, str, str, str]:
    """Return where, value, rule and hint of a fault."""
    kind, where, context = fault["type"], dotted(place), fault.get("ctx", {})
    value = _shown(fault["input"])
    if kind == "missing":
        return where, "", "this key is required", f"Add it, for example: {_example(str(place[-1]), nodes)}."
    if kind == "extra_forbidden":
        tables = _walk(schema, fault["loc"][:-1])[1]
        known = sorted({key for table in tables for key in table.get("properties", {})})
        return where, value, f"unknown key '{place[-1]}'", suggest(str(place[-1]), known)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tag = str(context.get("tag", ""))
        options = sorted({option for node in nodes for option in node["discriminator"]["mapping"]})
        if not tag:
            hint = f"Say which kind it is. Known: {', '.join(options)}."
            return f"{where}.kind", "", "this key is required", hint
        return f"{where}.kind", tag, f"unknown kind '{tag}'", suggest(tag, options)
    if kind == "literal_error":
        options = [str(node["const"]) for node in nodes if "const" in node]
        options += [str(option) for node in nodes for option in node.get("enum", [])]
        if place[-1:] == ("kind",):
            return where, value, f"unknown kind '{value}'", suggest(value, options)
        if any(node.get("type") == "array" for node in nodes):
            return where, value, f"this must be {_either(options)} or a list", _list_hint(value, options)
        return where, value, f"this must be {_either(options)}", suggest(value, options)
    if kind == "value_error":
        hint = getattr(context.get("error"), "hint", "Change the value.")
        found = getattr(context.get("error"), "value", "") or ("" if isinstance(fault["input"], Mapping) else value)
        return where, found, fault["msg"].removeprefix("Value error, "), hint
    # Quotes show what is wrong with a "100" where a number must be.
    return where, f'"{value}"' if isinstance(fault["input"], str) else value, *_plain(fault, place, nodes)


_CALENDAR_YEARS = ("first_year", "price_level", "year")
"""Keys that hold a year of the calendar, which has no separator."""

_TYPES = {
    "float": (
        "this must be a number",
        "Write it without quotes, with a point as decimal mark and none between thousands.",
    ),
    "int": ("this must be a whole number", "Write digits only, without quotes, point or comma."),
    "finite": ("this must be a finite number", "Write an ordinary number."),
    "bool": ("this must be true or false", "Write true or false, without quotes."),
    "string": ("this must be a text", 'Put it in "quotes".'),
    "date": ("this must be a date", "Write it like 2026-12-31, without quotes."),
    "tuple": ("this must be a list", "Put it in [square brackets], with commas between the entries."),
    "model": ("this must be a table", "Write { key = value, ... }."),
    "dict": ("this must be a table", "Write { key = value, ... }."),
}


def _plain(fault: ErrorDetails, place: Place, nodes: Nodes) -> tuple[str, str]:
    """Return rule and hint of a fault that is about the type or the size of a value."""
    kind = fault["type"]
    if kind.endswith("too_short"):
        if kind.startswith("string"):
            return "this text must not be empty", "Fill it in."
        return "this must have at least one entry", "Name one or more."
    if kind.startswith(("greater_than", "less_than")):
        return _range(nodes, str(place[-1]) if place else "")
    key = kind.split("_")[0]
    if key == "tuple" and isinstance(fault["input"], Mapping):
        name = str(place[-1]) if place else ""
        several = f"Write [[{name}]], with two brackets on either side, above each." if len(place) == 1 else ""
        return _TYPES[key][0], several or f"Write {name} = [{{ ... }}], with brackets around the tables."
    if key == "model":
        known = ", ".join(f"{name} = ..." for node in nodes for name in node.get("properties", {}))
        return _TYPES["model"][0], f"Write {{ {known or 'key = value, ...'} }}."
    if key in _TYPES:
        return _TYPES[key]
    message = fault["msg"]
    return message[:1].lower() + message[1:], "Change the value."


def _list_hint(value: str, options: list[str]) -> str:
    """Return what to write instead of one text where a list may stand, from what was written."""
    near = nearest(value, options)
    named = ", ".join(f'"{entry.strip()}"' for entry in value.split(",") if entry.strip()) or '"..."'
    return f"Did you mean '{near}'?" if near else f'Write "{options[0]}", or a list such as [{named}].'


def _range(nodes: Nodes, key: str) -> tuple[str, str]:
    """Return the rule of a number that is too small or too large, from the bounds in the schema."""

    def shown(bound: float) -> str:
        is_year = key in _CALENDAR_YEARS and 1000 <= bound <= 9999
        return f"{bound}" if is_year else f"{bound:,}"

    bounds = {key: value for node in nodes for key, value in node.items() if key.lower().endswith("imum")}
    low = f"at least {shown(bounds['minimum'])}" if "minimum" in bounds else ""
    low = f"above {shown(bounds['exclusiveMinimum'])}" if "exclusiveMinimum" in bounds else low
    high = f"at most {shown(bounds['maximum'])}" if "maximum" in bounds else ""
    high = f"below {shown(bounds['exclusiveMaximum'])}" if "exclusiveMaximum" in bounds else high
    if (bounds.get("minimum"), bounds.get("maximum")) == (0, 1):
        return "this must lie between 0 and 1", "A share of 50% is written 0.5."
    rule = f"this must be {' and '.join(filter(None, (low, high)))}"
    return rule, "Check the sign, the unit and the zeros."


def _example(key: str, nodes: Nodes) -> str:
    """Return a key with a value of the right type, as it stands in a file."""
    node = nodes[0] if nodes else {}
    node = next((option for option in node.get("anyOf", []) if "$ref" not in option), node)
    if "discriminator" in node:
        return f'{key} = {{ kind = "{next(iter(node["discriminator"]["mapping"]))}", ... }}'
    if "properties" in node:
        inner = ", ".join(f"{name} = ..." for name in (node.get("required") or node["properties"]))
        return f"{key} = {{ {inner} }}"
    if node.get("enum"):
        return f'{key} = "{node["enum"][0]}"'
    if node.get("format") == "date":
        return f"{key} = 2026-12-31"
    samples = {"number": "100.0", "integer": "2024", "boolean": "true", "array": "[...]", "object": "{ ... }"}
    return f"{key} = {samples.get(node.get('type', ''), chr(34) + '...' + chr(34))}"


def _walk(schema: dict[str, Any], location: Place) -> tuple[Place, Nodes]:
    """Follow a location of pydantic through the schema.

    Returns
    -------
    place
        The location without what pydantic adds inside a union, the tag or the name of a branch, which is no
        key of the document.
    nodes
        What the schema says about this place; more than one where it allows several types.
    """
    definitions = schema.get("$defs", {})

    def resolved(node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            node = definitions[node["$ref"].rsplit("/", 1)[-1]]
        options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
        return resolved(options[0]) if len(options) == 1 else node

    place: list[int | str] = []
    nodes = [resolved(schema)]
    for part in location:
        tagged = [node for node in nodes if part in node.get("discriminator", {}).get("mapping", {})]
        if tagged:
            nodes = [resolved({"$ref": node["discriminator"]["mapping"][part]}) for node in tagged]
            continue
        branches = [resolved(option) for node in nodes for option in node.get("anyOf", [])]
        if branches:
            # The name of a branch, such as 'float' or 'tuple[str, ...]'.
            nodes = branches
            continue
        place.append(part)
        inner = [node["items"] for node in nodes if "items" in node] if isinstance(part, int) else []
        for node in nodes if isinstance(part, str) else []:
            other = node.get("additionalProperties")
            found = node.get("properties", {}).get(part, other if isinstance(other, dict) else None)
            inner += [found] if found else []
        nodes = [resolved(node) for node in inner]
    return tuple(place), nodes


def _either(options: list[str]) -> str:
    quoted = [f"'{option}'" for option in options]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _shown(value: object) -> str:
    """Return a value as it stands in a file; tables and lists, which may be long, as such."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple) and not all(isinstance(entry, str | int | float) for entry in value):
        return "a list"
    if isinstance(value, list | tuple):
        text = f"[{', '.join(map(_shown, value))}]"
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
