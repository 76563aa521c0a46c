"""What the pages show of the registries and the data: cost model, agreements, metrics, command line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import click
import numpy as np
from generated import ROOT, code, documented, figure, generated, results, table

from solidair.cli.main import COMMANDS, cli
from solidair.models.anchors import anchor_table
from solidair.models.duration import YEAR
from solidair.models.schema import in_language
from solidair.models.severity import FAMILIES
from solidair.pool import Study
from solidair.pool.agreements import Money
from solidair.pool.assumptions import assumption_table
from solidair.pool.catalogue import origins
from solidair.pool.describe import names_of
from solidair.pool.metrics import METRICS, stability
from solidair.pool.metrics.years import YEAR_METRICS, Period
from solidair.pool.parts.registry import PARTS
from solidair.pool.parts.words import Wording
from solidair.pool.reference import FIELD_WORDS
from solidair.pool.reference import first_paragraph as first_sentence
from solidair.pool.results import TABLES
from solidair.pool.run import measures_of
from solidair.pool.streams import Stream
from solidair.pool.study import load_agreement

# --- the cost model


@cache
def _costs() -> Any:
    return Study.load("haaglanden").costs


@generated
def care_types() -> str:
    """Return the care types of the cost model."""
    costs, rows = _costs(), []
    for care, severity, spec in zip(costs.care_types, costs.severities, costs.spec.care_types.values(), strict=True):
        rows.append(
            (
                code(care.id), care.label.en, ", ".join(care.iv3), ", ".join(care.ijw), "yes" if care.stay else "",
                figure(spec.clients_per_1000.value),
                "" if spec.overdispersion_size is None else figure(spec.overdispersion_size.value),
                figure(severity.mean), figure(severity.cv), figure(severity.support[1]),
                f"{100 * float(severity.sf(100_000.0)):.1f}%",
            )
        )  # fmt: skip
    header = ("id", "care type", "Iv3", "iJw", "stay", "clients per 1,000 youths", "NB size", "mean EUR a year", "CV",
              "most EUR a year", "above EUR 100,000")  # fmt: skip
    return table(header, rows, "lllllrrrrrr")


@generated
def stays() -> str:
    """Return the care types whose children stay over years."""
    costs, rows = _costs(), []
    for id_, episode in zip(costs.ids, costs.episodes, strict=True):
        if episode is None:
            continue
        rate = costs.spec.care_types[id_].clients_per_1000.value
        ages = episode.duration.ages
        rows.append(
            (
                code(id_), figure(episode.duration.mean / YEAR), figure(episode.duration.ageless.mean / YEAR),
                "" if ages is None else f"{ages.low:g} – {ages.high:g}", "" if ages is None else f"{ages.leaves_at:g}",
                figure(rate * episode.entries_per_client),
                figure(rate * episode.entries_per_client * episode.duration.mean / YEAR),
                figure(episode.law.mean), figure(episode.law.support[1]),
            )
        )  # fmt: skip
    header = ("id", "mean stay, years", "without age limit", "age at entry", "leaves at",
              "entries per 1,000 youths a year", "in care on a day, per 1,000", "mean EUR a day",
              "most EUR a day")  # fmt: skip
    return table(header, rows, "lrrrrrrrr")


@generated
def anchors() -> str:
    """Model beside anchor."""
    rows = [
        (
            f"{row['label_en']}" + (f" ({row['argument']})" if row["quantity"] == "clients_of" else ""),
            f"{figure(row['low'])} – {figure(row['high'])}",
            f"**{figure(row['model'])}**" + ("" if row["within"] else " ✗ outside"),
            row["unit"], row["grade"], row["source_en"],
        )
        for row in anchor_table(_costs()).to_dict("records")
    ]  # fmt: skip
    return table(("figure", "must lie between", "model", "unit", "grade", "source"), rows, "lrrlll")


@generated
def assumptions() -> str:
    """Every number of the cost model with its pedigree."""
    rows = [
        (code(key), figure(q.value), q.unit, q.year or "", q.grade, in_language(q.source, "en"))
        for key, q in _costs().quantities()
    ]
    return table(("number", "value", "unit", "year", "grade", "source, or why this value"), rows, "lrllll")


@generated
def grades() -> str:
    """How many numbers are sourced, derived, assumed."""
    counts = assumption_table(Study.load("haaglanden"))["grade"].value_counts().to_dict()
    return ", ".join(f"{counts.get(grade, 0)} {grade}" for grade in ("sourced", "derived", "assumed"))


@generated
def severities() -> str:
    """Return the severity families with their parameters."""
    rows = []
    for name, family in FAMILIES.items():
        said = documented(family)
        fields = list(inspect.signature(family).parameters)
        text = "; ".join(f"`{field}`: {said[field].rstrip('.')}" if field in said else code(field) for field in fields)
        moments = "yes" if hasattr(family, "from_mean_cv") else ""
        rows.append((code(name), first_sentence(family), text, moments))
    return table(("family", "what it is", "parameters", "by mean and cv"), rows)


@generated
def streams() -> str:
    """Return the numbered streams of chance."""
    rows = [(str(int(s)), code(s.name), _STREAM_WORDS[s]) for s in Stream]
    return table(("number", "stream", "whose, and when"), rows, "rll")


_STREAM_WORDS = {
    Stream.NEED: "a municipality, once per simulated path",
    Stream.NATIONAL_VOLUME: "the country, each year",
    Stream.REGIONAL_VOLUME: "the region, or what the column `region` says, each year",
    Stream.LOCAL_VOLUME: "a municipality, each year",
    Stream.NATIONAL_PRICE: "the country, each year",
    Stream.REGIONAL_PRICE: "the region, or what the column `region` says, each year",
    Stream.LOCAL_PRICE: "a municipality, each year",
    Stream.DISPERSION: "a municipality and care type, each year",
    Stream.COUNT: "a municipality and care type, each year",
    Stream.SEVERITY: "a municipality and care type, each year, one draw per client",
    Stream.OPEN_STAYS: "a municipality and care type, once per path: stays open at the start",
    Stream.RESIDUAL: "the same, one draw per stay: how long it goes on",
    Stream.OPEN_TARIFF: "the same, one draw per stay",
    Stream.ENTRIES: "a municipality and care type, each year: stays that start",
    Stream.ENTRY_DAY: "the same, one draw per stay",
    Stream.LENGTH: "the same, one draw per stay",
    Stream.TARIFF: "the same, one draw per stay",
    Stream.MOVE: "the same, one draw per stay: after how many years its payer changes",
    Stream.OPEN_MOVE: "a municipality and care type, one draw per stay open at the start",
    Stream.KNOWN_RESIDUAL: "a municipality and care type, one draw per stay of a file of open stays",
    Stream.KNOWN_TARIFF: "the same, for a stay whose tariff is not in the file",
    Stream.KNOWN_MOVE: "the same",
    Stream.NEW_PAYER: "a municipality that may become the payer, one draw per child that moves",
    Stream.VOLUME_PARAMETER: "the country and a care type, once per path: doubt about a number",
    Stream.PRICE_PARAMETER: "the same: doubt about a price",
    Stream.STAY_PARAMETER: "the same: doubt about a length of stay",
    Stream.TYPE_FACTOR: "the country and a care type, each year: factor of the copula",
    Stream.MEMBER_FACTOR: "a municipality, each year: factor of the copula",
    Stream.COPULA_MIX: "the country, each year: the mixing variable of the t copula",
    Stream.LARGE_COUNT: "a municipality and care type, each year: cases above the split of light care in bulk",
    Stream.LARGE_COST: "the same, one draw per case",
    Stream.BULK_SUM: "the same: the sum of all cases below the split",
    Stream.COST_TO_DATE: "a municipality, once per path: when in the first year its cases of a single year fall",
    Stream.DECLARATION: "a region, once per path: how far costs to date are from what they seem",
}


# --- agreements


@generated
def parts(role: str) -> str:
    """All parts of one role with their fields."""
    rows = []
    for kind, cls in PARTS[role].items():
        said = documented(cls)
        schema = cls.model_json_schema()
        schema = schema.get("properties") or schema["$defs"][cls.__name__]["properties"]
        fields = []
        for name, field in cls.model_fields.items():
            if name == "kind":
                continue
            default = "required" if field.is_required() else f"default {_default(field.default)}"
            words = (said.get(name) or FIELD_WORDS[name]).rstrip(".")
            fields.append(f"`{name}` ({default}{_bounds(schema[name])}): {words}")
        rows.append((code(kind), first_sentence(cls), ".<br>".join(fields) + "." if fields else ""))
    return table(("kind", "what it does", "fields"), rows)


def _default(value: object) -> str:
    return "none" if value is None else f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def _bounds(schema: dict[str, Any]) -> str:
    node = next((n for n in schema.get("anyOf", [schema]) if n.get("type") in ("number", "integer")), {})
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return "".join(f", {text} {node[key]:g}" for key, text in words.items() if key in node)


_ORIGINS = {
    "example": "Base models and examples",
    "netherlands": "In the Netherlands",
    "abroad": "Abroad",
}


@generated
def shipped_agreements() -> str:
    """Return the agreements that come with solidair, in words, by where they come from."""
    region = Study.load("haaglanden").region
    labels, names = {care.id: care.label["en"] for care in _costs().care_types}, names_of(region)
    sections = []
    for origin, heading in _ORIGINS.items():
        sections += [f"### {heading}", ""]
        for name in [name for name, of in origins().items() if of == origin]:
            spec = load_agreement(name).spec
            say = Wording("en", labels, names, "EUR" if spec.money is None else spec.money.currency)
            sections += [f"#### {spec.title.en} (`{name}`)", "", spec.summary.en, ""]
            for number, clause in enumerate(spec.clauses, 1):
                charge = [clause.charge.words(say)] if clause.pot.bills else []
                said = (clause.take.words(say), clause.pot.words(say), *charge)
                sections += [f"Article {number}. {clause.title.en}. {' '.join(said)}", ""]
            if spec.money is not None:
                sections += [_money(spec.money), ""]
            sections += [f"Source: {in_language(spec.source, 'en')}.", ""]
    return "\n".join(sections)


def _money(money: Money) -> str:
    unit = "" if money.currency == "EUR" else f"{money.currency} 1 is EUR {money.euro:.4g}"
    level = "" if money.level == 1 else f"prices are taken {money.level:.2f} times as high"
    return f"Amounts: {'; '.join(filter(None, (unit, level)))} ({in_language(money.source, 'en')})."


@generated
def measures() -> str:
    """Return the measures of the study haaglanden."""
    rows = [
        (
            ", ".join(map(code, measure.scope)),
            "" if measure.attachment is None else f"{measure.attachment:,.0f}",
            "clients" if measure.attachment is None else "sum over cases of max(cost − attachment, 0)",
        )
        for measure in measures_of(Study.load("haaglanden")).measures
    ]
    return table(("care types", "attachment, EUR", "what is summed"), rows, "lrl")


# --- metrics


_ERRORS = {
    stability.value_at_risk_metric: "Maritz-Jarrett, [eq. 5](#eq-5)",
    stability.tail_value_at_risk_metric: "Manistre-Hancock, [eq. 6](#eq-6)",
    stability.capacity_metric: "Maritz-Jarrett through the kink at 0",
}


@generated
def metrics(name: str) -> str:
    """Return the metrics of one table."""
    return _metric_table([m for m in METRICS.values() if m.table == name])


@generated
def year_metrics() -> str:
    """Return the metrics of a period."""
    return _metric_table(YEAR_METRICS)


def _metric_table(found: Iterable[Any]) -> str:
    rows = []
    for m in found:
        function = m.function.func if isinstance(m.function, partial) else m.function
        fixed = m.function.keywords if isinstance(m.function, partial) else {}
        formula = first_sentence(function).rstrip(".")
        at = ", ".join(f"{key} {value:g}" for key, value in fixed.items())
        better = {"lower": "lower", "higher": "higher", "none": "opinion"}[m.direction]
        rows.append((code(m.name), f"{m.label['en']}. {m.meaning['en']}", m.unit,
                     formula + (f" ({at})" if at else ""), _error_of(m, function), better))  # fmt: skip
    return table(("column", "what it says", "unit", "definition", "standard error", "better"), rows)


def _error_of(metric: Any, function: Any) -> str:
    chance = np.random.default_rng(1)
    years, own, ones = chance.lognormal(size=(200, 3)), chance.lognormal(size=(200, 3)), np.ones(3)
    period = Period(years, own, ones, ones, own_exact=ones, contribution_exact=ones, before=own)
    plain = metric.function(replace(period, own_exact=None, contribution_exact=None))
    if plain.is_share:
        return "Wilson, [eq. 4](#eq-4)"
    if plain.se is not None:
        return _ERRORS[function]
    if plain.standard_error.any() and not metric.function(period).standard_error.any():
        return "0 where the means are known, else influence, [eq. 1](#eq-1)"
    return f"influence, [eq. {'10](#eq-10)' if metric.controlled else '1](#eq-1)'}"


# --- command line


@generated
def command_line() -> str:
    """Every command with its arguments and options."""
    sections = []
    for name in COMMANDS:
        with click.Context(cli, info_name="solidair", **cli.context_settings) as parent:
            found = cli.get_command(parent, name)
            assert found is not None
            context = click.Context(found, info_name=name, parent=parent)
            usage = " ".join(found.collect_usage_pieces(context))
            sections += [f"## solidair {name}", "", f"```text\nsolidair {name} {usage}\n```", ""]
            help_ = inspect.cleandoc(found.help or "").replace("\n\n", "\0").replace("\n", " ").replace("\0", "\n\n")
            sections += [help_.replace("*", "\\*"), ""]
            rows = []
            for parameter in found.get_params(context):
                record = parameter.get_help_record(context)
                if isinstance(parameter, click.Option) and record is not None:
                    rows.append((code(record[0]), record[1]))
            sections += [table(("option", "what it does"), rows), ""]
    return "\n".join(sections)


@generated
def tables() -> str:
    """Return the tables of a run with their columns."""
    rows = []
    for name in TABLES:
        columns = [c for c in results().table(name).columns if not re.search(r"_(se|change|change_se)$", c)]
        rows.append((code(name), ", ".join(map(code, columns))))
    return table(("table", "columns"), rows)


@generated
def screenshot() -> str:
    """Return the picture of a report, where there is one."""
    exists = (ROOT / "docs" / "images" / "report.png").is_file()
    return "![The first screen of a report](images/report.png)" if exists else ""
