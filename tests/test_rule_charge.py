"""Charges by a sharing rule: parsing, what each leaves in balance, and what a pilot run teaches them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.problems import InputError
from solidair.pool.agreements import Agreement
from solidair.pool.blocks import compile_study, compute, measures_of
from solidair.pool.books import LawError
from solidair.pool.draw import DrawPlan
from solidair.pool.parts.rule_charge import YearRule
from solidair.pool.parts.words import Wording
from solidair.pool.pilot import SEED, pilot
from solidair.pool.rules import RULES, ConditionalMean, Law, Linear
from solidair.pool.run import simulate
from solidair.pool.settlement import Plan
from tests.settling import FULL, MEMBERS, TEXT, agreement, case, clause, region, samples, settled
from tests.small import small_study

RULE_SAMPLES = samples("charge")[1:]
TAKES = (FULL, {"kind": "excess", "retention": 50e3}, {"kind": "tier", "lower": 20e3, "upper": 150e3})
FAIR = ("mean_proportional", "linear", "variance_proportional", "tolerance", "conditional_mean")
some_years = st.lists(st.lists(case, max_size=6), min_size=1, max_size=3)
few = settings(max_examples=10, deadline=None)
every_rule = pytest.mark.parametrize("rule", RULE_SAMPLES, ids=lambda rule: rule["rule"])
every_take = pytest.mark.parametrize("take", TAKES, ids=lambda take: take["kind"])


def charged(rule, take=None, **more):
    """Return a small study with one agreement whose charge is a rule."""
    document = {
        "title": TEXT,
        "summary": TEXT,
        "source": "test",
        "clauses": [{"title": TEXT, "take": take or TAKES[1], "charge": rule, **more}],
    }
    return Agreement.from_document(document, rule["rule"], f"{rule['rule']}.toml")


def study_of(*agreements, **size):
    return replace(small_study(**size), agreements=agreements)


# --- the contract of charges


def test_there_is_a_sample_of_every_rule():
    assert {rule["rule"] for rule in RULE_SAMPLES} == set(RULES)


@every_take
@every_rule
@few
@given(years=some_years)
def test_what_is_paid_is_charged(rule, take, years):
    ledger = settled(agreement((take, rule)), MEMBERS, years)
    # A linear rule adds up amounts of 1e6 to little; nine of these leave 1e-9.
    np.testing.assert_allclose(ledger.charged.sum(axis=-1), ledger.paid.sum(axis=-1), rtol=1e-12, atol=1e-8)


@every_take
@every_rule
@few
@given(years=some_years, order=st.permutations(range(3)))
def test_permuting_members_permutes_the_result(rule, take, years, order):
    made = agreement((take, rule))
    moved = replace(MEMBERS, members=tuple(MEMBERS.members[place] for place in order))
    cases = [[(order.index(member), *rest) for member, *rest in year] for year in years]
    before, after = (settled(made, *pair).contribution for pair in ((MEMBERS, years), (moved, cases)))
    # The normal equations of the spline have a condition of some thousands: eleven digits are left.
    np.testing.assert_allclose(after, before[..., order], rtol=1e-9, atol=1e-3)


@every_rule
@few
@given(years=some_years)
def test_cents_instead_of_euros_change_the_unit_only(rule, years):
    cents = [[(*who, cost * 100) for *who, cost in year] for year in years]
    whole = agreement(({"kind": "excess", "retention": 50e3}, rule))
    small = agreement(({"kind": "excess", "retention": 50e5}, rule))
    before = settled(whole, MEMBERS, years).contribution
    np.testing.assert_allclose(settled(small, MEMBERS, cents, 100.0).contribution, 100 * before, rtol=1e-8, atol=1e-2)


@every_rule
@few
@given(year=st.lists(case, max_size=6))
def test_a_region_of_one_member_pays_its_own_use(rule, year):
    alone = MEMBERS.subset(["GM0010"])
    ledger = settled(agreement((FULL, rule)), alone, [[(0, *rest) for _, *rest in year]])
    np.testing.assert_allclose(ledger.contribution, ledger.own, rtol=1e-9, atol=1e-6)


@every_rule
def test_what_is_never_handed_in_is_paid_by_nobody(rule):
    made = agreement(({"kind": "excess", "retention": 1e12}, rule))
    ledger = settled(made, MEMBERS, [[(0, "verblijf", 4e5)]])
    np.testing.assert_array_equal(ledger.contribution, ledger.own)


# --- one bill


def test_a_bill_that_is_not_the_total_by_hand():
    # Expected 30, 60, 10; slopes 0.5, 0.5, 0. Of a total of 200, 100 above the mean: 80, 110, 10.
    rule = Linear(np.array([30.0, 60.0, 10.0]), np.array([0.5, 0.5, 0.0]))
    year = YearRule.of(rule, 100.0)
    amounts = np.array([[150.0, 50.0, 0.0]] * 2 + [[0.0, 0.0, 0.0]] * 2)
    found = year.divide(np.array([200.0, 50.0, 40.0, 0.0]), amounts)
    # A bill of a quarter of the total is a quarter for each. Nothing handed in: a bill by the usual shares, and without
    # one the rule itself, 100 below the mean: -20, 10, 10.
    expected = [[80, 110, 10], [20, 27.5, 2.5], [12, 24, 4], [-20, 10, 10]]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found[3].sum() == 0.0


def test_a_total_below_zero_goes_by_the_usual_shares_where_the_rule_knows_none():
    law = Law.of_sample(np.random.default_rng(1).gamma(2.0, [100.0, 300.0], (3_000, 2)))
    year = YearRule.of(ConditionalMean.fit(law), float(law.means.sum()))
    found = year.divide(np.array([-8.0]), np.array([[-10.0, 2.0]]))
    np.testing.assert_allclose(found, -8.0 * year.usual[np.newaxis], rtol=1e-12)
    assert year.usual.sum() == pytest.approx(1.0, rel=1e-12)


def test_an_outside_payer_bears_its_share_first():
    state = {"name": {"nl": "Het Rijk", "en": "The state"}, "share": 0.25}
    year = [[(0, "verblijf", 4e5), (1, "ambulant", 2e4)]]
    plain = settled(agreement((FULL, {"kind": "rule", "rule": "linear"})), MEMBERS, year)
    helped = settled(agreement((FULL, {"kind": "rule", "rule": "linear", "outside": state})), MEMBERS, year)
    np.testing.assert_allclose(helped.charged, 0.75 * plain.charged, rtol=1e-12)
    np.testing.assert_allclose(helped.clauses[0].outside, 0.25 * 4.2e5, rtol=1e-12)


# --- the file


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"rule": "tolerance"}, "upper end"),
        ({"rule": "linear", "capped": True}, "belong to the rule by tolerance"),
        ({"rule": "linear", "tolerances": {"GM0010": 1.0}}, "belong to the rule by tolerance"),
        ({"rule": "linear", "method": "spline"}, "belongs to the conditional mean"),
        ({"rule": "median"}, "rule"),
    ],
)
def test_what_a_file_may_not_say(rule, words):
    with pytest.raises(InputError, match=words):
        clause_of({"kind": "rule", **rule})


def clause_of(charge):
    return agreement((FULL, charge)).spec.clauses[0]


def test_tolerances_must_name_the_members():
    given_ = {"kind": "rule", "rule": "tolerance", "capped": True, "tolerances": {"GM0010": 1e6, "GM0099": 1e6}}
    setting = Plan.make(agreement(), None, small_setting()).setting
    faults = clause_of(given_).faults(setting, np.ones((1, 3), np.bool_))
    assert [fault.where for fault in faults] == ["charge.tolerances.GM0099", "charge.tolerances"]
    assert "GM0020 (B), GM0030 (C)" in faults[1].rule
    poor = region((10, 10, 0.0), (10, 10, 5.0))
    faults = clause_of({"kind": "rule", "rule": "tolerance", "capped": True}).faults(
        replace(setting, region=poor), np.ones((1, 2), np.bool_)
    )
    assert "not above 0 for M0" in faults[0].rule


def small_setting():
    from tests.settling import expecting

    return expecting(MEMBERS)


def test_tolerances_count_by_their_proportions():
    year = [[(0, "verblijf", 4e5), (1, "ambulant", 2e4)]]
    rule = {"kind": "rule", "rule": "tolerance", "capped": True}
    budgets = {str(member.code): member.youth_budget_eur / 7 for member in MEMBERS.members}
    by_budget, by_hand = (
        settled(agreement((FULL, {**rule, **more})), MEMBERS, year).charged for more in ({}, {"tolerances": budgets})
    )
    np.testing.assert_allclose(by_hand, by_budget, rtol=1e-12)


@every_rule
def test_words(rule):
    part = clause_of(rule).charge
    dutch, english = part.words(Wording("nl")), part.words(Wording("en"))
    assert dutch != english
    assert dutch.endswith(".")
    assert "{" not in dutch + english
    helped = part.model_copy(update={"outside": clause(FULL, {"kind": "full"}, outside=None).charge.outside})
    assert helped.words(Wording("en")) == english


def test_real_years_alone_teach_no_rule():
    made = agreement((FULL, {"kind": "rule", "rule": "linear"}))
    setting = small_setting()
    study = study_of()
    measures = measures_of(study)
    assert setting.members == 3
    with pytest.raises(LawError, match="which only a study can give"):
        Plan.make(made, measures, study.setting).settle(np.zeros((len(measures.measures), 1, 1, 3)))


# --- the pilot run


def fits_of(laws):
    """Return what was learnt, as arrays by year."""
    return {key: fitted.rule.of_total(np.linspace(1e4, 1e6, 50)) for key, fitted in laws._fits.items()}


@pytest.mark.parametrize("rule", ["linear", "conditional_mean"])
def test_the_pilot_run_teaches_the_same_bits_in_any_blocks_and_threads(rule):
    made = charged({"kind": "rule", "rule": rule})
    study = study_of(made)
    measures = measures_of(study)
    draw, plan = DrawPlan.make(study, measures), Plan.make(made, measures, study.setting)
    found = [fits_of(pilot(plan, draw, 4_096, block=b, threads=n)) for b, n in ((256, 1), (1_024, 2), (4_096, 1))]
    assert len(found[0]) == 2  # a rule for each year
    for other in found[1:]:
        for key, values in found[0].items():
            np.testing.assert_array_equal(values, other[key])
    # Against the whole pilot run drawn and settled at once, from its definition.
    whole = plan.settle(draw.draw(SEED, 0, 4_096), laws=(laws := pilot(plan, draw, 4_096)))
    sample = whole.clauses[0].handed_in
    for year in range(2):
        twin = RULES[rule].fit(Law.of_sample(np.ascontiguousarray(sample[:, year])))
        fitted = laws.fitted(0, f"rule of year {year}", None)
        np.testing.assert_array_equal(fitted.rule.of_total([1e5, 3e6]), twin.of_total([1e5, 3e6]))
    assert laws.samples[0].shape == (0, 2, 3)  # the years themselves are let go of


def test_a_run_has_the_same_bits_in_any_blocks_and_threads():
    study = study_of(*(charged(rule) for rule in RULE_SAMPLES), sims=1_024)
    engine = compile_study(study)
    whole = compute(engine, 7, 0, 1_024)
    for first in range(0, 1_024, 256):
        part = compute(engine, 7, first, 256)
        for name, values in part.contributions.items():
            np.testing.assert_array_equal(values, whole.contributions[name][first : first + 256], err_msg=name)
    one, two = (simulate(compile_study(study), threads=n, block=b) for n, b in ((1, 256), (2, 512)))
    for name in one.contributions:
        np.testing.assert_array_equal(one.contributions[name], two.contributions[name])


def test_rare_care_gets_more_years():
    rule = {"kind": "rule", "rule": "conditional_mean", "method": "spline"}
    made = charged(rule, {"kind": "excess", "retention": 450_000.0})
    study = study_of(made, years=1)
    measures = measures_of(study)
    plan, draw = Plan.make(made, measures, study.setting), DrawPlan.make(study, measures)
    share = np.mean(plan.settle(draw.draw(3, 0, 8_192), laws=None or pilot(plan, draw)).clauses[0].handed_in > 0)
    assert share < 0.1


def test_too_few_years_with_a_cost_are_refused_with_a_way_out():
    rule = {"kind": "rule", "rule": "conditional_mean", "method": "spline"}
    study = study_of(charged(rule, {"kind": "excess", "retention": 899_900.0}), years=1)
    with pytest.raises(InputError, match=r"clauses.1.charge: .*simulated years with a cost.*such as linear"):
        compile_study(study)


# --- simulated


def test_every_rule_shares_all_and_fair_ones_leave_everybody_its_expected_cost():
    study = study_of(*(charged(rule) for rule in RULE_SAMPLES), sims=8_192, years=2)
    results = simulate(study)
    own = np.asarray(results.own)
    for name in results.contributions:
        borne = np.asarray(results.contributions[name])
        np.testing.assert_allclose(borne.sum(axis=-1), own.sum(axis=-1), rtol=1e-12, atol=1e-6)
        if name not in FAIR:
            continue
        # The rule has the means of one sample and meets another of the same size; both err, so the difference of the
        # two means has the error of X - H, and that of X besides. Six figures a rule: 4.5 sigmas.
        error = np.sqrt((own - borne).var(axis=0) + own.var(axis=0)) / np.sqrt(len(own))
        assert np.all(np.abs((borne - own).mean(axis=0)) < 4.5 * error), name
    for name in ("conditional_mean", "linear"):
        assert np.all(np.asarray(results.contributions[name]).std(axis=0) < own.std(axis=0)), name
