"""Words of the settlement of a real year and of the backtest, in both languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

TEXTS: dict[str, dict[str, str]] = {
    "nl": {
        "title": "Afrekening {year}",
        "title_member": "Afrekening {year} voor {member}",
        "title_correction": "Correctie op de afrekening {year}",
        "title_correction_member": "Correctie op de afrekening {year} voor {member}",
        "recalculated": "Nieuwe berekening {year} en wat nog te verrekenen is",
        "kicker": "{region} · {agreement}",
        "overview": "Overzicht",
        "yours": "Uw afrekening",
        "member": "Gemeente",
        "code": "Code",
        "line": "Regel",
        "csv_header": "code,naam,regel,bedrag_eur",
        "amount": "Bedrag (€)",
        "advance": "Voorschot",
        "own": "Eigen kosten",
        "handed_in": "Ingebracht",
        "paid": "Vergoed",
        "charged": "Aangeslagen",
        "contribution": "Bijdrage",
        "receives": "Te ontvangen",
        "pays": "Te betalen",
        "new_balance": "Nieuw saldo",
        "settled": "Al verrekend",
        "signs": "Bij nieuw saldo en al verrekend is + ontvangen en − betalen.",
        "receives_still": "Nog te ontvangen",
        "pays_still": "Nog te betalen",
        "balance": "Saldo (+ ontvangen, − betalen)",
        "total": "Totaal",
        "hidden": "•",
        "euro": "Bedragen in euro.",
        "whole_euros": "Hier in hele euro's; de centen staan in de bestanden.",
        "outside": "Betalers van buiten",
        "account": "Gezamenlijke rekening",
        "transfers": "Wie betaalt wie",
        "transfers_still": "Wie betaalt wie nog",
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
        "audit_share": "In {year} geldt {share}.",
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
        "in_set": "Gezet met --set",
        "reading": "Bij het lezen",
        "rule_child_rows_text": "Het bestand met gevallen heeft geen kolom kind. Daarom telt elke regel als een kind. "
        "Staan van een kind meer regels in het bestand, dan kloppen grenzen per kind, aantallen "
        "kinderen en de afscherming van kleine getallen niet.",
        "rule_child_rows_note": "Let op: het bestand met gevallen heeft geen kolom kind; elke regel telt als een kind.",
        "rule_child": "Kosten per kind",
        "rule_child_text": "Van elk kind telt het totaal over de zorgvormen van het artikel in dit kalenderjaar. "
        "Noemt de regeling het huishouden, dan tellen de kinderen van één huishouden in één "
        "gemeente samen.",
        "rule_spell": "Kosten per traject",
        "rule_spell_text": "Telt een artikel per traject, dan staat elk traject van een kind op zichzelf: één vorm van "
        "zorg vanaf één startdatum, met in elk kalenderjaar opnieuw elke grens.",
        "rule_spell_by_spell": "Regels van een gemeente met hetzelfde teken in de kolom traject zijn één traject.",
        "rule_spell_by_start": "Regels van een kind in één zorgvorm met dezelfde startdatum zijn één traject.",
        "rule_spell_by_both": "Regels van een gemeente met hetzelfde teken in de kolom traject zijn één traject; heeft "
        "een kind er in een zorgvorm geen, dan regels met dezelfde startdatum.",
        "rule_spell_by_child": "Het bestand met gevallen noemt geen traject en geen startdatum: alles van een kind in "
        "één zorgvorm telt als één traject.",
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
        "backtest_derived": "Budget {year} geschat uit de jeugdigen, omdat geen bestand er een geeft: {members}.",
        "backtest_all": "alle gemeenten",
        "backtest_mark": "geschat",
        "year": "Jaar",
        "agreement": "Regeling",
        "transfer": "Verrekening",
        "deviation": "Afwijking van budget",
        "budget": "Budget",
    },
    "en": {
        "title": "Settlement {year}",
        "title_member": "Settlement {year} for {member}",
        "title_correction": "Correction of the settlement {year}",
        "title_correction_member": "Correction of the settlement {year} for {member}",
        "recalculated": "Settlement {year} computed anew, and what is still to be settled",
        "kicker": "{region} · {agreement}",
        "overview": "Overview",
        "yours": "Your settlement",
        "member": "Municipality",
        "code": "Code",
        "line": "Line",
        "csv_header": "code,name,line,amount_eur",
        "amount": "Amount (EUR)",
        "advance": "Advance",
        "own": "Own cost",
        "handed_in": "Handed in",
        "paid": "Paid",
        "charged": "Charged",
        "contribution": "Contribution",
        "receives": "To receive",
        "pays": "To pay",
        "new_balance": "New balance",
        "settled": "Already settled",
        "signs": "In new balance and already settled, + is received and − is paid.",
        "receives_still": "Still to receive",
        "pays_still": "Still to pay",
        "balance": "Balance (+ receives, − pays)",
        "total": "Total",
        "hidden": "•",
        "euro": "Amounts in euro.",
        "whole_euros": "Whole euros here; the cents are in the files.",
        "outside": "Payers from outside",
        "account": "Joint account",
        "transfers": "Who pays whom",
        "transfers_still": "Who still pays whom",
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
        "audit_share": "In {year} {share} holds.",
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
        "in_set": "Set with --set",
        "reading": "On reading",
        "rule_child_rows_text": "The file of cases has no column child. So every row counts as a child. If a child has "
        "several rows, lines per child, numbers of children and the protection of small figures are wrong.",
        "rule_child_rows_note": "Note: the file of cases has no column child; every row counts as a child.",
        "rule_child": "Cost of a child",
        "rule_child_text": "Of each child the total over the forms of care of the article in this calendar year "
        "counts. If the agreement names the household, the children of one household in one "
        "municipality count together.",
        "rule_spell": "Cost of a care spell",
        "rule_spell_text": "If an article counts per care spell, each spell of a child stands by itself: one form of "
        "care from one start date, with each line anew in every calendar year.",
        "rule_spell_by_spell": "Rows of a municipality with the same mark in the column spell are one care spell.",
        "rule_spell_by_start": "Rows of a child in one form of care with the same start date are one care spell.",
        "rule_spell_by_both": "Rows of a municipality with the same mark in the column spell are one care spell; of a "
        "child that has none in a form of care, rows with the same start date.",
        "rule_spell_by_child": "The file of cases names no care spell and no start date: all of a child in one form of "
        "care counts as one care spell.",
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
        "backtest_derived": "Budget {year} estimated from the youths, as no file gives one: {members}.",
        "backtest_all": "all municipalities",
        "backtest_mark": "estimated",
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


_NOTES = (
    (
        r"(?P<file>.+): rows of another year than (?P<year>\d+), which are not used: (?P<count>\d+)\.",
        "{file}: regels van een ander jaar dan {year}, die niet meetellen: {count}.",
    ),
    (
        r"(?P<file>.+): rows that say the same as a row above: (?P<count>\d+)\. All count.*",
        "{file}: regels die hetzelfde zeggen als een regel erboven: {count}. Alle tellen mee: is er geen twee keer "
        "geëxporteerd?",
    ),
    (
        r"(?P<file>.+): cases that cost 0 after corrections: (?P<children>\d+)\..*",
        "{file}: gevallen die na correcties 0 kosten: {children}. Elk telt nog als cliënt.",
    ),
    (
        r"(?P<file>.+): cases with months on some rows only: (?P<children>\d+)\..*",
        "{file}: gevallen met maanden op een deel van de regels: {children}. Hun maanden gelden als onbekend.",
    ),
    (
        r"(?P<file>.+): pseudonyms with more than one payer: (?P<children>\d+)\..*",
        "{file}: pseudoniemen met meer dan één betaler: {children}. Elk is een geval van elke betaler. Nummeren "
        "betalers hun eigen kinderen, zet dan de code van de betaler ervoor.",
    ),
    (
        r"(?P<file>.+): totals below the sum of their care types: (?P<count>\d+)\..*",
        "{file}: totalen onder de som van hun zorgvormen: {count}. De totalen tellen.",
    ),
    (
        r"(?P<file>.+) is not UTF-8; read as (?P<encoding>[\w-]+)\. .*",
        "{file} is geen UTF-8; gelezen als {encoding}. Controleer namen met accenten.",
    ),
)
_SKIPPED = (
    (
        r"this article counts per care spell, and of (?P<count>\d+) cases of (?P<year>\d+) it is not clear to which "
        r"spell each row belongs: see rows? (?P<lines>[\d, .]+) of the file of cases",
        "dit artikel telt per traject, en van {count} gevallen van {year} is niet duidelijk bij welk traject elke "
        "regel hoort: zie regel {lines} van het bestand met gevallen",
    ),
    (
        r"the key '(?P<key>[\w-]+)' looks at \w+ of (?P<years>[\d to,]+), but the history lacks (?P<lacks>.+)",
        "de sleutel '{key}' kijkt naar {years}, maar bij de eerdere jaren ontbreekt {lacks}",
    ),
    (
        r"the key '(?P<key>[\w-]+)' looks at \w+ of (?P<years>[\d to,]+), and there is no history",
        "de sleutel '{key}' kijkt naar {years}, en er zijn geen eerdere jaren",
    ),
    (
        r"this article looks at the cost of single children, and a history has sums only",
        "dit artikel kijkt naar de kosten van losse kinderen, en van eerdere jaren zijn er alleen sommen",
    ),
    (
        r"this article looks at some care types, and the history has only totals of (?P<years>\d+)",
        "dit artikel kijkt naar sommige zorgvormen, en van {years} zijn er alleen totalen",
    ),
)


def skipped_reason(rule: str, language: str) -> str:
    """Return why a year cannot be computed, in a language as far as its words are known."""
    for pattern, dutch in _SKIPPED if language == "nl" else ():
        if match := re.fullmatch(pattern, rule):
            words = {name: value.replace(" to ", " tot en met ") for name, value in match.groupdict().items()}
            return dutch.format(**words)
    return rule


def spell_rule(told_by: Sequence[str], language: str) -> str:
    """Return how rows of a file of cases make care spells; see `solidair.models.sources.spells`."""
    name = "both" if len(told_by) == 2 else (*told_by, "child")[0]
    return TEXTS[language][f"rule_spell_by_{name}"]


_FEWER = {"nl": "minder dan {fewest}", "en": "fewer than {fewest}"}


def reader_note(note: str, language: str, fewest: int | None = None) -> str:
    """Return a note of the reader of a file in a language, where its words are known, without the folder of the file.

    Parameters
    ----------
    fewest
        A smaller number of children is not told; if left out, it is.
    """
    for pattern, dutch in _NOTES:
        match = re.fullmatch(pattern, note, re.DOTALL)
        if match is None:
            continue
        words = match.groupdict() | {"file": PurePath(match["file"]).name}
        if fewest is not None and int(words.get("children", fewest)) < fewest:
            words["children"] = _FEWER[language].format(fewest=fewest)
        if language == "nl":
            return dutch.format(**words)
        for name in sorted(words, key=match.start, reverse=True):
            note = note[: match.start(name)] + words[name] + note[match.end(name) :]
        return note
    return note
