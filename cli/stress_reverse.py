"""A reverse stress test on the screen and as a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from solidair.cli import output as out
from solidair.cli.numbers import number, points, signed
from solidair.cli.progress import progress_bar
from solidair.cli.report.cells import exact
from solidair.cli.stress_ask import Asked, Run
from solidair.cli.stress_tornado import period
from solidair.cli.texts.stress_ask import TEXTS
from solidair.pool.stress.reverse import Question, reverse
from solidair.pool.stress.tornado import SIMS
from solidair.pool.study import Study

if TYPE_CHECKING:
    import pandas as pd

ABREAST = 4
"""Agreements beside one another: what fits on 80 columns."""


def reversed_stress(
    study: Study, question: Question, asked: Asked, code: str | None, target: Path, run: Run, threads: int,
    started: float,
) -> None:  # fmt: skip
    """Search, print what was found and write its folder; `code` is the member to show, None for all."""
    text = TEXTS[run.language]
    sims, seed = run.sims or SIMS, study.settings.seed if run.seed is None else run.seed
    with progress_bar(text["r_label"], None) as advance:
        table = reverse(
            study, question, asked.agreements,
            sims=sims, seed=seed, horizon=asked.all_years, threads=threads, progress=advance,
        )  # fmt: skip
    with out.replaced_folder(target) as work:
        digests = out.write_tables(work / "tables", {"reverse": table})
        content = {
            "question": "reverse",
            "driver": question.driver,
            "over": question.over,
            "likely": question.likely,
            "between": [question.low, question.high],
            "agreements": list(dict.fromkeys(table["agreement"])),
            "sims": sims,
            "seed": seed,
            "files_sha256": out.digests_of_files(work),
            **run.facts(study, asked, digests, started),
        }
        out.write_json(work / out.MANIFEST, content)
    if run.as_json:
        click.echo(out.json_text({"output": str(target), **content}))
        return
    if run.world:
        click.echo(text["in_world"].format(world=run.world))
    table = table if code is None else table[table["code"] == code]
    _show(study, question, table, sims, seed, target, run.language, horizon=asked.all_years)


def _show(
    study: Study, question: Question, table: pd.DataFrame, sims: int, seed: int, target: Path, language: str, *,
    horizon: bool,
) -> None:  # fmt: skip
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from solidair.cli.console import new_console

    text, console = TEXTS[language], new_console()
    over, likely = _share(question.over, language), _share(question.likely, language)
    console.print(Text(text["r_title"].format(over=over, likely=likely), style="bold"))
    first = table.iloc[0]
    low, high = (exact(float(first[end]), language) for end in ("low", "high"))
    words = {
        "driver": question.driver,
        "period": period(study, horizon=horizon, language=language),
        "low": low,
        "high": high,
    }
    console.print(text["r_what"].format(**words))
    names = list(dict.fromkeys(table["agreement"]))
    rows = {(row["agreement"], row["code"]): row for row in table.to_dict("records")}
    for start in range(0, len(names), ABREAST):
        shown = names[start : start + ABREAST]
        grid = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
        grid.add_column(text["member"], no_wrap=True, max_width=20)
        for place, _ in enumerate(shown, start + 1):
            grid.add_column(f"({place})", justify="right", no_wrap=True)
        for member in (one for one in study.region.members if (shown[0], one.code) in rows):
            grid.add_row(member.name, *(_cell(rows[name, member.code], language) for name in shown))
        console.print(grid)
    titles = {agreement.name: agreement.spec.title[language] for agreement in study.agreements}
    for place, name in enumerate(names, 1):
        console.print(Text(f"({place}) {titles[name]}"))
    for status, key in (("already", "r_already_note"), ("out_of_reach", "r_never_note")):
        if (table["status"] == status).any():
            console.print(text[key].format(likely=likely))
    if not table["monotone"].all():
        console.print(text["r_not_monotone"])
    console.print(text["r_how"].format(sims=number(sims, language), seed=seed))
    path = target / "tables" / "reverse.csv"
    console.print(Text(text["r_file"].format(path=path), style="bold"), soft_wrap=True)


def _cell(row: Mapping[Any, Any], language: str) -> str:
    """Return the change that is needed, in percent, or why there is none."""
    mark = "" if row["monotone"] else "!"
    if row["status"] != "found":
        return TEXTS[language]["r_already" if row["status"] == "already" else "r_never"] + mark
    change = signed(100 * (row["factor"] - 1), language, 1)
    error = number(max(100 * row["factor_se"], 0.1), language, 1)
    return f"{change}%{f' ± {error}' if row['factor_se'] > 0.0 else ''}{mark}"


def _share(share: float, language: str) -> str:
    decimals = next(d for d in range(5) if d == 4 or abs(round(100 * share, d) - 100 * share) < 1e-9)
    return points(share, language, decimals)
