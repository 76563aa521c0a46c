"""Words of the report that differ if the simulation starts from stays that are really open."""

from __future__ import annotations

OPEN_CASES: dict[str, dict[str, str]] = {
    "nl": {
        "answer_moved": "Daarvoor gaat in {first} gemiddeld {moved} ({share} van de begrotingen) {between}. "
        "Verschil in behoefte en het bekende begin alleen zouden {need} verschuiven, geluk en pech "
        "alleen {luck}.{assumed}",
        "row_need": "door verschil in behoefte en het bekende begin alleen",
        "luck_known": "De behoefte van elke gemeente staat in het regiobestand, en van de verblijven waarmee de "
        "simulatie begint is bekend dat zij open waren. Wat door behoefte en het bekende begin verschuift, is dus geen "
        "kwestie van geluk of pech. Het deel door behoefte keert elk jaar terug; dat van het begin slijt weg.",
        "fig_transfer_need": "De brede oranje balk is wat er gewoonlijk bij of af gaat doordat de behoefte van een "
        "gemeente anders is dan gedacht; het bekende begin zit in het gemiddelde.",
        "missing_need": "De behoefte van {count} gemeenten is niet gemeten. Wat door behoefte en het bekende begin "
        "verschuift, is daarom een mogelijkheid en geen voorspelling voor deze gemeenten.",
        "colophon_license_text": "solidair is vrije software onder de Apache-licentie 2.0. De simulatie begint met "
        "{count} verblijven die echt open zijn. Zij tellen alleen mee in groepen van minstens vijf van één betaler en "
        "één zorgvorm; kleinere groepen beginnen in een toestand die niet verandert. Geen kind staat er op zichzelf "
        "in. Ga toch zorgvuldig met dit rapport om: het berust op een bestand over kinderen.",
    },
    "en": {
        "answer_moved": "For that, {moved} on average ({share} of the budgets) goes in {first} {between}. "
        "Differing need and the known start alone would move {need}, luck alone {luck}.{assumed}",
        "row_need": "by differing need and the known start alone",
        "luck_known": "The region file states the need of every municipality, and the stays from which the simulation "
        "starts are known to be open. What need and the known start move is therefore no matter of luck. The part of "
        "need comes back every year; that of the start wears off.",
        "fig_transfer_need": "The wide orange bar is what is usually added or taken because a municipality's need "
        "differs from what was thought; the known start is in the average.",
        "missing_need": "The need of {count} municipalities has not been measured. What moves by need and the known "
        "start is therefore a possibility, not a forecast for these municipalities.",
        "colophon_license_text": "solidair is free software under the Apache License 2.0. The simulation starts from "
        "{count} stays that are really open. They count only in groups of at least five of one payer and form of care; "
        "smaller groups start in steady state. No child stands in it by itself. Yet treat this report with care: it "
        "rests on a file about children.",
    },
}
"""By language, in the place of the words of the same key."""
