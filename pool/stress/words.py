"""Changes of a scenario in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from solidair.pool.parts.words import number, percent
from solidair.pool.stress.parameters import ALIASES, BUDGET, DRIVERS
from solidair.pool.stress.scenario import Changed, Doubt, Leaving, Merging, NumberChange, ReplacedCare

_WHAT = {
    "price": {"nl": "prijs van {care}", "en": "price of {care}"},
    "entries": {"nl": "instroom in {care}", "en": "entries into {care}"},
    "clients": {"nl": "cliënten van {care}", "en": "clients of {care}"},
    "length": {"nl": "duur van {care}", "en": "length of {care}"},
    "spread": {"nl": "spreiding van de prijs van {care}", "en": "spread of the price of {care}"},
    BUDGET: {"nl": "begroting van elke gemeente", "en": "budget of every municipality"},
}
_ALL = {"nl": "alle zorg", "en": "all care"}
_SIZES = {
    "largest": {"nl": "de grootste gemeente", "en": "the largest municipality"},
    "smallest": {"nl": "de kleinste gemeente", "en": "the smallest municipality"},
    "second-largest": {"nl": "de op een na grootste gemeente", "en": "the second largest municipality"},
    "second-smallest": {"nl": "de op een na kleinste gemeente", "en": "the second smallest municipality"},
}


def change_words(change: Changed, language: str, labels: Mapping[str, str]) -> str:
    """Return a change in a few words.

    Parameters
    ----------
    labels
        What care types are called, by identifier.
    """
    dutch = language == "nl"
    if isinstance(change, NumberChange):
        return f"{_what(change, language, labels)} {_amount(change, language)}{_when(change, language)}"
    if isinstance(change, ReplacedCare):
        care, instead = (labels.get(id_, id_) for id_ in (change.care, change.instead))
        share = percent(change.share, language)
        return f"{share} van {care} wordt {instead}" if dutch else f"{share} of {care} becomes {instead}"
    if isinstance(change, Doubt):
        error = percent(change.error, language)
        return f"standaardfout van elke parameter {error}" if dutch else f"standard error of every parameter {error}"
    year = f"vanaf jaar {change.first}" if dutch else f"from year {change.first}"
    if isinstance(change, Leaving):
        return f"{_member(change.member, language)} {'vertrekt' if dutch else 'leaves'} {year}"
    assert isinstance(change, Merging)
    both = (" en " if dutch else " and ").join(_member(member, language) for member in change.members)
    return f"{both} {'worden één' if dutch else 'become one'} {year}"


def _what(change: NumberChange, language: str, labels: Mapping[str, str]) -> str:
    parts = [part for part in change.set.split(".") if part != "care_types"]
    driver = ALIASES.get(parts[-1], parts[-1])
    if change.set == BUDGET:
        return _WHAT[BUDGET][language]
    if driver not in DRIVERS or len(parts) > 3:
        return change.set
    care = _ALL[language] if len(parts) == 2 else labels.get(parts[1], parts[1])
    return _WHAT[driver][language].format(care=care)


def _amount(change: NumberChange, language: str) -> str:
    amount = change.amount
    if amount.value is not None:
        return f"= {number(amount.value, language, 4).rstrip('0').rstrip(',.')}"
    moved = 100.0 * (amount.factor - 1.0)
    return f"{'+' if moved >= 0 else '−'}{number(abs(moved), language, 2 if abs(moved) < 10 else 1)}%"


def _when(change: NumberChange, language: str) -> str:
    dutch = language == "nl"
    said = ""
    if change.yearly:
        said += " elk jaar opnieuw" if dutch else " every year anew"
    if change.last == change.first:
        return said + (f" in jaar {change.first}" if dutch else f" in year {change.first}")
    if change.first > 1:
        said += f" vanaf jaar {change.first}" if dutch else f" from year {change.first}"
    if change.last is not None:
        said += f" tot en met jaar {change.last}" if dutch else f" up to and with year {change.last}"
    return said


def _member(asked: str, language: str) -> str:
    return _SIZES[asked][language] if asked in _SIZES else asked
