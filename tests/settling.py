"""Small regions, agreements and cases, and a sample of every part, for the tests of agreements."""

import numpy as np
from hypothesis import strategies as st

from solidair.models.regions import Municipality, Region
from solidair.pool.agreements import Agreement, settle
from solidair.pool.measures import measure_cases, measures_for

TEXT = {"nl": "tekst", "en": "text"}
TYPES = ("ambulant", "verblijf", "maatwerk-24-uurs", "jeugdbescherming")


def region(*members):
    """Make a region of (inhabitants, youth, budget) or of municipalities."""
    made = [
        m if isinstance(m, Municipality) else Municipality(f"GM{i:04d}", f"M{i}", *m) for i, m in enumerate(members)
    ]
    return Region("r", "R", tuple(made), "", "", None)


def agreement(*clauses):
    """Make an agreement of clauses (take, charge key), both as in a TOML file."""
    document = {
        "title": TEXT,
        "summary": TEXT,
        "source": "test",
        "clauses": [
            {"title": TEXT, "take": take, "pot": {"kind": "full"}, "charge": {"kind": "key", "key": key}}
            for take, key in clauses
        ],
    }
    return Agreement.from_document(document, "test", "test.toml")


def settled(made, members, years):
    """Settle years of cases (member, care type, cost) and return the ledger; one sim per year."""
    measures = measures_for(TYPES, made.rules(TYPES))
    claims = np.stack(
        [
            measure_cases(measures, len(members), *(zip(*cases, strict=True) if cases else ((), (), ())))
            for cases in years
        ],
        axis=1,
    )
    return settle(made, claims[:, :, None, :], measures, members)


def bears(made, members, cases):
    """Return what each member bears of one year of cases."""
    return settled(made, members, [cases]).contribution[0, 0]


YOUTH, BUDGET, INHABITANTS = {"kind": "youth"}, {"kind": "budget"}, {"kind": "inhabitants"}
FULL = {"kind": "share", "scope": "all", "share": 1.0}


MEMBERS = region(
    Municipality("GM0010", "A", 50_000, 9_000, 20e6, need_index=1.2),
    Municipality("GM0020", "B", 20_000, 5_000, 13e6, need_index=0.7),
    Municipality("GM0030", "C", 8_000, 1_500, 3e6, need_index=1.0),
)
SAMPLES = {
    "take": {
        "share": ({"share": 0.4, "scope": ["verblijf", "maatwerk-24-uurs"]}, {"share": 1.0}),
        "excess": ({"retention": 100e3}, {"retention": 30e3, "limit": 150e3, "share": 0.8, "scope": ["verblijf"]}),
    },
    "pot": {"full": ({},)},
    "charge": {"key": ({},)},
    "key": {
        **{kind: ({},) for kind in ("youth", "inhabitants", "budget", "need", "equal")},
        "fixed": ({"shares": {"GM0010": 0.5, "GM0020": 0.5, "GM0030": 0.0}},),
        "mix": ({"parts": [{"weight": 0.3, "key": YOUTH}, {"weight": 0.7, "key": {"kind": "equal"}}]},),
    },
}


def samples(role):
    return [{"kind": kind, **values} for kind, several in SAMPLES[role].items() for values in several]


def takes():
    return samples("take")


case = st.tuples(st.integers(0, 2), st.sampled_from(TYPES), st.floats(0, 5e5))
