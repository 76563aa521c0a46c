"""Small pieces of plain language in Dutch and English, shared by the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from solidair.models.care import CareType

NO_BREAK = "\u00a0"
"""A space at which no line breaks, between a currency and its amount."""


def number(value: float, language: str, decimals: int = 0) -> str:
    """Return a number as a reader of the language writes it: 1.234,5 in Dutch, 1,234.5 in English."""
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def money(value: float, language: str) -> str:
    """Return whole euros: € 100.000 in Dutch, EUR 100,000 in English, with a space that no line breaks at."""
    return f"€{NO_BREAK}{number(value, 'nl')}" if language == "nl" else f"EUR{NO_BREAK}{number(value, 'en')}"


def percent(share: float, language: str) -> str:
    """Return a share as a percentage, with a decimal only where it has one."""
    decimals = 0 if abs(100 * share - round(100 * share)) < 1e-9 else 1
    return f"{number(100 * share, language, decimals)}%"


def scope_words(scope: str | Sequence[str], labels: Mapping[str, str], language: str) -> str:
    """Return a scope of care types as an enumeration."""
    if scope == "all":
        return {"nl": "alle jeugdhulp", "en": "all youth care"}[language]
    names = [_lowered(labels.get(care_type, care_type)) for care_type in scope]
    return listed(names, language)


def _lowered(name: str) -> str:
    """Return a name as it stands inside a sentence; abbreviations and names such as JeugdzorgPlus keep capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


@dataclass(frozen=True)
class Wording:
    """How an agreement is put into words.

    Parameters
    ----------
    language
        'nl' or 'en'.
    labels
        Names of care types, by identifier.
    codes
        Identifiers of care types, by an Iv3 or iJw code under which they are booked.
    names
        Names of members, by CBS code.
    currency
        Currency in which the agreement writes its amounts.
    """

    language: str
    labels: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    currency: str = "EUR"
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, language: str, care_types: Sequence[CareType], names: Mapping[str, str], currency: str) -> Wording:
        """Return how it is put into words with these care types."""
        codes: dict[str, tuple[str, ...]] = {}
        for care in care_types:
            for code in (*care.iv3, *care.ijw):
                codes[code] = (*codes.get(code, ()), care.id)
        labels = {care.id: care.label[language] for care in care_types}
        return cls(language, labels, names, currency, codes)

    def pick(self, nl: str, en: str) -> str:
        """Return the text of the language."""
        return nl if self.language == "nl" else en

    def money(self, value: float) -> str:
        """Return a whole amount in the currency of the agreement."""
        if self.currency == "EUR":
            return money(value, self.language)
        return f"{self.currency}{NO_BREAK}{number(value, self.language)}"

    def percent(self, share: float) -> str:
        """Return a share as a percentage."""
        return percent(share, self.language)

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number."""
        return number(value, self.language, decimals)

    def scope(self, scope: str | Sequence[str]) -> str:
        """Return a scope of care types as an enumeration; of a code the care types that are booked under it."""
        if not isinstance(scope, str):
            scope = list(dict.fromkeys(id_ for name in scope for id_ in self.codes.get(name, (name,))))
        return scope_words(scope, self.labels, self.language)

    def members(self, codes: Sequence[str]) -> str:
        """Return members as an enumeration."""
        return listed([self.names.get(code, code) for code in codes], self.language)


def listed(names: Sequence[str], language: str) -> str:
    """Return an enumeration: 'a, b and c'."""
    joiner = {"nl": " en ", "en": " and "}[language]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + joiner + names[-1]
