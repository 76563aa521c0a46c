"""A small study with all that a finance department gives and asks: capacities, certainties, a reserve, odd names."""

import re
from dataclasses import replace
from types import SimpleNamespace

from solidair.pool import simulate
from solidair.pool.finance.spec import FinanceSpec, ReserveSpec
from solidair.pool.results import TABLES
from tests.small import small_study

EVIL = '=Town <b>&"x'
SIMS = 500


def finance_study(**spec):
    """Return three towns: one with an estimated budget and an evil name, one with capacities, one with a buffer."""
    study = small_study(sims=SIMS, budget=58.0, **spec)  # a little above what is expected
    first, second, third = study.region.members
    members = (
        replace(first, name=EVIL, budget_derived=True),
        replace(
            second, capacity_incidental_eur=60_000.0, capacity_structural_eur=5_000.0, certainty=0.925,
            need_index=None,
        ),
        replace(third, buffer_eur=30_000.0),
    )  # fmt: skip
    reserve = ReserveSpec(opening=12.0, contribution=0.01, interest=0.02, cap=25.0, safety=0.9)
    region = replace(study.region, members=members, source="CBS")
    return replace(study, region=region, finance=FinanceSpec(certainty=0.9, reserve=reserve))


def ran(study, seed=7, sims=SIMS):
    """Return results and tables of a study."""
    results = simulate(study, sims, seed)
    return SimpleNamespace(study=study, results=results, tables={name: results.table(name) for name in TABLES})


def row_of(run, table, agreement, code, **more):
    """Return the one row of a table for which all of this holds."""
    found = run.tables[table]
    found = found[(found["agreement"] == agreement) & (found["code"] == code)]
    for key, value in more.items():
        found = found[found[key] == value]
    assert len(found) == 1, (table, agreement, code, more, len(found))
    return found.iloc[0]


def read(text, language="nl"):
    """Return the first number of a text, and what it may be off by rounding: half of the last digit that counts.

    That is the place of the first digit of the error: 170 ± 20 is rounded to tens.
    """
    marks = str.maketrans(".,", ",.") if language == "nl" else {}
    digits, *error = (m.translate(marks).replace(",", "") for m in re.findall(r"[−+]?\d[\d.,]*", text))
    place = len(digits.partition(".")[2])
    if "±" in text and "<" not in text and float(error[0]) >= 1.0:
        place = 1 - len(error[0].partition(".")[0])
    return float(digits.replace("−", "-")), 0.5000001 * 10.0**-place
