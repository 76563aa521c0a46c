"""Words of a stress test, on the screen and on its page."""

TEXTS = {
    "nl": {
        "intro": "{worlds} naast het plan, {sims} gesimuleerde paden met hetzelfde toeval (seed {seed}): {who}.",
        "world_one": "1 wereld",
        "world_many": "{count} werelden",
        "title": "Wat verandert er tegenover het plan, {period} ({unit})",
        "world": "Scenario",
        "mean": "Kosten",
        "chance": "Kans %",
        "euro": "euro",
        "thousand": "duizend euro",
        "million": "miljoen euro",
        "note": "Kosten en kans op overschrijding: van de regio in totaal, onder {first}. Onder (1), (2), ...: "
        "verandering van de benodigde weerstandscapaciteit van alle gemeenten samen bij {certainty} zekerheid, over "
        "{period}. ≈ 0: kleiner dan twee standaardfouten.",
        "note_member": "Kosten en kans op overschrijding: onder {first}. Onder (1), (2), ...: verandering van de "
        "benodigde "
        "weerstandscapaciteit van deze gemeente bij {certainty} zekerheid, over {period}. ≈ 0: kleiner dan twee "
        "standaardfouten.",
        "assumed": "* De omvang van deze verandering is een aanname: geen bron noemt haar.",
        "left_out": "{name} past niet bij deze studie en is weggelaten; de reden staat in manifest.json.",
        "no_change": "{name} verandert niets in deze studie en is weggelaten.",
        "none": "Geen enkel scenario past bij deze studie.",
        "absorbed": "{name} gaat in {world} op in een andere gemeente.",
        "page": "Pagina: {path}",
        "per_council": "de eigen",
        "kicker": "Stresstest {region}",
        "h1": "Als het anders loopt: {title}",
        "facts": "{worlds} naast het plan, {sims} gesimuleerde paden van {period}, seed {seed}. Elke wereld heeft "
        "hetzelfde "
        "toeval als het plan; begrotingen en overeenkomsten blijven zoals afgesproken.",
        "lead": "{world} vraagt het meest: de gemeenten samen moeten dan {amount} meer achter de hand hebben over "
        "{period}, bij {agreement}.",
        "lead_none": "Geen van deze werelden vraagt meer weerstandscapaciteit dan het plan, bij {agreement}.",
        "hardest": "Het hardst raakt {world} de gemeente {member}: {share} van haar begroting.",
        "least": "Van de overeenkomsten vraagt {best} in die wereld de kleinste verhoging ({low}) en {worst} de "
        "grootste "
        "({high}).",
        "grades": "Bij {assumed} van de {all} werelden is de omvang een aanname; dat staat erbij.",
        "who_title": "Wie wordt het hardst geraakt?",
        "who_text": "Per wereld: wat zij de regio over {period} kost, en welke gemeente onder elke overeenkomst "
        "de grootste "
        "verhoging van de benodigde weerstandscapaciteit krijgt, als deel van haar begroting over {period}. De "
        "benodigde "
        "weerstandscapaciteit is wat er boven op de begroting klaar moet liggen om met {certainty} zekerheid te "
        "kunnen "
        "betalen.",
        "cost": "Kosten regio",
        "chance_long": "Kans op overschrijding, in punten",
        "plot_title": "Verandering van de benodigde weerstandscapaciteit: {who}",
        "plot_text": "Elke balk is een wereld, elk vak een overeenkomst; het streepje is de standaardfout. Grijs: "
        "niet te "
        "onderscheiden van nul.",
        "plot_alt": "{agreement}: {rows}.",
        "scenarios": "Elke wereld apart",
        "cells": "In elk vak: verandering van de benodigde weerstandscapaciteit over {period}, daaronder die van de "
        "gemiddelde kosten en van de kans op overschrijding in punten. Achter ± de standaardfout.",
        "member": "Gemeente",
        "by_year": "Kosten van de regio per jaar:",
        "source": "Bron:",
        "changes": "Wat er verandert:",
        "grade_sourced": "bron",
        "grade_derived": "afgeleid",
        "grade_assumed": "aanname",
        "left_title": "Weggelaten",
        "reading_title": "Hoe dit te lezen",
        "reading": "Budgetten, verdeelsleutels, drempels en premies zijn in elke wereld die van het plan: niemand "
        "zag het "
        "aankomen. Alleen een scenario dat de begroting noemt verandert haar. Gedrag verandert niet mee: niemand "
        "bezuinigt, koopt anders in of stapt op, tenzij het scenario dat zegt. Van de regio zijn benodigde "
        "weerstandscapaciteit en verwachte overschrijding de som van die van de gemeenten; de andere cijfers zijn "
        "die van "
        "het totaal.",
        "more_members": "De {shown} gemeenten met de grootste verandering; alle gemeenten staan in tables/stress.csv.",
        "none_hit": "–",
        "all_alike": "alle gemeenten gelijk",
        "files": "Alle cijfers, ook die van het eerste jaar, staan in tables/stress.csv en stress.parquet. Herhalen:",
    },
    "en": {
        "intro": "{worlds} beside the plan, {sims} simulated paths with the same luck (seed {seed}): {who}.",
        "world_one": "1 world",
        "world_many": "{count} worlds",
        "title": "What changes compared with the plan, {period} ({unit})",
        "world": "Scenario",
        "mean": "Cost",
        "chance": "Chance %",
        "euro": "EUR",
        "thousand": "EUR thousand",
        "million": "EUR million",
        "note": "Cost and chance of an overrun: of the region in total, under {first}. Under (1), (2), ...: "
        "change of the "
        "required capacity of all municipalities together at {certainty} certainty, over {period}. ≈ 0: below two "
        "standard errors.",
        "note_member": "Cost and chance of an overrun: under {first}. Under (1), (2), ...: change of the required "
        "capacity "
        "of this municipality at {certainty} certainty, over {period}. ≈ 0: below two standard errors.",
        "assumed": "* The size of this change is an assumption: no source gives it.",
        "left_out": "{name} does not fit this study and is left out; manifest.json says why.",
        "no_change": "{name} changes nothing in this study and is left out.",
        "none": "No scenario fits this study.",
        "absorbed": "{name} is part of another municipality in {world}.",
        "page": "Page: {path}",
        "per_council": "its own",
        "kicker": "Stress test {region}",
        "h1": "If things turn out otherwise: {title}",
        "facts": "{worlds} beside the plan, {sims} simulated paths of {period}, seed {seed}. Every world has the "
        "same luck as "
        "the plan; budgets and agreements stay as agreed.",
        "lead": "{world} asks most: the municipalities together must then have {amount} more in reserve over "
        "{period}, under {agreement}.",
        "lead_none": "None of these worlds asks for more required capacity than the plan, under {agreement}.",
        "hardest": "{world} hits {member} hardest: {share} of its budget.",
        "least": "Of the agreements {best} asks for the smallest rise in that world ({low}) and {worst} for the "
        "largest "
        "({high}).",
        "grades": "For {assumed} of the {all} worlds the size is an assumption; this is shown.",
        "who_title": "Who is hit hardest?",
        "who_text": "Per world: what it costs the region over {period}, and which municipality has the largest "
        "rise of "
        "required capacity under each agreement, as a share of its budget over {period}. Required capacity is "
        "what must "
        "be in reserve on top of the budget to be able to pay with {certainty} certainty.",
        "cost": "Cost of the region",
        "chance_long": "Chance of an overrun, in points",
        "plot_title": "Change of required capacity: {who}",
        "plot_text": "Each bar is a world, each panel an agreement; the whisker is the standard error. Grey: not "
        "told from "
        "nothing.",
        "plot_alt": "{agreement}: {rows}.",
        "scenarios": "Each world by itself",
        "cells": "In each cell: change of required capacity over {period}, below it that of average cost and of "
        "the chance "
        "of an overrun in points. Behind ± the standard error.",
        "member": "Municipality",
        "by_year": "Cost of the region by year:",
        "source": "Source:",
        "changes": "What changes:",
        "grade_sourced": "sourced",
        "grade_derived": "derived",
        "grade_assumed": "assumed",
        "left_title": "Left out",
        "reading_title": "How to read this",
        "reading": "Budgets, keys, lines and premiums are those of the plan in every world: nobody saw it coming. "
        "Only a "
        "scenario that names the budget changes it. Behaviour does not change: nobody economises, buys otherwise or "
        "leaves, unless the scenario says so. Of the region, required capacity and expected overrun are the sum "
        "of those "
        "of the municipalities; the other figures are those of the total.",
        "more_members": "The {shown} municipalities with the largest change; all are in tables/stress.csv.",
        "none_hit": "–",
        "all_alike": "all municipalities alike",
        "files": "All figures, those of the first year too, are in tables/stress.csv and stress.parquet. To repeat:",
    },
}
