"""The documentation is built strictly, and what it shows is true of the code."""

import contextlib
import copy
import html
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import click
import pytest

from solidair.cli.main import COMMANDS, cli
from solidair.cli.report.build import report_html
from solidair.models.anchors import anchor_table
from solidair.models.cost_spec import CareTypeSpec, CostModelSpec, DependenceSpec, ShockSpec
from solidair.models.costs import CostModel
from solidair.models.episode_spec import DURATIONS
from solidair.models.schema import Quantity, frozen
from solidair.models.severity import FAMILIES
from solidair.models.sources.open_cases import COLUMNS as STAY_COLUMNS
from solidair.models.sources.open_cases import read_open_cases
from solidair.models.sources.regions import COLUMNS, read_region
from solidair.pool.agreements import Agreement, AgreementSpec
from solidair.pool.describe import with_past
from solidair.pool.metrics import METRICS
from solidair.pool.parts.registry import PARTS
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from solidair.pool.streams import Stream
from solidair.pool.stress.compare import COLUMNS as COMPARED
from solidair.pool.stress.compare import FIGURES
from solidair.pool.stress.parameters import DRIVERS
from solidair.pool.stress.scenario import ScenarioSpec
from solidair.pool.study import Study, builtin
from solidair.pool.study_spec import OpenCasesSpec, Settings, StudySpec

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
TEXTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *PAGES]
WRITTEN = (
    StudySpec,
    Settings,
    OpenCasesSpec,
    CostModelSpec,
    ShockSpec,
    CareTypeSpec,
    DependenceSpec,
    AgreementSpec,
    Quantity,
)
every_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)


def blocks(path, language):
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}(?: [^\n]*)?\n(.*?)^```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def spans(path):
    """Return what stands in backticks inside the text."""
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def module(name):
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


# --- the site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the text of every page of the site, by name."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout + done.stderr == ""
    return {path.stem: path.read_text("utf-8") for path in folder.glob("*.html")}


def plain(page):
    """Return what a reader sees of a page."""
    page = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
def test_the_site_has_every_page_and_nothing_left_over(site):
    assert {path.stem for path in PAGES} | {"404"} == set(site)
    for name, page in site.items():
        assert not re.search(r"arithmatex|<!-- generated|```|\\frac|\\text", re.sub('alttext="[^"]*"', "", page)), name


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
def test_the_site_is_read_without_a_network(site):
    for name, page in site.items():
        fetched = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^>]*", page)
        assert fetched == [], name


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
def test_everything_that_can_be_used_is_on_its_page(site):
    costs = Study.load("haaglanden").costs
    with click.Context(cli, **cli.context_settings) as context:
        commands = {name: cli.get_command(context, name) for name in COMMANDS}
    expected = {
        "cli": [
            *(f"solidair {name}" for name in commands),
            *(option for c in commands.values() for p in c.params for option in p.opts if option.startswith("-")),
            *(name for kind in ("studies", "agreements", "regions", "costs") for name in builtin(kind)),
        ],
        "metrics": [*METRICS, *(m.meaning["en"] for m in METRICS.values()), *TABLES],
        "agreements": [
            *(kind for role in PARTS.values() for kind in role),
            *(field for role in PARTS.values() for part in role.values() for field in part.model_fields),
            *builtin("agreements"),
        ],
        "model": [*FAMILIES, *costs.ids, *(key for key, _ in costs.quantities()), *anchor_table(costs)["label_en"]],
        "files": [
            *(key for m in WRITTEN for key in m.model_fields),
            *DURATIONS,
            *(name for column in STAY_COLUMNS for name in (column.name, *column.aliases)),
        ],
        "stress": [*builtin("scenarios"), *COMPARED, *(figure.name for figure in FIGURES), *DRIVERS],
        "reproducibility": [stream.name for stream in Stream],
        "how-to-own-region": [name for column in COLUMNS for name in (column.name, *column.aliases)],
        "api": ["Study", "simulate", "Results", "Agreement", "settle", "CaseFunction", "InputError"],
    }
    for page, names in expected.items():
        text = " ".join(plain(site[page]).split())
        missing = [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]
        assert missing == [], page


# --- what the texts show


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 130


