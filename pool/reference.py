"""The reference of all parts of an agreement: every kind with its fields, from the registry and its docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic.fields import FieldInfo

from solidair.models.schema import Config, Words
from solidair.pool.parts import unions
from solidair.pool.parts.lines import AnyLine, LineBase
from solidair.pool.parts.registry import PARTS

ROLES = (*PARTS, "line")
"""What a part can be; a line is the amount above which a take looks at a case."""

FIELD_WORDS = {
    "key": "a key: see the kinds of key",
    "shares": "share per CBS code, from 0 to 1; every member named, together 1",
    "weight": "part of the mix that follows this key, such as 0.5",
    "parts": "a list of `{ weight = ..., key = ... }`; the weights together 1",
}
"""Words about fields that a docstring does not name."""

assert unions  # importing it registers every part


@dataclass(frozen=True)
class FieldEntry:
    """A field of a part.

    Parameters
    ----------
    name
        As a file writes it.
    default
        As a file writes it, 'none', or None if the field is required.
    bounds
        What a number must be, such as 'at least 0', or which words it can be; empty if anything.
    meaning
        What it is, in English, without a full stop.
    inner
        Fields of the tables that it holds, where these are no parts of their own.
    """

    name: str
    default: str | None
    bounds: str
    meaning: str
    inner: tuple[FieldEntry, ...] = ()


@dataclass(frozen=True)
class PartEntry:
    """A kind of part: its role, the name that files give it, what it does in a sentence, and its fields."""

    role: str
    kind: str
    meaning: str
    fields: tuple[FieldEntry, ...]


def reference(which: str | None = None) -> list[PartEntry]:
    """Return all kinds of parts; or those of a role, such as 'take', or of a kind, such as 'excess'.

    A word that is both, such as the charge 'key', means the role and the kind. Empty if no part has this name.
    """
    entries = [entry(role, kind, cls) for role in ROLES for kind, cls in kinds(role).items()]
    return [one for one in entries if which is None or which in (one.role, one.kind)]


def kinds(role: str) -> Mapping[str, type[Config]]:
    """Return the classes of a role by their kind."""
    if role in PARTS:
        return PARTS[role]
    return {cls.model_fields["kind"].default: cls for cls in get_args(get_args(AnyLine)[0])}


def entry(role: str, kind: str, cls: type[Config]) -> PartEntry:
    """Return what is known of a kind."""
    return PartEntry(role, kind, first_paragraph(cls), tuple(_fields(cls)))


def _fields(cls: type[Config]) -> Iterator[FieldEntry]:
    said, schema = documented(cls), cls.model_json_schema()
    properties = schema.get("properties") or schema["$defs"][cls.__name__]["properties"]
    for name, field in cls.model_fields.items():
        if name == "kind" and isinstance(field.default, str):
            continue
        meaning = (said.get(name) or FIELD_WORDS.get(name) or "").rstrip(".")
        inner = tuple(of for table in _tables(field.annotation) for of in _fields(table))
        yield FieldEntry(name, _default(field), _bounds(properties[name]), meaning, inner)


def _tables(annotation: Any) -> list[type[Config]]:
    """Return the tables that a field can hold and that are explained nowhere else."""
    if isinstance(annotation, type) and issubclass(annotation, Config):
        known = issubclass(annotation, (LineBase, Words)) or any(annotation in role.values() for role in PARTS.values())
        return [] if known else [annotation]
    found = [table for inner in get_args(annotation) for table in _tables(inner)]
    return list(dict.fromkeys(found))


def _default(field: FieldInfo) -> str | None:
    value = field.default
    if field.is_required():
        return None
    if value is None or value == ():
        return "none"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else f"{value}"


def _bounds(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f'"{option}"' for option in schema["enum"])
    node: Mapping[str, Any] = next(
        (n for n in schema.get("anyOf", [schema]) if n.get("type") in ("number", "integer")), {}
    )
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return ", ".join(f"{text} {node[key]:g}" for key, text in words.items() if key in node)


def documented(thing: type) -> dict[str, str]:
    """Return what the docstring of a class says about each of its parameters, those of its bases included."""
    said: dict[str, str] = {}
    for cls in reversed(inspect.getmro(thing)):
        section = re.split(r"\n\s*Parameters\n\s*-+\n", inspect.cleandoc(cls.__doc__ or "") + "\n")
        if len(section) == 2:
            body = re.split(r"\n\w[\w ]*\n-{3,}\n", section[1])[0]
            for names, text in re.findall(r"^(\w+(?:, \w+)*)\n((?:[ ]+.*\n?)+)", body, re.MULTILINE):
                said |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return said


def first_paragraph(thing: type) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join(inspect.cleandoc(thing.__doc__ or "").split("\n\n")[0].split())
