"""The file of costs to date: as it is really written, and everything that can be wrong with it, at once."""

import math

import numpy as np
import pytest

from solidair.models.problems import InputError
from solidair.models.sources.costs_to_date import read_costs_to_date

CODES = ("GM0518", "GM0637", "GM1783")


def read(tmp_path, text, codes=CODES, encoding="utf-8"):
    (tmp_path / "costs.csv").write_bytes(text.encode(encoding))
    return read_costs_to_date(tmp_path / "costs.csv", codes=codes)


def problems(tmp_path, text, codes=CODES):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, codes)
    return [(p.where, p.rule) for p in caught.value.problems]


def test_a_dutch_file_with_everything(tmp_path):
    text = (
        "# stand eind juli\n"
        "Gemeentecode ; Kosten;Volledigheid;Onzekerheid;Voorschot;opmerking\n"
        ' GM1783 ; "€ 31.500.000,50";95 %;3%;54.000.000;x\n'
        "gm0518;170.000.000,-;;;;\n"
    )
    found = read(tmp_path, text, encoding="utf-8-sig")
    assert found.codes == CODES
    np.testing.assert_array_equal(found.cost, [170e6, math.nan, 31_500_000.5])
    np.testing.assert_array_equal(found.completeness, [1.0, 1.0, 0.95])
    np.testing.assert_array_equal(found.doubt, [math.nan, math.nan, 0.03])
    np.testing.assert_array_equal(found.advance, [math.nan, math.nan, 54e6])
    assert found.delivered[2] == 31_500_000.5 / 0.95


def test_an_english_file_and_a_cost_that_is_not_known(tmp_path):
    found = read(tmp_path, "code,cost_eur,completeness\nGM0518,1500.25,0.9\nGM0637,-,\n")
    np.testing.assert_array_equal(found.cost, [1500.25, math.nan, math.nan])
    assert found.completeness[0] == 0.9


def test_every_fault_is_told_at_once(tmp_path):
    text = (
        "code;cost_eur;completeness;doubt;advance_eur\n"
        "GM0518;-5;;;\n"
        "GM0637;12a;85;;\n"
        "GM0637;10;9%;60%;-1\n"
        "GM9999;10;;;\n"
        "518;10;;;\n"
        ";10;;;\n"
        "GM1783;#N/B;120%;;\n"
        "GM1783;1e12;;;\n"
    )
    found = problems(tmp_path, text)
    assert found == [
        ("row 2, column cost_eur", "the cost to date must be 0 or more"),
        ("row 3, column cost_eur", "must be a number"),
        ("row 3, column completeness", "must be a share from 10% to 100%"),
        ("row 4, column completeness", "must be a share from 10% to 100%"),
        ("row 4, column doubt", "must be a share from 0% to 50%"),
        ("row 4, column advance_eur", "the advance must be 0 or more"),
        ("row 4, column code", "a member must be there once"),
        ("row 5, column code", "the payer must be a member of the region"),
        ("row 6, column code", "the CBS code of the payer must be GM and four digits"),
        ("row 7, column code", "the CBS code of the payer must be there"),
        ("row 8, column cost_eur", "must be a value, not an error of Excel"),
        ("row 8, column completeness", "must be a share from 10% to 100%"),
        ("row 9, column cost_eur", "must be a number with all its digits"),
        ("row 9, column code", "a member must be there once"),
    ]


@pytest.mark.parametrize(
    ("text", "where", "rule"),
    [
        ("code;cost_eur\nGM0518;-\n", "row 2, column cost_eur", "at least one member must have a cost"),
        ("code;cost_eur\nGM0518;200000000000\n", "row 2, column cost_eur", "at most EUR 100,000,000,000"),
        ("code;cost_eur\n", "row 1", "there must be at least one row below the header"),
        ("code;spent\nGM0518;5\n", "row 1, column cost_eur", "the column must be there"),
        ("code;cost_eur\nGM0518;123,456\n", "row 2, column cost_eur", "can be read in one way only"),
        ("code;cost_eur;completeness\nGM0518;5;01-02-2027\n", "row 2, column completeness", "looks like a date"),
    ],
)
def test_one_fault(tmp_path, text, where, rule):
    assert any(place == where and rule in said for place, said in problems(tmp_path, text))


def test_a_file_can_be_judged_without_its_region(tmp_path):
    assert problems(tmp_path, "code;cost_eur\nGM0518;-5\n", codes=None)[0][0] == "row 2, column cost_eur"
    assert read(tmp_path, "code;cost_eur\nGM0518;5\n", codes=None).codes == ("GM0518",)
