"""Describe: what an agreement does, in sentences and with one worked case; and the years and care types of a study.

The sentences come from the parts themselves and the amounts from `settle`, so a description cannot differ from
what is computed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem, nearest
from solidair.models.regions import Region
from solidair.models.schema import in_language
from solidair.models.sources.regions import read_region
from solidair.pool.agreements import Agreement
from solidair.pool.changes import change_words, late_words, ordered
from solidair.pool.clauses import Clause
from solidair.pool.describe_care import care_description, study_facts
from solidair.pool.example import Example, example_case, worked_example
from solidair.pool.fair import Known, known_of
from solidair.pool.mergers import merger_words
from solidair.pool.parts.words import NO_BREAK, Wording
from solidair.pool.properties import property_card
from solidair.pool.property_words import CardRow, card_rows
from solidair.pool.setting import Setting
from solidair.pool.study import Study, builtin, is_study, load_agreement

_LATER = {
    "nl": "Dit artikel werkt op wat de eerdere artikelen van de kosten van elk kind hebben overgelaten.",
    "en": "This article works on what the earlier articles have left of the cost of every child.",
}

_LEVEL = {
    "nl": "De bedragen per kind blijven elk jaar zoals zij er staan (indexed = false).",
    "en": "Amounts per child stay as they are written in every year (indexed = false).",
}
_INDEXED = {
    "nl": "De bedragen per kind gelden in het eerste jaar en stijgen daarna elke 1 januari mee met de prijsindex.",
    "en": "Amounts per child hold in the first year and rise with the price index on every 1 January after it.",
}
_ASSUMED = {
    "nl": "Jaren vóór het eerste jaar zijn hier genomen zoals het kostenmodel ze verwacht: er is geen geschiedenis.",
    "en": "Years before the first one are taken here as the cost model expects them: there is no history.",
}


@dataclass(frozen=True)
class Article:
    """A clause in words."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """An agreement in words.

    Parameters
    ----------
    notes
        Who joins and leaves, what index and amounts have to do with each other, and what was assumed of the past.
    card
        Its properties, one row each.
    missing
        What is not there, so that there is neither example nor card.
    """

    name: str
    title: str
    summary: str
    source: str
    articles: tuple[Article, ...]
    example: Example | None
    notes: tuple[str, ...] = ()
    card: tuple[CardRow, ...] = ()
    missing: tuple[str, ...] = ()


def describe(name: str, language: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the description of an agreement, a study or a care type, as plain data.

    Parameters
    ----------
    name
        A name that comes with solidair, a path, or the identifier of a care type of the cost model of the project in
        this folder, or else of 'haaglanden'. What is both counts as a study.
    language
        'nl' or 'en'.
    overrides
        Values to set on top, each 'key=value'.

    The worked case of an agreement is that of the project around it, if there is one, or of the study 'haaglanden'.

    Raises
    ------
    InputError
        If it is none of these, or something is wrong with it.
    """
    try:
        whole = is_study(name)
    except InputError:
        study = _study_around(name, overrides) if re.fullmatch(r"[\w-]+", name) else None
        if study is None or name not in study.costs.ids:
            near = None if study is None else nearest(name, study.costs.ids)
            if near is None:
                raise
            rule = "there is no study, agreement or form of care of this name"
            raise InputError([Problem(name, "name", "", rule, f"Did you mean '{near}'?")]) from None
        care = asdict(care_description(study, name, language))
        return {"title": None, "facts": (), "agreements": [], "care_types": [care]}
    if whole:
        study = Study.load(name, overrides)
        known = _known(study, study.agreements)
        agreements = [asdict(described(a, study, language, known.get(a.name))) for a in study.agreements]
        cares = [asdict(care_description(study, id_, language)) for id_ in study.costs.ids]
        facts = study_facts(study, language)
        return {"title": study.title[language], "facts": facts, "agreements": agreements, "care_types": cares}
    own = [text for text in overrides if text.strip().startswith("agreements.")]
    agreement = load_agreement(name, own)
    study = _study_around(name, [text for text in overrides if text not in own])
    return {"title": None, "facts": (), "agreements": [asdict(described(agreement, study, language))], "care_types": []}


