"""Words of a forecast, in Dutch and English."""

from __future__ import annotations

MONTHS = {
    "nl": (
        "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
        "november", "december",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
}  # fmt: skip

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "title": "Prognose {year} · {study}",
        "title_accounts": "Uitkomst {year} · {study}",
        "kicker": "Tussenrapportage (berap) · stand tot en met {month} {year}",
        "kicker_accounts": "Bij de jaarrekening {year}",
        "facts": "{sims} gesimuleerde jaren, toevalsgetal {seed}. Bedragen in {unit}, tenzij anders vermeld.",
        "lead": "De gemeenten samen komen in {year} naar verwachting uit op {mean} aan jeugdhulp: in 8 van de 10 "
        "gevallen tussen {low} en {high}. Vooraf was dat {prior}, tussen {prior_low} en {prior_high}. Begroot is "
        "{budget}; de kans dat het meer wordt is {chance}.",
        "lead_accounts": "De gemeenten samen gaven in {year} {mean} uit aan jeugdhulp. Begroot was {budget}, vooraf "
        "verwacht {prior}: in 8 van de 10 gevallen tussen {prior_low} en {prior_high}.",
        "lead_accounts_part": "De gemeenten samen gaven in {year} naar schatting {mean} uit aan jeugdhulp. Begroot was "
        "{budget}, vooraf verwacht {prior}: in 8 van de 10 gevallen tussen {prior_low} en {prior_high}.",
        "lead_known": "Van {count} van de {members} gemeenten is een bedrag bekend.",
        "members": "{count} gemeenten",
        "unknown": "niet bekend",
        "strange": "Let op: de kosten van {names} passen niet bij het model. Controleer eerst het "
        "bestand en de volledigheid; de prognose van deze gemeente is niet te vertrouwen.",
        "strange_many": "Let op: de kosten van {names} passen niet bij het model. Controleer eerst het "
        "bestand en de volledigheid; de prognose van deze gemeenten is niet te vertrouwen.",
        "few": "Let op: er zijn weinig paden voor zoveel gemeenten. De samenhang tussen gemeenten is daarom deels "
        "geschat uit een eenvoudig patroon; neem --sims {enough} of meer.",
        "binds": "Op {share} van de paden kwam {name} lager uit dan wat al is uitgegeven; daar telt wat is uitgegeven.",
        "seen_title": "Wat is er tot en met {month} uitgegeven?",
        "seen_title_accounts": "Wat is er in {year} uitgegeven?",
        "seen_text": "Geleverd is wat is gedeclareerd, gedeeld door het aandeel dat al is gedeclareerd. De marge is "
        "de standaardfout waarmee dat bedrag iets zegt over het jaar. z: hoeveel standaardafwijkingen het afwijkt "
        "van wat het model verwachtte; buiten −3 tot 3 past het niet. Weegt mee: welk deel van de onzekerheid over "
        "het jaar het bedrag wegneemt. Gunstiger: het deel van de gesimuleerde jaren met lagere kosten.",
        "member": "Gemeente",
        "cost": "Gedeclareerd",
        "completeness": "Volledig",
        "doubt": "Marge",
        "delivered": "Geleverd",
        "expected": "Verwacht",
        "z": "z",
        "percentile": "Gunstiger",
        "weight": "Weegt mee",
        "end_title": "Waar komt {year} op uit?",
        "end_title_accounts": "Wat betekent {year} onder elke overeenkomst?",
        "end_text": "Wat een gemeente in {year} draagt. P10, P50 en P90: daaronder ligt het in 1, 5 en 9 van de 10 "
        "gevallen. Nog te betalen: de verwachte bijdrage min het voorschot (zonder opgave het budget); min betekent "
        "terug te krijgen. Netto ontvangst: eigen kosten min bijdrage. ± is de standaardfout van de simulatie.",
        "end_accounts": "Alleen de totalen per gemeente zijn bekend. Bij een overeenkomst die naar losse gevallen "
        "kijkt blijft de bijdrage daarom een schatting; 'solidair settle' rekent haar uit de gevallen tot op de cent.",
        "budget": "Budget",
        "advance": "Voorschot",
        "prior": "Vooraf",
        "mean": "Verwacht",
        "p10": "P10",
        "p50": "P50",
        "p90": "P90",
        "over": "Kans op tekort",
        "to_pay": "Nog te betalen",
        "net": "Netto ontvangst",
        "own": "Elk betaalt de eigen kosten",
        "bar": "Grijs: vooraf, P10 tot P90. Blauw: nu. Rode streep: het budget.",
        "later_title": "Wat betekent dit voor de jaren daarna?",
        "later_text": "Verwachte bijdrage per jaar: vooraf, en nu met P10 tot P90. Een duur jaar maakt ook latere "
        "jaren duurder als de oorzaak blijft: kinderen die blijven, een behoefte die groter blijkt, schokken die "
        "aanhouden.",
        "before": "{year} vooraf",
        "after": "{year} nu",
        "how_title": "Hoe dit is gerekend, en wat is aangenomen",
        "how_1": "Elk gesimuleerd pad is bijgesteld naar wat is uitgegeven, met de beste lineaire voorspelling "
        "(regel van Matheron). Bij normale verdelingen is dat exact; bij zware staarten is het een benadering. De "
        "spreiding past bij de hoogte van het bedrag: wat duur is, schommelt meer. Wat gemeenten samen dragen, blijft "
        "samen de kosten.",
        "how_2": "Verblijven zijn tot en met de maand per kind geteld. Van andere zorg is aangenomen dat elk geval "
        "op één moment valt, gelijk verdeeld over het jaar. Schokken van een jaar werken vanaf 1 januari.",
        "how_3": "Staat er geen marge in het bestand, dan is die {usual} zonder late declaraties. Bron: in "
        "Groningen schoof de raming van het tekort over 2017 in ongeveer zeven maanden van 14 naar 23,5 miljoen "
        "euro (RTV Noord), op naar schatting 167 miljoen aan kosten (afgeleid). Eén geval, en de afname met de "
        "wortel van de resterende maanden is aangenomen.",
        "how_4": "Van wat nog niet is gedeclareerd is aangenomen dat het tot op de helft bekend is. De marge is "
        "voor alle gemeenten dezelfde tegenvaller of meevaller, want zij hebben dezelfde aanbieders.",
        "screen_end": "Eigen kosten, {unit}",
        "screen_seen": "t/m {short}",
        "screen_spent": "Uitgave",
        "screen_gap": "Verschil",
        "screen_over": "Tekort",
        "screen_pay": "Nog te betalen (+) of terug (−) bij de afrekening, {unit}",
        "screen_pay_note": "Verwachte bijdrage min voorschot; een voorschot dat niet is opgegeven is het budget.",
        "screen_error": "Standaardfout hoogstens {error}.",
        "report": "Rapport: {path}",
        "thousand": "€ duizend",
        "million": "€ mln",
        "euro": "€",
        "all": "Samen",
    },
    "en": {
        "title": "Forecast {year} · {study}",
        "title_accounts": "Outcome {year} · {study}",
        "kicker": "Interim report · until the end of {month} {year}",
        "kicker_accounts": "With the annual accounts of {year}",
        "facts": "{sims} simulated years, seed {seed}. Amounts in {unit} unless stated otherwise.",
        "lead": "Together the municipalities are expected to spend {mean} on youth care in {year}: in 8 out of 10 "
        "cases between {low} and {high}. Beforehand that was {prior}, between {prior_low} and {prior_high}. The "
        "budget is {budget}; the chance that it will be more is {chance}.",
        "lead_accounts": "Together the municipalities spent {mean} on youth care in {year}. The budget was {budget}; "
        "expected beforehand was {prior}: in 8 out of 10 cases between {prior_low} and {prior_high}.",
        "lead_accounts_part": "Together the municipalities spent an estimated {mean} on youth care in {year}. The "
        "budget was {budget}; expected beforehand was {prior}: in 8 out of 10 cases between {prior_low} and "
        "{prior_high}.",
        "lead_known": "An amount is known of {count} of the {members} municipalities.",
        "members": "{count} municipalities",
        "unknown": "not known",
        "strange": "Note: the costs of {names} do not fit the model. Check the file and the completeness "
        "first; the forecast of this municipality cannot be relied on.",
        "strange_many": "Note: the costs of {names} do not fit the model. Check the file and the "
        "completeness first; the forecasts of these municipalities cannot be relied on.",
        "few": "Note: there are few paths for so many municipalities. What municipalities have in common is "
        "therefore partly estimated from a simple pattern; take --sims {enough} or more.",
        "binds": "On {share} of the paths {name} came out below what has been spent already; there what has been "
        "spent counts.",
        "seen_title": "What has been spent until the end of {month}?",
        "seen_title_accounts": "What was spent in {year}?",
        "seen_text": "Delivered is what has been declared, divided by the share that has been declared by now. The "
        "margin is the standard error with which that amount tells of the year. z: by how many standard deviations "
        "it differs from what the model expected; outside −3 to 3 it does not fit. Weight: which part of the doubt "
        "about the year the amount takes away. Lower: the share of the simulated years with lower costs.",
        "member": "Municipality",
        "cost": "Declared",
        "completeness": "Complete",
        "doubt": "Margin",
        "delivered": "Delivered",
        "expected": "Expected",
        "z": "z",
        "percentile": "Lower",
        "weight": "Weight",
        "end_title": "Where will {year} end?",
        "end_title_accounts": "What does {year} mean under each agreement?",
        "end_text": "What a municipality bears in {year}. P10, P50 and P90: it is below that in 1, 5 and 9 out of 10 "
        "cases. Still to pay: the expected contribution less the advance (the budget if none is given); minus means "
        "to be received back. Net receipt: own cost less contribution. ± is the standard error of the simulation.",
        "end_accounts": "Only the totals of each municipality are known. Under an agreement that looks at single "
        "cases the contribution therefore stays an estimate; 'solidair settle' computes it from the cases to the "
        "cent.",
        "budget": "Budget",
        "advance": "Advance",
        "prior": "Before",
        "mean": "Expected",
        "p10": "P10",
        "p50": "P50",
        "p90": "P90",
        "over": "Chance of overrun",
        "to_pay": "Still to pay",
        "net": "Net receipt",
        "own": "Each pays its own cost",
        "bar": "Grey: beforehand, P10 to P90. Blue: now. Red line: the budget.",
        "later_title": "What does this mean for the years after?",
        "later_text": "Expected contribution of each year: beforehand, and now with P10 to P90. A dear year makes "
        "later years dearer too if its cause remains: children who stay, a need that turns out larger, shocks that "
        "last.",
        "before": "{year} before",
        "after": "{year} now",
        "how_title": "How this was computed, and what is assumed",
        "how_1": "Every simulated path was adjusted to what has been spent, by the best linear forecast (Matheron's "
        "rule). For normal laws this is exact; with heavy tails it is an approximation. The spread fits the level of "
        "the amount: what is dear varies more. What municipalities bear together stays what care costs.",
        "how_2": "Stays were counted child by child until the end of the month. Of other care each case is assumed "
        "to fall at one moment, spread evenly over the year. Shocks of a year work from 1 January on.",
        "how_3": "If the file gives no margin, it is {usual} without late declarations. Source: in Groningen the "
        "estimate of the deficit of 2017 moved from 14 to 23.5 million euros within about seven months (RTV Noord), "
        "at a cost of about 167 million (derived). It is one case, and the decrease with the root of the months "
        "that are left is assumed.",
        "how_4": "What has not been declared is assumed to be known to within half of it. The margin is the same "
        "setback or windfall for all municipalities, since they have the same providers.",
        "screen_end": "Own cost, {unit}",
        "screen_seen": "to {short}",
        "screen_spent": "Spent",
        "screen_gap": "Gap",
        "screen_over": "Over",
        "screen_pay": "Still to pay (+) or to get back (−) at the settlement, {unit}",
        "screen_pay_note": "Expected contribution less advance; an advance that is not given is the budget.",
        "screen_error": "Standard error at most {error}.",
        "report": "Report: {path}",
        "thousand": "EUR thousand",
        "million": "EUR m",
        "euro": "EUR",
        "all": "Together",
    },
}
