"""Chance hangs on who and when, never on threads, blocks, order or company; and it stays what it was."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from solidair.models.costs import CostModel
from solidair.models.regions import Municipality, Region
from solidair.models.schema import Words
from solidair.models.sources.open_cases import read_open_cases
from solidair.models.sums import sum_grid
from solidair.models.tables import quantile_table
from solidair.pool.agreements import Agreement
from solidair.pool.blocks import measures_of
from solidair.pool.draw import DrawPlan
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from solidair.pool.streams import NATIONAL, Stream, stream_key
from solidair.pool.study import Study
from solidair.pool.study_spec import Settings
from tests import naive_paths
from tests.naive import agreement_document, cost_document, quantity, severity_table
from tests.naive_worlds import Site, world

HAAGLANDEN = {
    "GM0518": 109949, "GM0637": 25417, "GM1783": 22521, "GM0503": 16345, "GM1916": 14784,
    "GM1926": 13209, "GM0603": 10873, "GM0629": 5516, "GM1842": 4046,
}  # fmt: skip
KNOWN_NEED = {"GM0503": 1.1}


def _region(codes=tuple(HAAGLANDEN)):
    members = [
        Municipality(code, code, 5 * HAAGLANDEN[code], HAAGLANDEN[code], 900.0 * HAAGLANDEN[code], KNOWN_NEED.get(code))
        for code in codes
    ]
    return Region("haaglanden", "Haaglanden", tuple(members), "", "haaglanden.csv", 2021)


def _costs(*, index=0.0, moves=0.0, tariff=345.0):
    """Return light care, drawn in bulk, heavy care, drawn case by case, and stays; shocks that last, partly."""
    care_types = {
        "light": (2.0, 40.0, severity_table("lognormal", mu=8.7, sigma=0.9, cap=70_000.0)),
        "heavy": (0.6, 1.2, severity_table("lomax", alpha=2.4, theta=90_000.0, cap=900_000.0)),
        "home": (1.5, 6.0, None),
    }
    document = cost_document(care_types, volume=(0.03, 0.04, 0.05), price=(0.014, 0.01, 0.02), need=0.2)
    home = document["care_types"]["home"]
    del home["severity"]
    home |= {
        "stay": True,
        "overdispersion_persistence": quantity(0.8),
        "episode": {
            "duration": {"family": "exponential", "mean": quantity(1.4, "year")},
            "ages": {"low": quantity(6.0, "year"), "high": quantity(17.5, "year")},
            "tariff": severity_table("lognormal", mean=tariff, cv=0.5),
        },
    }
    for target, level, kept in (("volume", "regional", 0.7), ("volume", "local", 1.0), ("price", "national", 0.5)):
        document[target][level]["persistence"] = quantity(kept)
    if index:
        document["index"] = quantity(index)
    if moves:
        home["moves"] = quantity(moves)
    return CostModel.from_document(document, "by-hand", "by-hand.toml")


YOUTH = {"kind": "youth"}


def _agreement(name, *clauses):
    return Agreement.from_document(agreement_document(*clauses), name, f"{name}.toml")


COSTS = _costs()
AGREEMENTS = (
    _agreement("own-use"),
    _agreement("excess", ({"kind": "excess", "retention": 100_000.0, "share": 0.9}, YOUTH)),
    _agreement(
        "heavy",
        ({"kind": "share", "scope": ("heavy",), "share": 0.5}, {"kind": "budget"}),
        ({"kind": "excess", "retention": 30_000.0, "limit": 60_000.0}, YOUTH),
    ),
)


def _study(region=None, costs=COSTS, agreements=AGREEMENTS, years=4):
    words = Words(nl="met de hand", en="by hand")
    return Study("by-hand", words, region or _region(), costs, agreements, Settings(years=years))


def _run(sims, seed=7, region=None, costs=COSTS, agreements=AGREEMENTS, years=4, **options):
    return simulate(_study(region, costs, agreements, years), sims, seed, **({"threads": 1} | options))


@pytest.fixture(scope="module")
def reference():
    return _run(1_000)


def test_the_study_has_every_way_of_drawing():
    study = _study()
    plan = DrawPlan.make(study, measures_of(study))
    in_bulk, stays = plan.bulk.row >= 0, plan.care.stays >= 0
    assert study.costs.ids == ("light", "heavy", "home")
    assert in_bulk.tolist() == [True, False, False] and stays.tolist() == [False, False, True]
    assert set(plan.shocks.persistence) == {0.0, 0.5, 0.7, 0.8, 1.0}


def _assert_same(a, b):
    np.testing.assert_array_equal(a.own, b.own)
    assert list(a.contributions) == list(b.contributions) == [agreement.name for agreement in AGREEMENTS]
    for name in a.contributions:
        np.testing.assert_array_equal(a.contributions[name], b.contributions[name])
        np.testing.assert_array_equal(a.clauses[name].paid, b.clauses[name].paid)
        np.testing.assert_array_equal(a.clauses[name].charged, b.clauses[name].charged)
    np.testing.assert_array_equal(a.central_sums, b.central_sums)
    for table in TABLES:
        pd.testing.assert_frame_equal(a.table(table), b.table(table), check_exact=True)


# --- position in the machine


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("block", [1, 256, 512, 4096])
def test_threads_and_blocks_change_no_bit(reference, threads, block):
    _assert_same(_run(1_000, threads=threads, block=block), reference)


def test_the_shipped_study_is_the_same_on_any_number_of_threads():
    study = Study.load("haaglanden")
    assert any(study.costs.episodes)
    one, three = (simulate(study, 700, 3, threads, block=256) for threads in (1, 3))
    np.testing.assert_array_equal(one.own, three.own)
    for table in TABLES:
        pd.testing.assert_frame_equal(one.table(table), three.table(table), check_exact=True)


@pytest.mark.parametrize("sims", [1, 255, 500, 999])
def test_a_shorter_run_is_the_beginning_of_a_longer_one(reference, sims):
    short = _run(sims)
    np.testing.assert_array_equal(short.own, reference.own[:sims])
    for name, contribution in short.contributions.items():
        np.testing.assert_array_equal(contribution, reference.contributions[name][:sims])


def test_another_seed_is_another_fate(reference):
    other = _run(1_000, seed=8)
    # Two independent costs with a density are never the same, so equal figures would be years without clients.
    assert np.mean(other.own == reference.own) < 0.01
    correlation = np.corrcoef(other.own[:, 0, 0], reference.own[:, 0, 0])[0, 1]
    assert abs(correlation) < 5 / np.sqrt(1_000)


# --- company


def _own(results):
    codes = [str(code) for code in results.study.region.codes]
    return {code: results.own[:, :, i] for i, code in enumerate(codes)}


@pytest.mark.parametrize(
    "codes",
    [
        [code for code in HAAGLANDEN if code != "GM0637"],
        sorted(HAAGLANDEN, reverse=True),
        ["GM1842"],
    ],
    ids=["one left", "reversed", "alone"],
)
def test_company_and_order_change_nobodys_own_luck(reference, codes):
    everyone, chosen = _own(reference), _own(_run(1_000, region=_region(codes)))
    assert list(chosen) == codes
    for code, own in chosen.items():
        np.testing.assert_array_equal(own, everyone[code])


def test_a_new_member_changes_nobodys_own_luck(reference):
    region = _region()
    newcomer = Municipality("GM9999", "New", 100_000, 20_000, 18e6, None)
    grown = _own(_run(1_000, region=replace(region, members=(newcomer, *region.members))))
    for code, own in _own(reference).items():
        np.testing.assert_array_equal(own, grown[code])


def test_the_name_of_the_region_moves_no_luck(reference):
    elsewhere = _run(1_000, region=replace(_region(), name="elsewhere", title="Elsewhere", file="renamed.csv"))
    np.testing.assert_array_equal(elsewhere.own, reference.own)


def test_a_need_that_becomes_known_changes_its_member_only(reference):
    members = tuple(replace(m, need_index=1.6) if m.code == "GM0603" else m for m in _region().members)
    before, after = _own(reference), _own(_run(1_000, region=replace(_region(), members=members)))
    for code in HAAGLANDEN:
        assert np.array_equal(before[code], after[code]) == (code != "GM0603")


# --- horizon


@pytest.mark.parametrize(("index", "case_by_case"), [(0.0, False), (0.0, True), (0.03, True)])
def test_more_years_begin_with_the_years_of_a_shorter_run(index, case_by_case):
    costs = _costs(index=index)
    long = _run(400, costs=costs, years=5, case_by_case=case_by_case)
    for years in (1, 2, 4):
        short = _run(400, costs=costs, years=years, case_by_case=case_by_case)
        np.testing.assert_array_equal(short.own, long.own[:, :years])
        for name, contribution in short.contributions.items():
            np.testing.assert_array_equal(contribution, long.contributions[name][:, :years])


# --- agreements and other runs: common random numbers


@pytest.mark.parametrize(
    ("retention", "case_by_case", "same"), [(45e3, False, True), (5e3, False, False), (5e3, True, True)]
)
def test_an_agreement_that_is_added_changes_nobodys_luck(retention, case_by_case, same):
    """Light care is drawn in bulk below 30,000, the lowest line: only a lower one moves it, unless case by case."""
    before = _run(300, case_by_case=case_by_case)
    more = _agreement("more", ({"kind": "excess", "retention": retention}, YOUTH))
    after = _run(300, agreements=(more, *AGREEMENTS), case_by_case=case_by_case)
    assert np.array_equal(before.own, after.own) == same
    for agreement in AGREEMENTS:
        pair = before.contributions[agreement.name], after.contributions[agreement.name]
        assert np.array_equal(*pair) == same


def test_agreements_in_another_order_change_no_bit(reference):
    other = _run(1_000, agreements=AGREEMENTS[::-1])
    np.testing.assert_array_equal(other.own, reference.own)
    for name, contribution in other.contributions.items():
        np.testing.assert_array_equal(contribution, reference.contributions[name])


def test_an_agreement_that_treats_care_types_apart_changes_sums_by_rounding_only(reference):
    apart = _agreement("apart", ({"kind": "share", "scope": ("home",), "share": 0.5}, YOUTH))
    other = _run(1_000, agreements=(*AGREEMENTS, apart))
    # The same cases, added up per care type: fewer than 5,000 terms above 0, each sum rounded to 2^-53.
    np.testing.assert_allclose(other.own, reference.own, rtol=5_000 * 2.0**-53)


APART = (
    _agreement(
        "apart",
        *(({"kind": "share", "scope": (id_,), "share": 0.5}, YOUTH) for id_ in COSTS.ids),
        ({"kind": "excess", "retention": 30_000.0}, YOUTH),
    ),
)
"""Lets every care type have measures of its own."""


def _claims(costs=COSTS, *, region=None, case_by_case=False, sims=300):
    """Return the claims per care type, (measure, sim, year, member), the number of clients first."""
    study = _study(region, costs, APART)
    measures = measures_of(study)
    claims = DrawPlan.make(study, measures, case_by_case=case_by_case).draw(7, 0, sims)
    scopes = [m.scope for m in measures.measures]
    return {id_: claims[[scope == (id_,) for scope in scopes]] for id_ in costs.ids}


def test_bulk_and_case_by_case_share_the_draws_of_every_other_care_type():
    bulk, single = _claims(), _claims(case_by_case=True)
    for id_ in COSTS.ids:
        assert np.array_equal(bulk[id_], single[id_]) == (id_ != "light")


def test_a_price_that_changes_leaves_all_draws_as_they_were():
    before, after = _claims(), _claims(_costs(tariff=1.1 * 345.0))
    for id_ in ("light", "heavy"):
        np.testing.assert_array_equal(after[id_], before[id_])
    clients, cost = before["home"][0], before["home"][1]
    np.testing.assert_array_equal(after["home"][0], clients)
    # Each tariff is 1.1 times as high, but for the rounding of a logarithm and of the sum.
    np.testing.assert_allclose(after["home"][1], 1.1 * cost, rtol=1e-11)
    assert cost.min() >= 0 and (cost > 0).mean() > 0.99


# --- children who move to another payer


def test_with_moves_the_order_of_members_changes_sums_by_rounding_only():
    costs = _costs(moves=0.2)
    codes = sorted(HAAGLANDEN, reverse=True)
    place = [codes.index(code) for code in HAAGLANDEN]
    one, other = _claims(costs), _claims(costs, region=_region(codes))
    for id_ in COSTS.ids:
        # Clients are whole; euros are added up in another order, fewer than 5,000 amounts.
        np.testing.assert_array_equal(one[id_][0], other[id_][0][..., place])
        np.testing.assert_allclose(one[id_], other[id_][..., place], rtol=5_000 * 2.0**-53)
    np.testing.assert_allclose(one["home"].sum(axis=-1), other["home"].sum(axis=-1), rtol=5_000 * len(codes) * 2.0**-53)


def test_with_moves_a_new_member_draws_some_children_to_itself_and_changes_no_other():
    costs, region = _costs(moves=0.2), _region()
    # Need 0: no children of its own, so that only those of others are seen.
    newcomer = Municipality("GM9999", "New", 100_000, 20_000, 18e6, 0.0)
    before = _claims(costs, region=region)
    after = _claims(costs, region=replace(region, members=(*region.members, newcomer)))
    for id_ in ("light", "heavy"):
        np.testing.assert_array_equal(after[id_][..., :-1], before[id_])
    old, new = before["home"], after["home"]
    np.testing.assert_array_equal(new[..., 0, :-1], old[..., 0, :])  # nobody has moved in the first year
    assert not new[..., 0, -1].any() and new[0, :, 3, -1].mean() > 1
    # Every child is somebody's, and nobody but the newcomer has one more.
    np.testing.assert_array_equal(new[0].sum(axis=-1), old[0].sum(axis=-1))
    assert np.all(new[0, ..., :-1] <= old[0])


# --- stays that are known


def _open_stays(folder, order):
    """Write stays of two members, read them back, and return them: some are alike but for their case number."""
    rows = [
        f"{('GM0503', 'GM1842')[k % 2]};home;{1 + k % 28:02d}-{1 + k % 9:02d}-{2026 - k % 3};"
        f"{f'15-0{1 + k % 9}-2014' if k % 3 == 0 else ''};{f'{200 + k % 4},50' if k % 4 else ''};{k}"
        for k in [*range(40), *range(40)]
    ]
    rows = [row.rpartition(";")[0] + f";{n}" for n, row in enumerate(rows)]
    path = folder / "open.csv"
    header = "code;care_type;start;birth_date;tariff_eur;case"
    path.write_text("\n".join([header, *(rows[n] for n in order)]), encoding="utf-8")
    return read_open_cases(path, reference=date(2026, 10, 1), care_types=("home",))


def test_the_order_of_rows_of_open_stays_changes_no_bit(tmp_path):
    orders = [np.arange(80), np.arange(80)[::-1], np.random.default_rng(1).permutation(80)]
    studies = [replace(_study(), open_cases=_open_stays(tmp_path, order)) for order in orders]
    one, *others = [simulate(study, 300, 7, threads=1) for study in studies]
    assert studies[0].open_cases.elapsed_days.tolist() != studies[1].open_cases.elapsed_days.tolist()
    for other in others:
        _assert_same(one, other)


def test_open_stays_that_become_known_change_their_members_only(tmp_path, reference):
    known = replace(_study(), open_cases=_open_stays(tmp_path, range(80)))
    before, after = _own(reference), _own(simulate(known, 1_000, 7, threads=1))
    for code in HAAGLANDEN:
        assert np.array_equal(before[code], after[code]) == (code not in ("GM0503", "GM1842"))


# --- yesterday

GOLDEN = {
    # (sim, year, member): float.hex() of EUR. To renew after a change that is meant to move luck, once the tests
    # against exact values pass: copy what the failing test says it found.
    (0, 0, 0): "0x1.507386a21f1d8p+24",
    (0, 3, 8): "0x1.3d3107021800ep+20",
    (1, 1, 3): "0x1.2221a37e84b58p+21",
    (499, 2, 5): "0x1.612dbd92842dbp+21",
    (999, 0, 1): "0x1.6ac94f2710e2bp+21",
}


def test_golden_run(reference):
    found = {place: float(reference.own[place]) for place in GOLDEN}
    # Not bit for bit: exp and the special functions of another processor or scipy may differ in the last bits.
    expected = {place: pytest.approx(float.fromhex(text), rel=1e-10) for place, text in GOLDEN.items()}
    assert found == expected, {place: value.hex() for place, value in found.items()}


class Line:
    """A law whose quantiles are sums and quotients: from `low` up, with a tail that is `steep` times as high."""

    def __init__(self, low, steep):
        self.low, self.steep = low, steep

    def quantile(self, p):
        return self.low * (1.0 + np.asarray(p))

    def isf(self, q):
        return self.low * (1.5 + self.steep * (0.5 - np.asarray(q)) / (0.25 + np.asarray(q)))


def _golden_world():
    """Return a world with cases, sums and stays whose tables are the same bits on every machine.

    No persistence between 0 and 1 and no moves: their draws pass through a logarithm, which platforms round each in
    their own way. `test_golden_run` has persistence.
    """
    rows = [quantile_table(Line(1.0, 0.5)) - 1.75 + row / 64 for row in range(len(sum_grid()) + 1)]
    large = quantile_table(Line(60_000.0, 1.0))
    sums = SimpleNamespace(tables=np.array(rows), beyond=0.03125, mean=9_000.0, sd=7_000.0, large=large)
    stays = {2: (Line(250.0, 6.0), Line(200.0, 4.0), 500.0)}
    known = {(0, 2): [(400.0, 0.375, 300.0, 287.5), (30.0, 0.875, np.inf, np.nan)]}
    sites = [
        Site("volume", Line(0.75, 0.25)),
        Site("volume", Line(0.75, 1.0), 0.0, 2, shared=False),
        Site("price", Line(0.75, 0.125), 1.0, shared=False),
        Site("stay", Line(0.75, 0.125), 1.0, 2),
    ]
    return world(
        [[0.5, 3.0, 2.0], [12.0, 0.25, 9.0], [350.0, 140.0, 31.0]],
        years=3, names=["GM0001", "GM0002", "GM0003"], need=[1.0, np.nan, 1.25], need_law=Line(0.75, 0.5),
        costs=[Line(8_000.0, 1.0), Line(1_000.0, 5.0), Line(300.0, 1.0)], points=((0.0, 60_000.0), (0.0, 2_000.0)),
        joint=True, sites=sites, bulk={0: sums}, stays=stays, known=known, seen_on=-92.0,
        starts=[0.0, 365.0, 731.0, 1096.0], growth=[1.0, 1.0625, 1.125], index=[[1.0, 1.03125, 1.0625]] * 3,
    )  # fmt: skip


def test_golden_kernel_bit_for_bit():
    made = _golden_world()
    out = made.draw(32, seed=2026, first=41)
    # Plain Python rounds every operation by itself, so equal bits say that the compiler has fused none.
    np.testing.assert_array_equal(out[:, :2], naive_paths.draw_block(2026, 41, 2, *made.plain(), made.measures))
    # One path in full, so that a change can be looked at; then the digest of all.
    assert [x.hex() for x in out[:, 1, ::2].ravel().tolist()] == GOLDEN_KERNEL
    assert sha256(out.astype("<f8").tobytes()).hexdigest() == GOLDEN_DIGEST


# To renew, as above: the list that the failing test shows, then the digest.
GOLDEN_KERNEL = [
    "0x1.5a03596653a86p+18",
    "0x1.ac2a5e4766608p+20",
    "0x1.ee8906d0cf987p+23",
    "0x1.619d00ac838fap+18",
    "0x1.107c6bcb0065dp+20",
    "0x1.9ffb34523105fp+24",
    "0x1.457df2f5427cap+18",
    "0x1.97d41e23a9092p+20",
    "0x1.718b65183a966p+23",
    "0x1.511cf22b3a1c0p+18",
    "0x1.7f0b8c4f01e6ep+19",
    "0x1.1159a1d119af3p+24",
    "0x1.0000000000000p+3",
    "0x1.7000000000000p+4",
    "0x1.0300000000000p+9",
    "0x1.2000000000000p+3",
    "0x1.1000000000000p+5",
    "0x1.e780000000000p+9",
]
GOLDEN_DIGEST = "1fcc544f438b62f8ed2526eac15e7a3441eee7853d615ad767b0962b21356db2"


def test_streams_keep_their_numbers():
    # Append only: a new stream gets the next number, and no number ever changes its meaning.
    assert [(stream.name, int(stream)) for stream in Stream][:34] == [
        ("NEED", 0),
        ("NATIONAL_VOLUME", 1),
        ("REGIONAL_VOLUME", 2),
        ("LOCAL_VOLUME", 3),
        ("NATIONAL_PRICE", 4),
        ("REGIONAL_PRICE", 5),
        ("LOCAL_PRICE", 6),
        ("DISPERSION", 7),
        ("COUNT", 8),
        ("SEVERITY", 9),
        ("OPEN_STAYS", 10),
        ("RESIDUAL", 11),
        ("OPEN_TARIFF", 12),
        ("ENTRIES", 13),
        ("ENTRY_DAY", 14),
        ("LENGTH", 15),
        ("TARIFF", 16),
        ("MOVE", 17),
        ("OPEN_MOVE", 18),
        ("KNOWN_RESIDUAL", 19),
        ("KNOWN_TARIFF", 20),
        ("KNOWN_MOVE", 21),
        ("NEW_PAYER", 22),
        ("VOLUME_PARAMETER", 23),
        ("PRICE_PARAMETER", 24),
        ("STAY_PARAMETER", 25),
        ("TYPE_FACTOR", 26),
        ("MEMBER_FACTOR", 27),
        ("COPULA_MIX", 28),
        ("LARGE_COUNT", 29),
        ("LARGE_COST", 30),
        ("BULK_SUM", 31),
        ("COST_TO_DATE", 32),
        ("DECLARATION", 33),
    ]
    assert sorted(int(stream) for stream in Stream) == list(range(len(Stream)))


@pytest.mark.parametrize(
    ("stream", "who", "care_type", "key"),
    [
        (Stream.NEED, "GM0518", "", 0x6D4B7AD1538B7498),
        (Stream.NATIONAL_VOLUME, NATIONAL, "", 0x4568D4D533BCDC9B),
        (Stream.REGIONAL_PRICE, "haaglanden", "", 0x93EA7A7816378C20),
        (Stream.SEVERITY, "GM1842", "pleegzorg", 0xF30DAAEA99F3212D),
    ],
)
def test_stream_keys_stay(stream, who, care_type, key):
    assert stream_key(stream, who, care_type) == key


def test_stream_keys_differ():
    streams = [(s, w, c) for s in Stream for w in HAAGLANDEN for c in ("", *COSTS.ids)]
    keys = {stream_key(*identity) for identity in streams}
    assert len(keys) == len(streams) and all(0 <= key < 2**64 for key in keys)
