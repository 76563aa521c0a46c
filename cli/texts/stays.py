"""Words about a file of open stays: what of it is not used, and whether it can be complete."""

from __future__ import annotations

STAYS: dict[str, dict[str, str]] = {
    "nl": {
        "withheld": "Let op: niet gebruikt: {withheld} van de {stays} open verblijven in het bestand (gemeenten: "
        "{payers}). Van hun betaler en zorgvorm zijn er minder dan {fewest}, en dan zouden cijfers naar een kind te "
        "volgen zijn. Deze groepen beginnen in een toestand die niet verandert: met zoveel verblijven als het "
        "kostenmodel verwacht.",
        "withheld_all": "Let op: van het bestand met open verblijven ({stays}) is niets te gebruiken: van elke betaler "
        "en zorgvorm zijn er minder dan {fewest}, en dan zouden cijfers naar een kind te volgen zijn. De simulatie "
        "begint zonder het bestand in een toestand die niet verandert: met zoveel verblijven als het kostenmodel "
        "verwacht.",
        "few": "Let op: het bestand met open verblijven lijkt niet volledig. Voor de gemeenten die erin staan "
        "({payers}): {types}. Zo weinig komt bij een volledig bestand bijna nooit voor. Vul aan wat ontbreekt: anders "
        "zijn de eerste jaren te goedkoop. Zijn het er echt zo weinig, pas dan het kostenmodel of de need_index aan.",
        "few_type": "{name}: {listed} in het bestand, {expected} verwacht",
        "none": "geen",
        "about": "ongeveer {count}",
        "below": "minder dan {fewest}",
    },
    "en": {
        "withheld": "Note: not used: {withheld} of the {stays} open stays in the file (municipalities: {payers}). Of "
        "their payer and form of care there are fewer than {fewest}, and then figures could be followed to a child. "
        "These groups start in steady state: with as many stays as the cost model expects.",
        "withheld_all": "Note: nothing of the file of open stays ({stays}) can be used: of every payer and form of "
        "care there are fewer than {fewest}, and then figures could be followed to a child. The simulation starts "
        "without the file in steady state: with as many stays as the cost model expects.",
        "few": "Note: the file of open stays does not look complete. For the municipalities in it ({payers}): {types}. "
        "So few are hardly ever seen in a complete file. Add what is missing: else the first years are too cheap. If "
        "there really are so few, adapt the cost model or the need_index.",
        "few_type": "{name}: {listed} in the file, {expected} expected",
        "none": "none",
        "about": "about {count}",
        "below": "fewer than {fewest}",
    },
}
"""By language; on the screen and in the report alike."""
