"""With and without doubt about parameters: the same luck twice, and a table that says what the doubt adds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from solidair.models.costs import CostModel
from solidair.models.schema import Words
from solidair.pool.agreements import Agreement
from solidair.pool.blocks import measures_of
from solidair.pool.draw import DrawPlan
from solidair.pool.parameters import COLUMNS, METRICS, known_parameters, parameter_table, with_known
from solidair.pool.run import simulate
from solidair.pool.study import Study
from solidair.pool.study_spec import Settings
from tests.naive import agreement_document, cost_document, quantity, severity_table
from tests.small import small_study

SIMS, SEED = 2_000, 11
DOUBT = {"rate": 0.1, "price": 0.08, "tariff": 0.08, "length": 0.1}
"""Relative standard errors."""


def _costs(**errors):
    """Return light care and stays, some of whose numbers have a relative standard error."""

    def number(value, unit, error):
        return quantity(value, unit) | ({} if error is None else {"standard_error": error * value})

    price, tariff, rate, length = (errors.get(key) for key in ("price", "tariff", "rate", "length"))
    light = severity_table("lognormal", cv=0.9) | {"mean": number(9_000.0, "EUR", price)}
    document = cost_document({"light": (8.0, 40.0, light), "home": (1.5, 6.0, None)}, volume=(0, 0.03, 0.04), need=0.1)
    for care in document["care_types"].values():
        care["clients_per_1000"] = number(care["clients_per_1000"]["value"], "clients", rate)
    home = document["care_types"]["home"]
    del home["severity"]
    home["episode"] = {
        "duration": {"family": "exponential", "mean": number(1.4, "year", length)},
        "tariff": severity_table("lognormal", cv=0.4) | {"mean": number(300.0, "EUR per day", tariff)},
    }
    return CostModel.from_document(document, "doubt", "doubt.toml")


def _study(costs):
    region = small_study(members=3, budget=2_000.0).region
    # Large towns, in which chance of cases is small beside doubt.
    members = tuple(replace(m, youth=25 * m.youth, inhabitants=25 * m.inhabitants) for m in region.members)
    region = replace(region, members=members)
    clauses = ({"kind": "excess", "retention": 60_000.0}, {"kind": "youth"})
    made = [agreement_document(), agreement_document(clauses)]
    agreements = tuple(Agreement.from_document(d, n, n) for n, d in zip(("own-use", "excess"), made, strict=True))
    return Study("doubt", Words(nl="twijfel", en="doubt"), region, costs, agreements, Settings(years=2))


def _run(study):
    return simulate(study, SIMS, SEED, threads=1)


@pytest.fixture(scope="module")
def unsure():
    """Return a study with doubt, its results, and what `with_known` makes of them with the runs that it asked for."""
    study, asked = _study(_costs(**DOUBT)), []

    def run(other):
        asked.append(other)
        return _run(other)

    results = _run(study)
    return study, results, with_known(results, run), asked


def test_the_known_run_is_the_same_study_without_doubt(unsure):
    study, results, both, asked = unsure
    (other,) = asked
    assert other.costs.uncertain == () and len(study.costs.uncertain) == 5
    assert replace(other, costs=study.costs) == study
    assert both.own is results.own
    # The seed is that of the results: a run of the plain model with it gives the same figures.
    plain = _run(_study(_costs())).table("stability")
    drawn = results.table("stability")
    table = both.table("parameters")
    assert list(table.columns) == COLUMNS
    for metric in METRICS:
        for ending in ("", "_se"):
            np.testing.assert_array_equal(table[f"{metric}{ending}"], drawn[f"{metric}{ending}"])
            np.testing.assert_array_equal(table[f"{metric}_known{ending}"], plain[f"{metric}{ending}"])


def test_one_row_per_agreement_and_member(unsure):
    study, _, both, _ = unsure
    table = both.table("parameters")
    pairs = [(a.name, code) for a in study.agreements for code in study.region.codes]
    assert list(zip(table["agreement"], table["code"], strict=True)) == pairs
    assert table.notna().all(axis=None)


def test_what_doubt_adds_has_the_error_of_a_difference_in_the_same_paths(unsure):
    _, results, both, _ = unsure
    table = both.table("parameters")
    for metric in METRICS:
        np.testing.assert_array_equal(table[f"{metric}_added"], table[metric] - table[f"{metric}_known"])
    assert (table["mean_added_se"] == 0).all()  # means are exact
    # The luck is the same, so part of the error of each figure falls away; it cannot exceed the sum.
    for metric in ("sd", "var_95", "tvar_95"):
        assert (table[f"{metric}_added_se"] > 0).all()
        assert (table[f"{metric}_added_se"] <= table[f"{metric}_se"] + table[f"{metric}_known_se"]).all()
    # By hand, without exact means: the influence of a path on a standard deviation s is ((x - m)^2 - s^2) / 2s.
    certain = _run(_study(_costs()))
    plain = parameter_table(replace(results, control=False), replace(certain, control=False))
    pull = []
    for own in (results.own[:, 0], certain.own[:, 0]):
        away, s = own - own.mean(axis=0), own.std(axis=0, ddof=1)
        pull.append((away**2 - s**2) / (2 * s))
    expected = np.std(pull[0] - pull[1], axis=0) / np.sqrt(SIMS - 1)
    mine = plain[plain["agreement"] == "own-use"]
    # s over n or n - 1 in the formula: a relative difference of 1 / n.
    np.testing.assert_allclose(mine["sd_added_se"], expected, rtol=2 / SIMS)


def test_doubt_widens_the_spread_of_everybody(unsure):
    table = unsure[2].table("parameters")
    for metric in ("sd", "var_95", "tvar_95"):
        assert (table[metric] > table[f"{metric}_known"]).all()
    # By hand for own use: the variance that doubt adds is at least that of two independent factors of mean 1, rate and
    # price, on the two care types. Each has a share of the mean; the smallest sum of squares is at equal shares.
    own = table[table["agreement"] == "own-use"]
    added = own["sd"] ** 2 - own["sd_known"] ** 2
    least = (DOUBT["rate"] ** 2 + DOUBT["price"] ** 2) / 2 * own["mean_known"] ** 2
    # The error of a variance is 2 sd x that of the sd; that of a difference at most the sum.
    error = 2 * (own["sd"] * own["sd_se"] + own["sd_known"] * own["sd_known_se"])
    assert ((added - least) / error > -4.5).all()


def test_doubt_about_rates_and_prices_moves_no_mean(unsure):
    study = _study(_costs(rate=0.1, price=0.08, tariff=0.08))
    plain = _study(_costs())
    exact = [_run(s).exact_mean for s in (study, plain)]
    # Factors have mean 1; attachments bend what lies above them, so only whole costs and counts keep their mean.
    whole = [m.attachment in (None, 0.0) for m in measures_of(plain).measures]
    np.testing.assert_allclose(exact[0][whole], exact[1][whole], rtol=1e-9)
    above = [not w for w in whole]
    assert (exact[0][above] > exact[1][above]).all()


def test_doubt_about_a_price_moves_no_client():
    plans = [
        DrawPlan.make(study, measures_of(study), case_by_case=True)
        for study in (_study(_costs(price=0.08, tariff=0.08)), _study(_costs()))
    ]
    doubt, plain = (plan.draw(SEED, 0, 300) for plan in plans)
    measures = measures_of(_study(_costs())).measures
    counts = [m.attachment is None for m in measures]
    np.testing.assert_array_equal(doubt[counts], plain[counts])
    whole = [m.attachment == 0.0 for m in measures]
    assert len(measures) == 3 and not np.allclose(doubt[whole], plain[whole], rtol=0.01)


def test_without_standard_errors_the_table_is_empty():
    study = _study(_costs())
    assert known_parameters(study) is None
    results = _run(study)

    def never(_):
        raise AssertionError("nothing to run")

    assert with_known(results, never) is results
    table = results.table("parameters")
    assert list(table.columns) == COLUMNS and len(table) == 0
    pd.testing.assert_frame_equal(table, parameter_table())


def test_results_with_doubt_that_were_not_compared_have_an_empty_table_too(unsure):
    assert unsure[1].table("parameters").empty


def test_standard_errors_of_zero_change_no_bit():
    zero, plain = _study(_costs(**dict.fromkeys(DOUBT, 0.0))), _study(_costs())
    assert zero.costs.uncertain == () and known_parameters(zero) is None
    assert zero.costs.sites == plain.costs.sites
    _assert_same(_run(zero), _run(plain))


def test_what_is_certain_of_a_model_is_the_model_without_doubt():
    doubt, plain = _costs(**DOUBT), _costs()
    assert doubt.spec != plain.spec and doubt.sites != plain.sites
    certain = doubt.certain()
    assert certain == plain and certain.sites == plain.sites
    assert certain.certain() == certain
    _assert_same(_run(_study(certain)), _run(_study(plain)))


def _assert_same(one, other):
    np.testing.assert_array_equal(one.own, other.own)
    for name, contribution in one.contributions.items():
        np.testing.assert_array_equal(contribution, other.contributions[name])
    np.testing.assert_array_equal(one.central_sums, other.central_sums)
    np.testing.assert_array_equal(one.exact_mean, other.exact_mean)


@pytest.mark.parametrize("kind", DOUBT)
def test_every_kind_of_doubt_is_one_draw_for_a_path(kind):
    """Common to all members and years: with the chance of cases gone, members and years move together."""
    study, plain = _study(_costs(**{kind: 0.5})), _study(_costs())
    sites = [site for site in study.costs.sites if site not in plain.costs.sites]
    assert sites and all(site.level == "parameter" and site.persistence == 1.0 for site in sites)
    assert {site.target for site in sites} == {{"rate": "volume", "length": "stay"}.get(kind, "price")}
    ratio = np.log(_run(study).own.sum(axis=-1) / _run(plain).own.sum(axis=-1))
    # The ratio of a year is doubt; what is left of chance is small beside it, so the years of a path agree.
    assert np.corrcoef(ratio, rowvar=False)[0, 1] > 0.8
