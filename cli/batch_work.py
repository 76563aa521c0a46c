"""One study of a batch: what is to be done with it, doing it, and what came of it."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from solidair.cli import batch_digest as digests
from solidair.cli.deliver import Wanted, chosen_members, deliver
from solidair.cli.output import check_target, existing_parent
from solidair.models.problems import InputError, Problem

if TYPE_CHECKING:
    from solidair.pool.results import Results
    from solidair.pool.study import Study

Why = Literal["new", "changed", "damaged", "asked", "unchanged", "refused"]


@dataclass(frozen=True)
class Job:
    """One study to run; small, so that it can be handed to another process.

    Parameters
    ----------
    name
        Of its folder in the output.
    study, folder, overrides
        What to load; see `Study.load`.
    target
        The folder.
    language, members, workbook
        What is written.
    sims, seed
        In place of the study's own; None to keep these.
    threads, memory
        What this study may use, set by `shared_by`; without effect on its files.
    """

    name: str
    study: str
    folder: Path
    overrides: tuple[str, ...]
    target: Path
    language: str
    members: str | None
    workbook: bool
    sims: int | None
    seed: int | None
    threads: int | None = None
    memory: int | None = None

    def shared_by(self, workers: int) -> Job:
        """Return the job for a machine on which so many run at the same time."""
        from solidair.pool.store import MEMORY

        return replace(self, threads=max(1, (os.cpu_count() or 1) // workers), memory=MEMORY // workers)

    def load(self) -> tuple[Study, Wanted, digests.Decisive]:
        """Return the study, what is wanted of it, and what decides its files.

        Raises
        ------
        InputError
            With everything that is wrong with it.
        """
        from solidair.pool.study import Study

        study = Study.load(self.study, self.overrides, self.folder)
        wanted = Wanted(chosen_members(self.members, study.region), workbook=self.workbook)
        return study, wanted, digests.decisive(study, self.sims, self.seed, self.language, wanted)


@dataclass(frozen=True)
class Plan:
    """What is to be done with a study.

    Parameters
    ----------
    job
        How to do it.
    why
        Why it is run; or why not: nothing has changed, or it is refused.
    details
        What changed, or which files are damaged.
    problems
        Why it is refused.
    title
        Of the study in both languages; empty if it cannot be loaded.
    region
        Title of the region; empty if it cannot be loaded.
    agreements
        Names and titles of the agreements.
    """

    job: Job
    why: Why
    details: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    title: tuple[tuple[str, str], ...] = ()
    region: str = ""
    agreements: tuple[tuple[str, str], ...] = ()

    @property
    def runs(self) -> bool:
        """Whether the study is run."""
        return self.why not in ("unchanged", "refused")

    def left_alone(self) -> Outcome:
        """Return what comes of a study that is not run."""
        return Outcome(self.job.name, "failed" if self.why == "refused" else "unchanged", problems=self.problems)


@dataclass(frozen=True)
class Outcome:
    """What came of a study.

    Parameters
    ----------
    name
        Of the study.
    status
        Run, left as it was, or failed.
    seconds
        What it took.
    problems
        What was wrong with its files.
    error, place
        What else went wrong: an exception, and the line of solidair that it came from.
    """

    name: str
    status: Literal["done", "unchanged", "failed"]
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()
    error: str = ""
    place: str = ""


def planned(job: Job, *, force: bool) -> Plan:
    """Load and check a study, and return what is to be done with it."""
    try:
        study, _, decides = job.load()
        what, why = _due(job, decides, force=force)
        if what != "unchanged":
            check_target(job.target)
    except InputError as error:
        return Plan(job, "refused", problems=error.problems)
    title = tuple(study.title.model_dump().items())
    agreements = tuple((one.name, one.spec.title[job.language]) for one in study.agreements)
    return Plan(job, what, why, title=title, region=study.region.title, agreements=agreements)


def _due(job: Job, decides: digests.Decisive, *, force: bool) -> tuple[Why, tuple[str, ...]]:
    """Return what is to be done with a study that can be run, and what has changed."""
    manifest = digests.read_manifest(job.target)
    noted = digests.made_by_batch(manifest)
    if force:
        return "asked", ()
    if not noted:
        return "new", ()
    if changed := digests.changes(noted["decides"], decides):
        return "changed", tuple(changed)
    if harmed := digests.damaged(job.target, manifest):
        return "damaged", tuple(harmed)
    return "unchanged", ()


def carried_out(job: Job) -> Outcome:
    """Run a study and write its folder; whatever goes wrong is told, so that the other studies can go on."""
    started = time.perf_counter()
    try:
        _run(job, started)
    except InputError as error:
        return Outcome(job.name, "failed", time.perf_counter() - started, error.problems)
    except Exception as error:  # a fault of the program too must not stop the others
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        return Outcome(job.name, "failed", time.perf_counter() - started, error=said, place=_place(error))
    return Outcome(job.name, "done", time.perf_counter() - started)


def _run(job: Job, started: float) -> None:
    study, wanted, decides = job.load()
    check_target(job.target)
    timing = {"load": time.perf_counter() - started}
    clock = time.perf_counter()
    results = _simulated(study, job)
    timing["simulate"] = time.perf_counter() - clock
    finished = datetime.now().astimezone().isoformat(timespec="seconds")
    noted = {"digest": digests.digest(decides), "finished": finished, "decides": decides}
    how = {"threads": job.threads, "memory": job.memory, digests.KEY: noted}
    deliver(job.target, results, job.language, timing=timing, how=how, wanted=wanted, started=started)


def _simulated(study: Study, job: Job) -> Results:
    from solidair.pool.parameters import with_known
    from solidair.pool.run import simulate

    assert job.memory is not None
    how: dict[str, Any] = {"memory": job.memory, "scratch": existing_parent(job.target)}
    results = simulate(study, job.sims, job.seed, job.threads, **how)
    if not study.costs.uncertain:
        return results
    return with_known(results, lambda known: simulate(known, job.sims, job.seed, job.threads, **how))


def _place(error: Exception) -> str:
    """Return the innermost line of solidair that an exception came through: its file, number and function."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _in_solidair(frame.filename)]
    if not frames:
        return ""
    parts = Path(frames[-1].filename).parts
    start = max(n for n, part in enumerate(parts) if part in ("models", "pool", "cli"))
    return f"{'/'.join(parts[start:])}:{frames[-1].lineno} ({frames[-1].name})"


def _in_solidair(file: str) -> bool:
    packages = [Path(__file__).parents[1] / name for name in ("models", "pool", "cli")]
    return any(Path(file).resolve().is_relative_to(package.resolve()) for package in packages)


def failures(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the names of the studies that failed."""
    return [outcome.name for outcome in outcomes if outcome.status == "failed"]
