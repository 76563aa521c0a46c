"""Agreements: the shipped ones by hand, published vectors, clauses in order, and the check on conservation."""

import tomllib
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.calendar import Calendar
from solidair.models.costs import CostModel
from solidair.models.exact import measure_moments
from solidair.pool.agreements import Agreement, Clause
from solidair.pool.books import Charged
from solidair.pool.measures import measures_for
from solidair.pool.parts.charges import KeyCharge
from solidair.pool.run import simulate
from solidair.pool.setting import Setting
from solidair.pool.settlement import ConservationError, settle
from solidair.pool.study import Study, load_agreement
from solidair.pool.study_spec import Settings
from tests.naive import naive_settle
from tests.settling import (
    BUDGET,
    FULL,
    INHABITANTS,
    MEMBERS,
    TYPES,
    YOUTH,
    agreement,
    bears,
    case,
    region,
    settled,
    takes,
)

# --- the shipped agreements, by hand

# Own cost: A 40,000 + 120,000 = 160,000; B 300,000 + 20,000 = 320,000; together 480,000.
CASES = [
    (0, "ambulant", 40_000.0),
    (0, "verblijf", 120_000.0),
    (1, "maatwerk-24-uurs", 300_000.0),
    (1, "jeugdbescherming", 20_000.0),
]
# Youth 1 : 3, so shares 0.25 and 0.75; budgets 2 : 3, so 0.4 and 0.6.
PAIR = region((9_000, 1_000, 2e6), (20_000, 3_000, 3e6))
BY_HAND = {
    "own-use": (160_000, 320_000),
    "pool-by-youth": (120_000, 360_000),  # 0.25 and 0.75 of 480,000
    "pool-by-budget": (192_000, 288_000),  # 0.4 and 0.6 of 480,000
    "half-half": (140_000, 340_000),  # 80,000 + 0.25 x 240,000; 160,000 + 0.75 x 240,000
    # Above 100,000: A 20,000, B 200,000, together 220,000.
    "case-excess": (195_000, 285_000),  # 140,000 + 0.25 x 220,000; 120,000 + 0.75 x 220,000
    # Stay and closed care: A 120,000, B 300,000, together 420,000.
    "heavy-care": (145_000, 335_000),  # 40,000 + 0.25 x 420,000; 20,000 + 0.75 x 420,000
}


@pytest.mark.parametrize("name", BY_HAND)
def test_shipped_agreement_on_a_hand_computed_case(name):
    np.testing.assert_allclose(bears(load_agreement(name), PAIR, CASES), BY_HAND[name], rtol=1e-12)


@pytest.mark.parametrize("name", BY_HAND)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_shipped_agreement_never_rewards_a_member_for_spending_more(name, data):
    years = data.draw(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(TYPES), st.floats(0, 5e5)), min_size=1))
    raised = data.draw(st.integers(0, len(years) - 1))
    more = data.draw(st.floats(0, 5e5))
    member, care_type, cost = years[raised]
    dearer = [*years[:raised], (member, care_type, cost + more), *years[raised + 1 :]]
    made = load_agreement(name)
    step = bears(made, PAIR, dearer)[member] - bears(made, PAIR, years)[member]
    # Rounding of the sums: at most 1e-12 of the whole cost.
    slack = 1e-12 * sum(c for *_, c in dearer) + 1e-9
    assert -slack <= step <= more + slack


# --- vectors

P56_MEMBERS = region((18_000, 4_100, 150e3), (42_000, 9_300, 330e3), (90_000, 18_600, 420e3))
P56_CASES = [
    (place, "ambulant", cost * 1e3)
    for place, costs in enumerate([(180, 12), (95, 40, 310), (8, 150, 61, 22, 27)])
    for cost in costs
]
# The cap of the vector is the cost up to which a case counts, so the layer is 175,000 wide.
XL = {"kind": "excess", "retention": 75e3, "limit": 175e3}
TIERS = (
    ({"kind": "excess", "retention": 25e3, "limit": 75e3}, YOUTH),
    ({"kind": "excess", "retention": 25e3}, INHABITANTS),
)


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        ((), (192_000, 445_000, 268_000)),
        (((FULL, INHABITANTS),), (108_600, 253_400, 543_000)),
        (((FULL, YOUTH),), (115_953.125, 263_015.625, 526_031.25)),
        (((FULL, BUDGET),), (150_833.333333, 331_833.333333, 422_333.333333)),
        ((({"kind": "share", "share": 0.4}, YOUTH),), (161_581.25, 372_206.25, 371_212.5)),
        (((XL, YOUTH),), (135_046.875, 358_984.375, 410_968.75)),
        # To 25,000 own, to 100,000 by youth, above by inhabitants: the first article leaves x - 75,000 of a dear case.
        (TIERS, (122_387.5, 271_337.5, 511_275)),
    ],
    ids=["own", "inhabitants", "youth", "budget", "quota", "xl", "tiers"],
)
def test_settlement_of_one_table_of_claims(clauses, expected):  # vector P56
    ledger = settled(agreement(*clauses), P56_MEMBERS, [P56_CASES])
    np.testing.assert_allclose(ledger.contribution[0, 0], expected, rtol=1e-11)
    assert ledger.contribution.sum() == pytest.approx(905_000, rel=1e-12)


