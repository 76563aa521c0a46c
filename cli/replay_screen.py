"""What ``solidair replay`` prints, at 80 columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from solidair.cli.numbers import number
from solidair.cli.replay_data import settlement_data
from solidair.cli.replay_fold import FEWEST, at, settlement_shown, shown_at
from solidair.cli.short_names import short_names
from solidair.cli.texts.replay import TEXTS
from solidair.models.calendar import MONTH
from solidair.pool.chance import TARGETS
from solidair.pool.layers import CaseFunction

if TYPE_CHECKING:
    from solidair.cli.replay_fold import Shown
    from solidair.pool.agreements import Agreement
    from solidair.pool.replay import Replay

FloatArray = npt.NDArray[np.float64]
Rule = Callable[[Any, FloatArray, FloatArray], FloatArray]
"""From care types, costs in EUR and months of stay to EUR."""

DASH = "–"
"""Stands where a number would be about too few real stays."""
LEVELS = ("national", "regional", "local", "parameter")
WIDTH = 80
LINES = Box("    \n    \n ── \n    \n ── \n ── \n    \n    \n")
"""A line below the heads and above the totals, nothing else."""


def show_replay(
    path: Replay,
    places: Sequence[tuple[int, int]],
    agreements: Sequence[str],
    most: int,
    language: str,
    *,
    alone: bool,
) -> None:
    """Print a path.

    Parameters
    ----------
    places
        Positions of (member, year) to show.
    agreements
        Names of the agreements to show.
    most
        How many of the most expensive cases of a member and year to list; the others are summed.
    alone
        Whether a single agreement was asked for: then every case shows what it takes.
    """
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=WIDTH)
    _Screen(path, agreements, most, language, alone, console).show(places)


class _Screen:
    def __init__(
        self, path: Replay, agreements: Sequence[str], most: int, language: str, alone: bool, console: Console
    ) -> None:
        self.path, self.most, self.language, self.console = path, most, language, console
        self.agreements = [a for a in path.study.agreements if a.name in agreements]
        self.agreement = self.agreements[0] if alone else None
        self.text = TEXTS[language]
        self.labels = {care.id: care.label[language] for care in path.study.costs.care_types}
        self.spare = max(0, console.width - WIDTH)

    def amount(self, value: float, decimals: int = 2) -> str:
        """Return a number as the language writes it; a minus sign and never a minus zero."""
        shown = number(abs(value), self.language, decimals)
        return f"−{shown}" if value < 0 and any(digit in shown for digit in "123456789") else shown

    def short(self, room: int) -> dict[str, str]:
        """Return the care types' names, in a column of so many letters on the narrowest screen."""
        return dict(zip(self.labels, short_names(list(self.labels.values()), room + self.spare), strict=True))

    def table(self, title: str, *columns: tuple[str, int]) -> Table:
        """Return a table whose first column holds names, of several lines if need be, and the others numbers."""
        shown = Table(
            title=title, box=LINES, title_justify="left", title_style="bold", padding=0, pad_edge=False,
            show_edge=False,
        )  # fmt: skip
        for place, (name, width) in enumerate(columns):
            if place:
                shown.add_column(name, width=width, no_wrap=True, overflow="ellipsis", justify="right")
            else:
                shown.add_column(name, min_width=width, max_width=width + self.spare)
        return shown

    def show(self, places: Sequence[tuple[int, int]]) -> None:
        path, text, study = self.path, self.text, self.path.study
        size = len(study.region.members)
        members = text["one_member" if size == 1 else "all_members"].format(count=size)
        self.console.print(Text(study.title[self.language], style="bold"))
        # With real ones: else totals of all places less this would be their number.
        count = len(path.cases) + int(path.sums["clients"].sum() + path.known["clients"].sum())
        cases = number(float(count), self.language)
        said = {"sim": path.sim, "seed": path.seed, "first": path.years[0], "last": path.years[-1]}
        self.console.print(text["path"].format(members=members, cases=cases, **said))
        if len({i for i, _ in places}) > 1:
            self.overview()
        for i, t in places:
            self.place(i, t)
        self.console.print()
        difference = self.amount(path.difference, 6)
        line = text["agrees" if path.reconciled else "differs"].format(difference=difference)
        self.console.print(Text(line, style="bold" if path.reconciled else "bold red"))

    def overview(self) -> None:
        path, text = self.path, self.text
        own = next(iter(path.settlements.values())).ledger.own[0]
        years = path.years[:5]
        shown = self.table(text["overview"], (text["member"], 24), *((str(year), 10) for year in years))
        for i, member in enumerate(path.study.region.members):
            shown.add_row(member.name, *(self.amount(own[t, i] / 1e3, 0) for t in range(len(years))))
        shown.add_section()
        shown.add_row(text["total"], *(self.amount(own[t].sum() / 1e3, 0) for t in range(len(years))))
        self.console.print()
        self.console.print(shown)

    def place(self, i: int, t: int) -> None:
        """Print a member in a year."""
        path, text = self.path, self.text
        member, year = path.study.region.members[i], path.years[t]
        self.console.print()
        self.console.rule(
            Text(text["place"].format(name=member.name, code=member.code, year=year), style="bold"), align="left"
        )
        need = "need_drawn" if member.need_index is None else "need_known"
        self.console.print(text[need].format(need=self.amount(path.needs[i], 4)))
        rows = shown_at(path, i, t)
        for part in (self.shocks(i, t), self.types(i, t, rows), self.cases(i, t, rows)):
            self.console.print()
            self.console.print(part)
        self.notes(i, t, rows)
        for agreement in self.agreements:
            if agreement.spec.clauses:
                self.console.print()
                self.console.print(self.settlement(agreement, i, t))
                if not settlement_shown(path, agreement.name, t):
                    self.console.print(text["settled_note"].format(fewest=FEWEST), style="dim")

    def shocks(self, i: int, t: int) -> Table:
        path, text = self.path, self.text
        drawn = at(path.shocks, path.study.region.members[i].code, path.years[t])
        common = drawn[np.asarray(drawn["care_type"] == "")]
        levels = [level for level in LEVELS if level in set(common["level"])]
        columns = [(text[level], 12) for level in levels]
        shown = self.table(text["shocks"], ("", 17), *columns, (text["together"], 12))
        for target in TARGETS[:2]:
            mine = common[np.asarray(common["target"] == target)]
            by_level = dict(zip(mine["level"], mine["factor"], strict=True))
            factors = [by_level.get(level, 1.0) for level in levels]
            shown.add_row(text[target], *(self.amount(f, 4) for f in (*factors, float(np.prod(factors)))))
        return shown

    def types(self, i: int, t: int, rows: Shown) -> Table:
        """Return the care types: what strikes them, how many there are, and what they cost."""
        path, text, study = self.path, self.text, self.path.study
        shown = self.table(
            text["types"], (text["care_type"], 20), (text["volume_short"], 7), (text["price_short"], 7),
            (text["expected"], 8), (text["drawn"], 9), (text["clients"], 8), (text["cost"], 15),
        )  # fmt: skip
        growth, index = study.costs.volume_path(t + 1)[:, t], study.costs.index_path(t + 1)[:, t]
        labels = self.short(20)
        for c, id_ in enumerate(study.costs.ids):
            drawn = rows.counts[np.asarray(rows.counts["care_type"] == id_)]
            volume, price = path.factors[i, 0, c, t] * growth[c], path.factors[i, 1, c, t] * index[c]
            numbers = [DASH, DASH, DASH]
            if id_ not in rows.hidden.care_types:
                clients, cost = rows.of(id_)
                numbers = [self.amount(drawn["drawn"].sum(), 0), self.amount(clients, 0), self.amount(cost)]
            expected = self.amount(drawn["expected"].sum(), 1)
            shown.add_row(labels[id_], self.amount(volume, 4), self.amount(price, 4), expected, *numbers)
        if rows.hidden.care_types and not rows.hidden.few:
            clients, cost = rows.together
            shown.add_row(text["folded"], "", "", "", "", self.amount(clients, 0), self.amount(cost))
        shown.add_section()
        clients, cost = rows.total
        shown.add_row(text["total"], "", "", "", "", self.amount(clients, 0), self.amount(cost), style="bold")
        return shown

    def rules(self, i: int, t: int) -> list[tuple[str, Rule, Rule]]:
        """Return what is shown of every case: a title, and functions of care types, costs and months; the last of sums.

        No small case reaches an attachment, so of a sum only what counts from the first euro matters.
        """
        study = self.path.study
        growth = float(study.setting.growth[t])

        def above(line: float) -> tuple[str, Rule, Rule]:
            title = self.text["above"].format(line=self.amount(line, 0))
            return title, lambda _, cost, __: np.maximum(cost - line, 0.0), lambda _, cost, __: np.zeros_like(cost)

        if self.agreement is None:
            measures = self.path.measures.measures
            points = {(m.attachment, m.indexed) for m in measures if m.attachment and not m.monthly}
            return [above(line) for line in sorted({a * (growth if indexed else 1.0) for a, indexed in points})[:2]]
        rules = self.agreement.rules(study.setting).of(t, i)

        def added(
            types: Any, cost: FloatArray, months: FloatArray, function_of: Callable[[CaseFunction], CaseFunction]
        ) -> FloatArray:
            total = np.zeros_like(cost)
            for rule in rules:
                for id_, function in rule.items():
                    scale = growth if function.indexed else 1.0
                    total += np.where(types == id_, scale * function_of(function)(cost / scale, months), 0.0)
            return total

        def handed_in(types: Any, cost: FloatArray, months: FloatArray) -> FloatArray:
            return added(types, cost, months, lambda function: function)

        def of_sums(types: Any, cost: FloatArray, months: FloatArray) -> FloatArray:
            return added(types, cost, months, lambda f: CaseFunction((0.0,), f.weights[:1], f.indexed)
                         if f.attachments[:1] == (0.0,) else CaseFunction.nothing())  # fmt: skip

        return [(self.text["handed_in"], handed_in, of_sums)]

    def cases(self, i: int, t: int, rows: Shown) -> Table:
        """Return the most expensive cases, the others as one row, and all together."""
        text, cases, small, known = self.text, rows.cases, rows.sums, rows.known
        rules = self.rules(i, t)
        for n, (_, rule, of_sums) in enumerate(rules):
            months = np.nan_to_num(cases["days"].to_numpy(np.float64)) / MONTH
            each, sums_of = (frame["cost"].to_numpy(np.float64) for frame in (cases, small))
            cases = cases.assign(**{f"rule_{n}": rule(cases["care_type"], each, months)})
            small = small.assign(**{f"rule_{n}": of_sums(small["care_type"], sums_of, np.zeros_like(sums_of))})
        sums = ["cost", *(f"rule_{n}" for n in range(len(rules)))]
        listed = cases.nlargest(min(self.most, len(cases)), "cost")
        # Two attachments leave no room for the tariff; it is in the JSON.
        tariff = [(text["tariff"], 8)] if len(rules) < 2 else []
        taken = 10 + 5 + sum(width for _, width in tariff) + 14 * len(sums) + 2 + len(tariff) + len(sums)
        shown = self.table(
            text["cases"], (text["care_type"], WIDTH - taken), (text["case"], 10), (text["days"], 5), *tariff,
            (text["cost"], 14), *((title, 14) for title, *_ in rules),
        )  # fmt: skip
        blank = [""] * (2 + len(tariff))
        labels = self.short(WIDTH - taken - 1)  # a star may follow
        for row in listed.to_dict("records"):
            label = labels[row["care_type"]] + ("*" if row["origin"] != row["code"] else "")
            days = [row["days"], *(row["tariff"] for _ in tariff)]
            how = blank[1:] if math.isnan(row["tariff"]) else [self.amount(x, n + 1) for n, x in enumerate(days)]
            shown.add_row(label, self.name(row), *how, *(self.amount(row[key]) for key in sums))
        rest = cases.drop(listed.index)
        if len(rest):
            label = text["rest"].format(count=number(len(rest), self.language))
            shown.add_row(label, *blank, *(self.amount(rest[key].sum()) for key in sums))
        if len(small):
            label = text["small"].format(count=number(float(small["clients"].sum()), self.language))
            shown.add_row(label, *blank, *(self.amount(small[key].sum()) for key in sums))
        totals = [float(cases[key].sum() + small[key].sum()) for key in sums]
        if len(known):
            label = text["known"].format(count=number(float(known["clients"].sum()), self.language))
            shown.add_row(label, *blank, self.amount(known["cost"].sum()), *("" for _ in rules))
        folded = bool(rows.hidden.care_types)
        if folded and not rows.hidden.few:
            clients, cost = rows.together
            shown.add_row(text["folded"], number(float(clients), self.language), *blank[1:], self.amount(cost))
        if folded or len(known):
            totals = [rows.total[1]]  # what rules do to children of a file is not shown
        shown.add_section()
        shown.add_row(text["total"], *blank, *map(self.amount, totals), style="bold")
        return shown

    def name(self, row: Mapping[Any, Any]) -> str:
        """Return how a case is called: by its day of entry, or by its number."""
        if row["since"] is not None:
            return f"{row['since']:%d-%m-%Y}" if self.language == "nl" else row["since"].isoformat()
        return self.text["open" if row["group"] == "open" else "year"].format(number=row["number"] + 1)

    def notes(self, i: int, t: int, rows: Shown) -> None:
        text, cases = self.text, rows.cases
        if any(episode is not None for episode in self.path.study.costs.episodes):
            self.console.print(text["counted_note"], style="dim")
        listed = cases.nlargest(min(self.most, len(cases)), "cost")
        if listed["tariff"].notna().any():
            self.console.print(text["dates"], style="dim")
            if len(self.rules(i, t)) < 2:  # else the table has no column of tariffs
                self.console.print(text["price_note"], style="dim")
        if (listed["origin"] != listed["code"]).any():
            self.console.print(text["moved"], style="dim")
        if len(rows.sums):
            self.console.print(text["small_note"], style="dim")
        if rows.hidden.care_types:
            note = text["few_note" if rows.hidden.few else "folded_note"]
            self.console.print(note.format(fewest=FEWEST), style="dim")
        elif len(rows.known):
            self.console.print(text["known_note"], style="dim")

    def settlement(self, agreement: Agreement, i: int, t: int) -> Table:
        """Return what an agreement does to a member: own use, then every clause, then what it bears."""
        text, data = self.text, settlement_data(self.path, agreement.name, i, t)
        shown = self.table(
            agreement.spec.title[self.language], (text["settled"], 20), (text["handed_in"], 14), (text["paid"], 14),
            (text["charged"], 14), (text["borne"], 14),
        )  # fmt: skip
        shown.add_row(text["own"], "", "", "", self.amount(data["own"]))
        for place, clause in enumerate(data["clauses"], 1):
            title = text["article"].format(number=place, title=clause["title"][self.language])
            if data["contribution"] is None:
                shown.add_row(title, *[DASH] * 4)
                continue
            amounts = [clause[key] for key in ("handed_in", "paid", "charged")]
            shown.add_row(title, *map(self.amount, amounts), self.amount(clause["charged"] - clause["paid"]))
        shown.add_section()
        borne = DASH if data["contribution"] is None else self.amount(data["contribution"])
        shown.add_row(text["contribution"], "", "", "", borne, style="bold")
        return shown
