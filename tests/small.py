"""A study that runs in a blink, for tests of how a run is carried out rather than of what it computes."""

from solidair.models.costs import CostModel
from solidair.models.regions import Municipality, Region
from solidair.models.schema import Words
from solidair.pool.agreements import Agreement
from solidair.pool.study import Settings, Study
from tests.naive import agreement_document, cost_document, severity_table


def small_study(members=3, years=2, sims=1_000, seed=7, share=0.5, budget=900.0):
    """Return a study of a few towns with a light and a heavy care type and three agreements."""
    care_types = {
        "light": (2.0, 40.0, severity_table("lognormal", mu=8.7, sigma=0.9, cap=70_000.0)),
        "heavy": (0.6, 1.2, severity_table("lomax", alpha=2.4, theta=90_000.0, cap=900_000.0)),
    }
    costs = CostModel.from_document(
        cost_document(care_types, volume=(0.03, 0.04, 0.05), price=(0.014, 0.01, 0.02), need=0.2), "small", "small.toml"
    )
    youth = {"kind": "youth"}
    documents = {
        "own-use": agreement_document(),
        "share": agreement_document(({"kind": "share", "share": share}, youth)),
        "excess": agreement_document(({"kind": "excess", "retention": 100_000.0, "share": 0.9}, youth)),
    }
    agreements = tuple(Agreement.from_document(d, name, f"{name}.toml") for name, d in documents.items())
    towns = tuple(
        Municipality(f"GM{100 + i:04d}", f"Town {i}", 5_000 * (i + 1), 1_000 * (i + 1), budget * 1_000 * (i + 1), None)
        for i in range(members)
    )
    region = Region("small", "Small", towns, "", "small.csv", 2025)
    settings = Settings(sims=sims, seed=seed, years=years)
    return Study("small", Words(nl="klein", en="small"), region, costs, agreements, settings)