def _study_around(name: str, overrides: Sequence[str]) -> Study:
    """Return the study of the folder that an agreement stands in, or of the one above; else 'haaglanden'."""
    for folder in (Path(name).parent, Path(name).parent.parent):
        if (folder / "study.toml").is_file():
            try:
                return Study.load(folder, overrides)
            except InputError:
                break  # an agreement can be read even if the study around it has faults
    return Study.load("haaglanden", overrides)


def described(agreement: Agreement, study: Study, language: str, known: Known | None = None) -> Description:
    """Return an agreement in words, with a worked case in the smallest member of the region of a study and its card.

    Past years that no history gives are taken as the cost model expects them. Where other data is missing, or the
    agreement is about other members, there is neither case nor card, and it is said what is missing.

    Parameters
    ----------
    known
        What is known of the agreement already; it is worked out if left out.
    """
    names = _known_names() | names_of(study.region)
    words = _in_words(agreement, study.costs, language, None, names, study.setting)
    say = _wording(agreement, study.costs, language, names)
    whole = with_past(study)
    strange = strangers(agreement, study.region)
    missing = [_strangers_words(agreement, strange, study, say)] if strange else []
    faults = agreement.faults(whole.setting)
    missing += [_with_article(problem, say) for problem in faults if problem.value not in strange]
    if not missing and known is None:
        try:
            known = known_of(whole, [agreement])[agreement.name]
        except InputError as error:  # a rule cannot be learnt from these costs
            missing = [_with_article(problem, say) for problem in error.problems]
    if missing or known is None:
        return replace(words, missing=tuple(dict.fromkeys(missing)))
    setting, costs = whole.setting, study.costs
    example = worked_example(agreement, setting, costs, language, known.laws)
    card = property_card(agreement, setting, gaps=known.gaps, laws=known.laws)
    care_type = example_case(agreement, setting, costs)[1]
    rows = card_rows(card, say, [str(name) for name in study.region.names], care_type)
    assumed = (_ASSUMED[language],) if agreement.faults(study.setting) else ()
    return replace(words, example=example, card=rows, notes=(*words.notes, *assumed))


def _with_article(problem: Problem, say: Wording) -> str:
    """Return what is wrong, with the number of the article that asks for it."""
    article = re.match(r"clauses\.([0-9]+)", problem.where)
    found = f" ({problem.value})" if problem.value not in problem.rule else ""
    return f"{say.pick('artikel', 'article')} {article[1]}: {problem.rule}{found}" if article else problem.rule


def in_words(agreement: Agreement, study: Study, language: str) -> Description:
    """Return an agreement in words only, without a worked case or a card: those take time."""
    return _in_words(agreement, study.costs, language, None, _known_names() | names_of(study.region), study.setting)


def with_past(study: Study) -> Study:
    """Return a study in which past years that it has no history of are as the cost model expects."""
    return study if study.history_assumed else replace(study, history_assumed=True)


def _known(study: Study, agreements: Sequence[Agreement]) -> dict[str, Known]:
    """Return what is known of agreements at once; nothing if one of them cannot be learnt."""
    try:
        return known_of(with_past(study), agreements)
    except InputError:
        return {}


def strangers(agreement: Agreement, region: Region) -> list[str]:
    """Return the codes that an agreement names and that are no members of a region, in the order of the file."""
    codes = {str(code) for code in region.codes}
    return [code for code in _named(agreement) if code not in codes]


def _named(agreement: Agreement) -> list[str]:
    """Return the codes of all members that an agreement names."""
    named = [code for clause in agreement.spec.clauses if clause.members != "all" for code in clause.members]
    return list(dict.fromkeys([*named, *(change.member for change in agreement.spec.changes)]))


def _strangers_words(agreement: Agreement, codes: Sequence[str], study: Study, say: Wording) -> str:
    """Return that an agreement is about members of another region, and how to see it there."""
    here, who, named = study.region.title, say.members(codes), set(_named(agreement))
    text = say.pick(
        f"de overeenkomst gaat over gemeenten die niet in {here} liggen: {who}",
        f"the agreement is about members that are not in {here}: {who}",
    )
    regions = {name: read_region(file) for name, file in builtin("regions").items()}
    fits = [name for name, region in regions.items() if named <= {str(code) for code in region.codes}]
    if not fits:
        return text
    how = f"--set region={min(fits, key=lambda name: len(regions[name].members))}"
    since = [change.first for change in agreement.spec.changes if change.open_cases == "occurrence"]
    if min(since, default=study.settings.first_year) < study.settings.first_year:
        how += f" --set settings.first_year={min(since)}"
    return text + say.pick(f". Met {how} is het te zien", f". {how} shows it")


