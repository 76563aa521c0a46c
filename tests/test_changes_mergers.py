"""Mergers of municipalities by hand: neutral keys change nothing in total, equal shares, corridors and lines do."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.models.problems import InputError
from solidair.pool.mergers import Merger, MergerSpec, merge, merger_faults, merger_words, named, neutral, placed
from solidair.pool.parts.words import Wording
from solidair.pool.properties import property_card
from solidair.pool.replay import replay
from solidair.pool.run import simulate
from solidair.pool.settlement import settle
from solidair.pool.study import Study
from tests.settling import YOUTH
from tests.small import small_study
from tests.test_changes import TOWNS, A, B, C, D, article, claims_of, made, setting

# Youth and budget 1 : 3 : 4 : 2, budgets in millions. B merges into A in 2028.
MERGER = (Merger(0, (1,), 1),)
CASES = [
    (year, member, "verblijf", cost, year)
    for year in (2027, 2028, 2029)
    for member, cost in enumerate((80e3, 40e3, 60e3, 20e3))
]


def bears(agreement, mergers=MERGER, cases=CASES):
    """Return what each member bears, (year, member), with claims merged as in a run."""
    where = replace(setting(), mergers=mergers)
    assert agreement.faults(where) == []
    measures, claims = claims_of(agreement, where, cases)
    return settle(agreement, merge(claims, mergers), measures, where).contribution[0]


NEUTRAL = [
    ({"kind": "share"}, YOUTH),
    ({"kind": "share", "share": 0.5}, {"kind": "inhabitants"}),
    ({"kind": "excess", "retention": 30e3}, {"kind": "budget"}),
    ({"kind": "share"}, {"kind": "fixed", "shares": {A: 0.1, B: 0.2, C: 0.3, D: 0.4}}),
    ({"kind": "share"}, {"kind": "cost", "lag": 0, "window": 1}),
    ({"kind": "share"}, {"kind": "mix", "parts": [{"weight": 0.5, "key": k} for k in (YOUTH, {"kind": "budget"})]}),
]


@pytest.mark.parametrize(("take", "key"), NEUTRAL)
def test_merger_neutral_rules_change_nothing_in_total(take, key):
    agreement = made(article(take=take, key=key))
    apart, one = bears(agreement, ()), bears(agreement)
    np.testing.assert_allclose(one[0], apart[0])
    for year in (1, 2):
        np.testing.assert_allclose(one[year], [apart[year, 0] + apart[year, 1], 0, *apart[year, 2:]], atol=1e-9)


def test_what_is_told_of_a_merger_is_what_happens():
    line = {"kind": "least", "lines": [90e3, {"kind": "budget", "share": 0.01}]}
    clauses = [
        *(article(take=take, key=key) for take, key in NEUTRAL),
        article(key={"kind": "equal"}), article(take={"kind": "excess", "retention": line}),
        article(take={"kind": "deficit"}), article(key={"kind": "power", "key": YOUTH, "exponent": 0.5}),
    ]  # fmt: skip
    for clause in clauses:
        agreement = made(clause)
        apart, one = bears(agreement, ()), bears(agreement)
        same = np.allclose(one[1:, 0], apart[1:, :2].sum(axis=-1))
        # Nobody is over budget here, so a deficit shows no difference that it can make.
        assert same == neutral(agreement.spec.clauses[0]) or clause["take"]["kind"] == "deficit"
    where, say = replace(setting(), mergers=MERGER), Wording("en", {}, {m.code: m.name for m in TOWNS.members})
    spec = made(article(), article(key={"kind": "equal"})).spec
    assert merger_words(MERGER, spec.clauses, where, say) == [
        "From 2028 on M0 and M1 are one municipality. Results stand with M0.",
        "For article 2 the merger makes a difference: together they then bear something else than apart.",
    ]
    assert merger_words((), spec.clauses, where, say) == []


def test_equal_shares_count_the_merged_municipality_once():
    # 200,000: by four 50,000 each, by three 66,667 each.
    found = bears(made(article(key={"kind": "equal"})))
    np.testing.assert_allclose(found[0], 50e3)
    np.testing.assert_allclose(found[1], [200e3 / 3, 0, 200e3 / 3, 200e3 / 3])


def test_a_line_by_budget_rises_with_the_merged_budget():
    # Line 1 % of the budget: 10,000 and 30,000; together 40,000. Handed in before: 70,000 + 10,000 + 20,000 + 0; after:
    # 40,000 + 0 + 20,000 + 0. By youth 1 : 3 : 4 : 2.
    line = {"kind": "least", "lines": [90e3, {"kind": "budget", "share": 0.01}]}
    found = bears(made(article(take={"kind": "excess", "retention": line})))
    np.testing.assert_allclose(found[0], [10e3 + 10e3, 30e3 + 30e3, 40e3 + 40e3, 20e3 + 20e3])
    np.testing.assert_allclose(found[1], [80e3 + 24e3, 0, 40e3 + 24e3, 20e3 + 12e3])


def test_a_stop_loss_looks_at_the_merged_result():
    # A is 0.5 million above its budget of 1, B 0.5 below its budget of 3: apart A hands in 0.5, together nobody does.
    cases = [(year, m, "verblijf", c, year) for year in (2027, 2028) for m, c in ((0, 1.5e6), (1, 2.5e6))]
    found = bears(made(article(take={"kind": "deficit"})), cases=cases)
    np.testing.assert_allclose(found[0], [1e6 + 0.05e6, 2.5e6 + 0.15e6, 0.2e6, 0.1e6])
    np.testing.assert_allclose(found[1], [4e6, 0, 0, 0])


def test_a_key_of_the_year_before_adds_up_the_past_of_both():
    # Cost of the year before: in 2028 of 2027, 80,000 + 40,000 : 60,000 : 20,000.
    agreement = made(article(key={"kind": "cost", "lag": 1}))
    where = replace(
        setting(), mergers=MERGER, assumed=True, expected_cost=np.ones((4, 4)), expected_clients=np.ones((4, 4))
    )
    measures, claims = claims_of(agreement, where, CASES)
    found = settle(agreement, merge(claims, MERGER), measures, where).contribution[0]
    np.testing.assert_allclose(found[0], 50e3)
    for year in (1, 2):
        np.testing.assert_allclose(found[year], [120e3, 0, 60e3, 20e3], atol=1e-9)


def test_what_cannot_follow_a_merger_is_refused():
    where = replace(setting(), mergers=MERGER)
    parted = made(article([A, C, D])).faults(where)
    assert [problem.rule for problem in parted] == ["in 2028 M1 merges into M0, but the article does not hold for both"]
    joins = made(article([A, C, D]), changes=[{"kind": "entry", "member": B, "year": 2028}])
    assert joins.faults(where) == []


def test_faults_of_mergers():
    def faults(*specs):
        parsed = [MergerSpec(codes=codes, into=into, year=year) for codes, into, year in specs]
        return [(f.where, f.rule) for f in merger_faults(parsed, TOWNS, 2027, 4)]

    assert faults(((A, B), A, 2028), ((A, C), "Nieuwstad", 2029)) == []
    for specs, where, rule in (
        ([((A, "GM9999"), A, 2028)], "1.codes.2", "no member of this code"),
        ([((A, A), A, 2028)], "1.codes.2", "named twice"),
        ([((A, B), C, 2028)], "1.into", "by the code of one that merges"),
        ([((A, B), A, 2027)], "1.year", "2028 to 2030"),
        ([((A, B), A, 2031)], "1.year", "2028 to 2030"),
        ([((A, B), A, 2028), ((B, C), B, 2029)], "2.codes.1", "merger 1 has taken"),
    ):
        found = faults(*specs)
        assert found[0][0] == where and rule in found[0][1]


def test_a_new_name_is_shown_and_a_chain_adds_up():
    specs = [MergerSpec(codes=(A, B), into="Nieuwstad", year=2028), MergerSpec(codes=(C, A), into=C, year=2029)]
    assert [m.name for m in named(specs, TOWNS).members] == ["M0 (Nieuwstad)", "M1", "M2", "M3"]
    mergers = placed(specs, TOWNS, 2027)
    assert mergers == (Merger(0, (1,), 1), Merger(2, (0,), 2))
    found = merge(np.tile([1.0, 2.0, 4.0, 8.0], (3, 1)), mergers)
    np.testing.assert_array_equal(found, [[1, 2, 4, 8], [3, 0, 4, 8], [0, 0, 7, 8]])
    np.testing.assert_array_equal(merge(found, mergers), found)


def test_a_run_with_a_merger():
    study = small_study(members=3, years=3, sims=2_000)
    merged = replace(study, mergers=(Merger(0, (1,), 1),))
    before, after = simulate(study), simulate(merged)
    np.testing.assert_array_equal(before.own[:, 0], after.own[:, 0])
    np.testing.assert_allclose(after.own[:, 1:, 0], before.own[:, 1:, :2].sum(axis=-1))
    assert not after.own[:, 1:, 1].any()
    # Shares by youth and the excess of cases are merger-neutral.
    for name in ("share", "excess"):
        one, two = (r.contributions[name] for r in (after, before))
        np.testing.assert_allclose(one[:, 1:, 0], two[:, 1:, :2].sum(axis=-1), rtol=1e-9)
    for table in ("stability", "transfers", "fairness", "years", "check"):
        assert len(after.table(table)) == len(before.table(table))
    check = after.table("check")
    assert check["mean_z"].abs().max() < 4.5
    assert replay(merged, 5).reconciled


def test_a_study_file_with_a_merger(tmp_path):
    text = """