def test_totals_of_layers():  # vector P56
    assert settled(agreement((XL, YOUTH)), P56_MEMBERS, [P56_CASES]).paid.sum() == pytest.approx(375_000)
    tiers = settled(agreement(*TIERS), P56_MEMBERS, [P56_CASES]).paid
    np.testing.assert_allclose(tiers.sum(axis=(1, 2, 3)), [348_000, 340_000])


def test_quota_share_with_a_fair_key_has_the_published_spread():  # vector P29
    mean, sd = np.array([300.0, 900.0, 2400.0]), np.array([240.0, 420.0, 700.0])
    covariance = np.outer(sd, sd) * np.where(np.eye(3), 1.0, 0.15)
    # A sample that has exactly these moments: settlement is linear, so the spread then is exact too.
    raw = np.random.default_rng(1).normal(size=(64, 3))
    raw -= raw.mean(axis=0)
    white = np.linalg.solve(np.linalg.cholesky(raw.T @ raw / 64), raw.T)
    own = mean + (np.linalg.cholesky(covariance) @ white).T
    members = region(*((10, 5, budget) for budget in mean))

    def spread(share):
        made = agreement(({"kind": "share", "share": share}, BUDGET))
        setting = Setting.plain(members, ["care"])
        measures = measures_for(["care"], made.looks(setting))
        claims = np.stack([np.zeros_like(own), own])[:, :, None, :]
        return settle(made, claims, measures, setting).contribution[:, 0].std(axis=0)

    np.testing.assert_allclose(spread(0.25), [189.334406174, 353.273309564, 663.514213194], rtol=1e-9)
    np.testing.assert_allclose(spread(0.5), [141.527627849, 295.809271322, 638.856617542], rtol=1e-9)
    np.testing.assert_allclose(spread(1.0), [78.741842611, 236.225527833, 629.934740888], rtol=1e-9)
    best = 0.830235635081  # share at which the large member's own budget is steadiest
    assert spread(best)[2] < min(spread(best - 0.01)[2], spread(best + 0.01)[2])


def lognormal_study(made):
    """Make a study of one care type: 6, 20 and 74 Poisson cases a year, lognormal cost, no shocks."""

    def number(value):
        return {"value": value, "unit": "u", "grade": "assumed", "source": "test"}

    document = tomllib.loads((files("solidair.configs.costs") / "nl-2024.toml").read_text(encoding="utf-8"))
    off = {"sd": number(0.0)}
    document |= {"need_spread": off, "anchors": []}
    document |= {key: {"national": off, "regional": off, "local": off} for key in ("volume", "price")}
    care = document["care_types"]["ambulant"]
    # A size of 1e6 is nearly Poisson: it adds a variance of 1e-6 of the squared mean.
    care |= {"clients_per_1000": number(1.0), "overdispersion_size": number(1e6)}
    care["severity"] = {"family": "lognormal", "mu": number(9.6), "sigma": number(1.25)}
    document["care_types"] = {"ambulant": care}
    costs = CostModel.from_document(document, "lognormal", "lognormal.toml")
    members = region((90_000, 6_000, 1.0), (90_000, 20_000, 1.0), (90_000, 74_000, 1.0))
    words = made.spec.title
    return Study("p30", words, members, costs, (made,), Settings())


