"""The first figures of a study for the overview of a batch, read from the tables that stand in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solidair.pool.study import OWN_USE

if TYPE_CHECKING:
    import pandas as pd

RESERVE = "capacity_90"
"""Column of the reserve that suffices in nine of ten years."""


@dataclass(frozen=True)
class Figure:
    """A figure and at most its standard error.

    Errors of members are added up where their figures are: the members share simulated years, so their errors are
    correlated in a way that the tables do not tell, and a sum of standard errors bounds that of the sum.
    """

    value: float
    error: float


@dataclass(frozen=True)
class Figures:
    """What the overview shows of a study; amounts in EUR of the first budget year.

    Parameters
    ----------
    members
        CBS codes and names.
    first_year
        The first budget year.
    cost
        Expected cost of all members together, under own use.
    overrun_low, overrun_high
        Lowest and highest chance of a member to overrun its budget, under own use.
    reserve_own
        Reserve that members need under own use, added up.
    reserve_least, least
        The lowest such sum under any other agreement, and its name; empty if there is no other.
    """

    members: tuple[tuple[str, str], ...]
    first_year: int
    cost: Figure | None
    overrun_low: Figure | None
    overrun_high: Figure | None
    reserve_own: Figure | None
    reserve_least: Figure | None
    least: str


def figures_of(folder: Path, manifest: dict[str, Any]) -> Figures:
    """Return the figures of a finished study.

    Parameters
    ----------
    folder, manifest
        Of a run; its tables have the digests of the manifest.
    """
    import pandas as pd

    people = pd.read_csv(folder / "tables" / "members.csv", dtype={"code": str})
    table = pd.read_csv(folder / "tables" / "stability.csv", dtype={"code": str})
    own = table[table["agreement"] == OWN_USE]
    others = {str(name): _sum(rows, RESERVE) for name, rows in table.groupby("agreement", sort=False)}
    others.pop(OWN_USE, None)
    least = min(others, key=lambda name: others[name].value) if others else ""
    chances = [Figure(*pair) for pair in zip(own["p_overrun_0"], own["p_overrun_0_se"], strict=True)]
    chances.sort(key=lambda figure: figure.value)
    return Figures(
        members=tuple(zip(people["code"], people["name"], strict=True)),
        first_year=int(manifest["first_year"]),
        cost=_sum(own, "mean") if len(own) else None,
        overrun_low=chances[0] if chances else None,
        overrun_high=chances[-1] if chances else None,
        reserve_own=_sum(own, RESERVE) if len(own) else None,
        reserve_least=others.get(least),
        least=least,
    )


def _sum(rows: pd.DataFrame, column: str) -> Figure:
    return Figure(float(rows[column].sum()), float(rows[f"{column}_se"].sum()))