region = "haaglanden"
costs = "nl-2024"
agreements = ["own-use", "pool-by-youth"]
title = { nl = "x", en = "x" }
[[mergers]]
codes = ["GM0629", "GM0503"]
into = "%s"
year = %d
"""
    (tmp_path / "study.toml").write_text(text % ("Duinstad", 2028))
    study = Study.load(tmp_path)
    assert study.mergers == (Merger(study.region.index("GM0629"), (study.region.index("GM0503"),), 1),)
    assert "Wassenaar (Duinstad)" in study.region.names
    assert study.setting.youth.shape == (9,)  # as the region file has them
    later = study.over(years=2, first_year=2026)
    assert later.mergers[0].place == 2 and later.setting.calendar == (2026, 2027)
    with pytest.raises(InputError, match="in the first year or before"):
        study.over(first_year=2028)
    (tmp_path / "study.toml").write_text(text % ("GM0518", 2027))
    with pytest.raises(InputError) as caught:
        Study.load(tmp_path)
    assert [p.where for p in caught.value.problems] == ["mergers.1.into", "mergers.1.year"]


@pytest.mark.parametrize("codes", [("GM0629", "GM1842"), ("GM0518", "GM0637"), ("GM1926", "GM0503")])
def test_properties_are_searched_whoever_merges(codes):
    """Also where the last member goes up in another: a trial with one member less must know where the others stand."""
    study = Study.load("haaglanden")
    mergers = placed([MergerSpec(codes=codes, into=codes[0], year=2029)], study.region, 2027)
    excess = next(a for a in study.agreements if a.name == "case-excess")
    found = property_card(excess, replace(study, mergers=mergers).setting)["merger_neutral"]
    assert found.verdict == "holds" and found.tried > 0
