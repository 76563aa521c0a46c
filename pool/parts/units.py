"""What a line is laid over: a child, a care spell or a household, in words."""

from __future__ import annotations

from typing import Literal

from solidair.pool.parts.words import Wording

Unit = Literal["child", "spell", "household"]

_ONE = {
    "child": {"nl": "kind", "en": "child"},
    "spell": {"nl": "traject", "en": "care spell"},
    "household": {"nl": "kind", "en": "child"},
}
_SIMULATED = {
    "nl": " In de simulatie telt elke zorgvorm van een kind apart.",
    "en": " In the simulation each form of care of a child counts apart.",
}
_MEANS = {
    "child": {"nl": "", "en": ""},
    "household": {
        "nl": " Kinderen van één huishouden tellen daarbij samen; de simulatie telt elk kind apart.",
        "en": " Children of one household count together; the simulation counts each child apart.",
    },
    "spell": {
        "nl": " Een traject is één kind in één vorm van zorg vanaf één startdatum. Loopt het over de jaarwisseling, "
        "dan geldt elke grens in elk jaar opnieuw. Ook de simulatie telt per traject.",
        "en": " A care spell is one child in one form of care from one start date. If it runs over New Year, each line "
        "holds anew in every year. The simulation counts per care spell too.",
    },
}  # fmt: skip


def one(unit: Unit, say: Wording) -> str:
    """Return what counts by itself: 'kind' or 'traject'. Of a household it is a child, with a sentence behind."""
    return _ONE[unit][say.language]


def unit_words(unit: Unit, say: Wording) -> str:
    """Return what that is and how the simulation counts it, as sentences that follow a rule."""
    simulated = "" if unit == "spell" else _SIMULATED[say.language]
    return f"{_MEANS[unit][say.language]}{simulated}"


__all__ = ["Unit", "one", "unit_words"]