@every_text
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        if not re.match("https?:", target):
            assert (path.parent / target).is_file(), target


@every_text
def test_files_and_tests_that_are_named_exist(path):
    for span in spans(path):
        name, _, test = span.partition("::")
        if re.fullmatch(r"(docs|tests|models|pool|cli|configs|benchmarks)/[\w./-]*", name):
            assert (ROOT / name).exists(), span
            assert not test or f"def {test}(" in (ROOT / name).read_text("utf-8"), span


@every_text
def test_make_targets_exist(path):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    shown = [*spans(path), *(line for block in blocks(path, "sh") for line in block.splitlines())]
    for target in re.findall(r"^make ([a-z-]+)", "\n".join(shown), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def parse(words, *, whole):
    """Let click read a command line; where it is only mentioned, its arguments may be missing."""
    with click.Context(cli, info_name="solidair", **cli.context_settings) as context:
        name, *rest = words
        command = cli.get_command(context, name)
        assert command is not None, name
        try:
            command.make_context(name, rest, parent=context)
        except click.exceptions.MissingParameter:
            assert not whole, words


@every_text
def test_commands_can_be_typed(path):
    typed = [line for block in blocks(path, "sh") for line in block.splitlines() if line.startswith("solidair")]
    mentioned = [span for span in spans(path) if span.startswith("solidair ")]
    for line in [*typed, *mentioned]:
        words = shlex.split(line, comments=True)[1:]
        if "--help" in words:
            assert set(words) <= {*COMMANDS, "--help"}
            continue
        parse(words, whole=line in typed)
        if words[0] == "run" and words[1:2] and words[1] in builtin("studies"):
            overrides = [after for word, after in pairwise(words) if word == "--set"]
            Study.load(words[1], overrides)


@every_text
def test_python_blocks_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for source in blocks(path, "python"):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, path.name, "exec"), {"__name__": "__main__"})
    assert list(tmp_path.iterdir()) == []


@every_text
def test_toml_blocks_are_right(path):
    setting = with_past(Study.load("haaglanden")).setting  # some keys look back
    for source in blocks(path, "toml"):
        document = tomllib.loads(source)
        if "clauses" in document:
            assert Agreement.from_document(document, "shown", path.name).faults(setting) == []
        if "changes" in document and "grade" in document:
            ScenarioSpec.model_validate(frozen(document))


def test_the_region_file_that_is_shown_can_be_read(tmp_path):
    shown = [b for b in blocks(ROOT / "docs" / "how-to-own-region.md", "text") if "code,name" in b]
    assert len(shown) == 1
    (tmp_path / "region.csv").write_text(shown[0], encoding="utf-8")
    region = read_region(tmp_path / "region.csv")
    assert (region.year, len(region), list(region.need_index)) == (2025, 2, [1.05, 0.98])


def merged(base, extra):
    """Return a document with another laid over it, table by table."""
    tables = {key: merged(base[key], value) for key, value in extra.items() if isinstance(base.get(key), dict)}
    return {**base, **extra, **tables}


def test_the_keys_of_a_cost_model_that_are_shown_are_accepted():
    whole = tomllib.loads(builtin("costs")["nl-2024"].read_text("utf-8"))
    shown = [tomllib.loads(source) for source in blocks(ROOT / "docs" / "files.md", "toml")]
    pieces = [document for document in shown if {"care_types", "index", "dependence"} & set(document)]
    assert len(pieces) == 4
    for piece in pieces:
        # A table of a law replaces the one that is there: it may be of another family.
        base = copy.deepcopy(whole)
        for id_, care in piece.get("care_types", {}).items():
            for part, table in care.get("episode", {}).items():
                base["care_types"][id_]["episode"][part] = table
        CostModel.from_document(
            merged(base, {k: v for k, v in piece.items() if k != "care_types"}), "shown", "files.md"
        )
        for id_, care in piece.get("care_types", {}).items():
            base["care_types"][id_] |= {key: table for key, table in care.items() if key != "episode"}
        CostModel.from_document(base, "shown", "files.md")


