"""Lines per month of stay: the algebra, the compiled pass, exact moments, replay, settlement, and what is refused."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from solidair.models.calendar import MONTH, Calendar
from solidair.models.exact.known import known_means
from solidair.models.exact.moments import measure_moments
from solidair.models.problems import InputError
from solidair.models.severity import Lognormal, Weibull
from solidair.pool.blocks import measures_of
from solidair.pool.draw import DrawPlan
from solidair.pool.exactness import LIMIT, RARE, RARE_SPREAD, exact_moments
from solidair.pool.layers import CaseFunction
from solidair.pool.measures import Measure, measure_cases, measures_for
from solidair.pool.parts.words import Wording
from solidair.pool.replay import replay
from solidair.pool.setting import Setting
from solidair.pool.settlement import settle
from solidair.pool.study import Study, load_agreement
from tests import naive_paths
from tests.naive import naive_settle
from tests.naive_worlds import world
from tests.settle_cases import CASES_CSV, COSTS, MEMBERS, settled
from tests.settling import agreement, region
from tests.test_engine_exact import MODELS, NO_VARIANCE, open_stays
from tests.test_exact_known import CALENDAR, SIGMA, _costs, _known, _lasting

STAYS = ("verblijf", "gesloten")
YOUTH = {"kind": "youth"}


def monthly(retention=10_000.0, **more):
    return {"kind": "excess", "retention": retention, "per": "month", "scope": STAYS} | more


# --- the algebra


def test_a_function_of_cost_and_months():
    f = CaseFunction.whole().per_month().layer(10_000.0, 5_000.0).times(0.5)
    assert f == CaseFunction((10_000.0, 15_000.0), (0.5, -0.5), monthly=True)
    # Two months: half of what lies between 20,000 and 30,000. Half a month: between 5,000 and 7,500.
    np.testing.assert_array_equal(f([19e3, 24e3, 99e3, 7e3], [2.0, 2.0, 2.0, 0.5]), [0.0, 2e3, 5e3, 1e3])
    left = CaseFunction.whole() - f
    assert left.monthly and left.increasing and left.times(0.5).monthly
    assert not (left + f).monthly and left + f == CaseFunction.whole()


def test_months_and_years_do_not_mix():
    by_month = CaseFunction.whole().per_month().layer(1e4, None)
    by_year = CaseFunction.whole().layer(1e4, None)
    for wrong in (lambda: by_month + by_year, by_month.per_year, by_year.per_month, lambda: by_month(1e5)):
        with pytest.raises(ValueError, match="month"):
            wrong()
    assert CaseFunction.whole().times(0.5).per_month().layer(1e4, None).times(1) == CaseFunction(
        (2e4,), (0.5,), monthly=True
    )


def test_measures_of_months_come_after_all_others():
    rules = [
        {"verblijf": CaseFunction.whole().per_month().layer(1e4, None).times(1.0)},
        {"verblijf": CaseFunction.whole().layer(1e5, None)},
    ]
    measures = measures_for(("ambulant", "verblijf"), rules)
    own = [m for m in measures.measures if m.scope == ("verblijf",)]
    assert [m.attachment for m in own] == [None, 0.0, 1e5, 1e4] and [m.monthly for m in own] == [False] * 3 + [True]
    assert Measure(("ambulant",), 0.0) in measures.measures and not any(m.monthly for m in measures.measures[:2])
    claims = measure_cases(measures, 1, [0, 0], ["verblijf"] * 2, [3e5, 5e4], months=[12.0, 2.0])
    # 300,000 - 120,000 and 50,000 - 20,000.
    assert measures.weights(rules[0]) @ claims == pytest.approx([210e3])
    with pytest.raises(ValueError, match="months of each case"):
        measure_cases(measures, 1, [0], ["verblijf"], [3e5])


# --- the compiled pass

OPEN = [(100.0, 0.8, 1e9, math.nan), (900.0, 0.2, 400.0, 310.0)] * 60


def _world(months, known=None, move=0.0, seen_on=0.0):
    return world(
        [[0.4, 340.0, 3.0], [12.0, 0.0, 150.0], [0.02, 7.0, 31.0]],
        years=4,
        points=((0.0, 5_000.0), (0.0, 20_000.0), (0.0,)),
        earlier={1: [(2, 20_000.0)]},
        months=months,
        stays={1: (Weibull(0.8, 500.0), Weibull(0.7, 900.0), 566.0), 2: (Weibull(1.0, 60.0), Weibull(1.0, 60.0), 60.0)},
        costs=[Lognormal(9.0, 1.1), Lognormal(5.5, 0.3), Lognormal(4.0, 1.0)],
        known=known,
        seen_on=seen_on,
        other_lengths=[Weibull(1.5, 700.0)],
        move={1: move},
        where=[3.0, 1.0, 2.0],
        starts=[0.0, 365.0, 731.0, 1096.0, 1461.0],
    )


MONTHS = {1: [(4, 250.0), (2, 250.0), (4, 320.0)], 2: [(4, 90.0)]}


@pytest.mark.parametrize("known", [None, {(0, 1): OPEN, (2, 1): ()}], ids=["drawn", "known"])
@pytest.mark.parametrize(("move", "seen_on"), [(0.0, 0.0), (0.0, -200.0), (0.25, 0.0), (0.25, -40.0)])
def test_lines_per_month_equal_the_twin_and_leave_the_rest_as_it_was(known, move, seen_on):
    w = _world(MONTHS, known, move, seen_on)
    claims = w.draw(3)
    twin = np.array(naive_paths.draw_block(5, 0, 3, *w.plain(), w.measures))
    # The twin adds stay by stay, the kernel line by line: a sum of 1000 stays rounds by 1000 x 1e-16.
    np.testing.assert_allclose(claims, twin, rtol=2e-13)
    np.testing.assert_array_equal(claims[:-4], _world({}, known, move, seen_on).draw(3))
    everyone, began, dear, _ = claims[-4:]
    assert np.all(claims[-4:].sum(axis=(1, 2, 3)) > 0)
    assert np.all(dear <= everyone) and np.all(began <= everyone) and (began < everyone).any()


# --- exact moments


def test_without_price_shocks_the_moments_are_those_of_days_times_the_tariff_above_the_line():
    """E[D] E[(T - a)+] and, of a Poisson number of stays, E[D^2] E[(T - a)+^2]: by quadrature of the two laws alone."""
    costs, calendar, line = _costs(_lasting(1.5), prices=(0.0, 0.0, 0.0)), Calendar(2027, 2), 9_000.0
    where = region((50_000, 10_000, 2e7))
    episode, daily = costs.episodes[0], line / MONTH
    top = episode.law.support[1]
    first = integrate.quad(episode.law.sf, daily, top, epsabs=0, epsrel=1e-11, limit=500)[0]
    second = integrate.quad(
        lambda z: 2 * (z - daily) * float(episode.law.sf(z)), daily, top, epsabs=0, epsrel=1e-11, limit=500
    )[0]
    for year in range(2):
        days = [episode.days(calendar, cohort, year) for cohort in range(year + 2)]
        rates = [
            float(costs.clients_per_youth[0]) * 10_000 * episode.entries_per_client * episode.cohort_size(calendar, k)
            for k in range(year + 2)
        ]
        mean = sum(r * d.moment(1) for r, d in zip(rates, days, strict=True)) * first
        found = measure_moments(costs, where, calendar, ["home"], [line] * 2, monthly=True)
        # Days are tabulated in cells of half a day: within 1e-5 of the reference, see solidair.models.yearly.
        assert found[0][year, 0] == pytest.approx(mean, rel=1e-5)
        single = sum(r * d.moment(2) for r, d in zip(rates, days, strict=True)) * second
        assert found[1][year, 0] >= single * (1 - 1e-5)  # over-dispersion of the number of stays comes on top


def test_a_line_of_nearly_nothing_per_month_is_the_whole_cost():
    costs, where = Study.load("haaglanden").costs, region((50_000, 10_000, 2e7))
    calendar = Calendar(2027, 3)
    whole = measure_moments(costs, where, calendar, STAYS, [0.0] * 3)
    nearly = measure_moments(costs, where, calendar, STAYS, [1e-7] * 3, monthly=True)
    np.testing.assert_allclose(nearly, whole, rtol=1e-5)


def test_only_stays_have_months():
    costs, where = Study.load("haaglanden").costs, region((50_000, 10_000, 2e7))
    with pytest.raises(ValueError, match="'ambulant' is counted by the year"):
        measure_moments(costs, where, Calendar(2027, 1), ["ambulant"], [1e4], monthly=True)


@pytest.mark.parametrize("tariff", [math.nan, 300.0])
@pytest.mark.parametrize("leaves", [math.nan, 300.0])
def test_known_stays_by_quadrature(tariff, leaves):
    """Exponential lengths have no memory, so E[days] is known; prices are one lognormal factor."""
    costs, line = _costs(_lasting(1.5)), 9_200.0
    where = region((50_000, 10_000, 2e7))
    known = _known([10.0, 700.0], leaves, tariff)
    found = known_means(
        costs, where, CALENDAR, ["home"], [line] * 2, type(known)(**{**vars(known), "codes": ("GM0000",) * 2}),
        monthly=True,
    )[:, 0]  # fmt: skip
    law, scale = costs.episodes[0].law, 1.5 * 365.0

    def above(price):
        daily = line / MONTH
        return max(tariff * price - daily, 0.0) if tariff == tariff else price * float(law.excess(daily / price))

    def inside(w):
        return above(math.exp(SIGMA * w - SIGMA**2 / 2)) * stats.norm.pdf(w)

    bends = [(math.log(line / MONTH / z) + SIGMA**2 / 2) / SIGMA for z in (300.0, 500.0)]
    ends = [-9.0, *sorted(b for b in bends if -9 < b < 9), 9.0]
    mean = sum(integrate.quad(inside, a, b, epsabs=0, epsrel=1e-9, limit=300)[0] for a, b in pairwise(ends))
    begin = 92.0
    for year, length in enumerate((365.0, 366.0)):
        stop = length if leaves != leaves else min(max(leaves - begin, 0.0), length)
        days = scale * (math.exp(-begin / scale) - math.exp(-(begin + stop) / scale))
        # The rule between kinks has 12 nodes in 5 panels: 1e-7, as near yearly lines.
        assert found[year] == pytest.approx(2 * days * mean, rel=1e-6)
        begin += length


LOW = """title = { nl = "Per maand", en = "By the month" }
summary = { nl = "Boven 9.000 euro per maand", en = "Above 9,000 a month" }
source = "test"
[[clauses]]
title = { nl = "Samen", en = "Together" }
take = { kind = "share", share = 0.2 }
charge = { kind = "key", key = { kind = "youth" } }
[[clauses]]
title = { nl = "Dure maanden", en = "Dear months" }
take = { kind = "excess", per = "month", retention = 9000, limit = 6000, scope = ["verblijf", "gesloten", "pleegzorg"] }
charge = { kind = "key", key = { kind = "youth" } }
[[clauses]]
title = { nl = "De rest", en = "The rest" }
take = { kind = "share", share = 0.5 }
charge = { kind = "key", key = { kind = "youth" } }
"""
REGION = "code,name,inhabitants,youth\nGM0518,Den Haag,56000,5600\nGM0629,Wassenaar,26900,2600\n"
SIMS = 20_480


def _study(folder, model, known=False, years=2):
    (folder / "region.csv").write_text(REGION, encoding="utf-8")
    (folder / "costs.toml").write_text(MODELS[model], encoding="utf-8")
    (folder / "low.toml").write_text(LOW, encoding="utf-8")
    text = 'region = "region.csv"\ncosts = "costs.toml"\nagreements = ["own-use", "low.toml", "noorwegen-barnevern"]\n'
    text += 'title = { nl = "Maanden", en = "Months" }\n'
    if known:
        (folder / "open.csv").write_text(open_stays(), encoding="utf-8")
        text += '[open_cases]\nfile = "open.csv"\nreference = 2026-10-01\n'
    (folder / "study.toml").write_text(f"{text}[settings]\nyears = {years}\n", encoding="utf-8")
    return Study.load(folder)


@pytest.mark.parametrize(
    ("model", "known"),
    [("as shipped", False), ("as shipped", True), *((m, False) for m in MODELS if m != "as shipped")],
)
def test_simulated_moments_agree_with_exact_ones(tmp_path, model, known):
    study = _study(tmp_path, model, known)
    measures = measures_of(study)
    place = [n for n, m in enumerate(measures.measures) if m.monthly]
    assert len(place) >= 4
    mean, variance = (values[place] for values in exact_moments(study, measures))
    plan = DrawPlan.make(study, measures)
    claims = np.concatenate([plan.draw(11, first, 2_048)[place] for first in range(0, SIMS, 2_048)], axis=1)
    # No tariff of foster care comes near EUR 9,000 a month, not to speak of the limit.
    never = mean == 0.0
    assert never.any() and not claims.swapaxes(1, 2).swapaxes(2, 3)[never].any()
    away = claims - mean[:, np.newaxis]
    second, fourth = ((away**k).mean(axis=1)[~never] for k in (2, 4))
    exact, closed = variance[~never], np.isfinite(variance[~never])
    z = away.mean(axis=1)[~never] / np.sqrt(np.where(closed, exact, second) / SIMS)
    spread = (second - exact) / np.sqrt((fourth - second**2) / SIMS)
    # Where a few years carry a moment no normal law can judge it; see `solidair.pool.exactness`.
    common, plain = (fourth / second**2 < SIMS / least for least in (RARE, RARE_SPREAD))
    assert common.mean() > 0.5
    # Under 40 figures a model: 4.5 is passed by chance once in 3,000.
    assert np.abs(z[common]).max() < LIMIT
    assert np.abs(spread[closed & plain]).max(initial=0.0) < LIMIT
    assert (closed & plain).any() or known or model in NO_VARIANCE


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("model", ["as shipped", "moves"])
def test_replay_reconciles_to_the_cent(tmp_path, model, known):
    path = replay(_study(tmp_path, model, known), 3)
    assert path.reconciled
    months = [n for n, m in enumerate(path.measures.measures) if m.monthly]
    assert np.all(path.claims[months].sum(axis=(1, 2)) >= 0) and path.claims[months].sum() > 0


# --- settlement


def test_a_year_by_hand():
    """Youths 2,000 and 3,000. A: 200,000 over 12 months, 80,000 above; B: 30,000 over 2, 10,000 above.

    Of these 90,000 the first pays 0.4 and the second 0.6. Three months at 9,000 stay below the line.
    """
    towns = region((10_000, 2_000, 4e6), (20_000, 3_000, 6e6))
    made = agreement((monthly(), YOUTH))
    setting = Setting.plain(towns, STAYS)
    measures = measures_for(STAYS, made.looks(setting))
    cases = [(0, "verblijf", 200e3), (1, "gesloten", 30e3), (1, "verblijf", 27e3)]
    months = [12.0, 2.0, 3.0]
    claims = measure_cases(measures, 2, *zip(*cases, strict=True), months=months)
    found = settle(made, claims[:, None, None], measures, setting).contribution[0, 0]
    np.testing.assert_allclose(found, [200e3 - 80e3 + 36e3, 57e3 - 10e3 + 54e3], rtol=1e-12)
    twin = naive_settle(made.spec, cases, towns, months=months)
    np.testing.assert_allclose(found, twin["contribution"], rtol=1e-12)


BANDS = ({"retention": 5e3, "limit": 5e3, "share": 0.25}, {"retention": 12e3, "share": 0.9})


@pytest.mark.parametrize("take", [{"retention": 8e3, "limit": 3e3, "share": 0.7}, {"bands": BANDS, "retention": None}])
def test_random_years_equal_the_twin(take):
    towns = region((10_000, 2_000, 4e6), (20_000, 3_000, 6e6))
    first, last = {"kind": "share", "share": 0.3}, {"kind": "share", "share": 0.6, "scope": ("verblijf",)}
    wanted = {key: value for key, value in monthly(**take).items() if value is not None}
    made = agreement((first, YOUTH), (wanted, {"kind": "inhabitants"}), (last, YOUTH))
    setting = Setting.plain(towns, (*STAYS, "ambulant"))
    measures = measures_for(setting.care_types, made.looks(setting))
    rng = np.random.Generator(np.random.PCG64(5))
    kinds = [str(kind) for kind in rng.choice(setting.care_types, 60)]
    months = rng.uniform(0.0, 12.0, 60)
    who, costs = rng.integers(0, 2, 60), months * rng.lognormal(9.2, 0.8, 60)
    cases = list(zip(who.tolist(), kinds, costs.tolist(), strict=True))
    claims = measure_cases(measures, 2, *zip(*cases, strict=True), months=months.tolist())
    found = settle(made, claims[:, None, None], measures, setting)
    twin = naive_settle(made.spec, cases, towns, months=months.tolist())
    np.testing.assert_allclose(found.contribution[0, 0], twin["contribution"], rtol=1e-12)


HEADER = CASES_CSV.replace("household", "months")


def test_a_real_year_adds_up_the_months_of_a_child(tmp_path):
    """Child 1: 6 months of 60,000 and 6 of 100,000, together 160,000 over 12 months: 40,000 above 120,000.

    Child 2: one month of 25,000, 15,000 above. Youths 4,100, 9,300 and 18,600 of 32,000: 55,000 is 7,046.875,
    15,984.375 and 31,968.75.
    """
    text = HEADER + "GM0001,verblijf,60000,c1,6\nGM0001,gesloten,100000,c1,6\nGM0002,gesloten,25000,c2,1\n"
    made = settled(tmp_path, agreement((monthly(), YOUTH)), text)
    expected = [160e3 - 40e3 + 7_046.875, 25e3 - 15e3 + 15_984.375, 31_968.75]
    assert np.abs(made.contribution - 100 * np.array(expected)).max() < 1  # rounding moves less than a cent
    assert made.clauses[0].children.tolist() == [1, 1, 0]


def test_months_that_are_not_known_are_asked_for(tmp_path):
    text = HEADER + "GM0001,verblijf,60000,c1,6\nGM0002,gesloten,25000,c2,\n"
    with pytest.raises(InputError, match="of 1 cases the months of stay are not known"):
        settled(tmp_path, agreement((monthly(), YOUTH)), text)


# --- what is refused


def _faults(*takes):
    setting = Setting.of(MEMBERS, COSTS, 2027, 2)
    return agreement(*((take, YOUTH) for take in takes)).faults(setting)


def test_care_without_stays_is_named():
    (fault,) = _faults(monthly(scope="all"))
    assert fault.where == "clauses.1.take.scope" and "ambulant, daghulp" in fault.rule and "verblijf" not in fault.rule
    assert 'scope = ["pleegzorg"' in fault.hint
    assert _faults(monthly()) == []


OTHERS = [{"kind": "excess", "retention": 5e4}, {"kind": "tier", "lower": 5e4}, monthly(20e3)]


@pytest.mark.parametrize("other", OTHERS, ids=["excess", "tier", "monthly"])
def test_only_shares_go_with_a_line_per_month(other):
    for takes in ((monthly(), other), (other, monthly())):
        (fault,) = _faults(*takes)
        assert fault.where == "clauses.2.take" and "article 1" in fault.rule and "month" in fault.rule
    share = {"kind": "share", "share": 0.5}
    assert _faults(share, monthly(), share) == []
    assert _faults(monthly(), other | {"scope": ("pleegzorg",)}) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"retention": {"kind": "budget", "share": 0.01}}, "must be an amount"),
        ({"retention": {"kind": "mean", "times": 2.0}}, "must be an amount"),
        ({"unit": "household"}, "per child"),
    ],
)
def test_a_line_per_month_is_an_amount_per_child(wrong, said):
    with pytest.raises(InputError, match=said):
        agreement((monthly() | wrong, YOUTH))


def test_the_words_say_month():
    take = load_agreement("noorwegen-barnevern").spec.clauses[0].take
    told = (take.words(Wording(language=language, currency="NOK")) for language in ("nl", "en"))
    nl, en = (text.replace("\u00a0", " ") for text in told)
    assert "meer dan NOK 170.000 per maand verblijf aan" in nl and "De eerste NOK 170.000 per kind en maand" in nl
    assert "more than NOK 170,000 per month of stay in a year of" in en and "per child and month" in en
    assert "30,4375 dagen" in nl and "30.4375 days" in en
