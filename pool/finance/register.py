"""The line of youth care in a risk register (Dutch: risicoregister)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solidair.models.schema import Words
from solidair.pool.finance.capacity import POINTS, Capacities

if TYPE_CHECKING:
    import pandas as pd

RISK = Words(nl="Jeugdhulp kost meer dan begroot", en="Youth care costs more than budgeted")
"""What the risk is called."""

CAUSE = Words(
    nl="Open einde: de gemeente betaalt de hulp die nodig is. Hoeveel jeugdigen, hoe lang en tegen welke prijs staat "
    "vooraf niet vast, en enkele zeer dure plaatsingen maken veel uit.",
    en="Open end: the municipality pays the care that is needed. How many youths, how long and at what price is not "
    "known beforehand, and a few very expensive placements matter much.",
)
"""Where it comes from."""

UNIT = "EUR"


def register_table(found: Capacities) -> pd.DataFrame:
    """Return the rows that a risk register can take in, one per agreement, member and period.

    Effects are what is above the budget of the period: expected over all paths, on average in the paths where it
    happens, and at most with 99 % certainty. The distribution points p10 to p99 are of the loss itself, and lie below 0
    where money is left.
    """
    import pandas as pd

    capacity = found.capacity
    columns: dict[str, object] = {name: capacity[name] for name in ("agreement", "code", "name", "period")}
    columns |= {f"risk_{language}": RISK[language] for language in ("nl", "en")}
    columns |= {f"cause_{language}": CAUSE[language] for language in ("nl", "en")}
    columns |= {"unit": UNIT, "certainty": capacity["certainty"]}
    shown = {"probability": "overrun_probability", "maximum_effect": "maximum_effect"}
    for name, column in (shown | {"expected_effect": "expected_effect", "required": "required"}).items():
        columns |= {name: capacity[column], f"{name}_se": capacity[f"{column}_se"]}
    # E (H - B | H > B), so that chance times effect is the expected effect, to the cent.
    probability, expected = capacity["overrun_probability"], capacity["expected_effect"]
    happens = probability > 0.0
    columns["conditional_effect"] = (expected / probability.where(happens)).where(happens)
    columns["conditional_effect_se"] = found.points["conditional_effect_se"]
    for name in (f"p{round(100 * p)}" for p in POINTS):
        columns |= {name: found.points[name], f"{name}_se": found.points[f"{name}_se"]}
    return pd.DataFrame(columns)
