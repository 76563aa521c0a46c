"""Words on required capacity: labels and meanings of the tables, the paragraph's file, the risk register."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "contents": "Weerstandsvermogen",
        "title": "Wat er in reserve moet zijn",
        "text": "De benodigde weerstandscapaciteit is wat er boven op de begroting klaar moet liggen om met de gekozen "
        "zekerheid te kunnen betalen. De ratio is wat beschikbaar is gedeeld door wat nodig is; de klasse A tot F is "
        "de gangbare indeling (bron: {source}). Alleen jeugdhulp is geteld, terwijl de beschikbare capaciteit alle "
        "risico's van de gemeente moet dragen.",
        "assumed": "Een zekerheid van {certainty} is een aanname: gemeenten en provincies kozen 80%, 90% en 99%; het "
        "is aan de raad om te kiezen.",
        "kink": "Een stap in zekerheid halveert de kans op tekortschieten: van 80 naar 90%, van 90 naar 95%. Verandert "
        "het bedrag daarbij met meer dan de helft, dan bepaalt het gekozen percentage de uitkomst.",
        "certainty": "Zekerheid",
        "loss": "Tegenvaller die met deze zekerheid niet wordt overschreden; onder nul blijft er geld over",
        "step": "Meer nodig dan bij een twee keer zo grote kans op tekortschieten",
        "required": "Benodigde weerstandscapaciteit",
        "required_own": "Benodigd zonder overeenkomst",
        "saved": "Minder nodig door de overeenkomst",
        "available": "Beschikbare weerstandscapaciteit",
        "ratio": "Ratio",
        "class": "Klasse",
        "overrun_probability": "Kans op overschrijding",
        "expected_effect": "Verwacht gevolg",
        "maximum_effect": "Maximaal gevolg (99% zekerheid)",
        "paragraph_title": "Weerstandsvermogen en risicobeheersing: jeugdhulp",
        "paragraph_text": "Tekst voor de gelijknamige paragraaf van begroting of jaarrekening, per gemeente. Studie "
        "{study}; {sims} gesimuleerde paden, toevalsgetal {seed}. Alle bedragen volgen uit de aannamen van de "
        "studie. De klassen A tot F zijn die van {source}.",
    },
    "en": {
        "contents": "Reserve capacity",
        "title": "What must be in reserve",
        "text": "The required capacity is what must be ready on top of the budget to be able to pay with the chosen "
        "certainty. The ratio is what is available over what is required; the classes A to F are the usual ones "
        "(source: {source}). Only youth care is counted, while the available capacity must bear all risks of the "
        "municipality.",
        "assumed": "A certainty of {certainty} is an assumption: municipalities and provinces chose 80%, 90% and 99%; "
        "it is for the council to choose.",
        "kink": "A step of certainty halves the chance of falling short: from 80 to 90%, from 90 to 95%. Where it "
        "changes the amount by more than half, the chosen percentage decides the result.",
        "certainty": "Certainty",
        "loss": "Loss that is not passed with this certainty; below zero money is left",
        "step": "More required than at twice the chance of falling short",
        "required": "Required capacity",
        "required_own": "Required without an agreement",
        "saved": "Less required by the agreement",
        "available": "Available capacity",
        "ratio": "Ratio",
        "class": "Class",
        "overrun_probability": "Chance of an overrun",
        "expected_effect": "Expected effect",
        "maximum_effect": "Maximum effect (99% certainty)",
        "paragraph_title": "Reserve capacity and risk control: youth care",
        "paragraph_text": "Text for the paragraph of that name of a budget or annual account, per municipality. Study "
        "{study}; {sims} simulated paths, seed {seed}. All amounts follow from the assumptions of the study. The "
        "classes A to F are those of {source}.",
    },
}

REGISTER: dict[str, dict[str, str]] = {
    "nl": {
        "code": "code",
        "name": "gemeente",
        "agreement": "overeenkomst",
        "period": "periode",
        "risk": "risico",
        "cause": "oorzaak",
        "unit": "eenheid",
        "certainty": "zekerheid",
        "probability": "kans",
        "maximum_effect": "maximaal gevolg (99%)",
        "expected_effect": "verwacht gevolg",
        "conditional_effect": "gemiddeld gevolg als het gebeurt",
        "required": "benodigde weerstandscapaciteit",
        "point": "tegenvaller p{percent}",
    },
    "en": {
        "code": "code",
        "name": "municipality",
        "agreement": "agreement",
        "period": "period",
        "risk": "risk",
        "cause": "cause",
        "unit": "unit",
        "certainty": "certainty",
        "probability": "probability",
        "maximum_effect": "maximum effect (99%)",
        "expected_effect": "expected effect",
        "conditional_effect": "mean effect if it happens",
        "required": "required capacity",
        "point": "loss p{percent}",
    },
}
"""Column headers of the risk register."""
