"""A small study with stays and with what no surprise may move, and scenarios for it."""

from dataclasses import replace

from solidair.models.costs import CostModel
from solidair.models.schema import Words, parse
from solidair.pool.agreements import Agreement
from solidair.pool.stress.scenario import Scenario, ScenarioSpec
from solidair.pool.study import Study
from solidair.pool.study_spec import Settings
from tests.naive import agreement_document, cost_document, quantity, severity_table
from tests.small import small_study

BOTH = {"nl": "met de hand", "en": "by hand"}
YOUTH = {"kind": "youth"}


def scenario(*changes, name="test", grade="assumed"):
    """Return a scenario of changes; a text 'key=+5%' is a change of a number."""
    full = []
    for change in changes:
        if isinstance(change, str):
            key, by = change.split("=")
            change = {"kind": "change", "set": key, "by": by}
        full.append({"kind": "change", **change})
    document = {"title": BOTH, "summary": BOTH, "source": "by hand", "grade": grade, "changes": full}
    return Scenario(name, f"{name}.toml", parse(ScenarioSpec, document, f"{name}.toml"))


def stress_study(years=3, sims=500, seed=7, agreements=("own-use", "share", "excess"), *, stays=True):
    """Return a study of three towns with light care, heavy care and stays."""
    light = severity_table("lognormal", mean=9_000.0, cv=0.9, cap=60_000.0)
    heavy = severity_table("lomax", alpha=2.4, theta=90_000.0, cap=900_000.0)
    types = {"light": (8.0, 40.0, light), "heavy": (0.6, 1.2, heavy)}
    document = cost_document(
        types | ({"home": (1.5, 6.0, None)} if stays else {}),
        volume=(0.02, 0.03, 0.04), price=(0.014, 0.01, 0.02), need=0.1,
    )  # fmt: skip
    if stays:
        home = document["care_types"]["home"]
        del home["severity"]
        home["episode"] = {
            "duration": {"family": "exponential", "mean": quantity(1.4, "year")},
            "tariff": severity_table("lognormal", mean=300.0, cv=0.4, cap=900.0),
        }
    made = {
        "own-use": agreement_document(),
        "share": agreement_document(({"kind": "share", "share": 0.5}, YOUTH)),
        "expected": agreement_document(({"kind": "share", "share": 0.5}, {"kind": "expected"})),
        "excess": agreement_document(({"kind": "excess", "retention": 100_000.0}, YOUTH)),
        "deficit": agreement_document(({"kind": "deficit"}, {"kind": "budget"})),
    }
    rule = agreement_document(({"kind": "share", "share": 1.0}, YOUTH))
    rule["clauses"][0]["charge"] = {"kind": "rule", "rule": "linear"}
    made["rule"] = rule
    region = small_study(members=3, budget=210.0).region
    members = tuple(replace(m, youth=3 * m.youth, youth_budget_eur=210.0 * 3 * m.youth) for m in region.members)
    chosen = tuple(Agreement.from_document(made[name], name, f"{name}.toml") for name in agreements)
    settings = Settings(sims=sims, seed=seed, years=years)
    costs = CostModel.from_document(document, "stress", "stress.toml")
    return Study("stress", Words(**BOTH), replace(region, members=members), costs, chosen, settings)
