"""Words of the worked example and of the property card, in Dutch and English."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "example": "Voorbeeld. Eén kind in {member} kost in {first} {cost} ({care}). Wie betaalt?",
        "example_after_none": "In de {count} jaren daarna verandert er voor niemand iets.",
        "example_after": "De latere jaren tonen wat elke gemeente meer of minder betaalt door dit ene kind, in euro’s, "
        "als verder alles gaat zoals verwacht.",
        "example_outside": "betaler van buiten",
        "example_fund": "uit een fonds",
        "member": "Gemeente",
        "total": "samen",
        "card": "Eigenschappen",
        "card_property": "Eigenschap",
        "card_verdict": "Oordeel",
        "card_sentence": "In woorden",
        "card_note": "‘Niet weerlegd’: gezocht naar een tegenvoorbeeld in willekeurige kleine gevallen, met enkele "
        "kinderen of met een gewoon jaar erachter, en niet gevonden. Dat is geen bewijs. ‘Nee’ is wel bewezen: het "
        "tegenvoorbeeld staat erbij.",
        "missing": "Zonder voorbeeld en eigenschappen, want voor deze regio ontbreekt iets:",
        "report_card": "Eigenschappen van {title}",
        "delays": "Deze overeenkomst stelt uit en deelt niet. Van een extra kind van € 100.000 draagt {member} in het "
        "jaar zelf {now} deel, maar over alle jaren samen {later} deel: de sleutel haalt het in latere jaren terug.",
        "report_years": "{title}: wat de voorbeeldkosten in latere jaren veranderen (€)",
        "beyond_title": "Geld van buiten, en geld in een fonds",
        "beyond_caption": "{title}: geld dat van buiten komt of in een fonds blijft, gemiddeld per jaar",
        "beyond_article": "Artikel",
        "beyond_in": "ingebracht en betaald",
        "beyond_charged": "gemeenten betalen mee",
        "beyond_outside": "komt van buiten",
        "beyond_fund": "blijft in een fonds",
        "beyond_text": "Daarom tellen de bijdragen van de gemeenten niet op tot hun kosten: samen betalen zij {total} "
        "per jaar {more} dan hun zorg kost. Een minteken betekent dat er geld naar buiten of uit een fonds gaat.",
        "more": "meer",
        "less": "minder",
        "pots_title": "Wat het fonds doet",
        "pots_caption": "{title}: wat het fonds doet, per begrotingsjaar",
        "pots_figure": "Artikel en cijfer",
        "pots_year": "Jaar",
        "pots_mean": "gemiddeld",
        "pots_text": "P10, P50 en P90: in één op de tien paden is het cijfer hoogstens P10, in de helft hoogstens P50 "
        "en in negen op de tien hoogstens P90. Een deel van 100% betekent dat alles wordt betaald.",
        "pot_ratio": "deel dat wordt betaald",
        "pot_balance": "saldo eind van het jaar",
        "pot_call": "bijstorting",
        "pot_refund": "terugbetaling",
        "pot_recovered": "betaald door de herverzekeraar",
        "pot_premium": "premie",
        "pot_saved": "besparing",
    },
    "en": {
        "example": "Example. One child in {member} costs {cost} in {first} ({care}). Who pays?",
        "example_after_none": "In the {count} years after that nothing changes for anybody.",
        "example_after": "The later years show what every municipality pays more or less because of this one child, in "
        "euros, if all else goes as expected.",
        "example_outside": "payer outside",
        "example_fund": "out of a fund",
        "member": "Municipality",
        "total": "together",
        "card": "Properties",
        "card_property": "Property",
        "card_verdict": "Verdict",
        "card_sentence": "In words",
        "card_note": "'Not refuted': a counterexample was looked for in random small cases, with a few children or "
        "with a usual year behind them, and not found. That is no proof. 'No' is proven: the counterexample is given.",
        "missing": "Without example and properties, since something is missing for this region:",
        "report_card": "Properties of {title}",
        "delays": "This agreement delays, it does not pool. Of an extra child of EUR 100,000 {member} bears {now} in "
        "the year itself, but {later} over all years together: the key takes it back in later years.",
        "report_years": "{title}: what the example changes in later years (EUR)",
        "beyond_title": "Money from outside, and money in a fund",
        "beyond_caption": "{title}: money that comes from outside or stays in a fund, on average a year",
        "beyond_article": "Article",
        "beyond_in": "handed in and paid",
        "beyond_charged": "charged to municipalities",
        "beyond_outside": "comes from outside",
        "beyond_fund": "stays in a fund",
        "beyond_text": "That is why what municipalities pay does not add up to their cost: together they pay {total} a "
        "year {more} than their care costs. A minus means that money goes outside, or out of a fund.",
        "more": "more",
        "less": "less",
        "pots_title": "What the fund does",
        "pots_caption": "{title}: what the fund does, by budget year",
        "pots_figure": "Article and figure",
        "pots_year": "Year",
        "pots_mean": "mean",
        "pots_text": "P10, P50 and P90: in one of ten paths the figure is at most P10, in half of them at most P50, "
        "and in nine of ten at most P90. A part of 100% means that everything is paid.",
        "pot_ratio": "part that is paid",
        "pot_balance": "balance at the end of the year",
        "pot_call": "call",
        "pot_refund": "refund",
        "pot_recovered": "paid by the reinsurer",
        "pot_premium": "premium",
        "pot_saved": "saving",
    },
}
