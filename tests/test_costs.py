"""The shipped cost model: its pedigree, its anchors, and that the anchors are computed as they say."""

import copy
import doctest
import tomllib
from importlib.resources import files

import numpy as np
import pytest
from scipy import integrate

import solidair.pool
from solidair.models.anchors import anchor_table, check_anchors
from solidair.models.costs import CostModel
from solidair.models.problems import InputError
from solidair.pool.study import Study, builtin

DOCUMENT = tomllib.loads((files("solidair.configs.costs") / "nl-2024.toml").read_text("utf-8"))
GRADES = {"sourced", "derived", "assumed"}
HEAVY = {"pleegzorg", "gezinsgericht", "verblijf", "crisis-verblijf", "gesloten", "maatwerk-24-uurs"}


def model(change=None):
    document = copy.deepcopy(DOCUMENT)
    if change:
        change(document)
    return CostModel.from_document(document, "nl-2024", "nl-2024.toml")


NL = model()


def test_the_model_lies_within_every_anchor():
    table = anchor_table(NL)
    assert len(table) >= 18
    outside = table[~table["within"]]
    assert outside.empty, outside[["label_en", "low", "model", "high"]].to_string()


def anchor(quantity, argument=""):
    table = anchor_table(NL)
    return float(table[(table["quantity"] == quantity) & (table["argument"] == str(argument))]["model"].iloc[0])


def test_national_figures_add_up_from_the_file():
    youth = DOCUMENT["national_youth"]["value"]
    clients = {k: v["clients_per_1000"]["value"] * youth / 1000 for k, v in DOCUMENT["care_types"].items()}
    assert anchor("clients_of", "pleegzorg") == pytest.approx(clients["pleegzorg"])
    means = dict(zip(NL.ids, (s.mean for s in NL.severities), strict=True))
    total = sum(clients[k] * means[k] for k in clients)
    assert anchor("national_cost") == pytest.approx(total)
    assert anchor("budget_per_youth") == pytest.approx(total / youth)
    assert anchor("stay_share_of_cost") == pytest.approx(sum(clients[k] * means[k] for k in HEAVY) / total)
    # children: by group, then over the groups, with the overlaps of the file
    stay = sum(clients[k] for k in HEAVY) / 1.105
    children = stay + (clients["ambulant"] + clients["daghulp"]) / 1.04
    children = (children + clients["jeugdbescherming"] + clients["jeugdreclassering"]) / 1.122
    assert anchor("persons") == pytest.approx(children)
    assert anchor("cost_per_person") == pytest.approx(total / children)


def test_expected_cost_equals_the_derived_budget():
    """A member of need 1 is expected to cost its budget, so no deficit is built in."""
    assert anchor("budget_per_youth") == pytest.approx(DOCUMENT["budget_per_youth"]["value"], rel=1e-3)


@pytest.mark.parametrize("line", [50_000.0, 100_000.0, 200_000.0, 400_000.0])
def test_implied_index_against_quadrature_without_price_shocks(line):
    def no_price(document):
        for level in ("national", "regional", "local"):
            document["price"][level]["sd"]["value"] = 0.0

    still = model(no_price)
    table = anchor_table(still)
    value = float(table[(table["quantity"] == "implied_index") & (table["argument"] == str(line))]["model"].iloc[0])
    above = excess = 0.0
    for rate, severity in zip(still.clients_per_youth, still.severities, strict=True):
        top = severity.support[1]
        if top > line:
            above += rate * float(severity.sf(line))
            points = [p for p in severity.kinks if line < p < top]
            excess += (
                rate * integrate.quad(lambda x, s=severity: float(s.sf(x)), line, top, points=points, limit=400)[0]
            )
    assert value == pytest.approx((line + excess / above) / (excess / above), rel=1e-6)


def test_every_number_has_a_pedigree():
    quantities = dict(NL.quantities())
    assert len(quantities) > 60
    for key, quantity in quantities.items():
        assert quantity.grade in GRADES and quantity.unit, key
        if "EUR" in quantity.unit:
            assert quantity.year == 2024, key
        for language in ("nl", "en"):
            assert len(quantity.source[language]) > 10, key

    def numbers(node, path=""):
        """Yield every bare number of the file that is not inside a quantity."""
        if isinstance(node, dict):
            if {"value", "unit", "grade", "source"} <= node.keys():
                return
            for key, entry in node.items():
                yield from numbers(entry, f"{path}.{key}")
        elif isinstance(node, list):
            for entry in node:
                yield from numbers(entry, path)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            yield path

    assert set(numbers(DOCUMENT)) == {".price_level", ".anchors.low", ".anchors.high", ".anchors.argument"}


def test_care_types_carry_their_codes():
    assert 9 <= len(NL.care_types) <= 11
    assert {care.id for care in NL.care_types if care.stay} == HEAVY
    iv3 = {code for care in NL.care_types for code in care.iv3}
    # all taakvelden for youth since 2023
    assert iv3 == {
        f"6.{n}" for n in ("72a", "72b", "72c", "72d", "73a", "73b", "73c", "74a", "74b", "74c", "82a", "82b")
    }
    assert all(care.ijw for care in NL.care_types)


def test_heavy_types_are_days_times_tariff_with_a_natural_cap_and_an_atom_at_the_whole_year():
    for care, severity in zip(NL.care_types, NL.severities, strict=True):
        assert np.isfinite(severity.support[1]), care.id
        if care.stay:
            spec = DOCUMENT["care_types"][care.id]["severity"]
            assert severity.support[1] == pytest.approx(365 * spec["tariff"]["cap"]["value"])
            m = spec["mean_stay"]["value"]
            assert severity.days.whole_year == pytest.approx(m / (m + 1) * np.exp(-1 / m))


def test_shocks_have_mean_one_and_the_stated_spread():
    for key, shock in (("volume", NL.volume_shocks), ("price", NL.price_shocks)):
        for level, law in zip(("national", "regional", "local"), shock, strict=True):
            assert law.moment(1) == pytest.approx(1.0)
            assert np.sqrt(law.variance) == pytest.approx(DOCUMENT[key][level]["sd"]["value"])


def test_an_infinite_mean_is_refused_with_the_reason():
    def heavy(document):
        document["care_types"]["maatwerk-24-uurs"]["severity"] = {
            "family": "gpd",
            "xi": {"value": 1.1, "unit": "index", "grade": "assumed", "source": "a test"},
            "beta": {"value": 50_000.0, "unit": "EUR", "grade": "assumed", "source": "a test"},
        }

    with pytest.raises(InputError, match="pool") as caught:
        model(heavy)
    (problem,) = caught.value.problems
    assert problem.where == "care_types.maatwerk-24-uurs.severity" and "cap" in problem.hint

    def capped(document):
        heavy(document)
        cap = {"value": 1e6, "unit": "EUR", "grade": "assumed", "source": "a test"}
        document["care_types"]["maatwerk-24-uurs"]["severity"]["cap"] = cap

    assert np.isfinite(model(capped).severities[NL.ids.index("maatwerk-24-uurs")].mean)


def test_an_unknown_anchor_is_named():
    def wrong(document):
        document["anchors"][0]["quantity"] = "national_costs"

    with pytest.raises(InputError, match="national_cost'"):
        check_anchors(model(wrong))


def test_shipped_studies_run_on_shipped_files():
    for name in builtin("studies"):
        study = Study.load(name)
        assert study.agreements[0].name == "own-use" and len(study.agreements) == 6


def test_the_example_in_the_package_docstring_runs():
    result = doctest.testmod(solidair.pool)
    assert result.attempted >= 4 and result.failed == 0
