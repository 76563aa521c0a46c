"""Files and settlements of a small region, for the tests of the settlement of real years."""

from solidair.models.regions import Municipality
from solidair.models.sources.cases import read_cases
from solidair.pool.settle_year import settle_year
from solidair.pool.study import Study
from tests.settling import region

COSTS = Study.load("haaglanden").costs

# A claims table small enough for pencil and paper: ten cases of three municipalities, EUR 905,000 together.
TABLE = [
    ("A", 180_000), ("A", 12_000), ("B", 95_000), ("B", 40_000), ("B", 310_000),
    ("C", 8_000), ("C", 150_000), ("C", 61_000), ("C", 22_000), ("C", 27_000),
]  # fmt: skip
CODES = {"A": "GM0001", "B": "GM0002", "C": "GM0003"}
MEMBERS = region(
    Municipality("GM0001", "A", 18_000, 4_100, 150_000.0),
    Municipality("GM0002", "B", 42_000, 9_300, 330_000.0),
    Municipality("GM0003", "C", 90_000, 18_600, 420_000.0),
)
REGION_CSV = """# title: Voorbeeld
code,name,inhabitants,youth,youth_budget_eur
GM0001,Aadorp,18000,4100,15000000
GM0002,Beedorp,42000,9300,33000000
GM0003,Ceedorp,90000,18600,42000000
"""
TABLE_CSV = "code,care_type,cost_eur\n" + "".join(f"{CODES[who]},verblijf,{cost}\n" for who, cost in TABLE)
CASES_CSV = "code,care_type,cost_eur,child,household\n"


def read(tmp_path, text, year=2025):
    """Read a file of cases of the small region."""
    path = tmp_path / "cases.csv"
    path.write_text(text, encoding="utf-8")
    return read_cases(path, codes=[str(c) for c in MEMBERS.codes], care_types=COSTS.care_types, year=year)


def settled(tmp_path, made, text=TABLE_CSV, year=2025, **options):
    """Settle a file of cases of the small region."""
    return settle_year(made, MEMBERS, read(tmp_path, text, year), year, COSTS, **options)


EXCESS_TOML = """title = { nl = "Uitschieters", en = "Excess" }
summary = { nl = "Boven 75.000 euro samen", en = "Above 75,000 together" }
source = "test"
[[clauses]]
title = { nl = "Dure kinderen", en = "Dear children" }
take = { kind = "excess", retention = 75000, limit = 175000 }
pot = { kind = "full" }
charge = { kind = "key", key = { kind = "youth" } }
"""
