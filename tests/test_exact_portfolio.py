"""The exact law of what a clause shares, against simulated years, and the rule that is made of it."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.models.exact import Portfolio, lattices_for, share_by_conditional_mean
from solidair.models.problems import InputError
from solidair.models.severity import Lognormal
from solidair.models.shocks import LognormalShock, NoShock
from solidair.pool.blocks import measures_of
from solidair.pool.books import Laws
from solidair.pool.draw import DrawPlan
from solidair.pool.exact_portfolio import NotExactError, Taken, exact_sharing
from solidair.pool.exact_transform import Own, sharing_of
from solidair.pool.pilot import _sample, pilot
from solidair.pool.settlement import Plan
from solidair.pool.study import Study
from tests.test_rule_charge import charged, study_of

RULE = {"kind": "rule", "rule": "conditional_mean", "method": "exact"}
RARE = {"kind": "share", "scope": ["gesloten"]}
SIMS = 40_960


def planned(study, made):
    study = replace(study, agreements=(made,))
    measures = measures_of(study)
    return study, Plan.make(made, measures, study.setting), DrawPlan.make(study, measures)


@pytest.fixture(scope="module")
def haaglanden():
    """Rare care in Haaglanden: the exact curves, and simulated years."""
    study, plan, draw = planned(Study.load("haaglanden"), charged(RULE, RARE))
    sample = _sample(plan, draw, Laws(), 0, SIMS, 1_024, None)[:, 0]
    return exact_sharing(study, plan, 0, 0), sample


def test_identities(haaglanden):
    exact, _ = haaglanden
    cells = exact.reliable
    # Every total is shared, and everybody keeps its mean but for the 1e-5 beyond the grid.
    np.testing.assert_allclose(exact.on_lattice(cells).sum(axis=0), exact.points[cells], rtol=1e-9)
    gaps = exact.gaps()
    assert gaps.allocation < 1e-8
    assert gaps.fairness < 1e-4


def test_law_of_the_total_against_simulated_years(haaglanden):
    exact, sample = haaglanden
    error = sample.std(axis=0) / np.sqrt(SIMS)
    assert np.all(np.abs(sample.mean(axis=0) - exact.means) < 4.5 * error)
    total, law = sample.sum(axis=1), exact.parts.total
    mean = law @ exact.points
    spread = np.sqrt(law @ (exact.points - mean) ** 2)
    # Error of a simulated SD is sd / 2 sqrt((kurtosis - 1) / n).
    kurtosis = np.mean((total - total.mean()) ** 4) / total.var() ** 2
    assert abs(total.std() / spread - 1) < 4.5 * 0.5 * np.sqrt((kurtosis - 1) / SIMS)


def test_curves_against_simulated_years(haaglanden):
    exact, sample = haaglanden
    total = sample.sum(axis=1)
    borne = exact.at(total).T
    rest = sample - borne
    place = np.digitize(total, np.quantile(total, np.arange(0.1, 1.0, 0.1)))
    for decile in range(10):
        mine = rest[place == decile]
        error = mine.std(axis=0) / np.sqrt(len(mine))
        # What the page says is approximated moves a curve by no more than 2 percent of its SD.
        assert np.all(np.abs(mine.mean(axis=0)) < 4.5 * error + 0.02 * borne.std(axis=0))


def test_exact_curves_explain_simulated_years_better_than_a_spline(haaglanden):
    from solidair.pool.rules import ConditionalMean, Law

    exact, sample = haaglanden
    half = SIMS // 2
    spline = ConditionalMean.fit(Law.of_sample(sample[:8_192])).curve
    fresh = sample[half:]
    total = fresh.sum(axis=1)
    # The conditional mean has the least squared error of all functions of the total.
    by_exact, by_spline = (((fresh - curve.at(total).T) ** 2).mean(axis=0).sum() for curve in (exact, spline))
    assert by_exact < by_spline
    # Where the spline has its own error bars they are of the size of the difference.
    at = np.quantile(total, [0.1, 0.3, 0.5, 0.7, 0.9])
    difference, error = np.abs(spline.at(at) - exact.at(at)), spline.error(at)
    assert np.median(difference / error) < 3.0


@pytest.mark.parametrize("take", [{"kind": "excess", "retention": 50e3}, {"kind": "tier", "lower": 20e3, "upper": 6e4}])
def test_layers_over_two_years_against_simulated_years(take):
    study, plan, draw = planned(study_of(years=2), charged(RULE, take))
    sample = _sample(plan, draw, Laws(), 0, 20_480, 1_024, None)
    for year in range(2):
        exact = exact_sharing(study, plan, 0, year)
        amounts = sample[:, year]
        error = amounts.std(axis=0) / np.sqrt(len(amounts))
        assert np.all(np.abs(amounts.mean(axis=0) - exact.means) < 4.5 * error)
        borne = exact.at(amounts.sum(axis=1)).T
        slope = np.mean((amounts - borne) * (borne - borne.mean(axis=0)), axis=0) / borne.var(axis=0)
        # No regression on the curve is left: its error is that of a mean of products.
        products = (amounts - borne) * (borne - borne.mean(axis=0)) / borne.var(axis=0)
        assert np.all(np.abs(slope) < 4.5 * products.std(axis=0) / np.sqrt(len(amounts)) + 0.01)


def test_transforms_against_the_engine_of_portfolios():
    rates, law = np.array([[3.0, 0.5], [1.0, 2.0], [6.0, 0.0]]), Lognormal(9.0, 0.5)
    other = Lognormal(10.0, 0.7)
    spread = np.array([0.2, 0.05, 0.1])
    own = [Own.of(NoShock(), v) for v in spread]
    found = sharing_of(rates, np.ones(1), np.ones((1, 1, 2)), np.zeros(3, np.intp), own, [law, other])
    portfolio = Portfolio.negative_binomial(rates, 1.0 / spread)
    lattices = lattices_for(portfolio, [law, other], step=found.step, level=1 - 1e-5)
    twin = share_by_conditional_mean(portfolio, lattices)
    at = np.linspace(2e4, 4e5, 40)
    np.testing.assert_allclose(found.at(at), twin.at(at), rtol=1e-6)


def test_own_factor_has_the_moments_of_need_times_gamma():
    need = LognormalShock(0.3)
    own = Own.of(need, 0.1)
    # The trapezium rule of a smooth law is exact but for its ends: squares weigh P(Z > 6.5 - 2 x 0.3) = 2e-9 there.
    assert own.variance == pytest.approx(need.moment(2) * 1.1 - 1.0, rel=1e-7)
    law, biased = own.transforms(np.array([0.0 + 0.0j]))
    np.testing.assert_allclose([law[0], biased[0]], 1.0, rtol=1e-12)


def test_what_is_taken_of_a_case_by_hand():
    # 25 % of the 100,000 above 50,000 and 75 % of what is above 150,000, of an exponential cost of mean 60,000.
    mean = 60_000.0
    chance = float(np.exp(-50 / 60))
    taken = Taken(np.array([50e3, 150e3]), np.array([0.25, 0.75]), lambda a: mean * np.exp(-a / mean), chance)
    band, above = mean * (np.exp(-50 / 60) - np.exp(-150 / 60)), mean * np.exp(-150 / 60)
    assert taken.mean == pytest.approx((0.25 * band + 0.75 * above) / chance, rel=1e-12)
    pmf = taken.discretise(1_000.0, 2_000)
    assert pmf @ (1_000.0 * np.arange(2_000)) == pytest.approx(taken.mean, rel=1e-9)


# --- as a charge


def test_the_pilot_run_takes_the_exact_law_where_there_is_one():
    study, plan, draw = planned(study_of(years=1), charged(RULE))
    laws = pilot(plan, draw, study=study)
    claims = draw.draw(11, 0, 4_096)
    ledger = plan.settle(claims, laws=laws)
    handed_in, borne = ledger.clauses[0].handed_in[:, 0], ledger.clauses[0].charged[:, 0]
    np.testing.assert_allclose(borne.sum(axis=1), handed_in.sum(axis=1), rtol=1e-12)
    error = (borne - handed_in).std(axis=0) / np.sqrt(len(borne))
    assert np.all(np.abs((borne - handed_in).mean(axis=0)) < 4.5 * error)
    assert np.all(borne.std(axis=0) < handed_in.std(axis=0))
    part = plan.settle(np.ascontiguousarray(claims[:, 256:512]), 256, laws).clauses[0].charged[:, 0]
    np.testing.assert_array_equal(part, borne[256:512])


def test_what_has_no_exact_law_says_why():
    take = {"kind": "excess", "retention": 50e3, "most": 200e3}
    study, plan, draw = planned(study_of(years=1), charged(RULE, take))
    with pytest.raises(NotExactError, match="no sum over cases"):
        exact_sharing(study, plan, 0, 0)
    with pytest.raises(InputError, match=r"clauses.1.charge.method: .*no sum over cases.*auto"):
        pilot(plan, draw, study=study)
    auto = {**RULE, "method": "auto"}
    study, plan, draw = planned(study_of(years=1), charged(auto, take))
    assert pilot(plan, draw, study=study).samples[0].shape == (0, 1, 3)


def test_a_rule_by_tolerance_is_refused_where_nothing_is_capped():
    rule = {"kind": "rule", "rule": "tolerance", "capped": True}
    study = study_of(years=1)
    endless = replace(study.costs, severities=(Lognormal(8.7, 0.9), study.costs.severities[1]))
    study, plan, draw = planned(replace(study, costs=endless), charged(rule))
    with pytest.raises(InputError, match=r"clauses.1.charge.capped: .*cost of light has an upper end"):
        pilot(plan, draw, study=study)
    _, limited, draw = planned(study, charged(rule, {"kind": "excess", "retention": 50e3, "limit": 1e5}))
    assert pilot(limited, draw, study=study).samples[0].shape == (0, 1, 3)
