"""Light care in bulk: the same law as case by case, counts exact, and never where a rule looks into a case."""

import numpy as np
import pytest
from scipy import stats

from solidair.models.costs import CostModel
from solidair.models.regions import Municipality, Region
from solidair.models.schema import Words
from solidair.pool.agreements import Agreement
from solidair.pool.blocks import measures_of
from solidair.pool.bulk import most_price
from solidair.pool.chance import shock_arrays
from solidair.pool.draw import DrawPlan
from solidair.pool.exactness import LIMIT, exact_moments
from solidair.pool.study import Study
from solidair.pool.study_spec import Settings
from tests.naive import agreement_document, cost_document, severity_table

ALPHA = 1e-6
YOUTH = (900, 30_000)


def _study(retention, *, shocks=True, years=1):
    laws = {
        "light": (120.0, 50.0, severity_table("lognormal", mean=12_000.0, cv=1.1, cap=90_000.0)),
        "open": (9.0, 20.0, severity_table("lognormal", mu=9.0, sigma=1.3)),
    }
    spread = {"volume": (0.03, 0.04, 0.05), "price": (0.014, 0.01, 0.02)} if shocks else {}
    costs = CostModel.from_document(cost_document(laws, **spread), "by-hand", "by-hand.toml")
    if not shocks:
        plain = {
            id_: care.model_copy(update={"overdispersion_size": None}) for id_, care in costs.spec.care_types.items()
        }
        costs = CostModel(
            "by-hand", "", costs.spec.model_copy(update={"care_types": plain}), costs.severities, costs.episodes
        )
    members = tuple(Municipality(f"GM{n:04d}", f"M{n}", 5 * y, y, 900.0 * y, 1.0) for n, y in enumerate(YOUTH, 1))
    rules = ({"kind": "excess", "retention": retention}, {"kind": "youth"})
    agreement = Agreement.from_document(agreement_document(rules), "excess", "excess.toml")
    region = Region("r", "R", members, "", "", None)
    return Study("s", Words(nl="s", en="s"), region, costs, (agreement,), Settings(years=years))


def _claims(study, sims, case_by_case=False, seed=3):
    return DrawPlan.make(study, measures_of(study), case_by_case=case_by_case).draw(seed, 0, sims)


@pytest.mark.parametrize("shocks", [True, False], ids=["shocks", "fixed rates"])
@pytest.mark.parametrize("case_by_case", [True, False], ids=["case by case", "bulk"])
def test_both_paths_have_the_exact_moments(shocks, case_by_case):
    study, sims = _study(80_000.0, shocks=shocks), 6_000
    mean, variance = exact_moments(study, measures_of(study))
    deviation = _claims(study, sims, case_by_case) - mean[:, np.newaxis]
    assert np.abs(deviation.mean(axis=1) / np.sqrt(variance / sims)).max() < LIMIT
    square = (deviation**2).mean(axis=1)
    error = np.sqrt(((deviation**4).mean(axis=1) - square**2) / sims)
    assert np.abs((square - variance) / error).max() < LIMIT


@pytest.mark.parametrize("shocks", [True, False], ids=["shocks", "fixed rates"])
def test_both_paths_have_one_law(shocks):
    study, sims = _study(80_000.0, shocks=shocks), 6_000
    bulk, cases = _claims(study, sims), _claims(study, sims, case_by_case=True, seed=4)
    for measure in range(bulk.shape[0]):
        for member in range(bulk.shape[3]):
            pair = bulk[measure, :, 0, member], cases[measure, :, 0, member]
            assert stats.ks_2samp(*pair).pvalue > ALPHA


def test_counts_stay_exact_in_bulk():
    study, sims = _study(80_000.0, shocks=False), 20_000
    measures = measures_of(study)
    claims = _claims(study, sims)
    place = next(n for n, measure in enumerate(measures.measures) if measure.attachment is None)
    rate = 900 * 0.129
    clients = claims[place, :, 0, 0]
    assert np.array_equal(clients, np.round(clients))
    law = stats.poisson(rate)
    edges = np.unique(law.ppf(np.linspace(0, 1, 40)[1:-1]))
    bins = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]])) * sims
    seen = np.bincount(np.searchsorted(edges, clients), minlength=len(bins))
    assert np.sum((seen - bins) ** 2 / bins) < stats.chi2(len(bins) - 1).isf(ALPHA)


def test_the_engine_chooses_bulk_only_below_every_line():
    high, low, none = _study(80_000.0), _study(2_000.0), _study(80_000.0)
    assert list(DrawPlan.make(high, measures_of(high)).bulk.row) == [0, 1]
    assert list(DrawPlan.make(low, measures_of(low)).bulk.row) == [-1, -1]
    assert list(DrawPlan.make(none, measures_of(none), case_by_case=True).bulk.row) == [-1, -1]


def test_no_price_lifts_a_small_case_over_a_line():
    study = _study(80_000.0, years=3)
    plan = DrawPlan.make(study, measures_of(study))
    shocks = shock_arrays(study.costs, study.region)
    for c, severity in enumerate(study.costs.severities):
        assert plan.bulk.beyond[c] >= float(severity.sf(80_000.0 / most_price(shocks, c))) > 0
    # Prices of three levels, each up to its highest table value: three times 8.2 standard deviations.
    assert 1.2 < most_price(shocks, 0) < 1.5


def test_a_sum_follows_its_luck():
    """The same uniforms with 2 % more clients: nearly the same years, so that runs can be compared."""
    study = _study(80_000.0)
    members = study.region.members
    more = tuple(
        Municipality(m.code, m.name, m.inhabitants, round(1.02 * m.youth), m.youth_budget_eur, 1.0) for m in members
    )
    grown = Study("s", study.title, Region("r", "R", more, "", "", None), study.costs, study.agreements, study.settings)
    one, other = (c[:, :, 0, 1] for c in (_claims(study, 4_000), _claims(grown, 4_000)))
    whole = measures_of(study).total_weights
    assert np.corrcoef(whole @ one, whole @ other)[0, 1] > 0.98


def test_bulk_draws_are_the_same_in_any_block():
    study = _study(80_000.0)
    plan = DrawPlan.make(study, measures_of(study))
    np.testing.assert_array_equal(plan.draw(9, 0, 600)[:, 256:], plan.draw(9, 256, 344))
