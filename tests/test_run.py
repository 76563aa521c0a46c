"""A run: years, blocks, sums, and the same bits whatever carried it out."""

import pickle

import numpy as np
import pandas as pd
import pytest

from solidair.models.schema import Words
from solidair.pool.blocks import POWERS, UNIT, Totals, compile_study, compute, expectations
from solidair.pool.exactness import verdict
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from tests.small import small_study


def assert_same(a, b):
    """Every kept array and every table has the same bits."""
    assert (a.sims, a.seed, list(a.contributions)) == (b.sims, b.seed, list(b.contributions))
    np.testing.assert_array_equal(a.own, b.own)
    np.testing.assert_array_equal(a.own_expected, b.own_expected)
    np.testing.assert_array_equal(a.central_sums, b.central_sums)
    for name in a.contributions:
        np.testing.assert_array_equal(a.contributions[name], b.contributions[name])
        np.testing.assert_array_equal(a.expected[name], b.expected[name])
        np.testing.assert_array_equal(a.clauses[name].paid, b.clauses[name].paid)
        np.testing.assert_array_equal(a.clauses[name].charged, b.clauses[name].charged)
    for table in TABLES:
        pd.testing.assert_frame_equal(a.table(table), b.table(table), check_exact=True)


@pytest.fixture(scope="module")
def engine():
    return compile_study(small_study())


@pytest.fixture(scope="module")
def reference(engine):
    return simulate(engine, 1_000, threads=1)


@pytest.mark.parametrize(("threads", "block"), [(1, 256), (2, 256), (3, 512), (2, 4096)])
def test_threads_and_blocks_change_no_bit(engine, reference, threads, block):
    assert_same(simulate(engine, 1_000, threads=threads, block=block), reference)


def test_compiled_or_not_is_the_same(reference):
    assert_same(simulate(small_study(), 1_000), reference)


def test_years_stand_on_their_axis(reference):
    study = reference.study
    assert reference.own.shape == (1_000, 2, 3) and reference.own_expected.shape == (1_000, 3)
    assert reference.contributions["share"].shape == (1_000, 2, 3) and reference.expected["share"].shape == (1_000, 3)
    assert reference.central_sums.shape == (POWERS, len(reference.measures.measures), 2, 3)
    check = reference.table("check")
    assert sorted(check["year"].unique()) == [study.settings.first_year, study.settings.first_year + 1]
    assert len(check) == 2 * 3 * len(reference.measures.measures)
    assert not verdict(check)["failed"]
    sample = reference.sample("share")
    np.testing.assert_array_equal(sample.own, reference.own[:, 0])
    np.testing.assert_array_equal(sample.contribution, reference.contributions["share"][:, 0])


def test_a_longer_horizon_leaves_the_first_years_alone(reference):
    longer = simulate(small_study(years=3), 1_000)
    np.testing.assert_array_equal(longer.own[:, :2], reference.own)
    np.testing.assert_array_equal(longer.own_expected, reference.own_expected)


def test_a_shorter_run_is_the_beginning_of_a_longer_one(engine, reference):
    short = simulate(engine, 300)
    np.testing.assert_array_equal(short.own, reference.own[:300])
    np.testing.assert_array_equal(short.contributions["excess"], reference.contributions["excess"][:300])


def test_clause_totals_are_means_over_sims_and_years(reference):
    paid = reference.clauses["share"].paid
    # The clause pays half of all own cost. Sums of 2,000 numbers in another order: 2,000 roundings at most.
    np.testing.assert_allclose(paid[0], 0.5 * reference.own.mean(axis=(0, 1)), rtol=2_000 * 2.0**-52)
    assert reference.clauses["own-use"].paid.shape == (0, 3)


def test_powers_are_sums_over_sims(engine, reference):
    claims = engine.plan.draw(7, 0, 1_000)
    deviation = claims - engine.exact_mean[:, np.newaxis]
    for k in range(POWERS):
        expected = (deviation ** (k + 1)).sum(axis=1)
        size = (np.abs(deviation) ** (k + 1)).sum(axis=1)
        # Of each term a few roundings, and 1,000 of the sum.
        assert (np.abs(reference.central_sums[k] - expected) <= 1_010 * 2.0**-52 * size).all()


