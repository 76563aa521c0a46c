"""What the pages show of the files that a user writes: every key of studies, cost models, agreements and open stays."""

from __future__ import annotations

from typing import Any

from generated import code, generated, table
from pydantic import BaseModel

from solidair.models.cost_spec import CareTypeSpec, CostModelSpec, DependenceSpec, PersonsSpec, ShockSpec
from solidair.models.episode_spec import DURATIONS
from solidair.models.schema import Quantity
from solidair.models.sources.open_cases import COLUMNS
from solidair.pool.agreements import AgreementSpec, Clause, Money
from solidair.pool.batch import StudyEntry
from solidair.pool.changes import Exit
from solidair.pool.clauses import Years
from solidair.pool.finance.spec import FinanceSpec, ReserveSpec
from solidair.pool.mergers import MergerSpec
from solidair.pool.parts.pots import FullPot
from solidair.pool.study_spec import HistorySpec, OpenCasesSpec, Settings, StudySpec

_FILES: dict[str, tuple[tuple[str, type[BaseModel]], ...]] = {
    "study": (
        ("", StudySpec),
        ("settings.", Settings),
        ("open_cases.", OpenCasesSpec),
        ("history.", HistorySpec),
        ("mergers.", MergerSpec),
        ("finance.", FinanceSpec),
        ("finance.reserve.", ReserveSpec),
    ),
    "costs": (
        ("", CostModelSpec),
        ("volume.national.", ShockSpec),
        ("dependence.", DependenceSpec),
        ("persons.", PersonsSpec),
        ("care_types.NAME.", CareTypeSpec),
    ),
    "agreement": (
        ("", AgreementSpec),
        ("money.", Money),
        ("clauses.", Clause),
        ("clauses.years.", Years),
        ("changes.", Exit),
    ),
    "number": (("", Quantity),),
    "batch": (("studies.", StudyEntry),),
}

