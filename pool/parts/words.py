"""Small pieces of plain language in Dutch and English, shared by the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def number(value: float, language: str, decimals: int = 0) -> str:
    """Return a number as a reader of the language writes it: 1.234,5 in Dutch, 1,234.5 in English."""
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def money(value: float, language: str) -> str:
    """Return whole euros: € 100.000 in Dutch, EUR 100,000 in English."""
    return f"€ {number(value, 'nl')}" if language == "nl" else f"EUR {number(value, 'en')}"


def percent(share: float, language: str) -> str:
    """Return a share as a percentage, with a decimal only where it has one."""
    decimals = 0 if abs(100 * share - round(100 * share)) < 1e-9 else 1
    return f"{number(100 * share, language, decimals)}%"


def scope_words(scope: str | Sequence[str], labels: Mapping[str, str], language: str) -> str:
    """Return a scope of care types as an enumeration."""
    if scope == "all":
        return {"nl": "alle jeugdhulp", "en": "all youth care"}[language]
    names = [_lowered(labels.get(care_type, care_type)) for care_type in scope]
    joiner = {"nl": " en ", "en": " and "}[language]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + joiner + names[-1]


def _lowered(name: str) -> str:
    """Return a name as it stands inside a sentence; abbreviations and names such as JeugdzorgPlus keep capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
