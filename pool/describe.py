"""Describe: what an agreement does, in sentences and with one worked case.

The sentences come from the parts themselves and the amounts from `settle`, so a description cannot differ from
what is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from solidair.models.costs import CostModel
from solidair.models.problems import InputError
from solidair.models.regions import Region
from solidair.models.schema import in_language
from solidair.pool.agreements import Agreement, settle
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.study import Study, is_study, load_agreement

EXAMPLE_COST = 300_000.0
"""EUR in a year, of the child in the worked example."""

_LATER = {
    "nl": "Dit artikel werkt op wat de eerdere artikelen van de kosten van elk kind hebben overgelaten.",
    "en": "This article works on what the earlier articles have left of the cost of every child.",
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
    """An agreement in words."""

    name: str
    title: str
    summary: str
    source: str
    articles: tuple[Article, ...]
    example: Example | None


def describe(name: str, language: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the description of an agreement or a study, as plain data.

    Parameters
    ----------
    name
        A name that comes with solidair, or a path. What is both counts as a study.
    language
        'nl' or 'en'.
    overrides
        Values to set on top, each 'key=value'.

    The worked case of an agreement is that of the project around it, if there is one, or of the study 'haaglanden'.

    Raises
    ------
    InputError
        If it is neither, or something is wrong with it.
    """
    if is_study(name):
        study = Study.load(name, overrides)
        agreements = [asdict(described(a, study.region, study.costs, language)) for a in study.agreements]
        return {"title": study.title[language], "agreements": agreements}
    own = [text for text in overrides if text.strip().startswith("agreements.")]
    agreement = load_agreement(name, own)
    study = _study_around(name, [text for text in overrides if text not in own])
    # An agreement of another region, with a fixed key for its own members, is told without the worked case.
    fits = not agreement.faults(study.region, study.costs.ids)
    example = worked_example(agreement, study.region, study.costs, language) if fits else None
    return {"title": None, "agreements": [asdict(_in_words(agreement, study.costs, language, example))]}


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
    )


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
