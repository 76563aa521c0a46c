"""The report: complete, self-contained, the same bytes twice, and every number that of the tables."""

import re
import string
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from solidair.cli.report.build import report_html
from solidair.cli.report.cells import exact, money_scale, rounded, with_error
from solidair.cli.report.headline import leaders, verdicts
from solidair.cli.texts import report_en, report_nl
from solidair.pool import Study, simulate
from solidair.pool.metrics import METRICS, Estimate
from solidair.pool.results import TABLES

SIMS = 512
EVIL = '<b>&"x'
VOID = {"meta", "col", "br", "link"}


class Page(HTMLParser):
    """A page as a tree that is strict about nesting, with what the tests ask for."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.root = node = SimpleNamespace(tag="", attrs={}, children=[], parent=None)
        self.node = node
        self.nodes = []
        self.feed(html)
        self.close()
        assert self.node is self.root, f"<{self.node.tag}> is never closed"

    def handle_starttag(self, tag, attrs):
        node = SimpleNamespace(tag=tag, attrs=dict(attrs), children=[], parent=self.node)
        self.node.children.append(node)
        self.nodes.append(node)
        if tag not in VOID:
            self.node = node

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.node = self.node.parent

    def handle_endtag(self, tag):
        assert tag == self.node.tag, f"</{tag}> closes <{self.node.tag}>"
        self.node = self.node.parent

    def handle_data(self, data):
        self.node.children.append(data)

    def all(self, tag):
        return [node for node in self.nodes if node.tag == tag]


def text_of(node):
    return "".join(child if isinstance(child, str) else text_of(child) for child in node.children)


def within(node, tag):
    while node is not None and node.tag != tag:
        node = node.parent
    return node


def inside(node):
    for child in node.children:
        if not isinstance(child, str):
            yield child
            yield from inside(child)


def made(study, language="nl", sims=SIMS):
    results = simulate(study, sims, 3)
    tables = {name: results.table(name) for name in TABLES}
    return SimpleNamespace(results=results, tables=tables, html=report_html(results, tables, language))


def with_members(study, members):
    return replace(study, region=replace(study.region, members=tuple(members)))


@pytest.fixture(scope="module")
def study():
    return Study.load("haaglanden")


@pytest.fixture(scope="module")
def run(study):
    return made(study)


@pytest.fixture(scope="module")
def page(run):
    return Page(run.html)


@pytest.fixture(scope="module")
def english(run):
    return report_html(run.results, run.tables, "en")


def check_page(html):
    """Check what holds for every report."""
    page = Page(html)
    levels = [int(node.tag[1]) for node in page.nodes if re.fullmatch("h[1-6]", node.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels)), "a level of headings is skipped"
    for table in page.all("table"):
        assert [text_of(n).strip() for n in table.children if getattr(n, "tag", "") == "caption"] != [""]
        assert any(n.tag == "caption" for n in inside(table))
        assert all(n.attrs.get("scope") for n in inside(table) if n.tag == "th")
        widths = {
            sum(int(c.attrs.get("colspan", 1)) for c in row.children if getattr(c, "tag", "") in ("td", "th"))
            for row in inside(table)
            if row.tag == "tr" and "rowspan" not in str([c.attrs for c in inside(row)])
        }
        double = any("rowspan" in n.attrs for n in inside(table))
        assert len(widths - {max(widths)}) <= (1 if double else 0), "rows of unequal length"
    for image in page.all("svg"):
        assert image.attrs["role"] == "img" and len(image.attrs["aria-label"]) > 20
        assert within(image, "figure") is not None
    for figure in page.all("figure"):
        assert any(n.tag == "figcaption" and len(text_of(n)) > 40 for n in inside(figure))
    ids = [node.attrs["id"] for node in page.nodes if "id" in node.attrs]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert link.attrs["href"].removeprefix("#") in ids
    words = " ".join(text_of(n) for n in page.nodes if n.tag in ("main", "header", "footer"))
    assert not re.search(r"\{[a-z_]*\}", words), "a placeholder was left"
    assert not re.search(r"\b(nan|None|inf|Undefined)\b", words.replace("None of the agreements", ""))
    assert len(html) < 3_000_000
    return page


@pytest.mark.parametrize("language", ["nl", "en"])
def test_page_is_sound(run, english, language):
    page = check_page({"nl": run.html, "en": english}[language])
    assert page.all("html")[0].attrs["lang"] == language
    # Distribution, reserve, years, certainty and how long the estimate holds per member; transfers per agreement, the
    # two pools that coincide together; one scatter.
    assert len(page.all("svg")) == 5 * 9 + 4 + 1


@pytest.mark.parametrize("language", ["nl", "en"])
def test_nothing_is_fetched(run, english, language):
    html = {"nl": run.html, "en": english}[language]
    for node in Page(html).nodes:
        assert node.tag not in ("link", "img", "iframe", "object", "embed")
        for key, value in node.attrs.items():
            if key in ("src", "srcset", "data", "action", "xlink:href") or (key == "href" and node.tag != "a"):
                raise AssertionError(f"<{node.tag}> fetches {value}")
    # What is left of the network is the names of the SVG vocabularies.
    names = set(re.findall(r"https?://[^\s\"'<)]+", html))
    assert names <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "url(" not in html and "@import" not in html
    assert html.count("<script") == 1


def test_same_run_same_bytes(study, run):
    assert made(study).html == run.html


def test_plots_are_whole_and_small(run):
    for svg in re.findall("<svg.*?</svg>", run.html, flags=re.DOTALL):
        ElementTree.fromstring(svg)
        assert " id=" not in svg
        assert "NaN" not in svg and "undefined" not in svg and "Infinity" not in svg
        assert len(svg) < 20_000


def test_languages_have_the_same_keys():
    dutch, english = report_nl, report_en
    assert set(dutch.TEXTS) == set(english.TEXTS)
    assert set(dutch.INPUTS) == set(english.INPUTS)
    for key in dutch.TEXTS:
        fields = [{f[1] for f in string.Formatter().parse(t[key]) if f[1]} for t in (dutch.TEXTS, english.TEXTS)]
        assert fields[0] == fields[1], key
    assert len(dutch.GLOSSARY) == len(english.GLOSSARY) >= 25
    for words in (dutch.GLOSSARY, english.GLOSSARY):
        names = [name.casefold() for name, _ in words]
        assert names == sorted(names)


def test_every_text_is_used():
    from importlib.resources import files

    folder = files("solidair.cli.report")
    code = "".join(f.read_text() for f in folder.iterdir() if f.name.endswith((".py", ".j2")))
    for key in report_nl.TEXTS:
        built_up = re.match("(grade|good|bad|check_(rare|spread|infinite|unknown)$)", key)
        assert built_up or key.removesuffix("_none") in code, f"nobody says {key}"


def test_units_and_inputs_are_translated(run):
    units = set(run.tables["assumptions"]["unit"]) | set(run.tables["anchors"]["unit"])
    assert units <= set(report_nl.UNITS)
    assert "care_types." not in re.sub(r'title="[^"]*"', "", run.html)


def dutch(text):
    return float(text.strip().replace(".", "").replace(",", ".").replace("−", "-").replace("+", "").replace("%", ""))


def member_row(page, code, metric):
    details = next(n for n in page.all("details") if n.attrs.get("data-m") == code)
    return next(n for n in inside(details) if n.attrs.get("data-metric") == metric)


def member_cells(page, code, metric):
    return [n for n in member_row(page, code, metric).children if getattr(n, "tag", "") == "td"]


FACTORS = {"€\u00a0mln": 1e-6, "€\u00a0×\u00a01.000": 1e-3, "€": 1, "%": 100, "verhouding": 1}


@pytest.mark.parametrize("metric", ["mean", "sd_chance", "cv", "p_overrun_5", "var_99", "stability_gain"])
@pytest.mark.parametrize("code", ["GM0518", "GM0503", "GM1842"])
def test_member_cells_are_those_of_the_table(run, page, metric, code):
    table = run.tables["stability"].set_index(["agreement", "code"])
    # A row is in the unit that its largest value reads best in.
    head = next(n for n in member_row(page, code, metric).children if getattr(n, "tag", "") == "th")
    factor = FACTORS[next((text_of(n) for n in inside(head) if n.tag == "small"), "%")]
    for agreement, cell in zip(run.results.study.agreements, member_cells(page, code, metric), strict=True):
        row = {key: value * factor for key, value in table.loc[(agreement.name, code)].drop("name").items()}
        parts = [n for n in cell.children if getattr(n, "tag", "") == "span"]
        assert_same(cell, row[metric], row[f"{metric}_se"])
        if parts:
            assert_same(parts[0], row[f"{metric}_change"], row[f"{metric}_change_se"])


def assert_same(node, value, error):
    """Check that a cell shows a value and its error, both rounded at the first digit of the error."""
    own = "".join(n if isinstance(n, str) else text_of(n) if n.tag == "small" else "" for n in node.children)
    shown, _, doubt = own.partition("±")
    if not doubt:
        assert error == 0
        return
    assert dutch(doubt) == float(f"{error:.0e}")
    assert dutch(shown) == pytest.approx(value, abs=0.51 * 10 ** np.floor(np.log10(dutch(doubt))))


def test_matrix_is_that_of_the_table(run, page):
    matrix = next(n for n in page.all("table") if "matrix" in n.attrs["class"])
    table = run.tables["stability"].set_index(["agreement", "code"])
    sharing = [a.name for a in run.results.study.agreements if a.spec.clauses]
    rows = [n for n in inside(matrix) if n.attrs.get("data-row")]
    assert [n.attrs["data-row"] for n in rows] == [m.code for m in run.results.study.region.members]
    for row in rows:
        shown = [dutch(text_of(n).split("%")[0]) for n in row.children if getattr(n, "tag", "") == "td"]
        expected = [100 * table.loc[(name, row.attrs["data-row"]), "stability_gain_chance"] for name in sharing]
        assert shown == pytest.approx(expected, abs=0.51)


def test_region_gain_is_the_weighted_mean(run):
    youth = np.array(run.results.study.region.youth)
    table = run.tables["stability"]
    for found in verdicts(run.results):
        gains = table.loc[table["agreement"] == found.names[0], "stability_gain_chance"]
        assert float(found.gain.value) == pytest.approx(float(np.average(gains, weights=youth)))
    assert verdicts(run.results)[0].names == ("pool-by-youth", "pool-by-budget")


def test_a_difference_within_its_error_is_no_difference():
    rng = np.random.Generator(np.random.PCG64(1))
    noise = rng.normal(size=(2, 400))
    near = [Estimate(np.asarray(0.30), noise[0]), Estimate(np.asarray(0.31), noise[1])]
    assert leaders(near) == [1, 0]
    assert leaders([Estimate(np.asarray(0.30), noise[0]), Estimate(np.asarray(0.31), noise[0] + 1e-6 * noise[1])]) == [
        1
    ]


@pytest.mark.parametrize(
    ("value", "error", "options", "expected"),
    [
        (268.31, 0.44, {}, "268,3 ± 0,4"),
        (1234567.0, 8123.0, {}, "1.235.000 ± 8.000"),
        (-0.0449, 0.0961, {}, "0,0 ± 0,1"),
        (-12.4, 0.31, {"sign": True}, "−12,4 ± 0,3"),
        (12.4, 0.31, {"sign": True, "unit": "%"}, "+12,4% ± 0,3"),
        (8.312, 0.07, {"most": 1}, "8,3 ± 0,1"),
        (8.312, 0.004, {"most": 1}, "8,3 ± < 0,1"),
        (2.5e-17, 1e-18, {}, "0"),
        (1.0, 0.0, {}, "1"),
        (1.2164, 0.0, {"most": 2}, "1,22"),
        (float("nan"), 0.1, {}, "–"),
    ],
)
def test_no_more_digits_than_the_error_supports(value, error, options, expected):
    assert with_error(value, error, "nl", **options) == expected


def test_numbers_of_both_languages():
    assert rounded(1234.56, 0.12, "nl") == ("1.234,6", "0,1")
    assert rounded(1234.56, 0.12, "en") == ("1,234.6", "0.1")
    shown = [exact(v, "nl", 6) for v in (3330000.0, 0.025, 1.105, 0.0)]
    assert shown == ["3.330.000", "0,025", "1,105", "0"]
    assert [money_scale([v], "nl").unit for v in (2e6, 2e4, 9.0)] == ["€\u00a0mln", "€\u00a0×\u00a01.000", "€"]


def test_dutch_and_english_format(run, english):
    assert "222.660 jeugdigen" in run.html and "€\u00a0542\u00a0mln" in run.html
    assert "222,660 youths" in english and "EUR\u00a0542\u00a0m" in english
    assert "de Apache-licentie 2.0" in run.html and "Apache License 2.0" in english


def test_command_repeats_the_run(study):
    changed = made(Study.load("haaglanden", ["agreements=own-use,half-half"]), "en", 256)
    line = "solidair run haaglanden --sims 256 --seed 3 --set agreements=own-use,half-half --lang en"
    assert f"<code>{line}</code>" in changed.html
    assert "Set differently" in changed.html


def test_assumptions_are_counted(run):
    grades = run.tables["assumptions"]["grade"].value_counts()
    assert f"{grades['assumed']} aangenomen" in run.html
    assert "Vervang ze voordat u" in run.html


@pytest.mark.parametrize("language", ["nl", "en"])
def test_own_use_alone(language):
    found = made(Study.load("haaglanden", ["agreements=own-use"]), language)
    page = check_page(found.html)
    assert not any("matrix" in n.attrs["class"] for n in page.all("table"))
    assert len(page.all("figure")) == 5


def test_without_own_use():
    check_page(made(Study.load("haaglanden", ["agreements=half-half"])).html)


def test_one_member(study):
    page = check_page(made(with_members(study, study.region.members[:1])).html)
    assert "Geen van de overeenkomsten" in text_of(page.all("main")[0])
    assert "1 gemeente ·" in text_of(page.all("header")[0])


def test_thirteen_members():
    page = check_page(made(Study.load("holland-rijnland")).html)
    assert sum("data-m" in n.attrs for n in page.all("details")) == 13


def test_forty_members_with_long_names(study):
    base = study.region.members
    members = [
        replace(base[i % 9], code=f"GM{i:04d}", name=f"Gemeente met een bijzonder lange naam aan het water {i}")
        for i in range(40)
    ]
    found = made(with_members(study, members))
    check_page(found.html)


def test_known_need(study):
    members = [replace(m, need_index=0.8 + 0.05 * i) for i, m in enumerate(study.region.members)]
    found = made(with_members(study, members))
    check_page(found.html)
    assert report_nl.TEXTS["answer_assumed"] not in found.html
    assert report_nl.TEXTS["luck_known"] in found.html and "brede lichte balk" not in found.html
    assert "is niet gemeten" not in found.html and "Let op: dat dit zo ver uiteenloopt" not in found.html


def test_partly_known_need(study):
    members = [replace(study.region.members[0], need_index=1.2), *study.region.members[1:]]
    html = made(with_members(study, members)).html
    check_page(html)
    assert "Van 8 gemeenten is niet gemeten" in html


def test_texts_of_others_are_escaped(study):
    members = [replace(study.region.members[0], name=EVIL), *study.region.members[1:]]
    agreements = []
    for agreement in study.agreements:
        spec = agreement.spec.model_copy(
            update={
                "title": agreement.spec.title.model_copy(update={"nl": f"{EVIL} {agreement.name}"}),
                "summary": agreement.spec.summary.model_copy(update={"nl": EVIL}),
            }
        )
        agreements.append(replace(agreement, spec=spec))
    changed = with_members(replace(study, agreements=tuple(agreements), overrides=(EVIL,)), members)
    changed = replace(changed, region=replace(changed.region, source=EVIL, notes=(EVIL,), title=EVIL))
    html = made(changed).html
    check_page(html)
    assert "<b>" not in html
    for svg in re.findall("<svg.*?</svg>", html, flags=re.DOTALL):
        ElementTree.fromstring(svg)


def test_every_metric_has_a_place(run, page):
    shown = {n.attrs["data-metric"] for n in page.nodes if "data-metric" in n.attrs}
    assert shown == {m.name for m in METRICS.values() if m.axis == "member"}
