"""The overview of a batch: index.html for people, summary.csv for a spreadsheet, batch.json for a machine."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from solidair.cli import batch_digest as digests
from solidair.cli.batch_figures import Figure, Figures, figures_of
from solidair.cli.batch_work import Outcome, Plan
from solidair.cli.numbers import number
from solidair.cli.output import MANIFEST, check_target, json_text
from solidair.cli.report.cells import with_error
from solidair.cli.texts.batch import TEXTS
from solidair.models.problems import InputError, Problem
from solidair.pool.batch import OVERVIEW

INDEX, SUMMARY, RECORD = OVERVIEW


@dataclass(frozen=True)
class Row:
    """A study in the overview.

    Parameters
    ----------
    plan, outcome
        What was to be done, and what came of it.
    files
        What stands in its folder, by kind: `report`, `workbook`, `factsheets`; of an earlier batch if it failed now.
    finished
        When these were made, ISO; empty if nobody knows.
    figures
        None if it failed.
    said
        What went wrong, in words; empty if nothing did.
    """

    plan: Plan
    outcome: Outcome
    files: Mapping[str, Any]
    finished: str
    figures: Figures | None
    said: tuple[str, ...] = ()


def check_overview(target: Path) -> None:
    """Refuse a folder in which the overview would replace something that no batch wrote.

    Raises
    ------
    InputError
        If it is a file, cannot be written to, is the folder of one run, or holds such files.
    """

    def refuse(rule: str, hint: str) -> InputError:
        return InputError([Problem(str(target), "-o", "", rule, hint)])

    if (target / MANIFEST).is_file():
        rule = "this is the folder of one run, which the next such run would replace with all that is in it"
        raise refuse(rule, "Name the folder above it, or a new one.")
    if target.exists() and not target.is_dir():
        raise refuse("this is a file, but the output is a folder", "Choose a folder.")
    if target.is_dir():
        if not os.access(target, os.W_OK):
            raise refuse("this folder is read-only", "Choose a folder that you may write to.")
        foreign = [name for name in OVERVIEW if (target / name).exists()]
        if foreign and not read_record(target):
            raise refuse(f"{foreign[0]} is there, and solidair did not write it", "Choose another folder.")
    else:
        check_target(target)


def read_record(target: Path) -> dict[str, Any]:
    """Return what an earlier batch wrote about itself; empty if there was none."""
    try:
        content = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and isinstance(content.get("studies"), list) else {}


def no_longer_listed(target: Path, names: Sequence[str]) -> list[str]:
    """Return the studies of earlier batches whose folders are still there, but which this one does not have."""
    before = read_record(target)
    known = [study.get("name") for study in before.get("studies", []) if isinstance(study, dict)]
    known += before.get("no_longer_listed", [])
    return sorted({str(name) for name in known if name not in names and name and (target / str(name)).is_dir()})


def row_of(plan: Plan, outcome: Outcome, said: Sequence[str]) -> Row:
    """Return a study with what stands in its folder now."""
    folder = plan.job.target
    manifest = digests.read_manifest(folder)
    names = manifest.get("files_sha256") or {}
    sheets = sorted(name for name in names if name.startswith("factsheets/") and name.endswith(".html"))
    found = {
        "report": "report.html" if manifest and (folder / "report.html").is_file() else "",
        "workbook": next((name for name in names if name.endswith(".xlsx")), ""),
        "factsheets": sheets,
    }
    finished = str(digests.made_by_batch(manifest).get("finished", ""))
    figures = None if outcome.status == "failed" else figures_of(folder, manifest)
    return Row(plan, outcome, found, finished, figures, tuple(said))


def record(rows: Sequence[Row], gone: Sequence[str], about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written to batch.json."""
    return {
        "solidair": version("solidair"),
        **about,
        "failed": [row.outcome.name for row in rows if row.outcome.status == "failed"],
        "no_longer_listed": list(gone),
        "studies": [_recorded(row) for row in rows],
    }


def _recorded(row: Row) -> dict[str, Any]:
    name, noted = row.outcome.name, digests.made_by_batch(digests.read_manifest(row.plan.job.target))
    return {
        "name": name,
        "title": dict(row.plan.title).get(row.plan.job.language, ""),
        "region": row.plan.region,
        "status": row.outcome.status,
        "why": row.plan.why,
        "details": list(row.plan.details),
        "seconds": round(row.outcome.seconds, 1),
        "finished": row.finished,
        "digest": noted.get("digest", ""),
        "files": {
            kind: [f"{name}/{one}" for one in found] if isinstance(found, list) else found and f"{name}/{found}"
            for kind, found in row.files.items()
        },
        "figures": None if row.figures is None else asdict(row.figures),
        "problems": [asdict(problem) for problem in row.outcome.problems],
        "error": row.outcome.error,
        "place": row.outcome.place,
    }