def test_excess_pool_has_the_published_moments():  # vector P30
    shares = {"GM0000": 0.065, "GM0001": 0.18, "GM0002": 0.755}
    made = agreement(({"kind": "excess", "retention": 100e3}, {"kind": "fixed", "shares": shares}))
    study = lognormal_study(made)
    measures = measures_for(study.costs.ids, made.looks(study.setting))
    lines = [None if m.attachment is None else [m.attachment] * 2 for m in measures.measures]
    moments = [
        measure_moments(study.costs, study.region, Calendar(2027, 2), m.scope, line)
        for m, line in zip(measures.measures, lines, strict=True)
    ]
    # Nothing grows, so both years have the published moments.
    for mean, variance in moments:
        np.testing.assert_allclose([mean[1], variance[1]], [mean[0], variance[0]], rtol=1e-12)
    # Settlement is linear: of the mean claims it makes the mean contributions.
    ledger = settle(made, np.array([mean for mean, _ in moments])[:, None, :, :], measures, study.setting)
    np.testing.assert_allclose(ledger.own[0, 0], [193495.487202, 644984.957341, 2386444.34216], rtol=1e-9)
    expected = [196629.460243, 632449.06518, 2395846.26128]
    np.testing.assert_allclose(ledger.contribution[0, 0], expected, rtol=1e-9)
    transfer = (ledger.contribution - ledger.own)[0, 0]
    np.testing.assert_allclose(transfer, [3133.97304022, -12535.8921609, 9401.91912065], rtol=1e-8)
    np.testing.assert_allclose(ledger.paid.sum(axis=(0, 1, 3)), [626794.608043] * 2, rtol=1e-9)
    layer = measures.index(("ambulant",), 100e3)
    # The over-dispersion adds at most rate / 1e6 = 7.4e-5 of the variance.
    assert np.sqrt(moments[layer][1][0].sum()) == pytest.approx(474785.295484, rel=3.7e-5)

    results = simulate(study, sims=100_000, seed=3)
    simulated = results.contributions["test"][:, 0]
    deviation = simulated - expected
    z_mean = deviation.mean(axis=0) / (simulated.std(axis=0) / np.sqrt(len(simulated)))
    variance = np.array([100818.050924, 202220.546007, 553278.450607]) ** 2
    z_variance = ((deviation**2).mean(axis=0) - variance) / ((deviation**2).std(axis=0) / np.sqrt(len(simulated)))
    # Six figures: |z| above 4.5 comes once in 25,000 runs, and the seed is fixed.
    assert np.abs([z_mean, z_variance]).max() < 4.5


# --- conservation is checked, and clauses work in order


@pytest.mark.parametrize(("factor", "stops"), [(1.001, True), (1 + 1e-8, True), (np.nan, True), (1 + 1e-11, False)])
def test_a_charge_that_does_not_charge_what_was_paid_is_stopped(factor, stops):
    class Greedy(KeyCharge):
        def spread(self, bill, handed_in, books, reach):
            right = super().spread(bill, handed_in, books, reach).members
            return Charged(np.where(right > 0, right * factor, right))

    spec = agreement(({"kind": "share", "share": 0.5}, YOUTH), (FULL, YOUTH)).spec
    first, second = spec.clauses
    greedy = Clause.model_construct(title=second.title, take=second.take, charge=Greedy(key=second.charge.key))
    made = Agreement("greedy", "", spec.model_copy(update={"clauses": (first, greedy)}))
    if not stops:
        assert settled(made, PAIR, [CASES]).paid[1].sum() == pytest.approx(240_000)
        return
    # The second year, which is the first with cases: only it is wrong.
    with pytest.raises(ConservationError, match="agreement greedy, clause 2, sim 1, year 0"):
        settled(made, PAIR, [[], CASES])


PER_CASE = [take for take in takes() if take["kind"] in ("share", "excess") and "deductible" not in take]
"""Takes that see of a case only what is left of it; tiers and annual aggregates have hand-computed cases."""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PER_CASE), min_size=2, max_size=4), st.lists(case, max_size=8))
def test_clauses_in_order_against_a_loop_over_cases(chosen, cases):
    keys = [YOUTH, BUDGET, {"kind": "equal"}, INHABITANTS][: len(chosen)]
    made = agreement(*zip(chosen, keys, strict=True))
    expected = naive_settle(made.spec, cases, MEMBERS)["contribution"]
    np.testing.assert_allclose(bears(made, MEMBERS, cases), expected, rtol=1e-9, atol=1e-4)
