"""Words of the report on reserve capacity, the multi-year estimate and the reserve, in Dutch and English."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        # Capacity
        "capacity": "Weerstandsvermogen",
        "fig_ladder": "Hoeveel moet er klaarliggen, bij welke zekerheid?",
        "fig_ladder_text": "Het tekort in {first} dat met de genoemde zekerheid niet wordt overschreden, als "
        "percentage van de begroting van de gemeente. Onder de stippellijn (0%) blijft er geld over. Grijs is "
        "{base}{shared}. De ring is de gekozen zekerheid: daar is dit de benodigde weerstandscapaciteit. Waar de lijn "
        "steil loopt, bepaalt de keuze van de zekerheid de uitkomst.",
        "fig_shared": ", blauw is {best}",
        "alt_ladder": "{agreement}: {points}.",
        "alt_point": "{certainty} zekerheid {loss} van de begroting",
        "required_caption": "Benodigde weerstandscapaciteit {period}, per gemeente en overeenkomst",
        "required_text": "Onder elk bedrag staat hoeveel minder (−) of meer (+) het is dan zonder overeenkomst, met de "
        "fout van dat verschil: beide kennen dezelfde gesimuleerde jaren.",
        "change": "verschil {value}",
        "ratio_caption": "Ratio en klasse {period}, per gemeente en overeenkomst",
        "ratio_text": "Ratio: beschikbaar gedeeld door benodigd. De klassen lopen van A (uitstekend) tot F (ruim "
        "onvoldoende). Van {known} van de {all} gemeenten staat in het regiobestand wat beschikbaar is.",
        "ratio_unknown": "In het regiobestand staat van geen gemeente wat beschikbaar is (kolommen "
        "capacity_incidental_eur en capacity_structural_eur). Daarom staan hier geen ratio en klasse.",
        "available": "beschikbaar {amount}",
        "certainty_caption": "Zekerheidstabel {period}: {base}",
        "certainty_text": "Het tekort dat met deze zekerheid niet wordt overschreden; onder nul blijft er geld over.",
        "chosen": "gekozen",
        # Outlook
        "outlook": "Meerjarenraming en reserve",
        "outlook_text": "Per begrotingsjaar wat een gemeente naar verwachting betaalt (onder: {base}), met daaronder "
        "wat is begroot. De laatste kolommen zeggen hoe waarschijnlijk het is dat de raming houdt: elk jaar "
        "afzonderlijk, en alle jaren samen. P10, P50 en P90 van elk jaar staan bij de jaren hierboven.",
        "outlook_one": "Wat een gemeente naar verwachting betaalt (onder: {base}), met daaronder wat is begroot. De "
        "laatste kolommen zeggen hoe waarschijnlijk het is dat de raming houdt.",
        "outlook_caption": "Verwachte kosten, begroting en de kans dat de raming houdt: {base}",
        "budgeted": "begroot {amount}",
        "every": "Elk jaar binnen begroting",
        "together": "Alle jaren samen binnen begroting",
        "percent": "kans",
        "growth": "Gerekend is met deze groei sinds {first}, over alle gemeenten: {years}.",
        "growth_year": "{year} prijzen {index}, cliënten {volume}",
        "fig_holds": "Hoe lang houdt de raming?",
        "fig_holds_text": "De kans dat een gemeente tot en met dat jaar elk jaar binnen haar begroting blijft. Grijs "
        "is {base}{shared}.",
        "alt_holds": "{agreement}: {points}.",
        "alt_held": "{year} {chance}",
        "fig_balances": "Hoe loopt de reserve van elke gemeente?",
        "fig_balances_text": "De stand van de eigen reserve aan het einde van elk jaar, als percentage van de "
        "begroting van {first}: het vlak bevat acht van de tien paden (P10 tot P90), de lijn is het midden. Grijs is "
        "{base}{shared}.",
        "alt_balances": "{agreement}: {points}.",
        "alt_balance": "{year} P10 {low}, midden {middle}, P90 {high}",
        "reserve_caption": "Eigen reserve: stand aan het einde van het jaar, {base}",
        "reserve_text": "In de tabel staat het midden (P50) en daaronder P10 tot P90. De laatste kolommen: de kans dat "
        "er in een van de jaren moet worden bijgestort, en de kans dat de reserve ooit leeg raakt als niemand "
        "bijstort. De regels zijn gekozen in de studie: {rules}.",
        "rule_opening": "beginstand € {value} per inwoner",
        "rule_buffer": "beginstand volgens de kolom buffer_eur",
        "rule_contribution": "elk jaar {value} van de begroting erin",
        "rule_interest": "rente {value}",
        "rule_floor": "bodem € {value} per inwoner",
        "rule_cap": "plafond € {value} per inwoner",
        "call": "Ooit bijstorten",
        "depleted": "Ooit leeg",
        "opening_caption": "Nodige beginstand van een eigen reserve bij {safety} zekerheid",
        "opening_change": "Onder elk bedrag staat het verschil met eigen gebruik.",
        "endless": "geen is genoeg",
    },
    "en": {
        "capacity": "Reserve capacity",
        "fig_ladder": "How much must be ready, with which certainty?",
        "fig_ladder_text": "The loss in {first} that is not passed with the certainty named, as a percentage of the "
        "budget of the municipality. Below the dashed line (0%) money is left. Grey is {base}{shared}. The ring is the "
        "chosen certainty: there this is the required capacity. Where the line is steep the choice of the certainty "
        "decides the result.",
        "fig_shared": ", blue is {best}",
        "alt_ladder": "{agreement}: {points}.",
        "alt_point": "{certainty} certainty {loss} of the budget",
        "required_caption": "Required capacity {period}, per municipality and agreement",
        "required_text": "Below each amount stands how much less (−) or more (+) it is than without an agreement, with "
        "the error of that difference: both have the same simulated years.",
        "change": "difference {value}",
        "ratio_caption": "Ratio and class {period}, per municipality and agreement",
        "ratio_text": "Ratio: available over required. Classes run from A (excellent) to F (amply insufficient). The "
        "region file says of {known} of the {all} municipalities what is available.",
        "ratio_unknown": "The region file says of no municipality what is available (columns capacity_incidental_eur "
        "and capacity_structural_eur). So there is no ratio and no class.",
        "available": "available {amount}",
        "certainty_caption": "Certainty table {period}: {base}",
        "certainty_text": "The loss that is not passed with this certainty; below zero money is left.",
        "chosen": "chosen",
        "outlook": "Multi-year estimate and reserve",
        "outlook_text": "Per budget year what a municipality is expected to pay (under: {base}), and below it what is "
        "budgeted. The last columns say how likely it is that the estimate holds: in every single year, and in all "
        "years together. P10, P50 and P90 of each year stand with the years above.",
        "outlook_one": "What a municipality is expected to pay (under: {base}), and below it what is budgeted. The "
        "last columns say how likely it is that the estimate holds.",
        "outlook_caption": "Expected cost, budget and the chance that the estimate holds: {base}",
        "budgeted": "budget {amount}",
        "every": "Every year within budget",
        "together": "All years together within budget",
        "percent": "chance",
        "growth": "This growth since {first} is taken, over all municipalities: {years}.",
        "growth_year": "{year} prices {index}, clients {volume}",
        "fig_holds": "How long does the estimate hold?",
        "fig_holds_text": "The chance that a municipality stays within its budget in every year up to that one. Grey "
        "is {base}{shared}.",
        "alt_holds": "{agreement}: {points}.",
        "alt_held": "{year} {chance}",
        "fig_balances": "How does the reserve of each municipality run?",
        "fig_balances_text": "The balance of its own reserve at the end of each year, as a percentage of the budget of "
        "{first}: the area holds eight in ten paths (P10 to P90), the line is the middle. Grey is {base}{shared}.",
        "alt_balances": "{agreement}: {points}.",
        "alt_balance": "{year} P10 {low}, middle {middle}, P90 {high}",
        "reserve_caption": "Own reserve: balance at the end of the year, {base}",
        "reserve_text": "The table has the middle (P50) and below it P10 to P90. The last columns: the chance of a "
        "call in one of the years, and the chance that the reserve ever runs out with nobody called. The rules are "
        "chosen in the study: {rules}.",
        "rule_opening": "opening balance EUR {value} per inhabitant",
        "rule_buffer": "opening balance from the column buffer_eur",
        "rule_contribution": "{value} of the budget put in every year",
        "rule_interest": "interest {value}",
        "rule_floor": "floor EUR {value} per inhabitant",
        "rule_cap": "cap EUR {value} per inhabitant",
        "call": "Ever a call",
        "depleted": "Ever runs out",
        "opening_caption": "Opening balance needed in an own reserve at {safety} certainty",
        "opening_change": "Below each amount stands the difference with own use.",
        "endless": "none is enough",
    },
}
