"""The property card in words: one sentence for each property, in Dutch and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solidair.pool.marginal import HEAVY_CASE, NEW_CASE, SHARED, Marginal
from solidair.pool.parts.words import Wording, listed
from solidair.pool.properties import Card, Case, Counterexample, Property


@dataclass(frozen=True)
class CardRow:
    """A property in words.

    Parameters
    ----------
    name
        Name of the property, such as 'fair'; 'same_year' and 'lifetime' for who bears an extra case.
    title, verdict, sentence
        Its name for readers, a word or figure, and one or two sentences.
    state
        'holds', 'fails', 'not_applicable', 'not_tested' or 'figure'; 'delays' where what others pay first comes back.
    """

    name: str
    title: str
    verdict: str
    sentence: str
    state: str


_TITLES = {
    "full_allocation": ("Alles betaald", "All is paid"),
    "fair": ("Eerlijk vooraf", "Fair beforehand"),
    "translative": ("Vaste kosten blijven", "Sure costs stay"),
    "homogeneous": ("Andere munt", "Other currency"),
    "merger_neutral": ("Herindeling", "Merger"),
    "no_rip_off": ("Nooit meer dan alleen", "Never more than alone"),
    "monotone": ("Duurder is nooit winst", "More cost never pays"),
    "comonotone": ("Samen op en neer", "Up and down together"),
    "same_year": ("Extra kind, dit jaar", "Extra child, this year"),
    "lifetime": ("Extra kind, alle jaren", "Extra child, all years"),
}

_VERDICTS = {
    "holds": ("niet weerlegd", "not refuted"),
    "exact": ("ja", "yes"),
    "fails": ("nee", "no"),
    "not_applicable": ("n.v.t.", "n/a"),
    "not_tested": ("niet getoetst", "not tested"),
}

_PROMISES = {
    "full_allocation": ("Elke euro wordt gedragen door {whom}.", "Every euro is borne by {whom}."),
    "translative": (
        "Kosten die vooraf vaststaan, blijven bij de gemeente die ze heeft.",
        "A cost that is certain beforehand stays with its owner.",
    ),
    "homogeneous": (
        "In een andere munt, met alle bedragen omgerekend, verandert er niets.",
        "In another currency, with all amounts converted, nothing changes.",
    ),
    "merger_neutral": (
        "Gaan twee gemeenten samen, dan betaalt niemand meer of minder.",
        "If two municipalities merge, nobody pays more or less.",
    ),
    "no_rip_off": (
        "Niemand betaalt meer dan zij zelf hoogstens had kunnen kosten.",
        "Nobody pays more than it could have cost at most.",
    ),
    "monotone": (
        "Wie meer kosten maakt, betaalt dat jaar niet minder.",
        "Whoever costs more does not pay less that year.",
    ),
    "comonotone": (
        "Stijgt het totaal, dan gaat niemand minder betalen.",
        "Where the total rises, nobody pays less.",
    ),
}

_BROKEN = {
    "full_allocation": ("van {before} wordt {after} gedragen", "of {before} only {after} is borne"),
    "translative": ("{member} draagt daarvan zelf {rise}", "{member} bears {rise} of it itself"),
    "homogeneous": ("{member} betaalt {after} in plaats van {before}", "{member} pays {after} instead of {before}"),
    "merger_neutral": ("{member} betaalt {after} in plaats van {before}", "{member} pays {after} instead of {before}"),
    "no_rip_off": (
        "{member} betaalt {after}, terwijl zij zelf hoogstens {before} kon kosten",
        "{member} pays {after}, though it could cost {before} at most",
    ),
    "monotone": ("{member} betaalt {after} in plaats van {before}", "{member} pays {after} instead of {before}"),
    "comonotone": ("{member} betaalt {after} in plaats van {before}", "{member} pays {after} instead of {before}"),
}

_NOT_TESTED = {
    "fair": (
        "Zonder kostenmodel met een eindig gemiddelde is dit niet te zeggen.",
        "This cannot be told without a cost model that has a finite mean.",
    ),
    "law": (
        "De regel wordt vooraf uit een proefrun geleerd; daarvoor is dit hier niet getoetst.",
        "The rule is learnt beforehand from a pilot run; this is not tested for it here.",
    ),
}

_NOT_APPLICABLE = {
    "merger_neutral": (
        "Er zijn geen twee gemeenten voor wie alle artikelen hetzelfde gelden.",
        "There are no two municipalities for whom all articles hold alike.",
    ),
    "comonotone": (
        "Geldt alleen als enkel het totaal telt; hier telt ook van wie de kosten zijn, of van welke zorg.",
        "Holds only where nothing but the total counts; here it counts whose cost it is, or of which care.",
    ),
}


def card_rows(card: Card, say: Wording, names: Sequence[str], care_type: str) -> tuple[CardRow, ...]:
    """Return a card in words.

    Parameters
    ----------
    say
        Language, names of care types, currency.
    names
        Names of all members of the setting, in order.
    care_type
        Care type of the extra case, as an identifier; figures of others follow as a range.
    """
    rows = []
    for found in card.properties:
        exact = found.name == "fair" and found.verdict == "holds" and not found.tried
        verdict = say.pick(*_VERDICTS["exact" if exact else found.verdict])
        sentence = _fair(found, say, names) if found.name == "fair" else _sentence(found, card, say)
        rows.append(CardRow(found.name, say.pick(*_TITLES[found.name]), verdict, sentence, found.verdict))
    return (*rows, *_marginal(card.marginal, say, names, care_type))


def _sentence(found: Property, card: Card, say: Wording) -> str:
    if found.verdict == "not_tested":
        return say.pick(*_NOT_TESTED["law"])
    if found.verdict == "not_applicable":
        return say.pick(*_NOT_APPLICABLE[found.name])
    if found.verdict == "holds":
        beyond = [say.pick("een betaler van buiten", "a payer outside")] * card.outside
        beyond += [say.pick("een fonds", "a fund")] * card.fund
        whom = listed([say.pick("de gemeenten", "the municipalities"), *beyond], say.language)
        promise = say.pick(*_PROMISES[found.name]).format(whom=whom)
        count = say.number(found.tried)
        promise += say.pick(
            f" Niet weerlegd in {count} willekeurige gevallen.", f" Not refuted in {count} random cases."
        )
        if found.counterexample is None:
            return promise
        only = say.pick("Behalve waar verder geen zorg is", "Except where there is no other care")
        return f"{promise} {only}: {_shown(found, say)}."
    text = say.pick(f"Tegenvoorbeeld: {_shown(found, say)}.", f"Counterexample: {_shown(found, say)}.")
    below = found.facts.get("below", 0.0)
    if below:
        most = _euro(below, say)
        text += say.pick(
            f" Tot en met {most} per geval vonden wij geen tegenvoorbeeld.",
            f" Up to {most} a case no counterexample was found.",
        )
    return text


def _shown(found: Property, say: Wording) -> str:
    shown = found.counterexample
    assert shown is not None  # every failure but that of fairness has one
    amounts = {"before": shown.before, "after": shown.after, "rise": shown.after - shown.before}
    effect = say.pick(*_BROKEN[found.name]).format(
        member=shown.member, **{key: _euro(value, say) for key, value in amounts.items()}
    )
    return f"{_world(shown, say)}; {effect}"


def _world(shown: Counterexample, say: Wording) -> str:
    cases = [_case(case, say) for case in shown.cases]
    parts = [say.pick("een gewoon jaar", "a usual year")] if shown.usual else []
    parts += cases
    if shown.extra is not None:
        more = _case(shown.extra, say)
        if parts:
            return say.pick(f"bij {listed(parts, 'nl')} komt {more}", f"to {listed(parts, 'en')} comes {more}")
        return more
    return listed(parts, say.language) if parts else say.pick("een jaar zonder zorg", "a year without care")


def _case(case: Case, say: Wording) -> str:
    many = "" if case.count == 1 else f"{say.number(case.count)} × "
    return f"{many}{_euro(case.cost, say)} {say.scope([case.care_type])} in {case.member} ({case.year})"


def _euro(value: float, say: Wording) -> str:
    """Return whole euros, with a sign below 0; members pay in EUR whatever the currency of the agreement."""
    text = Wording(say.language).money(abs(value))
    return f"−{text}" if round(value) < 0 else text


def _fair(found: Property, say: Wording, names: Sequence[str]) -> str:
    if found.verdict == "not_tested":
        return say.pick(*_NOT_TESTED["fair"])
    facts = found.facts
    simulated, error = bool(found.tried), _euro(facts["error"], say)
    if found.verdict == "holds":
        if not simulated:
            return say.pick(
                "Iedereen betaalt naar verwachting wat zij zelf kost. Exact berekend.",
                "Everybody is expected to pay what it costs. Computed exactly.",
            )
        return say.pick(
            "Iedereen betaalt naar verwachting wat zij zelf kost, zover de simulatie laat zien (grootste verschil "
            f"{_euro(abs(facts['gap']), say)} ± {error} per jaar).",
            "Everybody is expected to pay what it costs, as far as the simulation shows (largest difference "
            f"{_euro(abs(facts['gap']), say)} ± {error} a year).",
        )
    member, gap = names[int(facts["member"])], facts["gap"]
    doubt = f" ± {error}" if simulated else ""
    share = say.number(100 * abs(facts["share"]), 1)
    nl, en = ("meer", "more") if gap > 0 else ("minder", "less")
    text = say.pick(
        f"{member} betaalt naar verwachting {_euro(abs(gap), say)}{doubt} per jaar {nl} dan zij zelf kost ({share}%), "
        "naar verhouding het meest van allen.",
        f"{member} is expected to pay {_euro(abs(gap), say)}{doubt} a year {en} than it costs ({share}%), relatively "
        "the most of all.",
    )
    total = facts["total"]
    if abs(total) < 5e-4:
        return text
    part = say.number(100 * abs(total), 1)
    return text + say.pick(
        f" Samen betalen zij {part}% {'meer' if total > 0 else 'minder'} dan zij kosten: de rest komt van buiten of "
        "zit in een fonds.",
        f" Together they pay {part}% {'more' if total > 0 else 'less'} than they cost: the rest comes from outside or "
        "is in a fund.",
    )


def _marginal(found: Marginal, say: Wording, names: Sequence[str], care_type: str) -> tuple[CardRow, CardRow]:
    group = found.group_of(care_type)
    now, later = float(found.same_year[group, 0]), float(found.lifetime[group, 0])
    top, top_later = float(found.top_same_year[group, 0]), float(found.top_lifetime[group, 0])
    member, case, heavy = names[found.members[0]], _euro(NEW_CASE, say), _euro(HEAVY_CASE, say)
    care = say.scope([care_type])

    def span(values: object) -> str:
        low, high = _two(float(values.min()), say), _two(float(values.max()), say)  # type: ignore[attr-defined]
        if low == high:
            return ""
        return say.pick(
            f" Over gemeenten en zorgvormen loopt dat van {low} tot {high}.",
            f" Over municipalities and forms of care that is {low} to {high}.",
        )

    one = say.pick(
        f"Van een nieuw kind van {case} ({care}) draagt {member} zelf {_two(now, say)} deel, en als een kind van "
        f"{heavy} zoveel duurder wordt {_two(top, say)} deel.",
        f"Of a new child of {case} ({care}) {member} bears {_two(now, say)} itself, and {_two(top, say)} if a child of "
        f"{heavy} gets dearer by as much.",
    )
    parts = dict.fromkeys([_two(later, say), _two(top_later, say)])
    both = listed(list(parts), say.language)
    two = say.pick(
        f"Over {found.years} jaar samen draagt zij daarvan {both} deel. {_delay(found, care_type, say)}",
        f"Over {found.years} years together it bears {both} of that. {_delay(found, care_type, say)}",
    )
    state = "delays" if found.delays(care_type) else "figure"
    return (
        CardRow("same_year", say.pick(*_TITLES["same_year"]), _two(now, say), one + span(found.same_year), "figure"),
        CardRow("lifetime", say.pick(*_TITLES["lifetime"]), _two(later, say), two, state),
    )


def _two(value: float, say: Wording) -> str:
    text = say.number(abs(value), 2)
    return f"−{text}" if value <= -0.005 else text


def _delay(found: Marginal, care_type: str, say: Wording) -> str:
    """Return what later years do to who bears an extra case."""
    back = found.paid_back(care_type)
    if back is None:
        return say.pick("Zij deelt deze kosten niet.", "It does not share this cost.")
    if found.drained(care_type) > SHARED:
        part = _two(found.drained(care_type), say)
        return say.pick(
            f"Na die jaren is daarvan {part} deel niet betaald: zoveel staat er minder in een fonds.",
            f"After those years {part} of it has not been paid: so much less is in a fund.",
        )
    if found.delays(care_type):
        return say.pick(
            "Dit stelt uit en deelt niet: wat anderen eerst voor haar betalen, betaalt zij in latere jaren vrijwel "
            "geheel terug.",
            "This delays, it does not pool: what others first pay for it, it pays back nearly all in later years.",
        )
    if back > SHARED:
        return say.pick(
            "Een deel van wat anderen eerst betalen, betaalt zij in latere jaren terug.",
            "Part of what others first pay, it pays back in later years.",
        )
    return say.pick(
        "In latere jaren betaalt zij daarvan niets terug: dit is delen.",
        "It pays none of it back in later years: this is pooling.",
    )
