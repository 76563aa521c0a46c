"""Words of the settlement of a real year and of the backtest, in both languages."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "title": "Afrekening {year}",
        "title_member": "Afrekening {year} voor {member}",
        "kicker": "{region} · {agreement}",
        "overview": "Overzicht",
        "yours": "Uw afrekening",
        "member": "Gemeente",
        "code": "Code",
        "line": "Regel",
        "amount": "Bedrag (€)",
        "advance": "Voorschot",
        "own": "Eigen kosten",
        "handed_in": "Ingebracht",
        "paid": "Vergoed",
        "charged": "Aangeslagen",
        "contribution": "Bijdrage",
        "receives": "Te ontvangen",
        "pays": "Te betalen",
        "balance": "Saldo (+ ontvangen, − betalen)",
        "total": "Totaal",
        "hidden": "•",
        "euro": "Bedragen in euro.",
        "outside": "Betalers van buiten",
        "account": "Gezamenlijke rekening",
        "transfers": "Wie betaalt wie",
        "payer": "Betaalt",
        "receiver": "Aan",
        "no_transfers": "Niemand hoeft iets te betalen.",
        "few_transfers": "Met minder betalingen dan deze {count} kan het niet.",
        "some_transfers": "In {count} betalingen is alles verrekend.",
        "cost": "Kosten",
        "cost_title": "Eigen kosten per zorgvorm",
        "care": "Zorgvorm",
        "children": "Kinderen",
        "audit": "Controle",
        "audit_clause": "Artikel {number}: {title}",
        "audit_none": "Dit artikel geldt niet in {year}.",
        "weight": "Aandeel in de sleutel",
        "from_outside": "Van buiten",
        "to_fund": "Naar fonds of reserve",
        "hidden_audit": "Bedragen per gemeente staan hier niet; zie Aannames, Wat is afgeschermd.",
        "closes": "Vergoed en naar het fonds is samen precies wat is aangeslagen en van buiten kwam.",
        "assumptions": "Aannames",
        "about": "Waarop dit berust",
        "what": "Wat",
        "how": "Hoe",
        "in_agreement": "Regeling",
        "in_region": "Regio",
        "in_cases": "Gevallen",
        "in_costs": "Zorgvormen en codes",
        "in_history": "Eerdere jaren",
        "in_advances": "Voorschotten",
        "in_study": "Studie",
        "in_earlier": "Eerdere afrekening",
        "rule_child": "Kosten per kind",
        "rule_child_text": "Van elk kind telt het totaal over de zorgvormen van het artikel in dit kalenderjaar. "
        "Noemt de regeling het huishouden, dan tellen de kinderen van één huishouden in één "
        "gemeente samen.",
        "rule_amount": "Bedragen in de regeling",
        "rule_amount_text": "Gelden zoals zij er staan, zonder index.",
        "rule_own": "Wie betaalt de zorg",
        "rule_own_text": "Elke gemeente heeft haar eigen gevallen betaald. Een voorschot is wat zij daarnaast aan "
        "de gezamenlijke rekening heeft betaald.",
        "rule_cents": "Afronding",
        "rule_cents_text": "Op hele centen, zo dat elk artikel, elke gemeente en elk totaal precies sluit. Geen "
        "bedrag wijkt een cent of meer af.",
        "rule_private": "Wat is afgeschermd",
        "level_all": "Elk getal, en elk verschil van twee getallen van een gemeente, gaat over {fewest} "
        "kinderen of meer, of over geen. Daarom is niets afgeschermd.",
        "level_cost": "Wat elke gemeente inbracht en kreeg aangeslagen staat hier niet: dat gaat soms over "
        "minder dan {fewest} kinderen. Van de kosten zijn kleine getallen vervangen door •, en "
        "andere om ze te beschermen.",
        "level_balances": "Alleen voorschotten en saldi staan hier: al het andere zou iets kunnen zeggen over "
        "minder dan {fewest} kinderen. Elke gemeente vindt haar eigen cijfers in haar eigen "
        "bestand.",
        "level_warning": "Een saldo moet betaald worden en is dus bekend. Wie de verdeelsleutel kent, kan er soms "
        "uit berekenen wat een gemeente heeft ingebracht. Deel dit stuk alleen met de gemeenten "
        "van de regeling.",
        "own_file": "Dit bestand is alleen voor {member}: het kan over één kind gaan.",
        "own_in": "Uw eigen cijfers staan in members/{code}.xlsx.",
        "correction": "Correctie",
        "correction_text": "Verschil met de eerdere afrekening. De saldi daarvan gelden als betaald; nog te betalen "
        "is alleen het verschil.",
        "correction_none": "Er verandert niets ten opzichte van de eerdere afrekening.",
        "was": "Was",
        "now": "Is",
        "difference": "Verschil",
        "line_own": "Eigen kosten",
        "line_contribution": "Bijdrage",
        "line_advance": "Voorschot",
        "line_balance": "Saldo (+ ontvangen, − betalen)",
        "line_handed-in": "Artikel {number}: ingebracht",
        "line_paid": "Artikel {number}: vergoed",
        "line_charged": "Artikel {number}: aangeslagen",
        "shown_at": "Afrekening: {path}",
        "backtest": "Terugblik",
        "backtest_title": "Terugblik: wat elke regeling in eerdere jaren had gedaan",
        "backtest_text": "Bijdrage is wat een gemeente na verrekening zou hebben gedragen; verrekening is bijdrage "
        "min eigen kosten; afwijking is bijdrage min budget.",
        "backtest_private": "Een gemeente met minder dan {fewest} kinderen in een jaar heeft een •, en dan ook de "
        "gemeente met de minste kinderen daarboven. Verrekeningen kunnen over enkele kinderen "
        "gaan: dit stuk is voor wie de gevallen zelf mag zien.",
        "backtest_skipped": "Niet te berekenen: {what}.",
        "year": "Jaar",
        "agreement": "Regeling",
        "transfer": "Verrekening",
        "deviation": "Afwijking van budget",
        "budget": "Budget",
    },
    "en": {
        "title": "Settlement {year}",
        "title_member": "Settlement {year} for {member}",
        "kicker": "{region} · {agreement}",
        "overview": "Overview",
        "yours": "Your settlement",
        "member": "Municipality",
        "code": "Code",
        "line": "Line",
        "amount": "Amount (EUR)",
        "advance": "Advance",
        "own": "Own cost",
        "handed_in": "Handed in",
        "paid": "Paid",
        "charged": "Charged",
        "contribution": "Contribution",
        "receives": "To receive",
        "pays": "To pay",
        "balance": "Balance (+ receives, − pays)",
        "total": "Total",
        "hidden": "•",
        "euro": "Amounts in euro.",
        "outside": "Payers from outside",
        "account": "Joint account",
        "transfers": "Who pays whom",
        "payer": "Pays",
        "receiver": "To",
        "no_transfers": "Nobody has to pay anything.",
        "few_transfers": "It cannot be done with fewer payments than these {count}.",
        "some_transfers": "In {count} payments everything is settled.",
        "cost": "Cost",
        "cost_title": "Own cost by form of care",
        "care": "Form of care",
        "children": "Children",
        "audit": "Audit trail",
        "audit_clause": "Article {number}: {title}",
        "audit_none": "This article does not hold in {year}.",
        "weight": "Share in the key",
        "from_outside": "From outside",
        "to_fund": "To a fund or reserve",
        "hidden_audit": "Amounts by municipality are not shown here; see Assumptions, What is hidden.",
        "closes": "What was paid and went to the fund is exactly what was charged and came from outside.",
        "assumptions": "Assumptions",
        "about": "What this rests on",
        "what": "What",
        "how": "How",
        "in_agreement": "Agreement",
        "in_region": "Region",
        "in_cases": "Cases",
        "in_costs": "Forms of care and codes",
        "in_history": "Past years",
        "in_advances": "Advances",
        "in_study": "Study",
        "in_earlier": "Earlier statement",
        "rule_child": "Cost of a child",
        "rule_child_text": "Of each child the total over the forms of care of the article in this calendar year "
        "counts. If the agreement names the household, the children of one household in one "
        "municipality count together.",
        "rule_amount": "Amounts in the agreement",
        "rule_amount_text": "Count as they are written, without an index.",
        "rule_own": "Who pays for the care",
        "rule_own_text": "Every municipality has paid for its own cases. An advance is what it has paid into the "
        "joint account besides.",
        "rule_cents": "Rounding",
        "rule_cents_text": "To whole cents, such that each article, each municipality and each total closes exactly. "
        "No amount is off by a cent or more.",
        "rule_private": "What is hidden",
        "level_all": "Each figure, and each difference of two figures of a municipality, is about {fewest} "
        "children or more, or about none. So nothing is hidden.",
        "level_cost": "What each municipality handed in and was charged is not shown: it is about fewer than "
        "{fewest} children at times. Small figures of cost are replaced by •, and others to "
        "protect them.",
        "level_balances": "Only advances and balances are shown: anything else could tell something about fewer "
        "than {fewest} children. Each municipality finds its own figures in its own file.",
        "level_warning": "A balance must be paid, so it is known. Who knows the key can sometimes compute from it "
        "what a municipality handed in. Share this document with the municipalities of the "
        "agreement only.",
        "own_file": "This file is for {member} alone: it may be about one child.",
        "own_in": "Your own figures are in members/{code}.xlsx.",
        "correction": "Correction",
        "correction_text": "Difference with the earlier statement. Its balances count as paid; only the difference "
        "is still to be paid.",
        "correction_none": "Nothing changes against the earlier statement.",
        "was": "Was",
        "now": "Is",
        "difference": "Difference",
        "line_own": "Own cost",
        "line_contribution": "Contribution",
        "line_advance": "Advance",
        "line_balance": "Balance (+ receives, − pays)",
        "line_handed-in": "Article {number}: handed in",
        "line_paid": "Article {number}: paid",
        "line_charged": "Article {number}: charged",
        "shown_at": "Statement: {path}",
        "backtest": "Backtest",
        "backtest_title": "Backtest: what each agreement would have done in past years",
        "backtest_text": "Contribution is what a municipality would have borne after sharing; transfer is "
        "contribution less own cost; deviation is contribution less budget.",
        "backtest_private": "A municipality with fewer than {fewest} children in a year has a •, and then so has the "
        "one with the fewest children above that. Transfers may be about a few children: this "
        "document is for those who may see the cases themselves.",
        "backtest_skipped": "Cannot be computed: {what}.",
        "year": "Year",
        "agreement": "Agreement",
        "transfer": "Transfer",
        "deviation": "Deviation from budget",
        "budget": "Budget",
    },
}


def line_label(name: str, language: str) -> str:
    """Return the name of a line of a statement for readers."""
    text = TEXTS[language]
    if not name.startswith("clause-"):
        return text[f"line_{name}"]
    number, _, what = name.removeprefix("clause-").partition("-")
    return text[f"line_{what}"].format(number=number)
