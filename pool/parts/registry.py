"""The registry of parts: what `describe`, the documentation and the contract tests loop over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from solidair.models.schema import Config

P = TypeVar("P", bound=type[Config])

PARTS: dict[str, dict[str, type[Config]]] = {"take": {}, "pot": {}, "charge": {}, "key": {}}


def part(role: str, kind: str) -> Callable[[P], P]:
    """Register a part under its role ('take', 'pot', 'charge' or 'key') and the kind that files name it by.

    Raises
    ------
    ValueError
        If the kind is taken, or is not the value of the class's `kind` field.
    """

    def register(cls: P) -> P:
        if kind in PARTS[role]:
            raise ValueError(f"the {role} '{kind}' is registered twice")
        if cls.model_fields["kind"].default != kind:
            raise ValueError(f"{cls.__name__}.kind must be '{kind}'")
        PARTS[role][kind] = cls
        return cls

    return register
