"""Keys that a file may have by its schema: what an override may add to a file that leaves an optional key out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from solidair.models.cost_spec import CostModelSpec
from solidair.models.schema import Quantity
from solidair.pool.agreements import AgreementSpec
from solidair.pool.study_spec import StudySpec

_FILES: Mapping[str, type[BaseModel]] = {"study": StudySpec, "costs": CostModelSpec, "agreements": AgreementSpec}

UNITS = {
    "index": "share a year",
    "volume_growth": "share a year",
    "moves": "share of the children in care",
    "sd": "share of the mean",
    "persistence": "correlation of a year and the next",
    "overdispersion_persistence": "correlation of a year and the next",
    "overdispersion_size": "negative binomial size",
    "degrees_of_freedom": "degrees of freedom",
    "between_members": "correlation",
    "between_care_types": "correlation",
}
"""Unit of each number that may be absent from a cost model, by the last part of its key."""


@dataclass(frozen=True)
class Place:
    """What the schema says of one place in a file.

    Parameters
    ----------
    keys
        Keys that a table here may have; none if it is no table, or one with keys of the user's own.
    number
        Whether it is a number with its pedigree.
    free
        Whether it is a table of which the schema does not know the keys, such as the parameters of a law.
    """

    keys: tuple[str, ...]
    number: bool
    free: bool


def place_of(root: str, path: Sequence[str]) -> Place | None:
    """Return what may stand at a path of a file, or None if the schema does not know the path.

    Parameters
    ----------
    root
        'study', 'costs' or 'agreements'.
    path
        Keys from the top of the file; of tables with names of the user's own, such as care types, any name will do.
    """
    schema = _schema(root)
    node = schema
    for part in path:
        other = node.get("additionalProperties")
        found = node.get("properties", {}).get(part, other if isinstance(other, dict) else None)
        if found is None:
            return None
        node = _resolved(found, schema)
    keys = tuple(node.get("properties", {}))
    return Place(keys, set(keys) == set(Quantity.model_fields), not keys and node.get("type") == "object")


@cache
def _schema(root: str) -> dict[str, Any]:
    return _FILES[root].model_json_schema()


def _resolved(node: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a reference, or a type that may be absent, stands for."""
    while True:
        options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif len(options) == 1:
            node = options[0]
        else:
            return node
