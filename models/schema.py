"""Checked input from TOML documents: pydantic models in, all problems out, in words that a user can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from solidair.models.problems import InputError, Problem, suggest

Grade = Literal["sourced", "derived", "assumed"]
M = TypeVar("M", bound="Config")


class Config(BaseModel):
    """A table of a TOML document: no unknown keys, no silent conversion, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Words(Config):
    """A text in the two languages of the product."""

    nl: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, language: str) -> str:
        """Return the text in a language, 'nl' or 'en'."""
        return {"nl": self.nl, "en": self.en}[language]


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
    """

    value: float
    unit: str = Field(min_length=1)
    grade: Grade
    source: str = Field(min_length=1)
    year: int | None = None


def parse(model: type[M], document: Mapping[str, Any], file: str) -> M:
    """Return the checked document.

    Raises
    ------
    InputError
        With one problem per fault: the dotted key, the value, the rule, what to do.
    """
    try:
        return model.model_validate(_frozen(document))
    except ValidationError as error:
        raise InputError(_problems(model, document, file, error)) from None


def _frozen(value: Any) -> Any:
    """Return a TOML value with tuples for arrays, since a checked document does not change."""
    if isinstance(value, Mapping):
        return {key: _frozen(entry) for key, entry in value.items()}
    return tuple(_frozen(entry) for entry in value) if isinstance(value, list) else value


def _problems(
    model: type[BaseModel], document: Mapping[str, Any], file: str, error: ValidationError
) -> list[Problem]:
    problems = []
    for fault in error.errors(include_url=False):
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in _path(fault["loc"], document))
        kind = fault["type"]
        value = "" if kind == "missing" else _shown(fault["input"])
        if kind == "extra_forbidden":
            key = str(fault["loc"][-1])
            known = _known_keys(model, document, fault["loc"][:-1])
            problem = Problem(file, where, value, f"unknown key '{key}'", suggest(key, known))
        elif kind == "missing":
            problem = Problem(file, where, "", "this key is required", "Add it; see the reference for its meaning.")
        elif kind == "union_tag_invalid":
            expected = str(fault.get("ctx", {}).get("expected_tags", ""))
            tag = str(fault.get("ctx", {}).get("tag", ""))
            options = [option.strip().strip("'") for option in expected.split(",")]
            problem = Problem(file, f"{where}.kind", tag, f"unknown kind '{tag}'", suggest(tag, options))
        elif kind == "union_tag_not_found":
            problem = Problem(file, f"{where}.kind", "", "this key is required", "Say which kind it is.")
        else:
            rule = fault["msg"].removeprefix("Value error, ")
            hint = "Write a number without quotes, with a point as decimal mark." if "number" in rule else ""
            problem = Problem(file, where or "whole file", value, rule[0].lower() + rule[1:], hint)
        problems.append(problem)
    return problems


def _path(location: tuple[int | str, ...], document: Mapping[str, Any]) -> list[int | str]:
    """Drop what pydantic adds to a location inside a tagged union: the tag, which is no key of the document."""
    path: list[int | str] = []
    node: Any = document
    for position, part in enumerate(location):
        if isinstance(node, Mapping) and part not in node and position < len(location) - 1:
            continue
        path.append(part)
        inside = isinstance(node, Mapping) and part in node
        if isinstance(node, list | tuple) and isinstance(part, int) and part < len(node):
            inside = True
        node = node[part] if inside else None
    return path


def _known_keys(
    model: type[BaseModel], document: Mapping[str, Any], location: tuple[int | str, ...]
) -> list[str]:
    """Return the keys that the table at `location` may have, by walking the schema."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})

    def resolve(node: dict[str, Any]) -> list[dict[str, Any]]:
        if "$ref" in node:
            return resolve(definitions[node["$ref"].rsplit("/", 1)[-1]])
        branches = [branch for key in ("anyOf", "oneOf", "allOf") for branch in node.get(key, [])]
        return [found for branch in branches for found in resolve(branch)] if branches else [node]

    nodes = [schema]
    for part in location:
        step: list[dict[str, Any]] = []
        for node in nodes:
            if isinstance(part, int):
                step += resolve(node["items"]) if "items" in node else []
            elif part in node.get("properties", {}):
                step += resolve(node["properties"][part])
            elif isinstance(node.get("additionalProperties"), dict):
                step += resolve(node["additionalProperties"])
        # A tag of a union is not a step in the schema.
        if not step:
            tagged = [n for n in nodes if n.get("properties", {}).get("kind", {}).get("const") == part]
            step = tagged or nodes
        nodes = step
    return sorted({key for node in nodes for key in node.get("properties", {})})


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
