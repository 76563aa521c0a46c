"""What nobody planned: prices, clients and budgets that depart from the plan in some years."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.models.departures import Departure, departed
from solidair.pool.run import simulate
from solidair.pool.study import Study
from tests.small import small_study


@pytest.mark.parametrize(
    ("departure", "path"),
    [
        (Departure("price", 1.5), [1.5, 1.5, 1.5, 1.5]),
        (Departure("price", 1.5, 1), [1.0, 1.5, 1.5, 1.5]),
        (Departure("price", 1.5, 1, 2), [1.0, 1.5, 1.5, 1.0]),
        (Departure("price", 2.0, 1, yearly=True), [1.0, 2.0, 4.0, 8.0]),
        (Departure("price", 2.0, 0, 1, yearly=True), [2.0, 4.0, 4.0, 4.0]),
        (Departure("price", 0.0, 3), [1.0, 1.0, 1.0, 0.0]),
        (Departure("price", 3.0, 9), [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_the_path_of_a_departure(departure, path):
    assert departure.path(4).tolist() == path


def test_departures_multiply_and_keep_to_their_care():
    both = (Departure("price", 1.5), Departure("price", 2.0, 1, care_types=("heavy",)), Departure("volume", 9.0))
    assert departed(both, "price", 2, "heavy").tolist() == [1.5, 3.0]
    assert departed(both, "price", 2, "light").tolist() == [1.5, 1.5]
    assert departed((), "budget", 2).tolist() == [1.0, 1.0]


def test_a_departure_of_one_changes_no_bit():
    study = small_study()
    none = tuple(Departure(what, 1.0, 1) for what in ("price", "volume"))
    changed = replace(
        study, costs=replace(study.costs, departures=none), agreed=study.costs, departures=(Departure("budget", 1.0),)
    )
    before, after = simulate(study), simulate(changed)
    assert np.array_equal(before.own, after.own)
    for name, paid in before.contributions.items():
        assert np.array_equal(paid, after.contributions[name])
    assert before.table("stability").equals(after.table("stability"))


def test_a_price_multiplies_every_case_under_the_same_luck():
    """All cases in one measure without a line: half as dear again is half as much again, but for rounding."""
    study = small_study()
    study = replace(study, agreements=study.agreements[:2])
    dear = replace(study, costs=replace(study.costs, departures=(Departure("price", 1.5, 1),)), agreed=study.costs)
    before, after = simulate(study, case_by_case=True), simulate(dear, case_by_case=True)
    assert np.array_equal(before.own[:, 0], after.own[:, 0])
    np.testing.assert_allclose(after.own[:, 1], 1.5 * before.own[:, 1], rtol=1e-12)


def test_exact_means_follow_departures_of_one_care_type():
    """Means exact on either side: 2 and 3 times the clients and the price of one care type, in one year."""
    study = Study.load("haaglanden")
    costs = study.costs
    place = costs.ids.index("ambulant")
    departures = (
        Departure("volume", 2.0, 1, 1, care_types=("ambulant",)),
        Departure("price", 3.0, 1, 1, care_types=("ambulant",)),
    )
    changed = replace(costs, departures=departures)
    assert changed.volume_path(3)[place].tolist() == [1.0, 2.0, 1.0]
    assert changed.index_path(3)[place].tolist() == [1.0, 3.0, 1.0]
    other = costs.ids.index("verblijf")
    assert changed.volume_path(3)[other].tolist() == changed.index_path(3)[other].tolist() == [1.0, 1.0, 1.0]
    run = simulate(replace(study, costs=changed, agreed=costs), sims=2_000)
    check = run.table("check")
    # |z| of some hundred figures stays below 4.5, the limit of `solidair check`.
    assert check["mean_z"].abs().max() < 4.5
    assert check["sd_z"].abs().max() < 4.5
    assert changed.planned.departures == ()


def test_budgets_depart_and_lines_of_agreements_do_not():
    study = small_study()
    cut = replace(study, departures=(Departure("budget", 0.9, 1),))
    assert cut.setting.budgets[0].tolist() == study.setting.budgets[0].tolist()
    np.testing.assert_allclose(cut.setting.budgets[1], 0.9 * study.setting.budgets[1], rtol=1e-15)
    assert cut.setting.growth.tolist() == study.setting.growth.tolist()
    assert cut.planned.departures == ()


def test_keys_and_lines_are_those_of_the_plan():
    """A cost model that turns out dearer moves no key of expected cost and no multiple of the mean."""
    study = Study.load("haaglanden")
    dear = Study.load("haaglanden", ["costs.verblijf.clients_per_1000=9"])
    surprised = replace(study, costs=dear.costs, agreed=study.costs)
    assert np.array_equal(surprised.setting.expected_cost, study.setting.expected_cost)
    assert not np.array_equal(dear.setting.expected_cost, study.setting.expected_cost)
    assert surprised.planned.costs is study.costs
    assert surprised.planned.agreed is None
