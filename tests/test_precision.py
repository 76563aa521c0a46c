"""Runs that stop when they are precise, and say so."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.models.problems import InputError
from solidair.pool.blocks import BLOCK, UNIT, compile_study
from solidair.pool.metrics import METRICS
from solidair.pool.metrics.control import controlled
from solidair.pool.precision import FIRST, NEAR_ZERO, Convergence, Precision, judge, next_sims, relative_errors
from solidair.pool.run import simulate
from tests.small import small_study
from tests.test_run import assert_same

ENGINE = compile_study(small_study())
CODES = tuple(str(code) for code in ENGINE.study.region.codes)


@pytest.fixture(scope="module")
def precise():
    return simulate(ENGINE, Precision(0.012, ("sd", "tvar_95")))


def test_the_errors_in_the_tables_are_below_the_target(precise):
    table, state = precise.table("stability"), precise.convergence
    assert state.reached and state.error <= 0.012 and precise.sims == state.sims > FIRST
    errors = [table[f"{name}_se"] / table[name].abs() for name in ("sd", "tvar_95")]
    # Chunks of one member and of all round alike: the figures are those of the table.
    assert max(e.max() for e in errors) == state.error
    worst = table[errors[0 if state.metric == "sd" else 1] == state.error].iloc[0]
    assert (worst["agreement"], worst["code"]) == (state.agreement, state.code)


def test_the_result_is_that_of_a_plain_run_of_as_many_sims(precise):
    plain = simulate(ENGINE, precise.sims)
    assert_same(precise, plain)
    assert plain.convergence is None and precise.convergence.rounds > 1


@pytest.mark.parametrize("options", [{"threads": 1, "block": 256}, {"memory": 0}, {"threads": 3, "block": 512}])
def test_threads_and_disk_change_nothing(precise, options):
    again = simulate(ENGINE, Precision(0.012, ("sd", "tvar_95")), **options)
    # Rounds end at whole blocks, and blocks of 256 and 512 sims fit in the rounds of 1,024.
    if "block" not in options:
        assert_same(again, precise)
    assert again.convergence.reached
    assert_same(again, simulate(ENGINE, again.sims))


def test_it_stops_at_the_limit_and_says_so():
    results = simulate(ENGINE, Precision(0.0001, ("sd",), most=6_000))
    assert results.sims == 6_000 // BLOCK * BLOCK and not results.convergence.reached
    assert results.convergence.error > 0.0001
    few = simulate(ENGINE, Precision(0.0001, ("sd",), most=300))
    assert few.sims == 300 and not few.convergence.reached and few.convergence.rounds == 1


def test_metrics_of_the_region_count_once():
    results = simulate(ENGINE, Precision(0.05, ("redistribution",)))
    state = results.convergence
    assert state.reached and state.metric == "redistribution" and state.code == ""


def test_near_zero_the_budget_is_the_yardstick():
    sample = simulate(ENGINE, 2_000).sample("share")
    metric = METRICS["net_transfer"]
    estimate = controlled(metric, sample)
    errors, near = relative_errors(metric, sample)
    np.testing.assert_array_equal(near, np.abs(estimate.value) < NEAR_ZERO * sample.budget)
    scale = np.where(near, sample.budget, np.abs(estimate.value))
    np.testing.assert_array_equal(errors, estimate.standard_error / scale)
    assert near.any()
    state = judge(Precision(0.5, ("net_transfer",)), {"share": sample}, CODES, 1)
    assert state.near_zero and state.error == errors.max()


def test_a_share_near_zero_counts_in_points():
    sample = simulate(ENGINE, 2_000).sample("share")
    rich = replace(sample, budget=1_000 * sample.budget)
    errors, near = relative_errors(METRICS["p_overrun_10"], rich)
    # Never in 2,000 years: half the width of Wilson's interval, (1 / 2N) / (1 + 1 / N).
    np.testing.assert_allclose(errors, 0.5 / 2_000 / (1 + 1 / 2_000), rtol=1e-12)
    assert near.all()


def state(sims, error, target=0.01):
    return Convergence(target, ("mean",), sims, 1, error, "mean", "share", "GM0100", False)


@pytest.mark.parametrize(
    ("error", "factor"),
    [
        (0.02, 4.2),  # twice the target: four times as many, and the margin
        (0.0101, 1.25),  # nearly there: a quarter more
        (0.5, 8.0),  # far off: not more than eight times
        (np.inf, 8.0),
    ],
)
def test_the_next_round(error, factor):
    assert next_sims(state(102_400, error), 1_024, 10**8) == 1_024 * -(-int(102_400 * factor) // 1_024)


def test_the_last_round_ends_at_the_limit():
    assert next_sims(state(102_400, 0.5), 1_024, 200_000) == 199_680
    assert next_sims(state(102_400, 0.5), 1_024, 102_400) == 102_400


def test_rounds_are_whole_units():
    assert simulate(ENGINE, Precision(0.3), block=300).sims % UNIT == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0.01, ("tvar95",)), "tvar_95"),
        ((0.01, ("mean", "spread")), "no such metric"),
        ((0.0,), "0 and 100"),
        ((1.0,), "0 and 100"),
        ((0.01, ()), "no metric"),
    ],
)
def test_nonsense_is_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        Precision(*arguments)
