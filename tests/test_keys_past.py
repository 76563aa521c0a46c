"""Keys that look at past years: against a slow twin, published values, a history file and all that it may lack."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from solidair.models.regions import Municipality
from solidair.models.schema import frozen
from solidair.models.sources.history import History, MissingHistoryError
from solidair.pool.books import Books
from solidair.pool.measures import measures_for
from solidair.pool.parts.past_keys import past_figures
from solidair.pool.parts.unions import AnyKey
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from solidair.pool.settlement import settle
from tests.settling import (
    FULL,
    MEMBERS,
    TYPES,
    agreement,
    case,
    expecting,
    measured,
    region,
    samples,
    weights_over,
)

SAY = {language: Wording(language, {"verblijf": "Verblijf"}, {}) for language in ("nl", "en")}
CODES = tuple(member.code for member in MEMBERS.members)


def key(kind, **fields):
    return TypeAdapter(AnyKey).validate_python(frozen({"kind": kind, **fields}))


def faults(made, setting, reach=None):
    everyone = np.ones((setting.years, setting.members), dtype=bool)
    return [(f.where, f.value, f.rule, f.hint) for f in made.faults(setting, everyone if reach is None else reach)]


def history(first, clients=None, cost=None, types=TYPES, codes=CODES):
    """Make a history of (year, member, care_type); figures that are left out are not known."""
    some = np.asarray(cost if clients is None else clients, dtype=float)
    unknown = np.full(some.shape, math.nan)
    figures = [unknown if given is None else np.asarray(given, dtype=float) for given in (clients, cost)]
    years = tuple(range(first, first + len(some)))
    return History("history.csv", years, codes, types, *figures, np.full(some.shape[:2], math.nan))


def with_history(made, years=1, assumed=False, members=MEMBERS):
    return replace(expecting(members, years), history=made, assumed=assumed)


def slow_weights(made, setting, years, figures, reach):
    """Return the shares of a past key over a list of years of cases, one number at a time, (year, member)."""
    scope = set(setting.types(made.scope))

    def figure(year, member):
        if year < 0:
            return float(figures[year][member])
        mine = [cost for who, kind, cost in years[year] if who == member and kind in scope]
        return float(len(mine)) if made.kind == "clients" else sum(mine)

    def shares(sizes, sharing):
        sizes = [size if inside else 0.0 for size, inside in zip(sizes, sharing, strict=True)]
        if sum(sizes) > 0:
            return [size / sum(sizes) for size in sizes]
        return [inside / sum(sharing) for inside in sharing] if any(sharing) else [0.0] * len(sizes)

    found = []
    for year in range(setting.years):
        window = range(year - made.lag - made.window + 1, year - made.lag + 1)
        table = [[figure(past, member) for member in range(setting.members)] for past in window]
        sharing = [bool(x) for x in reach[year]]
        if made.method == "mean_of_shares":
            table = [shares(row, sharing) for row in table]
        found.append(shares([sum(column) for column in zip(*table, strict=True)], sharing))
    return found


years_of_cases = st.lists(st.lists(case, max_size=5), min_size=4, max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    years_of_cases,
    st.sampled_from(["clients", "cost"]),
    st.sampled_from(["all", ["verblijf"], ["ambulant", "jeugdbescherming"]]),
    st.integers(0, 3),
    st.integers(1, 4),
    st.sampled_from(["ratio_of_sums", "mean_of_shares"]),
    st.lists(st.sampled_from([(1, 1, 1), (1, 0, 1), (0, 0, 0), (0, 1, 1)]), min_size=4, max_size=4),
)
def test_against_the_slow_twin(years, kind, scope, lag, window, method, reach):
    made = key(kind, scope=scope, lag=lag, window=window, method=method)
    setting, reach = expecting(MEMBERS, 4), np.array(reach, dtype=bool)
    expected = setting.expected_clients if kind == "clients" else setting.expected_cost
    past = [expected[:, setting.scope(made.scope)].sum(axis=-1)] * (lag + window)
    found = weights_over(made, setting, years, reach)
    # Some tens of additions of what is not negative, and two divisions.
    np.testing.assert_allclose(found, slow_weights(made, setting, years, past, reach), rtol=1e-12, atol=1e-15)


# --- published values


TOWNS = region(
    Municipality("GM0001", "A", 18_000, 4_100, 150e3),
    Municipality("GM0002", "B", 42_000, 9_300, 330e3),
    Municipality("GM0003", "C", 90_000, 18_600, 420e3),
)  # vector P56
PAST = np.array([[90e3, 240e3, 30e3], [380e3, 150e3, 410e3], [300e3, 520e3, 610e3]]).T
CASES = [(0, 180e3), (0, 12e3), (1, 95e3), (1, 40e3), (1, 310e3)]
CASES += [(2, 8e3), (2, 150e3), (2, 61e3), (2, 22e3), (2, 27e3)]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # 360, 940 and 1,430 thousand of 2,730 thousand in three years, of a total of 905,000.
        ("ratio_of_sums", [119_340.659341, 311_611.721612, 474_047.619048]),
        # Shares of A: 90 of 770, 240 of 910, 30 of 1,050; on average 13.64%.
        ("mean_of_shares", [123_439.227439, 316_393.384393, 465_167.388167]),
    ],
)
def test_the_two_methods_differ_as_published(method, expected):  # vector P56
    made = agreement((FULL, {"kind": "cost", "window": 3, "method": method}))
    # Totals only, and the care types unknown: all care together is known all the same.
    cost = np.concatenate([np.full((3, 3, len(TYPES)), math.nan), PAST[:, :, None]], axis=2)
    known = history(2024, cost=cost, types=(*TYPES, "total"), codes=("GM0001", "GM0002", "GM0003"))
    setting = replace(Setting.plain(TOWNS, TYPES), history=known)
    assert made.faults(setting) == []
    measures = measures_for(TYPES, made.looks(setting))
    claims = measured(measures, TOWNS, [[(i, "ambulant", x) for i, x in CASES]])[:, None]
    ledger = settle(made, claims, measures, setting)
    np.testing.assert_allclose(ledger.contribution[0, 0], expected, rtol=1e-11)
    assert ledger.contribution.sum() == pytest.approx(905_000, rel=1e-12)


def test_mean_price_times_own_volume_by_hand():
    # 5 clients cost 100,000, so 20,000 each: 2, 1 and 2 clients.
    year = [
        (0, "ambulant", 1e3),
        (0, "verblijf", 59e3),
        (1, "verblijf", 30e3),
        (2, "ambulant", 4e3),
        (2, "ambulant", 6e3),
    ]
    made = agreement((FULL, {"kind": "clients", "lag": 0}))
    setting = Setting.plain(MEMBERS, TYPES)
    measures = measures_for(TYPES, made.looks(setting))
    ledger = settle(made, measured(measures, MEMBERS, [year])[:, None], measures, setting)
    np.testing.assert_allclose(ledger.contribution[0, 0], [40e3, 20e3, 40e3], rtol=1e-14)
    # By cost of the same year everybody pays own use.
    made = agreement((FULL, {"kind": "cost", "lag": 0}))
    ledger = settle(made, measured(measures, MEMBERS, [year])[:, None], measures, setting)
    np.testing.assert_allclose(ledger.contribution[0, 0], [60e3, 30e3, 10e3], rtol=1e-14)


def test_a_rolling_key_brings_own_luck_back():
    """The spread of what a small member pays under a key by the cost of the last three years.

    Costs are independent gamma of one scale, so the share is Beta(K a_i, K (a - a_i)) and independent of the total of
    the year (Lukacs 1955): E H = mu, Var H = E[w^2] E[S^2] - mu^2. Vector P28.
    """
    shape, scale, window = np.array([1.2, 6.0, 20.0, 40.0]), 15_000.0, 3
    a, a_i = shape.sum(), shape[0]
    square = window * a_i * (window * a_i + 1) / (window * a * (window * a + 1))
    exact = math.sqrt(square * scale**2 * a * (a + 1) - (a_i * scale) ** 2)
    assert exact == pytest.approx(9_699.83869356, rel=1e-11)
    members = region(*((10, 5, 1.0),) * 4)
    made = agreement((FULL, {"kind": "cost", "window": window}))
    sims = 50_000
    cost = np.random.default_rng(28).gamma(shape, scale, (sims, window + 1, 4))
    setting = replace(Setting.plain(members, ["care"], years=window + 1), assumed=True)
    setting = replace(setting, expected_cost=scale * shape[:, None], expected_clients=np.ones((4, 1)))
    measures = measures_for(["care"], made.looks(setting))
    ledger = settle(made, np.stack([np.zeros_like(cost), cost]), measures, setting)
    borne, before = ledger.contribution[:, -1, 0], cost[:, -2, 0]
    deviation = borne - a_i * scale
    z_mean = deviation.mean() / (borne.std() / math.sqrt(sims))
    z_variance = ((deviation**2).mean() - exact**2) / ((deviation**2).std() / math.sqrt(sims))
    x, y = ((v - v.mean()) / v.std() for v in (borne, before))
    rho = float((x * y).mean())
    # Each sim moves a correlation by x y - rho (x^2 + y^2) / 2 over their number.
    z_rho = (rho - 0.551851038932) / ((x * y - rho * (x**2 + y**2) / 2).std() / math.sqrt(sims))
    # |z| above 4 comes once in 16,000 draws, and the seed is fixed.
    assert max(abs(z_mean), abs(z_variance), abs(z_rho)) < 4
    # What it is compared with: own use, and a pool by the true key.
    assert cost[:, -1, 0].std() > 1.6 * exact > 6 * (a_i / a * cost[:, -1].sum(axis=-1)).std()


def test_a_rolling_key_is_paid_back_in_the_years_of_its_window():
    """An extra euro raises the share of the same year by w and each of the next K shares by (1 - w) / A."""
    made, setting = key("cost", window=3), expecting(MEMBERS, 8)
    level = setting.expected_cost.sum(axis=-1)
    quiet = [[(i, "verblijf", cost) for i, cost in enumerate(level)] for _ in range(8)]
    dear = [*quiet[:2], [*quiet[2], (0, "verblijf", 1.0)], *quiet[3:]]
    extra = weights_over(made, setting, dear) - weights_over(made, setting, quiet)
    total = level.sum()
    lifetime = level[0] / total + (extra[:, 0] * total).sum()
    share = level[0] / total
    # Three years of S each with A = 3 S + 1: w + (1 - w) 3 S / (3 S + 1).
    assert lifetime == pytest.approx(share + (1 - share) * 3 * total / (3 * total + 1), rel=1e-6)
    assert np.flatnonzero(extra[:, 0]).tolist() == [3, 4, 5]


# --- four years under every key


@pytest.mark.parametrize("sample", samples("key"), ids=lambda sample: sample["kind"])
@settings(max_examples=15, deadline=None)
@given(years=years_of_cases, order=st.permutations(range(3)), factor=st.floats(0.1, 100))
def test_four_years_conserve_permute_and_scale(sample, years, order, factor):
    made = agreement((FULL, sample))

    def ledger(members, cases):
        setting = expecting(members, 4)
        measures = measures_for(TYPES, made.looks(setting))
        return settle(made, measured(measures, members, cases)[:, None], measures, setting)

    before = ledger(MEMBERS, years)
    # A dozen additions of amounts up to 2.5e6.
    np.testing.assert_allclose(before.contribution.sum(axis=-1), before.own.sum(axis=-1), rtol=1e-12, atol=1e-6)
    moved = replace(MEMBERS, members=tuple(MEMBERS.members[place] for place in order))
    cases = [[(order.index(member), *rest) for member, *rest in year] for year in years]
    after = ledger(moved, cases).contribution
    np.testing.assert_allclose(after, before.contribution[..., order], rtol=1e-11, atol=1e-6)
    if sample["kind"] == "cost":
        return  # past years that are assumed do not scale along
    scaled = [[(member, kind, cost * factor) for member, kind, cost in year] for year in years]
    after = ledger(MEMBERS, scaled).contribution
    np.testing.assert_allclose(after, before.contribution * factor, rtol=1e-9, atol=1e-6)


def test_every_sim_has_shares_of_its_own():
    made = key("cost", window=2)
    setting = expecting(MEMBERS, 3)
    measures = measures_for(TYPES, [])
    claims = np.random.default_rng(3).gamma(2.0, 1e5, (len(measures.measures), 5, 3, 3))
    whole = made.weights(Books(setting, measures, claims), np.ones((3, 3), dtype=bool))
    for sim in range(5):
        one = made.weights(Books(setting, measures, claims[:, sim : sim + 1]), np.ones((3, 3), dtype=bool))
        np.testing.assert_array_equal(whole[sim], one[0])
    assert not np.allclose(whole[0, 2], whole[1, 2])


# --- a history file


GIVEN = history(2024, clients=np.arange(36).reshape(3, 3, 4), cost=1e3 * np.arange(36).reshape(3, 3, 4))


def test_past_figures_come_from_the_file_and_else_from_what_is_expected():
    setting = with_history(GIVEN, assumed=True)
    found = past_figures(setting, "clients", ("verblijf", "jeugdbescherming"), 4)
    # Care types two and four of each member: 1 + 3, 5 + 7, 9 + 11 in 2024, and 24 more in each later year.
    np.testing.assert_array_equal(found[1:], np.array([4, 12, 20]) + 24 * np.arange(3)[:, None])
    np.testing.assert_allclose(found[0], setting.expected_clients[:, [1, 3]].sum(axis=-1), rtol=1e-15)
    np.testing.assert_array_equal(past_figures(setting, "cost", "all", 1)[0], 1e3 * np.array([102, 118, 134]))
    assert np.isnan(past_figures(with_history(GIVEN), "clients", "all", 4)[0]).all()


def test_the_file_goes_by_code_not_by_place():
    turned = replace(GIVEN, codes=CODES[::-1], clients=GIVEN.clients[:, ::-1], cost=GIVEN.cost[:, ::-1])
    for figure in ("clients", "cost"):
        np.testing.assert_array_equal(
            past_figures(with_history(turned), figure, "all", 3), past_figures(with_history(GIVEN), figure, "all", 3)
        )
    pair = MEMBERS.subset(["GM0010", "GM0030"])
    found = past_figures(with_history(GIVEN, members=pair), "cost", "all", 1)
    np.testing.assert_array_equal(found[0], 1e3 * np.array([102, 134]))


def test_settled_years_follow_those_of_the_file():
    # Last year of the file: 102, 118 and 134 thousand; then a year of 1, 2 and 1.
    made = key("cost")
    found = weights_over(
        made, with_history(GIVEN, 2), [[(0, "ambulant", 1.0), (1, "ambulant", 2.0), (2, "verblijf", 1.0)], []]
    )
    np.testing.assert_allclose(found, [np.array([102, 118, 134]) / 354, [0.25, 0.5, 0.25]], rtol=1e-14)


@pytest.mark.parametrize(
    ("fields", "setting", "rule", "hint"),
    [
        (
            {"window": 3},
            with_history(None),
            "the key 'cost' looks at cost of 2024 to 2026, and there is no history",
            "under [history]",
        ),
        (
            {"window": 3, "lag": 2},
            with_history(GIVEN),
            "the key 'cost' looks at cost of 2023 to 2025, but the history lacks 2023",
            "Add it to the file, or write assumed = true",
        ),
        (
            {"window": 2, "lag": 3},
            with_history(GIVEN, years=2),
            "the key 'cost' looks at cost of 2023 to 2025, but the history lacks 2023",
            "assumed = true",
        ),
        (
            {},
            with_history(replace(GIVEN, cost=np.where(GIVEN.cost == 29e3, math.nan, GIVEN.cost))),
            "the key 'cost' looks at cost of 2026, but the history has no figure for GM0020 (B) in 2026",
            "write 0 where there was nobody",
        ),
        (
            {"scope": ["ambulant"], "window": 2},
            with_history(replace(GIVEN, cost=np.zeros((3, 3, 4)))),
            "in 2025, 2026 the members that share have no cost in this scope: a share of nothing",
            "a longer window",
        ),
        (
            {"scope": ["ambulant"], "window": 2, "method": "mean_of_shares"},
            with_history(replace(GIVEN, cost=np.where(np.arange(3)[:, None, None] == 1, 0.0, GIVEN.cost))),
            "in 2025 the members that share have no cost in this scope: a share of nothing",
            'method = "ratio_of_sums"',
        ),
        (
            {},
            replace(Setting.plain(MEMBERS, TYPES), assumed=True),
            "the key 'cost' looks at cost of 2026, which cannot be assumed without a cost model",
            "Give a history file",
        ),
    ],
    ids=["none", "year", "years", "figure", "nothing", "empty year", "no cost model"],
)
def test_what_a_history_may_lack(fields, setting, rule, hint):
    ((where, value, found, said),) = faults(key("cost", **fields), setting)
    assert (where, value, found) == ("", "cost", rule)
    assert hint in said


def test_what_is_no_fault():
    assert faults(key("cost", lag=0), with_history(None)) == []
    assert faults(key("cost", window=3), with_history(None, assumed=True)) == []
    assert faults(key("cost", window=4), with_history(GIVEN, assumed=True)) == []
    # Clients are not needed for cost, nor a member that does not share, nor a year in which nobody does.
    assert faults(key("cost", window=3), with_history(replace(GIVEN, clients=np.full((3, 3, 4), math.nan)))) == []
    hollow = GIVEN.cost.copy()
    hollow[:, 1] = math.nan
    made = with_history(replace(GIVEN, cost=hollow))
    assert faults(key("cost", window=3), made, np.array([[True, False, True]])) == []
    shares = weights_over(key("cost", window=3), made, [[]], np.array([[True, False, True]]))[0]
    assert shares[1] == 0 and shares.sum() == pytest.approx(1, rel=1e-14)
    late = np.array([[False] * 3, [True] * 3])
    assert faults(key("cost"), with_history(None, years=2), late) == []
    # An empty year in a longer window is an ordinary year; of the sum something is left.
    empty = replace(GIVEN, cost=np.where(np.arange(3)[:, None, None] == 1, 0.0, GIVEN.cost))
    assert faults(key("cost", window=2), with_history(empty)) == []


def test_unknown_care_types_and_bad_fields():
    assert faults(key("clients", scope=["verblyf"]), with_history(GIVEN))[0][:3] == (
        "scope.1",
        "verblyf",
        "unknown care type",
    )
    for fields in (
        {"lag": -1},
        {"window": 0},
        {"window": 21},
        {"scope": "verblijf"},
        {"scope": []},
        {"method": "mean"},
    ):
        with pytest.raises(ValidationError):
            key("clients", **fields)


def test_a_share_of_what_nobody_knows_is_never_given():
    with pytest.raises(MissingHistoryError, match="years 2026; members GM0010, GM0020, GM0030; care types verblijf"):
        weights_over(key("cost", scope=["verblijf"]), with_history(None), [[]])


def test_a_simulated_year_without_anything_gives_equal_shares():
    made = key("clients", scope=["verblijf"])
    found = weights_over(made, expecting(MEMBERS, 3), [[(0, "ambulant", 1e3)], [(2, "verblijf", 1e3)], []])
    np.testing.assert_allclose(found[1:], [[1 / 3, 1 / 3, 1 / 3], [0, 0, 1]], rtol=1e-15)
    made = key("clients", scope=["verblijf"], window=2, method="mean_of_shares")
    found = weights_over(made, expecting(MEMBERS, 3), [[(0, "ambulant", 1e3)], [(2, "verblijf", 1e3)], []])
    np.testing.assert_allclose(found[2], [1 / 6, 1 / 6, 4 / 6], rtol=1e-14)


@pytest.mark.parametrize(
    ("made", "nl", "en"),
    [
        (
            key("clients"),
            "aantal cliënten van alle jeugdhulp in het jaar ervoor",
            "number of clients of all youth care in the year before",
        ),
        (
            key("clients", lag=0, scope=["verblijf"]),
            "aantal cliënten van verblijf in hetzelfde jaar (zijn die er niet: gelijke delen)",
            "number of clients of verblijf in the same year (if there are none: equal shares)",
        ),
        (
            key("cost", lag=2),
            "kosten van alle jeugdhulp van 2 jaar eerder",
            "cost of all youth care of 2 years earlier",
        ),
        (
            key("cost", window=3, method="mean_of_shares"),
            "gemiddeld jaarlijks aandeel in de kosten van alle jeugdhulp in de 3 jaren ervoor",
            "mean yearly share in the cost of all youth care in the 3 years before",
        ),
        (
            key("clients", window=3, lag=2, method="mean_of_shares"),
            "gemiddeld jaarlijks aandeel in het aantal cliënten van alle jeugdhulp "
            "in de 3 jaren tot en met 2 jaar eerder",
            "mean yearly share in the number of clients of all youth care in the 3 years up to 2 years earlier",
        ),
        (
            key("cost", window=2, lag=0),
            "kosten van alle jeugdhulp in de 2 jaren tot en met hetzelfde jaar",
            "cost of all youth care in the 2 years up to and with the same year",
        ),
    ],
)
def test_words(made, nl, en):
    assert (made.words(SAY["nl"]), made.words(SAY["en"])) == (nl, en)
