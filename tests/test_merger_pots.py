"""Mergers of municipalities and what carries over years, by hand: balances, windows, collected claims, last shares."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.pool.books import Laws
from solidair.pool.exact_portfolio import exact_sharing
from solidair.pool.mergers import Merger, merge, neutral
from solidair.pool.pilot import _sample
from solidair.pool.replay import replay
from solidair.pool.run import simulate
from solidair.pool.settlement import settle
from solidair.pool.small_models import merged
from solidair.pool.study import Study
from tests.naive_pots import deficits, own_reserve
from tests.settling import YOUTH
from tests.small import small_study
from tests.test_changes import TOWNS, A, B, C, D, article, claims_of, made, setting
from tests.test_exact_portfolio import RULE as EXACT
from tests.test_exact_portfolio import planned
from tests.test_rule_charge import charged

# Inhabitants 5,000, 15,000, 20,000 and 10,000; youth 1 : 3 : 4 : 2; budgets 1, 3, 4 and 2 million. B merges into A in
# 2028.
MERGER = (Merger(0, (1,), 1),)
K, M = 1e3, 1e6
STEADY = [(80 * K, 40 * K, 60 * K, 20 * K)] * 3
FRANCHISE = {"kind": "franchise", "amount": 10.0, "window": 2}


def cases_of(costs):
    """Return one case of each member and year."""
    rows = enumerate(costs)
    return [(2027 + t, member, "verblijf", cost, 2027 + t) for t, row in rows for member, cost in enumerate(row)]


def ledger(agreement, costs, mergers=MERGER):
    """Return the ledger of years of one case of each member."""
    where = replace(setting(), mergers=mergers)
    assert agreement.faults(where) == []
    measures, claims = claims_of(agreement, where, cases_of(costs))
    return settle(agreement, merge(claims, mergers), measures, where)


def bears(agreement, costs, mergers=MERGER):
    return ledger(agreement, costs, mergers).contribution[0]


# --- by hand


def test_own_reserves_come_together_with_their_caps():
    # Opening 10 and cap 20 per inhabitant: A 50 and 100, B 150 and 300 thousand; together a cap of 400.
    # 2027: A keeps 50 of its surplus of 100, since 50 + 100 is above its cap. B draws 120 and has 30 left.
    # 2028: together 4.2 of 4 million, and 100 + 30 in the reserve: it draws 130. Apart A would draw 100 of its 300.
    # 2029: together 3.4 of 4 million: of 600 it keeps 400, its cap.
    pot = {"kind": "own_reserve", "opening": 10.0, "cap": 20.0}
    agreement = made(article(take={"kind": "deficit", "surplus": True}, pot=pot))
    costs = [(0.9 * M, 3.12 * M, 4 * M, 2 * M), (1.3 * M, 2.9 * M, 4 * M, 2 * M), (0.6 * M, 2.8 * M, 4 * M, 2 * M)]
    found = ledger(agreement, costs)
    wanted = [[0.95, 3.0, 4, 2], [4.07, 0, 4, 2], [3.8, 0, 4, 2]]
    np.testing.assert_allclose(found.contribution[0], np.array(wanted) * M, atol=1e-6)
    # C and D have 200 + 100 all the time.
    np.testing.assert_allclose(found.clauses[0].observed["balance"][0], [430 * K, 300 * K, 700 * K])


def test_a_reserve_of_who_joins_by_the_merger_comes_along():
    # B is outside until it merges, so in 2028 its opening of 150 comes to the 50 of A.
    joins = [{"kind": "entry", "member": B, "year": 2028}]
    take, pot = {"kind": "deficit", "surplus": True}, {"kind": "own_reserve", "opening": 10.0}
    agreement = made(article([A, C, D], take=take, pot=pot), changes=joins)
    costs = [(M, 3.5 * M, 4 * M, 2 * M), (1.3 * M, 3 * M, 4 * M, 2 * M), (M, 3 * M, 4 * M, 2 * M)]
    found = bears(agreement, costs)
    np.testing.assert_allclose(found[:, 0], [M, 4.1 * M, 4 * M])
    np.testing.assert_allclose(found[:, 1], [3.5 * M, 0, 0])


def test_a_common_reserve_calls_the_merged_one_once():
    # 200 is handed in each year. 2027: 100 + 50 - 200, so 50 is called: 12.5 each. From 2028 on 150 is called: 50 each.
    # The contribution of 50 goes by youth.
    pot = {"kind": "reserve", "opening": 100 * K, "contribution": 50 * K, "call_key": {"kind": "equal"}}
    found = bears(made(article(pot=pot)), STEADY)
    np.testing.assert_allclose(found[0], np.array([5, 15, 20, 10]) * K + 12.5 * K)
    for year in (1, 2):
        np.testing.assert_allclose(found[year], [70 * K, 0, 70 * K, 60 * K])


def test_a_fund_pays_what_both_handed_in_before():
    # Once in two years at most 2 per inhabitant: 100 of the 400 of 2027 and 2028. A quarter of 240, 120 and 40 is paid
    # and charged by youth: 40, 40 and 20. In 2029 nothing is paid.
    pot = {"kind": "fund", "size": 2.0, "per": "inhabitant", "every": 2}
    found = bears(made(article(pot=pot)), STEADY)
    np.testing.assert_allclose(found[0], STEADY[0])
    np.testing.assert_allclose(found[1], np.array([120 - 60 + 40, 0, 60 - 30 + 40, 20 - 10 + 20]) * K, atol=1e-9)
    np.testing.assert_allclose(found[2], [120 * K, 0, 60 * K, 20 * K])


@pytest.mark.parametrize("lead", [A, B])
def test_costs_count_the_merged_one_once_and_pay_who_took_up_the_lead(lead):
    # 100 + 2 for each of 50,000 inhabitants + 10 for each member: 240, then 230 thousand, by youth; a tenth is saved.
    pot = {"kind": "costs", "amount": 100 * K, "per_inhabitant": 2.0, "per_member": 10 * K, "lead": lead, "saving": 0.1}
    found = bears(made(article(take={"kind": "none"}, pot=pot)), STEADY)
    first = np.array([80 - 8 + 24, 40 - 4 + 72, 60 - 6 + 96, 20 - 2 + 48]) * K
    first[(A, B).index(lead)] -= 240 * K
    np.testing.assert_allclose(found[0], first)
    for year in (1, 2):
        np.testing.assert_allclose(found[year], np.array([120 - 12 + 92 - 230, 0, 54 + 92, 18 + 46]) * K)


@pytest.mark.parametrize(("cost", "handed"), [(1.15, 0.0), (1.25, 0.3)])
def test_a_franchise_looks_at_both_over_its_whole_window(cost, handed):
    # Over 2027 and 2028 A is 0.25, or 0.35, above its budget and B 0.05 below. Together 0.2 is not above 10 for each of
    # 20,000 inhabitants, and 0.3 is: all of it is handed in, and charged by youth 4 : 4 : 2. Apart A passes its line in
    # both.
    costs = [(1.1 * M, 2.9 * M, 4 * M, 2 * M), (cost * M, 3.05 * M, 4 * M, 2 * M), (M, 3 * M, 4 * M, 2 * M)]
    found = bears(made(article(take=FRANCHISE)), costs)
    wanted = np.array([cost + 3.05 - handed + 0.4 * handed, 0, 4 + 0.4 * handed, 2 + 0.2 * handed]) * M
    np.testing.assert_allclose(found[0], costs[0])
    np.testing.assert_allclose(found[1], wanted, atol=1e-6)
    np.testing.assert_allclose(found[2], [4 * M, 0, 4 * M, 2 * M])


def test_reinsurance_of_each_member_reinsures_the_merged_result():
    # What is above 110 % of the budget is handed in; of the total above 50 an insurer pays at most 100, for 30 a year.
    # 2027: A hands in 200. The bill is 200 - 100 + 30 by youth. 2028: together 4.5, line 4.4: 100 - 50 + 30.
    take = {"kind": "corridor", "above": [{"beyond": 0.1}]}
    premium = {"kind": "amount", "amount": 30 * K}
    pot = {"kind": "reinsurance", "premium": premium, "retention": 50 * K, "limit": 100 * K}
    costs = [(1.3 * M, 3 * M, 4 * M, 2 * M), (1.3 * M, 3.2 * M, 4 * M, 2 * M), (M, 3 * M, 4 * M, 2 * M)]
    found = bears(made(article(take=take, pot=pot)), costs)
    wanted = [[1.113, 3.039, 4.052, 2.026], [4.432, 0, 4.032, 2.016], [4.012, 0, 4.012, 2.006]]
    np.testing.assert_allclose(found, np.array(wanted) * M, atol=1e-6)


def test_a_limit_on_shares_holds_for_their_sum():
    # 2027: 0.4, 0.2, 0.3, 0.1. In 2028 the key says 0.2, 0.6, 0.2 beside 0.6, 0.3, 0.1: cut to 0.54, 0.33, 0.11; who
    # can rise takes the 0.02 that lacks. In 2029 0.6, 0.3 and 0.1 are all within a tenth of 0.56, 0.33 and 0.11.
    key = {"kind": "limited", "key": {"kind": "cost", "lag": 0}, "most": 0.1}
    costs = [STEADY[0], (20 * K, 20 * K, 120 * K, 40 * K), (100 * K, 20 * K, 60 * K, 20 * K)]
    found = bears(made(article(key=key)), costs)
    wanted = [[80, 40, 60, 20], [112, 0, 66, 22], [120, 0, 60, 20]]
    np.testing.assert_allclose(found, np.array(wanted) * K, atol=1e-9)


def test_no_limit_on_the_share_of_one_that_shared_in_part():
    key = {"kind": "limited", "key": YOUTH, "most": 0.1}
    joins = [{"kind": "entry", "member": B, "year": 2028}]
    where = replace(setting(), mergers=MERGER)
    problems = made(article([A, C, D], key=key), changes=joins).faults(where)
    assert [problem.where for problem in problems] == ["clauses.1.charge.key"]
    assert "M0 and M1 merge only one of them shares" in problems[0].rule
    assert made(article([A, C, D], key=YOUTH), changes=joins).faults(where) == []
    later = made(article([A, C, D], key=key, years={"first": 2028}), changes=joins)
    assert later.faults(where) == []


# --- as if they had been one from the start

KEYS = {"kind": "limited", "key": {"kind": "cost", "lag": 0}, "most": 0.1}
BANDS = {"above": [{"beyond": 0.1, "share": 0.8}], "below": [{"beyond": 0.05, "share": 0.5}]}
EXCESS = {"kind": "excess", "retention": 30 * K}
PREMIUM = {"kind": "amount", "amount": 30 * K}
AS_ONE = [
    article(take=FRANCHISE),
    article(take=FRANCHISE | {"window": 3, "rolling": True, "whole": False, "per": "youth"}),
    article(take={"kind": "deficit", "window": 3, "rolling": True, "surplus": True}),
    article(take={"kind": "deficit", "window": 2}),
    article(take={"kind": "corridor", "window": 2, "rolling": True, **BANDS}),
    article(take={"kind": "corridor", "reference": "expected", "window": 2, **BANDS}),
    article(take={"kind": "corridor", "reference": "mean", "unit": "head", "window": 2, "rolling": True, **BANDS}),
    article(take={"kind": "corridor", "trigger": {"window": 3, "share": 0.02}, "above": [{"beyond": 0.0}]}),
    article(take={"kind": "deficit", "surplus": True}, pot={"kind": "reserve", "opening": 50 * K}),
    article(take=EXCESS, key=KEYS),
    article(take=EXCESS, key=KEYS | {"measure": "points", "start": YOUTH, "most": 1.0}),
    article(take=EXCESS, pot={"kind": "fund", "size": 2.0, "per": "youth", "every": 2}),
    article(take=EXCESS, pot={"kind": "reserve", "opening": 50 * K, "cap": 90 * K, "contribution": 20 * K,
                              "interest": 0.02, "refund_key": {"kind": "budget"}}),
    article(take=EXCESS, pot={"kind": "reserve", "opening": 50 * K, "contribution": M, "calls": False}),
    article(take=EXCESS, pot={"kind": "reinsurance", "premium": PREMIUM, "retention": 50 * K}),
    article(take={"kind": "none"}, pot={"kind": "costs", "per_inhabitant": 2.0, "lead": B, "saving": 0.1}),
    article(take={"kind": "none"}, pot={"kind": "costs", "per_member": 20 * K}),
]  # fmt: skip


def known():
    """Return the setting of which the past can be assumed, and expected costs are close to budgets."""
    cost = np.outer([0.9, 3.2, 4.1, 1.9], [0.25 * M] * 4)
    return replace(setting(), assumed=True, expected_cost=cost, expected_clients=cost / (20 * K))


def many(agreement, where, sims=40):
    """Return measures and claims of several sims, in which costs are near the budgets and one case of each is large."""
    rng, parts = np.random.default_rng(3), []
    for _ in range(sims):
        costs = TOWNS.budget * rng.uniform(0.8, 1.3, (3, 4))
        measures, claims = claims_of(agreement, where, cases_of(costs))
        parts.append(claims)
    return measures, np.concatenate(parts, axis=1)


@pytest.mark.parametrize("clause", AS_ONE)
def test_from_the_merger_on_it_is_as_if_they_had_been_one(clause):
    agreement, apart = made(clause), known()
    where = replace(apart, mergers=MERGER)
    assert agreement.faults(where) == []
    measures, claims = many(agreement, where)
    after = settle(agreement, merge(claims, MERGER), measures, where)  # refuses if money appears in any sim
    one, whole = merged(agreement, apart, 0, 1)
    claims_one = claims.copy()
    claims_one[..., 0] += claims_one[..., 1]
    claims_one = np.delete(claims_one, 1, axis=-1)
    # Claims are the same measures if those of the merged region look at the same.
    assert claims_of(one, whole, [])[0] == measures
    before = settle(one, claims_one, measures, whole)
    found = after.contribution[:, 1:]
    assert not found[..., 1].any()
    np.testing.assert_allclose(np.delete(found, 1, axis=-1), before.contribution[:, 1:], atol=1e-4)
    outcome = after.clauses[0]
    moved = outcome.outside - outcome.fund
    np.testing.assert_allclose(after.contribution.sum(axis=-1) + moved, after.own.sum(axis=-1), atol=1e-3)
    # Was anything at stake at all?
    assert np.abs(after.contribution - after.own)[:, 1:].max() > 1e3


@pytest.mark.parametrize("clause", AS_ONE)
def test_what_is_called_neutral_is(clause):
    agreement, where = made(clause), known()
    measures, claims = many(agreement, where)
    apart = settle(agreement, claims, measures, where).contribution
    one = settle(agreement, merge(claims, MERGER), measures, replace(where, mergers=MERGER)).contribution
    same = np.allclose(one[:, 1:], merge(apart, MERGER)[:, 1:], atol=1e-4)
    if neutral(agreement.spec.clauses[0]):
        assert same
    elif clause["take"]["kind"] != "excess":  # a limit may happen not to bind
        assert not same


# --- beside the naive twins


def collapsed(rows):
    """Return rows as if the first two members had always been one."""
    return [[row[0] + row[1], *row[2:]] for row in rows]


@pytest.mark.parametrize("kind", ["deficit", "franchise"])
def test_windows_beside_their_twin(kind):
    # The twin knows no line, so the franchise has one of 0.
    text = {"kind": kind, "window": 2, "rolling": True} | ({} if kind == "deficit" else {"amount": 0.0})
    agreement, where = made(article(take=text)), replace(setting(), mergers=MERGER)
    measures, claims = many(agreement, where)
    found = settle(agreement, merge(claims, MERGER), measures, where).clauses[0].handed_in
    own = settle(agreement, claims, measures, setting()).own
    take = agreement.spec.clauses[0].take
    budgets = [list(TOWNS.budget)] * 3
    for sim, net in enumerate(own.tolist()):
        twin = [[max(x, 0.0) for x in row] for row in deficits(take, collapsed(net), collapsed(budgets), [], 0)]
        np.testing.assert_allclose(np.delete(found[sim], 1, axis=-1)[1:], twin[1:], atol=1e-6)


def test_own_reserves_beside_their_twin():
    pot = {"kind": "own_reserve", "opening": 10.0, "cap": 15.0, "interest": 0.02}
    agreement = made(article(take={"kind": "deficit", "surplus": True}, pot=pot))
    where = replace(setting(), mergers=MERGER)
    measures, claims = many(agreement, where)
    after = settle(agreement, merge(claims, MERGER), measures, where)
    spec, clause, people = agreement.spec.clauses[0].pot, after.clauses[0], list(TOWNS.inhabitants)
    for sim, handed_in in enumerate(clause.handed_in.tolist()):
        drawn, kept, ends = own_reserve(spec, handed_in, people, [(1, 0, 1)])
        np.testing.assert_allclose(clause.paid[sim], drawn, atol=1e-6)
        np.testing.assert_allclose(clause.charged[sim], kept, atol=1e-6)
        np.testing.assert_allclose(clause.observed["balance"][sim], ends, atol=1e-6)


# --- in a run


LAWS = [
    {**article(take=EXCESS | {"limit": 50 * K}), "charge": {"kind": "rule", "rule": "tolerance", "capped": True}},
    {**article(take=EXCESS), "charge": {"kind": "rule", "rule": "quantile"}},
    article(take=EXCESS, pot={"kind": "reserve", "opening": 0.0, "contribution": "expected"}),
    article(take=EXCESS, pot={"kind": "reinsurance", "premium": {"kind": "expected_value", "loading": 0.2}}),
    *({**article(take=EXCESS), "charge": {"kind": "rule", "rule": rule}}
      for rule in ("linear", "mean_proportional", "variance_proportional", "uniform", "conditional_mean")),
]  # fmt: skip


def test_what_is_learnt_beforehand_is_learnt_of_the_merged_ones():
    agreements = tuple(replace(made(clause), name=f"a{n}", file=f"a{n}.toml") for n, clause in enumerate(LAWS))
    study = replace(small_study(members=4, years=3, sims=500), agreements=agreements)
    merging = replace(study, mergers=MERGER)
    assert [a.faults(merging.setting) for a in agreements] == [[]] * len(agreements)
    before, after = simulate(study), simulate(merging)
    for agreement in agreements:
        one, two = (r.contributions[agreement.name] for r in (after, before))
        total = merge(two, MERGER)
        assert not one[:, 1:, 1].any()
        clause = agreement.spec.clauses[0]
        np.testing.assert_array_equal(one[:, 0], two[:, 0])
        assert np.allclose(one, total, rtol=1e-7, atol=1e-3) == neutral(clause), agreement.name


def test_exact_conditional_means_where_a_line_follows_the_merged_budget():
    # Below 20,000 the line is 1 % of the budget: 9,000 of A, 18,000 of B, and 20,000 of both.
    line = {"kind": "least", "lines": [20 * K, {"kind": "budget", "share": 0.01}]}
    agreement = charged(EXACT, {"kind": "excess", "retention": line})
    study, plan, draw = planned(replace(small_study(members=3, years=2), mergers=MERGER), agreement)
    assert agreement.faults(study.setting) == []
    sample = _sample(plan, draw, Laws(), 0, 20_480, 1_024, None)[:, 1]
    assert not sample[:, 1].any()
    amounts, exact = sample[:, [0, 2]], exact_sharing(study, plan, 0, 1)
    error = amounts.std(axis=0) / np.sqrt(len(amounts))
    assert np.all(np.abs(amounts.mean(axis=0) - exact.means) < 4.5 * error)
    borne = exact.at(amounts.sum(axis=1)).T
    products = (amounts - borne) * (borne - borne.mean(axis=0)) / borne.var(axis=0)
    # No regression on the curve is left; 0.01 is what the page says is approximated, as in test_exact_portfolio.
    assert np.all(np.abs(products.mean(axis=0)) < 4.5 * products.std(axis=0) / np.sqrt(len(amounts)) + 0.01)
    assert len(exact_sharing(study, plan, 0, 0).means) == 3


def test_rules_of_the_literature_take_up_tolerances_of_both():
    charge = {"kind": "rule", "rule": "tolerance", "tolerances": {A: 1.0, B: 2.0, C: 3.0, D: 4.0}, "capped": True}
    rule = made({**article(take=EXCESS | {"limit": 10 * K}), "charge": charge}).spec.clauses[0].charge
    found = rule._tolerances(replace(setting(), mergers=MERGER))
    np.testing.assert_array_equal(found, [[1, 2, 3, 4], [3, 0, 3, 4], [3, 0, 3, 4]])


def test_every_agreement_that_comes_with_solidair_follows_a_merger():
    study = Study.load("haaglanden-regels")
    mergers = (Merger(study.region.index("GM0629"), (study.region.index("GM1842"),), 1),)
    setting_ = replace(study.setting, mergers=mergers)
    assert [agreement.faults(setting_) for agreement in study.agreements] == [[]] * len(study.agreements)
    merging = replace(study, mergers=mergers, settings=study.settings.model_copy(update={"sims": 60}))
    done = simulate(merging)
    for name in ("egalisatiereserve", "fonds-tekortgemeenten-2018", "vangnet"):
        borne = done.contributions[name]
        assert not borne[:, 1:, mergers[0].gone[0]].any() and borne[:, 1:, mergers[0].into].any()
    assert replay(merging, 5).reconciled
