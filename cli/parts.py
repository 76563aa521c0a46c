"""The reference of all parts on the screen: kinds with their fields, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from solidair.pool.reference import FieldEntry, PartEntry

WIDTH = 80
_ROLES = {
    "take": {"nl": "take: wat elke gemeente inbrengt", "en": "take: what each municipality hands in"},
    "pot": {"nl": "pot: wat daarvan wordt betaald", "en": "pot: what is paid of it"},
    "charge": {"nl": "charge: wie dat betaalt", "en": "charge: who pays that"},
    "key": {"nl": "key: waarnaar wordt verdeeld", "en": "key: by what it is divided"},
    "line": {
        "nl": "line: de grens per kind, waar retention anders is dan een bedrag",
        "en": "line: the line per child, where retention is more than an amount",
    },
}
_WORDS = {
    "nl": {
        "required": "verplicht", "default": "standaard: {}", "none": "geen", "at least": "minstens", "above": "boven",
        "at most": "hoogstens", "below": "onder", " or ": " of ", "note": "De uitleg per veld is in het Engels.",
    },
    "en": {"required": "required", "default": "default: {}", "note": ""},
}  # fmt: skip


def parts_lines(entries: Sequence[PartEntry], language: str) -> Iterator[str]:
    """Yield the lines of the reference, none longer than 80 signs."""
    if note := _WORDS[language]["note"]:
        yield note
    role = ""
    for entry in entries:
        if entry.role != role:
            role = entry.role
            yield ""
            yield _ROLES[role][language]
            yield "-" * len(_ROLES[role][language])
        yield ""
        yield f'kind = "{entry.kind}"'
        yield from _wrapped(entry.meaning, 2)
        yield from _field_lines(entry.fields, 4, language)


def _field_lines(fields: Sequence[FieldEntry], indent: int, language: str) -> Iterator[str]:
    text = _WORDS[language]
    for field in fields:
        default, bounds = field.default, field.bounds
        need = text["required"] if default is None else text["default"].format(text.get(default, default))
        for english in ("at least", "above", "at most", "below", " or "):
            bounds = bounds.replace(english, text.get(english, english))
        head = f"{field.name} ({', '.join(filter(None, (need, bounds)))})"
        yield from _wrapped(f"{head}: {field.meaning}." if field.meaning else f"{head}.", indent)
        yield from _field_lines(field.inner, indent + 4, language)


def _wrapped(text: str, indent: int) -> list[str]:
    """Return a paragraph in lines, those after the first two further in."""
    first, later = " " * indent, " " * (indent + 2)
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
