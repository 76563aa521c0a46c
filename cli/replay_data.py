"""A replayed path as plain data, for a machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from solidair.cli.replay_fold import at, settlement_shown, shown_at

if TYPE_CHECKING:
    import pandas as pd

    from solidair.cli.replay_fold import Shown
    from solidair.pool.replay import Replay


def replay_data(
    path: Replay, places: Sequence[tuple[int, int]], agreements: Sequence[str], most: int
) -> dict[str, Any]:
    """Return a path as plain data.

    Parameters
    ----------
    places
        Positions of (member, year) to show.
    agreements
        Names of the agreements to show.
    most
        How many of the most expensive cases of a member and year to list; the others are summed.
    """
    region = path.study.region
    content: dict[str, Any] = {
        "study": path.study.name,
        "seed": path.seed,
        "sim": path.sim,
        "reconciled": path.reconciled,
        "largest_difference_eur": path.difference,
        "places": [],
    }
    for i, t in places:
        member, year = region.members[i], path.years[t]
        shown = shown_at(path, i, t)
        listed = shown.cases.nlargest(min(most, len(shown.cases)), "cost")
        rest = shown.cases.drop(listed.index)
        content["places"].append(
            {
                "code": member.code,
                "name": member.name,
                "year": year,
                "need_index": float(path.needs[i]),
                "shocks": records(at(path.shocks, member.code, year).drop(columns=["code", "year"])),
                "draws": records(shown.counts.drop(columns=["code", "year"])),
                "cases": records(listed.drop(columns=["code", "year"])),
                "other_cases": {"count": len(rest), "cost": float(rest["cost"].sum())},
                "sums": records(shown.sums.drop(columns=["code", "year"])),
                "known_open_stays": records(shown.known.drop(columns=["code", "year"])),
                "together": together_data(shown),
                "agreements": {name: settlement_data(path, name, i, t) for name in agreements},
            }
        )
    return content


def settlement_data(path: Replay, name: str, i: int, t: int) -> dict[str, Any]:
    """Return what an agreement did to a member in a year, EUR; None where it may not be shown."""
    settled, open_ = path.settlements[name], settlement_shown(path, name, t)
    clauses = next(a for a in path.study.agreements if a.name == name).spec.clauses
    amounts = {"handed_in": settled.handed_in[:, t, i]}
    amounts |= {key: getattr(settled.ledger, key)[:, 0, t, i] for key in ("paid", "charged")}
    return {
        "own": float(settled.ledger.own[0, t, i]),
        "clauses": [
            {"title": clause.title.model_dump()}
            | {key: float(row[n]) if open_ else None for key, row in amounts.items()}
            for n, clause in enumerate(clauses)
        ],
        "contribution": float(settled.ledger.contribution[0, t, i]) if open_ else None,
    }


def together_data(shown: Shown) -> dict[str, Any] | None:
    """Return what is shown of care types that are not shown apart, None if there are none."""
    if not shown.hidden.care_types:
        return None
    clients, cost = shown.together
    return {"care_types": sorted(shown.hidden.care_types), "clients": clients, "cost": cost}


def records(frame: pd.DataFrame) -> Any:
    """Return the rows as plain data: null where there is no number, dates as 2027-05-03."""
    if "since" in frame:
        days: list[Any] = [None if day is None else day.isoformat() for day in frame["since"]]
        frame = frame.assign(since=days)
    return json.loads(frame.to_json(orient="records", double_precision=15))