@pytest.mark.parametrize("ending", ["", ".en"])
def test_the_study_and_the_stays_that_are_shown_can_be_read(tmp_path, ending):
    (study,) = [b for b in blocks(ROOT / "docs" / "files.md", "toml") if "open_cases" in b]
    spec = StudySpec.model_validate(frozen(tomllib.loads(study)))
    (stays,) = [b for b in blocks(ROOT / "docs" / "files.md", "text") if "startdatum" in b]
    costs = Study.load("haaglanden").costs
    types = tuple(i for i, e in zip(costs.ids, costs.episodes, strict=True) if e is not None)
    (tmp_path / "stays.csv").write_text(stays, "utf-8")
    assert len(read_open_cases(tmp_path / "stays.csv", reference=spec.open_cases.reference, care_types=types)) == 4
    # What the template shows in comments can be taken out of them.
    template = (files("solidair.configs.templates") / f"study{ending}.toml").read_text("utf-8")
    taken = re.sub(r"^# (\[|file|reference|family|mean|low|high|leaves_at|tariff)", r"\1", template, flags=re.MULTILINE)
    document = tomllib.loads(taken)
    assert StudySpec.model_validate(frozen({k: v for k, v in document.items() if k != "care_types"})).open_cases
    whole = tomllib.loads(builtin("costs")["nl-2024"].read_text("utf-8"))
    whole["care_types"]["verblijf"]["episode"] = document["care_types"]["verblijf"]["episode"]
    CostModel.from_document(whole, "template", "study.toml")
    rows = [
        line.removeprefix("#").strip() for line in template.splitlines() if re.match(r"#   (\w+[;,])+\w+$|#   GM", line)
    ]
    (tmp_path / "template.csv").write_text("\n".join(rows) + "\n", "utf-8")
    reference = document["open_cases"]["reference"]
    assert len(read_open_cases(tmp_path / "template.csv", reference=reference, care_types=types)) == 3


@pytest.fixture(scope="module")
def generated():
    return module("generated")


@pytest.mark.xdist_group("docs")
def test_the_readme_shows_figures_of_a_real_run(generated):
    shown = next(block for block in blocks(ROOT / "README.md", "text") if "seed" in block)
    assert shown.split() == generated.run("haaglanden").removeprefix("```text").removesuffix("```").split()


@pytest.mark.xdist_group("docs")
def test_the_tutorial_names_the_parts_of_the_report():
    results = simulate(Study.load("haaglanden"), sims=200)
    page = report_html(results, {name: results.table(name) for name in TABLES}, "en")
    headings = {html.unescape(re.sub("<[^>]+>", "", h)).strip() for h in re.findall(r"<h\d[^>]*>(.*?)</h\d>", page)}
    section = (ROOT / "docs" / "tutorial.md").read_text("utf-8").partition("The report has these parts:")[2]
    named = re.findall(r"^- \*\*(.+?)\*\*", section.partition("\n## ")[0], re.MULTILINE)
    assert len(named) > 5
    assert [name for name in named if name not in headings] == ["The box at the top"]


# --- what may not be there

FORBIDDEN = re.compile(r"/(?:work|root|home|tmp|Users)/|\bdossier\b|\b(?:TODO|FIXME|lorem)\b", re.IGNORECASE)


@every_text
def test_no_text_names_a_machine(path):
    assert FORBIDDEN.findall(path.read_text("utf-8")) == []


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
def test_no_page_names_a_machine(site):
    for name, page in site.items():
        assert FORBIDDEN.findall(plain(page)) == [], name


# --- equations


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (r"\sum_k w", '<munder><mo movablelimits="false">∑</mo><mi>k</mi></munder><mi>w</mi>'),
        (r"\sqrt{a < 1}", "<msqrt><mrow><mi>a</mi><mo>&lt;</mo><mn>1</mn></mrow></msqrt>"),
        (r"\text{two~words}", "<mtext>two\N{NO-BREAK SPACE}words</mtext>"),
    ],
)
def test_equations_become_mathml(latex, expected):
    assert module("mathml").mathml(latex) == f"<math><mrow>{expected}</mrow></math>"


@pytest.mark.parametrize("latex", [r"\unknown", r"\frac{1}", "{a", "a}", r"\text x"])
def test_half_an_equation_is_refused(latex):
    with pytest.raises(ValueError, match=r"unknown command|ends too early|is missing|unexpected|needs"):
        module("mathml").mathml(latex)
