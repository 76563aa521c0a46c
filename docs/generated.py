"""The tables and blocks that the pages ask for, computed from the code when the site is built."""

from __future__ import annotations

import inspect
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.testing import CliRunner

from solidair.cli.main import COMMANDS, cli, show_problems
from solidair.cli.screen import show_run
from solidair.models.anchors import anchor_table
from solidair.models.problems import InputError
from solidair.models.regions import Municipality
from solidair.models.schema import in_language
from solidair.models.severity import FAMILIES
from solidair.models.sources.regions import COLUMNS, read_region
from solidair.pool import Results, Study, simulate
from solidair.pool.metrics import METRICS, Sample, stability
from solidair.pool.parts.registry import PARTS
from solidair.pool.results import TABLES, assumption_table
from solidair.pool.run import measures_of
from solidair.pool.streams import Stream
from solidair.pool.study import builtin, load_agreement

GENERATED: dict[str, Callable[..., str]] = {}
ROOT = Path(__file__).resolve().parent.parent


def generated(function: Callable[..., str]) -> Callable[..., str]:
    """Register a function under its name, with dashes."""
    GENERATED[function.__name__.replace("_", "-")] = function
    return function


# --- small pieces


def table(header: Sequence[str], rows: Sequence[Sequence[object]], align: str = "") -> str:
    """Return a Markdown table; `align` has a letter per column, 'r' for right."""
    marks = ["--:" if mark == "r" else "---" for mark in (align or "l" * len(header))]
    lines = [header, marks, *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(value: object) -> str:
    pieces = " ".join(str(value).split()).split("`")
    # Every second piece is code, which stands as it is.
    return "`".join(piece if n % 2 else piece.replace("|", "&#124;") for n, piece in enumerate(pieces))


def code(text: object) -> str:
    """Return a cell set as code."""
    return f"`{text}`"


def figure(value: float) -> str:
    """Return a number with about four digits, thousands apart."""
    size = abs(value)
    if size >= 1e9:
        return f"{value / 1e9:,.2f} billion"
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def block(text: str) -> str:
    """Return what a terminal shows, without blanks at the ends of lines."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```"


def documented(thing: Any) -> dict[str, str]:
    """Return what the docstring of a class says about each of its parameters, those of its bases included."""
    said: dict[str, str] = {}
    for cls in reversed(inspect.getmro(thing)):
        section = re.split(r"\n\s*Parameters\n\s*-+\n", inspect.cleandoc(cls.__doc__ or "") + "\n")
        if len(section) == 2:
            body = re.split(r"\n\w[\w ]*\n-{3,}\n", section[1])[0]
            for names, text in re.findall(r"^(\w+(?:, \w+)*)\n((?:[ ]+.*\n?)+)", body, re.MULTILINE):
                said |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return said


def first_sentence(thing: Any) -> str:
    """Return the first paragraph of a docstring."""
    return " ".join(inspect.cleandoc(thing.__doc__ or "").split("\n\n")[0].split())


# --- running the program


@cache
def results(name: str = "haaglanden") -> Results:
    """Return the results of a study that comes with solidair, at its own settings."""
    return simulate(Study.load(name))


def shown(run: Results, target: str) -> str:
    """Return what `solidair run` prints, in English."""
    out = io.StringIO()
    with redirect_stdout(out):
        show_run(run, {name: run.table(name) for name in TABLES}, Path(target), "en")
    return block(out.getvalue())


@contextmanager
def folder() -> Iterator[Path]:
    """Go to an empty folder for a while."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as made:
        os.chdir(made)
        try:
            yield Path(made)
        finally:
            os.chdir(before)


def invoked(*arguments: str) -> str:
    """Return what a command prints; what is wrong with the input is printed as the program does."""
    outcome = CliRunner().invoke(cli, list(arguments))
    if isinstance(outcome.exception, InputError):
        out = io.StringIO()
        with redirect_stderr(out):
            show_problems(outcome.exception)
        return block(out.getvalue())
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return block(outcome.output)


@generated
def run(name: str) -> str:
    """Return what `solidair run NAME` prints."""
    return shown(results(name), f"out/{name}")


@generated
def command(*arguments: str) -> str:
    """Return what a command prints, in an empty folder."""
    with folder():
        return invoked(*arguments)


@generated
def own_project(*changes: str) -> str:
    """Return what `solidair run .` prints in a fresh project, after changes 'old:new' in its agreement."""
    return shown(_own_project(changes), "out/my-region")


@cache
def _own_project(changes: tuple[str, ...]) -> Results:
    with folder() as made:
        invoked("init", "my-region", "--lang", "en")
        file = made / "my-region" / "agreements" / "our-agreement.toml"
        text = file.read_text(encoding="utf-8")
        for change in changes:
            old, new = change.split(":")
            if old not in text.partition("[[clauses]]")[2]:
                raise ValueError(f"the template has no '{old}' any more")
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        return simulate(Study.load("my-region"))


@generated
def gain(agreement: str, member: str, *changes: str) -> str:
    """Less swing by chance, in percent; with changes (or 'own') that of the fresh project."""
    run_ = _own_project(tuple(c for c in changes if c != "own")) if changes else results()
    return f"{100 * _value(run_, 'stability', 'stability_gain_chance', agreement, member):.0f}%"


@generated
def moved(agreement: str, metric: str, *changes: str) -> str:
    """Return a metric of the region, in millions of euro."""
    run_ = _own_project(tuple(c for c in changes if c != "own")) if changes else results()
    return f"EUR {_value(run_, 'fairness', metric, agreement) / 1e6:.1f} million"


@generated
def member(metric: str, agreement: str, code_: str) -> str:
    """Return a metric of one member of Haaglanden, in thousands of euro."""
    for name in ("stability", "transfers"):
        if metric in results().table(name):
            return f"EUR {_value(results(), name, metric, agreement, code_) / 1e3:,.0f} thousand"
    raise ValueError(f"there is no metric '{metric}'")


def _value(run_: Results, name: str, metric: str, agreement: str, member_: str = "") -> float:
    rows = run_.table(name)
    rows = rows[rows["agreement"] == agreement]
    return float((rows[rows["code"] == member_] if member_ else rows)[metric].iloc[0])


# --- files


BAD_REGION = """\
# titel: Onze regio
code;naam;inwoners;jeugdigen;begroting
GM0518;'s-Gravenhage;548.260;109949;267.396.000
637;Zoetermeer;125270;25417;61.814.144
GM1783;Westland;111380;125000;1-1-2024
GM0503;Delft;;16345;#N/B
"""


@generated
def bad_region() -> str:
    """Return a region file with faults."""
    return f'```text title="region.csv"\n{BAD_REGION}```'


@generated
def bad_region_errors() -> str:
    """Return what solidair says about it."""
    with folder() as made:
        invoked("init", "my-region")
        (made / "my-region" / "region.csv").write_text(BAD_REGION, encoding="utf-8")
        os.chdir("my-region")
        return invoked("check", ".")


@generated
def bad_agreement_errors() -> str:
    """Return what solidair says about an agreement with two faults."""
    with folder() as made:
        invoked("init", "my-region")
        file = made / "my-region" / "agreements" / "our-agreement.toml"
        text = file.read_text(encoding="utf-8")
        head, mark, rest = text.partition("[[clauses]]")
        rest = rest.replace("share = 1.0", "share = 60")
        rest = rest.replace("retention = 75000.0", "retension = 75000.0")
        file.write_text(head + mark + rest, encoding="utf-8")
        os.chdir("my-region")
        return invoked("check", ".")


@generated
def region_columns() -> str:
    """Every column of a region file."""
    said = documented(Municipality)
    rows = [
        (
            code(column.name),
            "yes" if column.required else "no",
            ", ".join(map(code, column.aliases)),
            said[column.name].replace("None if", "empty if"),
        )
        for column in COLUMNS
    ]
    return table(("column", "required", "also accepted", "what it is"), rows)


@generated
def regions() -> str:
    """Return the regions that come with solidair."""
    parts = []
    for name, file in builtin("regions").items():
        region = read_region(file)
        rows = [(code(m.code), m.name, f"{m.inhabitants:,}", f"{m.youth:,}") for m in region.members]
        parts.append(f"**{region.title}** (`{name}`), {region.year}. {region.source}.\n")
        parts.append(table(("code", "name", "inhabitants", "youth"), rows, "llrr"))
    return "\n".join(parts)


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
