"""The path of a reserve: by hand, against a slow twin, what must hold in every path, and against the exact lattice."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.exact import depletion
from solidair.pool.finance.reserve_path import ReserveRules, opening_needed, reserve_years
from solidair.pool.finance.reserve_table import required_opening
from solidair.pool.run import simulate
from solidair.pool.study import Study
from tests.naive_reserve import naive_depletion, naive_path, naive_required

Z = 4.5  # two-sided chance 7e-6 of a false alarm per comparison
FIELDS = ("start", "interest", "result", "before", "call", "refund", "end", "depleted")


def rules(years, opening=0.0, budget=0.0, put_in=0.0, interest=0.0, floor=0.0, cap=np.inf, moves=()):
    """Return the rules of as many members as there are openings, the same in every year."""
    start = np.atleast_1d(np.asarray(opening, dtype=float))

    def yearly(x):
        return np.broadcast_to(np.asarray(x, dtype=float), (years, len(start)))

    return ReserveRules(start, yearly(budget), yearly(put_in), interest, yearly(floor), yearly(cap), moves)


def walk(borne, some):
    """Return all years of (sim, year, member)."""
    return list(reserve_years(lambda year: borne[:, year], some))


def needed(borne, some):
    return opening_needed(lambda year: borne[:, year], some)


# --- by hand


def test_cap_floor_call_refund_and_interest_by_hand():
    """Opening 100, 10 put in, 10% interest, floor 50, cap 150, budget 200; borne 151, 326, 266, 222.

    2027: (100 + 10) 1.1 = 121, interest 11; + 200 - 151 = 170; above the cap 20 goes back: 150.
    2028: (150 + 10) 1.1 = 176, interest 16; + 200 - 326 = 50, just the floor: no call.
    2029: ( 50 + 10) 1.1 =  66, interest  6; + 200 - 266 = 0; a call of 50. Without calls it is 0: not depleted.
    2030: ( 50 + 10) 1.1 =  66, interest  6; + 200 - 222 = 44; a call of 6.
          Without calls (0 + 10) 1.1 - 22 = -11: depleted.
    """
    borne = np.array([151.0, 326.0, 266.0, 222.0]).reshape(1, 4, 1)
    some = rules(4, 100, 200, 10, 0.1, 50, 150)
    years = walk(borne, some)
    found = {name: [float(getattr(year, name)[0, 0]) for year in years] for name in FIELDS}
    expected = {
        "start": [100, 150, 50, 50],
        "interest": [11, 16, 6, 6],
        "result": [49, -126, -66, -22],
        "before": [170, 50, 0, 44],
        "call": [0, 0, 50, 6],
        "refund": [20, 0, 0, 0],
        "end": [150, 50, 50, 50],
        "depleted": [0, 0, 0, 1],
    }
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, abs=1e-12), name


def test_opening_that_a_path_needs_by_hand():
    """The path above, of three years: D1 = -10 - 49 / 1.1, D2 = D1 - 10 / 1.1 + 126 / 1.21.

    D3 = D2 - 10 / 1.21 + 66 / 1.331 = 900 / 11 = 81.82. With it: (81.82 + 10) 1.1 + 49 = 150, then 50, then 0.
    Of four years none is enough: one at the cap after 2027 has 150, then 50, then 0, then -11. Without the cap a fourth
    year costs 11 / 1.1^4 more.
    """
    borne = np.array([151.0, 326.0, 266.0, 222.0]).reshape(1, 4, 1)
    three = rules(3, 100, 200, 10, 0.1, 50, 150)
    assert needed(borne[:, :3], three)[0, 0] == pytest.approx(900 / 11)
    assert needed(borne, rules(4, 100, 200, 10, 0.1, 50, 150))[0, 0] == np.inf
    assert needed(borne, rules(4, 100, 200, 10, 0.1))[0, 0] == pytest.approx(900 / 11 + 11 / 1.1**4)


def test_zero_is_not_depleted_and_a_depleted_path_stays_so():
    """5 - 5 = 0, then 0 - 1 = -1, then -1 + 10 = 9: depleted from the second year on."""
    borne = np.array([5.0, 1.0, -10.0]).reshape(1, 3, 1)
    assert [bool(year.depleted[0, 0]) for year in walk(borne, rules(3, 5.0))] == [False, True, True]


def test_an_opening_above_the_cap_serves_the_first_year():
    """100 - 60 = 40 is not above the cap of 50: nothing goes back. 100 - 20 = 80: 30 goes back."""
    borne = np.array([[60.0], [20.0]]).reshape(2, 1, 1)
    (year,) = walk(borne, rules(1, 100.0, cap=50.0))
    assert year.refund[:, 0].tolist() == [0.0, 30.0] and year.end[:, 0].tolist() == [40.0, 50.0]


def test_reserves_of_municipalities_that_merge_come_together():
    """30 - 5 = 25 and 7 - 2 = 5 in 2027; together 30 in 2028, of which 12 go; the other has nothing and owes nothing.

    If the second opens with 0 it is depleted in 2027, 0 - 2 = -2, and that stays so.
    """
    borne = np.array([[5.0, 2.0], [12.0, 0.0]])[np.newaxis]
    first, second = walk(borne, rules(2, [30.0, 7.0], moves=((1, 1, 0),)))
    assert first.end[0].tolist() == [25.0, 5.0]
    assert second.start[0].tolist() == [30.0, 0.0] and second.end[0].tolist() == [18.0, 0.0]
    poor = walk(borne, rules(2, [30.0, 0.0], moves=((1, 1, 0),)))
    assert [year.depleted[0].tolist() for year in poor] == [[False, True], [False, True]]


# --- what must hold in every path

amounts = st.floats(-1e6, 1e6, allow_nan=False)
sizes = st.floats(0, 1e6, allow_nan=False)


@st.composite
def worlds(draw):
    """Return what is borne, (sim, year, 1), and rules."""
    sims, years = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    borne = np.array(draw(st.lists(amounts, min_size=sims * years, max_size=sims * years)))
    floor = draw(sizes)
    cap = draw(st.one_of(st.just(np.inf), sizes.map(lambda more: floor + more)))
    interest = draw(st.floats(-0.5, 0.5))
    return borne.reshape(sims, years, 1), rules(
        years, draw(sizes), draw(sizes), draw(st.floats(0, 1e5)), interest, floor, cap
    )


def rounding(some, years):
    """Return what rounding may add up to: amounts to 5e6 grow by half a year at most."""
    return 1e-15 * 20 * 5e6 * years * 1.5**years


@settings(max_examples=60, deadline=None, derandomize=True)
@given(worlds())
def test_money_is_conserved_in_every_path(world):
    borne, some = world
    total = some.opening.copy()
    for place, year in enumerate(walk(borne, some)):
        total = total + some.put_in[place] + year.interest + year.result + year.call - year.refund
        slack = rounding(some, place + 1)
        assert np.abs(total - year.end).max() <= slack
        assert (year.call >= 0).all() and (year.refund >= 0).all()
        assert not ((year.call > 0) & (year.refund > 0)).any()
        assert (year.end >= some.floor[place] - slack).all() and (year.end <= some.cap[place] + slack).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(worlds())
def test_each_path_is_that_of_the_slow_twin(world):
    borne, some = world
    years = walk(borne, some)
    for sim in range(len(borne)):
        columns = (some.put_in[:, 0], some.interest, some.floor[:, 0], some.cap[:, 0])
        twin = naive_path(borne[sim, :, 0], some.budgets[:, 0], some.opening[0], *columns)
        for place, (year, one) in enumerate(zip(years, twin, strict=True)):
            for name in FIELDS[:-1]:
                assert abs(getattr(year, name)[sim, 0] - one[name]) <= rounding(some, place + 1), name
            assert year.depleted[sim, 0] == one["depleted"]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(worlds(), st.floats(0, 1e6))
def test_a_higher_opening_never_depletes_sooner(world, more):
    borne, some = world
    richer = replace(some, opening=some.opening + more)
    for poor, rich in zip(walk(borne, some), walk(borne, richer), strict=True):
        assert not (rich.depleted & ~poor.depleted).any()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(worlds())
def test_a_path_is_depleted_if_and_only_if_it_opens_with_less_than_it_needs(world):
    """Also with a cap and with interest, on both sides of what is needed and far from rounding."""
    borne, some = world
    least, slack = needed(borne, some), 1e-3
    for sim in range(len(borne)):
        for opening in (least[sim] - slack, least[sim] + slack) if np.isfinite(least[sim, 0]) else (np.array([1e12]),):
            one = walk(borne[sim : sim + 1], replace(some, opening=opening))[-1]
            short = not np.isfinite(least[sim, 0]) or opening[0] < least[sim, 0]
            near = np.isfinite(least[sim, 0]) and _on_the_edge(borne[sim : sim + 1], some)
            assert bool(one.depleted[0, 0]) == short or near


def _on_the_edge(borne, some):
    """Return whether the endless reserve itself comes within rounding of 0, so that a hair decides."""
    endless, lowest = np.inf, np.inf
    for year in range(borne.shape[1]):
        after = (1 + some.interest) * (endless + some.put_in[year, 0]) + some.budgets[year, 0] - borne[0, year, 0]
        endless = min(after, some.cap[year, 0])
        lowest = min(lowest, abs(endless))
    return lowest < 1e-2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(worlds())
def test_twice_the_money_is_twice_the_reserve(world):
    """Powers of two scale without rounding, so every bit must agree."""
    borne, some = world
    double = replace(some, **{n: 2 * getattr(some, n) for n in ("opening", "budgets", "put_in", "floor", "cap")})
    for one, two in zip(walk(borne, some), walk(2 * borne, double), strict=True):
        for name in FIELDS[:-1]:
            assert np.array_equal(2 * getattr(one, name), getattr(two, name)), name
        assert np.array_equal(one.depleted, two.depleted)
    assert np.array_equal(2 * needed(borne, some), needed(2 * borne, double))


# --- the opening that is required


@pytest.mark.parametrize("cap", [np.inf, 12.0, 5.0])
@pytest.mark.parametrize("interest", [0.0, 0.03, -0.1])
@pytest.mark.parametrize("safety", [0.8, 0.9, 0.95])
def test_one_pass_gives_what_bisection_finds(cap, interest, safety):
    borne = np.random.default_rng(11).gamma(0.5, 4.0, (400, 5, 1))
    some = rules(5, 0.0, 0.0, 2.2, interest, cap=cap)
    twin = naive_required(
        lambda opening: walk(borne, replace(some, opening=np.array([opening])))[-1].depleted[:, 0], safety
    )
    found = required_opening(needed(borne, some), safety)
    assert found.value[0] == pytest.approx(twin, rel=1e-9)
    assert np.isnan(found.standard_error[0]) == np.isinf(twin)
    if cap == 5.0 and safety == 0.95:
        assert np.isinf(twin)  # too low a cap: no opening is enough


def test_error_of_the_required_opening():
    """Of 200 runs, against the spread of their values: the mean square of a z-score is 1 within sqrt(2 / 200)."""
    rng = np.random.default_rng(5)
    some, runs = rules(4, 0.0, 0.0, 2.0), 200
    found = [required_opening(needed(rng.gamma(0.5, 4.0, (1_000, 4, 1)), some), 0.9) for _ in range(runs)]
    values = np.array([one.value[0] for one in found])
    errors = np.array([one.standard_error[0] for one in found])
    scores = (values - values.mean()) / errors
    # An estimated error of a quantile of 1,000 paths is itself off by a tenth or so: 0.25 on the square.
    assert abs((scores**2).mean() - 1.0) < 0.25 + Z * math.sqrt(2 / runs)
    influence = np.array([one.influence[:, 0].std() / math.sqrt(1_000) for one in found])
    assert abs((influence / errors).mean() - 1.0) < 0.25


def test_nothing_is_required_where_every_year_ends_within_budget():
    found = required_opening(needed(np.zeros((50, 3, 1)), rules(3, 0.0, 1.0)), 0.95)
    assert found.value[0] == 0.0 and found.standard_error[0] == 0.0


# --- against the exact recursion

LOSS = {0: "0.35", 1: "0.25", 2: "0.18", 4: "0.12", 7: "0.06", 12: "0.04"}
OPENING, CONTRIBUTION, CAP, YEARS = 5, 2, 12, 10
# Computed beforehand by two independent routes, a recursion in floating point and one in exact rational numbers:
# chances of the first ten years; mean deficit at depletion, counted once; mean balance of the paths that are left.
WITHOUT_CAP = (
    [0.04, 0.0964, 0.153136, 0.19824824, 0.2365593812, 0.269636376292, 0.298909933972, 0.325003043522, 0.34840131397,
     0.369550353509],
    1.34285286956,
    6.42318992667,
)  # fmt: skip
WITH_CAP = (
    [0.04, 0.0964, 0.153136, 0.19824824, 0.2365593812, 0.269636376292, 0.298960354972, 0.325396597434, 0.349588707759,
     0.372031500598],
    None,
    5.39862285394,
)  # fmt: skip


def lattice(loss=LOSS):
    pmf = np.zeros(max(loss) + 1)
    for amount, share in loss.items():
        pmf[amount] = float(share)
    return pmf


@pytest.mark.parametrize(("cap", "known"), [(None, WITHOUT_CAP), (CAP, WITH_CAP)])
def test_the_lattice_gives_the_known_chances(cap, known):
    """The vectors have twelve digits."""
    found = depletion(lattice(), OPENING, CONTRIBUTION, YEARS, cap)
    chances, deficit, balance = known
    assert found.probability == pytest.approx(chances, abs=1e-11)
    assert found.reserve == pytest.approx(balance, abs=1e-10)
    if deficit is not None:
        assert found.deficit == pytest.approx(deficit, abs=1e-10)


@pytest.mark.parametrize("cap", [None, 0, 3, CAP])
@pytest.mark.parametrize("opening", [0, 5])
def test_the_lattice_is_that_of_exact_fractions(cap, opening):
    pmf = {amount: Fraction(share) for amount, share in LOSS.items()}
    chances, deficit, balance = naive_depletion(pmf, opening, CONTRIBUTION, YEARS, cap)
    found = depletion(lattice(), opening, CONTRIBUTION, YEARS, cap)
    assert found.probability == pytest.approx([float(chance) for chance in chances], abs=1e-13)
    assert found.deficit == pytest.approx(float(deficit), abs=1e-13)
    assert found.reserve == pytest.approx(float(balance), abs=1e-12)


@pytest.mark.parametrize("cap", [None, 0, 2, 9])
def test_the_lattice_takes_windfalls(cap):
    """A loss below 0, given by its units, goes in before the cap; amounts may be whole numbers of any type."""
    pmf = {-3: Fraction(3, 10), 0: Fraction(1, 10), 1: Fraction(2, 10), 5: Fraction(4, 10)}
    chances, deficit, balance = naive_depletion(pmf, 4, 1, 6, cap)
    found = depletion({units: float(share) for units, share in pmf.items()}, 4.0, np.int64(1), 6, cap)
    assert found.probability == pytest.approx([float(chance) for chance in chances], abs=1e-13)
    assert found.deficit == pytest.approx(float(deficit), abs=1e-13)
    assert found.reserve == pytest.approx(float(balance), abs=1e-12)


def test_the_lattice_takes_losses_by_their_units():
    by_units = depletion({units: float(share) for units, share in LOSS.items()}, OPENING, CONTRIBUTION, YEARS, CAP)
    assert by_units.probability.tolist() == depletion(lattice(), OPENING, CONTRIBUTION, YEARS, CAP).probability.tolist()


@pytest.mark.parametrize("cap", [np.inf, CAP])
def test_simulated_paths_are_depleted_as_often_as_the_lattice_says(cap):
    sims, rng = 200_000, np.random.default_rng(2027)
    borne = rng.choice(13, size=(sims, YEARS, 1), p=lattice()).astype(np.float64)
    exact = depletion(lattice(), OPENING, CONTRIBUTION, YEARS, None if np.isinf(cap) else int(cap))
    years = walk(borne, rules(YEARS, OPENING, 0.0, CONTRIBUTION, cap=cap))
    found = np.array([year.depleted.mean() for year in years])
    z = (found - exact.probability) / np.sqrt(exact.probability * (1 - exact.probability) / sims)
    assert np.abs(z).max() < Z
    # The opening that is required for the exact chance of ten years is the one that was used, or one beside it.
    required = required_opening(needed(borne, rules(YEARS, 0, 0, CONTRIBUTION, cap=cap)), 1 - exact.probability[-1])
    assert abs(required.value[0] - OPENING) <= 1.0


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ({"loss": [0.5, 0.4]}, "sum 1"),
        ({"loss": [-0.5, 1.5]}, "at least 0"),
        ({"opening": -1}, "at least 0"),
        ({"cap": -1}, "at least 0"),
        ({"years": 0}, "at least 1"),
        ({"contribution": 2.5}, "2.5 is not a whole number"),
        ({"cap": np.inf}, "whole number"),
        ({"loss": {0.5: 1.0}}, "0.5 is not a whole number"),
        ({"loss": {}}, "sum 1"),
        ({"loss": [np.nan, 1.0]}, "at least 0"),
    ],
)
def test_the_lattice_refuses_what_is_no_reserve(bad, match):
    good = {"loss": [0.5, 0.5], "opening": 1, "contribution": 1, "years": 1}
    with pytest.raises(ValueError, match=match):
        depletion(**good | bad)


def test_independent_years_understate_depletion_where_costs_last():
    """Need that nobody knows and stays of years: a dear year comes after another, which the recursion does not know.

    Losses are rounded to whole units, for the paths and for the recursion alike, so that only the dependence differs.
    """
    results = simulate(Study.load("haaglanden"), sims=2_000)
    losses = np.rint(results.own[:, :, :1] / 5e6)  # The Hague, about 50 units a year
    # No growth and shocks without a trend: each year has the same law, so all of them estimate it.
    pmf = np.bincount(losses.astype(int).ravel()) / losses.size
    some = rules(4, 40.0, 0.0, round(losses.mean()))
    exact = depletion(pmf, 40, round(losses.mean()), 4).probability
    error = np.sqrt(exact * (1 - exact) / len(losses))
    paths = np.array([year.depleted.mean() for year in walk(losses, some)])
    assert abs(paths[0] - exact[0]) < Z * error[0]
    assert (paths[1:] > exact[1:] + Z * error[1:]).all() and paths[-1] > 2 * exact[-1]
    # The same years in another order in every path: nothing depends on each other, and the recursion is right.
    order = np.argsort(np.random.default_rng(3).random(losses.shape), axis=0)
    mixed = np.array([year.depleted.mean() for year in walk(np.take_along_axis(losses, order, axis=0), some)])
    assert (np.abs(mixed - exact) < Z * error).all()
