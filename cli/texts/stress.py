"""Words of a stress test, on the screen and on its page."""

TEXTS = {
    "nl": {
        "intro": "{worlds} werelden naast het plan, {sims} gesimuleerde paden met hetzelfde toeval (seed {seed}): {who}.",
        "title": "Wat verandert er tegenover het plan, {period} ({unit})",
        "world": "Scenario",
        "mean": "Kosten",
        "chance": "Kans %",
        "euro": "euro",
        "thousand": "duizend euro",
        "million": "miljoen euro",
        "note": "Kosten en kans op overschrijding: van de regio in totaal, bij elke overeenkomst gelijk zolang niemand van "
        "buiten meebetaalt. Onder (1), (2), ...: verandering van de benodigde weerstandscapaciteit van alle gemeenten "
        "samen, over {period}.",
        "note_member": "Kosten en kans op overschrijding: onder (1). Onder (1), (2), ...: verandering van de benodigde "
        "weerstandscapaciteit van deze gemeente, over {period}.",
        "assumed": "* De omvang van deze verandering is een aanname: geen bron noemt haar.",
        "left_out": "{name} past niet bij deze studie en is weggelaten; de reden staat in manifest.json.",
        "no_change": "{name} verandert niets in deze studie en is weggelaten.",
        "page": "Pagina: {path}",
    },
    "en": {
        "intro": "{worlds} worlds beside the plan, {sims} simulated paths with the same luck (seed {seed}): {who}.",
        "title": "What changes compared with the plan, {period} ({unit})",
        "world": "Scenario",
        "mean": "Cost",
        "chance": "Chance %",
        "euro": "EUR",
        "thousand": "EUR thousand",
        "million": "EUR million",
        "note": "Cost and chance of an overrun: of the region in total, the same under each agreement as long as nobody "
        "from outside pays. Under (1), (2), ...: change of the required capacity of all municipalities together, "
        "over {period}.",
        "note_member": "Cost and chance of an overrun: under (1). Under (1), (2), ...: change of the required capacity "
        "of this municipality, over {period}.",
        "assumed": "* The size of this change is an assumption: no source gives it.",
        "left_out": "{name} does not fit this study and is left out; manifest.json says why.",
        "no_change": "{name} changes nothing in this study and is left out.",
        "page": "Page: {path}",
    },
}
