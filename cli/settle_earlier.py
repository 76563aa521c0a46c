"""Statements that were written before: none is lost without notice, and a correction counts the same advances."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from solidair.cli.output import MANIFEST
from solidair.cli.settle_pages import Statement
from solidair.cli.settle_read import MEMBERS, STATEMENT, Earlier
from solidair.cli.settle_write import own_json, shared_summary
from solidair.models.problems import Problem

_FIGURES = ("agreement", "year", "parties", "lines_cents", "transfers", "corrects", "code")


def missing_advances(folder: Path, before: Earlier, members: Sequence[str]) -> Problem | None:
    """Return the problem that an earlier statement counts advances and its correction names none."""
    if not any(before.shared.of("advance", code) for code in members):
        return None
    rule = "the earlier statement counts advances, and a correction without them would take them all back"
    hint = "Give the same file with --advances; if there were none after all, one in which they are 0."
    return Problem(str(folder), "--advances", "", rule, hint)


def other_statement(target: Path, statement: Statement) -> Problem | None:
    """Return the problem that a folder holds a result with other figures, which nobody may lose without notice.

    Files are compared by their figures, so that the same input can be settled again, and in another language. Digests
    of the input do not do for that: there is none of files about children.
    """
    if not (target / MANIFEST).is_file():
        return None
    wanted = {STATEMENT: shared_summary(statement)}
    wanted |= {f"{MEMBERS}/{code}.json": own_json(statement, code) for code in statement.settled.codes}
    there = {name: _figures(_read(target / name)) for name in wanted}
    if there == {name: _figures(content) for name, content in wanted.items()}:
        return None
    if _read(target / MANIFEST).get("command") == "settle":
        rule = "this folder holds another statement, which would be lost"
        hint = (
            f"To correct it: --earlier {target}, and another folder with -o. To replace it all the same: --overwrite."
        )
    else:
        rule = "this folder holds the result of another command, which would be lost"
        hint = "Choose another folder with -o. To replace it all the same: --overwrite."
    return Problem(str(target), "-o", "", rule, hint)


def _figures(content: dict[str, Any]) -> dict[str, Any]:
    return {name: content.get(name) for name in _FIGURES}


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
