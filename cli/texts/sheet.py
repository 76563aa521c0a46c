"""Words of the fact sheet of a municipality, in Dutch and English."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "kicker": "Factsheet jeugdhulp · {region}",
        "of": "van",
        "facts": "{inhabitants} inwoners, waarvan {youth} jeugdigen (0 tot en met 17 jaar). Begroting voor jeugdhulp "
        "in {first}: {budget}{derived}.",
        "derived": ", geschat uit het aantal jeugdigen",
        "overrides": "Let op: anders ingesteld dan in de bestanden staat: {overrides}.",
        "alarm": "Niet gebruiken: simulatie en exacte berekening wijken te ver van elkaar af. Zie het rapport.",
        "gone": "{name} heeft in {first} geen begroting: er is geen factsheet van te maken. Vermoedelijk gaat zij op "
        "in een andere gemeente.",
        # The four figures
        "cost": "Verwachte kosten {first}",
        "cost_note": "begroot {budget}",
        "swing": "Schommeling {first}",
        "swing_note": "standaardafwijking; door toeval alleen {chance}",
        "overrun": "Kans op overschrijding {first}",
        "overrun_note": "verwachte overschrijding {expected}, over alle uitkomsten",
        "holds": "Kans dat de raming houdt",
        "holds_note": "{span} samen; elk jaar afzonderlijk {every}",
        "holds_one": "Kans dat de raming houdt",
        "holds_one_note": "{first}, binnen de begroting",
        # Multi-year estimate
        "outlook": "Meerjarenraming",
        "unit_note": "{base}, in {unit}",
        "year": "Jaar",
        "budget": "Begroot",
        "mean": "Verwacht",
        "within": "Kans binnen begroting",
        "outlook_note": "Acht van de tien gesimuleerde paden liggen tussen P10 en P90 (het vlak), de lijn is P50; "
        "de zwarte streepjes zijn de begroting. {growth}",
        "growth_none": "Er is geen prijsindex: alle jaren staan op het prijspeil van {level}.",
        "growth": "Gerekend is met een groei van prijzen van {index} en van cliënten van {volume} tot {last}.",
        "alt_fan": "{base}, {year}: begroot {budget}, P10 {p10}, P50 {p50}, P90 {p90}.",
        # Required capacity
        "capacity": "Weerstandsvermogen",
        "certainty": "Zekerheid",
        "loss": "tekort {period}",
        "capacity_note": "Tekort dat met deze zekerheid niet wordt overschreden; onder nul blijft er geld over. "
        "Vet: het gekozen niveau, waarbij dit tekort de benodigde weerstandscapaciteit is.{step}",
        "step": " Van {low} naar {high} zekerheid is {times} meer nodig: het gekozen niveau bepaalt de uitkomst.",
        "available": "Beschikbaar",
        "ratio": "Ratio en klasse",
        "unknown": "Beschikbaar en ratio: niet opgegeven in het regiobestand.",
        # Agreements
        "agreements": "Wat doet elke overeenkomst?",
        "agreement": "Overeenkomst",
        "col_swing": "Schommeling door toeval {first}",
        "col_overrun": "Kans op tekort {first}",
        "col_required": "Nodig bij {certainty} {period}",
        "col_saved": "Deelname bespaart",
        "col_ratio": "Ratio en klasse {period}",
        "col_net": "Per saldo te ontvangen {first}",
        "more": "Nog {count} overeenkomsten staan in het rapport.",
        "agreements_note": "Bedragen in {unit}. Nodig: benodigde weerstandscapaciteit. Bespaart: zoveel minder is "
        "nodig dan zonder overeenkomst (− is meer). Per saldo: gemiddeld te ontvangen {others}, onder nul te betalen; "
        "in de meeste jaren wijkt het daar hoogstens het kleine bedrag eronder van af.",
        "others": "van andere gemeenten",
        "others_beyond": "van andere gemeenten, van buiten of uit een fonds of reserve",
        "usual": "gewoonlijk ± {spread}",
        # Reserve
        "reserve": "Eigen reserve",
        "reserve_note": "Stand aan het einde van het jaar; beginstand {opening}. {required}",
        "reserve_required": "Om met {safety} zekerheid in geen enkel jaar leeg te raken zonder bij te storten, is een "
        "beginstand nodig van {required}.",
        "reserve_endless": "Geen beginstand is genoeg om met {safety} zekerheid in geen enkel jaar leeg te raken "
        "zonder bij te storten: wat boven het plafond komt, valt vrij.",
        "reserve_merging": "Welke beginstand nodig is, valt niet te berekenen: bij een fusie gaan reserves samen.",
        "call": "Kans op bijstorten",
        "call_mean": "Bijstorting, als die er is",
        "depleted": "Kans ooit leeg",
        # Paragraph
        "paragraph": "Voor de paragraaf weerstandsvermogen en risicobeheersing",
        # Assumptions
        "assumptions": "Aannamen die ertoe doen",
        "as_budget_derived": "De begroting is geschat: jeugdigen × {rate}. De kans op een tekort hangt daar direct van "
        "af; vul de eigen begroting in.",
        "as_budget": "De begroting komt uit het regiobestand ({source}).",
        "as_apart": "De begroting van {first} staat naast kosten op prijspeil {level}.",
        "as_need_unknown": "Hoeveel jeugdhulp de gemeente nodig heeft is niet gemeten. De simulatie loot de behoefte; "
        "dat is onwetendheid, geen pech.",
        "as_need": "Behoefte per jeugdige {need} × het gemiddelde, uit het regiobestand ({source}).",
        "as_certainty_assumed": "Zekerheid {certainty}: een aanname. Het is aan de raad om te kiezen.",
        "as_certainty_study": "Zekerheid {certainty}: gekozen in de studie.",
        "as_certainty_council": "Zekerheid {certainty}: gekozen door de raad, volgens het regiobestand.",
        "as_reserve": "De regels van de reserve zijn gekozen in de studie.",
        "as_costs": "Onder het kostenmodel liggen {all} getallen: {sourced} uit een bron, {derived} afgeleid, "
        "{assumed} aangenomen. Aangenomen tarieven geven de orde van grootte; vervang ze door eigen tarieven.",
        "unsourced": "geen bron genoemd",
        # Footer
        "error": "± is de standaardfout van de simulatie; zonder ± is een cijfer exact berekend of vooraf bekend. De "
        "fout gaat niet over de aannamen.",
        "same": "Alle cijfers komen uit dezelfde {worlds}, toevalsgetal {seed}.",
        "repeat": "Opnieuw: ",
        "versions": "{versions}; invoer {digest} (begin van SHA-256 over alle invoerbestanden, zie manifest.json).",
    },
    "en": {
        "kicker": "Fact sheet youth care · {region}",
        "of": "of",
        "facts": "{inhabitants} inhabitants, of whom {youth} youths (aged 0 to 17). Budget for youth care in {first}: "
        "{budget}{derived}.",
        "derived": ", estimated from the number of youths",
        "overrides": "Mind: set differently from the files: {overrides}.",
        "alarm": "Do not use: simulation and exact figures are too far apart. See the report.",
        "gone": "{name} has no budget in {first}: no fact sheet can be made of it. It probably merges into another "
        "municipality.",
        "cost": "Expected cost {first}",
        "cost_note": "budget {budget}",
        "swing": "Swing {first}",
        "swing_note": "standard deviation; by chance alone {chance}",
        "overrun": "Chance of an overrun {first}",
        "overrun_note": "expected overrun {expected}, over all outcomes",
        "holds": "Chance that the estimate holds",
        "holds_note": "{span} together; every single year {every}",
        "holds_one": "Chance that the estimate holds",
        "holds_one_note": "{first}, within the budget",
        "outlook": "Multi-year estimate",
        "unit_note": "{base}, in {unit}",
        "year": "Year",
        "budget": "Budget",
        "mean": "Expected",
        "within": "Chance within budget",
        "outlook_note": "Eight in ten simulated paths lie between P10 and P90 (the area), the line is P50; the black "
        "marks are the budget. {growth}",
        "growth_none": "There is no price index: all years are at the price level of {level}.",
        "growth": "Prices are taken to grow by {index} and clients by {volume} until {last}.",
        "alt_fan": "{base}, {year}: budget {budget}, P10 {p10}, P50 {p50}, P90 {p90}.",
        "capacity": "Required capacity",
        "certainty": "Certainty",
        "loss": "loss {period}",
        "capacity_note": "Loss that is not passed with this certainty; below zero money is left. Bold: the chosen "
        "level, at which this loss is the required capacity.{step}",
        "step": " From {low} to {high} certainty {times} more is required: the chosen level decides the result.",
        "available": "Available",
        "ratio": "Ratio and class",
        "unknown": "Available capacity and ratio: not given in the region file.",
        "agreements": "What does each agreement do?",
        "agreement": "Agreement",
        "col_swing": "Swing by chance {first}",
        "col_overrun": "Chance of overrun {first}",
        "col_required": "Required at {certainty} {period}",
        "col_saved": "Joining saves",
        "col_ratio": "Ratio and class {period}",
        "col_net": "Net receipt {first}",
        "more": "{count} more agreements are in the report.",
        "agreements_note": "Amounts in {unit}. Required: required capacity. Saves: so much less is required than "
        "without an agreement (− is more). Net receipt: received on average {others}, below zero paid; in most years "
        "it is at most the small amount below away from that.",
        "others": "from other municipalities",
        "others_beyond": "from other municipalities, from outside or out of a fund or reserve",
        "usual": "usually ± {spread}",
        "reserve": "Own reserve",
        "reserve_note": "Balance at the end of the year; opening balance {opening}. {required}",
        "reserve_required": "To run out in no year without a call, with {safety} certainty, an opening balance of "
        "{required} is required.",
        "reserve_endless": "No opening balance is enough to run out in no year without a call, with {safety} "
        "certainty: what is above the cap is released.",
        "reserve_merging": "Which opening balance is required cannot be computed: reserves are merged.",
        "call": "Chance of a call",
        "call_mean": "Call, if there is one",
        "depleted": "Chance of ever running out",
        "paragraph": "For the paragraph on reserve capacity and risk",
        "assumptions": "Assumptions that matter",
        "as_budget_derived": "The budget is an estimate: youths × {rate}. The chance of an overrun depends on it "
        "directly; fill in your own budget.",
        "as_budget": "The budget comes from the region file ({source}).",
        "as_apart": "The budget of {first} stands beside costs at the price level of {level}.",
        "as_need_unknown": "Nobody has measured how much youth care the municipality needs. The simulation draws it; "
        "that is ignorance, not bad luck.",
        "as_need": "Need per youth {need} × the average, from the region file ({source}).",
        "as_certainty_assumed": "Certainty {certainty}: an assumption. It is for the council to choose.",
        "as_certainty_study": "Certainty {certainty}: chosen in the study.",
        "as_certainty_council": "Certainty {certainty}: chosen by the council, says the region file.",
        "as_reserve": "The rules of the reserve are chosen in the study.",
        "as_costs": "The cost model rests on {all} numbers: {sourced} sourced, {derived} derived, {assumed} assumed. "
        "Assumed tariffs give the order of magnitude; replace them by your own.",
        "unsourced": "no source named",
        "error": "± is the standard error of the simulation; a figure without ± is exact or known beforehand. The "
        "error is not about the assumptions.",
        "same": "All figures come from the same {worlds}, seed {seed}.",
        "repeat": "Repeat: ",
        "versions": "{versions}; input {digest} (start of SHA-256 over all input files, see manifest.json).",
    },
}
