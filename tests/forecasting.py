"""A study with light care and stays whose first months can be computed by hand, and forecasts of it."""

import math
from dataclasses import replace

import numpy as np

from solidair.models.costs import CostModel
from solidair.models.schema import Words
from solidair.models.sources.costs_to_date import CostsToDate
from solidair.pool.agreements import Agreement
from solidair.pool.study import Settings, Study
from tests.naive import agreement_document, cost_document, quantity, severity_table
from tests.small import small_study

LIGHT, STAYS = 8.0, 3.0
"""Clients a year per 1,000 youths."""

THETA = 1.4 * 365.0
"""Mean length of a stay, days; lengths are exponential."""

TARIFF, TARIFF_CV = 300.0, 0.4
COST, COST_CV = 9_000.0, 0.9


def mixed_costs(volume=(0, 0, 0), price=(0, 0, 0), need=0.0):
    """Return a cost model of light care and of stays, Poisson given the shocks."""
    light = severity_table("lognormal", mean=quantity(COST, "EUR"), cv=COST_CV)
    document = cost_document(
        {"light": (LIGHT, 1.0, light), "home": (STAYS, 1.0, None)}, volume=volume, price=price, need=need
    )
    for care in document["care_types"].values():
        del care["overdispersion_size"]
    home = document["care_types"]["home"]
    del home["severity"]
    home["episode"] = {
        "duration": {"family": "exponential", "mean": quantity(THETA / 365.0, "year")},
        "tariff": severity_table("lognormal", cv=TARIFF_CV) | {"mean": quantity(TARIFF, "EUR per day")},
    }
    return CostModel.from_document(document, "mixed", "mixed.toml")


def mixed_study(costs, members=3, years=2, grown=10):
    """Return a study of towns of 10,000, 20,000, ... youths with three agreements."""
    region = small_study(members=members, budget=2_000.0).region
    towns = tuple(replace(m, youth=grown * m.youth, inhabitants=grown * m.inhabitants) for m in region.members)
    youth = {"kind": "youth"}
    documents = {
        "own-use": agreement_document(),
        "share": agreement_document(({"kind": "share", "share": 0.6}, youth)),
        "excess": agreement_document(({"kind": "excess", "retention": 60_000.0}, youth)),
    }
    agreements = tuple(Agreement.from_document(d, name, f"{name}.toml") for name, d in documents.items())
    settings = Settings(years=years)
    return Study("mixed", Words(nl="gemengd", en="mixed"), replace(region, members=towns), costs, agreements, settings)


def costs_to_date(study, cost, completeness=1.0, doubt=math.nan):
    """Return costs to date of the members of a study; nan where nothing is known."""
    codes = tuple(map(str, study.region.codes))
    values = (np.broadcast_to(np.asarray(x, dtype=np.float64), len(codes)) for x in (cost, completeness, doubt))
    return CostsToDate("costs.csv", codes, *values, np.full(len(codes), math.nan))
