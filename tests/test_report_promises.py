"""What the report tells of agreements besides their articles: properties, later years, funds, money from outside."""

import re
from dataclasses import replace

import numpy as np
import pytest

from solidair.cli.report.build import report_html
from solidair.cli.report.promises import beyond_table, pots_table
from solidair.cli.texts import properties
from solidair.pool import Study, simulate
from solidair.pool.agreements import Agreement
from solidair.pool.describe import with_past
from solidair.pool.results import TABLES
from tests.settling import TEXT

SIMS = 256


def one(name, title, **clause):
    words = {"nl": title, "en": title}
    clause = {"title": TEXT, "take": {"kind": "share"}, "charge": {"kind": "key", "key": {"kind": "youth"}}} | clause
    document = {"title": words, "summary": TEXT, "source": "test", "clauses": [clause]}
    return Agreement.from_document(document, name, f"{name}.toml")


ROLLING = one("rolling", "Rolling", charge={"kind": "key", "key": {"kind": "cost", "lag": 1, "window": 3}})
RESERVE = one(
    "reserve",
    "Reserve",
    take={"kind": "excess", "retention": 100_000.0},
    pot={"kind": "reserve", "opening": 20e6, "contribution": 30e6, "calls": False},
)
STATE = one(
    "state",
    "State",
    charge={"kind": "key", "key": {"kind": "youth"}, "outside": {"name": TEXT, "share": 0.25}},
)
PLAIN = one("plain", "Plain")


@pytest.fixture(scope="module")
def results():
    study = with_past(Study.load("haaglanden", ["settings.years=3"]))
    return simulate(replace(study, agreements=(PLAIN, ROLLING, RESERVE, STATE)), SIMS, threads=1)


@pytest.fixture(scope="module")
def tables(results):
    return {name: results.table(name) for name in TABLES}


@pytest.fixture(scope="module", params=["nl", "en"])
def page(request, results, tables):
    html = report_html(results, tables, request.param)
    articles = re.findall(r"<article>.*?</article>", html, re.S)
    return request.param, {re.search(r"<h3>(.*?)</h3>", a)[1]: a for a in articles}


def test_every_agreement_has_its_card(page):
    language, articles = page
    text = properties.TEXTS[language]
    for article in articles.values():
        assert text["card_property"] in article
        rows = re.search(r'<table class="quiet card">(.*?)</table>', article, re.S)[1].count('<th scope="row">')
        assert rows == 10


def test_only_the_key_of_the_past_is_said_to_delay(page):
    language, articles = page
    said = {"nl": "stelt uit en deelt niet. Van een extra", "en": "delays, it does not pool. Of an extra"}[language]
    assert {title for title, article in articles.items() if said in article} == {"Rolling"}
    # Its later years are a table: four calendar years.
    for year in range(2027, 2031):
        assert f'<th scope="col">{year}</th>' in articles["Rolling"]
        assert f'<th scope="col">{year}</th>' not in articles["Plain"]


def test_money_from_outside_and_funds_is_told_where_there_is_any(page):
    language, articles = page
    text = properties.TEXTS[language]
    assert {t for t, a in articles.items() if text["beyond_title"] in a} == {"Reserve", "State"}
    assert {t for t, a in articles.items() if text["pots_title"] in a} == {"Reserve"}
    # A quarter of the EUR 300,000 of the example.
    rest = {
        "nl": "Van buiten of uit een fonds komt €\u00a075.000.",
        "en": "From outside or out of a fund comes EUR\u00a075,000.",
    }
    assert rest[language] in articles["State"] and rest[language] not in articles["Plain"]
    for level in ("P10", "P50", "P90"):
        assert f'<th scope="col">{level}</th>' in articles["Reserve"]


def test_the_figures_are_those_of_the_run(results, tables):
    table = beyond_table(results, STATE, "en")
    # A quarter of all cost comes from outside.
    outside, total = results.clauses["state"].outside[0], results.clauses["state"].paid[0].sum()
    assert outside == pytest.approx(total / 4)
    assert table["rows"][0]["cells"][3] == "0" and "less than their care costs" in table["text"]
    assert beyond_table(results, PLAIN, "nl") is None
    rows = pots_table(tables["pots"], RESERVE, "en")["rows"]
    labels = [row["label"] for row in rows if row["label"]]
    assert labels[0].startswith("1. balance at the end of the year")
    assert not any("call" in label or "refund" in label for label in labels)  # nothing is called or refunded
    balance = results.observed["reserve/1/balance"]
    ordered = np.sort(balance[:, 0])
    first = rows[0]
    assert first["year"] == 2027 and first["span"] == 3
    assert float(first["cells"][1]) == pytest.approx(ordered[SIMS // 2 - 1] / 1e6, rel=5e-3, abs=0.05)
    assert pots_table(tables["pots"], PLAIN, "en") is None


def test_languages_have_the_same_words():
    dutch, english = properties.TEXTS["nl"], properties.TEXTS["en"]
    assert list(dutch) == list(english)
    for key in dutch:
        assert set(re.findall(r"{(\w+)}", dutch[key])) == set(re.findall(r"{(\w+)}", english[key])), key
