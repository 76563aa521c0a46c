"""Describe: the years after the worked case, the property card in words, and what is missing."""

from fractions import Fraction

import pytest

from tests.test_describe import HAAGLANDEN, LANGUAGES, alone

ROLLING = """\
source = "test"
title = { nl = "Rollend", en = "Rolling" }
summary = { nl = "x", en = "x" }
[[clauses]]
title = { nl = "Een", en = "One" }
take = { kind = "share" }
charge = { kind = "key", key = { kind = "cost", lag = 1, window = 3 } }
"""


def card_of(described):
    return {row["name"]: row for row in described["card"]}


def test_later_years_of_a_rolling_key_by_hand(tmp_path):
    path = tmp_path / "rolling.toml"
    path.write_text(ROLLING)
    described = alone(path, "en")
    expected = HAAGLANDEN.setting.expected_cost.sum(axis=1)
    place = list(HAAGLANDEN.region.names).index("Midden-Delfland")
    own, total = Fraction(float(expected[place])), Fraction(float(expected.sum()))
    example = described["example"]
    assert example["pays"]["Midden-Delfland"] == pytest.approx(float(300_000 * own / total), abs=1e-2)
    # The case is in the window of each of the next three years.
    later = total * ((3 * own + 300_000) / (3 * total + 300_000) - own / total)
    assert [year["Midden-Delfland"] for year in example["later"]] == pytest.approx(3 * [float(later)], abs=1e-2)
    assert described["notes"][-1].startswith("Years before the first one are taken here as the cost model expects")
    card = card_of(described)
    assert card["lifetime"]["verdict"] == "1.00" and card["same_year"]["verdict"] == "0.02"
    assert "This delays, it does not pool" in card["lifetime"]["sentence"]
    assert "stelt uit en deelt niet" in card_of(alone(path, "nl"))["lifetime"]["sentence"]


def test_the_card_says_what_is_proven_and_what_is_not():
    dutch, english = (card_of(alone("case-excess", language)) for language in LANGUAGES)
    assert dutch["fair"]["verdict"] == "ja" and "Exact berekend" in dutch["fair"]["sentence"]
    assert "Niet weerlegd in 240 willekeurige gevallen" in dutch["homogeneous"]["sentence"]
    assert english["translative"]["verdict"] == "no"
    assert "Up to EUR\u00a0100,000 a case no counterexample was found" in english["translative"]["sentence"]
    assert english["comonotone"]["state"] == "not_applicable"
    assert english["same_year"]["verdict"] == "1.00"
    assert "this is pooling" in english["lifetime"]["sentence"]
    assert "It does not share this cost" in card_of(alone("own-use", "en"))["lifetime"]["sentence"]


def test_a_fund_that_runs_low_is_no_gift():
    card = card_of(alone("egalisatiereserve", "en"))
    assert "so much less is in a fund" in card["lifetime"]["sentence"]


def test_what_is_missing_is_said_and_the_rest_is_told():
    described = alone("groningen-2015", "en")
    assert described["example"] is None and described["card"] == ()
    assert "needs the column capacity" in described["missing"][0]
    assert described["articles"]
