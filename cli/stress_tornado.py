"""A tornado on the screen and as a folder: which numbers of the cost model move the answer most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from solidair.cli import output as out
from solidair.cli.numbers import euro_short, number, points, signed, unit_for
from solidair.cli.progress import progress_bar, time_in_words
from solidair.cli.report.cells import exact, rounded
from solidair.cli.stress_ask import Asked, Run
from solidair.cli.texts.stress_ask import TEXTS
from solidair.cli.wrapped import say
from solidair.pool.stress.compare import REGION
from solidair.pool.stress.tornado import SIMS, Sensitivity, Tornado
from solidair.pool.study import Study

SHOWN, DRAWN, EACH = 10, 15, 3
"""Numbers on the screen, in the figure, and per member in the table of members."""

_DRIVERS = ("price", "clients", "length", "spread")


def tornado(
    study: Study, asked: Asked, share: float, code: str | None, target: Path, run: Run, threads: int, started: float
) -> None:
    """Run a tornado, print it and write its folder."""
    text = TEXTS[run.language]
    names = tuple(dict.fromkeys((study.agreements[0].name, *asked.agreements)))
    ready = Sensitivity.prepare(
        study, asked.measure, names, share=share, sims=run.sims or SIMS, seed=run.seed, horizon=asked.all_years
    )
    words = {
        "worlds": number(ready.worlds, run.language),
        "sims": number(ready.sims, run.language),
        "time": time_in_words(ready.seconds(threads), run.language),
        "threads": threads,
    }
    say(text["ahead" if ready.engine is not None else "ahead_exact"].format(**words))
    with progress_bar(text["label"], ready.worlds) as advance:
        found = ready.run(threads, advance)
    told = Told(study, found, run.language, run.world)
    with out.replaced_folder(target) as work:
        digests = out.write_tables(work / "tables", {"tornado": found.table})
        page = told.page()
        (work / "tornado.html").write_text(page, encoding="utf-8")
        content = {
            "question": "tornado",
            "measure": found.measure,
            "agreements": list(found.agreements),
            "by": found.share,
            "sims": found.sims,
            "seed": found.seed,
            "simulated_worlds": found.simulated,
            "without_effect": list(found.still),
            "not_moved": dict(found.failed),
            "files_sha256": {"tornado.html": sha256(page.encode()).hexdigest()},
            **run.facts(study, asked, digests, started),
        }
        out.write_json(work / out.MANIFEST, content)
    if run.as_json:
        click.echo(out.json_text({"output": str(target), **content}))
        return
    told.show(code or REGION, target)


@dataclass(frozen=True)
class Told:
    """A tornado in words."""

    study: Study
    found: Tornado
    language: str
    world: str = ""

    @property
    def text(self) -> dict[str, str]:
        """The words."""
        return TEXTS[self.language]

    def label(self, row: Mapping[Any, Any]) -> str:
        """Return the name of a number, such as 'Verblijf: prijs'."""
        from solidair.cli.report.details import input_label
        from solidair.cli.texts import report_en, report_nl

        care = {c.id: c.label[self.language] for c in self.study.costs.care_types}
        words = {"nl": report_nl, "en": report_en}[self.language]
        driver = row["path"].rpartition(".")[2]
        if row["care_type"] in care and row["path"] == f"costs.{row['care_type']}.{driver}" and driver in _DRIVERS:
            is_day = driver == "spread" and ".tariff." in row["parameter"]
            return f"{care[row['care_type']]}: {self.text['spread_day' if is_day else driver]}"
        return input_label(row["parameter"], care, {}, words.INPUTS)

    def what(self, agreement: str, code: str) -> str:
        """Return what is shown, and how much it is now."""
        rows = self.found.table[(self.found.table["agreement"] == agreement) & (self.found.table["code"] == code)]
        base = euro_short(float(rows["base"].iloc[0]), self.language) if len(rows) else "–"
        who = self.text["sum"].format(count=len(self.study.region))
        if code != REGION:
            who = self.study.region.members[self.study.region.index(code)].name
        title = next(a.spec.title[self.language] for a in self.study.agreements if a.name == agreement)
        measure = self.text[self.found.measure]
        words = {
            "measure": measure[:1].upper() + measure[1:],
            "period": period(self.study, horizon=self.found.horizon, language=self.language),
        }
        return self.text["what"].format(**words, who=who, agreement=title, base=base)

    def how(self) -> str:
        """Return how it was found."""
        errors = bool((self.found.table["step"] == "standard_error").any())
        step = self.text["step_both" if errors else "step_share"].format(by=points(self.found.share, self.language))
        key = "how" if self.found.simulated else "how_exact"
        said = self.text[key].format(step=step, sims=number(self.found.sims, self.language), seed=self.found.seed)
        return f"{self.text['in_world'].format(world=self.world)} {said}" if self.world else said

    def notes(self, agreement: str, code: str) -> list[str]:
        """Return what is said below the table."""
        text, clear = self.text, self.found.clear(agreement, code)
        top = clear.head(SHOWN)
        assumed = top[top["grade"] == "assumed"]
        said = []
        if len(top):
            first = self.label(assumed.iloc[0].to_dict()) if len(assumed) else ""
            key = "first" if len(assumed) else "first_none"
            said.append(text[key].format(count=len(top), assumed=len(assumed), label=first))
        unclear = len(self.found.ranked(agreement, code)) - len(clear)
        if unclear:
            said.append(text["unclear"].format(count=unclear))
        if self.found.still:
            said.append(text["still"].format(count=len(self.found.still)))
        if self.found.failed:
            said.append(text["failed"].format(count=len(self.found.failed), keys=", ".join(self.found.failed)))
        return said

    def show(self, code: str, target: Path) -> None:
        """Print the numbers that do most."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        from solidair.cli.console import new_console

        text, console = self.text, new_console()
        console.print(Text(text["title"], style="bold"))
        for agreement in self.found.agreements:
            rows = self.found.clear(agreement, code).head(SHOWN)
            unit = unit_for(max(rows["swing"], default=0.0))
            console.print()
            console.print(self.what(agreement, code))
            table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
            table.add_column(f"{text['number']} ({text[unit.name]})", max_width=36)
            for side in ("down", "up"):
                table.add_column(text[side], justify="right", no_wrap=True)
            table.add_column(text["grade"], no_wrap=True)
            for row in rows.to_dict("records"):
                cells = [
                    self.change(row, side, unit.divisor, unit.decimals) + ("*" if row[end] else "")
                    for side, end in (("down", "low_clipped"), ("up", "high_clipped"))
                ]
                table.add_row(self.label(row), *cells, text[row["grade"]])
            console.print(table)
            if (rows["low_clipped"] | rows["high_clipped"]).any():
                console.print(text["clipped"])
            for line in self.notes(agreement, code):
                console.print(line)
        console.print()
        console.print(self.how())
        console.print(Text(text["page"].format(path=target / "tornado.html"), style="bold"), soft_wrap=True)

    def change(self, row: Mapping[Any, Any], side: str, divisor: float, decimals: int) -> str:
        """Return a change with its error, '+4,4 ± 0,1'; a change within a few errors of nothing too."""
        shown, error = rounded(
            row[side] / divisor, row[f"{side}_se"] / divisor, self.language, sign=True, most=decimals + 1
        )
        return f"{shown} ± {error}" if error else shown

    def page(self) -> str:
        """Return the page: per agreement a figure and tables, for the region and for every member."""
        from jinja2 import Environment, StrictUndefined
        from markupsafe import Markup

        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        template = environment.from_string((files("solidair.cli") / "tornado.html.j2").read_text(encoding="utf-8"))
        css = Markup((files("solidair.cli.report") / "style.css").read_text(encoding="utf-8"))
        parts = [self._part(agreement) for agreement in self.found.agreements]
        return template.render(
            language=self.language, t=self.text, css=css, region=self.study.region.title, how=self.how(), parts=parts
        ) + "\n"  # fmt: skip

    def _part(self, agreement: str) -> dict[str, Any]:
        clear = self.found.clear(agreement)
        unit = unit_for(max(clear["swing"], default=0.0))
        title = next(a.spec.title[self.language] for a in self.study.agreements if a.name == agreement)
        rows = [
            {
                "label": self.label(row),
                "path": row["path"],
                "value": exact(row["value"], self.language),
                "low": exact(row["low"], self.language) + ("*" if row["low_clipped"] else ""),
                "high": exact(row["high"], self.language) + ("*" if row["high_clipped"] else ""),
                "down": self.change(row, "down", unit.divisor, unit.decimals),
                "up": self.change(row, "up", unit.divisor, unit.decimals),
                "grade": self.text[row["grade"]],
                "assumed": row["grade"] == "assumed",
                "source": row[f"source_{self.language}"],
            }
            for row in clear.to_dict("records")
        ]
        return {
            "title": title,
            "what": self.what(agreement, REGION),
            "notes": self.notes(agreement, REGION),
            "clipped": any("*" in row["low"] + row["high"] for row in rows),
            "unit": self.text[unit.name],
            "rows": rows,
            "svg": self._figure(agreement),
            "drawn": min(DRAWN, len(rows)),
            "members": [self._member(agreement, member.code, member.name) for member in self.study.region.members],
        }

    def _member(self, agreement: str, code: str, name: str) -> dict[str, Any]:
        rows = self.found.clear(agreement, code).head(EACH)
        unit = unit_for(max(rows["swing"], default=0.0))
        said = [
            f"{self.label(row)} ({self.change(row, 'down', unit.divisor, unit.decimals)} / "
            f"{self.change(row, 'up', unit.divisor, unit.decimals)})"
            for row in rows.to_dict("records")
        ]
        ranked = self.found.ranked(agreement, code)
        now = euro_short(float(ranked["base"].iloc[0]), self.language) if len(ranked) else "–"
        return {"name": name, "now": now, "unit": self.text[unit.name], "said": said}

    def _figure(self, agreement: str) -> Any:
        from markupsafe import Markup

        from solidair.cli.report.plots import LETTERS, Axis, labelled, strips

        rows = self.found.clear(agreement).head(DRAWN).to_dict("records")
        if not rows:
            return ""
        unit = unit_for(max(row["swing"] for row in rows))
        drawn: list[dict[str, Any]] = []
        for row in rows:
            fields: dict[str, Any] = {"own": False}
            fields["note"] = " / ".join(
                signed(row[side] / unit.divisor, self.language, unit.decimals) for side in ("down", "up")
            )
            fields["label"] = _short(self.label(row), LETTERS - len(fields["note"]))
            for side in ("down", "up"):
                value, error = row[side] / unit.divisor, row[f"{side}_se"] / unit.divisor
                fields |= {side: value, f"{side}_low": value - error, f"{side}_high": value + error}
            drawn.append(fields)
        most = 1.05 * max(abs(fields[key]) for fields in drawn for key in fields if key.endswith(("_low", "_high")))
        [svg] = strips("tornado", [drawn], Axis(-most, most, "+,~f", 0.0), self.language)
        return Markup(labelled(svg, f"{self.text['title']} {self.what(agreement, REGION)}"))


def _short(label: str, room: int) -> str:
    """Return a label that fits: of 'care type: price' the name of the care type gives way."""
    owner, colon, what = label.rpartition(": ")
    if len(label) <= room or not colon:
        return label
    return f"{owner[: max(room - len(what) - 3, 1)].rstrip()}…: {what}"


def period(study: Study, *, horizon: bool, language: str) -> str:
    """Return the period in words."""
    first, years = study.settings.first_year, study.settings.years
    if not horizon or years == 1:
        return TEXTS[language]["period_first"].format(year=first)
    return TEXTS[language]["period_all"].format(first=first, last=first + years - 1)
