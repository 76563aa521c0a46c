"""Takes on a result within an agreement: only its members count, and its years count from its first one."""

from dataclasses import replace

import numpy as np

from solidair.pool.clauses import Years
from solidair.pool.measures import measures_for
from solidair.pool.setting import Setting
from solidair.pool.settlement import settle
from tests.settling import FULL, INHABITANTS, TYPES, YOUTH, agreement, clause, region, settled

THREE = region((100, 20, 1_000.0), (200, 40, 1_000.0), (100, 10, 1_000.0))


def of(made):
    base = agreement((FULL, YOUTH))
    return replace(base, spec=base.spec.model_copy(update={"clauses": (made,)}))


def test_the_mean_of_a_clause_is_that_of_its_members():
    take = {"kind": "corridor", "reference": "mean", "above": [{"share": 0.6}], "below": [{"share": 0.2}]}
    made = clause(take, {"kind": "full"}, INHABITANTS).model_copy(update={"members": ("GM0000", "GM0001")})
    cases = [(0, "ambulant", 500.0), (1, "ambulant", 400.0), (2, "ambulant", 700.0)]
    np.testing.assert_allclose(settled(of(made), THREE, [cases]).paid[0, 0, 0], [120, -40, 0])


def test_shares_count_from_the_first_year_of_the_clause():
    made = clause({"kind": "deficit", "share": [1.0, 0.5]}, {"kind": "full"})
    made = of(made.model_copy(update={"years": Years(first=2028, last=2029)}))
    setting = Setting.plain(THREE, TYPES, years=3)
    measures = measures_for(TYPES, made.looks(setting))
    claims = np.zeros((len(measures.measures), 1, 3, 3))
    claims[measures.total_weights == 1] = 1_100.0
    np.testing.assert_allclose(settle(made, claims, measures, setting).paid[0, 0, :, 0], [0, 100, 50])
