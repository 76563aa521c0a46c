"""Build fact sheets: an HTML page of A4 per municipality, that needs no network and has the same bytes every time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from solidair.cli.checks import prices_apart
from solidair.cli.finance_rows import Finance, Row, chance, ratio_words
from solidair.cli.numbers import euro_short, number, percent
from solidair.cli.remarks import beyond, with_own_titles
from solidair.cli.report.build import repeat_command, worlds
from solidair.cli.report.cells import Scale, exact, money_scale, rounded, with_error
from solidair.cli.report.plots import labelled
from solidair.cli.sheet.page import letter_size
from solidair.cli.sheet.picture import YearRange, money_fan
from solidair.cli.texts import report_en, report_nl
from solidair.cli.texts.sheet import TEXTS
from solidair.models.regions import Municipality
from solidair.pool.exactness import verdict
from solidair.pool.finance.capacity import level_before
from solidair.pool.finance.paragraph import certainty_words, decides, paragraphs
from solidair.pool.results import Results

if TYPE_CHECKING:
    import pandas as pd

LIBRARIES = ("solidair", "numpy", "numba")
MOST_AGREEMENTS = 12
"""Agreements of which the table on a page has at most."""

MOST_YEARS = 6
"""Years that the table has at most; a long horizon is shown in steps."""

LONGEST_SOURCE = 110
"""Letters of a source that are shown; the report has all of it."""


class Sheets:
    """Makes the fact sheets of one run.

    Parameters
    ----------
    results, tables
        What to show.
    language
        'nl' or 'en'.
    """

    def __init__(self, results: Results, tables: Mapping[str, pd.DataFrame], language: str) -> None:
        results = with_own_titles(results)
        self.results, self.study, self.language = results, results.study, language
        self.text, self.words = TEXTS[language], {"nl": report_nl, "en": report_en}[language].TEXTS
        self.finance = Finance(results, tables)
        self.first, self.span = self.finance.first, self.finance.span
        self.shown_span = self.span.replace("-", "–")
        self.titles = {a.name: a.spec.title[language] for a in self.study.agreements}
        self.paragraphs = {p.code: p for p in paragraphs(results, language)}
        outcome = verdict(tables["check"])
        self.alarm = bool(outcome["figures"]) and not outcome["passed"]
        self.grades = tables["assumptions"]["grade"].value_counts().to_dict()
        self.beyond = bool(beyond(results))
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self.template = environment.from_string(_file("sheet.html.j2"))
        self.css = Markup(_file("sheet.css"))
        inputs = "".join(f"{name}={digest}\n" for name, digest in sorted(self.study.inputs.items()))
        self.digest = sha256(inputs.encode()).hexdigest()[:12]

    def html(self, code: str) -> str:
        """Return the fact sheet of a member, by CBS code: a whole HTML document."""
        member = self.study.region.members[self.study.region.index(code)]
        outlook = [row for row in self.finance.all("outlook", self.finance.base, code) if row["budget"] > 0.0]
        context: dict[str, Any] = {
            "t": self.text,
            "css": self.css,
            "language": self.language,
            "title": f"{member.name} · {self.shown_span}",
            "name": member.name,
            "kicker": self._say("kicker", region=self.study.region.title),
            "span": self.shown_span,
            "alarms": self._alarms(),
            "gone": None,
            "footer": self._footer(),
            "command": f"{repeat_command(self.results, self.language)} --members {code}",
        }
        if not outlook or str(outlook[0]["year"]) != self.first:
            context |= {"gone": self._say("gone", name=member.name), "facts": ""}
            return self.template.render(context) + "\n"
        agreements, reserve = self._agreements(code), self._reserve(code, [str(row["year"]) for row in outlook])
        context |= {
            "facts": self._facts(member, outlook[0]),
            "tiles": self._tiles(code, outlook),
            "outlook": self._outlook(outlook),
            "capacity": self._capacity(code),
            "agreements": agreements,
            "reserve": reserve,
            "paragraph": self.paragraphs[code],
            "assumptions": self._assumptions(member),
        }
        context["size"] = f"{letter_size(context):.2f}"
        return self.template.render(context) + "\n"

    def _say(self, key: str, **figures: Any) -> str:
        return self.text[key].format(**{"first": self.first, "span": self.shown_span, **figures})

    def _alarms(self) -> list[str]:
        found = [self.text["alarm"]] if self.alarm else []
        if self.study.overrides:
            found.append(self._say("overrides", overrides="; ".join(self.study.overrides)))
        return found

    def _facts(self, member: Municipality, first: Row) -> str:
        return self._say(
            "facts",
            inhabitants=number(member.inhabitants, self.language),
            youth=number(member.youth, self.language),
            budget=euro_short(first["budget"], self.language),
            derived=self.text["derived"] if member.budget_derived else "",
        )

    def _money(self, row: Row, name: str, scale: Scale, *, sign: bool = False, most: int = 3) -> str:
        """Return an amount with its error in the unit of a table; more digits than a thousand euros say nothing."""
        value, error = (float(row[f"{name}{ending}"]) / scale.divisor for ending in ("", "_se"))
        # From a million on three decimals would read as thousands, below it fewer say little.
        most = 0 if scale.divisor < 1e6 else 2 if abs(value) >= 1.0 else most
        error = error if error > 0.5 * 10.0**-most else 0.0
        return _whole(with_error(value, error, self.language, sign=sign, most=most))

    def _known(self, value: float, scale: Scale) -> str:
        """Return an amount without error in the unit of a table."""
        return rounded(value / scale.divisor, 0.0, self.language, most=2 if scale.divisor >= 1e6 else 0)[0]

    def _euro(self, row: Row, name: str) -> str:
        """Return an amount with its error and its unit: € 61,8 ± 0,3 mln."""
        scale = money_scale([float(row[name])], self.language)
        symbol, _, unit = scale.unit.partition("\u00a0")
        if scale.divisor == 1e3:
            symbol, unit = symbol, {"nl": "dzd", "en": "k"}[self.language]
        shown = self._money(row, name, scale, most=2)
        return f"{symbol}\u00a0{shown}\u00a0{unit}".rstrip("\u00a0")

    def _tiles(self, code: str, outlook: Sequence[Row]) -> list[dict[str, str]]:
        base, language = self.finance.base, self.language
        stability = self.finance.one("stability", base, code)
        capacity = self.finance.one("capacity", base, code, self.first)
        first, last = outlook[0], outlook[-1]
        span = f"{self.first}–{last['year']}"  # not all years, if it merges into another
        every = chance(last, "within_every_year_probability", language)
        several = self.study.settings.years > 1
        return [
            {
                "label": self._say("cost"),
                "value": self._euro(first, "mean"),
                "note": self._say("cost_note", budget=euro_short(first["budget"], language)),
            },
            {
                "label": self._say("swing"),
                "value": self._euro(stability, "sd"),
                "note": self._say("swing_note", chance=self._euro(stability, "sd_chance")),
            },
            {
                "label": self._say("overrun"),
                "value": chance(capacity, "overrun_probability", language),
                "note": self._say("overrun_note", expected=self._euro(capacity, "expected_effect")),
            },
            {
                "label": self._say("holds" if several else "holds_one"),
                "value": chance(last, "within_cumulative_probability", language),
                "note": self._say("holds_note" if several else "holds_one_note", every=every, span=span),
            },
        ]

    def _outlook(self, years: Sequence[Row]) -> dict[str, Any]:
        language, base = self.language, self.titles[self.finance.base]
        scale = money_scale([row["budget"] for row in years], language)
        names = ("budget", "p10", "p50", "p90")
        bars = [YearRange(str(row["year"]), *(float(row[name]) / scale.divisor for name in names)) for row in years]
        said = [
            self._say(
                "alt_fan", base=base, year=row["year"],
                **{name: euro_short(float(row[name]), language) for name in names},
            )
            for row in years
        ]  # fmt: skip
        shown = [*years[:-1][:: -(-(len(years) - 1) // (MOST_YEARS - 1)) or 1], years[-1]]
        return {
            "title": self.text["outlook"],
            "unit": self._say("unit_note", base=base, unit=scale.unit),
            "svg": Markup(labelled(money_fan(bars, language), " ".join(said))),
            "rows": [
                {
                    "year": row["year"],
                    "cells": [
                        self._known(row["budget"], scale),
                        *(self._money(row, name, scale) for name in ("mean", "p10", "p50", "p90")),
                        chance(row, "within_probability", language),
                    ],
                }
                for row in shown
            ],
            "note": self._say("outlook_note", growth=self._growth(years[-1])),
        }

    def _growth(self, last: Row) -> str:
        index, volume = float(last["growth_index"]), float(last["growth_volume"])
        if abs(index) < 1e-9 and abs(volume) < 1e-9:
            return self._say("growth_none", level=self.study.costs.spec.price_level)
        return self._say(
            "growth", index=percent(index, self.language), volume=percent(volume, self.language), last=last["year"]
        )

    def _capacity(self, code: str) -> dict[str, Any]:
        base, language, periods = self.finance.base, self.language, self.finance.periods
        capacity = [self.finance.one("capacity", base, code, period) for period in periods]
        ladder: dict[float, dict[str, Row]] = {}
        for row in self.finance.all("certainty", base, code):
            ladder.setdefault(row["certainty"], {})[row["period"]] = row
        losses = [row["loss"] for found in ladder.values() for row in found.values()]
        scale = money_scale(losses, language)
        known = not math.isnan(capacity[0]["available"])
        chosen = next(found[self.first] for found in ladder.values() if found[self.first]["chosen"])
        level, step = float(chosen["certainty"]), ""
        before = level_before(level)
        if before is not None and math.isfinite(chosen["step"]) and decides(chosen["step"]):
            step = self._say(
                "step",
                low=certainty_words(before, language),
                high=certainty_words(level, language),
                times=with_error(100 * chosen["step"], 100 * chosen["step_se"], language, unit="%", most=0),
            )
        return {
            "title": self.text["capacity"],
            "unit": self._say("unit_note", base=self.titles[base], unit=scale.unit),
            "columns": [self._say("loss", period=period.replace("-", "–")) for period in periods],
            "rows": [
                {
                    "label": certainty_words(certainty, language),
                    "chosen": bool(found[self.first]["chosen"]),
                    "cells": [self._money(found[period], "loss", scale) for period in periods],
                }
                for certainty, found in ladder.items()
            ],
            "known": known,
            "available": [self._known(row["available"], scale) for row in capacity] if known else [],
            "ratios": [ratio_words(row["ratio"], row["ratio_se"], language, full=True) for row in capacity],
            "note": self._say("capacity_note", step=step),
        }

    def _agreements(self, code: str) -> dict[str, Any]:
        finance, language, periods = self.finance, self.language, self.finance.periods
        names = list(self.titles)
        scale = money_scale(
            [finance.one("capacity", name, code, periods[0])["required"] for name in names]
            + [finance.one("stability", name, code)["sd_chance"] for name in names],
            language,
        )
        known = not math.isnan(finance.one("capacity", names[0], code, periods[0])["available"])
        rows = []
        for name in names[:MOST_AGREEMENTS]:
            capacity = [finance.one("capacity", name, code, period) for period in periods]
            year = finance.one("years", name, code, self.first)
            own = name not in finance.shared
            cells = [
                {"value": self._money(finance.one("stability", name, code), "sd_chance", scale), "note": ""},
                {"value": chance(capacity[0], "overrun_probability", language), "note": ""},
            ]
            for row in capacity:
                cells.append({"value": self._money(row, "required", scale), "note": ""})
                cells.append({"value": "–" if own else self._money(row, "saved", scale, sign=True), "note": ""})
            if known:
                cells.append(
                    {"value": ratio_words(capacity[-1]["ratio"], capacity[-1]["ratio_se"], language), "note": ""}
                )
            spread = rounded(
                year["net_received_sd"] / scale.divisor, year["net_received_sd_se"] / scale.divisor, language
            )
            cells.append(
                {
                    "value": "–" if own else self._money(year, "net_received_mean", scale, sign=True),
                    "note": "" if own else self._say("usual", spread=spread[0]),
                }
            )
            rows.append({"title": self.titles[name], "cells": cells})
        level = certainty_words(float(finance.one("capacity", names[0], code, periods[0])["certainty"]), language)
        columns = [self._say("col_swing"), self._say("col_overrun")]
        for period in periods:
            shown = period.replace("-", "–")
            columns += [self._say("col_required", certainty=level, period=shown), self._say("col_saved")]
        if known:
            columns.append(self._say("col_ratio", period=self.shown_span))
        others = self.text["others_beyond" if self.beyond else "others"]
        left = len(names) - len(rows)
        return {
            "columns": [*columns, self._say("col_net")],
            "title": self.text["agreements"],
            "rows": rows,
            "note": self._say("agreements_note", unit=scale.unit, others=others)
            + (f" {self._say('more', count=left)}" if left else ""),
        }

    def _reserve(self, code: str, calendar: Sequence[str]) -> dict[str, Any] | None:
        """Return the path of the reserve without an agreement over some years; None if the study has no reserve."""
        if self.study.finance.reserve is None:
            return None
        language = self.language
        rows = self.finance.all("reserve", self.finance.base, code)
        years, last = [row for row in rows if row["period"] in calendar], rows[-1]
        scale = money_scale([last["balance_p90"], last["required_opening"], years[0]["opening"]], language)
        required, safety = float(last["required_opening"]), certainty_words(float(last["safety"]), language)
        key = "merging" if math.isnan(required) else "endless" if math.isinf(required) else "required"
        needed = "" if key != "required" else self._money(last, "required_opening", scale)
        steps = [*years[:-1][:: -(-(len(years) - 1) // (MOST_YEARS - 1)) or 1], years[-1]]
        columns = ["P10", "P50", "P90", self.text["call"], self.text["call_mean"], self.text["depleted"]]
        return {
            "title": self.text["reserve"],
            "unit": self._say("unit_note", base=self.titles[self.finance.base], unit=scale.unit),
            "columns": columns,
            "rows": [
                {
                    "year": row["period"],
                    "cells": [
                        *(self._money(row, f"balance_{level}", scale) for level in ("p10", "p50", "p90")),
                        chance(row, "call_probability", language),
                        "–" if math.isnan(row["call_mean"]) else self._money(row, "call_mean", scale),
                        chance(row, "depletion_probability", language),
                    ],
                }
                for row in steps
            ],
            "note": self._say(
                "reserve_note",
                opening=self._known(years[0]["opening"], scale),
                required=self._say(f"reserve_{key}", safety=safety, required=needed),
            ),
        }

    def _assumptions(self, member: Municipality) -> list[dict[str, str]]:
        """Return what a council must know of what goes in: each a sentence with its grade."""
        language, study = self.language, self.study
        source = shorten(study.region.source, LONGEST_SOURCE, placeholder=" …") or self.text["unsourced"]
        given = "sourced" if study.region.source else "assumed"
        found: list[tuple[str, str]] = []
        if member.budget_derived:
            rate = study.costs.spec.budget_per_youth.value
            shown = f"{ {'nl': '€', 'en': 'EUR'}[language] }\u00a0{number(rate, language)}"
            found.append(("derived", self._say("as_budget_derived", rate=shown)))
        else:
            found.append((given, self._say("as_budget", source=source)))
            if prices_apart(study):
                found.append(("assumed", self._say("as_apart", level=study.costs.spec.price_level)))
        if member.need_index is None:
            found.append(("assumed", self.text["as_need_unknown"]))
        else:
            found.append((given, self._say("as_need", need=exact(member.need_index, language), source=source)))
        level = certainty_words(
            float(self.finance.one("capacity", self.finance.base, member.code)["certainty"]), language
        )
        origin = self.finance.certainty_origin(member.code)
        grade = given if origin == "council" else "assumed"
        found.append((grade, self._say(f"as_certainty_{origin}", certainty=level)))
        if study.finance.reserve is not None:
            found.append(("assumed", self.text["as_reserve"]))
        counts = {grade: int(self.grades.get(grade, 0)) for grade in ("sourced", "derived", "assumed")}
        found.append(("assumed", self._say("as_costs", all=sum(counts.values()), **counts)))
        return [{"grade": grade, "badge": self.words[f"grade_{grade}"], "text": text} for grade, text in found]

    def _footer(self) -> list[str]:
        versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
        size = worlds(self.results, self.words, self.language)
        return [
            f"{self._say('same', worlds=size, seed=self.results.seed)} {self.text['error']}",
            self._say("versions", versions=versions, digest=self.digest),
        ]


def _whole(text: str) -> str:
    """Return a text that no line breaks in."""
    return text.replace(" ", "\u00a0")


def _file(name: str) -> str:
    return files("solidair.cli.sheet").joinpath(name).read_text(encoding="utf-8")
