"""The folder of a stress test: a page, the table and a manifest. Nothing is there until all of it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from solidair.cli import output as out
from solidair.cli.stress_page import stress_page
from solidair.cli.stress_run import Found


def deliver_stress(target: Path, found: Found, language: str, started: float) -> dict[str, Any]:
    """Write the folder, and return its manifest."""
    with out.replaced_folder(target) as work:
        digests = out.write_tables(work / "tables", {"stress": found.table})
        (work / "stress.html").write_text(stress_page(found, language), encoding="utf-8")
        timing = {**found.seconds, "total": time.perf_counter() - started}
        content = out.manifest(found.base, timing, digests, {}) | {
            "worlds": [
                {
                    "name": world.name,
                    "scenarios": {one.name: one.digest for one in world.scenarios},
                    "changes": [change.model_dump(exclude_none=True) for change in _changes(world)],
                }
                for world in found.worlds
            ],
            "files_sha256": out.digests_of_files(work),
            "left_out": {
                one.scenario.name: [str(problem) for problem in one.problems] or ["changes nothing"]
                for one in found.left_out
            },
        }
        out.write_json(work / out.MANIFEST, content)
    return content


def _changes(world: Any) -> list[Any]:
    return [change for one in world.scenarios for change in one.spec.changes]
