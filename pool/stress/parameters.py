"""Numbers of a cost model that a scenario changes for the whole run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scipy.optimize import brentq

from solidair.models.costs import CostModel
from solidair.models.episode_spec import build_episode
from solidair.models.problems import InputError, Problem, nearest
from solidair.models.schema import frozen
from solidair.models.severity_spec import build_severity, quantities_of
from solidair.pool.known_keys import place_of
from solidair.pool.overrides import Override, apply_overrides
from solidair.pool.stress.amounts import Amount

PRICE, ENTRIES, BUDGET = "price", "entries", "budget"
DRIVERS = (PRICE, ENTRIES, "clients", "length", "spread")
"""What a scenario may change of a care type, or of all."""

ALIASES = {"tariff": PRICE, "clients_per_1000": "clients"}
"""Other words for a driver: day tariffs are the prices of stays."""

DOUBTED = ("clients_per_1000", "severity.mean", "severity.tariff.mean", "episode.tariff.mean", "episode.duration.mean")
"""Numbers of a care type that doubt is about."""

_MONEY = ("eur", "€")
"""How the unit of an amount of money begins."""


@dataclass(frozen=True)
class Target:
    """What a path means.

    Parameters
    ----------
    driver
        'budget', one of `DRIVERS`, or empty for a number of the cost model.
    care
        Care types whose driver it is; None for all.
    key
        Key of the number.
    """

    driver: str = ""
    care: str | None = None
    key: str = ""

    def __str__(self) -> str:
        if not self.driver:
            return f"costs.{self.key.removeprefix('care_types.')}"
        return self.driver if self.driver == BUDGET else ".".join(filter(None, ("costs", self.care, self.driver)))


def target(path: str, costs: CostModel) -> Target:
    """Return what a path means.

    Raises
    ------
    MisfitError
        If there is no such thing; names the nearest one.
    """
    root, *rest = path.split(".")
    inside = rest[1:] if rest[:1] == ["care_types"] else rest
    driver = ALIASES.get(inside[-1], inside[-1]) if inside else ""
    if path == BUDGET:
        return Target(BUDGET)
    if root == "costs" and driver in DRIVERS and (len(inside) == 1 or (len(inside) == 2 and inside[0] in costs.ids)):
        return Target(driver, inside[0] if len(inside) == 2 else None)
    known = {key for key, _ in costs.quantities()}
    for key in (".".join(rest), ".".join(["care_types", *rest])):
        if root == "costs" and (key in known or _optional(key, costs)):
            return Target(key=key)
    near = nearest(path, drivers(costs))
    hint = "Write 'budget', or 'costs.' and a key of the cost model, such as costs.verblijf.price."
    raise MisfitError("there is no such number to change", f"Did you mean '{near}'?" if near else hint, path)


def _optional(key: str, costs: CostModel) -> bool:
    """Return whether a cost model may have a number of this key, which this one leaves out."""
    parts = key.split(".")
    place = place_of("costs", parts)
    there = parts[0] != "care_types" or (len(parts) > 1 and parts[1] in costs.ids)
    return place is not None and place.number and there


class MisfitError(ValueError):
    """A change does not fit the cost model; carries the rule and what to do."""

    def __init__(self, rule: str, hint: str, value: str = "") -> None:
        super().__init__(rule)
        self.hint, self.value = hint, value


class Parameters:
    """A cost model as a document that changes one number after the other.

    Parameters
    ----------
    costs
        The model as it was.
    """

    def __init__(self, costs: CostModel) -> None:
        self.costs = costs
        self.document: dict[str, Any] = _thawed(costs.spec.model_dump(exclude_none=True))
        self.changed: dict[str, int] = {}
        self._number = 0

    def begin(self, number: int) -> None:
        """Say which change comes now, so that it is blamed for what it breaks."""
        self._number = number

    def model(self) -> CostModel:
        """Return the changed model.

        Raises
        ------
        InputError
            With what the model cannot carry; `blamed` says by which change.
        """
        if not self.changed:
            return self.costs
        made = CostModel.from_document(self.document, self.costs.name, self.costs.file)
        return replace(made, departures=self.costs.departures)

    def blamed(self, key: str) -> int:
        """Return the number of the change that set a key, or anything in it."""
        inside = [n for one, n in self.changed.items() if f"{key}.".startswith(f"{one}.") or one.startswith(f"{key}.")]
        return inside[-1] if inside else self._number

    def apply(self, what: Target, amount: Amount, said: str) -> None:
        """Change a driver for the whole run, or a number.

        Raises
        ------
        MisfitError
            If the model has nothing of the kind, or cannot follow.
        """
        if not what.driver:
            self.set(what.key, amount, said)
            return
        change = getattr(self, what.driver)
        for id_ in self.costs.ids if what.care is None else (what.care,):
            if what.care is None and what.driver == "length" and "episode" not in self.document["care_types"][id_]:
                continue
            change(id_, amount, said)

    def set(self, key: str, amount: Amount, said: str) -> None:
        """Change one number.

        Raises
        ------
        MisfitError
            If there is no such number.
        """
        problems: list[Problem] = []
        table = self._table(key)
        old = table.get("value") if table is not None else None
        if old is None and amount.value is None:
            raise MisfitError(
                "this number is not in the cost model, so it cannot change by a share", "Give it a value: to."
            )
        value = amount.of(0.0 if old is None else float(old))
        path = ("costs", *key.split("."))
        self.document = apply_overrides(self.document, [Override(said, path, value)], "costs", "", problems)
        if problems:
            raise MisfitError(problems[0].rule, problems[0].hint)
        self.changed[key] = self._number

    def clients(self, id_: str, amount: Amount, said: str) -> None:
        """Change the clients of a care type, those in care at the start among them."""
        self.set(f"care_types.{id_}.clients_per_1000", amount, said)

    entries = clients
    """In a plan whose numbers hold from the start, more clients and more of those who enter are the same."""

    def price(self, id_: str, amount: Amount, said: str) -> None:
        """Change what all clients of a care type cost, the cap among it."""
        if not amount.factor:
            raise MisfitError("a price cannot become nothing", "Write a smaller cut.")
        if amount.value is not None:
            raise MisfitError("a price changes by a share of what it was", f"Write +15%, or set a key of {id_} itself.")
        where, _ = self._law(id_)
        before = self._mean(where)
        for key, quantity in [*quantities_of(frozen(self._node(where)), where)]:
            if key.rsplit(".", 1)[1] == "mu":
                self.set(key, Amount(value=quantity.value + math.log(amount.factor)), said)
            elif quantity.unit.casefold().startswith(_MONEY):
                self.set(key, amount, said)
        if not math.isclose(self._mean(where), amount.factor * before, rel_tol=1e-9):
            raise MisfitError(f"the price of '{id_}' cannot change as one", "Set the parameters of its law instead.")

    def length(self, id_: str, amount: Amount, said: str) -> None:
        """Make the stays of a care type longer or shorter; as many children enter, so more are in care."""
        care = self.document["care_types"][id_]
        if "episode" not in care:
            raise MisfitError(f"'{id_}' has no stays, whose length could change", "Name care with stays.")
        if amount.value is not None:
            raise MisfitError("a length changes by a share of what it was", "Write by = '+15%'.")
        before = self._episode(id_)
        where = f"care_types.{id_}.episode.duration"
        if care["episode"]["duration"]["family"] == "classes":
            raise MisfitError("lengths that are a table of classes cannot change as one", "Write your own table.")
        parts = care["episode"]["duration"]
        self.set(f"{where}.{'mean' if 'mean' in parts else 'scale'}", amount, said)
        entries = before.entries_per_client / self._episode(id_).entries_per_client
        self.set(f"care_types.{id_}.clients_per_1000", Amount(entries), said)

    def spread(self, id_: str, amount: Amount, said: str) -> None:
        """Change the spread of what a client costs around an unchanged mean, and the cap above it likewise."""
        where, table = self._law(id_)
        if amount.factor == 1.0 and amount.value is None:
            return  # to solve for the mean again would move its last digits
        if "cv" not in table or "mean" not in table:
            raise MisfitError(
                f"the cost of '{id_}' is not given by mean and cv", "Set the parameters of its law instead."
            )
        mean = self._mean(where)
        self.set(f"{where}.cv", amount, said)
        factor = self._table(f"{where}.cv")["value"] / table["cv"]["value"] if table["cv"]["value"] else 1.0  # type: ignore[index]
        if "cap" not in table:
            return
        room = table["cap"]["value"] - table["mean"]["value"]
        if room <= 0.0:
            raise MisfitError(f"the cap of '{id_}' lies below its mean", "Set the parameters of its law instead.")
        self.set(f"{where}.cap", Amount(value=table["mean"]["value"] + factor * room), said)

        def miss(factor: float) -> float:
            self.set(f"{where}.mean", Amount(value=table["mean"]["value"] * factor), said)
            return self._mean(where) - mean

        low, high = 0.2, 5.0
        if miss(low) > 0.0 or miss(high) < 0.0:
            raise MisfitError(
                f"no law of '{id_}' with this spread has the mean that it had", "Choose a smaller change."
            )
        miss(brentq(miss, low, high, xtol=1e-12))

    def doubt(self, error: float) -> None:
        """Give volumes, tariffs and lengths a standard error, a share of each; 0 takes every number as known."""
        for id_ in self.costs.ids:
            for kind in DOUBTED:
                table = self._table(f"care_types.{id_}.{kind}")
                if table is None or not table["value"]:
                    continue
                table.pop("standard_error", None)
                if error > 0.0:
                    table["standard_error"] = error * table["value"]
                self.changed[f"care_types.{id_}.{kind}.standard_error"] = self._number

    def _table(self, key: str) -> dict[str, Any] | None:
        node: Any = self.document
        for part in key.split("."):
            if isinstance(node, list):
                node = node[int(part) - 1] if part.isdecimal() and 1 <= int(part) <= len(node) else None
            else:
                node = node.get(part) if isinstance(node, dict) else None
        return node if isinstance(node, dict) and "value" in node else None

    def _law(self, id_: str) -> tuple[str, dict[str, Any]]:
        """Return key and table of the law of what a client, or a day, costs; a copy of it as it was."""
        care = self.document["care_types"][id_]
        kind = "severity" if "severity" in care else "episode"
        inner = "tariff" if "family" in (care[kind].get("tariff") or {}) else ""
        table = care[kind][inner] if inner else care[kind]
        copied = {key: dict(value) if isinstance(value, dict) else value for key, value in table.items()}
        return ".".join(filter(None, ("care_types", id_, kind, inner))), copied

    def _node(self, where: str) -> Any:
        node: Any = self.document
        for part in where.split("."):
            node = node[part]
        return node

    def _mean(self, where: str) -> float:
        problems: list[Problem] = []
        law = build_severity(frozen(self._node(where)), self.costs.file, where, problems)
        if law is None:
            raise InputError(problems)
        return float(law.mean)

    def _episode(self, id_: str) -> Any:
        problems: list[Problem] = []
        where = f"care_types.{id_}.episode"
        episode = build_episode(frozen(self.document["care_types"][id_]["episode"]), self.costs.file, where, problems)
        if episode is None:
            raise InputError(problems)
        return episode


def drivers(costs: CostModel) -> Iterator[str]:
    """Yield every path that a scenario may set, as it is written."""
    for name in (*DRIVERS, "tariff"):
        yield f"costs.{name}"
    for id_, episode in zip(costs.ids, costs.episodes, strict=True):
        for name in (*DRIVERS, "tariff"):
            if name != "length" or episode is not None:
                yield f"costs.{id_}.{name}"
    yield BUDGET
    for key, _ in costs.quantities():
        yield f"costs.{key.removeprefix('care_types.')}"


def _thawed(value: Any) -> Any:
    """Return a document with lists for tuples, so that numbers inside them can be set."""
    if isinstance(value, dict):
        return {key: _thawed(entry) for key, entry in value.items()}
    return [_thawed(entry) for entry in value] if isinstance(value, list | tuple) else value
