"""Words of the paragraph on reserve capacity, in Dutch and English."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "nl": {
        "million": "miljoen",
        "open": "Jeugdhulp is een open-einderegeling: de gemeente betaalt de hulp die nodig is. {budgeted}",
        "budget": "Begroot is {budget} voor {year}.",
        "budget_derived": "Een begroting staat niet in het regiobestand; gerekend is met {budget} voor {year}, een "
        "schatting uit het aantal jeugdigen.",
        "risk": "De kans dat het in {year} meer wordt is {probability}. Het verwachte gevolg is {expected} (alle "
        "uitkomsten meegeteld, binnen de begroting als nul); met {most} zekerheid is de overschrijding hoogstens "
        "{maximum}.",
        "rarely": "minder dan 1%",
        "nearly": "meer dan 99%",
        "alone": "Zonder overeenkomst is bij een zekerheid van {certainty} {required} weerstandscapaciteit nodig voor "
        "{year} (standaardfout {error}).",
        "alone_years": "Zonder overeenkomst is bij een zekerheid van {certainty} {required} weerstandscapaciteit nodig "
        "voor {year} (standaardfout {error}) en {required_all} voor {horizon} samen (standaardfout {error_all}).",
        "need": "Hoeveel jeugdhulp de gemeente meer of minder nodig heeft dan gemiddeld is niet gegeven; die "
        "onzekerheid telt in alle bedragen mee.",
        "by_council": "De raad heeft dit percentage gekozen.",
        "by_study": "Dit percentage is in de studie gekozen.",
        "assumed": "Dit percentage is een aanname; het is aan de raad om het te kiezen.",
        "available": "Beschikbaar is {available} voor {year}: ratio {ratio}.",
        "available_years": "Beschikbaar is {available} voor {year} en {available_all} voor {horizon}: ratio {ratio} "
        "en {ratio_all}.",
        "scope": "De beschikbare capaciteit moet alle risico's van de gemeente dragen; hier is alleen jeugdhulp "
        "geteld.",
        "unknown": "Wat beschikbaar is staat niet in het regiobestand; daarom is er geen ratio.",
        "class": "{ratio} (klasse {letter}, {words})",
        "class_near": "{ratio} (klasse {letter}, {words}; binnen de rekenonzekerheid {best} tot {worst})",
        "no_limit": "onbegrensd",
        "step": "van {low} naar {high} gaat het van {before} naar {after} ({times} meer, {error})",
        "step_rough": "van {low} naar {high} gaat het van {before} naar {after}",
        "steps": "Een stap in zekerheid halveert de kans op tekortschieten: {steps}.",
        "decides": "Een enkele stap verhoogt het bedrag met meer dan de helft: het gekozen percentage bepaalt de "
        "uitkomst.",
        "steps_under": "Met {title}:",
        "with": "Met {title}: {required} voor {year} ({saved})",
        "with_years": "Met {title}: {required} voor {year} ({saved}) en {required_all} voor {horizon} ({saved_all})",
        "with_ratio": "; ratio {ratio}",
        "with_ratios": "; ratio {ratio} en {ratio_all}",
        "less": "{amount} minder, standaardfout {error}",
        "more": "{amount} meer, standaardfout {error}",
        "same": "geen verschil",
        "unclear": "geen aantoonbaar verschil",
        "few": "Let op: van de {sims} gesimuleerde paden liggen er maar {beyond} boven het bedrag bij {certainty} "
        "zekerheid. Simuleer er ten minste {enough} om het te gebruiken.",
    },
    "en": {
        "million": "million",
        "open": "Youth care has an open end: the municipality pays the care that is needed. {budgeted}",
        "budget": "The budget of {year} is {budget}.",
        "budget_derived": "The region file has no budget; {budget} is used for {year}, an estimate from the number of "
        "youths.",
        "risk": "The chance that {year} costs more is {probability}. The expected effect is {expected} (over all "
        "outcomes, within the budget counted as zero); with {most} certainty the overrun is at most {maximum}.",
        "rarely": "less than 1%",
        "nearly": "more than 99%",
        "alone": "Without an agreement, at a certainty of {certainty}, {required} of capacity is required for {year} "
        "(standard error {error}).",
        "alone_years": "Without an agreement, at a certainty of {certainty}, {required} of capacity is required for "
        "{year} (standard error {error}) and {required_all} for {horizon} together (standard error {error_all}).",
        "need": "How much more or less youth care than average the municipality needs is not given; that doubt is "
        "part of all amounts.",
        "by_council": "The council has chosen this percentage.",
        "by_study": "This percentage was chosen in the study.",
        "assumed": "This percentage is an assumption; it is for the council to choose.",
        "available": "Available is {available} for {year}: ratio {ratio}.",
        "available_years": "Available is {available} for {year} and {available_all} for {horizon}: ratio {ratio} and "
        "{ratio_all}.",
        "scope": "The available capacity must bear all risks of the municipality; only youth care is counted here.",
        "unknown": "The region file does not say what is available; so there is no ratio.",
        "class": "{ratio} (class {letter}, {words})",
        "class_near": "{ratio} (class {letter}, {words}; within the error of the simulation {best} to {worst})",
        "no_limit": "without limit",
        "step": "from {low} to {high} it goes from {before} to {after} ({times} more, {error})",
        "step_rough": "from {low} to {high} it goes from {before} to {after}",
        "steps": "A step of certainty halves the chance of falling short: {steps}.",
        "decides": "A single step raises the amount by more than half: the chosen percentage decides the result.",
        "steps_under": "With {title}:",
        "with": "With {title}: {required} for {year} ({saved})",
        "with_years": "With {title}: {required} for {year} ({saved}) and {required_all} for {horizon} ({saved_all})",
        "with_ratio": "; ratio {ratio}",
        "with_ratios": "; ratio {ratio} and {ratio_all}",
        "less": "{amount} less, standard error {error}",
        "more": "{amount} more, standard error {error}",
        "same": "no difference",
        "unclear": "no demonstrable difference",
        "few": "Mind: of the {sims} simulated paths only {beyond} lie above the amount at {certainty} certainty. "
        "Simulate at least {enough} to use it.",
    },
}
