"""Describe the years of a study and its forms of care: in sentences that come from the cost model itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solidair.models.duration import YEAR
from solidair.models.episodes import Episode
from solidair.models.severity import Severity
from solidair.pool.parts.words import money, number, percent
from solidair.pool.study import Study

LINE = 100_000.0
"""EUR in a year above which a child counts as expensive in the description of a form of care."""


@dataclass(frozen=True)
class CareDescription:
    """A form of care in words and in figures.

    Parameters
    ----------
    name, label
        Identifier, and name for readers.
    sentences
        What the cost model says about it.
    clients
        Expected clients a year in the region at need 1.
    cost
        Mean cost of a client in a year, EUR of the price level.
    stay_years
        Mean length of a stay once the age limit counts; None where cases are of a single year.
    entries
        Stays that start in a year in the region; None as above.
    tariff
        Mean tariff, EUR per day; None as above.
    """

    name: str
    label: str
    sentences: tuple[str, ...]
    clients: float
    cost: float
    stay_years: float | None = None
    entries: float | None = None
    tariff: float | None = None


def care_description(study: Study, name: str, language: str) -> CareDescription:
    """Return one form of care of a study in words; its identifier must be there."""
    costs, region = study.costs, study.region
    place = costs.ids.index(name)
    care, episode, severity = costs.care_types[place], costs.episodes[place], costs.severities[place]
    spec = costs.spec.care_types[name]
    youth = sum(member.youth for member in region.members)
    clients = float(costs.clients_per_youth[place]) * youth
    rate = number(spec.clients_per_1000.value, language, 0 if spec.clients_per_1000.value >= 100 else 2)
    where = region.title
    said = {
        "nl": f"Per jaar zijn er {rate} cliënten per 1.000 jeugdigen; in {where} zijn dat er ongeveer "
        f"{_count(clients, 'nl')}.",
        "en": f"There are {rate} clients per 1,000 youths in a year; in {where} that is about {_count(clients, 'en')}.",
    }
    sentences = [said[language]]
    if episode is None:
        sentences += _yearly(severity.mean, float(severity.support[1]), language)
        found = CareDescription(name, care.label[language], (), clients, severity.mean)
    else:
        entries = clients * episode.entries_per_client
        sentences += _stays(episode, entries, where, language)
        stay = episode.duration.mean / YEAR
        found = CareDescription(
            name, care.label[language], (), clients, severity.mean, stay, entries, float(episode.law.mean)
        )
    sentences.append(_expensive(float(severity.sf(LINE)), language))
    sentences += _chance(study, name, language)
    return CareDescription(**{**found.__dict__, "sentences": tuple(sentences)})


def study_facts(study: Study, language: str) -> tuple[str, ...]:
    """Return what a reader must know about the years of a study: which, how they start, what prices do."""
    return (*_years(study, language), *_start(study, language), *_prices(study, language), *_doubt(study, language))


# --- a form of care


def _count(value: float, language: str) -> str:
    return number(value, language, 0 if value >= 9.95 else 1)


def _stays(episode: Episode, entries: float, where: str, language: str) -> list[str]:
    """Return the sentences on stays that last over years."""
    duration, law = episode.duration, episode.law
    stay, bare = duration.mean / YEAR, duration.ageless.mean / YEAR
    years = {"nl": "jaar", "en": "years"}[language]
    mean, without = (f"{number(x, language, 1 if x >= 0.95 else 2)} {years}" for x in (stay, bare))
    found = []
    if duration.ages is None:
        nl, en = f"Een verblijf duurt gemiddeld {mean}.", f"A stay lasts {mean} on average."
        found.append({"nl": nl, "en": en}[language])
    else:
        ages = duration.ages
        low, high, leaves = (
            number(a, language, 0 if a == int(a) else 1) for a in (ages.low, ages.high, ages.leaves_at)
        )
        found.append(
            {
                "nl": f"Een verblijf duurt gemiddeld {mean} ({without} als er geen leeftijdsgrens was).",
                "en": f"A stay lasts {mean} on average ({without} if there were no age limit).",
            }[language]
        )
        enters = (f"op {low} jaar", f"at age {low}") if low == high else (
            f"tussen {low} en {high} jaar", f"between the ages of {low} and {high}"
        )  # fmt: skip
        found.append(
            {
                "nl": f"Kinderen komen binnen {enters[0]}, gelijkmatig verdeeld, en blijven hoogstens tot {leaves} "
                "jaar.",
                "en": f"Children enter {enters[1]}, spread evenly, and stay until age {leaves} at the latest.",
            }[language]
        )
    open_ = entries * duration.mean / YEAR
    found.append(
        {
            "nl": f"In {where} beginnen er ongeveer {_count(entries, 'nl')} per jaar; op een dag zijn er ongeveer "
            f"{_count(open_, 'nl')} open.",
            "en": f"In {where} about {_count(entries, 'en')} start in a year; on a day about {_count(open_, 'en')} are "
            "open.",
        }[language]
    )
    price, most = money(float(law.mean), language), float(law.support[1])
    if isinstance(episode.tariff, Severity) and np.isfinite(most):
        nl = f"Een etmaal kost gemiddeld {price}, hoogstens {money(most, 'nl')}."
        en = f"A day costs {price} on average, at most {money(most, 'en')}."
    else:
        nl, en = f"Een etmaal kost gemiddeld {price}.", f"A day costs {price} on average."
    found.append({"nl": nl, "en": en}[language])
    return found


def _expensive(share: float, language: str) -> str:
    """Return how many clients cost more in a year than the line, before price shocks."""
    line, above = money(LINE, language), percent(round(share, 3), language)
    if share < 0.0005:
        who = {
            "nl": "Geen cliënt" if share == 0.0 else "Bijna geen cliënt",
            "en": "No client" if share == 0.0 else "Hardly any client",
        }
        return {
            "nl": f"{who['nl']} kost in een jaar meer dan {line}.",
            "en": f"{who['en']} costs more than {line} in a year.",
        }[language]
    return {
        "nl": f"Van de cliënten kost {above} in een jaar meer dan {line}.",
        "en": f"Of the clients {above} cost more than {line} in a year.",
    }[language]


def _yearly(mean: float, most: float, language: str) -> list[str]:
    """Return the sentences on cases of a single year."""
    top = {"nl": f", hoogstens {money(most, 'nl')}", "en": f", at most {money(most, 'en')}"}[language]
    bound = top if np.isfinite(most) else ""
    return [
        {
            "nl": f"Een cliënt kost in een jaar gemiddeld {money(mean, 'nl')}{bound}. Elk jaar wordt opnieuw geloot "
            "wie cliënt is en wat die kost.",
            "en": f"A client costs {money(mean, 'en')} in a year on average{bound}. Who is a client, and at what "
            "cost, is drawn anew in every year.",
        }[language]
    ]


def _chance(study: Study, name: str, language: str) -> list[str]:
    """Return the sentences on over-dispersion, index and moves, as far as they are there."""
    spec, found = study.costs.spec.care_types[name], []
    if spec.overdispersion_size is not None:
        size = number(spec.overdispersion_size.value, language, 0 if spec.overdispersion_size.value >= 10 else 1)
        lasts = spec.overdispersion_persistence
        kept = "" if lasts is None else number(lasts.value, language, 1 if round(lasts.value, 1) == lasts.value else 2)
        nl = f"De aantallen lopen meer uiteen dan door zuiver toeval (negatief-binomiaal, omvang {size})"
        en = f"Numbers differ more than by pure chance (negative binomial, size {size})"
        if kept:
            nl += f"; de samenhang van dat verschil met dat van het jaar ervoor is {kept}"
            en += f"; the correlation of that difference with the year before is {kept}"
        found.append({"nl": f"{nl}.", "en": f"{en}."}[language])
    if spec.index is not None:
        rise = percent(spec.index.value, language)
        found.append(
            {"nl": f"De prijs stijgt met {rise} per jaar.", "en": f"Its price rises by {rise} a year."}[language]
        )
    if spec.moves is not None and spec.moves.value > 0:
        share = percent(spec.moves.value, language)
        found.append(
            {
                "nl": f"Elk jaar verandert bij {share} van de kinderen de gemeente die betaalt.",
                "en": f"In every year the paying municipality changes for {share} of the children.",
            }[language]
        )
    return found


# --- the years of a study


def _years(study: Study, language: str) -> list[str]:
    first, years = study.settings.first_year, study.settings.years
    sims = number(study.settings.sims, language)
    if years == 1:
        nl, en = (
            f"Eén begrotingsjaar, {first}, {sims} keer gesimuleerd.",
            f"One budget year, {first}, simulated {sims} times.",
        )
        return [{"nl": nl, "en": en}[language]]
    last = first + years - 1
    return [
        {
            "nl": f"{years} begrotingsjaren achter elkaar, {first} tot en met {last}, {sims} keer gesimuleerd.",
            "en": f"{years} budget years in a row, {first} to {last}, simulated {sims} times.",
        }[language]
    ]


def _start(study: Study, language: str) -> list[str]:
    known = study.open_cases
    if not any(episode is not None for episode in study.costs.episodes):
        return []
    if known is None:
        return [
            {
                "nl": "Begin: zoveel open verblijven als past bij een toestand die niet verandert.",
                "en": "Start: as many open stays as fit a state that does not change.",
            }[language]
        ]
    count, listed = number(len(known), language), len(set(known.codes))
    rest = len(study.region.members) - listed
    nl = f"Begin: {count} verblijven van {listed} gemeenten die op {known.reference:%d-%m-%Y} echt open waren"
    en = f"Start: {count} stays of {listed} municipalities that were really open on {known.reference:%Y-%m-%d}"
    if rest:
        nl += f"; de andere {rest} beginnen met zoveel als past bij een toestand die niet verandert"
        en += f"; the other {rest} start with as many as fit a state that does not change"
    return [{"nl": f"{nl}.", "en": f"{en}."}[language]]


def _prices(study: Study, language: str) -> list[str]:
    costs = study.costs
    index, growth = costs.spec.index, costs.spec.volume_growth
    level, found = costs.spec.price_level, []
    own = any(care.index is not None for care in costs.spec.care_types.values())
    if index is None and not own:
        nl = f"Prijzen: zonder index, alle jaren op het prijspeil van het kostenmodel, {level}."
        en = f"Prices: no index, all years at the price level of the cost model, {level}."
    else:
        rise = percent(0.0 if index is None else index.value, language)
        first = study.settings.first_year
        nl = (
            f"Prijzen: in {first} op het prijspeil van het kostenmodel, {level}. Daarna stijgen prijzen en begrotingen "
            f"met {rise} per jaar{', sommige zorgvormen anders' if own else ''}."
        )
        en = (
            f"Prices: in {first} at the price level of the cost model, {level}. After that prices and budgets rise by "
            f"{rise} a year{', some forms of care differently' if own else ''}."
        )
    found.append({"nl": nl, "en": en}[language])
    if growth is not None and growth.value != 0:
        rate = percent(growth.value, language)
        nl, en = f"Het aantal cliënten groeit met {rate} per jaar.", f"The number of clients grows by {rate} a year."
        found.append({"nl": nl, "en": en}[language])
    return found


def _doubt(study: Study, language: str) -> list[str]:
    costs, found = study.costs, []
    if costs.spec.dependence is not None:
        law = costs.spec.dependence.law
        dutch = {"gaussian": "Gauss"}.get(law, law)
        nl, en = f"Aantallen hangen samen door een {dutch}-copula.", f"Numbers depend on each other by a {law} copula."
        found.append({"nl": nl, "en": en}[language])
    if costs.uncertain:
        count = len(costs.uncertain)
        found.append(
            {
                "nl": f"Cijfers met een standaardfout, die voor elk pad worden geloot: {count}.",
                "en": f"Figures with a standard error, which are drawn for every path: {count}.",
            }[language]
        )
    return found
