"""Describe: what an agreement does, in sentences and with one worked case; and the years and care types of a study.

The sentences come from the parts themselves and the amounts from `settle`, so a description cannot differ from
what is computed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from solidair.models.costs import CostModel
from solidair.models.problems import InputError, Problem, nearest
from solidair.models.regions import Region
from solidair.models.schema import in_language
from solidair.pool.agreements import Agreement, settle
from solidair.pool.describe_care import care_description, study_facts
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.study import Study, is_study, load_agreement

EXAMPLE_COST = 300_000.0
"""EUR in a year, of the child in the worked example."""

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


@dataclass(frozen=True)
class Article:
    """A clause in words."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """One case in the smallest member: who pays what."""

    member: str
    care_type: str
    cost: float
    pays: Mapping[str, float]


@dataclass(frozen=True)
class Description:
    """An agreement in words; `notes` says what index and amounts have to do with each other, if anything."""

    name: str
    title: str
    summary: str
    source: str
    articles: tuple[Article, ...]
    example: Example | None
    notes: tuple[str, ...] = ()


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
        agreements = [asdict(described(a, study.region, study.costs, language)) for a in study.agreements]
        cares = [asdict(care_description(study, id_, language)) for id_ in study.costs.ids]
        facts = study_facts(study, language)
        return {"title": study.title[language], "facts": facts, "agreements": agreements, "care_types": cares}
    own = [text for text in overrides if text.strip().startswith("agreements.")]
    agreement = load_agreement(name, own)
    study = _study_around(name, [text for text in overrides if text not in own])
    # An agreement of another region, with a fixed key for its own members, is told without the worked case.
    fits = not agreement.faults(study.region, study.costs.ids)
    example = worked_example(agreement, study.region, study.costs, language) if fits else None
    described_ = asdict(_in_words(agreement, study.costs, language, example))
    return {"title": None, "facts": (), "agreements": [described_], "care_types": []}


def _study_around(name: str, overrides: Sequence[str]) -> Study:
    """Return the study of the folder that an agreement stands in, or of the one above; else 'haaglanden'."""
    for folder in (Path(name).parent, Path(name).parent.parent):
        if (folder / "study.toml").is_file():
            try:
                return Study.load(folder, overrides)
            except InputError:
                break  # an agreement can be read even if the study around it has faults
    return Study.load("haaglanden", overrides)


def described(agreement: Agreement, region: Region, costs: CostModel, language: str) -> Description:
    """Return an agreement in words, with a worked case in the smallest member of the region."""
    return _in_words(agreement, costs, language, worked_example(agreement, region, costs, language))


def _in_words(agreement: Agreement, costs: CostModel, language: str, example: Example | None) -> Description:
    labels = {care.id: care.label[language] for care in costs.care_types}
    articles = tuple(
        Article(
            clause.title[language],
            (
                *([_LATER[language]] if number else []),
                clause.take.words(language, labels),
                clause.pot.words(language),
                clause.charge.words(language),
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
        _notes(agreement, costs, language),
    )


def _notes(agreement: Agreement, costs: CostModel, language: str) -> tuple[str, ...]:
    """Return what becomes of amounts per child in later years, where there are such amounts."""
    if not any(clause.take.kind == "excess" for clause in agreement.spec.clauses):
        return ()
    if not agreement.spec.indexed:
        return (_LEVEL[language],)
    rises = costs.spec.index is not None and costs.spec.index.value != 0
    return (_INDEXED[language],) if rises else ()


def worked_example(agreement: Agreement, region: Region, costs: CostModel, language: str) -> Example:
    """Return who pays for one child of EUR 300,000 in the smallest member, by the same code that settles a year.

    The child is in the care type in which such a cost is likeliest.
    """
    smallest = min(range(len(region.members)), key=lambda i: region.members[i].youth)
    rates = zip(costs.ids, costs.clients_per_youth, costs.severities, strict=True)
    care_type = max(rates, key=lambda entry: entry[1] * float(entry[2].sf(EXAMPLE_COST)))[0]
    measures = measures_for(costs.ids, agreement.rules(costs.ids))
    claims = measure_cases(measures, len(region.members), [smallest], [care_type], [EXAMPLE_COST])
    ledger = settle(agreement, claims[:, None, None, :], measures, region)
    pays = {m.name: float(x) for m, x in zip(region.members, ledger.contribution[0, 0], strict=True)}
    label = next(care.label[language] for care in costs.care_types if care.id == care_type)
    return Example(region.members[smallest].name, label, EXAMPLE_COST, pays)