def _known_names() -> dict[str, str]:
    """Return the names of all members of the regions that come with solidair, by CBS code."""
    regions = [read_region(file) for file in builtin("regions").values()]
    return {code: name for region in regions for code, name in names_of(region).items()}


def names_of(region: Region) -> dict[str, str]:
    """Return the names of members by CBS code."""
    return {member.code: member.name for member in region.members}


def _in_words(
    agreement: Agreement,
    costs: CostModel,
    language: str,
    example: Example | None,
    names: Mapping[str, str],
    setting: Setting,
) -> Description:
    say = _wording(agreement, costs, language, names)
    articles = tuple(
        Article(
            clause.title[language],
            (
                *_whom_and_when(clause, say),
                *([_LATER[language]] if number else []),
                clause.take.words(say),
                clause.pot.words(say),
                *([clause.charge.words(say)] if clause.pot.bills else []),
            ),
        )
        for number, clause in enumerate(agreement.spec.clauses)
    )
    spec = agreement.spec
    return Description(
        agreement.name,
        spec.title[language],
        spec.summary[language],
        in_language(spec.source, language),
        articles,
        example,
        (*_changes(agreement, say, setting), *_money(agreement, say), *_notes(agreement, costs, language)),
    )


def _wording(agreement: Agreement, costs: CostModel, language: str, names: Mapping[str, str]) -> Wording:
    currency = "EUR" if agreement.spec.money is None else agreement.spec.money.currency
    return Wording.of(language, costs.care_types, names, currency)


def _whom_and_when(clause: Clause, say: Wording) -> tuple[str, ...]:
    """Return for whom and when a clause holds, where that is not everybody and always."""
    whom = when = ""
    if clause.members != "all":
        whom = say.pick(" voor ", " for ") + say.members(clause.members)
    if clause.alliance:
        whom = f"{whom or say.pick(' voor alle gemeenten', ' for all municipalities')} ({clause.alliance})"
    first, last = clause.years.first, clause.years.last
    if first is not None and last is not None:
        when = say.pick(f" van {first} tot en met {last}", f" from {first} to {last}")
    elif first is not None:
        when = say.pick(f" vanaf {first}", f" from {first} on")
    elif last is not None:
        when = say.pick(f" tot en met {last}", f" until {last}")
    return (say.pick(f"Dit artikel geldt{whom}{when}.", f"This article holds{whom}{when}."),) if whom or when else ()


def _money(agreement: Agreement, say: Wording) -> tuple[str, ...]:
    """Return what the amounts of an agreement are here, if it writes them in other money."""
    money = agreement.spec.money
    if money is None:
        return ()
    parts = []
    if money.currency != "EUR":
        euro = f"{say.pick('€', 'EUR')}{NO_BREAK}{say.number(money.euro, 3)}"
        parts.append(f"{money.currency}{NO_BREAK}1 = {euro}")
    if money.level != 1:
        times = say.number(money.level, 2)
        parts.append(say.pick(f"prijspeil maal {times}", f"price level times {times}"))
    source = in_language(money.source, say.language)
    here = say.pick("Zo tellen de bedragen hier", "What the amounts are here")
    return (f"{here}: {', '.join(parts)} ({source}).",)


def _changes(agreement: Agreement, say: Wording, setting: Setting) -> tuple[str, ...]:
    """Return who joins, leaves and merges, in the order of the years, and which of it comes too late to be seen."""
    changes = [change for _, change in ordered(agreement.spec.changes)]
    late = [late_words(change, setting.calendar[-1], say) for change in changes]
    merged = merger_words(setting.mergers, agreement.spec.clauses, setting, say)
    return (*(change_words(change, say) for change in changes), *(note for note in late if note), *merged)


def _notes(agreement: Agreement, costs: CostModel, language: str) -> tuple[str, ...]:
    """Return what becomes of amounts per child in later years, where there are such amounts."""
    if not any(clause.take.kind in ("excess", "tier") for clause in agreement.spec.clauses):
        return ()
    if not agreement.spec.indexed:
        return (_LEVEL[language],)
    rises = costs.spec.index is not None and costs.spec.index.value != 0
    return (_INDEXED[language],) if rises else ()