def test_identical_agreements_are_found():
    groups = simulate(small_study(share=0.0), 300).identical()
    assert groups == [["own-use", "share"]]


# --- blocks


def test_a_block_is_arrays_only_and_holds_nothing_twice(engine):
    block = compute(engine, 7, UNIT, 300)
    assert set(block.contributions) == {"share", "excess"}
    size = 8 * 300 * 2 * 3
    # Own use and two agreements, and sums of two units; a kilobyte or so is names.
    sums = block.sums.powers.nbytes + sum(
        a.nbytes for part in (block.sums.paid, block.sums.charged) for a in part.values()
    )
    assert len(pickle.dumps(block)) < 3 * size + sums + 2_000
    again = pickle.loads(pickle.dumps(compute(pickle.loads(pickle.dumps(engine)), 7, UNIT, 300)))
    np.testing.assert_array_equal(again.own, block.own)
    np.testing.assert_array_equal(again.sums.powers, block.sums.powers)
    nobody = compute(compile_study(small_study(share=0.0)), 7, 0, UNIT)
    assert set(nobody.contributions) == {"excess"}


def test_a_block_starts_at_a_unit(engine):
    with pytest.raises(ValueError, match="256"):
        compute(engine, 7, 100, 300)


def test_expectations_are_the_exact_means_at_the_need_of_the_sim(engine):
    own, others = expectations(engine, 7, 512, 100)
    needs = engine.plan.needs(7, 512, 100)
    places = [p for p, m in enumerate(engine.measures.measures) if m.attachment == 0.0]
    mean = engine.exact_mean[places, 0].sum(axis=0)
    np.testing.assert_allclose(own, mean * needs, rtol=10 * 2.0**-52)
    assert set(others) == {"share", "excess"}
    # What is shared is shared among the members: the sum stays. Six terms of each side are rounded.
    np.testing.assert_allclose(others["share"].sum(axis=1), own.sum(axis=1), rtol=20 * 2.0**-52)


def test_totals_take_blocks_in_any_order(engine):
    blocks = [compute(engine, 7, first, 256).sums for first in (0, 256, 512)]
    one, two = Totals(), Totals()
    for place in (0, 1, 2):
        one.add(blocks[place])
    for place in (2, 0, 1):
        two.add(blocks[place])
    assert one.sims == two.sims == 768
    np.testing.assert_array_equal(one.sums.powers, two.sums.powers)
    np.testing.assert_array_equal(one.sums.paid["share"], two.sums.paid["share"])
    with pytest.raises(ValueError, match="twice"):
        two.add(blocks[1])


def test_totals_notice_a_hole(engine):
    totals = Totals()
    totals.add(compute(engine, 7, 256, 256).sums)
    with pytest.raises(ValueError, match="sim 0 is missing"):
        _ = totals.sums


def test_blocks_of_large_regions_are_smaller(engine):
    assert engine.block == 4 * UNIT
    assert compile_study(small_study(members=60, years=50)).block < 4 * UNIT


def test_cases_per_path_counts_every_year_and_member(engine):
    # Five standard errors of the mean of what was drawn.
    claims = engine.plan.draw(7, 0, 2_000)
    counts = [p for p, m in enumerate(engine.measures.measures) if m.attachment is None]
    totals = claims[counts].sum(axis=(0, 2, 3))
    assert abs(totals.mean() - engine.cases_per_path) < 5 * totals.std() / np.sqrt(2_000)


# --- what is refused


@pytest.mark.parametrize(
    "options", [{"sims": 0}, {"threads": 0}, {"block": 0}, {"memory": -1}, {"seed": -1}, {"seed": 2**64}]
)
def test_nonsense_is_refused(engine, options):
    with pytest.raises(ValueError, match=r"at least|64"):
        simulate(engine, **options)


def test_the_name_of_a_study_moves_nothing(engine, reference):
    from dataclasses import replace

    other = simulate(replace(small_study(), name="other", title=Words(nl="x", en="x")), 1_000)
    np.testing.assert_array_equal(other.own, reference.own)


def test_progress_counts_every_sim(engine):
    seen = []
    simulate(engine, 1_000, threads=2, block=256, progress=seen.append)
    assert seen == [256, 256, 256, 232]
