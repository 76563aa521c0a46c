"""A real year, settled: amounts by hand, exact cents, children with several care types, households."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from solidair.models.problems import InputError
from solidair.models.sources.history import read_history
from solidair.pool.agreements import Agreement
from solidair.pool.backtest import backtest
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from solidair.pool.settlement import settle
from solidair.pool.study import Study
from solidair.pool.year_cents import ACCOUNT, OUTSIDE, clauses_in_cents
from solidair.pool.year_setting import laws_of_year, setting_of_year
from tests.settle_cases import CASES_CSV, CODES, COSTS, MEMBERS, TABLE_CSV, read, settled
from tests.settling import TEXT, agreement

WHOLE = {"kind": "share"}
YOUTH, INHABITANTS, BUDGET = {"kind": "youth"}, {"kind": "inhabitants"}, {"kind": "budget"}
TIERS = [
    ({"kind": "tier", "lower": 25e3, "upper": 100e3}, YOUTH),
    ({"kind": "tier", "lower": 100e3}, INHABITANTS),
]
PAST = "code,year,clients,cost_eur\n" + "".join(
    f"{CODES[who]},{2022 + n},1,{cost}\n"
    for who, costs in {
        "A": (90_000, 240_000, 30_000),
        "B": (380_000, 150_000, 410_000),
        "C": (300_000, 520_000, 610_000),
    }.items()
    for n, cost in enumerate(costs)
)


@pytest.mark.parametrize(
    ("clauses", "exact"),
    [
        # Own use: 180 + 12; 95 + 40 + 310; 8 + 150 + 61 + 22 + 27 thousand.
        ([], [192_000, 445_000, 268_000]),
        # 905,000 x (18, 42, 90)/150.
        ([(WHOLE, INHABITANTS)], [108_600, 253_400, 543_000]),
        # 905,000 x (41, 93, 186)/320.
        ([(WHOLE, YOUTH)], [115_953.125, 263_015.625, 526_031.25]),
        # 905,000 x (15, 33, 42)/90.
        ([(WHOLE, BUDGET)], [905_000 / 6, 905_000 * 11 / 30, 905_000 * 14 / 30]),
        # 40 % in the pool: 0.6 x own + 0.4 x the pool by youth.
        ([({"kind": "share", "share": 0.4}, YOUTH)], [161_581.25, 372_206.25, 371_212.5]),
        # Above 75,000, at most 175,000 a case: A 105, B 20 + 175, C 75 = 375 thousand by youth.
        # A 192 - 105 + 48.046875; B 445 - 195 + 108.984375; C 268 - 75 + 217.96875.
        ([({"kind": "excess", "retention": 75e3, "limit": 175e3}, YOUTH)], [135_046.875, 358_984.375, 410_968.75]),
        # Up to 25,000 own: A 37, B 75, C 105; to 100,000 by youth 348; above by inhabitants 340 thousand.
        (TIERS, [122_387.5, 271_337.5, 511_275]),
    ],
)
def test_one_claims_table_under_every_scheme(tmp_path, clauses, exact):
    made = settled(tmp_path, agreement(*clauses))
    # Rounding moves a member by less than a cent; sums do not move at all.
    assert np.abs(made.contribution - 100 * np.array(exact)).max() < 1
    assert made.contribution.sum() == 905_000_00
    assert made.balances.sum() == 0


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # 905,000 x (360, 940, 1430)/2730.
        ("ratio_of_sums", [119_340_66, 311_611_72, 474_047_62]),
        # The mean of 90/770, 240/910, 30/1050 and so on.
        ("mean_of_shares", [123_439_23, 316_393_38, 465_167_39]),
    ],
)
def test_a_key_that_looks_at_three_past_years(tmp_path, method, expected):
    path = tmp_path / "history.csv"
    path.write_text(PAST, encoding="utf-8")
    history = read_history(path, codes=[str(c) for c in MEMBERS.codes], care_types=COSTS.care_types)
    key = {"kind": "cost", "window": 3, "method": method}
    assert settled(tmp_path, agreement((WHOLE, key)), history=history).contribution.tolist() == expected
    with pytest.raises(InputError, match="--history"):
        settled(tmp_path, agreement((WHOLE, key)))


def test_the_audit_trail_says_every_step(tmp_path):
    made = settled(tmp_path, agreement(({"kind": "excess", "retention": 75e3, "limit": 175e3}, YOUTH)))
    (clause,) = made.clauses
    assert clause.children.tolist() == [1, 2, 1]
    assert clause.handed_in.tolist() == clause.paid.tolist() == [105_000_00, 195_000_00, 75_000_00]
    assert clause.weights.tolist() == [4_100 / 32_000, 9_300 / 32_000, 18_600 / 32_000]
    assert clause.bill == clause.charged.sum() == 375_000_00
    assert (made.own_cost + clause.charged - clause.paid).tolist() == made.contribution.tolist()


# --- children and households

TWO = ["ambulant", "verblijf"]


def handed_in(tmp_path, text, *takes):
    made = settled(tmp_path, agreement(*((take, YOUTH) for take in takes)), CASES_CSV + text)
    return [clause.handed_in.tolist() for clause in made.clauses]


def test_care_types_of_one_child_are_added_up_before_the_line(tmp_path):
    text = "GM0001,ambulant,60000,k1,\nGM0001,verblijf,50000,k1,\nGM0001,verblijf,90000,k2,\n"
    # k1 costs 110,000 over both: 10,000 above the line. With stay alone nobody is above it.
    assert handed_in(tmp_path, text, {"kind": "excess", "retention": 100e3}) == [[10_000_00, 0, 0]]
    narrow = {"kind": "excess", "retention": 100e3, "scope": ["verblijf"]}
    assert handed_in(tmp_path, text, narrow) == [[0, 0, 0]]


def test_one_pseudonym_at_two_payers_is_a_child_of_each(tmp_path):
    text = "GM0001,verblijf,80000,k1,\nGM0002,verblijf,80000,k1,\n"
    assert handed_in(tmp_path, text, {"kind": "excess", "retention": 100e3}) == [[0, 0, 0]]


def test_clauses_with_different_scopes_see_what_is_left_of_each_care_type(tmp_path):
    text = "GM0001,ambulant,40000,k1,\nGM0001,verblijf,60000,k1,\n"
    takes = (
        {"kind": "share", "share": 0.5, "scope": ["ambulant"]},
        {"kind": "excess", "retention": 50e3, "scope": TWO},
        {"kind": "share", "share": 1.0, "scope": ["ambulant"]},
    )
    # Half of 40 leaves 20 + 60 = 80; 30 above the line, of which 20/80 = 7.5 from ambulant; then 20 - 7.5 = 12.5.
    assert handed_in(tmp_path, text, *takes) == [[20_000_00, 0, 0], [30_000_00, 0, 0], [12_500_00, 0, 0]]


def test_tiers_cut_the_full_cost_of_a_child(tmp_path):
    text = "GM0001,ambulant,60000,k1,\nGM0001,verblijf,90000,k1,\n"
    takes = ({"kind": "tier", "lower": 50e3, "upper": 100e3}, {"kind": "tier", "lower": 100e3})
    assert handed_in(tmp_path, text, *takes) == [[50_000_00, 0, 0], [50_000_00, 0, 0]]


def test_tiers_of_different_scopes_that_take_more_than_a_child_costs_are_refused(tmp_path):
    # The first tier takes 100,000 of 120,000, half of it from stay, which leaves 10,000 of stay for the second.
    text = "GM0001,ambulant,60000,k1,\nGM0001,verblijf,60000,k1,\n"
    takes = ({"kind": "tier", "lower": 20e3}, {"kind": "tier", "lower": 0.0, "upper": 20e3, "scope": ["verblijf"]})
    with pytest.raises(InputError, match=r"clauses\.2\.take.*more of a child"):
        handed_in(tmp_path, text, *takes)


def test_children_of_a_household_count_together_if_the_agreement_says_so(tmp_path):
    text = "GM0001,verblijf,60000,k1,h1\nGM0001,verblijf,60000,k2,h1\nGM0001,verblijf,90000,k3,\n"
    text += "GM0002,verblijf,60000,k4,h1\n"
    line = {"kind": "excess", "retention": 100e3}
    assert handed_in(tmp_path, text, line) == [[0, 0, 0]]
    assert handed_in(tmp_path, text, line | {"unit": "household"}) == [[20_000_00, 0, 0]]


def test_a_household_is_told_in_words():
    take = agreement(({"kind": "excess", "retention": 1e5, "unit": "household"}, YOUTH)).spec.clauses[0].take
    assert "huishouden" in take.words(Wording("nl"))
    assert "household" in take.words(Wording("en"))


def test_who_leaves_for_some_care_shares_the_rest_only(tmp_path):
    document = {
        "title": TEXT, "summary": TEXT, "source": "test",
        "changes": [{"kind": "exit", "member": "GM0003", "year": 2025, "scope": ["verblijf"]}],
        "clauses": [{"title": TEXT, "take": WHOLE, "charge": {"kind": "key", "key": INHABITANTS}}],
    }  # fmt: skip
    made = Agreement.from_document(document, "test", "test.toml")
    text = "GM0001,verblijf,60000,k1,\nGM0003,verblijf,50000,k2,\nGM0003,ambulant,15000,k3,\n"
    # Stay: 60,000 by 18 : 42 = 18,000 and 42,000. Ambulant: 15,000 by 18 : 42 : 90 = 1,800; 4,200; 9,000.
    done = settled(tmp_path, made, CASES_CSV + text)
    assert done.contribution.tolist() == [19_800_00, 46_200_00, 59_000_00]
    assert done.clauses[0].weights is None


one_case = st.tuples(st.integers(0, 2), st.sampled_from(COSTS.ids[:4]), st.integers(0, 50_000_000))


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.lists(one_case, min_size=1, max_size=8), st.sampled_from(["youth", "budget", "equal"]))
def test_with_one_care_type_a_child_it_is_what_the_simulation_does(tmp_path_factory, cases, kind):
    clauses = (
        ({"kind": "share", "share": 0.3, "scope": [COSTS.ids[0]]}, YOUTH),
        ({"kind": "excess", "retention": 50e3, "limit": 100e3, "share": 0.8}, {"kind": kind}),
        ({"kind": "excess", "retention": 120e3, "deductible": 10e3}, INHABITANTS),
    )
    made = agreement(*clauses)
    folder = tmp_path_factory.mktemp("same")
    rows = "".join(f"{MEMBERS.codes[i]},{type_},{cents / 100:.2f},k{n},\n" for n, (i, type_, cents) in enumerate(cases))
    done = settled(folder, made, CASES_CSV + rows)
    setting = Setting.plain(MEMBERS, COSTS.ids)
    measures = measures_for(COSTS.ids, made.looks(setting))
    member, types, cents = zip(*cases, strict=True)
    claims = measure_cases(measures, 3, member, types, [c / 100 for c in cents])
    expected = settle(made, claims[:, None, None, :], measures, setting).contribution[0, 0]
    # Own cost is in whole cents, and the net of a member moves by less than one.
    assert np.abs(done.contribution - 100 * expected).max() < 1 + 1e-3
    assert done.contribution.sum() == sum(cents)


# --- cents


amounts = st.lists(st.floats(0, 1e6), min_size=4, max_size=4)


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(amounts, amounts, st.floats(0, 0.5)), min_size=1, max_size=4))
def test_every_clause_and_member_closes_to_the_cent(flows):
    paid = np.array([flow[0] for flow in flows])
    key = np.array([[w + 1.0 for w in flow[1]] for flow in flows])
    outside = np.array([flow[2] for flow in flows]) * paid.sum(axis=1)
    charged = key / key.sum(axis=1, keepdims=True) * (paid.sum(axis=1) - outside)[:, None]
    codes = ("GM1", "GM2", "GM3", "GM4")
    done = clauses_in_cents(paid, paid, charged, outside, np.zeros(len(paid)), codes)
    assert (done.paid.sum(axis=1) + done.fund == done.charged.sum(axis=1) + done.outside).all()
    # Amounts are read to a millionth of a euro, a ten-thousandth of a cent.
    for cents, euros in ((done.paid, paid), (done.charged, charged), (done.outside, outside)):
        assert np.abs(cents - 100 * euros).max() < 1 + 1e-3
    net = (done.charged - done.paid).sum(axis=0)
    assert np.abs(net - 100 * (charged - paid).sum(axis=0)).max() < 1 + 1e-3 * len(flows)
    assert (done.handed_in == done.paid).all()


def test_outside_payers_and_advances_are_parties(tmp_path):
    document = {
        "title": TEXT, "summary": TEXT, "source": "test",
        "clauses": [{
            "title": TEXT, "take": WHOLE,
            "charge": {"kind": "key", "key": INHABITANTS, "outside": {"name": TEXT, "share": 0.2}},
        }],
    }  # fmt: skip
    made = Agreement.from_document(document, "test", "test.toml")
    done = settled(tmp_path, made, advances={"GM0003": 300_000_00, "GM0001": -1_00})
    # The state bears 181,000. C owes 0.6 x 724,000 - 268,000 = 166,400 and has paid 300,000: it gets 133,600 back.
    balances = dict(zip(done.parties, done.balances.tolist(), strict=True))
    assert balances[OUTSIDE] == -181_000_00
    assert balances["GM0003"] == 133_600_00
    assert balances[ACCOUNT] == -299_999_00
    assert sum(balances.values()) == 0
    lines = done.lines()
    assert all(lines.of("balance", code) == balances[code] for code in done.parties)


def test_a_rule_that_must_know_the_law_needs_a_study(tmp_path):
    document = {
        "title": TEXT, "summary": TEXT, "source": "test",
        "clauses": [{
            "title": TEXT, "take": WHOLE,
            "pot": {"kind": "reserve", "opening": 0.0, "contribution": "expected"},
            "charge": {"kind": "key", "key": YOUTH},
        }],
    }  # fmt: skip
    made = Agreement.from_document(document, "test", "test.toml")
    with pytest.raises(InputError, match="--study"):
        settled(tmp_path, made)
    study = Study.load("haaglanden")
    setting = setting_of_year(study.region, study.costs, 2025, expected=True)
    laws = laws_of_year(made, study, setting, sims=512)
    assert laws is not None


# --- the past


def test_backtest_of_cases_and_of_sums(tmp_path):
    cases = {2023: read(tmp_path, TABLE_CSV, 2023), 2024: read(tmp_path, TABLE_CSV.replace("310000", "210000"), 2024)}
    lagged = agreement((WHOLE, {"kind": "cost", "lag": 1}))
    done = backtest([lagged], MEMBERS, COSTS, cases=cases)
    # 2023 has no year before it. In 2024 805,000 goes by the cost of 2023: 192 : 445 : 268.
    assert [(year, "2022" in why) for _, year, why in done.skipped] == [(2023, True)]
    (year,) = done.years
    assert year.contribution == pytest.approx(805_000 * np.array([192, 445, 268]) / 905, abs=1e-6)
    assert year.transfer.sum() == pytest.approx(0.0, abs=1e-6)
    assert year.deviation == pytest.approx(year.contribution - [150_000, 330_000, 420_000])
    assert done.hidden(year, 3).tolist() == [True, True, False]
    path = tmp_path / "history.csv"
    path.write_text(PAST, encoding="utf-8")
    history = read_history(path, codes=[str(c) for c in MEMBERS.codes], care_types=COSTS.care_types)
    done = backtest([agreement((WHOLE, INHABITANTS))], MEMBERS, COSTS, history=history)
    assert done.years[0].contribution.tolist() == pytest.approx([770_000 * share for share in (0.12, 0.28, 0.6)])
    with pytest.raises(InputError, match=r"single children.*--cases"):
        backtest([agreement(({"kind": "excess", "retention": 1e5}, YOUTH))], MEMBERS, COSTS, history=history)
    narrow = agreement(({"kind": "share", "scope": ["verblijf"]}, YOUTH))
    with pytest.raises(InputError, match="only totals"):
        backtest([narrow], MEMBERS, COSTS, history=history)
