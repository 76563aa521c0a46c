"""Assumptions: every number that goes into a study, with unit, year, grade and source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from solidair.models.regions import Municipality
from solidair.models.schema import in_language
from solidair.pool.study import Study

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = {
    "inhabitants": "inhabitants",
    "youth": "youths aged 0-17",
    "youth_budget_eur": "EUR a year",
    "need_index": "ratio",
    "youth_under_21": "residents under 21",
    "capacity": "EUR",
    "buffer_eur": "EUR",
    "capacity_incidental_eur": "EUR",
    "capacity_structural_eur": "EUR a year",
}
"""Columns of a region that results depend on, with their units."""


def assumption_table(study: Study) -> pd.DataFrame:
    """Return one row per number of the cost model, and per column of the region its total.

    A standard error says how well a number is known, in its unit; NaN where nobody says, and then it is taken as known.
    A value of one member that the user has set on top of the files has a row of its own.
    """
    import pandas as pd

    rows = [
        {
            "input": key,
            "value": quantity.value,
            "standard_error": np.nan if quantity.standard_error is None else quantity.standard_error,
            "unit": quantity.unit,
            "year": quantity.year,
            "grade": quantity.grade,
            "source_nl": in_language(quantity.source, "nl"),
            "source_en": in_language(quantity.source, "en"),
        }
        for key, quantity in study.costs.quantities()
    ]
    for column in _COLUMNS:
        rows += _of_region(study, column)
    if study.history_assumed:
        said = (
            "jaren voor het eerste begrotingsjaar zijn gesteld op wat het kostenmodel verwacht",
            "years before the first budget year are taken to be what the cost model expects",
        )
        rows.append(_row("history", np.nan, "", None, "assumed", said))
    rows.append(_certainty(study))
    table = pd.DataFrame(rows)
    table["year"] = table["year"].astype("Int64")
    return table


def _of_region(study: Study, column: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one column: values from the file, budgets that were derived, values set by the user."""
    region = study.region
    set_by_user = {text.split("=")[0].strip(): text for text in study.overrides}
    given: list[Municipality] = []
    derived: list[Municipality] = []
    for member in region.members:
        key = f"region.{member.code}.{column}"
        if key in set_by_user:
            text = set_by_user[key]
            source = (f"door de gebruiker gezet: {text}", f"set by the user: {text}")
            yield _row(key, float(getattr(member, column)), column, None, "assumed", source)
        elif column == "youth_budget_eur" and member.budget_derived:
            derived.append(member)
        elif getattr(member, column) is not None:
            given.append(member)
    if given:
        name = f"regiobestand {region.file}, zonder bronvermelding", f"region file {region.file}, which names no source"
        source = (region.source, region.source) if region.source else name
        grade = "sourced" if region.source else "assumed"
        yield _row(f"region.{column}", _together(given, column), column, region.year, grade, source)
    if derived:
        source = "jeugdigen x budget_per_youth: geen begroting gegeven", "youths x budget_per_youth: no budget given"
        year = study.costs.spec.price_level
        yield _row(f"region.{column}.derived", _together(derived, column), column, year, "derived", source)


def _certainty(study: Study) -> dict[str, Any]:
    """Return the row of the certainty of councils that have chosen none."""
    if "certainty" in study.finance.model_fields_set:
        said = "gekozen in de studie; het is aan de raad", "chosen in the study; it is for the council"
    else:
        said = (
            "er is geen vast percentage: Heemskerk ging van 90 naar 80 % (begroting 2018), Noord-Holland neemt 99 % "
            "(jaarverslag 2021)",
            "there is no fixed percentage: Heemskerk went from 90 to 80 % (budget 2018), Noord-Holland takes 99 % "
            "(annual report 2021)",
        )
    row = _row("finance.certainty", study.finance.certainty, "", None, "assumed", said)
    return row | {"unit": "share"}


def _together(members: list[Municipality], column: str) -> float:
    """Return the total of a column; of need, the mean by youths."""
    if column == "need_index":
        youth = sum(member.youth for member in members)
        return sum(member.youth * (member.need_index or 0.0) for member in members) / youth
    return float(sum(getattr(member, column) for member in members))


def _row(key: str, value: float, column: str, year: int | None, grade: str, source: tuple[str, str]) -> dict[str, Any]:
    return {
        "input": key,
        "value": value,
        "standard_error": np.nan,
        "unit": _COLUMNS.get(column, ""),
        "year": year,
        "grade": grade,
        "source_nl": source[0],
        "source_en": source[1],
    }
