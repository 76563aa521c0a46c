"""The registry of parts: what `describe`, the documentation and the contract tests loop over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from solidair.models.schema import Config


@dataclass(frozen=True)
class Fault:
    """What a part needs of the region and does not find.

    Parameters
    ----------
    where
        Dotted key inside the part; empty for the part itself.
    value
        What was found there; empty if nothing was.
    rule
        What must hold.
    hint
        What the user can do about it.
    """

    where: str
    value: str
    rule: str
    hint: str

    def under(self, key: str) -> Fault:
        """Return the fault as seen from the part that holds this one under `key`."""
        return replace(self, where=f"{key}.{self.where}" if self.where else key)


P = TypeVar("P", bound=Config)

PARTS: dict[str, dict[str, type[Config]]] = {"take": {}, "pot": {}, "charge": {}, "key": {}}


def part(role: str, kind: str) -> Callable[[type[P]], type[P]]:
    """Register a part under its role ('take', 'pot', 'charge' or 'key') and the kind that files name it by.

    Raises
    ------
    ValueError
        If the kind is taken, or is not the value of the class's `kind` field.
    """

    def register(cls: type[P]) -> type[P]:
        if kind in PARTS[role]:
            raise ValueError(f"the {role} '{kind}' is registered twice")
        if cls.model_fields["kind"].default != kind:
            raise ValueError(f"{cls.__name__}.kind must be '{kind}'")
        PARTS[role][kind] = cls
        return cls

    return register