def summary_csv(rows: Sequence[Row]) -> str:
    """Return one line per study, with a heading; amounts in EUR."""
    lines = []
    for row in rows:
        line: dict[str, Any] = {
            "name": row.outcome.name,
            "title": dict(row.plan.title).get(row.plan.job.language, ""),
            "region": row.plan.region,
            "status": row.outcome.status,
            "why": row.plan.why,
            "finished": row.finished,
            "seconds": f"{row.outcome.seconds:.1f}",
            "members": len(row.figures.members) if row.figures else "",
            "first_year": row.figures.first_year if row.figures else "",
        }
        for name in ("cost", "overrun_low", "overrun_high", "reserve_own", "reserve_least"):
            figure: Figure | None = getattr(row.figures, name, None)
            line |= {name: figure.value if figure else "", f"{name}_se": figure.error if figure else ""}
        line["least"] = row.figures.least if row.figures else ""
        line["report"] = f"{row.outcome.name}/{row.files['report']}" if row.files["report"] else ""
        line["problem"] = " ".join(row.said)
        lines.append(line)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def index_html(rows: Sequence[Row], gone: Sequence[str], sentence: str, source: str, when: datetime, lang: str) -> str:
    """Return the page that leads to every report: no network, no script."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    text = TEXTS[lang]
    folder = files("solidair.cli.report")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(folder.joinpath("batch.html.j2").read_text(encoding="utf-8"))
    facts = text["facts"].format(summary=sentence, when=moment(when.isoformat(), lang), version=version("solidair"))
    shown = [_shown(row, text, lang) for row in rows]
    return (
        template.render(
            language=lang,
            t=text,
            css=Markup(folder.joinpath("style.css").read_text(encoding="utf-8")),
            facts=facts,
            rows=shown,
            failed=[row for row in shown if row["status"] == "failed"],
            sheets=[row for row in shown if row["sheets"]],
            gone=text["gone_page"].format(names=", ".join(gone)) if gone else "",
            source=text["source"].format(source=source),
        )
        + "\n"
    )


def _shown(row: Row, text: Mapping[str, str], lang: str) -> dict[str, Any]:
    name, found, figures = row.outcome.name, row.files, row.figures
    people = dict(figures.members) if figures else {}
    sheets = {Path(file).stem: file for file in found["factsheets"]}

    def link(file: str) -> str:
        return quote(f"{name}/{file}") if file else ""

    def money(figure: Figure | None) -> str:
        return with_error(figure.value / 1e6, figure.error / 1e6, lang, most=1) if figure else text["none"]

    def chance(figure: Figure) -> str:
        return with_error(100 * figure.value, 100 * figure.error, lang, unit="%", most=1)

    low, high = (figures.overrun_low, figures.overrun_high) if figures else (None, None)
    return {
        "name": name,
        "title": dict(row.plan.title).get(lang, "") or name,
        "status": row.outcome.status,
        "state": text[f"status_{row.outcome.status}"],
        "said": row.said,
        "older": _older(row, text, lang),
        "when": moment(row.finished, lang) if figures else text["none"],
        "members": number(len(people), lang) if figures else text["none"],
        "cost": money(figures.cost if figures else None),
        "overrun": [chance(low), chance(high)] if low and high else [text["none"]],
        "own": money(figures.reserve_own if figures else None),
        "least": money(figures.reserve_least if figures else None),
        "least_of": dict(row.plan.agreements).get(figures.least, figures.least) if figures else "",
        "report": link(found["report"]),
        "workbook": link(found["workbook"]),
        "manifest": link(MANIFEST) if figures else "",
        "sheets": [(people[code], link(sheets[code])) for code in people if code in sheets],
    }


def _older(row: Row, text: Mapping[str, str], lang: str) -> str:
    """Return the sentence about the result of an earlier batch that still stands where a study failed now."""
    if row.outcome.status != "failed" or not row.files["report"]:
        return ""
    return text["older"].format(when=moment(row.finished, lang)) if row.finished else text["older_undated"]


def moment(iso: str, language: str) -> str:
    """Return a moment to the minute: 29-11-2026 20:15, or 2026-11-29 20:15."""
    if not iso:
        return "–"
    return datetime.fromisoformat(iso).strftime("%d-%m-%Y %H:%M" if language == "nl" else "%Y-%m-%d %H:%M")


def write_overview(target: Path, page: str, summary: str, content: Mapping[str, Any]) -> None:
    """Write the three files, each whole or not at all; the machine's file last, since it says that all is there."""
    target.mkdir(parents=True, exist_ok=True)
    texts = {INDEX: page, SUMMARY: summary, RECORD: json_text(content, indent=2) + "\n"}
    for name, text in texts.items():
        handle, made = tempfile.mkstemp(prefix=f".{name}-", dir=target)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(made).chmod(0o644)
            Path(made).replace(target / name)
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise
