"""What the pages show of the registries and the data: cost model, agreements, metrics, command line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import click
import numpy as np
from generated import ROOT, code, documented, figure, first_sentence, generated, results, table

from solidair.cli.main import COMMANDS, cli
from solidair.models.anchors import anchor_table
from solidair.models.schema import in_language
from solidair.models.severity import FAMILIES
from solidair.pool import Study
from solidair.pool.assumptions import assumption_table
from solidair.pool.metrics import METRICS, Sample, stability
from solidair.pool.parts.registry import PARTS
from solidair.pool.results import TABLES
from solidair.pool.run import measures_of
from solidair.pool.streams import Stream
from solidair.pool.study import builtin, load_agreement

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
                figure(spec.clients_per_1000.value), figure(spec.overdispersion_size.value), figure(severity.mean),
                figure(severity.cv), figure(severity.support[1]), f"{100 * float(severity.sf(100_000.0)):.1f}%",
            )
        )  # fmt: skip
    header = ("id", "care type", "Iv3", "iJw", "stay", "clients per 1,000 youths", "NB size", "mean EUR a year", "CV",
              "most EUR a year", "above EUR 100,000")  # fmt: skip
    return table(header, rows, "lllllrrrrrr")


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
    Stream.REGIONAL_VOLUME: "a region (by its file name), each year",
    Stream.LOCAL_VOLUME: "a municipality, each year",
    Stream.NATIONAL_PRICE: "the country, each year",
    Stream.REGIONAL_PRICE: "a region (by its file name), each year",
    Stream.LOCAL_PRICE: "a municipality, each year",
    Stream.DISPERSION: "a municipality and care type, each year",
    Stream.COUNT: "a municipality and care type, each year",
    Stream.SEVERITY: "a municipality and care type, each year, one draw per client",
}


# --- agreements


_FIELD_WORDS = {
    "key": "a key, see below",
    "shares": "share per CBS code, from 0 to 1; every member named, together 1",
    "parts": "a list of `{ weight = ..., key = ... }`; the weights together 1",
}


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
            words = (said.get(name) or _FIELD_WORDS[name]).rstrip(".")
            fields.append(f"`{name}` ({default}{_bounds(schema[name])}): {words}")
        rows.append((code(kind), first_sentence(cls), ".<br>".join(fields) + "." if fields else ""))
    return table(("kind", "what it does", "fields"), rows)


def _default(value: object) -> str:
    return "none" if value is None else f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def _bounds(schema: dict[str, Any]) -> str:
    node = next((n for n in schema.get("anyOf", [schema]) if n.get("type") == "number"), {})
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return "".join(f", {text} {node[key]:g}" for key, text in words.items() if key in node)


@generated
def shipped_agreements() -> str:
    """Return the agreements that come with solidair, in words."""
    labels = {care.id: care.label["en"] for care in _costs().care_types}
    sections = []
    for name in Study.load("haaglanden").agreements:
        spec = load_agreement(name.name).spec
        lines = [f"### {spec.title.en} (`{name.name}`)", "", spec.summary.en, ""]
        for number, clause in enumerate(spec.clauses, 1):
            said = (clause.take.words("en", labels), clause.pot.words("en"), clause.charge.words("en"))
            lines += [f"Article {number}. {clause.title.en}. {' '.join(said)}", ""]
        lines += [f"Source: {in_language(spec.source, 'en')}.", ""]
        sections += lines
    if {a.name for a in Study.load("haaglanden").agreements} != set(builtin("agreements")):
        raise ValueError("the study haaglanden does not hold every agreement that comes with solidair")
    return "\n".join(sections)


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
    rows = []
    for m in METRICS.values():
        if m.table != name:
            continue
        function = m.function.func if isinstance(m.function, partial) else m.function
        fixed = m.function.keywords if isinstance(m.function, partial) else {}
        formula = first_sentence(function).rstrip(".")
        at = ", ".join(f"{key} {value:g}" for key, value in fixed.items())
        better = {"lower": "lower", "higher": "higher", "none": "opinion"}[m.direction]
        rows.append((code(m.name), f"{m.label['en']}. {m.meaning['en']}", m.unit,
                     formula + (f" ({at})" if at else ""), _error_of(m.function, function), better))  # fmt: skip
    return table(("column", "what it says", "unit", "definition", "standard error", "better"), rows)


def _error_of(metric: Callable[[Sample], Any], function: Any) -> str:
    chance = np.random.default_rng(1)
    years = chance.lognormal(size=(200, 3))
    estimate = metric(Sample(years, chance.lognormal(size=(200, 3)), np.ones(3), np.ones(3)))
    if estimate.is_share:
        return "Wilson, [eq. 4](#eq-4)"
    return _ERRORS[function] if estimate.se is not None else "influence, [eq. 1](#eq-1)"


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
