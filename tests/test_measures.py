"""Measures: merged where they may be, and enough to settle any list of cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.pool.layers import CaseFunction
from solidair.pool.measures import Measure, MeasureSet, measure_cases, measures_for

TYPES = ("light", "home", "closed", "bespoke")
WHOLE, NOTHING = CaseFunction.whole(), CaseFunction.nothing()
ABOVE = WHOLE.above(100_000)


def test_without_rules_all_types_share_one_measure():
    measures = measures_for(TYPES, [])
    assert measures.groups == (TYPES,)
    assert measures.measures == (Measure(TYPES, None), Measure(TYPES, 0.0))


def test_types_about_which_every_rule_says_the_same_are_merged():
    rules = [{"closed": WHOLE, "bespoke": WHOLE}, dict.fromkeys(TYPES, ABOVE)]
    measures = measures_for(TYPES, rules)
    assert measures.groups == (("light", "home"), ("closed", "bespoke"))
    assert measures.attachments == ((0.0, 100_000.0), (0.0, 100_000.0))


def test_types_that_one_rule_tells_apart_are_not_merged():
    rules = [{"closed": WHOLE, "bespoke": WHOLE}, {"bespoke": WHOLE.times(0.5)}]
    assert measures_for(TYPES, rules).groups == (("light", "home"), ("closed",), ("bespoke",))


def test_attachments_are_those_of_all_rules_about_the_type_each_once_and_of_no_other():
    rules = [{"home": ABOVE}, {"home": WHOLE.layer(75_000, 25_000)}, {"bespoke": WHOLE.above(200_000)}]
    measures = measures_for(TYPES, rules)
    assert dict(zip(measures.groups, measures.attachments, strict=True)) == {
        ("light", "closed"): (0.0,),
        ("home",): (0.0, 75_000.0, 100_000.0),
        ("bespoke",): (0.0, 200_000.0),
    }
    # Per group one count, then its attachments.
    assert len(measures.measures) == 3 + 1 + 3 + 2
    assert measures.measures[2] == Measure(("home",), None)
    assert [measure.unit for measure in measures.measures[2:5]] == ["clients", "EUR", "EUR"]
    assert measures.index(("home",), 75_000.0) == 4


functions = st.builds(
    lambda retention, limit, share: WHOLE.layer(retention, limit).times(share),
    st.sampled_from([0.0, 25_000.0, 100_000.0]),
    st.sampled_from([None, 50_000.0, 250_000.0]),
    st.sampled_from([0.0, 0.3, 1.0]),
)
cases = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(TYPES), st.floats(0, 1e6)), max_size=20)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(TYPES), functions), min_size=1, max_size=4), cases)
def test_weights_combine_measures_to_what_the_rules_say_case_by_case(rules, listed):
    measures = measures_for(TYPES, rules)
    who, kind, cost = zip(*listed, strict=True) if listed else ((), (), ())
    claims = measure_cases(measures, 3, who, kind, cost)
    assert claims.shape == (len(measures.measures), 3)
    for rule in rules:
        plain, own, count = np.zeros(3), np.zeros(3), np.zeros(3)
        for i, care_type, euros in listed:
            plain[i] += float(rule.get(care_type, NOTHING)(euros))
            own[i] += euros
            count[i] += 1
        # Sums of a few dozen numbers of at most 1e6 euro, with cancellation: 1e-9 of the total is generous.
        slack = 1e-9 * max(1.0, own.sum())
        np.testing.assert_allclose(measures.weights(rule) @ claims, plain, rtol=0, atol=slack)
        np.testing.assert_allclose(measures.total_weights @ claims, own, rtol=0, atol=slack)
        counted = [place for place, measure in enumerate(measures.measures) if measure.unit == "clients"]
        np.testing.assert_array_equal(claims[counted].sum(axis=0), count)


def test_weights_refuse_an_attachment_that_was_not_asked_for():
    measures = measures_for(TYPES, [dict.fromkeys(TYPES, ABOVE)])
    with pytest.raises(KeyError, match="75000"):
        measures.weights(dict.fromkeys(TYPES, WHOLE.above(75_000)))


def test_weights_refuse_a_rule_that_tells_merged_types_apart():
    measures = measures_for(TYPES, [{"closed": WHOLE}])
    with pytest.raises(KeyError, match="differently"):
        measures.weights({"home": WHOLE})


def test_a_case_of_a_type_that_no_measure_covers_is_refused_not_lost():
    measures = MeasureSet((("home",),), ((0.0,),))
    with pytest.raises(KeyError, match="Did you mean 'home'"):
        measure_cases(measures, 1, [0], ["hme"], [10.0])
