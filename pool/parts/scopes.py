"""Scopes of care types, as parts of an agreement write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator

from solidair.models.care import CareCodes
from solidair.models.problems import suggest
from solidair.models.schema import RuleError
from solidair.pool.parts.registry import Fault
from solidair.pool.setting import Setting


def _all_or_list(scope: object) -> object:
    """Refuse what is neither 'all' nor a list with something in it."""
    listed = isinstance(scope, tuple) and all(isinstance(entry, str) for entry in scope)
    if scope == "all" or (listed and scope):
        return scope
    named = [entry.strip() for entry in scope.split(",")] if isinstance(scope, str) else []
    quoted = ", ".join(f'"{entry}"' for entry in named if entry) or '"verblijf"'
    hint = f'Write "all", or a list such as [{quoted}].'
    raise RuleError('the scope must be "all" or a list of at least one care type', hint)


Scope = Annotated[Literal["all"] | tuple[str, ...], BeforeValidator(_all_or_list)]
"""'all', or identifiers, Iv3 codes or iJw codes of care types."""


def scope_faults(scope: str | Sequence[str], setting: Setting) -> list[Fault]:
    """Return a fault for each care type or code of a scope that the setting does not know."""
    known = {*setting.care_types, *(code for own in setting.codes for code in own)}
    entries = () if scope == "all" else scope
    return [
        Fault(f"scope.{place}", entry, "unknown care type", suggest_care(entry, setting.care_codes))
        for place, entry in enumerate(entries, 1)
        if entry not in known
    ]


def suggest_care(entry: str, care_types: CareCodes) -> str:
    """Return a sentence that names the care type, or the codes, that an unknown entry of a scope may mean."""
    codes = sorted({code for own in care_types.values() for code in own})
    if not (codes and entry[:1].isdigit()):
        return suggest(entry, care_types)
    if parts := [code for code in codes if code.startswith(entry.casefold())]:
        return f"Did you mean '{parts[0]}'?" if len(parts) == 1 else f"Write which parts: {', '.join(parts)}."
    return f"Known codes: {', '.join(codes)}."
