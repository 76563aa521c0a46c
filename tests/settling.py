"""Small regions, agreements and cases, and a sample of every part, for the tests of agreements."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from hypothesis import strategies as st

from solidair.models.regions import Municipality, Region
from solidair.models.schema import parse
from solidair.pool.agreements import Agreement
from solidair.pool.books import Books, Laws
from solidair.pool.clauses import Clause
from solidair.pool.layers import CaseFunction
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.setting import Setting
from solidair.pool.settlement import Plan

TEXT = {"nl": "tekst", "en": "text"}
TYPES = ("ambulant", "verblijf", "maatwerk-24-uurs", "jeugdbescherming")


def region(*members):
    """Make a region of (inhabitants, youth, budget) or of municipalities."""
    made = [
        m if isinstance(m, Municipality) else Municipality(f"GM{i:04d}", f"M{i}", *m) for i, m in enumerate(members)
    ]
    return Region("r", "R", tuple(made), "", "", None)


def charge_of(key):
    """Return the charge of a key; a sharing rule is a charge already."""
    return key if key["kind"] == "rule" else {"kind": "key", "key": key}


def agreement(*clauses):
    """Make an agreement of clauses (take, charge key or sharing rule), both as in a TOML file."""
    document = {
        "title": TEXT,
        "summary": TEXT,
        "source": "test",
        "clauses": [
            {"title": TEXT, "take": take, "pot": {"kind": "full"}, "charge": charge_of(key)} for take, key in clauses
        ],
    }
    return Agreement.from_document(document, "test", "test.toml")


def expecting(members, years=1):
    """Return a setting that expects clients and cost by youths times need, also of the past."""
    need = np.nan_to_num(members.need_index, nan=1.0)
    clients = np.outer(members.youth * need, [0.03, 0.004, 0.002, 0.006])
    clients[:, 1] *= np.sqrt(members.youth)  # so that no two care types are spread alike
    plain = Setting.plain(members, TYPES, years=years)
    cost = clients * [4e3, 60e3, 80e3, 11e3]
    return replace(plain, expected_clients=clients, expected_cost=cost, assumed=True)


def measured(measures, members, years):
    """Return the claims of years of cases (member, care type, cost), (measure, year, member)."""
    each = [(zip(*cases, strict=True) if cases else ((), (), ())) for cases in years]
    return np.stack([measure_cases(measures, len(members), *cases) for cases in each], axis=1)


SIMS = 3_000
"""Years from which a law is learnt: the conditional mean of few members wants 2,000 with a cost."""


@lru_cache(maxsize=64)
def pilot_years(measures, members, unit=1.0):
    """Return the claims of years to learn from, (measure, sim, year, member): a case or none of each care type.

    Each member has luck of its own, whatever its place. A unit of 100 draws the same years in cents.
    """
    claims = np.zeros((len(measures.measures), SIMS, 1, len(members)))
    for place, code in enumerate(members.codes):
        rng = np.random.Generator(np.random.PCG64(int(str(code).removeprefix("GM"))))
        for kind, mean in zip(TYPES, (3e4, 1.2e5, 2e5, 2e4), strict=True):
            costs = unit * mean * rng.exponential(size=SIMS) * (rng.random(SIMS) < 0.8)
            for row, measure in enumerate(measures.measures):
                if kind in measure.scope:
                    line = measure.attachment
                    claims[row, :, 0, place] += costs > 0 if line is None else np.maximum(costs - line, 0.0)
    return claims


def learnt(made, plan, unit=1.0):
    """Return the laws that an agreement needs, learnt from years of their own."""
    laws = Laws()
    if made.needs_law:
        plan.settle(pilot_years(plan.measures, plan.setting.region, unit), laws=laws, learn=True)
    return laws


def settled(made, members, years, unit=1.0):
    """Settle years of cases (member, care type, cost) and return the ledger; one sim per year."""
    setting = expecting(members)
    measures = measures_for(TYPES, made.looks(setting))
    plan = Plan.make(made, measures, setting)
    claims = measured(measures, members, years)[:, :, None, :]
    return plan.settle(claims, laws=learnt(made, plan, unit))


def bears(made, members, cases):
    """Return what each member bears of one year of cases."""
    return settled(made, members, [cases]).contribution[0, 0]


def key_weights(key, members, cases=()):
    """Return the shares of a key in a year of cases (member, care type, cost), shape (member,)."""
    return weights_over(key, expecting(members), [cases])[0]


def weights_over(key, setting, years, reach=None):
    """Return the shares of a key over successive years of cases (member, care type, cost), (year, member)."""
    looks = [dict.fromkeys(setting.types(scope), CaseFunction.whole()) for scope in key.scopes()]
    measures = measures_for(TYPES, looks)
    books = Books(setting, measures, measured(measures, setting.region, years)[:, None])
    shares = key.weights(books, books.everyone if reach is None else reach)
    return np.broadcast_to(shares, books.shape)[0]


YOUTH, BUDGET, INHABITANTS = {"kind": "youth"}, {"kind": "budget"}, {"kind": "inhabitants"}
FULL = {"kind": "share", "scope": "all", "share": 1.0}


MEMBERS = region(
    Municipality("GM0010", "A", 50_000, 9_000, 20e6, need_index=1.2, capacity=31e6, youth_under_21=10_400),
    Municipality("GM0020", "B", 20_000, 5_000, 13e6, need_index=0.7, capacity=4e6, youth_under_21=5_800),
    Municipality("GM0030", "C", 8_000, 1_500, 3e6, need_index=1.0, capacity=9e6, youth_under_21=1_900),
)
SAMPLES = {
    "take": {
        "share": ({"share": 0.4, "scope": ["verblijf", "maatwerk-24-uurs"]}, {"share": 1.0}),
        "excess": (
            {"retention": 100e3},
            {"retention": 30e3, "limit": 150e3, "share": 0.8, "scope": ["verblijf"]},
            {"bands": [{"retention": 50e3, "limit": 100e3, "share": 0.25}, {"retention": 150e3, "share": 0.75}]},
            {"retention": {"kind": "least", "lines": [80e3, {"kind": "budget", "share": 0.01}]}},
            {"retention": 50e3, "deductible": 60e3, "most": 400e3},
        ),
        "tier": ({"lower": 50e3, "upper": 150e3}, {"lower": 100e3, "share": 0.5}),
        "deficit": ({"share": 0.8},),
        "corridor": (
            {"above": [{"beyond": 0.1, "until": 0.6, "share": 0.5}, {"beyond": 0.6}]},
            {"reference": "mean", "per": "youth", "above": [{"share": 0.6}]},
        ),
        "franchise": ({"amount": 40.0},),
        "none": ({},),
    },
    "pot": {
        "full": ({},),
        "fund": ({"size": 200e3, "least": 0.25}, {"size": 3.0, "per": "inhabitant", "every": 2}),
        "reserve": (
            {"opening": 500e3, "contribution": 100e3, "loading": 0.1, "floor": 50e3, "cap": 700e3, "interest": 0.02}
            | {"call_key": {"kind": "equal"}, "refund_key": {"kind": "inhabitants"}},
            {"opening": 100e3, "contribution": 200e3, "calls": False},
        ),
        "own_reserve": ({"opening": 10.0, "cap": 40.0, "interest": 0.01},),
        "reinsurance": (
            {"premium": {"kind": "amount", "amount": 30e3}, "retention": 100e3},
            {"premium": {"kind": "rate_on_line", "rate": 0.1}, "limit": 200e3, "reinstatements": [0.0, 0.5]},
        ),
        "costs": ({"amount": 20e3, "per_inhabitant": 0.5, "lead": "GM0020", "saving": 0.02, "grows_in": 3},),
    },
    "charge": {
        "key": ({},),
        "rule": (
            {"rule": "uniform"},
            {"rule": "mean_proportional"},
            {"rule": "linear"},
            {"rule": "variance_proportional"},
            {"rule": "tolerance", "capped": True},
            {"rule": "quantile"},
            {"rule": "conditional_mean", "method": "spline"},
        ),
    },
    "key": {
        **{kind: ({},) for kind in ("youth", "inhabitants", "budget", "need", "equal", "capacity", "under_21")},
        "fixed": ({"shares": {"GM0010": 0.5, "GM0020": 0.5, "GM0030": 0.0}},),
        "mix": ({"parts": [{"weight": 0.3, "key": YOUTH}, {"weight": 0.7, "key": {"kind": "equal"}}]},),
        "expected": ({"scope": ["verblijf"]},),
        "clients": ({"lag": 0}, {"window": 3, "scope": ["ambulant", "jeugdbescherming"]}),
        "cost": ({"lag": 0, "window": 2, "method": "mean_of_shares", "scope": ["verblijf"]},),
        "power": ({"key": YOUTH, "exponent": 0.5},),
        "limited": ({"key": {"kind": "cost", "lag": 0}, "most": 0.1, "start": BUDGET},),
    },
}


def samples(role):
    return [{"kind": kind, **values} for kind, several in SAMPLES[role].items() for values in several]


def takes():
    return samples("take")


def clause(take, pot, key=YOUTH, **charge):
    """Make a clause, parts as in a TOML file."""
    document = {"title": TEXT, "take": take, "pot": pot, "charge": {"kind": "key", "key": key, **charge}}
    return parse(Clause, document, "test.toml")


def booked(net, setting):
    """Make books in which members bear `net` before any clause, (sim, year, member) EUR of any sign."""
    measures = measures_for(setting.care_types, [])
    claims = np.zeros((len(measures.measures), *np.shape(net)))
    claims[measures.total_weights == 1.0] = net
    return Books(setting, measures, claims)


def worked(pot, handed_in, setting, key=YOUTH, reach=None):
    """Return what a pot and a key make of what is handed in, (sim, year, member) EUR of any sign."""
    books = booked(handed_in, setting)
    reach = books.everyone if reach is None else reach
    return clause(FULL, pot, key).work(books, books.measures.total_weights, reach)


def off(outcome):
    """Return by how much bill, direct charges and outside differ from paid and fund, (sim, year), relative.

    To the largest of them, since that is what rounding is relative to.
    """
    sides = (outcome.paid, outcome.charged)
    paid, charged = (side.sum(axis=-1) for side in sides)
    size = sum(np.abs(side).sum(axis=-1) for side in sides) + np.abs(outcome.fund) + np.abs(outcome.outside) + 1.0
    return np.abs(paid + outcome.fund - charged - outcome.outside) / size


case = st.tuples(st.integers(0, 2), st.sampled_from(TYPES), st.floats(0, 5e5))
