"""Writing a run: into a temporary folder beside the target, renamed when all of it is there."""

from __future__ import annotations

import errno
import json
import math
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from solidair.models.problems import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.checkpoint import Checkpoint
    from solidair.pool.results import Results

MANIFEST = "manifest.json"
_LIBRARIES = (
    "solidair",
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "pandas",
    "pyarrow",
    "altair",
    "vl-convert-python",
)


_FULL = {
    "nl": "De schijf is vol ({place}). Er is niets half geschreven.",
    "en": "The disk is full ({place}). Nothing was half written.",
}
_KEPT = {
    "nl": "De {blocks} blokken die klaar waren staan in {folder}. Maak ruimte en herhaal de opdracht met --resume.",
    "en": "The {blocks} finished blocks are kept in {folder}. Free some space and repeat the command with --resume.",
}
_BROKEN_OFF = {
    "nl": "Onderbroken. De {blocks} blokken die klaar waren staan in {folder}; ga verder met --resume.",
    "en": "Broken off. The {blocks} finished blocks are kept in {folder}; go on with --resume.",
}


class Stopped(click.ClickException):
    """The run could not be finished, through no fault of the input: exit code 1."""

    exit_code = 1


@contextmanager
def full_disk_told(kept: Checkpoint | None, language: str) -> Iterator[None]:
    """Say what is kept, and how to go on, if the disk is full or somebody breaks the run off.

    Raises
    ------
    Stopped
        If the disk is full.
    """

    def said(text: str) -> str:
        blocks = kept.finished if kept is not None and kept.exists else 0
        return text.format(blocks=blocks, folder=kept.folder) if kept is not None and blocks else ""

    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        place = error.filename or error.strerror
        raise Stopped(f"{_FULL[language].format(place=place)} {said(_KEPT[language])}".rstrip()) from error
    except KeyboardInterrupt:
        if text := said(_BROKEN_OFF[language]):
            click.echo(text, err=True)
        raise


def existing_parent(target: Path) -> Path:
    """Return the nearest folder above a target that exists: on the same disk, so with the same room."""
    return next(folder for folder in target.absolute().parents if folder.exists())


def check_target(target: Path) -> None:
    """Refuse a target that is not a folder of an earlier run, before any work is done.

    Raises
    ------
    InputError
        If something that solidair did not write would be replaced, or the place cannot be written to.
    """
    here = Path.cwd()
    if target.exists() and (target.resolve() == here or target.resolve() in here.parents):
        rule = "the folder you are in would be replaced while you stand in it"
        raise InputError([Problem(str(target), "-o", "", rule, "Name a folder inside it, for example -o out.")])
    if target.is_dir() and not os.access(target, os.W_OK):
        rule = "this folder is read-only"
        raise InputError([Problem(str(target), "-o", "", rule, "Choose a folder that you may write to.")])
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        rule = "this folder holds files that solidair did not write, and they would be lost"
        raise InputError([Problem(str(target), "-o", "", rule, "Choose a new or empty folder.")])
    if target.is_dir() and (strangers := foreign_files(target)):
        rule = "this folder also holds files that solidair did not write, and they would be lost"
        hint = "Move them to another folder, or choose another one with -o."
        raise InputError([Problem(str(target), "-o", ", ".join(strangers), rule, hint)])
    if target.exists() and not target.is_dir():
        rule = "this is a file, but the output is a folder"
        raise InputError([Problem(str(target), "-o", "", rule, "Choose a new or empty folder.")])
    parent = existing_parent(target)
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        rule = f"nothing can be written in {parent}"
        raise InputError([Problem(str(target), "-o", "", rule, "Choose a folder that you may write to.")])


def foreign_files(folder: Path) -> list[str]:
    """Return the files in the folder of an earlier run that its manifest does not name: somebody else put them there.

    Files that an operating system or an open spreadsheet leaves behind do not count. Of a sub-folder of which the
    manifest names no file, such as the statements of single members, nothing is known.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    noted = content.get("files_sha256") if isinstance(content, dict) else None
    if not isinstance(noted, dict):
        return []
    known = {MANIFEST, *noted, *(content.get("tables_sha256") or {})}
    inside = {Path(name).parent for name in known}
    found = [path.relative_to(folder) for part in inside for path in (folder / part).glob("*") if path.is_file()]
    left = (".", "~$")
    return sorted(
        path.as_posix()
        for path in found
        if path.as_posix() not in known
        and not path.name.startswith(left)
        and path.name.casefold() not in ("thumbs.db", "desktop.ini")
    )


def digests_of_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the files in a folder, those in its sub-folders apart."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.is_file()}


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the target's place when the work succeeds, and vanishes when it does not."""
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    work.chmod(0o755)
    old = work.with_name(work.name + "-old")
    try:
        yield work
        if target.exists():
            target.rename(old)
        work.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        if old.exists() and not target.exists():  # broken off between the two renames
            old.rename(target)
        shutil.rmtree(work, ignore_errors=True)
        raise


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Write each table as CSV and Parquet, and return the SHA-256 of every file."""
    folder.mkdir()
    for name, table in tables.items():
        # newline: the same bytes on every system
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return {f"{folder.name}/{f.name}": sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir())}


def versions() -> dict[str, str]:
    """Return the versions of the libraries that figures or files depend on."""
    return {name: version(name) for name in _LIBRARIES}


def manifest(
    results: Results, timing: Mapping[str, float], digests: Mapping[str, str], how: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what somebody needs to repeat the run, and to see that they did; `how` has no effect on its figures."""
    from solidair.cli.checks import start_counts

    study, state = results.study, results.convergence
    return {
        "study": study.name,
        "region": study.region.name,
        "costs": study.costs.name,
        "agreements": [agreement.name for agreement in study.agreements],
        "sims": results.sims,
        "seed": results.seed,
        "first_year": study.settings.first_year,
        "years": study.settings.years,
        "case_by_case": results.case_by_case,
        "precision": None if state is None else {**asdict(state), "reached": state.reached},
        "overrides": list(study.overrides),
        "inputs_sha256": dict(sorted(study.inputs.items())),
        "tables_sha256": dict(digests),
        "notes": list(study.region.notes),
        "open_stays": start_counts(study),
        "versions": versions(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "how": dict(how),
        "seconds": {name: round(seconds, 3) for name, seconds in timing.items()},
    }


def json_text(content: Any, indent: int | None = None) -> str:
    """Return JSON, in which a number that is not finite is null: JSON knows neither NaN nor infinity."""
    return json.dumps(_finite(content), indent=indent, ensure_ascii=False, allow_nan=False)


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    return [_finite(value) for value in content] if isinstance(content, list | tuple) else content


def write_json(path: Path, content: Any) -> None:
    """Write JSON that people can read too."""
    path.write_text(json_text(content, indent=2) + "\n", encoding="utf-8")
