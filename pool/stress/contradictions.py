"""Scenarios that cannot be true together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solidair.models.problems import Problem
from solidair.pool.stress.parameters import ALIASES
from solidair.pool.stress.scenario import FREE, Doubt, Leaving, Merging, NumberChange, Scenario


def contradictions(scenarios: Sequence[Scenario]) -> Iterator[Problem]:
    """Yield a problem for each change that says the opposite of one in another scenario, or sets what that one sets.

    Two scenarios may make the same thing worse together: then both factors count.
    """
    changes = [(one, number, change) for one in scenarios for number, change in enumerate(one.spec.changes, 1)]
    for place, (later, number, change) in enumerate(changes):
        for earlier, other_number, other in changes[:place]:
            # In a file of one author the order is meant; on a command line a slip is far more likely.
            if earlier is later and later.name != FREE:
                continue
            rule = _clash(change, other)
            if rule and earlier is later:
                both = f"{rule} '{earlier.name}' ({_typed(other)})".replace("scenario '--set'", "--set")
                yield Problem(FREE, _typed(change), "", both, "Leave one of the two out.")
            elif rule:
                both = f"{rule} '{earlier.name}' (changes.{other_number})"
                hint = "Leave one of the two scenarios out."
                yield Problem(later.file, f"changes.{number}", _said(change), both, hint)


def _clash(change: object, other: object) -> str:
    """Return what is contradictory in two changes, as the beginning of a sentence; empty if nothing is."""
    if isinstance(change, NumberChange) and isinstance(other, NumberChange) and _name(change) == _name(other):
        if change.to is not None or other.to is not None:
            same = change.to is not None and change.to == other.to
            return "" if same else f"this sets {change.set}, which is changed already by scenario"
        one, two = change.amount.factor, other.amount.factor
        if (one - 1.0) * (two - 1.0) < 0.0 and _meet(change, other):
            return f"this moves {change.set} the other way than scenario"
    if isinstance(change, Doubt) and isinstance(other, Doubt) and change.error != other.error:
        return "this sets the doubt about parameters otherwise than scenario"
    if isinstance(change, Leaving) and isinstance(other, Leaving) and change.member == other.member:
        return "" if change.first == other.first else f"{change.member} leaves in another year than in scenario"
    if (
        isinstance(change, Merging | Leaving)
        and isinstance(other, Merging | Leaving)
        and type(change) is not type(other)
    ):
        one_, two_ = _members(change), _members(other)
        if one_ & two_:
            return f"{sorted(one_ & two_)[0]} cannot both leave and merge; see scenario"
    return ""


def _typed(change: object) -> str:
    """Return a change as it is typed."""
    return _said(change).replace(" ", "=", 1) if isinstance(change, NumberChange) else _said(change)


def _name(change: NumberChange) -> str:
    """Return what a change sets, in one of the ways in which it may be written."""
    parts = [ALIASES.get(part, part) for part in change.set.split(".") if part != "care_types"]
    return ".".join(parts)


def _members(change: Merging | Leaving) -> set[str]:
    return set(change.members) if isinstance(change, Merging) else {change.member}


def _meet(one: NumberChange, other: NumberChange) -> bool:
    """Return whether two changes hold in the same year."""
    ends = [51 if c.last is None else c.last for c in (one, other)]
    return max(one.first, other.first) <= min(ends)


def _said(change: object) -> str:
    if isinstance(change, NumberChange):
        return f"{change.set} {change.by if change.by is not None else change.to}"
    if isinstance(change, Doubt):
        return f"{change.error:g}"
    return ", ".join(sorted(_members(change))) if isinstance(change, Merging | Leaving) else ""