_WORDS = {
    StudySpec: {
        "title": "title in the two languages, `nl` and `en`",
        "region": "name of a region that comes with solidair, or a CSV file beside the study",
        "costs": "name of a cost model, or a TOML file beside the study",
        "agreements": "names, or TOML files beside the study; at least one",
        "reference": "name of one of these agreements, with which the others are compared too",
        "open_cases": "table: your own stays that are open at the start; without it the start is in steady state",
        "history": "table: what past years have brought, for agreements that look back",
        "mergers": "list of tables: municipalities that become one",
        "finance": "table: the certainty that councils ask for, and the reserve",
        "settings": "table: how much is simulated",
    },
    StudyEntry: {
        "study": "name of a study that comes with solidair, or a file or folder beside the list",
        "name": "name of its folder in the output; that of the study if left out",
        "set": "list of values on top of its files, each as after `--set`",
        "members": "who gets a fact sheet: `all`, or codes and names with commas between them",
        "workbook": "whether an Excel workbook is written",
    },
    FinanceSpec: {
        "certainty": "certainty with which the required capacity suffices, where the region file has none of its own",
        "reserve": "table: a reserve that every member keeps by itself; without it no path of a reserve is shown",
    },
    ReserveSpec: {
        "opening": "EUR per inhabitant at the start; the column `buffer_eur` of the region if left out",
        "contribution": "what is put in at the start of every year on top of the budget, a share of the youth budget",
        "interest": "interest a year on the balance with the contribution, such as 0.02",
        "floor": "least at the end of a year, EUR per inhabitant; below it the member is called to pay",
        "cap": "most at the end of a year, EUR per inhabitant; the rest goes back",
        "safety": "chance with which the reserve must last all years, for the opening balance that this requires",
    },
    MergerSpec: {
        "codes": "CBS codes of those that merge",
        "into": "the code of one of them, under which results are shown, or a new name",
        "year": "first calendar year in which they are one",
    },
    Settings: {
        "sims": "simulated paths",
        "seed": "the number from which all chance follows",
        "first_year": "calendar year of the first budget year; it decides which years have 366 days",
        "years": "budget years that every path covers, from 1 to 50",
    },
    OpenCasesSpec: {
        "file": "CSV file beside the study, see [open stays](#open-stays)",
        "reference": "the day on which the stays are open, at the latest 1 January of the first year: a TOML date",
    },
    HistorySpec: {
        "file": "CSV file beside the study, see [past years](#past-years)",
        "assumed": "whether years that are not in the file, or all without one, are as the cost model expects",
    },
    CostModelSpec: {
        "title": "title in the two languages",
        "price_level": "year of the prices; those of the first budget year are taken to be these",
        "currency": "only EUR",
        "national_youth": "youths in the country, to scale anchors",
        "budget_per_youth": "budget of a member whose own is not in the region file",
        "index": "rise of prices, budgets and indexed amounts, a share a year",
        "volume_growth": "growth of the number of clients, a share a year",
        "need_spread": "shock table: how much need differs between members whose need is not known",
        "volume": "shock tables `national`, `regional` and `local` on the number of clients",
        "price": "the same on the price",
        "dependence": "table: a copula on the over-dispersion of care types",
        "persons": "table: how clients add up to children",
        "care_types": "one table per care type, by its identifier",
        "anchors": "published figures that the model must reproduce; see `costs.toml` of `solidair init`",
    },
    ShockSpec: {
        "law": "`lognormal` or `gamma`, with mean one",
        "sd": "number: standard deviation, from 0 (switched off) to 2",
        "persistence": "number: correlation of the normal scores of a year and the next, from 0 to 1",
    },
    DependenceSpec: {
        "law": "`gaussian`, or `t`, whose extremes go together too",
        "degrees_of_freedom": "number: of the t copula only, whole, from 2 to 60",
        "between_members": "number: correlation of one care type in two members",
        "between_care_types": "number: correlation of two care types in one member; both together at most 1",
    },
    PersonsSpec: {
        "per_person_without_stay": "number: clients per child with care without stay",
        "per_person_with_stay": "number: clients per child with stay",
        "per_person_overall": "number: groups of care per child",
    },
    CareTypeSpec: {
        "label": "name for readers in the two languages",
        "iv3": "list of Iv3 task fields",
        "ijw": "list of iJw product categories",
        "stay": "whether the child lives outside the home; used by anchors",
        "clients_per_1000": "number: children seen in a year per 1,000 youths, at need 1",
        "overdispersion_size": "number: negative binomial size; without it counts are Poisson given the shocks",
        "overdispersion_persistence": "number: correlation of the normal scores of its shock in a year and the next",
        "volume": "shock tables `national` and `regional` of this care type alone, on top of those of all",
        "price": "shock tables `national`, `regional` and `local` of this care type alone",
        "index": "number: rise of the price of this care type, in place of that of the model",
        "moves": "number: share of the children in care whose payer changes on 1 January; episodes only",
        "severity": "table: yearly cost of a client, see [families](model.md#families-of-severity)",
        "episode": "table: stays over years, in place of a severity; see [episodes](#episodes)",
    },
    AgreementSpec: {
        "title": "title in the two languages",
        "summary": "what it does, in a sentence or two, in the two languages",
        "source": "where it comes from: one text, or one per language",
        "indexed": "whether amounts per child rise with the price index every 1 January; false keeps them as written",
        "origin": "`netherlands`, `abroad` or `example`: where `solidair list` shows it",
        "money": "table: the currency of its amounts, where that is not the euro of the first year",
        "clauses": "articles, in the order in which they work",
        "changes": "list of tables: who joins and leaves, see [changes of membership](membership.md)",
    },
    Money: {
        "currency": "code of three letters, such as CHF",
        "euro": "EUR per unit of it",
        "level": "by how much prices rose from the year of the amounts to the first budget year",
        "source": "where both come from: one text, or one per language",
    },
    Years: {
        "first": "first calendar year in which the article holds",
        "last": "last calendar year in which it holds",
    },
    Exit: {
        "kind": "`exit`, or `entry`, which has the same keys but for `announced` and `notice`",
        "member": "CBS code of who leaves or joins",
        "year": "first calendar year in which the change holds",
        "announced": "year in which notice is given, instead of `year`",
        "notice": "whole years that a member stays after the year of its notice",
        "scope": "care that it leaves or joins for",
        "alliance": "alliance that it leaves or joins; every one if left out",
        "open_cases": "`payment`, or `occurrence`: who pays for cases that are open then",
    },
    Clause: {
        "title": "title of the article in the two languages",
        "alliance": "name of the alliance, where an agreement holds several",
        "members": "CBS codes of those for whom it holds, or `all`",
        "years": "table: from which to which calendar year it holds",
        "take": "what members hand in, see [take](agreements.md#take)",
        "pot": "what is paid out of it, see [pot](agreements.md#pot)",
        "charge": "who pays, see [charge](agreements.md#charge)",
    },
    Quantity: {
        "value": "the number",
        "unit": "its unit, in words",
        "grade": "`sourced`, `derived` or `assumed`",
        "source": "where it comes from, or why this value: one text, or one per language",
        "year": "price level of an amount, or year of a count",
        "standard_error": "how well it is known, in its unit; then it is drawn for every path, see "
        "[doubt about parameters](model.md#doubt-about-parameters)",
    },
}

_COLUMN_WORDS = {
    "code": "CBS code of the municipality that pays",
    "care_type": "identifier of a care type that is an episode",
    "start": "first day of the stay; dd-mm-yyyy or ISO",
    "birth_date": "day of birth, to know when the child ages out; drawn from the law if empty",
    "tariff_eur": "tariff of a day; drawn from the law if empty",
    "case": "any mark that tells two children apart whose rows are alike; compared, not kept",
}


@generated
def keys(kind: str) -> str:
    """Every key of a kind of file; one that has no words here stops the build."""
    rows = []
    for prefix, model in _FILES[kind]:
        for name, field in model.model_fields.items():
            need = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
            rows.append((code(f"{prefix}{name}"), need, _WORDS[model][name]))
    return table(("key", "default", "what it is"), rows)


def _default(value: Any) -> str:
    if isinstance(value, FullPot):
        return code("full")
    if value is None or isinstance(value, tuple) or (isinstance(value, BaseModel) and not isinstance(value, Settings)):
        return "none"
    if isinstance(value, bool):
        return code(str(value).lower())
    return "see below" if isinstance(value, BaseModel) else code(value)


@generated
def durations() -> str:
    """Return the families of durations with their parameters."""
    rows = [
        (code(name), " or ".join(", ".join(map(code, form)) for form in family.forms))
        for name, family in DURATIONS.items()
    ]
    return table(("family", "parameters"), rows)


@generated
def open_case_columns() -> str:
    """Every column of a file of open stays."""
    rows = [
        (code(c.name), "yes" if c.required else "no", ", ".join(map(code, c.aliases)), _COLUMN_WORDS[c.name])
        for c in COLUMNS
    ]
    return table(("column", "required", "also accepted", "what it is"), rows)
