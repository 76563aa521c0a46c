"""The benchmark runs and compares two programs that are both right. Nothing here looks at a clock."""

import numpy as np

from benchmarks import kernel, plain_numpy


def test_both_sides_agree_with_the_exact_means():
    outcome = kernel.compare(years=600, repeats=2)
    for side in (outcome.ours, outcome.numpy, outcome.whole):
        assert len(side.speed) == 2 and min(side.speed) > 0
        # Largest of 20 z-scores; 4.5 is passed once in 7,000 runs, and the seeds are fixed.
        assert side.farthest < kernel.FARTHEST
    assert outcome.ratio > 0


def test_kernel_and_simulate_are_the_same_simulation():
    ours = kernel.study()
    alone, whole = kernel.kernel_and_settlement(ours, 1_500, 3), kernel.whole(ours, 1_500, 3)
    np.testing.assert_array_equal(alone[0], whole[0])
    np.testing.assert_array_equal(alone[1], whole[1])
    assert alone[2] == whole[2]


def test_a_wrong_mean_is_noticed():
    own, contribution, _ = plain_numpy.simulate(kernel.RATES, 9.0, 1.3, 100_000.0, 600, 1)
    assert kernel.farthest_z([own], [contribution]) < kernel.FARTHEST
    assert kernel.farthest_z([own * 1.05], [contribution]) > kernel.FARTHEST


def test_plain_numpy_does_not_depend_on_empty_cells():
    rates = np.array([0.0, 0.3, 2.0])
    own, contribution, cases = plain_numpy.simulate(rates, 0.0, 0.0, 0.25, 300, 2, chunk=7)
    # Every case costs exactly 1: the cost is the number of cases, and 0.75 of each is shared.
    assert np.array_equal(own, np.round(own)) and own.sum() == cases
    assert not own[:, 0].any() and not contribution[:, 0].any()
    np.testing.assert_allclose(contribution.sum(axis=1), own.sum(axis=1))
    shared = 0.75 * own.sum(axis=1) * rates[2] / rates.sum()
    np.testing.assert_allclose(contribution[:, 2], 0.25 * own[:, 2] + shared)


def test_the_command_runs(capsys, monkeypatch):
    calls = []

    def measured(years, cache=None):
        calls.append((years, cache))
        return kernel.alone(years)

    monkeypatch.setattr(kernel, "in_a_process_of_its_own", measured)
    code = kernel.main(["--years", "300", "--repeats", "1", "--memory-years", "300"])
    printed = capsys.readouterr().out
    assert code == (0 if "all promises kept" in printed else 1)
    assert all(word in printed for word in ("solidair", "numpy", "ratio", "memory", "compile"))
    assert [years for years, _ in calls] == [300, 256, 256] and calls[-1][1]
    assert calls[0][1] is None


def test_a_process_of_its_own_reports(tmp_path):
    report = kernel.in_a_process_of_its_own(256)
    assert set(report) == {"megabytes", "seconds"} and report["megabytes"] > 10
