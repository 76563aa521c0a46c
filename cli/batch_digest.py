"""What decides the files of a study in a batch, and whether those of an earlier batch are still right."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solidair.cli.deliver import Wanted
from solidair.cli.output import MANIFEST, versions

if TYPE_CHECKING:
    from solidair.pool.study import Study

KEY = "batch"
"""Under `how` in the manifest of a study's folder: what decided its files, and when they were made."""

_WRITERS = ("Jinja2", "XlsxWriter")
"""Libraries that only the form of files depends on."""

Decisive = dict[str, Any]
"""What decides the files of a study, by kind: `inputs`, `settings`, `wanted`, `program`, `versions`."""


def decisive(study: Study, sims: int | None, seed: int | None, language: str, wanted: Wanted) -> Decisive:
    """Return everything that decides what is written of a study: if it is the same, so are the files.

    The number of threads and processes is not in it, nor the machine's clock: they have no effect on any file.
    """
    return {
        "inputs": dict(sorted(study.inputs.items())),
        "settings": {
            "study": study.name,
            "overrides": list(study.overrides),
            "sims": study.settings.sims if sims is None else sims,
            "seed": study.settings.seed if seed is None else seed,
        },
        "wanted": {"language": language, "members": list(wanted.members), "workbook": wanted.workbook},
        "program": program_digest(),
        "versions": {
            **versions(),
            **{name: version(name) for name in _WRITERS},
            "python": sys.version.split()[0],
            "machine": f"{sys.platform} {platform.machine()}",
        },
    }


def digest(content: Decisive) -> str:
    """Return the SHA-256 of what decides the files."""
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def program_digest() -> str:
    """Return a digest of the code of solidair as it is installed; takes about 20 ms.

    A version number would not do: a copy that somebody works on changes under the same number.
    """
    total = sha256()
    for package in ("models", "pool", "cli"):
        root = Path(str(files(f"solidair.{package}")))
        for file in sorted(root.rglob("*")):
            if file.suffix in (".py", ".j2", ".css"):
                total.update(f"{package}/{file.relative_to(root).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an earlier run; empty if there is none that can be read."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def made_by_batch(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a batch noted in the manifest: `decides`, `digest`, `finished`; empty if no batch wrote it."""
    how = manifest.get("how")
    noted = how.get(KEY) if isinstance(how, Mapping) else None
    return noted if isinstance(noted, dict) and isinstance(noted.get("decides"), dict) else {}


def changes(before: Mapping[str, Any], now: Decisive) -> list[str]:
    """Return what is no longer as it was: the names of changed inputs, and kinds such as 'settings'."""
    old, new = before.get("inputs") or {}, now["inputs"]
    moved = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return [*moved, *(kind for kind in now if kind != "inputs" and before.get(kind) != now[kind])]


def damaged(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Return the files of a finished run that are gone or no longer hold what was written."""
    noted = {**(manifest.get("tables_sha256") or {}), **(manifest.get("files_sha256") or {})}
    return [name for name, expected in noted.items() if _digest_of(folder / name) != expected]


def _digest_of(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
