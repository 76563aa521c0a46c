"""Properties: what an agreement promises, tried out on random small models.

For each property a counterexample is looked for among some hundred seeded random models of the members and years of the
agreement (`solidair.pool.small_models`). What is found proves that it fails. If nothing is found, that is no proof: the
property is then 'not refuted'. Definitions follow Denuit, Dhaene & Robert (2022,
Journal of Risk and Insurance 89, 639).

Rules that are learnt from a pilot run stand as they were learnt. What would have to be learnt anew under another law
(extra costs that are known beforehand, a merger, another currency, the most that a member can cost) is not tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.pool.agreements import Agreement
from solidair.pool.books import Laws
from solidair.pool.marginal import Marginal, marginal
from solidair.pool.property_search import Case, Counterexample, Property, Trial
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]

PROPERTIES = (
    "full_allocation",
    "fair",
    "translative",
    "homogeneous",
    "merger_neutral",
    "no_rip_off",
    "monotone",
    "comonotone",
)
"""Names of all properties of a card, in the order in which they are told."""


@dataclass(frozen=True, eq=False)
class Gaps:
    """What members are expected to bear less what they are expected to cost, EUR a year, over all budget years.

    Parameters
    ----------
    gap, error
        Per member, with the standard error of a simulation; an error of 0 means that it is exact.
    cost
        What each member is expected to cost, EUR a year.
    """

    gap: FloatArray
    error: FloatArray
    cost: FloatArray


@dataclass(frozen=True)
class Card:
    """All properties of an agreement, and who bears an extra euro.

    Parameters
    ----------
    properties
        In the order of `PROPERTIES`.
    marginal
        Who bears an extra case; None without members.
    outside, fund
        Whether money comes in from outside or goes out, and whether it stays in a fund, in any model.
    """

    properties: tuple[Property, ...]
    marginal: Marginal
    outside: bool
    fund: bool

    def __getitem__(self, name: str) -> Property:
        """Return a property by name."""
        return next(p for p in self.properties if p.name == name)


def property_card(
    agreement: Agreement,
    setting: Setting,
    *,
    gaps: Gaps | None = None,
    laws: Laws | None = None,
    models: int | None = None,
) -> Card:
    """Return what an agreement promises to the members of a setting.

    Parameters
    ----------
    agreement, setting
        The agreement, and the members and years; the agreement must have no faults in it.
    gaps
        What is expected to be gained and lost, from exact means or from a simulation; see `solidair.pool.fair`.
    laws
        What its clauses have learnt, if it needs a law.
    models
        How many random models; as many as fit if left out.

    Raises
    ------
    LawError
        If the agreement needs a law that is not there.
    """
    trial = Trial(agreement, setting, laws, models)
    found = {
        "full_allocation": trial.full_allocation(),
        "fair": _fair(gaps),
        "translative": trial.translative(),
        "homogeneous": trial.homogeneous(),
        "merger_neutral": trial.merger_neutral(),
        "no_rip_off": trial.no_rip_off(),
        "monotone": trial.monotone(),
        "comonotone": trial.comonotone(),
    }
    outside, fund = trial.beyond
    shares = marginal(agreement, setting, laws)
    return Card(tuple(found[name] for name in PROPERTIES), shares, outside, fund)


def _fair(gaps: Gaps | None) -> Property:
    """Return whether members are expected to bear what they cost; simulated figures by a Bonferroni limit of 1 %."""
    if gaps is None:
        return Property("fair", "not_tested")
    from scipy.special import ndtri

    exact = not gaps.error.any()
    share = gaps.gap / np.maximum(gaps.cost, 1.0)
    most = int(np.argmax(np.abs(share)))
    total = float(gaps.gap.sum() / max(gaps.cost.sum(), 1.0))
    facts = {"member": float(most), "gap": float(gaps.gap[most]), "share": float(share[most]), "total": total}
    facts["error"] = float(gaps.error[most])
    if exact:
        return Property("fair", "holds" if abs(share[most]) < 1e-9 else "fails", 0, None, facts)
    limit = -float(ndtri(0.005 / len(gaps.gap)))
    # What does not vary at all, but for rounding, has no error to compare with.
    error = np.maximum(gaps.error, 1e-9 * gaps.cost / limit)
    clear = np.abs(gaps.gap) > limit * error
    if clear.any():
        z = np.where(clear, np.abs(share), 0.0)
        most = int(np.argmax(z))
        facts |= {"member": float(most), "gap": float(gaps.gap[most]), "share": float(share[most])}
        facts["error"] = float(gaps.error[most])
    return Property("fair", "fails" if clear.any() else "holds", 1, None, facts)


__all__ = ["PROPERTIES", "Card", "Case", "Counterexample", "Gaps", "Property", "property_card"]
