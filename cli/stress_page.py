"""The page of a stress test: which world hurts whom most, a plot, and every world by itself; no network, no script."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from solidair.cli.numbers import euro_short, number
from solidair.cli.report.cells import money_scale, rounded
from solidair.cli.stress_figures import Change, Figures
from solidair.cli.stress_plot import Bar, bars, ends
from solidair.cli.stress_run import Found
from solidair.models.schema import in_language
from solidair.pool.stress.compare import REGION
from solidair.pool.stress.scenario import Scenario
from solidair.pool.stress.words import change_words
from solidair.pool.stress.worlds import World
from solidair.pool.study import builtin

EVERYONE = "everyone"
"""Stands for all members where a world hits them alike."""

VISIBLE = 0.0005
"""Share of a budget below which a rise is printed as nothing."""

MOST_MEMBERS = 40
"""Members in the table of a world; of more, those that change most."""


def stress_page(found: Found, language: str) -> str:
    """Return the page as a whole HTML document; the same run gives the same bytes."""
    page = _Page(Figures(found, language))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string((files("solidair.cli") / "stress.html.j2").read_text(encoding="utf-8"))
    css = Markup((files("solidair.cli.report") / "style.css").read_text(encoding="utf-8"))
    return template.render(language=language, css=css, t=page.text, **page.context()) + "\n"


class _Page:
    """What stands on the page."""

    def __init__(self, figures: Figures) -> None:
        self.figures, self.text, self.language = figures, figures.text, figures.language
        self.found, self.study = figures.found, figures.found.base.study
        self.agreements = [agreement.name for agreement in self.study.agreements]
        self.titles = {agreement.name: agreement.spec.title[self.language] for agreement in self.study.agreements}
        self.period = figures.periods[-1]
        own = (agreement.name for agreement in self.study.agreements if not agreement.spec.clauses)
        self.own = next(own, self.agreements[0])
        # Worlds that ask most come first.
        self.worlds = sorted(self.found.worlds, key=lambda world: -self._need(world.name, self.own, REGION).change)

    def context(self) -> dict[str, Any]:
        """Return what the template fills in."""
        text, found = self.text, self.found
        words = {"period": self.period, "certainty": self.figures.certainty}
        member = found.loaded.member or self._hardest()
        plots = [self._plot(REGION, self.study.region.title)]
        if member is not None and len(self.study.region) > 1:
            plots.append(self._plot(member, self._name(member)))
        return {
            "kicker": text["kicker"].format(region=self.study.region.title),
            "title": text["h1"].format(title=self.study.title[self.language]),
            "facts": text["facts"].format(
                worlds=self.figures.worlds,
                sims=number(found.base.sims, self.language),
                seed=found.base.seed,
                **words,
            ),
            "answer": self._answer(),
            "who_text": text["who_text"].format(**words),
            "columns": [self.titles[name] for name in self.agreements],
            "scale": self._scale().unit,
            "who": [self._who(world) for world in self.worlds],
            "plots": plots if self.worlds else [],
            "cells": text["cells"].format(**words),
            "worlds": [self._world(world) for world in self.worlds],
            "left": [self._left(left) for left in found.left_out],
            "command": self._command(),
        }

    def _need(self, world: str, agreement: str, code: str) -> Change:
        return self.figures.of(world, agreement, code, "required")

    def _name(self, code: str) -> str:
        region = self.study.region
        if code == EVERYONE:
            return self.text["all_alike"]
        return region.title if code == REGION else region.members[region.index(code)].name

    def _codes(self) -> list[str]:
        return [str(code) for code in self.study.region.codes]

    def _share(self, world: str, agreement: str, code: str) -> float:
        """Return the change of required capacity as a share of the planned budget, NaN if there is none."""
        return self._need(world, agreement, code).change / self.figures.budget(code)

    def _hit(self, world: str, agreement: str) -> tuple[str, float] | None:
        """Return who has the largest clear rise in a world, and that rise as a share of its budget."""
        clear = [code for code in self._codes() if self._need(world, agreement, code).clear]
        rises = [(self._share(world, agreement, code), code) for code in clear]
        share, code = max(rises, default=(0.0, ""), key=lambda rise: rise[0])
        if share < VISIBLE:
            return None
        alike = len(rises) == len(self.study.region) > 1 and share - min(rises)[0] < VISIBLE
        return (EVERYONE if alike else code, share)

    def _hardest(self) -> str | None:
        hits = [hit for world in self.worlds if (hit := self._hit(world.name, self.own)) and hit[0] != EVERYONE]
        return max(hits, key=lambda hit: hit[1])[0] if hits else None

    def _answer(self) -> list[str]:
        text, said = self.text, []
        if not self.worlds:
            return [text["none"]]
        top = self.worlds[0]
        need = self._need(top.name, self.own, REGION)
        if not need.clear or need.change <= 0.0:
            return [text["lead_none"].format(agreement=self.titles[self.own])]
        amount = euro_short(need.change, self.language)
        said.append(
            text["lead"].format(
                world=self._quoted(top), amount=amount, period=self.period, agreement=self.titles[self.own]
            )
        )
        hits = [
            (hit[1], world, hit[0])
            for world in self.worlds
            if (hit := self._hit(world.name, self.own)) and hit[0] != EVERYONE
        ]
        if hits and len(self.study.region) > 1:
            share, world, code = max(hits, key=lambda hit: hit[0])
            said.append(
                text["hardest"].format(world=self._quoted(world), member=self._name(code), share=self._plus(share))
            )
        needs = {name: self._need(top.name, name, REGION) for name in self.agreements}
        best, worst = (pick(needs, key=lambda name: needs[name].change) for pick in (min, max))
        spread = needs[worst].change - needs[best].change
        if spread > 2.0 * (needs[worst].error + needs[best].error):
            said.append(
                text["least"].format(
                    best=self.titles[best],
                    worst=self.titles[worst],
                    low=euro_short(needs[best].change, self.language),
                    high=euro_short(needs[worst].change, self.language),
                )
            )
        assumed = sum(world.assumed for world in self.worlds)
        if assumed:
            said.append(text["grades"].format(assumed=assumed, all=len(self.worlds)))
        return said

    def _quoted(self, world: World) -> str:
        return f"‘{world.title[self.language]}’"

    def _plus(self, share: float) -> str:
        return f"{rounded(100 * share, 0.05, self.language, sign=True, most=1)[0]}%"

    def _scale(self) -> Any:
        return money_scale([self._need(world.name, self.own, REGION).change for world in self.worlds], self.language)

    def _who(self, world: World) -> dict[str, Any]:
        """Return the row of a world in the first table."""
        divisor = self._scale().divisor
        hits = [self._hit(world.name, name) for name in self.agreements]
        return {
            "title": world.title[self.language],
            "grade": "assumed" if world.assumed else world.scenarios[0].spec.grade,
            "cost": self.figures.short(self.figures.of(world.name, self.own, REGION, "mean"), divisor),
            "chance": self.figures.short(self.figures.of(world.name, self.own, REGION, "overrun_probability"), 0.01),
            "hits": [
                {"name": self._name(hit[0]), "share": self._plus(hit[1])}
                if hit
                else {"name": "", "share": self.text["none_hit"]}
                for hit in hits
            ],
        }

    def _plot(self, code: str, who: str) -> dict[str, Any]:
        """Return the plot of a member, or of the region: a panel per agreement."""
        needs = {
            name: [(world, self._need(world.name, name, code)) for world in self.worlds] for name in self.agreements
        }
        there = {name: [(w, c) for w, c in rows if c.there] for name, rows in needs.items()}
        scale = money_scale([change.change for rows in there.values() for _, change in rows], self.language)
        panels: dict[str, Sequence[Bar]] = {
            name: [
                Bar(
                    world.title[self.language],
                    change.change / scale.divisor,
                    change.error / scale.divisor,
                    self.figures.short(change, scale.divisor),
                    change.clear,
                )
                for world, change in rows
            ]
            for name, rows in there.items()
        }
        axis = ends(list(panels.values()))
        return {
            "title": f"{self.text['plot_title'].format(who=who)} ({scale.unit})",
            "panels": [
                {"title": self.titles[name], "svg": Markup(bars(rows, axis, self._alt(name, rows)))}
                for name, rows in panels.items()
            ],
        }

    def _alt(self, agreement: str, rows: Sequence[Bar]) -> str:
        said = "; ".join(f"{bar.label} {bar.shown}" for bar in rows)
        return self.text["plot_alt"].format(agreement=self.titles[agreement], rows=said)

    def _world(self, world: World) -> dict[str, Any]:
        """Return the section of a world."""
        codes = [code for code in self._codes() if self._need(world.name, self.own, code).there]
        shown = codes
        if len(codes) > MOST_MEMBERS:
            most = sorted(codes, key=lambda code: -abs(self._share(world.name, self.own, code)))[:MOST_MEMBERS]
            shown = [code for code in codes if code in most]
        scale = money_scale(
            [self._need(world.name, name, code).change for name in self.agreements for code in shown], self.language
        )
        region = money_scale([self._need(world.name, self.own, REGION).change], self.language)
        years = [
            f"{year} {self.figures.long(self.figures.of(world.name, self.own, REGION, 'mean', year), region.divisor)}"
            for year in self.figures.periods
        ]
        return {
            "name": world.name,
            "title": world.title[self.language],
            "scenarios": [self._scenario(one) for one in world.scenarios],
            "years": f"{self.text['by_year']} {', '.join(years)} ({region.unit})",
            "unit": scale.unit,
            "rows": [
                {
                    "name": self._name(code),
                    "cells": [self._cell(world.name, name, code, scale.divisor) for name in self.agreements],
                }
                for code in (*shown, REGION)
            ],
            "more": "" if shown is codes else self.text["more_members"].format(shown=len(shown)),
        }

    def _scenario(self, scenario: Scenario) -> dict[str, str]:
        spec = scenario.spec
        labels = {care.id: care.label[self.language] for care in self.study.costs.care_types}
        return {
            "summary": spec.summary[self.language],
            "grade": spec.grade,
            "source": in_language(spec.source, self.language),
            "changes": "; ".join(change_words(change, self.language, labels) for change in spec.changes),
        }

    def _cell(self, world: str, agreement: str, code: str, divisor: float) -> dict[str, str]:
        figures = self.figures
        return {
            "need": figures.long(self._need(world, agreement, code), divisor),
            "mean": figures.long(figures.of(world, agreement, code, "mean"), divisor),
            "chance": figures.long(figures.of(world, agreement, code, "overrun_probability"), 0.01),
        }

    def _left(self, left: Any) -> Mapping[str, str]:
        key = "left_out" if left.problems else "no_change"
        why = "; ".join(f"{problem.rule}" for problem in left.problems)
        return {"said": self.text[key].format(name=left.scenario.spec.title[self.language]), "why": why}

    def _command(self) -> str:
        """Return the command line that repeats the test."""
        study, loaded = self.study, self.found.loaded
        own = [name for name in study.inputs if name.endswith(".toml")]
        parts = ["solidair", "stress", study.name if study.name in builtin("studies") or not own else own[0]]
        for world in loaded.asked:
            parts += ["--scenario", world]
        for override in (*study.overrides, *loaded.changes):
            parts += ["--set", override]
        parts += ["--sims", str(self.found.base.sims), "--seed", str(self.found.base.seed), "--lang", self.language]
        return shlex.join(parts)
