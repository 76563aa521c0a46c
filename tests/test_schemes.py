"""The rules that regions and countries use, each on a case that was computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.models.regions import Municipality, Region
from solidair.models.sources.history import History
from solidair.pool.books import Laws
from solidair.pool.catalogue import catalogue, origins
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.setting import Setting
from solidair.pool.settlement import Plan
from solidair.pool.study import Study, builtin, load_agreement

CARE = (
    *("ambulant", "daghulp", "pleegzorg", "gezinsgericht", "verblijf", "crisis-verblijf", "gesloten"),
    *("maatwerk-24-uurs", "jeugdbescherming", "jeugdreclassering"),
)
# Shares, for the arithmetic below. Inhabitants: 0.4, 0.4, 0.2. Youths: 0.5, 0.3, 0.2. Budget: 0.6, 0.3, 0.1.
# Capacity: 0.6, 0.2, 0.2. Youths under 21: 0.5, 0.375, 0.125.
A, B, C = range(3)
TOWNS = Region(
    "towns",
    "Towns",
    (
        Municipality("GM0010", "A", 40_000, 10_000, 24e6, capacity=30e6, youth_under_21=12_000),
        Municipality("GM0020", "B", 40_000, 6_000, 12e6, capacity=10e6, youth_under_21=9_000),
        Municipality("GM0030", "C", 20_000, 4_000, 4e6, capacity=10e6, youth_under_21=3_000),
    ),
    "",
    "",
    None,
)
# The files that name members are about Haaglanden. Youths 222,660, inhabitants 1,121,670.
HAAGLANDEN = Study.load("haaglanden").region
HAGUE, ZOETERMEER, WESTLAND, DELFT, _, _, RIJSWIJK, _, MIDDEN_DELFLAND = range(9)


def bears(name, *years, region=TOWNS, history=None, sample=None, months=None, **setting):
    """Lay a shipped agreement over years of cases (member, care type, cost); return what members bear, (year, member).

    Parameters
    ----------
    sample
        What members hand in in the years of a pilot run, (sim, year, member), if the agreement must learn from one.
    months
        Months of stay of every case of each year, if a line is per month.
    """
    agreement = load_agreement(name)
    made = replace(Setting.plain(region, CARE, 2027, len(years)), history=history, **setting)
    assert agreement.faults(made) == []
    measures = measures_for(CARE, agreement.looks(made))
    claims = [measure_cases(measures, len(region), *zip(*cases, strict=True), months=months) for cases in years]
    laws = None if sample is None else Laws({0: np.array(sample)})
    return Plan.make(agreement, measures, made).settle(np.stack(claims, axis=1)[:, None], laws=laws).contribution[0]


def past(years, **clients):
    """Make a history of clients by care type, (year, member); other care had none, and cost is nothing."""
    shape = (len(years), 3, len(CARE))
    counts = np.zeros(shape)
    for care, figures in clients.items():
        counts[:, :, CARE.index(care)] = figures
    codes = tuple(member.code for member in TOWNS.members)
    return History("history.csv", tuple(years), codes, CARE, counts, np.zeros(shape), np.full(shape[:2], np.nan))


def close(found, *expected):
    np.testing.assert_allclose(found, np.array(expected, dtype=float), rtol=1e-12)


# --- in the Netherlands


def test_noordoost_brabant_has_three_keys():
    # Clients of 2024-2026. Stay: A 3 + 4 + 5 = 12, B 2 + 2 + 4 = 8, so 0.6 and 0.4. Outpatient in 2026: 20, 15, 15, so
    # 0.4, 0.3, 0.3; the years before do not count.
    history = past(
        (2024, 2025, 2026),
        verblijf=[[3, 2, 0], [4, 2, 0], [5, 4, 0]],
        ambulant=[[0, 0, 90], [80, 0, 0], [20, 15, 15]],
    )
    cases = [(A, "gesloten", 200e3), (B, "verblijf", 90e3), (C, "ambulant", 10e3)]
    # A: 0.6 of 200,000 + 0.6 of 90,000 + 0.4 of 10,000 = 120,000 + 54,000 + 4,000.
    # B: 0.3, 0.4 and 0.3: 60,000 + 36,000 + 3,000. C: 0.1, 0 and 0.3: 20,000 + 0 + 3,000.
    close(bears("noordoost-brabant", cases, history=history), [178e3, 99e3, 23e3])


# Beside their budgets of 24, 12 and 4 million: A 1 million short, B half a million over, C 1.5 million short.
# Together 2 million short.
SHORT = [(A, "ambulant", 25e6), (B, "ambulant", 11.5e6), (C, "ambulant", 5.5e6)]


def test_land_van_cuijk_divides_the_deficit_by_clients_of_last_year():
    # 2026: A 20 + 5, B 15 + 0, C 5 + 5, together 50: 0.5, 0.3, 0.2 of 2 million beside the own budget.
    history = past((2026,), ambulant=[[20, 15, 5]], verblijf=[[5, 0, 5]])
    close(bears("land-van-cuijk", SHORT, history=history), [25e6, 12.6e6, 4.4e6])


def test_land_van_cuijk_looks_at_the_simulated_year_before_after_the_first():
    history = past((2026,), ambulant=[[1, 0, 0]])
    # In 2027 A alone pays the 2 million. In 2028 each had one client the year before: 2 million / 3 each.
    found = bears("land-van-cuijk", SHORT, SHORT, history=history)
    close(found, [26e6, 12e6, 4e6], [24e6 + 2e6 / 3, 12e6 + 2e6 / 3, 4e6 + 2e6 / 3])


def test_groningen_until_2017_divides_the_deficit_by_capacity():
    # 0.6, 0.2, 0.2 of 2 million beside the own budget.
    close(bears("groningen-2015", SHORT), [25.2e6, 12.4e6, 4.4e6])


def test_groningen_since_2018_shares_closed_and_crisis_care_only():
    cases = [(A, "gesloten", 200e3), (B, "crisis-verblijf", 50e3), (C, "verblijf", 90e3)]
    # 250,000 by youths: 125,000, 75,000 and 50,000; C pays its 90,000 itself.
    close(bears("groningen-2018", cases), [125e3, 75e3, 140e3])


def test_friesland_shares_what_is_above_the_line():
    cases = [(A, "verblijf", 160e3), (C, "maatwerk-24-uurs", 300e3)]
    # Above 100,000: 60,000 + 200,000, by youths 130,000, 78,000 and 52,000.
    close(bears("friesland", cases), [230e3, 78e3, 152e3])


def test_zeeland_since_2016_is_own_use():
    close(bears("zeeland-2016", [(A, "verblijf", 160e3), (C, "gesloten", 300e3)]), [160e3, 0, 300e3])


def test_the_national_fund_pays_pro_rata_of_deficits_over_two_years():
    first = [(A, "ambulant", 25e6), (B, "ambulant", 13e6), (C, "ambulant", 4.5e6)]
    second = [(A, "ambulant", 25.5e6), (B, "ambulant", 11.5e6), (C, "ambulant", 5.5e6)]
    # Two years: A 1 + 1.5 = 2.5 million short, 62.50 per inhabitant; B 1 - 0.5 = 0.5 million, 12.50; C 0.5 + 1.5 = 2
    # million, 100. The line is 40 x 1.24 = 49.60, so A and C claim 4.5 million. The fund: 11.45 x 1.24 x 100,000
    # inhabitants = 1,419,800. A gets 2.5 / 4.5 of it and C 2 / 4.5. The state pays half; the other 709,900 by
    # inhabitants: 283,960, 283,960 and 141,980. All in the second year.
    fund = 1_419_800.0
    shares = [283_960 - fund * 2.5 / 4.5, 283_960, 141_980 - fund * 2 / 4.5]
    found = bears("fonds-tekortgemeenten-2018", first, second)
    close(found, [25e6, 13e6, 4.5e6], np.array([25.5e6, 11.5e6, 5.5e6]) + shares)


def test_the_national_fund_pays_in_full_where_it_is_large_enough():
    only = [(C, "ambulant", 4.5e6)]
    # C: 2 x 0.5 million short is 50 per inhabitant, above 49.60: all of it. The state pays 500,000; by inhabitants A
    # and B pay 200,000 and C 100,000.
    found = bears("fonds-tekortgemeenten-2018", only, only)
    close(found, [0, 0, 4.5e6], [200e3, 200e3, 4.5e6 - 1e6 + 100e3])


def test_a_phase_out_over_four_years_ends_in_own_use():
    # 100,000 of A: 80, 60, 40 and 20% by youths 0.5, 0.3, 0.2, and nothing in 2031.
    shared = [[60e3, 24e3, 16e3], [70e3, 18e3, 12e3], [80e3, 12e3, 8e3], [90e3, 6e3, 4e3], [100e3, 0, 0]]
    close(bears("afbouw-vier-jaar", *[[(A, "verblijf", 100e3)]] * 5), *shared)


def test_an_equalisation_reserve_has_a_cap_and_cannot_go_below_nothing():
    first = [(A, "ambulant", 25e6), (B, "ambulant", 11e6), (C, "ambulant", 4.8e6)]
    second = [(A, "ambulant", 24.5e6), (B, "ambulant", 12.2e6), (C, "ambulant", 4e6)]
    # Opening 28 x 1.13 = 31.64 per inhabitant: A and B 1,265,600, C 632,800. Cap 47 x 1.13 = 53.11: A and B 2,124,400.
    # First year. A is 1 million short, all of it from the reserve, which has 265,600 left. B is 1 million over: 858,800
    # fills the reserve to its cap, and the rest it keeps. C is 800,000 short and the reserve has 632,800.
    # Second year. A is 500,000 short and has 265,600. B is 200,000 short, from the reserve. C is even.
    found = bears("egalisatiereserve", first, second)
    close(found, [24e6, 11_858_800, 4_167_200], [24_234_400, 12e6, 4e6])


def test_one_municipality_that_buys_alone_pays_alone():
    # Without 's-Gravenhage there are 112,711 youths, so of 112,711 euros each of the others pays its number of youths.
    cases = [(HAGUE, "verblijf", 300e3), (WESTLAND, "verblijf", 112_711.0)]
    close(
        bears("inkoop-alleen", cases, region=HAAGLANDEN),
        [300e3, 25_417, 22_521, 16_345, 14_784, 13_209, 10_873, 5_516, 4_046],
    )


def test_a_lead_municipality_is_paid_its_fee():
    (found,) = bears("centrumgemeente", [(DELFT, "verblijf", 90e3)], region=HAAGLANDEN)
    # 2.50 for each inhabitant: 's-Gravenhage pays 2.5 x 548,260 itself and gets 2.5 x 1,121,670.
    assert found[HAGUE] == pytest.approx(2.5 * (548_260 - 1_121_670))
    assert found[DELFT] == pytest.approx(90e3 + 2.5 * 103_580)
    assert found[MIDDEN_DELFLAND] == pytest.approx(2.5 * 19_415)
    assert found.sum() == pytest.approx(90e3)


def test_rare_care_that_is_bought_nationally_costs_the_region_what_it_expects():
    # A pilot run of two years in which 300,000 and 500,000 is handed in: the premium is 400,000, by youths.
    sample = [[[300e3, 0, 0]], [[0, 100e3, 400e3]]]
    cases = [(A, "crisis-verblijf", 700e3), (C, "verblijf", 50e3)]
    close(bears("landelijke-inkoop", cases, sample=sample), [200e3, 120e3, 80e3 + 50e3])


def test_a_member_of_a_network_is_in_several_alliances():
    cases = [
        (ZOETERMEER, "gesloten", 222_660.0),  # all nine: as many euros as each has youths
        (MIDDEN_DELFLAND, "verblijf", 42_912.0),  # Delft 16,345, Westland 22,521, Midden-Delfland 4,046
        (DELFT, "ambulant", 126_294.0),  # Delft 16,345, 's-Gravenhage 109,949
        (RIJSWIJK, "verblijf", 50e3),  # itself
    ]
    apart = np.zeros(9)
    apart[[DELFT, WESTLAND, MIDDEN_DELFLAND]] += 16_345, 22_521, 4_046
    apart[[DELFT, HAGUE]] += 16_345, 109_949
    apart[RIJSWIJK] += 50e3
    close(bears("netwerk", cases, region=HAAGLANDEN), HAAGLANDEN.youth + apart)


def test_the_safety_net_pays_large_deficits_that_last():
    even, better = [(A, "ambulant", 24e6), (B, "ambulant", 11.8e6), (C, "ambulant", 4e6)], (B, "ambulant", 13.2e6)
    third = [(A, "ambulant", 27.6e6), better, (C, "ambulant", 4e6)]
    # Third year. A is 15% short, 3.6 million: half of the part from 7.5 to 12.5% is 600,000, and all of the 2.5% above
    # it another 600,000. Over three years it is 3.6 million short, above 7.5% of 24 million. B is 10% short, but over
    # three years 1.2 - 0.2 - 0.2 = 0.8 million, below 7.5% of 12 million. By budget: 720,000, 360,000 and 120,000.
    found = bears("vangnet", even, even, third)
    close(found, [24e6, 11.8e6, 4e6], [24e6, 11.8e6, 4e6], [27.12e6, 13.56e6, 4.12e6])


# --- abroad


def test_finland_1999():
    # The line: FIM 150,000 x 0.168188 x 1.77 = EUR 44,653.914. Of 100,000 above it 70% is shared: the state pays
    # 35,000, and members 17,500, 13,125 and 4,375.
    line = 44_653.914
    close(bears("finland-1999", [(A, "verblijf", line + 100e3)]), [line + 30e3 + 17_500, 13_125, 4_375])


def test_aargau():
    # The line: CHF 60,000 x 0.87 x 1.22 = EUR 63,684. All of what is above, by inhabitants.
    cases = [(A, "verblijf", 163_684.0), (C, "ambulant", 63_684.0)]
    close(bears("aargau", cases), [63_684 + 40e3, 40e3, 63_684 + 20e3])


def test_denmark_section_176():
    # DKK 1 = EUR 0.134 x 1.15 = 0.1541, so lines of 130,985, 255,806 and 322,069. Of 422,069 the state pays a quarter
    # of 124,821, half of 66,263 and three quarters of 100,000: 31,205.25 + 33,131.50 + 75,000 = 139,336.75.
    close(bears("denemarken-176", [(A, "verblijf", 422_069.0)]), [282_732.25, 0, 0])


def test_norway_pays_above_one_high_line():
    # The line: NOK 1,608,000 x 0.086 = EUR 138,288. Of 100,000 above it the state pays 80,000.
    close(bears("noorwegen-toppfinansiering", [(B, "verblijf", 238_288.0)]), [0, 158_288, 0])


def test_norwegian_child_welfare_pays_above_a_line_per_month():
    # A month: NOK 170,000 x 0.099 x 1.13 = EUR 19,017.90. Twelve months at 25,000: 5,982.10 x 12 = 71,785.20 for the
    # state. Two months at 30,000: 10,982.10 x 2 = 21,964.20. A year at 19,000 a month stays below, and outpatient care
    # has no line.
    cases = [(A, "verblijf", 300e3), (B, "gesloten", 60e3), (C, "verblijf", 228e3), (C, "ambulant", 50e3)]
    found = bears("noorwegen-barnevern", cases, months=[12.0, 2.0, 12.0, 0.0])
    close(found, [300e3 - 71_785.2, 60e3 - 21_964.2, 278e3])


def test_zurich_pools_placements():
    # 200,000: the canton 80,000, members 120,000 by inhabitants. Outpatient care is of B alone.
    cases = [(A, "verblijf", 200e3), (B, "ambulant", 50e3)]
    close(bears("zurich", cases), [48e3, 48e3 + 50e3, 24e3])


def test_bern_pools_everything():
    # 250,000: the canton half, members 125,000 by inhabitants.
    close(bears("bern", [(A, "verblijf", 200e3), (B, "ambulant", 50e3)]), [50e3, 50e3, 25e3])


def test_st_gallen_has_a_corridor_around_the_mean():
    # Per inhabitant A 120, B 80, C 100, mean 10 million / 100,000 = 100. A gets 60% of 20 x 40,000, B gives up 20% of
    # it; the canton pays the balance of 320,000.
    cases = [(A, "ambulant", 4.8e6), (B, "ambulant", 3.2e6), (C, "ambulant", 2e6)]
    close(bears("st-gallen", cases), [4.8e6 - 480e3, 3.2e6 + 160e3, 2e6])


def test_massachusetts_pays_as_far_as_the_pot_goes():
    # A client is expected to cost 15,000: the line is 60,000. Above it 75% of 4 and of 8 million: 3 and 6 million. The
    # pot: USD 74 x 0.92 x 100,000 inhabitants = 6,808,000, so 6.808 / 9 of both is paid.
    clients = np.ones((3, len(CARE)))
    expects = {"expected_clients": clients, "expected_cost": 15e3 * clients}
    cases = [(A, "verblijf", 4.06e6), (B, "verblijf", 8.06e6)]
    ratio = 6.808 / 9
    close(bears("massachusetts", cases, **expects), [4.06e6 - 3e6 * ratio, 8.06e6 - 6e6 * ratio, 0])
    # 75% of 100,000 is within it.
    close(bears("massachusetts", [(C, "verblijf", 160e3)], **expects), [0, 0, 85e3])


def test_california_has_a_low_line_for_a_small_member():
    # USD 1 = EUR 0.72 x 1.46 = 1.0512: USD 73,239.08 is EUR 76,988.920896. 1% of the budget is 240,000, 120,000 and
    # 40,000, so the line is lower for C only. The state pays 100,000 and 50,000, less than the pot of 3,153,600.
    line = 76_988.920896
    cases = [(A, "verblijf", line + 100e3), (C, "verblijf", 90e3), (C, "ambulant", 90e3)]
    close(bears("californie", cases), [line, 0, 40e3 + 90e3])
    # Twice the pot above the line: half of it is paid.
    close(bears("californie", [(A, "verblijf", line + 6_307_200)]), [line + 3_153_600, 0, 0])


# --- all of them


def test_the_rules_that_are_or_were_in_force_are_known_as_such():
    found = {origin: {name for name, o in origins().items() if o == origin} for origin in ("netherlands", "abroad")}
    assert found["netherlands"] == {
        *("egalisatiereserve", "fonds-tekortgemeenten-2018", "friesland", "groningen-2015", "groningen-2018"),
        *("land-van-cuijk", "noordoost-brabant", "vangnet", "zeeland-2016"),
    }
    assert found["abroad"] == {
        *("aargau", "bern", "californie", "denemarken-176", "finland-1999", "massachusetts"),
        *("noorwegen-barnevern", "noorwegen-toppfinansiering", "st-gallen", "zurich"),
    }


@pytest.mark.parametrize("name", builtin("agreements"))
def test_a_title_fits_on_a_line_and_every_text_is_there_in_both_languages(name):
    spec = load_agreement(name).spec
    for language in ("nl", "en"):
        assert 0 < len(spec.title[language]) <= 50
        assert spec.summary[language].endswith(".")
        assert not isinstance(spec.source, str) and spec.source[language]


@pytest.mark.parametrize("name", builtin("agreements"))
def test_a_rate_or_a_price_level_says_where_it_comes_from(name):
    money = load_agreement(name).spec.money
    if money is None:
        return
    assert not isinstance(money.source, str)
    # The markka and the euro have a fixed rate. Every other rate is not in our sources.
    if money.currency not in ("EUR", "FIM"):
        assert money.source.nl.startswith("aanname") and money.source.en.startswith("assumption")


@pytest.mark.parametrize(
    ("name", "level"),
    [
        # 2% a year until 2022 (assumed), 6.43% in 2023 and 5.71% in 2024 (VNG index), in two decimals.
        ("egalisatiereserve", 1.0643 * 1.0571),
        ("denemarken-176", 1.02 * 1.0643 * 1.0571),
        ("aargau", 1.02**4 * 1.0643 * 1.0571),
        ("fonds-tekortgemeenten-2018", 1.02**5 * 1.0643 * 1.0571),
        ("californie", 1.02**13 * 1.0643 * 1.0571),
        ("finland-1999", 1.02**23 * 1.0643 * 1.0571),
        ("noorwegen-barnevern", 1.0643 * 1.0571),
        ("noorwegen-toppfinansiering", 1.0),
        ("massachusetts", 1.0),
    ],
)
def test_price_levels_follow_one_rule(name, level):
    assert load_agreement(name).spec.money.level == pytest.approx(level, abs=0.005)


def test_what_was_not_found_is_called_an_example_or_an_assumption():
    for name in ("friesland", "groningen-2018"):
        spec = load_agreement(name).spec
        assert "voorbeeld" in spec.title.nl and "example" in spec.title.en
    spec = load_agreement("vangnet").spec
    for words in (spec.summary, spec.source):
        assert "aanname" in words.nl.lower() and "assumption" in words.en.lower()


def test_the_study_of_rules_runs_on_assumed_history_alone():
    study = Study.load("haaglanden-regels")
    assert study.history is None and study.history_assumed
    assert 8 <= len(study.agreements) <= 12 and study.agreements[0].name == "own-use"
    assert {origins()[a.name] for a in study.agreements[1:]} >= {"netherlands", "abroad"}


def test_the_catalogue_knows_where_every_agreement_comes_from():
    assert list(origins()) == list(catalogue("nl")["agreements"])
    assert set(origins().values()) == {"netherlands", "abroad", "example"}
